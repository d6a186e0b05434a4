package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	core "landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/view"
)

const explainLong = `Tell everything about the decision on one workload: its reasons and the evidence
for them, what stands in the way and what replaces it, the phase and why it is that
one, what it relies on, how its size, its number of pods and its nodes come about,
what it costs, and what a person edited.

The workload is named as the plan's table has it (Endpoint/Churn-Prod), by its name
alone where no other has it, or with account and region before it.`

const explainExample = `  %[1]s plan explain Churn-Prod
  %[1]s plan explain Training/churn-training --plan team.yaml --inventory team-inventory.yaml
  %[1]s plan explain Endpoint/Churn-Prod -o json | jq '.evidence'`

type explainOptions struct {
	session *session.Session

	plan      string
	inventory string
	output    string
}

func newExplain(s *session.Session) *cobra.Command {
	o := &explainOptions{session: s}
	command := &cobra.Command{
		Use:     "explain WORKLOAD",
		Short:   "Tell everything about one decision",
		Long:    explainLong,
		Example: fmt.Sprintf(explainExample, s.Program),
		Args: func(command *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != "" {
				return nil
			}
			return output.Usage(s.Program+" plan explain --help", "plan explain takes one workload, not %d", len(args))
		},
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(args[0]) },
		ValidArgsFunction: o.complete,
	}
	flags := command.Flags()
	flags.StringVar(&o.plan, "plan", "plan.yaml", "the plan's `FILE`, - for the standard input")
	session.AddInventoryFlag(command, &o.inventory)
	flags.StringVarP(&o.output, "output", "o", string(output.FormatTable), "table, json or yaml")
	complete.Flag(command, "output", cobra.FixedCompletions(
		[]string{string(output.FormatTable), string(output.FormatJSON), string(output.FormatYAML)}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (o *explainOptions) run(name string) error {
	format, err := output.ParseFormat(o.output, output.FormatTable, output.FormatJSON, output.FormatYAML)
	if err != nil {
		return err
	}
	planned, err := o.session.ReadPlan(o.plan)
	if err != nil {
		return err
	}
	workload, err := o.find(&planned, name)
	if err != nil {
		return err
	}
	found, err := o.session.FindInventoryOf(planned, o.inventory, o.plan)
	where, none := session.NoInventory(err)
	if err != nil && !none {
		return err
	}
	explanation, err := planned.Explain(workload, found)
	if err != nil {
		return fmt.Errorf("cannot explain %s: %w", workload.WorkloadKey, err)
	}
	if format != output.FormatTable {
		return o.session.PrintObject(format, explanation)
	}
	if err := o.print(view.PlanExplanation(explanation)); err != nil {
		return err
	}
	switch {
	case none:
		o.session.Notef("What the scan saw is left out: %s", where)
	case len(explanation.Evidence) == 0:
		o.session.Notef("The inventory does not have this workload.")
	}
	return nil
}

// find returns the one workload that a person means.
func (o *explainOptions) find(planned *core.Document, name string) (*core.Workload, error) {
	named := planned.Named(name)
	if len(named) == 1 {
		return named[0], nil
	}
	labels := planned.Labels()
	if len(named) > 1 {
		var choices []string
		for _, w := range named {
			choices = append(choices, labels[w.Full()])
		}
		return nil, &output.Failure{
			What: "cannot explain " + name, Why: fmt.Sprintf("%s has %d workloads of that name", o.plan, len(named)),
			Next: "name one of: " + strings.Join(choices, ", "),
		}
	}
	return nil, &output.Failure{
		What: "cannot explain " + name, Why: o.plan + " has no such workload", Next: nearest(*planned, name, o.session.Program),
	}
}

// mostChoices is how many names fit into a hint.
const mostChoices = 8

// nearest names workloads that a person may have meant.
func nearest(planned core.Document, name, program string) string {
	var near []string
	wanted := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	for full, label := range planned.Labels() {
		if strings.Contains(strings.ToLower(full), wanted) && wanted != "" {
			near = append(near, label)
		}
	}
	slices.Sort(near)
	if len(near) == 0 {
		return "the first column of the plan's table has the names: " + program + " plan inventory.yaml -o plan.yaml"
	}
	if len(near) > mostChoices {
		near = append(near[:mostChoices], "…")
	}
	return "name one of: " + strings.Join(near, ", ")
}

// Widths of what is printed: lines longer than people read are broken even on
// wide terminals.
const (
	mostWidth    = 110
	leastWidth   = 40
	indentSpaces = 2
)

func (o *explainOptions) print(sections []view.Section) error {
	width, _ := o.session.Size()
	if width <= 0 || width > mostWidth {
		width = mostWidth
	}
	var text strings.Builder
	for i, section := range sections {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(output.Sanitize(section.Title) + "\n")
		for _, line := range section.Lines {
			text.WriteString(wrap(output.Sanitize(line), max(width, leastWidth)))
		}
	}
	if _, err := o.session.Out.Write([]byte(text.String())); err != nil {
		return fmt.Errorf("cannot write the explanation: %w", err)
	}
	return nil
}

// wrap breaks a line between words. Its first line begins with a dash, the
// others are indented below it.
func wrap(line string, width int) string {
	var text strings.Builder
	indent := strings.Repeat(" ", indentSpaces)
	prefix, used := indent+"- ", 0
	for _, word := range strings.Fields(line) {
		length := len([]rune(word))
		switch {
		case used == 0:
			text.WriteString(prefix + word)
			used = len(prefix) + length
		case used+1+length > width:
			prefix = indent + "  "
			text.WriteString("\n" + prefix + word)
			used = len(prefix) + length
		default:
			text.WriteString(" " + word)
			used += 1 + length
		}
	}
	if used > 0 {
		text.WriteByte('\n')
	}
	return text.String()
}

// complete offers the workloads of the plan.
func (o *explainOptions) complete(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	planned, err := o.session.ReadPlan(o.plan)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, label := range planned.Labels() {
		names = append(names, label)
	}
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}
