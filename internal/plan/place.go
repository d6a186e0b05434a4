package plan

import (
	"fmt"
	"maps"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// moves says that a decision takes work to the cluster, now or later.
func moves(d Decision) bool { return d == Move || d == MoveLater }

// placing is a workload as placement sees it, from its settings.
func placing(key inventory.WorkloadKey, s Settings, n *Needs) (placement.Workload, error) {
	size, err := podSize(s.Resources, n)
	if err != nil {
		return placement.Workload{}, err
	}
	return placement.Workload{
		Key: key, Class: s.Class, Criticality: s.Criticality, Size: size,
		Replicas: placement.Bounds{Min: s.Replicas.Min, Max: max(s.Replicas.Max, s.Replicas.Min, 1)}, Architecture: n.Architecture,
		SpotAllowed: placement.SpotFits(s.Class, n.Checkpoints), ActiveHoursPerMonth: n.ActiveHoursPerMonth, NodePoolName: s.NodePoolName,
	}, nil
}

// placed says that a workload needs nodes of the cluster.
func (e *entry) placed() bool { return moves(e.Decision) && e.Needs != nil && e.Class != "" }

// editedPool and editedGPU say that a person chose what placement chooses.
func (e *entry) editedPool() bool {
	return e.previous != nil && e.previous.NodePoolName != e.old.NodePoolName
}

func (e *entry) editedGPU() bool {
	if e.previous == nil {
		return false
	}
	is, was := e.previous.Resources, e.old.Resources
	return is.Requests.GPU != was.Requests.GPU || is.Requests.GPUResource != was.Requests.GPUResource ||
		is.Limits.GPU != was.Limits.GPU || is.Limits.GPUResource != was.Limits.GPUResource
}

// place packs everything that moves, and sets where each workload runs. What a
// person chose is packed as it was chosen; what Landfall would have chosen is
// computed without that, so that a choice stays known as one.
func (b *builder) place() []placement.NodePool {
	edited := false
	for _, e := range b.entries {
		e.computed.NodePoolName = ""
		edited = edited || e.placed() && (e.editedPool() || e.editedGPU())
	}
	result := b.packAll(true)
	own := result
	if edited {
		own = b.packAll(false)
	}
	for _, e := range b.entries {
		e.ClusterCost, e.Placement = nil, nil
		if !e.placed() {
			continue
		}
		chosen := result
		if e.editedPool() || e.editedGPU() {
			chosen = own
		}
		if assigned, ok := chosen.ByWorkload[e.Full()]; ok {
			e.compute(assigned)
		}
		if assigned, ok := result.ByWorkload[e.Full()]; ok {
			e.pool, e.ClusterCost, e.Placement = assigned.Pool, rounded(assigned.CostShare), assigned.Reasons
			if away := far(e.WorkloadKey, b.targetNamed(e.Cluster)); away != "" {
				e.Placement = append(e.Placement, away)
			}
		}
	}
	b.tellUnplaced(result.Unplaced)
	for i := range result.Pools {
		result.Pools[i].CostPerMonth = rounded(result.Pools[i].CostPerMonth)
	}
	return result.Pools
}

// rounded writes a cost in whole cents.
func rounded(c *inventory.Cost) *inventory.Cost {
	if c == nil {
		return nil
	}
	whole := *c
	whole.USD = cents(c.USD)
	return &whole
}

// compute sets what Landfall would write about where a workload runs.
func (e *entry) compute(assigned placement.Assigned) {
	e.computed.NodePoolName = assigned.Pool
	if e.computed.Resources.Requests.GPU == 0 {
		return
	}
	resource := assigned.GPUResource
	if resource == DefaultGPUResource {
		resource = ""
	}
	e.computed.Resources.Requests.GPUResource, e.computed.Resources.Limits.GPUResource = resource, resource
}

// packAll places everything that moves, each cluster by itself, with people's
// choices of node pools and GPUs or without.
func (b *builder) packAll(choices bool) placement.Result {
	all := placement.Result{ByWorkload: map[string]placement.Assigned{}}
	for _, name := range b.clusterNames() {
		part := b.pack(name, choices)
		for _, pool := range part.Pools {
			pool.Cluster = name
			all.Pools = append(all.Pools, pool)
		}
		maps.Copy(all.ByWorkload, part.ByWorkload)
		all.Unplaced = append(all.Unplaced, part.Unplaced...)
	}
	return all
}

// input is what placement goes by.
func (b *builder) input(target placement.Target, workloads ...placement.Workload) placement.Input {
	return placement.Input{Target: target, Workloads: workloads, Prices: b.options.prices().In(target.Region)}
}

// pack places what moves to one cluster.
func (b *builder) pack(cluster string, choices bool) placement.Result {
	input := b.input(b.targetNamed(cluster))
	for _, e := range b.entries {
		if !e.placed() || e.Cluster != cluster {
			continue
		}
		settings := e.Settings
		settings.NodePoolName = ""
		switch {
		case choices && e.editedPool():
			settings.NodePoolName = e.previous.NodePoolName
		case !choices:
			settings.Resources.Requests.GPU = e.computed.Resources.Requests.GPU
		}
		w, err := placing(e.WorkloadKey, settings, e.Needs)
		if err != nil {
			continue // Decode has refused amounts that cannot be read
		}
		if choices && e.editedGPU() && w.Size.GPU != nil {
			// A person asked for exactly this: no share takes its place.
			w.Size.GPU.UsedMemoryMiB, w.Size.GPU.UsedPercent = 0, 0
		}
		input.Workloads = append(input.Workloads, w)
	}
	return placement.Place(input)
}

// tellUnplaced says of each workload without a node why that is.
func (b *builder) tellUnplaced(unplaced []placement.Unplaced) {
	for _, u := range unplaced {
		if e := b.byKey[u.Key.Full()]; e != nil {
			e.Placement = []string{fmt.Sprintf("no node takes it: %s; %s", u.Why, u.Do)}
		}
	}
}
