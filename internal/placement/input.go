package placement

import (
	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// Input is everything that placement rests on. The same input gives the same
// result; the order of the workloads does not matter.
type Input struct {
	Target    Target
	Workloads []Workload
	// System is what runs on every node beside the workloads; the zero value
	// stands for DefaultSystem.
	System System
	// Prices of nodes; nil stands for cost.Prices() as seen from the target's
	// region. They know EC2's types; those of other providers have to be added
	// with Table.With, and are unpriced otherwise.
	Prices *cost.Table
}

// System is the overhead of a node: the pods of DaemonSets.
type System struct {
	// Requests of all of them together.
	Requests Amounts
	// Pods is how many there are.
	Pods int64
}

// DefaultSystem stands for what a cluster for models runs on each node: the
// network plugin, kube-proxy, a collector of logs, one of metrics, and on GPU
// nodes the device plugin. Their charts ask for some 250m and 400 MiB together.
func DefaultSystem() System {
	return System{Requests: Amounts{CPUMillis: 250, MemoryMiB: 400}, Pods: 6}
}

// Workload is one piece of work that needs nodes.
type Workload struct {
	Key         inventory.WorkloadKey
	Class       Class
	Criticality inventory.CriticalityLevel
	// Size of one pod, from Size or from a person.
	Size PodSize
	// Replicas are the pods that always run, and those at the peak. For work
	// that runs and ends both are the pods of one run.
	Replicas Bounds
	// Architecture is x86_64 or arm64; empty means x86_64.
	Architecture string
	// SpotAllowed says that losing a node at two minutes' notice does no harm:
	// SpotFits tells it for most work. Online work of high or unknown
	// criticality never goes to spot nodes, whatever this says.
	SpotAllowed bool
	// ActiveHoursPerMonth is how long the pods of a run run, in hours of a
	// month. Nil means all the time. Nodes of pools in which nothing runs all
	// the time come and go with the work.
	ActiveHoursPerMonth *float64
	// NodePoolName is a person's choice; empty leaves it to Place. Work of
	// different classes never shares a pool, even when a person says so: the
	// second class gets a pool of that name with its class added.
	NodePoolName string
}

// Bounds of a number of pods.
type Bounds struct {
	Min, Max int32
	// Reasons say where the numbers come from; empty where a person gave them.
	Reasons []string
}

// Result is where everything runs.
type Result struct {
	// Pools are sorted by name.
	Pools []NodePool
	// ByWorkload has an entry for each workload that was placed, by its full
	// key.
	ByWorkload map[string]Assigned
	// Unplaced are the workloads that no node type can take, sorted by key.
	Unplaced []Unplaced
	// Packing tells how each pool was filled, in the order of Pools.
	Packing []Packing
}

// Assigned is where one workload runs.
type Assigned struct {
	// Pool is the name of the node pool.
	Pool string
	// Size is what its pods ask for there: that of the workload, with the
	// share of a GPU in place of a whole one where the pool shares GPUs.
	Size PodSize
	// GPUResource is what Size.Requests.GPUs counts, such as nvidia.com/gpu;
	// empty without.
	GPUResource string
	// Spread is the most pods of the workload that may stand on one node; 0
	// means any number. Workloads with two replicas or more survive a node.
	Spread int32
	// PriorityClassName is that of its pods; it differs from the pool's for
	// tuning, which waits for everything else.
	PriorityClassName string
	// CostShare is the workload's part of the pool's cost; nil where the
	// node's price is not known.
	CostShare *inventory.Cost
	// Reasons are sentences for people: why this pool, this sharing, this cost.
	Reasons []string
}

// Unplaced is a workload without a node.
type Unplaced struct {
	Key inventory.WorkloadKey
	// Why no node takes it, and what a person can Do.
	Why, Do string
}

// Packing tells how the pods of a pool fill its nodes.
type Packing struct {
	Pool string
	// Peak and Min are the packings of all pods at the peak, and of those that
	// always run.
	Peak, Min Fill
}

// Fill is one packing.
type Fill struct {
	// Pods that are packed, without Surge.
	Pods int64
	// LeastNodes is proven: no arrangement needs fewer nodes.
	LeastNodes int32
	// PackedNodes is what first-fit decreasing needs.
	PackedNodes int32
	// Nodes is what is planned: PackedNodes, more where a scheduler that
	// spreads pods would leave gaps too small to use, and room for Surge.
	Nodes int32
	// Surge is the workload, as a full key, for one more pod of which there is
	// room while it is updated; empty where nothing is updated in place.
	Surge string
}
