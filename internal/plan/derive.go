package plan

import (
	"slices"

	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload"
)

// workloadsOf are the workloads of an inventory, each once, sorted by key. Those
// that an older scan has not concluded are concluded here; an endpoint is a
// workload in any case.
func workloadsOf(inv inventory.Document) []inventory.Workload {
	workloads := slices.Clone(inv.Workloads)
	if len(workloads) == 0 {
		workloads = workload.Derive(inv)
	}
	known := make(map[inventory.WorkloadKey]bool, len(workloads))
	workloads = slices.DeleteFunc(workloads, func(w inventory.Workload) bool {
		again := known[w.WorkloadKey]
		known[w.WorkloadKey] = true
		return again
	})
	for _, e := range inv.Endpoints {
		if key := keyOf(e); !known[key] {
			known[key] = true
			workloads = append(workloads, inventory.Workload{
				WorkloadKey: key, Status: e.Status, ServingMode: e.Mode,
				Resources:     []inventory.Reference{{Kind: inventory.KindEndpoint, Name: e.Name}},
				ResourceCount: 1, Traffic: trafficOf(e), Criticality: inventory.Criticality{Level: inventory.CriticalityUnknown},
			})
		}
	}
	slices.SortFunc(workloads, func(x, y inventory.Workload) int { return x.Compare(y.WorkloadKey) })
	return workloads
}

// trafficOf is the traffic of all variants together; nil where that of one is
// not known.
func trafficOf(e inventory.Endpoint) *inventory.Traffic {
	sum := &inventory.Traffic{}
	for _, v := range e.Variants {
		if v.Traffic == nil {
			return nil
		}
		sum.Requests += v.Traffic.Requests
		sum.RequestsPerDay += v.Traffic.RequestsPerDay
		sum.PeakRequestsPerMinute += v.Traffic.PeakRequestsPerMinute
	}
	if len(e.Variants) == 1 {
		sum = e.Variants[0].Traffic
	}
	return sum
}

// makers are the kinds of work whose results are files.
var makers = map[inventory.WorkloadKind]bool{
	inventory.WorkloadTraining: true, inventory.WorkloadTuning: true, inventory.WorkloadAutoML: true, inventory.WorkloadCompilation: true,
	inventory.WorkloadPipeline: true, inventory.WorkloadProcessing: true, inventory.WorkloadLabeling: true,
}

// relations are full keys by the full key of what relies on them.
type relations struct {
	// dependencies hold an order: what is relied on moves no later.
	dependencies map[string][]string
	// made are the makers of files that something serves from. They hold no
	// order: the files are there, and stay where they are when it moves.
	made map[string][]string
}

// relationsOf reads the graph of an inventory. What serves uses models that
// training has made; if that were an order, training would have to move first,
// and what serves with it.
func relationsOf(inv inventory.Document) relations {
	kinds := make(map[string]inventory.WorkloadKind, len(inv.Workloads))
	for i := range inv.Workloads {
		kinds[inv.Workloads[i].Full()] = inv.Workloads[i].Kind
	}
	r := relations{dependencies: map[string][]string{}, made: map[string][]string{}}
	for from, all := range graph.Of(inv).WorkloadDependencies() {
		serving := kinds[from] == inventory.WorkloadEndpoint || kinds[from] == inventory.WorkloadTransform
		for _, to := range all {
			if serving && makers[kinds[to]] {
				r.made[from] = append(r.made[from], to)
				continue
			}
			r.dependencies[from] = append(r.dependencies[from], to)
		}
	}
	return r
}
