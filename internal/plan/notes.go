package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// PriceTable is a table of prices that a plan was made with.
type PriceTable struct {
	Name string `json:"name"`
	// Date is that of the prices, Digest that of what the table says: another
	// digest under the same name is another table.
	Date   string `json:"date"`
	Digest string `json:"digest"`
	Source string `json:"source,omitempty"`
	// File is where a person's own table was read from, relative to the plan,
	// and is read from when the plan is made again. Empty for Landfall's own.
	File string `json:"file,omitempty"`
}

// priceTables records what the plan was priced with.
func (o Options) priceTables() []PriceTable {
	var all []PriceTable
	for _, id := range o.prices().Tables() {
		all = append(all, PriceTable{Name: id.Name, Date: id.Date, Digest: id.Digest, Source: id.Source, File: o.PriceFiles[id.Name]})
	}
	return all
}

// notes say what the plan takes for granted as a whole.
func (b *builder) notes() []string {
	var notes []string
	notes = append(notes, b.tooEarly...)
	notes = append(notes, b.noteRegions()...)
	notes = append(notes, b.notePrices()...)
	return append(notes, b.noteUnpricedNodes()...)
}

// noteRegions says what it means that workloads of several regions share a
// cluster.
func (b *builder) noteRegions() []string {
	var notes []string
	for _, name := range b.clusterNames() {
		count := map[string]int{}
		for _, e := range b.entries {
			if e.Cluster == name && moves(e.Decision) && e.Region != "" {
				count[e.Region]++
			}
		}
		if len(count) < 2 {
			continue
		}
		var regions []string
		for _, region := range slices.Sorted(maps.Keys(count)) {
			regions = append(regions, fmt.Sprintf("%s (%d)", region, count[region]))
		}
		which, apart := "one cluster is planned", "plan with --cluster-per region, or write them under clusters"
		if len(b.options.Clusters) > 0 {
			which, apart = fmt.Sprintf("the cluster %s is planned", cmp.Or(name, DefaultCluster)), "change the places under clusters"
		}
		notes = append(notes, fmt.Sprintf("%s in %s for workloads of %d regions: %s. Callers and files of the others are far from it: every request and every model "+
			"crosses between regions, which takes tens of milliseconds or more, and AWS asks for each GB that leaves a region; neither is in the costs. "+
			"For clusters of their own, %s",
			which, cmp.Or(b.targetNamed(name).Region, "a region that is not said"), len(count), strings.Join(regions, ", "), apart))
	}
	return notes
}

// notePrices says where people's own prices have no effect.
func (b *builder) notePrices() []string {
	if !b.options.prices().Own() {
		return nil
	}
	var notes []string
	for _, name := range b.clusterNames() {
		target := b.targetNamed(name)
		var types []string
		for _, t := range placement.NodeTypes(cmp.Or(target.Provider, placement.ProviderEKS)) {
			types = append(types, t.Name)
		}
		regions := b.options.prices().Regions(types)
		if len(regions) == 0 || regions[""] || regions[target.Region] {
			continue
		}
		notes = append(notes, fmt.Sprintf("the prices of nodes that were given are of %s, and the cluster's region is %s: they are not used; name the region with --target-region, or leave it out of the prices",
			strings.Join(slices.Sorted(maps.Keys(regions)), ", "), cmp.Or(target.Region, "not said")))
	}
	return notes
}

// noteUnpricedNodes names the types of nodes that nothing tells the price of:
// without them nothing is compared.
func (b *builder) noteUnpricedNodes() []string {
	var notes []string
	for _, name := range b.clusterNames() {
		var types []string
		target := b.targetNamed(name)
		table := b.options.prices().In(target.Region)
		for _, pool := range b.pools {
			if _, priced := table.Node(pool.InstanceType, pool.Spot); pool.Cluster == name && !priced && !slices.Contains(types, pool.InstanceType) {
				types = append(types, pool.InstanceType)
			}
		}
		if len(types) == 0 {
			continue
		}
		slices.Sort(types)
		provider := cmp.Or(target.Provider, placement.ProviderEKS)
		notes = append(notes, fmt.Sprintf("nothing tells the price of %s, so that what they run is not compared: write the prices into a file that "+
			"plan --print-prices --provider %s begins, and name it with --prices; or plan with types that have one, under target.nodeTypes", strings.Join(types, ", "), provider))
	}
	return notes
}

// far says that a workload's callers and files are in another region than its
// cluster; empty where they are not, or it is not known.
func far(key inventory.WorkloadKey, target placement.Target) string {
	onAWS := target.Provider == "" || target.Provider == placement.ProviderEKS
	if !onAWS || target.Region == "" || key.Region == "" || target.Region == key.Region {
		return ""
	}
	return fmt.Sprintf("far from where it is now: SageMaker runs it in %s, and the cluster is in %s; requests and files cross between the regions", key.Region, target.Region)
}
