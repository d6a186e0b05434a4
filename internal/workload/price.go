package workload

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// bill adds up what a workload costs.
type bill struct {
	table    *cost.Table
	usd      float64
	known    bool
	estimate bool
	basis    []string
	missing  []string
	// tables are people's own tables that prices are from.
	tables []string
}

func (b *bill) line(usd float64, estimate bool, basis string) {
	b.usd += usd
	b.known = true
	b.estimate = b.estimate || estimate
	b.basis = append(b.basis, basis)
}

func (b *bill) lacks(what string) { b.missing = append(b.missing, what) }

// instances adds instance hours of a month.
func (b *bill) instances(instanceType string, use cost.Use, hours float64, what string, estimate bool) {
	price, ok := b.table.SageMaker(instanceType, use)
	if !ok {
		if !strings.Contains(what, instanceType) {
			what += " on " + instanceType
		}
		b.lacks(what)
		return
	}
	if price.Table != "" && !slices.Contains(b.tables, price.Table) {
		b.tables = append(b.tables, price.Table)
	}
	b.line(price.USDPerHour*hours, estimate || price.Estimate, fmt.Sprintf("%s: %s instance hours a month; %s", what, figure(hours), price.Basis))
}

// maxBasisLines keeps the grounds of large bills readable.
const maxBasisLines = 4

// total is nil where nothing has a known price. What lacks one is named, and
// makes the rest an estimate.
func (b *bill) total() *inventory.Cost {
	if !b.known {
		return nil
	}
	lines := b.basis
	if len(lines) > maxBasisLines {
		lines = append(lines[:maxBasisLines:maxBasisLines], plural(len(b.basis)-maxBasisLines, "more line"))
	}
	basis := strings.Join(lines, "; ")
	if len(b.missing) > 0 {
		basis += "; without " + listed(b.missing) + ", whose price is not known"
	}
	slices.Sort(b.tables)
	return &inventory.Cost{
		USD: cents(b.usd), Estimate: b.estimate || len(b.missing) > 0, PricesOf: b.table.Date(), PriceTable: strings.Join(b.tables, ", "), Basis: basis,
	}
}

// costRules say by kind of workload what is paid for by hours of instances.
// What is paid otherwise stands in paid and stays unknown, and so does work
// without figures.
var costRules = map[inventory.WorkloadKind]func(a *account, g *group, b *bill){
	inventory.WorkloadEndpoint: endpointCost,
	inventory.WorkloadTraining: jobsCost, inventory.WorkloadTuning: jobsCost, inventory.WorkloadAutoML: jobsCost,
	inventory.WorkloadProcessing: jobsCost, inventory.WorkloadTransform: jobsCost, inventory.WorkloadPipeline: jobsCost,
	inventory.WorkloadMonitoring: jobsCost,
	inventory.WorkloadNotebook:   notebookCost, inventory.WorkloadStudio: studioCost, inventory.WorkloadCluster: clusterCost,
}

// free are the kinds that SageMaker asks nothing for.
var free = map[inventory.WorkloadKind]string{
	inventory.WorkloadModel:    "SageMaker asks nothing for a model that nothing runs; its files in S3 are not counted",
	inventory.WorkloadRegistry: "SageMaker asks nothing for its registry; files in S3 are not counted",
}

// cost of a workload, and what of it has no known price.
func (a *account) cost(g *group) (*inventory.Cost, []string) {
	b := &bill{table: a.prices.In(g.key.Region)}
	if why, is := free[g.key.Kind]; is {
		b.line(0, false, why)
	}
	if rule, ok := costRules[g.key.Kind]; ok {
		rule(a, g, b)
	}
	a.unknown(g, b)
	return b.total(), b.missing
}

// instances of a variant: what runs, or else what is asked for.
func instances(v *inventory.Variant) (int32, bool) {
	for _, count := range []*int32{v.InstanceCount.Current, v.InstanceCount.Desired, v.InstanceCount.Initial} {
		if count != nil {
			return *count, true
		}
	}
	return 0, false
}

