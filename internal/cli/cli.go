// Package cli is the program landfall: its root command, and what happens with
// the error that a command returns.
//
// It owns the tree of commands, the flags of all of them and the exit code. It
// refuses to do any command's work: each verb has a package below this one.
package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/deploy"
	"landfall.dev/landfall/internal/cli/doctor"
	"landfall.dev/landfall/internal/cli/export"
	"landfall.dev/landfall/internal/cli/get"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/plan"
	"landfall.dev/landfall/internal/cli/render"
	"landfall.dev/landfall/internal/cli/report"
	"landfall.dev/landfall/internal/cli/rollout"
	"landfall.dev/landfall/internal/cli/scan"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/cli/verify"
	"landfall.dev/landfall/internal/cli/version"
)

//go:generate go test . -run TestReferenceIsFresh -update

const long = `Landfall takes machine-learning endpoints off Amazon SageMaker and onto your own
Kubernetes cluster without an incident.

Results go to stdout; progress, hints and warnings to stderr. Exit codes: 0 done or
yes, 1 could not answer, 2 typed wrongly, 3 the answer is no, 4 timed out.`

const example = `  %[1]s scan -o inventory.yaml
  %[1]s plan inventory.yaml -o plan.yaml
  %[1]s export plan.yaml --workload Churn-Prod -o bundle
  %[1]s verify bundle -n team-a --requests captured.jsonl
  %[1]s deploy bundle -n team-a --wait
  %[1]s rollout start churn-prod --to cluster -n team-a
  %[1]s get endpoint churn-prod -n team-a -w`

// New returns the root command with everything below it.
func New(s *session.Session) *cobra.Command {
	cobra.EnableCommandSorting = false // the journey has an order of its own
	root := &cobra.Command{
		Use:           "landfall",
		Short:         "Move machine-learning endpoints from SageMaker to Kubernetes",
		Long:          long,
		Example:       fmt.Sprintf(example, s.Program),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          s.NoSuchCommand,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: s.Program},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.ErrOut)
	flags := root.PersistentFlags()
	flags.Var(&s.Color, "color", "colour the output: auto means on a terminal, unless NO_COLOR is set")
	flags.BoolVarP(&s.Verbose, "verbose", "v", false, "show the causes behind an error")
	complete.Flag(root, "color", cobra.FixedCompletions(output.ColorModes(), cobra.ShellCompDirectiveNoFileComp))
	root.SetFlagErrorFunc(session.FlagError)
	addGroups(root,
		group("journey", "The way of an endpoint:", scan.New(s), plan.New(s), report.New(s), export.New(s), verify.New(s), render.New(s), deploy.New(s), rollout.New(s)),
		group("look", "Look around:", get.New(s), doctor.New(s), version.New(s)),
	)
	root.SetHelpCommandGroupID("look")
	root.SetCompletionCommandGroupID("look")
	completeKubeFlags(root, s)
	return root
}

type commandGroup struct {
	id, title string
	commands  []*cobra.Command
}

func group(id, title string, commands ...*cobra.Command) commandGroup {
	return commandGroup{id: id, title: title, commands: commands}
}

func addGroups(root *cobra.Command, groups ...commandGroup) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, command := range g.commands {
			command.GroupID = g.id
			root.AddCommand(command)
		}
	}
}

// completeKubeFlags offers live values for the flags that name a place.
func completeKubeFlags(root *cobra.Command, s *session.Session) {
	for _, command := range root.Commands() {
		if command.PersistentFlags().Lookup("namespace") != nil {
			complete.Flag(command, "namespace", complete.Namespaces(s))
			complete.Flag(command, "context", complete.Contexts(s))
		}
	}
}

// Run runs the program with its arguments and returns its exit code.
func Run(ctx context.Context, s *session.Session, args []string) int {
	root := New(s) //nolint:contextcheck // commands get the context when they run
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return output.ExitDone
	}
	if silent, ok := errors.AsType[output.ExitError](err); ok {
		return silent.Code
	}
	failure := output.AsFailure(err)
	output.PrintFailure(s.ErrOut, s.Palette(s.ErrOut), failure, s.Verbose)
	return failure.ExitCode()
}
