// Package change holds what every command that changes the cluster asks first:
// whether it may, and whether it should only try.
//
// It owns the flags --yes and --dry-run and their meaning. It refuses to change
// anything.
package change

import (
	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
)

// Help explains the flags in the help texts of commands that take them.
const Help = `The change is shown first. On a terminal you are asked; in a script give --yes.
With --dry-run=client nothing is sent; with --dry-run=server the API server checks
the change and forgets it.`

// Values of --dry-run, as kubectl's.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// Consent is what the user agreed to on the command line.
type Consent struct {
	// Yes agrees beforehand.
	Yes    bool
	dryRun string
}

// AddFlags gives a command the flags.
func (c *Consent) AddFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVarP(&c.Yes, "yes", "y", false, "do not ask")
	flags.StringVar(&c.dryRun, "dry-run", dryRunNone, "none, client or server: change nothing, only say what would be changed")
	complete.Flag(command, "dry-run", cobra.FixedCompletions([]string{dryRunNone, dryRunClient, dryRunServer}, cobra.ShellCompDirectiveNoFileComp))
}

// Check returns a usage failure for a value that means nothing.
func (c *Consent) Check() error {
	switch c.dryRun {
	case dryRunNone, dryRunClient, dryRunServer:
		return nil
	}
	return output.Usage("give --dry-run=client or --dry-run=server", "unknown --dry-run %q: want none, client or server", c.dryRun)
}

// DryRun says that nothing may be changed.
func (c *Consent) DryRun() bool { return c.dryRun != dryRunNone }

// ClientOnly says that the server may not even be asked.
func (c *Consent) ClientOnly() bool { return c.dryRun == dryRunClient }