func endpointCost(a *account, g *group, b *bill) {
	e := g.endpoint
	if e == nil {
		return
	}
	for _, variants := range [][]inventory.Variant{e.Variants, e.ShadowVariants} {
		for i := range variants {
			v := &variants[i]
			count, counted := instances(v)
			switch {
			case v.Serverless != nil:
				b.lacks("serverless variant " + v.Name)
			case v.InstanceType == "" || !counted:
				b.lacks("variant " + v.Name)
			case count == 0:
				// AWS records no number of instances: how long some run is not known.
				b.lacks("variant " + v.Name + ", which has no instance at the moment")
			default:
				what := fmt.Sprintf("variant %s with %s of %s", v.Name, plural(int(count), "instance"), v.InstanceType)
				why := a.unsteady(e, v)
				b.instances(v.InstanceType, cost.Hosting, float64(count)*cost.HoursPerMonth, what+why, why != "")
			}
		}
	}
}

// readsScaling is the operation that shows what is scaled.
const readsScaling = "application-autoscaling:DescribeScalableTargets"

// unsteady says why the number of instances may not be that of a month; empty
// when nothing changes it.
func (a *account) unsteady(e *inventory.Endpoint, v *inventory.Variant) string {
	count := v.InstanceCount
	switch {
	case count.Current == nil:
		return " as configured, since AWS names none that runs"
	case len(e.Scaling) > 0 || v.ManagedScaler != nil:
		return " as it is scaled now"
	case count.Desired != nil && *count.Desired != *count.Current:
		return fmt.Sprintf(" as it is now, while %d are asked for", *count.Desired)
	case slices.ContainsFunc(a.document.Unread, func(u inventory.Unread) bool { return u.Place == e.Place && u.Operation == readsScaling }):
		return " as it is now, whether it is scaled or not"
	}
	return ""
}

// jobsCost is an estimate always: it takes the runs of the lookback for those
// of a month.
func jobsCost(a *account, g *group, b *bill) {
	for _, found := range a.batches(g) {
		what := fmt.Sprintf("%s, from the runs of %s", strings.ToLower(string(found.use)), plural(a.document.LookbackDays, "day"))
		b.instances(found.instanceType, found.use, found.instanceHoursPerMonth, what, true)
	}
	if b.known || len(b.missing) > 0 {
		return
	}
	if runs := a.runs(g); runs != nil && runs.InLookback == 0 && a.document.LookbackDays > 0 {
		b.line(0, true, "no run in "+plural(a.document.LookbackDays, "day"))
	}
}

func notebookCost(_ *account, g *group, b *bill) {
	for _, p := range g.ofKind(inventory.KindNotebookInstance) {
		switch {
		case p.Detail != inventory.Described:
			b.lacks("notebook " + p.Name)
			continue
		case p.Status == "InService":
			b.instances(p.spec.InstanceType, cost.Notebook, cost.HoursPerMonth, "notebook "+p.Name+" running all month", false)
		default:
			b.line(0, false, fmt.Sprintf("notebook %s is %s", p.Name, p.Status))
		}
		if gb := p.spec.VolumeSizeInGB; gb > 0 {
			usd, estimate, basis := b.table.StoragePerMonth(gb)
			b.line(usd, estimate, "its volume: "+basis)
		}
	}
}

// studioCost counts the apps that run now as if they ran all month.
func studioCost(_ *account, g *group, b *bill) {
	for _, p := range g.ofKind(inventory.KindApp) {
		instanceType := p.spec.ResourceSpec.InstanceType
		if p.Status == "InService" && strings.HasPrefix(instanceType, "ml.") {
			b.instances(instanceType, cost.Studio, cost.HoursPerMonth, "app "+p.Name+" as if it ran all month", true)
		}
	}
}

func clusterCost(_ *account, g *group, b *bill) {
	for _, p := range g.ofKind(inventory.KindCluster) {
		for _, group := range p.spec.InstanceGroups {
			if group.CurrentCount > 0 {
				b.instances(group.InstanceType, cost.Training, float64(group.CurrentCount)*cost.HoursPerMonth,
					fmt.Sprintf("%s of cluster %s at the price of training", plural(int(group.CurrentCount), "instance"), p.Name), true)
			}
		}
	}
}
