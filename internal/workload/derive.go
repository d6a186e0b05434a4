package workload

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// Derive concludes what work there is from everything else in a document: one
// workload for every endpoint, and every resource in exactly one. The result
// is sorted by place, kind and name, and is the same for the same document.
//
// The time is the document's ScannedAt; without it, the newest time in the
// document counts as now.
func Derive(d inventory.Document) []inventory.Workload {
	a := newAccount(d, cost.Prices())
	workloads := make([]inventory.Workload, 0, len(a.groups))
	for _, g := range a.groups {
		workloads = append(workloads, a.conclude(g))
	}
	return workloads
}

// Reprice computes the costs of a document's workloads again, with another table
// of prices than they were scanned with. Of each workload it changes
// CostPerMonth and Unpriced only; those that nothing in the document belongs to
// stay as they are.
func Reprice(d inventory.Document, prices *cost.Table) []inventory.Workload {
	a := newAccount(d, prices)
	workloads := slices.Clone(d.Workloads)
	for i := range workloads {
		if g := a.byKey[workloads[i].WorkloadKey]; g != nil {
			workloads[i].CostPerMonth, workloads[i].Unpriced = a.cost(g)
		}
	}
	return workloads
}

// conclude fills in a workload. Later fields rest on earlier ones:
// criticality on traffic and consumers, cost on runs.
func (a *account) conclude(g *group) inventory.Workload {
	w := inventory.Workload{WorkloadKey: g.key}
	w.Resources, w.ResourceCount = members(g)
	w.Status = status(g)
	if g.endpoint != nil {
		w.ServingMode = g.endpoint.Mode
		w.Traffic = traffic(g.endpoint)
	}
	w.Runs = a.runs(g)
	w.Framework = a.framework(g)
	w.TrainingPath = a.trainingPath(g)
	w.Hardware = a.hardware(g)
	w.Integrations = a.integrations(g)
	w.Consumers = a.consumers(g)
	w.ConsumersUnknown = a.consumersUnknown(g)
	w.Criticality = a.criticality(g, &w)
	w.CostPerMonth, w.Unpriced = a.cost(g)
	return w
}

// group is what one workload consists of.
type group struct {
	key inventory.WorkloadKey
	// endpoint is set for endpoints.
	endpoint *inventory.Endpoint
	// parts are the resources, the newest first.
	parts []part
}

// part is a resource with its description taken apart.
type part struct {
	*inventory.Resource
	spec       *description
	references []reference.Reference
}

// ofKind returns the parts of one of some kinds.
func (g *group) ofKind(kinds ...inventory.ResourceKind) []part {
	var found []part
	for _, p := range g.parts {
		if slices.Contains(kinds, p.Kind) {
			found = append(found, p)
		}
	}
	return found
}

// head is the resource that the workload is named after; nil for runs of a
// family.
func (g *group) head() *part {
	for i := range g.parts {
		if p := &g.parts[i]; p.Name == g.key.Name && headKinds[g.key.Kind] == p.Kind {
			return p
		}
	}
	return nil
}

// headKinds are the kinds of resources that workloads are named after.
var headKinds = map[inventory.WorkloadKind]inventory.ResourceKind{
	inventory.WorkloadPipeline: inventory.KindPipeline, inventory.WorkloadNotebook: inventory.KindNotebookInstance,
	inventory.WorkloadStudio: inventory.KindDomain, inventory.WorkloadRegistry: inventory.KindModelPackageGroup,
	inventory.WorkloadExperiments: inventory.KindExperiment, inventory.WorkloadFeatureGroup: inventory.KindFeatureGroup,
	inventory.WorkloadMonitoring: inventory.KindMonitoringSchedule, inventory.WorkloadHub: inventory.KindHub,
	inventory.WorkloadCluster: inventory.KindCluster, inventory.WorkloadEdge: inventory.KindDeviceFleet,
	inventory.WorkloadInferenceExperiment: inventory.KindInferenceExperiment,
}

// status is AWS's word for the endpoint, the resource that gives the name, or
// the newest run.
func status(g *group) string {
	if g.endpoint != nil {
		return g.endpoint.Status
	}
	if head := g.head(); head != nil {
		return head.Status
	}
	if runs := g.ofKind(runKinds[g.key.Kind]...); len(runs) > 0 {
		return runs[0].Status
	}
	if len(g.parts) > 0 {
		return g.parts[0].Status
	}
	return ""
}

// members names what a workload consists of, the endpoint and the newest
// first, and counts all of it.
func members(g *group) ([]inventory.Reference, int) {
	var list []inventory.Reference
	seen := map[string]bool{}
	add := func(kind inventory.ResourceKind, name, arn string) {
		key := string(kind) + "/" + name + "@" + arn
		if name == "" || seen[key] {
			return
		}
		seen[key] = true
		list = append(list, inventory.Reference{Kind: kind, Name: name})
	}
	if e := g.endpoint; e != nil {
		add(inventory.KindEndpoint, e.Name, e.ARN)
		if e.Config.Presence == inventory.Present {
			add(inventory.KindEndpointConfig, e.Config.Name, e.Config.ARN)
		}
		for _, c := range e.Components {
			add(inventory.KindInferenceComponent, c.Name, c.ARN)
		}
	}
	for _, p := range g.parts {
		add(p.Kind, p.Name, p.ARN)
	}
	return list[:min(len(list), inventory.MaxWorkloadResources)], len(list)
}

// newestFirst orders resources by when they were made, then by kind and name.
func newestFirst(x, y part) int {
	return cmp.Or(-strings.Compare(x.CreatedAt, y.CreatedAt), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name),
		cmp.Compare(x.ARN, y.ARN))
}

// groupsOf sorts everything in a document by workload.
func (a *account) groupsOf() []*group {
	found := map[inventory.WorkloadKey]*group{}
	at := func(key inventory.WorkloadKey) *group {
		if found[key] == nil {
			found[key] = &group{key: key}
		}
		return found[key]
	}
	for i := range a.document.Endpoints {
		if g := at(a.members.Endpoints[i]); g.endpoint == nil {
			g.endpoint = &a.document.Endpoints[i]
		}
	}
	for i := range a.document.Resources {
		r := &a.document.Resources[i]
		g := at(a.members.Resources[i])
		g.parts = append(g.parts, part{Resource: r, spec: describe(r.Spec), references: a.members.References[i]})
	}
	groups := slices.SortedFunc(maps.Values(found), func(x, y *group) int { return x.key.Compare(y.key) })
	for _, g := range groups {
		slices.SortStableFunc(g.parts, newestFirst)
	}
	return groups
}
