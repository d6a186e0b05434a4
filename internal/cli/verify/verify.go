// Package verify is the command that runs an exported model outside SageMaker
// and reports how it behaves.
//
// It owns the command's flags, the objects of a run from their making to their
// end, and following what the probes tell. It refuses to judge: package verify
// of the migration core does.
package verify

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	core "landfall.dev/landfall/internal/verify"
	"landfall.dev/landfall/internal/view"
)

const long = `Run the model of a bundle as a plain pod with the resources of the plan and nothing of
AWS around it, put it under load, and report: how long it takes to be ready, its memory
once warm and at twice the peak, how many requests at a time are safe, whether its
answers equal captured ones, what it does without its model's files, and on SIGTERM.

The container has no AWS variables, no token, and no name server; a NetworkPolicy denies
it the network once its files are fetched, and the report says whether the cluster's
network heeds it. Everything is made in one namespace under one random name, and deleted
at the end, also when you interrupt it.

A model that does not run with the security settings of Landfall's pods, and whose log
names what it lacks, is tried once more with exactly that need, and so on for each need
that a log then names; the report names them, and nothing is changed. With --strict
there is no second try.

--requests is a file of SageMaker's data capture, or of lines such as
  {"contentType":"text/csv","body":"1,2","expected":{"body":"0.7"}}
Without requests, only the start, the memory and the stop are looked at.

The report is a file beside the bundle; plan --verified takes it into the sizes.

Exit codes: 0 nothing failed, 1 could not answer, 3 something failed, 4 timed out,
5 runs only with needs that its Model does not name.`

const example = `  %[1]s verify bundle -n team-a --requests captured.jsonl

  # One request of your own, and a peak that is not in an inventory beside the bundle
  %[1]s verify bundle -n team-a --body '1,2,3' --content-type text/csv --peak-requests-per-minute 1200

  # Let the plan use what was found
  %[1]s plan inventory.yaml -o plan.yaml --verified bundle.verify.yaml`

type options struct {
	session *session.Session

	requests      string
	body          string
	contentType   string
	accept        string
	peakPerMinute float64
	inventory     string

	agentImage     string
	serviceAccount string
	timeout        time.Duration
	stepTime       time.Duration
	peakTime       time.Duration
	limits         core.RampLimits
	keep           bool
	strict         bool
	printedRole    bool

	output string
	report string
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s, limits: core.DefaultRampLimits()}
	command := &cobra.Command{
		Use:     "verify BUNDLE",
		Short:   "Prove that a model runs outside SageMaker, and measure it",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args: func(command *cobra.Command, args []string) error {
			if o.printedRole && len(args) == 0 || !o.printedRole && len(args) == 1 && args[0] != "" {
				return nil
			}
			if o.printedRole {
				return output.Usage(command.CommandPath()+" --print-role -n NAMESPACE", "--print-role takes no bundle")
			}
			return output.Usage(command.CommandPath()+" --help", "verify takes one bundle, not %d", len(args))
		},
		RunE: func(command *cobra.Command, args []string) error {
			if o.printedRole {
				return o.printRole()
			}
			return o.run(command.Context(), args[0])
		},
	}
	s.AddKubeFlags(command)
	o.addFlags(command)
	return command
}

func (o *options) addFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.requests, "requests", "", "file of captured requests, one JSON object a line; - is the standard input")
	flags.StringVar(&o.body, "body", "", "the body of the one request to send, in place of --requests")
	flags.StringVar(&o.contentType, "content-type", "", "the Content-Type of --body, such as text/csv")
	flags.StringVar(&o.accept, "accept", "", "the Accept of --body")
	flags.Float64Var(&o.peakPerMinute, "peak-requests-per-minute", 0, "the busiest minute of the whole endpoint; unset takes it from the inventory")
	session.AddInventoryFlag(command, &o.inventory) // the peak is taken from it
	flags.StringVar(&o.agentImage, "agent-image", "", "Landfall's image, for the pods that fetch and probe; unset means that of the operator in the cluster")
	flags.StringVar(&o.serviceAccount, "service-account", "", "the ServiceAccount of the pods, where fetching the model needs one; unset means default")
	flags.DurationVar(&o.timeout, "timeout", 20*time.Minute, "how long the whole run may take, as in 20m")
	flags.DurationVar(&o.stepTime, "step-time", 5*time.Second, "how long each step of the ramp takes, as in 5s")
	flags.DurationVar(&o.peakTime, "peak-time", 45*time.Second, "how long twice the peak is held, as in 45s; memory and CPU are measured every 10 to 15 s")
	flags.IntVar(&o.limits.MostConcurrency, "max-concurrency", o.limits.MostConcurrency, "most requests at a time")
	flags.Float64Var(&o.limits.LatencyFloorMilliseconds, "latency-floor", o.limits.LatencyFloorMilliseconds, "latency in milliseconds that is fast enough whatever one request alone takes")
	flags.BoolVar(&o.keep, "keep", false, "leave everything in the cluster, and say how to delete it")
	flags.BoolVar(&o.strict, "strict", false, "try the model as hardened only: no second try with the need that its log names")
	flags.BoolVar(&o.printedRole, "print-role", false, "print the Role and ClusterRole that a run makes use of, and do nothing")
	flags.StringVarP(&o.output, "output", "o", string(output.FormatTable), "table, json or yaml")
	flags.StringVar(&o.report, "report", "", "the file for the report; unset means BUNDLE.verify.yaml, - writes none")
	complete.Flag(command, "output", cobra.FixedCompletions(
		[]string{string(output.FormatTable), string(output.FormatJSON), string(output.FormatYAML)}, cobra.ShellCompDirectiveNoFileComp))
}

