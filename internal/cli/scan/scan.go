// Package scan is the command that finds out what an AWS account runs.
//
// It owns the command's flags, the accounts and regions that they name, the
// progress of all of them, and where the inventory goes. It refuses to read AWS
// itself (packages sagemaker and surroundings do) and to judge what it finds
// (packages workload and plan do).
package scan

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/surroundings"
	"landfall.dev/landfall/internal/view"
)

const long = `Read what AWS accounts have in SageMaker: endpoints and everything they rest on, jobs,
pipelines, notebooks, Studio, registries, experiments, lineage, features, monitoring and
the rest, with tags, scaling, alarms, log groups, traffic and use.

It only reads; --print-policy prints the IAM policy that it needs and no more. Values
that may be secret are masked before they reach a file. What may not be read is listed
with the permission that is missing, and the rest is scanned all the same; the exit code
is 0 then, with a warning.

Every role of --role-arn is scanned in every region of --region, all at the same time,
each within the account's own rate limits. Without --role-arn it is the account of your
own credentials. One that cannot be reached is reported, and the others go on; the exit
code is 1 only when none can be read.

A scan into a file that was interrupted goes on where it was when the same command runs
again within a day (it keeps a journal beside the file; --no-resume begins anew).

Of runs of the same work (a nightly training job) all are listed, and the newest few are
described: see --runs-per-workload.

Credentials, profile and addresses come from where the AWS CLI takes them (AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL and so on).`

const example = `  %[1]s scan -o inventory.yaml

  # Two accounts in two regions each: four scans in one inventory
  %[1]s scan -o inventory.yaml --region us-east-1,eu-central-1 \
    --role-arn arn:aws:iam::111122223333:role/landfall-scan \
    --role-arn arn:aws:iam::444455556666:role/landfall-scan

  # Only some endpoints
  %[1]s scan --endpoint-name 'churn-*' -o inventory.yaml

  # The permissions that the scan needs
  %[1]s scan --print-policy > policy.json`

const hoursPerDay = 24

type options struct {
	session *session.Session

	output       string
	regions      []string
	roleARNs     []string
	externalID   string
	profile      string
	endpointName string
	lookback     days
	rate         float64
	runs         int
	lineage      int
	noResume     bool
	printPolicy  bool
	cloudTrail   bool
	knownCallers string
	known        []surroundings.KnownCaller
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s, lookback: days(sagemaker.DefaultLookback)}
	command := &cobra.Command{
		Use:     "scan",
		Short:   "Find out what AWS accounts run in SageMaker",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    s.NoArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return o.run(command.Context()) },
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the file to write the inventory to; unset writes it to stdout")
	flags.StringSliceVar(&o.regions, "region", nil, "the AWS regions to scan, several with commas or by repeating the flag; unset means that of the AWS configuration")
	flags.StringArrayVar(&o.roleARNs, "role-arn", nil, "a role to assume, whose account is scanned; may be repeated")
	flags.StringVar(&o.externalID, "external-id", "", "the external id that the roles ask for")
	flags.StringVar(&o.profile, "profile", "", "the AWS profile to use; unset means that of AWS_PROFILE")
	flags.StringVar(&o.endpointName, "endpoint-name", "", "scan endpoints with this name only, and what they rest on; * and ? stand for anything")
	flags.Var(&o.lookback, "lookback", "how far back to read traffic and use, in days or hours")
	flags.Float64Var(&o.rate, "rate", 2, "the most requests a second for each AWS operation, account and region")
	flags.IntVar(&o.runs, "runs-per-workload", sagemaker.DefaultRunsPerWorkload, "how many runs of the same work to describe, the newest ones")
	flags.IntVar(&o.lineage, "lineage", sagemaker.DefaultLineageMost, "how many artifacts, actions, contexts and associations of lineage tracking to list, the newest of each; 0 lists none")
	flags.BoolVar(&o.cloudTrail, "cloudtrail", false, "read CloudTrail's log files for who calls the endpoints, where they record it; takes time, and requests to S3 that are charged")
	flags.StringVar(&o.knownCallers, "known-callers", "", "a file that names callers of endpoints whom nothing in AWS shows")
	flags.BoolVar(&o.noResume, "no-resume", false, "begin anew even where an interrupted scan could go on")
	flags.BoolVar(&o.printPolicy, "print-policy", false, "print the IAM policy that the scan needs, and do nothing else")
	return command
}

// memoryLimitBytes is what the scan makes do with as long as what it keeps fits:
// beyond, garbage is collected more often. The answers of tens of thousands of
// calls would otherwise pile up to several times of what is kept of them.
const memoryLimitBytes = 160 << 20

