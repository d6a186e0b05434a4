package plan

import (
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// workloadsOf are the workloads of an inventory, each once, sorted by key. Those
// that an older scan has not concluded are concluded here; an endpoint is a
// workload in any case.
func workloadsOf(inv inventory.Document) []inventory.Workload {
	workloads := slices.Clone(inv.Workloads)
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
	slices.SortFunc(workloads, func(x, y inventory.Workload) int { return x.WorkloadKey.Compare(y.WorkloadKey) })
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

func dependenciesOf(inventory.Document) map[string][]string { return map[string][]string{} }
