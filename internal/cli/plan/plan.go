// Package plan is the command that decides what becomes of each workload, and
// the one below it that explains a decision.
//
// It owns the commands' flags, and keeping what people wrote into an earlier
// plan. It refuses to decide: package plan of the migration core does.
package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	core "landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/verify"
	"landfall.dev/landfall/internal/view"
)

const long = `Decide what becomes of each workload of an inventory: Move, MoveLater, Keep, Elsewhere,
Retire or Blocked, each with its reasons; in which phase it moves, after what it relies
on; at which size, in how many pods and on which nodes it runs; and what that costs
beside SageMaker. The command plan explain tells everything about one decision.

The plan is a file for people. Edit it as you like: when it is made again into the same
file, what you changed is kept, and everything else follows the new inventory. It needs
neither AWS nor a cluster.

SageMaker's own images cannot always be pulled from elsewhere; --image-map names the
image to run in the cluster in place of one on SageMaker. The plan remembers it, and
the cluster that --provider and --target-region name. --verified takes the report of
` + "`verify`" + ` into the sizes; the plan remembers that too.

Costs are list prices unless --prices names a file with those that you pay: negotiated
rates, what a savings plan leaves, nodes of other clouds, in a currency of your own. A
cost that nothing tells stays unknown. --print-prices writes all that is known in that
form, for a start. The plan remembers the file, and which table priced what.

One cluster is planned unless the plan lists several under clusters, each with places
(accounts and regions), nodes and node pools of its own; --cluster-per region (account,
place) writes that list for what no cluster takes yet, and none goes back to one.

In the table, SIZE is what one pod asks for. USD/MONTH is what SageMaker costs, and
after the arrow what the cluster would; ~ marks an estimate.`

const example = `  %[1]s plan inventory.yaml -o plan.yaml
  %[1]s plan inventory.yaml -o plan.yaml --workload-class online \
    --image-map 123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1.0=registry.example.com/churn:1.0

  # Nodes of Google's cloud in place of those of AWS
  %[1]s plan inventory.yaml -o plan.yaml --provider gke --target-region europe-west1

  # With your own prices, and a cluster in each region
  %[1]s plan --print-prices --provider gke > prices.yaml
  %[1]s plan inventory.yaml -o plan.yaml --prices prices.yaml
  %[1]s plan inventory.yaml -o plan.yaml --cluster-per region

  # Which workloads can move now
  %[1]s plan inventory.yaml | yq '.workloads[] | select(.decision == "Move") | .name'`

type options struct {
	session *session.Session

	output        string
	imageMap      []string
	workloadClass string
	provider      string
	region        string
	verified      []string
	prices        []string
	printed       bool
	clusterPer    string
	wide          bool
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "plan INVENTORY",
		Short:   "Decide what moves, what stays, and in which order",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && args[0] != "" && !o.printed, len(args) == 0 && o.printed:
				return nil
			case o.printed:
				return output.Usage(s.Program+" plan --print-prices > prices.yaml", "--print-prices takes no inventory")
			}
			return output.Usage(s.Program+" scan -o inventory.yaml", "plan takes one inventory, not %d (- is the standard input)", len(args))
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if o.printed {
				return o.printPrices()
			}
			return o.run(args[0])
		},
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the file to write the plan to, or to bring up to date; unset writes it to stdout")
	flags.StringArrayVar(&o.imageMap, "image-map", nil, "run the image after the = in place of the one before it; may be repeated")
	flags.StringVar(&o.workloadClass, "workload-class", "", "the WorkloadClass of pods; unset means that of the earlier plan, or none")
	flags.StringVar(&o.provider, "provider", "", "whose nodes the cluster has: eks, gke, aks or other; unset means that of the earlier plan, or eks")
	flags.StringVar(&o.region, "target-region", "", "the cluster's region, for prices; unset means that of the earlier plan, or that in which most workloads are")
	flags.StringArrayVar(&o.verified, "verified", nil, "a report of verify, whose figures the sizes follow; may be repeated, and is remembered")
	flags.StringArrayVar(&o.prices, "prices", nil, "a `FILE` of prices that win over Landfall's own; may be repeated, and is remembered; none goes back to Landfall's own")
	flags.BoolVar(&o.printed, "print-prices", false, "write the prices in the form that --prices reads, with the nodes of --provider or of all, and plan nothing")
	flags.StringVar(&o.clusterPer, "cluster-per", "", "plan a cluster for each region, account or place (both) that no cluster of the plan takes; none goes back to one; unset leaves the plan's")
	flags.BoolVar(&o.wide, "wide", false, "show all columns, and all of every text, however narrow the terminal is")
	complete.Flag(command, "cluster-per", cobra.FixedCompletions(splits(), cobra.ShellCompDirectiveNoFileComp))
	complete.Flag(command, "provider", cobra.FixedCompletions(providers(), cobra.ShellCompDirectiveNoFileComp))
	command.AddCommand(newExplain(s))
	return command
}

