// Package scan is the command that finds out what an AWS account runs.
//
// It owns the command's flags, its progress and where the inventory goes. It
// refuses to read AWS itself (package sagemaker does) and to judge what it finds
// (plan does).
package scan

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/view"
)

const long = `Read the endpoints of an AWS account and everything they rest on: configurations,
models, containers, scaling, traffic and use.

It only reads. Values that may be secret are masked before they reach the file.
What may not be read is listed with the permission that is missing, and the rest is
scanned all the same; the exit code is 0 then, with a warning.

Credentials, profile and addresses come from where the AWS CLI takes them (AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL and so on).`

const example = `  %[1]s scan -o inventory.yaml
  %[1]s scan --region eu-central-1 --endpoint-name 'churn-*' -o inventory.yaml

  # Without a file the inventory goes to stdout
  %[1]s scan | yq '.endpoints[].name'`

const hoursPerDay = 24

type options struct {
	session *session.Session

	output       string
	region       string
	profile      string
	endpointName string
	lookback     days
	rate         float64
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s, lookback: days(sagemaker.DefaultLookback)}
	command := &cobra.Command{
		Use:     "scan",
		Short:   "Find out which endpoints an AWS account runs",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    s.NoArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return o.run(command.Context()) },
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the file to write the inventory to; unset writes it to stdout")
	flags.StringVar(&o.region, "region", "", "the AWS region to scan; unset means that of the AWS configuration")
	flags.StringVar(&o.profile, "profile", "", "the AWS profile to use; unset means that of AWS_PROFILE")
	flags.StringVar(&o.endpointName, "endpoint-name", "", "scan endpoints with this name only; * and ? stand for anything")
	flags.Var(&o.lookback, "lookback", "how far back to read traffic and use, in days or hours")
	flags.Float64Var(&o.rate, "rate", 2, "the most requests a second for each AWS operation")
	return command
}

func (o *options) run(ctx context.Context) error {
	if o.rate <= 0 {
		return output.Usage("give a rate such as --rate 2", "--rate %g is not more than 0", o.rate)
	}
	if _, err := path.Match(o.endpointName, ""); err != nil {
		return output.Usage("quote it, as in --endpoint-name 'churn-*'", "cannot read the pattern --endpoint-name %q", o.endpointName)
	}
	if err := output.CheckFolder(o.output); err != nil {
		return err
	}
	aws, err := sagemaker.New(ctx, sagemaker.Options{Region: o.region, Profile: o.profile, RequestsPerSecond: o.rate})
	if err != nil {
		return o.session.ExplainAWS("cannot scan", err)
	}
	if err := knock(ctx, aws); err != nil {
		return o.session.ExplainAWS("cannot scan region "+aws.Region(), err)
	}
	progress := output.NewProgress(o.session.ErrOut, o.session.Draws(), o.session.Now)
	found, err := aws.Scan(ctx, sagemaker.ScanOptions{
		Lookback:     time.Duration(o.lookback),
		Now:          o.session.Now(),
		EndpointName: o.endpointName,
		Progress:     func(p sagemaker.Progress) { progress.Report(p.Stage, p.Done, p.Total) },
	})
	progress.Done()
	if err != nil {
		return o.session.ExplainAWS("cannot scan region "+aws.Region(), err)
	}
	data, err := inventory.Encode(found)
	if err != nil {
		return err
	}
	return o.finish(found, data)
}

func (o *options) finish(found inventory.Document, data []byte) error {
	if o.output == "" || o.output == "-" {
		if _, err := o.session.Out.Write(data); err != nil {
			return fmt.Errorf("cannot write the inventory: %w", err)
		}
		return o.warn(found)
	}
	if err := output.WriteFile(o.output, data); err != nil {
		return err
	}
	if len(found.Endpoints) == 0 {
		o.session.Notef("No endpoints found in %s.", places(found))
	} else if err := o.session.PrintTable(view.Inventory(found), true); err != nil {
		return err
	}
	o.session.Notef("%s of %s, written to %s", output.Plural(len(found.Endpoints), "endpoint"), places(found), o.output)
	if err := o.warn(found); err != nil {
		return err
	}
	o.session.SuggestCommand("decide what moves", "plan", o.output, "-o", "plan.yaml")
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

// warn tells what could not be read.
func (o *options) warn(found inventory.Document) error {
	if len(found.Unread) == 0 {
		return nil
	}
	o.session.Warnf("%s failed for some or all endpoints; the inventory says so where something is missing:", output.Plural(len(found.Unread), "operation"))
	return output.Table(o.session.ErrOut, o.session.Palette(o.session.ErrOut), view.Unread(found), true)
}

// days is a duration that a flag may give in days.
type days time.Duration

// Set parses 14d or any of Go's durations.
func (d *days) Set(text string) error {
	var length time.Duration
	var err error
	if number, ok := strings.CutSuffix(text, "d"); ok {
		length, err = time.ParseDuration(number + "h")
		length *= hoursPerDay
	} else {
		length, err = time.ParseDuration(text)
	}
	if err != nil || length < hoursPerDay*time.Hour {
		return errors.New("want a time such as 14d or 36h, a day at least")
	}
	*d = days(length)
	return nil
}

// String writes whole days as days.
func (d *days) String() string {
	length := time.Duration(*d)
	if day := hoursPerDay * time.Hour; length > 0 && length%day == 0 {
		return fmt.Sprintf("%dd", length/day)
	}
	return length.String()
}

// Type names the value in help texts.
func (d *days) Type() string { return "duration" }
