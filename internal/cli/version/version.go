// Package version is the command that says which Landfall this is, and which
// one runs in the cluster.
//
// It owns both readings. It refuses to judge whether they fit: doctor does.
package version

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/install"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

// patience bounds the question to the cluster: the client's own version should
// not wait long for it.
const patience = 5 * time.Second

const example = `  %[1]s version
  %[1]s version --client -o json`

// Report is the result of the command.
type Report struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Client     Client  `json:"client"`
	Server     *Server `json:"server,omitempty"`
}

// Client is this program.
type Client struct {
	Version   string `json:"version"`
	Commit    string `json:"commit,omitempty"`
	GoVersion string `json:"goVersion"`
	Platform  string `json:"platform"`
	// API is the version of the resources this program writes.
	API string `json:"api"`
}

// Server is what runs in the cluster.
type Server struct {
	Kubernetes string `json:"kubernetes"`
	// APIs are the versions of Landfall's resources that are served, empty
	// when they are not installed or may not be read.
	APIs []string `json:"apis,omitempty"`
	// OperatorImage and RouterImage are empty where there is none.
	OperatorImage string `json:"operatorImage,omitempty"`
	RouterImage   string `json:"routerImage,omitempty"`
}

type options struct {
	session *session.Session
	output  string
	client  bool
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "version",
		Short:   "Show the versions of this program and of the cluster's parts",
		Long:    "Show the version of this program and, where a cluster can be reached, of\nKubernetes, of Landfall's resources and of the images that run there.",
		Example: fmt.Sprintf(example, s.Program),
		Args:    s.NoArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return o.run(command.Context()) },
	}
	s.AddKubeFlags(command)
	session.AddOutputFlag(command, &o.output, session.ReportFormats...)
	command.Flags().BoolVar(&o.client, "client", false, "do not ask the cluster")
	return command
}

func (o *options) run(ctx context.Context) error {
	format, err := output.ParseFormat(o.output, session.ReportFormats...)
	if err != nil {
		return err
	}
	report := Report{
		APIVersion: output.SchemaVersion, Kind: "Version",
		Client: Client{
			Version: o.session.Version, Commit: o.session.Commit, GoVersion: runtime.Version(),
			Platform: runtime.GOOS + "/" + runtime.GOARCH, API: v1alpha1.GroupVersion.String(),
		},
	}
	if !o.client {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		server, err := o.server(ctx)
		if err != nil {
			failure := output.AsFailure(err)
			o.session.Notef("The cluster's versions are unknown: %s.", failure.Why)
		}
		report.Server = server
	}
	if format != output.FormatTable {
		return o.session.PrintObject(format, report)
	}
	return o.session.PrintTable(table(report), true)
}

func (o *options) server(ctx context.Context) (*Server, error) {
	config, err := o.session.RESTConfig()
	if err != nil {
		return nil, err
	}
	config.Timeout = patience
	asked, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, o.session.Explain("cannot reach the cluster", err)
	}
	kubernetes, err := asked.ServerVersion()
	if err != nil {
		return nil, o.session.Explain("cannot reach the cluster", err)
	}
	cluster, err := o.session.Client()
	if err != nil {
		return nil, err
	}
	server := &Server{Kubernetes: kubernetes.GitVersion}
	// What follows may be forbidden to the user, or absent: then it is left out.
	if versions, err := install.ServedVersions(asked); err == nil {
		server.APIs = versions
	}
	server.OperatorImage = image(ctx, cluster, install.Operator())
	server.RouterImage = image(ctx, cluster, install.Router())
	return server, nil
}

func image(ctx context.Context, cluster client.Client, part install.Part) string {
	deployment, err := part.Deployment(ctx, cluster)
	if err != nil {
		return ""
	}
	return install.Image(deployment)
}

func table(report Report) view.Table {
	t := view.Table{Columns: []view.Column{{Name: "PART"}, {Name: "VERSION"}, {Name: "DETAIL"}}}
	add := func(part, version, detail string) {
		if version != "" {
			t.Rows = append(t.Rows, []view.Cell{view.Text(part), view.Text(version), view.Text(detail)})
		}
	}
	detail := []string{report.Client.GoVersion, report.Client.Platform}
	if report.Client.Commit != "" {
		detail = append([]string{"commit " + report.Client.Commit}, detail...)
	}
	add("client", report.Client.Version, strings.Join(detail, ", "))
	if report.Server == nil {
		return t
	}
	add("kubernetes", report.Server.Kubernetes, "")
	add("resources", strings.Join(report.Server.APIs, ","), v1alpha1.GroupVersion.Group)
	add("operator", install.Tag(report.Server.OperatorImage), report.Server.OperatorImage)
	add("router", install.Tag(report.Server.RouterImage), report.Server.RouterImage)
	return t
}
