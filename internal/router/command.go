package router

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/naming"
)

// Command returns the landfall-router command. Logs go to stderr as JSON.
func Command(stderr io.Writer) *cobra.Command {
	var options Options
	command := &cobra.Command{
		Use:   "landfall-router --auth=MODE",
		Short: "Answer SageMaker Runtime requests from SageMaker and from pods",
		Long: "landfall-router speaks the SageMaker Runtime API to callers and sends each request where the\n" +
			"Endpoint's status says: to SageMaker, to pods of this cluster, or to both to compare them.",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewJSONHandler(stderr, nil))
			return Run(cmd.Context(), options, log)
		},
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	})
	flags := command.Flags()
	flags.StringVar(&options.Listen, "listen", ":8080", "address for callers")
	flags.StringVar(&options.AdminListen, "admin-listen", ":8081", "address for probes, evidence and metrics")
	flags.StringVar((*string)(&options.Auth), "auth", "", "how callers are authenticated: sigv4 or none (required)")
	flags.StringVar(&options.CredentialsFile, "credentials-file", "",
		"YAML or JSON list of {accessKeyID, secretAccessKey, namespace} for --auth=sigv4; read again when it changes")
	flags.StringVar(&options.DefaultNamespace, "default-namespace", "default",
		"namespace of requests whose path names none, with --auth=none")
	flags.StringVar(&options.AccountID, "account-id", "000000000000", "AWS account shown in error messages")
	flags.StringVar(&options.Region, "region", "us-east-1", "AWS region shown in error messages")
	flags.Int64Var(&options.MaxBodyBytes, "max-body-bytes", defaultMaxBodyBytes, "largest request body")
	flags.Int64Var(&options.MaxBufferedBytes, "max-buffered-bytes", defaultMaxBufferedBytes,
		"most memory for the bodies of all requests together; beyond it callers get ServiceUnavailable")
	flags.Int64Var(&options.Mirror.MaxBytes, "mirror-max-bytes", defaultMirrorBytes, "most memory for mirrored copies and their answers")
	flags.IntVar(&options.Mirror.Concurrency, "mirror-concurrency", defaultMirrorParallel, "mirrored copies that run at once")
	flags.IntVar(&options.Mirror.Queue, "mirror-queue", defaultMirrorQueue, "mirrored copies that may wait")
	flags.IntVar(&options.DrainSeconds, "drain-seconds", defaultDrainSeconds,
		"seconds to go on serving after SIGTERM, while being unready")
	flags.StringVar(&options.SnapshotFile, "snapshot-file", "",
		"file that keeps the last known state, to start from when the API server is away")
	flags.StringVar(&options.WatchNamespace, "watch-namespace", "", "serve the Endpoints of this namespace only (default all)")
	flags.StringVar(&options.Kubeconfig, "kubeconfig", "", "kubeconfig file (default: the pod's service account)")
	flags.StringVar(&options.Name, "name", "", "name of this "+naming.Router+" in evidence (default: the host's name)")
	flags.BoolVar(&options.Pprof, "pprof", false, "serve profiles under /debug/pprof/ of --admin-listen")
	return command
}