// Bounds of the flags.
const (
	mostConcurrency = 4096
	mostStep        = time.Hour
)

func (o *options) check() error {
	switch {
	case o.requests != "" && o.body != "":
		return output.Usage("give one of them", "--requests and --body are both given")
	case o.body != "" && o.contentType == "":
		return output.Usage("add --content-type, such as text/csv", "--body needs --content-type")
	case o.body == "" && (o.contentType != "" || o.accept != ""):
		return output.Usage("add --body", "--content-type and --accept are for --body")
	case o.timeout <= 0:
		return output.Usage("give a time such as 20m", "--timeout %s is no time", o.timeout)
	case o.stepTime <= 0 || o.stepTime > mostStep:
		return output.Usage("give a time such as 5s", "--step-time %s is not between 0 and %s", o.stepTime, mostStep)
	case o.peakTime <= 0 || o.peakTime > mostStep:
		return output.Usage("give a time such as 45s", "--peak-time %s is not between 0 and %s", o.peakTime, mostStep)
	case o.limits.MostConcurrency < 1 || o.limits.MostConcurrency > mostConcurrency:
		return output.Usage("give a number such as 64", "--max-concurrency %d is not between 1 and %d", o.limits.MostConcurrency, mostConcurrency)
	case !(o.limits.LatencyFloorMilliseconds >= 0 && o.limits.LatencyFloorMilliseconds <= mostStep.Seconds()*1000):
		return output.Usage("give milliseconds such as 50", "--latency-floor %g is no latency", o.limits.LatencyFloorMilliseconds)
	case !(o.peakPerMinute >= 0 && o.peakPerMinute <= mostPeakPerMinute):
		return output.Usage("give a number such as 1200", "--peak-requests-per-minute %g is not between 0 and %g", o.peakPerMinute, mostPeakPerMinute)
	}
	return nil
}

func (o *options) run(ctx context.Context, path string) error {
	format, err := output.ParseFormat(o.output, output.FormatTable, output.FormatJSON, output.FormatYAML)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.report == "" {
		o.report = filepath.Clean(path) + ".verify.yaml"
	}
	if o.report != "-" {
		if err := output.CheckFolder(o.report); err != nil {
			return err
		}
	}
	subject, err := o.load(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	run, err := o.start(ctx, subject)
	if err != nil {
		return err
	}
	report, err := run.play(ctx)
	if err != nil {
		return o.explain("cannot verify "+path, err)
	}
	return o.finish(report, format)
}

// explain names what prints the permissions where one is missing.
func (o *options) explain(what string, err error) error {
	explained := o.session.Explain(what, err)
	failure := output.AsFailure(explained)
	switch {
	case admissionDenied(err):
		failure.Next = "change the quota, the limits or the Pod Security level of the namespace, or what the Model asks for; or give another namespace with -n"
	case apierrors.IsForbidden(err):
		failure.Next = o.session.Program + " verify --print-role prints the Role that it needs"
	case errors.Is(err, context.DeadlineExceeded):
		failure.Why = fmt.Sprintf("the %s given to it ran out: %s", o.timeout, strings.TrimSuffix(err.Error(), ": "+context.DeadlineExceeded.Error()))
		failure.Next = "give more time with --timeout, or repeat it with --keep and look at its pods"
	}
	return explained
}

// finish writes the report and says what to do with it.
func (o *options) finish(report core.Report, format output.Format) error {
	text, err := core.Encode(report)
	if err != nil {
		return err
	}
	if o.report != "-" {
		if err := output.WriteFile(o.report, text); err != nil {
			return err
		}
	}
	if format == output.FormatTable {
		columns, _ := o.session.Size()
		err = o.session.PrintTable(view.VerifyReport(report, columns), true)
	} else {
		err = o.session.PrintObject(format, report)
	}
	if err != nil {
		return err
	}
	if o.report != "-" {
		o.session.Notef("The report is %s.", o.report)
		if !report.Failed() {
			o.session.SuggestCommand("take the figures into the plan", "plan", "inventory.yaml", "-o", "plan.yaml", "--verified", o.report)
		}
	}
	switch {
	case report.Failed():
		return output.ExitError{Code: output.ExitNo}
	case len(report.NeededNeeds()) > 0:
		return output.ExitError{Code: exitRunsWithNeeds}
	}
	return nil
}

// exitRunsWithNeeds is the exit code for a model that failed nothing but to run
// as hardened.
const exitRunsWithNeeds = 5

// errEnded is that a pod went away or ended where it should not have.
var errEnded = errors.New("the pod ended")
