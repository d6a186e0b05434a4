package graph

import (
	"maps"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// WorkloadDependencies says, for every workload that depends on others, on
// which: full keys, sorted. Workloads that merely use the same role, image,
// network, key or model do not depend on each other; one that reads files that
// another writes does.
func (g *Graph) WorkloadDependencies() map[string][]string {
	collected := map[string]map[string]bool{}
	known := map[int][]string{}
	for i := range g.Nodes {
		from := g.Nodes[i].Workload
		if from == "" {
			continue
		}
		for _, to := range g.out[i] {
			for _, key := range g.workloadsBehind(to, known) {
				if key == from {
					continue
				}
				if collected[from] == nil {
					collected[from] = map[string]bool{}
				}
				collected[from][key] = true
			}
		}
	}
	dependencies := make(map[string][]string, len(collected))
	for from, keys := range collected {
		dependencies[from] = slices.Sorted(maps.Keys(keys))
	}
	return dependencies
}

// sharedKinds may be used by several workloads though they belong to one: what
// lies behind them counts, not whose they are.
var sharedKinds = map[Kind]bool{
	inventory.KindModel: true, inventory.KindEndpointConfig: true, inventory.KindAlgorithm: true,
	inventory.KindNotebookLifecycleConfig: true, inventory.KindStudioLifecycleConfig: true,
	inventory.KindCodeRepository: true, inventory.KindImage: true, inventory.KindAppImageConfig: true,
	inventory.KindHumanTaskUI: true, inventory.KindWorkteam: true, inventory.KindWorkforce: true,
	inventory.KindTrainingPlan: true,
}

// workloadsBehind is the workload of a node, or those behind a file or
// something shared. Files hang together in two steps at most (what is read,
// what is written), shared things in a few.
func (g *Graph) workloadsBehind(at int, known map[int][]string) []string {
	node := &g.Nodes[at]
	if node.Workload != "" && !sharedKinds[node.Kind] {
		return []string{node.Workload}
	}
	if node.Kind != KindArtifact && !sharedKinds[node.Kind] {
		return nil
	}
	if keys, done := known[at]; done {
		return keys
	}
	known[at] = nil
	found := map[string]bool{}
	for _, to := range g.out[at] {
		for _, key := range g.workloadsBehind(to, known) {
			found[key] = true
		}
	}
	known[at] = slices.Sorted(maps.Keys(found))
	return known[at]
}
