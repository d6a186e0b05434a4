package view

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
)

// Plan returns the table of decisions: one line for each workload, those that
// move by phase and in their order, then the others by decision. An empty row
// stands between groups.
func Plan(d plan.Document) Table {
	table := Table{Columns: columns("WORKLOAD", "DECISION", "PHASE", "CLASS", "REPLICAS", "SIZE", "USD/MONTH", "REASON")}
	last, labels := "", d.Labels()
	for _, w := range inOrder(d) {
		if group := groupOf(*w); group != last && last != "" {
			table.Rows = append(table.Rows, emptyRow(len(table.Columns)))
		}
		last = groupOf(*w)
		table.Rows = append(table.Rows, []Cell{
			Text(labels[w.Full()]), decision(w.Decision), Text(phase(w.Phase)), Text(orNone(string(w.Class))),
			Text(replicas(w.Replicas)), Text(sizeOf(w.Resources.Requests)), Text(costOf(*w)), Text(reasonOf(*w)),
		})
	}
	return table
}

func emptyRow(cells int) []Cell { return make([]Cell, cells) }

// groupOf tells the groups of the table apart.
func groupOf(w plan.Workload) string {
	if w.Phase > 0 && moving(w) {
		return "phase " + strconv.Itoa(w.Phase)
	}
	return string(w.Decision)
}

func moving(w plan.Workload) bool { return w.Decision == plan.Move || w.Decision == plan.MoveLater }

// inOrder lists the workloads that move as the phases have them, then the
// others by decision.
func inOrder(d plan.Document) []*plan.Workload {
	place := map[string]int{}
	for _, phase := range d.Phases {
		for _, key := range phase.Workloads {
			place[key] = len(place) + 1
		}
	}
	var ordered []*plan.Workload
	position := map[*plan.Workload]int{}
	for i := range d.Workloads {
		w := &d.Workloads[i]
		ordered = append(ordered, w)
		position[w] = cmp.Or(place[w.Full()], place[w.String()])
		if !moving(*w) || position[w] == 0 {
			position[w] = len(place) + 1 + slices.Index(restOrder, w.Decision)
		}
	}
	slices.SortStableFunc(ordered, func(x, y *plan.Workload) int { return cmp.Compare(position[x], position[y]) })
	return ordered
}

// restOrder is that of the decisions of what does not move: where somebody has
// to act comes first.
var restOrder = []plan.Decision{plan.Move, plan.MoveLater, plan.Blocked, plan.Elsewhere, plan.Keep, plan.Retire}

// reasonOf is the first reason. Of what is blocked it is the cause, before the
// often long name of what causes it.
func reasonOf(w plan.Workload) string {
	switch {
	case w.Decision == plan.Blocked && len(w.Blockers) > 0:
		return w.Blockers[0].Why + " (" + w.Blockers[0].Thing + ")"
	case len(w.Reasons) > 0:
		return w.Reasons[0]
	}
	return none
}

func sizeOf(a plan.Amounts) string {
	if a == (plan.Amounts{}) {
		return none
	}
	text := orNone(a.CPU) + " " + orNone(a.Memory)
	switch {
	case a.GPU == 0:
		return text
	case strings.Contains(a.GPUResource, "mig-"):
		_, profile, _ := strings.Cut(a.GPUResource, "mig-")
		return text + fmt.Sprintf(" %d×mig-%s", a.GPU, profile)
	case a.GPUResource != "" && a.GPUResource != plan.DefaultGPUResource:
		return text + fmt.Sprintf(" %d×GPU share", a.GPU)
	}
	return text + fmt.Sprintf(" %d×GPU", a.GPU)
}

// costOf is what a month costs now and, after the arrow, in the cluster. A
// tilde marks an estimate.
func costOf(w plan.Workload) string {
	switch {
	case w.SageMakerCost == nil && w.ClusterCost == nil:
		return none
	case w.ClusterCost == nil:
		return amount(w.SageMakerCost)
	}
	return amount(w.SageMakerCost) + " → " + amount(w.ClusterCost)
}

func amount(c *inventory.Cost) string {
	switch {
	case c == nil:
		return "?"
	case c.Estimate:
		return "~" + dollars(c.USD)
	}
	return dollars(c.USD)
}

// dollars is in whole dollars, and in dimes below ten.
func dollars(usd float64) string {
	if usd > 0 && usd < 9.95 {
		return fmt.Sprintf("%.1f", usd)
	}
	return fmt.Sprintf("%.0f", usd)
}

var decisionTones = map[plan.Decision]Tone{
	plan.Move: Good, plan.MoveLater: Busy, plan.Keep: Plain, plan.Retire: Faint, plan.Blocked: Bad, plan.Elsewhere: Plain,
}

func decision(d plan.Decision) Cell { return Cell{string(d), decisionTones[d]} }

func phase(number int) string {
	if number == 0 {
		return none
	}
	return strconv.Itoa(number)
}