// providers are what --provider takes.
func providers() []string {
	return []string{string(placement.ProviderEKS), string(placement.ProviderGKE), string(placement.ProviderAKS), string(placement.ProviderOther)}
}

// splits are what --cluster-per takes.
func splits() []string {
	var all []string
	for _, s := range core.Splits {
		all = append(all, string(s))
	}
	return all
}

// check looks at the flags alone.
func (o *options) check() error {
	if o.clusterPer != "" && !slices.Contains(splits(), o.clusterPer) {
		return output.Usage("give one of those after --cluster-per", "--cluster-per is %q: want %s", o.clusterPer, strings.Join(splits(), ", "))
	}
	if o.provider != "" && !slices.Contains(providers(), o.provider) {
		return output.Usage("give one of those after --provider", "unknown provider %q: want %s", o.provider, strings.Join(providers(), ", "))
	}
	return nil
}

func (o *options) run(path string) error {
	images, err := parseImages(o.imageMap)
	if err != nil {
		return err
	}
	if err := output.CheckFolder(o.output); err != nil {
		return err
	}
	found, err := o.session.ReadInventory(path)
	if err != nil {
		return err
	}
	previous, err := o.previous()
	if err != nil {
		return err
	}
	verified, err := o.readVerified()
	if err != nil {
		return err
	}
	prices, files, err := o.readPrices(previous)
	if err != nil {
		return err
	}
	plan, changes, err := core.Build(found, previous, core.Options{
		Images: images, WorkloadClassName: o.workloadClass, Target: placement.Target{Provider: placement.Provider(o.provider), Region: o.region},
		Verified: verified, Prices: prices, PriceFiles: files, Split: core.Split(o.clusterPer),
	})
	if err != nil {
		return &output.Failure{What: "cannot plan", Why: err.Error(), Next: "correct the plan, or the flag, that is named", Cause: err}
	}
	text, err := core.Encode(plan)
	if err != nil {
		return err
	}
	return o.finish(plan, previous, changes, text)
}

// readVerified reads the reports of verify.
func (o *options) readVerified() ([]core.Verification, error) {
	var all []core.Verification
	for _, path := range o.verified {
		data, err := o.session.ReadFile(path, o.session.Program+" verify bundle --report "+path)
		if err != nil {
			return nil, err
		}
		report, err := verify.Decode(data)
		if err == nil {
			var verification core.Verification
			verification, err = core.VerificationOf(report, filepath.Base(path))
			all = append(all, verification)
		}
		if err != nil {
			return nil, o.session.CannotUse("report", path, o.session.Program+" verify bundle --report bundle.verify.yaml", err)
		}
	}
	return all, nil
}

// previous reads the plan that is brought up to date, if there is one.
func (o *options) previous() (*core.Document, error) {
	if o.output == "" || o.output == "-" {
		return nil, nil
	}
	if info, err := os.Stat(o.output); errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	data, err := output.ReadFile(o.output, nil, "")
	if err != nil {
		return nil, err
	}
	plan, err := core.Decode(data)
	if err != nil {
		return nil, &output.Failure{
			What: "cannot bring the plan " + o.output + " up to date", Why: err.Error(),
			Next: "correct it, or write to another file; it was left as it is", Cause: err,
		}
	}
	return &plan, nil
}

