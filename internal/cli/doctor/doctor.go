// Package doctor is the command that says whether everything Landfall needs is
// there: the cluster, Landfall's parts in it, and AWS.
//
// It owns the checks, their verdicts and their fixes. It refuses to mend
// anything by itself.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

const long = `Check what Landfall needs, and say how to mend what is missing.

The checks of the cluster look at the kubeconfig, the API server, your rights,
Landfall's resources, its operator and routers, and the metrics that autoscaling
reads. The checks of AWS look at the identity that scan and export use here, and at
its permissions for a scan: IAM's simulation judges all of them where it is allowed
(iam:SimulatePrincipalPolicy), and otherwise one cheap call for each list and service.
With --role-arn the roles are looked at. All of it only reads.

Exit codes: 0 nothing failed (warnings may stand), 3 a check failed.`

const example = `  %[1]s doctor
  %[1]s doctor --checks cluster
  %[1]s doctor --checks aws --role-arn arn:aws:iam::111122223333:role/landfall-scan
  %[1]s doctor -o json | jq '.checks[] | select(.verdict == "Failed")'`

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "Passed"
	Warning Verdict = "Warning"
	Failed  Verdict = "Failed"
	// Skipped: another check has to pass first.
	Skipped Verdict = "Skipped"
)

// Result is the outcome of one check.
type Result struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Detail says what was found.
	Detail string `json:"detail"`
	// Fix says what to do about it; empty when there is nothing to do.
	Fix string `json:"fix,omitempty"`
	// Missing are the IAM actions that are not allowed.
	Missing []string `json:"missing,omitempty"`
}

// Report is the result of the command.
type Report struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Checks     []Result `json:"checks"`
}

// checkTimeout bounds one check.
const checkTimeout = 20 * time.Second

// check looks at one thing.
type check struct {
	name string
	// needs names a check that must not have failed.
	needs string
	// timeout bounds it; zero means 20 seconds.
	timeout time.Duration
	run     func(ctx context.Context, e *examination) Result
}

// examination is what checks hand on to one another.
type examination struct {
	session *session.Session
	cluster *clusterAccess
	aws     *awsAccess
}

const (
	groupCluster = "cluster"
	groupAWS     = "aws"
)

type options struct {
	session *session.Session
	output  string
	groups  []string

	region     string
	roleARNs   []string
	externalID string
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "doctor",
		Short:   "Check that everything Landfall needs is there",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    s.NoArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return o.run(command.Context()) },
	}
	s.AddKubeFlags(command)
	flags := command.Flags()
	session.AddOutputFlag(command, &o.output, session.ReportFormats...)
	flags.StringSliceVar(&o.groups, "checks", []string{groupCluster, groupAWS}, "what to check: cluster, aws or both")
	flags.StringVar(&o.region, "region", "", "the AWS region to check in; unset means that of the AWS configuration")
	flags.StringArrayVar(&o.roleARNs, "role-arn", nil, "a role to assume and to check, as scan does; may be repeated")
	flags.StringVar(&o.externalID, "external-id", "", "the external id that the roles ask for")
	return command
}

func (o *options) run(ctx context.Context) error {
	format, err := output.ParseFormat(o.output, session.ReportFormats...)
	if err != nil {
		return err
	}
	checks, err := o.checks()
	if err != nil {
		return err
	}
	report := Report{APIVersion: output.SchemaVersion, Kind: "DoctorReport"}
	report.Checks = examine(ctx, checks, &examination{session: o.session})
	if ctx.Err() != nil {
		return o.session.Explain("cannot finish the checks", ctx.Err())
	}
	if err := o.print(format, report); err != nil {
		return err
	}
	if slices.ContainsFunc(report.Checks, func(r Result) bool { return r.Verdict == Failed }) {
		return output.ExitError{Code: output.ExitNo}
	}
	return nil
}

func (o *options) checks() ([]check, error) {
	var checks []check
	for _, group := range o.groups {
		switch group {
		case groupCluster:
			checks = append(checks, clusterChecks()...)
		case groupAWS:
			found, err := o.awsChecks()
			if err != nil {
				return nil, err
			}
			checks = append(checks, found...)
		default:
			return nil, output.Usage("give --checks=cluster or --checks=aws", "unknown group of checks %q: want cluster or aws", group)
		}
	}
	return checks, nil
}

// examine runs checks in order. One whose ground has failed is skipped: its own
// failure would only repeat the other's.
func examine(ctx context.Context, checks []check, e *examination) []Result {
	results := make([]Result, 0, len(checks))
	unfit := map[string]bool{}
	for _, c := range checks {
		if c.needs != "" && unfit[c.needs] {
			unfit[c.name] = true
			results = append(results, Result{Name: c.name, Verdict: Skipped, Detail: "needs " + c.needs})
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, cmp.Or(c.timeout, checkTimeout))
		result := c.run(bounded, e)
		cancel()
		result.Name = c.name
		unfit[c.name] = result.Verdict == Failed
		results = append(results, result)
	}
	return results
}

var tones = map[Verdict]view.Tone{Passed: view.Good, Warning: view.Warn, Failed: view.Bad, Skipped: view.Faint}

func (o *options) print(format output.Format, report Report) error {
	if format != output.FormatTable {
		return o.session.PrintObject(format, report)
	}
	t := view.Table{Columns: []view.Column{{Name: "CHECK"}, {Name: "VERDICT"}, {Name: "DETAIL"}}}
	counts := map[Verdict]int{}
	for _, r := range report.Checks {
		counts[r.Verdict]++
		t.Rows = append(t.Rows, []view.Cell{
			view.Text(r.Name), {Text: string(r.Verdict), Tone: tones[r.Verdict]}, view.Text(r.Detail),
		})
		for i, line := range strings.Split(r.Fix, "\n") {
			if r.Fix != "" {
				t.Rows = append(t.Rows, []view.Cell{view.Text(""), view.Text(""), view.Text(fixLabel(i) + line)})
			}
		}
	}
	if err := o.session.PrintTable(t, true); err != nil {
		return err
	}
	o.session.Notef("%d passed, %d warnings, %d failed, %d skipped", counts[Passed], counts[Warning], counts[Failed], counts[Skipped])
	return nil
}

// fixLabel leads the first line of a fix and keeps the others under it.
func fixLabel(line int) string {
	if line == 0 {
		return "fix: "
	}
	return "     "
}

func pass(format string, args ...any) Result {
	return Result{Verdict: Passed, Detail: fmt.Sprintf(format, args...)}
}

func warn(detail, fix string) Result { return Result{Verdict: Warning, Detail: detail, Fix: fix} }

func fail(detail, fix string) Result { return Result{Verdict: Failed, Detail: detail, Fix: fix} }

// failed turns an error, put into plain words, into a result. What the user may
// not look at is no failure of what is there.
func (e *examination) failed(err error) Result {
	failure := output.AsFailure(e.session.Explain("cannot look", err))
	if apierrors.IsForbidden(err) {
		return warn(failure.Why, failure.Next)
	}
	return fail(failure.Why, failure.Next)
}