func (o *options) run(ctx context.Context) error {
	if o.session.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimitBytes)
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.printPolicy {
		return o.writePolicy()
	}
	if err := output.CheckFolder(o.output); err != nil {
		return err
	}
	if err := o.readKnown(); err != nil {
		return err
	}
	targets, err := o.targets(ctx)
	if err != nil {
		return err
	}
	diary, err := o.openDiary()
	if err != nil {
		return err
	}
	found, err := o.scanAll(ctx, targets, diary)
	if err == nil {
		err = o.finish(found)
	}
	return diary.end(err)
}

func (o *options) check() error {
	if o.rate <= 0 {
		return output.Usage("give a rate such as --rate 2", "--rate %g is not more than 0", o.rate)
	}
	if o.runs <= 0 {
		return output.Usage("give a number such as --runs-per-workload 3", "--runs-per-workload %d is not more than 0", o.runs)
	}
	if o.lineage < 0 {
		return output.Usage("give a number such as --lineage 5000, or 0 for none", "--lineage %d is less than 0", o.lineage)
	}
	if _, err := path.Match(o.endpointName, ""); err != nil {
		return output.Usage("quote it, as in --endpoint-name 'churn-*'", "cannot read the pattern --endpoint-name %q", o.endpointName)
	}
	if o.externalID != "" && len(o.roleARNs) == 0 {
		return output.Usage("name the role with --role-arn", "--external-id is for roles, and none is given")
	}
	return nil
}

// noLineage is what the scan's options say where no lineage is wanted.
const noLineage = -1

// scanOptions are the options of each account and region.
func (o *options) scanOptions(now time.Time) sagemaker.ScanOptions {
	return sagemaker.ScanOptions{
		Lookback: time.Duration(o.lookback), Now: now, EndpointName: o.endpointName, RunsPerWorkload: o.runs,
		LineageMost: cmp.Or(o.lineage, noLineage),
	}
}

func (o *options) finish(found inventory.Document) error {
	write := func(w io.Writer) error { return inventory.Write(w, found) }
	if o.output == "" || o.output == "-" {
		if err := write(o.session.Out); err != nil {
			return fmt.Errorf("cannot write the inventory: %w", err)
		}
		return o.warn(found)
	}
	if err := output.WriteFileFrom(o.output, write); err != nil {
		return err
	}
	if err := o.show(found); err != nil {
		return err
	}
	o.session.Notef("%s and %s of %s, written to %s", output.Plural(len(found.Endpoints), "endpoint"),
		output.Plural(len(found.Resources), "other resource"), places(found), o.output)
	if err := o.warn(found); err != nil {
		return err
	}
	o.session.SuggestCommand("decide what moves", "plan", o.output, "-o", "plan.yaml")
	return nil
}

// show prints what was found, in short.
func (o *options) show(found inventory.Document) error {
	if len(found.Workloads) > 0 {
		if err := o.session.PrintTable(view.WorkloadKinds(found), true); err != nil {
			return err
		}
	}
	if len(found.Endpoints) == 0 {
		o.session.Notef("No endpoints found in %s.", places(found))
		return nil
	}
	if len(found.Workloads) > 0 {
		if _, err := fmt.Fprintln(o.session.Out); err != nil {
			return fmt.Errorf("cannot write the result: %w", err)
		}
	}
	const gap = 3 // between columns
	width, _ := o.session.Size()
	endpoints, out := view.LeaveOut(view.Inventory(found), width, gap, "MODELS", "MODE", "INSTANCES", "P99")
	if err := o.session.PrintTable(view.FitLast(view.FitFirst(endpoints, width, gap), width, gap), true); err != nil {
		return err
	}
	if len(out) > 0 {
		o.session.Notef("Left out for this terminal's width: %s. The inventory has them.", strings.Join(out, ", "))
	}
	return nil
}

// places names where a scan looked.
func places(found inventory.Document) string {
	var words []string
	for _, account := range found.Accounts {
		words = append(words, fmt.Sprintf("account %s, region %s", account.ID, account.Region))
	}
	return strings.Join(words, "; ")
}

// warn tells what could not be read, and what does not do its work.
func (o *options) warn(found inventory.Document) error {
	for i := range found.Resources {
		r := &found.Resources[i]
		if trouble := inventory.MonitoringOf(r).Trouble(); trouble != "" {
			o.session.Warnf("monitoring schedule %s of %s: %s", r.Name, r.Place, trouble)
		}
	}
	// Of places that could not be reached at all it was said already.
	found.Unread = slices.DeleteFunc(slices.Clone(found.Unread), func(u inventory.Unread) bool {
		return !slices.ContainsFunc(found.Accounts, func(a inventory.Account) bool { return a.Place() == u.Place })
	})
	if len(found.Unread) == 0 {
		return nil
	}
	o.session.Warnf("%s failed for some or all resources; the inventory says so where something is missing:", output.Plural(len(found.Unread), "operation"))
	return output.Table(o.session.ErrOut, o.session.Palette(o.session.ErrOut), view.Unread(found), true)
}
