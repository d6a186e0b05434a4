package plan

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// DefaultCluster is what people call the cluster of what no other takes, where
// there are several. Its settings are the plan's target.
const DefaultCluster = "default"

// Cluster is one of several that are planned for, with nodes of its own.
type Cluster struct {
	// Name is at most 40 lower-case letters, digits and '-'. Where Karpenter
	// starts nodes, it is that of the EKS cluster.
	Name string `json:"name"`
	// Target says whose nodes it has. What it leaves empty is as in the plan's
	// target, but for the region.
	placement.Target `json:",inline"`
	// Places are where the workloads are on SageMaker that run here. The first
	// cluster that takes a place has it.
	Places []Places `json:"places"`
}

// Places are accounts and regions.
type Places struct {
	// AccountID and Region restrict each other; empty means any.
	AccountID string `json:"accountID,omitempty"`
	Region    string `json:"region,omitempty"`
}

func (p Places) has(place inventory.Place) bool {
	return fits(p.AccountID, place.AccountID) && fits(p.Region, place.Region)
}

// Split says by what clusters are told apart.
type Split string

// The ways of splitting. SplitNone goes back to one cluster; an empty Split
// leaves the clusters as they are.
const (
	SplitNone    Split = "none"
	SplitRegion  Split = "region"
	SplitAccount Split = "account"
	SplitPlace   Split = "place"
)

// Splits are all ways of splitting.
var Splits = []Split{SplitNone, SplitRegion, SplitAccount, SplitPlace}

var clusterNameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// split adds clusters for the places that none has yet. Those that a person
// wrote stay as they are.
func (o Options) split(keys []inventory.WorkloadKey) []Cluster {
	if o.Split == SplitNone {
		return nil
	}
	clusters := slices.Clone(o.Clusters)
	if o.Split == "" {
		return clusters
	}
	most := mostRegions(keys)
	for _, place := range placesOf(keys) {
		if clusterOf(clusters, place) != nil {
			continue
		}
		c := Cluster{Places: []Places{{AccountID: place.AccountID, Region: place.Region}}}
		switch o.Split {
		case SplitRegion:
			c.Places[0].AccountID, c.Name = "", place.Region
		case SplitAccount:
			c.Places[0].Region, c.Name = "", place.AccountID
		case SplitPlace, SplitNone:
			c.Name = strings.Trim(place.AccountID+"-"+place.Region, "-")
		}
		if provider := cmp.Or(o.Target.Provider, placement.ProviderEKS); provider == placement.ProviderEKS {
			c.Region = place.Region // other clouds call their regions otherwise
			if o.Split == SplitAccount {
				c.Region = most[place.AccountID]
			}
		}
		clusters = append(clusters, c)
	}
	return clusters
}

// mostRegions is the region of each account that most of its workloads are in.
func mostRegions(keys []inventory.WorkloadKey) map[string]string {
	count, most := map[inventory.Place]int{}, map[string]string{}
	for _, key := range keys {
		count[key.Place]++
	}
	for _, place := range placesOf(keys) {
		best, known := most[place.AccountID]
		if !known || count[place] > count[inventory.Place{AccountID: place.AccountID, Region: best}] {
			most[place.AccountID] = place.Region
		}
	}
	return most
}

// clusterOf returns the cluster that takes a place, or nil.
func clusterOf(clusters []Cluster, place inventory.Place) *Cluster {
	for i := range clusters {
		if slices.ContainsFunc(clusters[i].Places, func(p Places) bool { return p.has(place) }) {
			return &clusters[i]
		}
	}
	return nil
}

// TargetOf is what is planned for under the name of a cluster, with everything
// that the plan's target says for it. Empty, and a name that no cluster has,
// stand for the default one.
func (d *Document) TargetOf(cluster string) placement.Target {
	return targetOf(d.Clusters, d.Target, cluster)
}

func targetOf(clusters []Cluster, target placement.Target, name string) placement.Target {
	for _, c := range clusters {
		if c.Name != name {
			continue
		}
		own := c.Target
		if own.Provider == "" || own.Provider == target.Provider {
			own.Provider = target.Provider
			if len(own.NodeTypes) == 0 {
				own.NodeTypes = target.NodeTypes
			}
		}
		return own
	}
	return target
}

// clusterName is the cluster that Landfall would send a workload to.
func (b *builder) clusterName(key inventory.WorkloadKey) string {
	if c := clusterOf(b.options.Clusters, key.Place); c != nil {
		return c.Name
	}
	return ""
}

// target of a workload, whose cluster a person may have chosen.
func (b *builder) target(key inventory.WorkloadKey) placement.Target {
	name := b.clusterName(key)
	if before := b.before[key.Full()]; before != nil && before.Cluster != b.previous.Computed[key.Full()].Cluster {
		name = before.Cluster
	}
	return b.targetNamed(name)
}

// targetNamed is the target of a cluster. A region that is not said is that in
// which most of its workloads are.
func (b *builder) targetNamed(name string) placement.Target {
	target := targetOf(b.options.Clusters, b.options.Target, name)
	onAWS := target.Provider == "" || target.Provider == placement.ProviderEKS || target.Provider == placement.ProviderOther
	if target.Region == "" && onAWS {
		target.Region = b.regions[name]
	}
	return target
}