func (o *options) finish(plan core.Document, previous *core.Document, changes []core.Change, text []byte) error {
	if o.output == "" || o.output == "-" {
		if _, err := o.session.Out.Write(text); err != nil {
			return fmt.Errorf("cannot write the plan: %w", err)
		}
		return nil
	}
	if err := output.WriteFile(o.output, text); err != nil {
		return err
	}
	if len(plan.Workloads) == 0 {
		o.session.Notef("The inventory has no workloads; %s is empty.", o.output)
		return nil
	}
	if err := o.print(plan); err != nil {
		return err
	}
	if previous != nil {
		if err := o.tellChanges(changes); err != nil {
			return err
		}
	}
	if previous != nil {
		o.tellPrices(previous.Prices, plan.Prices)
	}
	for _, note := range plan.Notes {
		o.session.Notef("Note: %s.", output.Sanitize(note))
	}
	o.session.Notef("%s: %s, written to %s", output.Plural(len(plan.Workloads), "workload"), view.Decisions(plan), o.output)
	if c := plan.Costs; c != nil && len(c.Unpriced) > 0 {
		o.session.Notef("Not in the costs, because the cost on one side is not known: %s", output.Sanitize(some(c.Unpriced)))
	}
	o.next(plan)
	return nil
}

// columnGap is the space that tables leave between columns.
const columnGap = 3

// print shows the decisions, then the nodes, then the costs.
func (o *options) print(plan core.Document) error {
	width := o.width()
	decisions, out := view.LeaveOut(view.Plan(plan), width, columnGap, "CLASS", "SIZE", "REPLICAS", "PHASE", "USD/MONTH")
	pools, outOfPools := view.LeaveOut(view.PlanNodePools(plan), width, columnGap, "CLASS", "SPOT", "GPU", "USD/MONTH")
	tables := []view.Table{
		view.FitLast(view.FitFirst(decisions, width, columnGap), width, columnGap), pools,
		view.WrapLast(view.PlanCosts(plan), width, columnGap, 1), view.WrapLast(view.PlanContributors(plan), width, columnGap, 2), //nolint:mnd // WHAT and TO-CHANGE-IT
	}
	for i, table := range tables {
		if len(table.Rows) == 0 {
			continue
		}
		if i > 0 {
			if _, err := fmt.Fprintln(o.session.Out); err != nil {
				return fmt.Errorf("cannot write the plan's tables: %w", err)
			}
		}
		if err := o.session.PrintTable(table, true); err != nil {
			return err
		}
	}
	if out = append(out, outOfPools...); len(out) > 0 {
		slices.Sort(out)
		o.session.Notef("Left out for this terminal's width: %s. --wide shows everything; of one workload so does: %s plan explain WORKLOAD",
			strings.Join(slices.Compact(out), ", "), o.session.Program)
	}
	return nil
}

// width of the terminal; 0 where lines may have any.
func (o *options) width() int {
	if o.wide {
		return 0
	}
	width, _ := o.session.Size()
	return width
}

// some names a few of many.
func some(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// next suggests to export the first endpoint that moves, else to look at what
// is in the way.
func (o *options) next(plan core.Document) {
	labels := plan.Labels()
	byLabel := map[string]*core.Workload{}
	for i := range plan.Workloads {
		byLabel[labels[plan.Workloads[i].Full()]] = &plan.Workloads[i]
	}
	for _, phase := range plan.Phases {
		for _, label := range phase.Workloads {
			if w := byLabel[label]; w != nil && w.Decision == core.Move && w.Kind == inventory.WorkloadEndpoint {
				o.session.SuggestCommand("write what a workload needs into files", "export", o.output, "--workload", label, "-o", "bundle")
				return
			}
		}
	}
	o.session.SuggestCommand("see what is in the way", "plan", "explain", labels[plan.Workloads[0].Full()], "--plan", o.output)
}

// tellChanges says what became of the earlier plan.
func (o *options) tellChanges(changes []core.Change) error {
	if len(changes) == 0 {
		o.session.Notef("Nothing changed since the plan was last made.")
		return nil
	}
	o.session.Notef("Since the plan was last made:")
	const values = 3 // BEFORE, NOW and COMPUTED
	table := view.WrapLast(view.PlanChanges(changes), o.width(), columnGap, values)
	return output.Table(o.session.ErrOut, o.session.Palette(o.session.ErrOut), table, true)
}

func parseImages(pairs []string) (map[string]string, error) {
	images := map[string]string{}
	for _, pair := range pairs {
		from, to, found := strings.Cut(pair, "=")
		if !found || from == "" || to == "" {
			return nil, output.Usage("write it as --image-map OLD=NEW", "cannot read --image-map %q", pair)
		}
		if other, doubled := images[from]; doubled && other != to {
			return nil, output.Usage("name each image once", "--image-map maps %s to both %s and %s", from, other, to)
		}
		images[from] = to
	}
	return images, nil
}
