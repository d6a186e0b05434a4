// Package cli is the command line of localcluster: one file per verb.
//
// Results go to standard output, progress and errors to standard error. Exit
// codes: 0 yes or done, 1 it failed, 2 wrong usage, 3 answered no, 4 timed out.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/localcluster/internal/state"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNo       = 3
	exitTimedOut = 4
)

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

func no(err error) error    { return exitError{code: exitNo, err: err} }
func usage(err error) error { return exitError{code: exitUsage, err: err} }

// app is what all verbs share.
type app struct {
	out, progress io.Writer
	stateFlag     string
	sourceFlag    string
}

// Run executes one command line and returns the exit code.
func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	a := &app{out: out, progress: errOut}
	root := a.command() //nolint:contextcheck // verbs take it from their cobra.Command
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(errOut, "localcluster: %v\n", err)
	return exitCode(err)
}

func exitCode(err error) int {
	var own exitError
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimedOut
	}
	return exitFailed
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "localcluster",
		Short: "A real Kubernetes cluster on one machine, built from Go modules",
		Long: `localcluster builds Kubernetes, etcd, containerd and their companions from Go
modules and runs them as a real cluster, in namespaces of its own. Stopping it
leaves nothing behind but its state directory.

Exit codes: 0 yes or done, 1 failed, 2 wrong usage, 3 answered no, 4 timed out.`,
		Example: `  localcluster up                       build if needed, start, wait until ready
  eval "$(localcluster env)"            KUBECONFIG and addresses for this shell
  localcluster load ./image app:1       push an OCI layout; prints the name for pods
  localcluster kubectl get pods -A
  localcluster down`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.stateFlag, "state", "", "state directory (default $"+state.Variable+", else landfall/localcluster in the user's cache directory)")
	root.PersistentFlags().StringVar(&a.sourceFlag, "source", "", "directory of the localcluster module (default: found from the working directory upwards)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(
		a.upCommand(), a.downCommand(), a.statusCommand(), a.loadCommand(), a.kubeconfigCommand(),
		a.envCommand(), a.buildCommand(), a.logsCommand(), a.kubectlCommand(), a.probeCommand(),
		a.superviseCommand(), a.nodeCommand(), a.registryCommand(), a.insideCommand(),
	)
	root.Args = usageArgs(root.Args)
	for _, verb := range root.Commands() {
		verb.Args = usageArgs(verb.Args)
	}
	return root
}

// usageArgs marks a wrong number of arguments as wrong usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage(fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath()))
		}
		return nil
	}
}

func (a *app) dir() (state.Dir, error) { return state.Resolve(a.stateFlag) }

// plan is the record of a cluster that was started at least once.
func (a *app) plan() (state.Dir, state.Plan, error) {
	dir, err := a.dir()
	if err != nil {
		return "", state.Plan{}, err
	}
	plan, err := dir.ReadPlan()
	if errors.Is(err, os.ErrNotExist) {
		return "", state.Plan{}, fmt.Errorf("there is no cluster in %s: start one with `localcluster up`", dir)
	}
	return dir, plan, err
}

func (a *app) writeJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// outputFlag adds -o, limited to the formats a verb has; the first is default.
func outputFlag(cmd *cobra.Command, formats ...string) func() (string, error) {
	value := cmd.Flags().StringP("output", "o", formats[0], fmt.Sprintf("format: one of %v", formats))
	return func() (string, error) {
		for _, format := range formats {
			if *value == format {
				return format, nil
			}
		}
		return "", usage(fmt.Errorf("--output %q is unknown: use one of %v", *value, formats))
	}
}
