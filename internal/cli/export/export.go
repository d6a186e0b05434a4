// Package export is the command that writes what a planned workload needs into
// a folder.
//
// It owns the command's flags, finding the workload in plan and inventory, and
// showing the findings. It refuses to convert (package export of the migration
// core does) and to move bytes (package bundle does).
package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/bundle"
	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	core "landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/view"
)

const long = `Write the manifests of a planned workload, its model's files with their checksums,
and what was found on the way: every assumption of SageMaker that the cluster does
not share, with the place that shows it and what to do about it.

The model's files are read in any case, to check the archive and pin it by its
digest. They are then put into the bundle, copied to --artifact-store, or left where
they are with --keep-artifact-in-place. The manifests say where pods fetch them. An
export that was interrupted goes on where it was; a copy within S3 does not pass
through this machine.

The store is opened with what the environment has for it: on gs:// Google's default
credentials or GOOGLE_APPLICATION_CREDENTIALS_JSON; on azblob:// AZURE_STORAGE_ACCOUNT
(or --artifact-endpoint-url https://ACCOUNT.blob.core.windows.net) with
AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or an Azure identity; on oci:// the login of
docker, or OCI_USERNAME and OCI_PASSWORD.

The folder appears as a whole or not at all. Exported again, it is replaced unless
somebody edited or added files in it; --force replaces those too, and the bundle of
another workload.

Exit codes: 0 exported, 3 exported but a finding keeps it from being deployed.`

const example = `  # Pods fetch the model from where SageMaker does
  %[1]s export plan.yaml --workload Churn-Prod -o bundle --keep-artifact-in-place

  # Copy the model to a bucket of your own, which a Secret in the cluster opens
  %[1]s export plan.yaml --workload Churn-Prod -o bundle \
    --artifact-store s3://team-models/ --artifact-credentials-secret model-store`

type options struct {
	session *session.Session

	output      string
	workload    string
	inventory   string
	store       string
	keepInPlace bool
	force       bool
	access      core.Access
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "export PLAN --workload NAME -o FOLDER",
		Short:   "Write what a workload needs into files",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    session.OneArgument("plan", s.Program+" plan inventory.yaml -o plan.yaml"),
		RunE:    func(command *cobra.Command, args []string) error { return o.run(command.Context(), args[0]) },
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the folder to write the bundle to")
	flags.StringVar(&o.workload, "workload", "", "the workload to export, by its endpoint's name on SageMaker")
	session.AddInventoryFlag(command, &o.inventory)
	flags.StringVar(&o.store, "artifact-store", "", "copy the model's files below this address: s3://bucket/, gs://bucket/, azblob://container/ or oci://registry/repository/")
	flags.BoolVar(&o.keepInPlace, "keep-artifact-in-place", false, "let pods fetch the model from where SageMaker does")
	flags.StringVar(&o.access.CredentialsSecretName, "artifact-credentials-secret", "", "the Secret with which pods open the store; unset means their own identity")
	flags.StringVar(&o.access.Region, "artifact-region", "", "the region of an S3 store; unset means the endpoint's")
	flags.StringVar(&o.access.EndpointURL, "artifact-endpoint-url", "", "the address of the store, where it is not the cloud's own; unset means that of AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL for s3://")
	flags.BoolVar(&o.force, "force", false, "replace an earlier export that somebody edited, or that is of another workload")
	complete.Flag(command, "workload", o.completeWorkloads)
	return command
}

func (o *options) run(ctx context.Context, planPath string) error {
	if err := o.check(); err != nil {
		return err
	}
	workload, endpoint, err := o.find(planPath)
	if err != nil {
		return err
	}
	access := o.access
	access.Region = cmp.Or(access.Region, endpoint.Region)
	store := blob.Options{Region: access.Region}
	if o.store != "" && !strings.HasPrefix(o.store, blob.SchemeS3+"://") {
		// Of what AWS's variables say, nothing is about another store.
		store.EndpointURL = access.EndpointURL
	} else {
		access.EndpointURL = cmp.Or(access.EndpointURL, o.session.Getenv("AWS_ENDPOINT_URL_S3"), o.session.Getenv("AWS_ENDPOINT_URL"))
	}
	progress := output.NewProgress(o.session.ErrOut, o.session.Draws(), o.session.Now)
	source := blob.Options{Region: access.Region}
	if o.store != "" {
		source.Region = endpoint.Region // another bucket than the one that pods read
	}
	var notes []string
	result, err := bundle.Write(ctx, bundle.Options{
		Dir: o.output, Workload: *workload, Endpoint: *endpoint,
		Source: source, StoreURI: o.store, Store: store, KeepInPlace: o.keepInPlace,
		Access: access, Force: o.force,
		Progress: func(doneBytes, totalBytes int64) { progress.ReportBytes("reading the model", doneBytes, totalBytes) },
		Copying:  func(doneBytes, totalBytes int64) { progress.ReportBytes("copying the model", doneBytes, totalBytes) },
		Note:     func(sentence string) { notes = append(notes, sentence) },
	})
	progress.Done()
	for _, note := range notes {
		o.session.Notef("%s", note)
	}
	if err != nil {
		return o.explain(err)
	}
	return o.finish(result)
}

func (o *options) check() error {
	next := o.session.Program + " export --help"
	switch {
	case o.workload == "":
		return output.Usage("its names are the first column of the plan's table", "say which workload to export: --workload NAME")
	case o.output == "":
		return output.Usage(next, "say where to write the bundle: -o FOLDER")
	case o.store != "" && o.keepInPlace:
		return output.Usage(next, "--artifact-store and --keep-artifact-in-place exclude each other")
	}
	return nil
}

