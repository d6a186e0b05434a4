package placement

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Labels and taints of nodes.
const (
	// LabelPool is on every node of a pool, and its taint's key.
	LabelPool = "landfall.dev/pool"
	// LabelClass is the pool's class in lower case.
	LabelClass = "landfall.dev/class"
	// LabelSpot is on spot nodes, with the value true.
	LabelSpot = "landfall.dev/spot"

	noSchedule = ":NoSchedule"

	architectureX86 = "x86_64"
	architectureARM = "arm64"
)

// PriorityClass is what pods of a class wait or push others aside with.
type PriorityClass struct {
	Name  string
	Value int32
	// Preempts is false for pods that never push others aside.
	Preempts    bool
	Description string
}

// The names of priority classes.
const (
	priorityServing     = "landfall-serving"
	priorityInteractive = "landfall-interactive"
	priorityTraining    = "landfall-training"
	priorityBatch       = "landfall-batch"
	priorityTuning      = "landfall-tuning"
)

// PriorityClasses are all that pools and workloads refer to, the highest first.
func PriorityClasses() []PriorityClass {
	return []PriorityClass{
		{Name: priorityServing, Value: 100000, Preempts: true, Description: "Models that answer requests."},
		{Name: priorityInteractive, Value: 50000, Preempts: true, Description: "Notebooks and experiments that people wait for."},
		{Name: priorityTraining, Value: 10000, Preempts: true, Description: "Training jobs."},
		{Name: priorityBatch, Value: 5000, Preempts: true, Description: "Batch inference and processing."},
		{Name: priorityTuning, Value: 1000, Preempts: false, Description: "Trials of tuning, which wait for everything else."},
	}
}

// priorityOf returns the priority class of a class of work.
func priorityOf(class Class) string {
	switch class {
	case ClassOnline:
		return priorityServing
	case ClassExperiment:
		return priorityInteractive
	case ClassTraining:
		return priorityTraining
	case ClassBatch:
		return priorityBatch
	default:
		return priorityBatch
	}
}

func workloadPriority(w *Workload) string {
	if w.Key.Kind == inventory.WorkloadTuning {
		return priorityTuning
	}
	return priorityOf(w.Class)
}

// SpotFits says whether work of a class does well on nodes that may go at two
// minutes' notice: batch work and experiments are run again, training goes on
// from its checkpoints. Work that answers requests stays off them.
func SpotFits(class Class, checkpoints bool) bool {
	switch class {
	case ClassBatch, ClassExperiment:
		return true
	case ClassTraining:
		return checkpoints
	case ClassOnline:
		return false
	default:
		return false
	}
}

// onSpot is the last word on spot nodes.
func onSpot(w *Workload) (spot bool, why string) {
	if !w.SpotAllowed {
		return false, ""
	}
	if w.Class == ClassOnline && w.Criticality != inventory.CriticalityLow && w.Criticality != inventory.CriticalityMedium {
		return false, "on demand: work that answers requests, with a criticality that is high or unknown, never stands on spot nodes"
	}
	return true, "spot nodes: it bears losing a node at two minutes' notice"
}

// taints keep all other work off a pool's nodes.
func taints(provider Provider, pool string, gpuVendor string, spot bool) []string {
	list := []string{LabelPool + "=" + pool + noSchedule}
	switch {
	case gpuVendor == vendorAWS:
		list = append(list, resourceNeuron+noSchedule)
	case gpuVendor != "" && provider == ProviderGKE:
		// GKE sets this value by itself on nodes with GPUs.
		list = append(list, resourceGPU+"=present"+noSchedule)
	case gpuVendor != "":
		list = append(list, resourceGPU+noSchedule)
	}
	if spot {
		switch provider {
		case ProviderAKS:
			// AKS sets it by itself on spot pools.
			list = append(list, "kubernetes.azure.com/scalesetpriority=spot"+noSchedule)
		case ProviderGKE:
			list = append(list, "cloud.google.com/gke-spot=true"+noSchedule)
		case ProviderEKS, ProviderOther:
			list = append(list, LabelSpot+"=true"+noSchedule)
		default:
			list = append(list, LabelSpot+"=true"+noSchedule)
		}
	}
	return list
}

// Labels are those of every node of the pool. A pod that selects LabelPool
// stands nowhere else.
func (p NodePool) Labels() map[string]string {
	labels := map[string]string{LabelPool: p.Name, LabelClass: strings.ToLower(string(p.Class))}
	if p.Spot {
		labels[LabelSpot] = "true"
	}
	return labels
}

// Taint is one of NodePool.Taints, taken apart.
type Taint struct {
	Key, Value, Effect string
}

// ParseTaint takes apart key=value:effect or key:effect. The parts that a text
// lacks are empty.
func ParseTaint(text string) Taint {
	pair, effect, _ := strings.Cut(text, ":")
	key, value, _ := strings.Cut(pair, "=")
	return Taint{Key: key, Value: value, Effect: effect}
}