func replicas(r plan.Replicas) string {
	switch {
	case r.Min == 0 && r.Max == 0:
		return none
	case r.Max == 0 || r.Max == r.Min:
		return strconv.Itoa(int(r.Min))
	}
	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

// PlanNodePools returns the table of the nodes that the workloads need.
func PlanNodePools(d plan.Document) Table {
	table := Table{Columns: columns("NODE-POOL", "CLASS", "NODES", "TYPE", "GPU", "SPOT", "USD/MONTH", "WORKLOADS")}
	if len(d.Clusters) > 0 {
		table.Columns = append(columns("CLUSTER"), table.Columns...)
	}
	for _, p := range d.NodePools {
		nodes := strconv.Itoa(int(p.Nodes))
		if p.MinNodes != p.Nodes {
			nodes = fmt.Sprintf("%d-%d", p.MinNodes, p.Nodes)
		}
		spot := "no"
		if p.Spot {
			spot = "yes"
		}
		usd := none
		if p.CostPerMonth != nil {
			usd = amount(p.CostPerMonth)
		}
		table.Rows = append(table.Rows, []Cell{
			Text(p.Name), Text(string(p.Class)), Text(nodes), Text(p.InstanceType), Text(poolGPU(p.GPU)), Text(spot), Text(usd),
			Text(strconv.Itoa(len(p.Workloads))),
		})
		if last := len(table.Rows) - 1; len(d.Clusters) > 0 {
			table.Rows[last] = append([]Cell{Text(clusterName(p.Cluster))}, table.Rows[last]...)
		}
	}
	return table
}

// clusterName is what people call a cluster.
func clusterName(name string) string { return cmp.Or(name, plan.DefaultCluster) }

// PlanContributors returns the table of what of the cluster's cost may be
// changed, the largest first; empty where there is nothing of note.
func PlanContributors(d plan.Document) Table {
	table := Table{Columns: columns("OF-THE-CLUSTER'S", "WHAT", "TO-CHANGE-IT")}
	if d.Costs == nil {
		return table
	}
	for _, c := range d.Costs.Why {
		table.Rows = append(table.Rows, []Cell{Text("~" + dollars(c.USD)), Text(c.What), Text(c.Do)})
	}
	return table
}

func poolGPU(g *placement.PoolGPU) string {
	if g == nil {
		return none
	}
	text := fmt.Sprintf("%d×%s", g.Count, g.Model)
	switch g.Sharing {
	case placement.SharingMIG:
		text += ", MIG " + g.Profile
	case placement.SharingTimeSlicing:
		text += fmt.Sprintf(", %d pods each", g.Replicas)
	case placement.SharingNone:
	}
	return text
}

// PlanCosts returns the table that compares a month; empty when nothing is
// priced.
func PlanCosts(d plan.Document) Table {
	table := Table{Columns: columns("COST", "USD/MONTH", "ESTIMATE", "PRICES-OF", "OF")}
	c := d.Costs
	if c == nil {
		return table
	}
	row := func(name string, cost inventory.Cost) {
		if cost.PriceTable != "" {
			cost.PricesOf += ", " + cost.PriceTable
		}
		usd, estimate := fmt.Sprintf("%.2f", cost.USD), "no"
		switch {
		case cost.USD == 0 && cost.PricesOf == "": // nothing was summed
			usd, estimate = none, none
		case cost.Estimate:
			estimate = "yes, an estimate"
		}
		table.Rows = append(table.Rows, []Cell{
			Text(name), Text(usd), Text(estimate), Text(orNone(cost.PricesOf)), Text(cost.Basis),
		})
	}
	row("SageMaker", c.SageMaker)
	row("cluster", c.Cluster)
	for _, part := range c.Clusters {
		part.SageMaker.Basis, part.Cluster.Basis = "of that, what moves to "+part.Name, "of that, the cluster "+part.Name
		row("SageMaker → "+part.Name, part.SageMaker)
		row(part.Name, part.Cluster)
	}
	same := inventory.Cost{Estimate: c.SageMaker.Estimate || c.StaysUSD+c.RetiredUSD > 0, PricesOf: cmp.Or(c.SageMaker.PricesOf, newestPrices(d))}
	same.USD, same.Basis = c.StaysUSD, "what stays on SageMaker: kept, or blocked for as long as it is"
	row("stays", same)
	same.USD, same.Basis = c.RetiredUSD, "what ends with what is retired"
	row("retired", same)
	return table
}

// newestPrices is the date of the newest price of what is not moved.
func newestPrices(d plan.Document) string {
	newest := ""
	for i := range d.Workloads {
		if w := &d.Workloads[i]; w.SageMakerCost != nil && !moving(*w) {
			newest = max(newest, w.SageMakerCost.PricesOf)
		}
	}
	return newest
}

// Decisions counts the workloads by decision: 6 Move, 9 MoveLater.
func Decisions(d plan.Document) string {
	var words []string
	for _, kind := range plan.Decisions {
		count := 0
		for i := range d.Workloads {
			if d.Workloads[i].Decision == kind {
				count++
			}
		}
		if count > 0 {
			words = append(words, fmt.Sprintf("%d %s", count, kind))
		}
	}
	return strings.Join(words, ", ")
}