// find looks the workload up in the plan and in the inventory.
func (o *options) find(planPath string) (*plan.Workload, *inventory.Endpoint, error) {
	planned, err := o.session.ReadPlan(planPath)
	if err != nil {
		return nil, nil, err
	}
	all := planned.Named(o.workload)
	named := endpointsOf(all)
	if len(named) != 1 {
		why := planPath + " has no such workload"
		switch {
		case len(named) > 1:
			why = fmt.Sprintf("%s has %d endpoints of that name", planPath, len(named))
		case len(all) > 0:
			why = fmt.Sprintf("%s is no endpoint, and only endpoints are exported", all[0].WorkloadKey)
		}
		return nil, nil, &output.Failure{What: "cannot export " + o.workload, Why: why, Next: "name one of: " + strings.Join(choices(planned, named), ", ")}
	}
	workload := named[0]
	found, err := o.session.FindInventoryOf(planned, o.inventory, planPath)
	if err != nil {
		return nil, nil, err
	}
	endpoint := found.FindEndpoint(workload.Place, workload.Name)
	if endpoint == nil {
		return nil, nil, &output.Failure{
			What: "cannot export " + o.workload, Why: "the inventory has no such endpoint",
			Next: "name the inventory that the plan was made from with --inventory",
		}
	}
	return workload, endpoint, nil
}

// endpointsOf leaves out what serves nothing: a model registry often has the
// name of the endpoint that it feeds.
func endpointsOf(workloads []*plan.Workload) []*plan.Workload {
	return slices.DeleteFunc(slices.Clone(workloads), func(w *plan.Workload) bool { return w.Kind != inventory.WorkloadEndpoint })
}

// choices are what a person can name: the endpoints that were meant, else those
// that the plan moves, else all.
func choices(planned plan.Document, named []*plan.Workload) []string {
	var meant, move, all []string
	for _, workload := range named {
		meant = append(meant, workload.Full())
	}
	labels := planned.Labels()
	for i := range planned.Workloads {
		workload := &planned.Workloads[i]
		if workload.Kind != inventory.WorkloadEndpoint {
			continue
		}
		all = append(all, labels[workload.Full()])
		if workload.Decision == plan.Move {
			move = append(move, labels[workload.Full()])
		}
	}
	switch {
	case len(meant) > 0:
		return meant
	case len(move) > 0:
		return move
	}
	return all
}

// nexts say what helps against a store's refusal.
var nexts = map[blob.Kind]string{
	blob.KindNotFound:      "check that the model's files are still there, and scan again",
	blob.KindAccessDenied:  "ask for s3:GetObject and s3:ListBucket on the model's bucket, and for writing to the artifact store (s3:PutObject, storage.objects.create, Storage Blob Data Contributor, or pushing)",
	blob.KindNoCredentials: "sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID; for another store, see export --help",
	blob.KindWrongRegion:   "name the bucket's region with --artifact-region",
	blob.KindChanged:       "repeat the command once nobody writes there",
	blob.KindUnreachable:   "check the network and AWS_ENDPOINT_URL",
	blob.KindUnavailable:   "repeat the command later",
	blob.KindLocal:         "check that the folder can be written to and that its disk has room for the model",
}

func (o *options) explain(err error) error {
	if ctxErr := contextError(err); ctxErr != nil {
		return o.session.Explain("cannot export "+o.workload, ctxErr)
	}
	failure := &output.Failure{What: "cannot export " + o.workload, Why: err.Error(), Next: nexts[blob.KindOf(err)], Cause: err}
	failure.Why = strings.TrimPrefix(failure.Why, "cannot export Endpoint/"+o.workload+": ")
	var changed *bundle.ChangedError
	if errors.As(err, &changed) {
		failure.Why = fmt.Sprintf("files of %s were edited or added since it was exported: %s", changed.Dir, strings.Join(changed.Paths, ", "))
		failure.Next = "keep what is yours elsewhere, then repeat the command with --force; or name another folder"
	}
	return failure
}

func contextError(err error) error {
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return ended
		}
	}
	return nil
}

func (o *options) finish(result bundle.Result) error {
	findings := result.Bundle.Findings
	if len(findings) > 0 {
		if err := o.session.PrintTable(view.Findings(findings), true); err != nil {
			return err
		}
	}
	errorsFound := 0
	for _, finding := range findings {
		if finding.Severity == core.SeverityError {
			errorsFound++
		}
	}
	switch {
	case errorsFound > 0:
		o.session.Notef("%s: %s written to %s, without manifests", o.workload, output.Plural(len(findings), "finding"), result.Dir)
		return &output.Failure{
			What: o.workload + " cannot be deployed as it is", Why: output.Plural(errorsFound, "finding") + " above say Error",
			Next: "do what they say, then export again", Code: output.ExitNo,
		}
	case !result.Changed:
		o.session.Notef("%s already holds exactly this", result.Dir)
	default:
		o.session.Notef("%s written to %s, with %s", o.workload, result.Dir, output.Plural(len(findings), "finding"))
	}
	o.session.SuggestCommand("run it beside SageMaker", "deploy", result.Dir, "--wait")
	return nil
}

// completeWorkloads offers the workloads that the plan moves.
func (o *options) completeWorkloads(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	planned, err := o.session.ReadPlan(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := choices(planned, nil)
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}