// countRegions finds the region that most workloads of each cluster are in.
func (b *builder) countRegions() {
	count := map[string]map[string]int{}
	for _, key := range b.keys() {
		name := b.clusterName(key)
		if count[name] == nil {
			count[name] = map[string]int{}
		}
		count[name][key.Region]++
	}
	b.regions = map[string]string{}
	for name, regions := range count {
		most := 0
		for _, region := range slices.Sorted(maps.Keys(regions)) {
			if regions[region] > most {
				b.regions[name], most = region, regions[region]
			}
		}
	}
}

// keys are those of the workloads of the inventory and of the previous plan,
// each once.
func (b *builder) keys() []inventory.WorkloadKey {
	known := map[inventory.WorkloadKey]bool{}
	for i := range b.inventory.Workloads {
		known[b.inventory.Workloads[i].WorkloadKey] = true
	}
	for i := range b.previous.Workloads {
		known[b.previous.Workloads[i].WorkloadKey] = true
	}
	return slices.SortedFunc(maps.Keys(known), inventory.WorkloadKey.Compare)
}

// clusterNames are those that workloads are sent to, sorted: the default one,
// which has no name, first.
func (b *builder) clusterNames() []string {
	var names []string
	for _, e := range b.entries {
		if !slices.Contains(names, e.Cluster) {
			names = append(names, e.Cluster)
		}
	}
	slices.Sort(names)
	return names
}

func validateClusters(d Document) error {
	seen := map[string]bool{}
	for i, c := range d.Clusters {
		switch {
		case !clusterNameForm.MatchString(c.Name) || c.Name == DefaultCluster:
			return fmt.Errorf("clusters[%d].name is %q; want at most 40 lower-case letters, digits and '-', and not %q, which is what no other cluster takes", i, c.Name, DefaultCluster)
		case seen[c.Name]:
			return fmt.Errorf("clusters[%d].name is %q, as that of another; want one name each", i, c.Name)
		case slices.Contains(c.Places, Places{}):
			return fmt.Errorf("clusters[%d] (%s) has a place without account and region; want one of them at least", i, c.Name)
		}
		seen[c.Name] = true
		if err := validateTarget(fmt.Sprintf("clusters[%d]", i), targetOf(d.Clusters, d.Target, c.Name)); err != nil {
			return err
		}
	}
	for _, w := range d.Workloads {
		// Of a cluster that a person renamed or took away, planning again tells
		// what becomes of those that Landfall sent there.
		if w.Cluster != "" && !seen[w.Cluster] && w.Cluster != d.Computed[w.Full()].Cluster {
			return fmt.Errorf("workload %s: cluster is %q; want the name of one of the plan's clusters, or none", w.WorkloadKey, w.Cluster)
		}
	}
	return nil
}

func validateTarget(field string, t placement.Target) error {
	err := oneOf(field+".provider", t.Provider, "", placement.ProviderEKS, placement.ProviderGKE, placement.ProviderAKS, placement.ProviderOther)
	if err != nil {
		return err
	}
	known := placement.NodeTypes(cmp.Or(t.Provider, placement.ProviderEKS))
	for _, name := range t.NodeTypes {
		if !slices.ContainsFunc(known, func(n placement.NodeType) bool { return n.Name == name }) {
			return fmt.Errorf("%s.nodeTypes has %q, which is no type of %s that is known here; want types such as %s", field, name, cmp.Or(t.Provider, placement.ProviderEKS), known[0].Name)
		}
	}
	return nil
}

// ClusterNames are those that workloads of the plan are sent to, the default
// one, which has no name, first. It is empty where one cluster is planned for.
func (d *Document) ClusterNames() []string {
	if len(d.Clusters) == 0 {
		return nil
	}
	var names []string
	for i := range d.Workloads {
		if w := &d.Workloads[i]; moves(w.Decision) && !slices.Contains(names, w.Cluster) {
			names = append(names, w.Cluster)
		}
	}
	slices.Sort(names)
	return names
}

// ForCluster is the part of the plan that one cluster has to do with, as a plan
// for that cluster alone: its target, its node pools, the workloads that are
// sent there, and the phases in which those move.
func (d *Document) ForCluster(name string) Document {
	part := *d
	part.Target, part.Clusters, part.Costs, part.Notes = d.TargetOf(name), nil, nil, nil
	part.Workloads, part.NodePools, part.Phases = nil, nil, nil
	before := d.Labels()
	for _, w := range d.Workloads {
		if w.Cluster == name {
			w.Cluster = ""
			part.Workloads = append(part.Workloads, w)
		}
	}
	now := part.Labels()
	label := map[string]string{}
	for i := range part.Workloads {
		full := part.Workloads[i].Full()
		label[before[full]] = now[full]
	}
	relabel := func(labels []string) []string {
		var own []string
		for _, each := range labels {
			if here, known := label[each]; known {
				own = append(own, here)
			}
		}
		return own
	}
	for i := range part.Workloads {
		w := &part.Workloads[i]
		w.DependsOn, w.BuiltBy = relabel(w.DependsOn), relabel(w.BuiltBy)
	}
	for _, p := range d.NodePools {
		if p.Cluster == name {
			p.Cluster, p.Workloads = "", relabel(p.Workloads)
			part.NodePools = append(part.NodePools, p)
		}
	}
	for _, p := range d.Phases {
		if p.Workloads = relabel(p.Workloads); len(p.Workloads) > 0 {
			part.Phases = append(part.Phases, p)
		}
	}
	return part
}
