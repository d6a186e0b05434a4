// Package report is the command that draws an inventory, and a plan beside it,
// as a page for people.
//
// It owns the command's flags and where the page goes. It refuses to judge or to
// draw: package report of the migration core does both.
package report

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	core "landfall.dev/landfall/internal/report"
	"landfall.dev/landfall/internal/workload"
)

const long = `Draw an inventory as one HTML page: what to worry about first, every workload with
filters, and the graph of what relies on what. With a plan, the decisions stand beside.

The page is a single file. It fetches nothing and sends nothing; what the scan masked
stays masked.`

const example = `  %[1]s report inventory.yaml -o report.html
  %[1]s report inventory.yaml --plan plan.yaml -o report.html`

type options struct {
	session *session.Session

	output string
	plan   string
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "report INVENTORY",
		Short:   "Draw what a scan found as a page for people",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    session.OneArgument("inventory", s.Program+" scan -o inventory.yaml"),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args[0]) },
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the file to write the page to; unset writes it to stdout")
	flags.StringVar(&o.plan, "plan", "", "the plan whose decisions stand beside what was found")
	return command
}

func (o *options) run(path string) error {
	if err := output.CheckFolder(o.output); err != nil {
		return err
	}
	found, err := o.inventory(path)
	if err != nil {
		return err
	}
	planned, err := o.planned()
	if err != nil {
		return err
	}
	page, err := core.Render(core.Build(found, planned))
	if err != nil {
		return err
	}
	if o.output == "" || o.output == "-" {
		if _, err := o.session.Out.Write(page); err != nil {
			return fmt.Errorf("cannot write the page: %w", err)
		}
		return nil
	}
	if err := output.WriteFile(o.output, page); err != nil {
		return err
	}
	shown := o.output
	if whole, err := filepath.Abs(shown); err == nil {
		shown = "file://" + filepath.ToSlash(whole)
	}
	o.session.Notef("%s drawn in %s; open %s in a browser", output.Plural(len(found.Workloads), "workload"), o.output, shown)
	return nil
}

func (o *options) inventory(path string) (inventory.Document, error) {
	found, err := o.session.ReadInventory(path)
	if err != nil {
		return inventory.Document{}, err
	}
	if len(found.Workloads) == 0 {
		found.Workloads = workload.Derive(found) // written by hand, or by another tool
	}
	return found, nil
}

func (o *options) planned() (*plan.Document, error) {
	if o.plan == "" {
		return nil, nil //nolint:nilnil // the page needs no plan
	}
	planned, err := o.session.ReadPlan(o.plan)
	if err != nil {
		return nil, err
	}
	return &planned, nil
}
