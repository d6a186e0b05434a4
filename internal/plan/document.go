package plan

import (
	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// Header of every plan.
const (
	APIVersion = "plan.landfall.dev/v1alpha1"
	Kind       = "Plan"
)

// Document is the plan for one account.
type Document struct {
	document.Header `json:",inline"`
	// Accounts are where the workloads are, sorted.
	Accounts []inventory.Account `json:"accounts"`
	// ImageMap maps container images of SageMaker to those for the cluster.
	ImageMap map[string]string `json:"imageMap,omitempty"`
	// WorkloadClassName is where pods run unless a workload says otherwise.
	WorkloadClassName string `json:"workloadClassName,omitempty"`
	// Target is the cluster that is planned for; with Clusters, the one of what
	// no other takes.
	Target placement.Target `json:"target,omitzero"`
	// Clusters are those that are planned for where there are several. Their
	// nodes, and what is rendered, are apart.
	Clusters []Cluster `json:"clusters,omitempty"`
	// Prices are the tables that costs were computed with.
	Prices []PriceTable `json:"prices,omitempty"`
	// Notes are what the plan takes for granted as a whole.
	Notes []string `json:"notes,omitempty"`
	// NodePools are the nodes that the workloads need.
	NodePools []placement.NodePool `json:"nodePools,omitempty"`
	// Phases are the steps of the move, in order.
	Phases []Phase `json:"phases,omitempty"`
	// Costs compares a month on SageMaker with one in the cluster.
	Costs *Costs `json:"costs,omitempty"`
	// Workloads are sorted by place, kind and name.
	Workloads []Workload `json:"workloads"`
	// Verified are figures of landfall verify, by the workload's full key.
	Verified map[string]Verified `json:"verified,omitempty"`
	// Computed is what Landfall itself would have written, by the workload's
	// full key. It tells people's edits from old results; leave it alone.
	Computed map[string]Settings `json:"computed,omitempty"`
}

// Phase is a step of the move.
type Phase struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	// Workloads are short keys, in the order in which they move: nothing
	// stands before what it depends on.
	Workloads []string `json:"workloads"`
}

// Costs compares a month. SageMaker and Cluster cover the same workloads: those
// that move, now or later, and whose costs on both sides are known.
type Costs struct {
	SageMaker inventory.Cost `json:"sageMaker"`
	Cluster   inventory.Cost `json:"cluster"`
	// StaysUSD is what goes on costing money on SageMaker: what is kept, and
	// what is blocked for as long as it is.
	StaysUSD float64 `json:"staysUSD"`
	// RetiredUSD is what ends with what is retired.
	RetiredUSD float64 `json:"retiredUSD"`
	// Clusters are the parts of each cluster, where there are several.
	Clusters []ClusterCosts `json:"clusters,omitempty"`
	// Why names the largest parts of what the cluster costs beyond the work
	// itself, the largest first.
	Why []Contributor `json:"why,omitempty"`
	// Unpriced names the workloads that move and are in neither sum, because
	// their cost on one of the sides is not known, and those that stay at a
	// cost that is not known.
	Unpriced []string `json:"unpriced,omitempty"`
}

// ClusterCosts compare a month of one of several clusters.
type ClusterCosts struct {
	// Name of the cluster.
	Name      string         `json:"name"`
	SageMaker inventory.Cost `json:"sageMaker"`
	Cluster   inventory.Cost `json:"cluster"`
}

// Contributor is a part of what the cluster costs that may be changed.
type Contributor struct {
	// What it is.
	What string `json:"what"`
	// USD a month of the cluster's cost; parts may overlap, and are estimates.
	USD float64 `json:"usd"`
	// Do says what would change it.
	Do string `json:"do"`
}

// Workload is one piece of work and what becomes of it.
type Workload struct {
	inventory.WorkloadKey `json:",inline"`
	// ModelName is the SageMaker model that the workload was planned for;
	// empty where no single model is served.
	ModelName string `json:"modelName,omitempty"`
	// Settings may be edited.
	Settings `json:",inline"`
	// Reasons for the decision, from the inventory.
	Reasons []string `json:"reasons,omitempty"`
	// Blockers stand in the way of moving.
	Blockers []Blocker `json:"blockers,omitempty"`
	// Sizing says where resources and replicas come from.
	Sizing []string `json:"sizing,omitempty"`
	// Needs are what placement goes by beside the settings; nil for what runs
	// nothing in the cluster, or of unknown size.
	Needs *Needs `json:"needs,omitempty"`
	// PhaseReason says why the workload moves in its phase.
	PhaseReason string `json:"phaseReason,omitempty"`
	// Placement says why the pods run where they do, and what that costs.
	Placement []string `json:"placement,omitempty"`
	// DependsOn are the short keys of workloads that this one relies on; those
	// of them that move, move no later.
	DependsOn []string `json:"dependsOn,omitempty"`
	// BuiltBy are the short keys of workloads that made the files which this
	// one serves from. It does not wait for them: the files are there.
	BuiltBy []string `json:"builtBy,omitempty"`
	// Gaps name what SageMaker does for the workload and the cluster will not
	// do by itself: scaling policies, alarms, pipeline steps.
	Gaps []gap.Gap `json:"gaps,omitempty"`
	// SageMakerCost is that of a month now, ClusterCost its share of the nodes
	// it would run on; nil where no price is known.
	SageMakerCost *inventory.Cost `json:"sageMakerCost,omitempty"`
	ClusterCost   *inventory.Cost `json:"clusterCost,omitempty"`
	// Unpriced names what of it costs money on SageMaker and has no price that
	// is known.
	Unpriced []string `json:"unpriced,omitempty"`
	// Room is what its pods make of what they would pay for; nil where nothing
	// of it always runs.
	Room *Room `json:"room,omitempty"`
}

// Room is how the pods that always run relate to what they replace.
type Room struct {
	// Instances is how many serve it now; 0 where that is not known.
	Instances int32 `json:"instances,omitempty"`
	// Measured is false where a pod is as large as the instance because its use
	// was not measured.
	Measured bool `json:"measured,omitempty"`
}

// Needs are what placement goes by beside class, replicas and resources.
type Needs struct {
	// Architecture is x86_64 or arm64; empty means x86_64.
	Architecture string `json:"architecture,omitempty"`
	// Checkpoints says that training goes on where it was after losing a node.
	Checkpoints bool `json:"checkpoints,omitempty"`
	// ActiveHoursPerMonth is how long work that ends runs in a month; nil means
	// all the time.
	ActiveHoursPerMonth *float64 `json:"activeHoursPerMonth,omitempty"`
	// GPU is nil for pods without.
	GPU *NeedsGPU `json:"gpu,omitempty"`
}

// NeedsGPU is what a pod needs of GPUs.
type NeedsGPU struct {
	Vendor string `json:"vendor,omitempty"`
	Model  string `json:"model,omitempty"`
	// Count of whole GPUs.
	Count int32 `json:"count"`
	// MemoryMiBEach is the memory of one GPU of that model; 0 means unknown.
	MemoryMiBEach int `json:"memoryMiBEach,omitempty"`
	// UsedMemoryMiB and UsedPercent are what the pod needs of one GPU at twice
	// the peak; 0 means unknown, so that it gets whole ones.
	UsedMemoryMiB int     `json:"usedMemoryMiB,omitempty"`
	UsedPercent   float64 `json:"usedPercent,omitempty"`
}

// Settings are the part of a workload that people may edit.
type Settings struct {
	Decision Decision `json:"decision"`
	// Phase is when the workload moves, from 1; 0 means that it does not.
	Phase int `json:"phase,omitempty"`
	// Criticality is how much it hurts when the work stops.
	Criticality inventory.CriticalityLevel `json:"criticality,omitempty"`
	// Class decides which nodes the work runs on. Empty where it runs nothing.
	Class placement.Class `json:"class,omitempty"`
	// Cluster is the name of the cluster, where several are planned for. Empty
	// means that of the plan's target.
	Cluster string `json:"cluster,omitempty"`
	// NodePoolName is the node pool, where one is planned.
	NodePoolName string `json:"nodePoolName,omitempty"`
	// Names are those of the objects in the cluster; empty where the workload
	// becomes none.
	Names Names `json:"names,omitzero"`
	// Image is the container image to run in the cluster. Empty means that
	// one has to be named first.
	Image string `json:"image,omitempty"`
	// WorkloadClassName says where the pods run. Empty means anywhere.
	WorkloadClassName string `json:"workloadClassName,omitempty"`
	// Replicas bound the number of pods.
	Replicas Replicas `json:"replicas,omitzero"`
	// Resources of one pod.
	Resources Resources `json:"resources,omitzero"`
	// StartupTimeoutSeconds is how long a pod may take to load the model.
	StartupTimeoutSeconds int32 `json:"startupTimeoutSeconds,omitempty"`
	// Autoscaling says what drives the number of pods; nil without.
	Autoscaling *autoscaling.Spec `json:"autoscaling,omitempty"`
	// Rollout says how traffic moves.
	Rollout *v1alpha1.RolloutSpec `json:"rollout,omitempty"`
}

// Names of a workload's objects in the cluster.
type Names struct {
	// Endpoint is the name of the Endpoint; empty for work that serves nothing.
	Endpoint string `json:"endpoint,omitempty"`
	// Model is empty where no single model is served.
	Model string `json:"model,omitempty"`
}

// Replicas bound the number of pods.
type Replicas struct {
	Min int32 `json:"min"`
	// Max is 0 without autoscaling.
	Max int32 `json:"max,omitempty"`
}

// Resources of one pod, as Kubernetes quantities.
type Resources struct {
	Requests Amounts `json:"requests"`
	Limits   Amounts `json:"limits,omitzero"`
}

// Amounts of CPU and memory.
type Amounts struct {
	CPU    string `json:"cpu,omitempty"`
	Memory string `json:"memory,omitempty"`
	// GPU is a number of whole GPUs, or of the shares that GPUResource names.
	GPU int32 `json:"gpu,omitempty"`
	// GPUResource is such as nvidia.com/mig-1g.10gb; empty means
	// nvidia.com/gpu.
	GPUResource string `json:"gpuResource,omitempty"`
}

// Blocker is something that cannot move as it is.
type Blocker struct {
	// Thing is what stands in the way.
	Thing string `json:"thing"`
	// Why it does.
	Why string `json:"why"`
	// Do is what would help.
	Do string `json:"do"`
}

// Decision is what becomes of a workload.
type Decision string

// The decisions.
const (
	// Move means that the workload can be exported and deployed now.
	Move Decision = "Move"
	// MoveLater means that it can move once something changes.
	MoveLater Decision = "MoveLater"
	// Keep leaves the workload on SageMaker.
	Keep Decision = "Keep"
	// Elsewhere means that it is better served without Kubernetes: by a
	// function, a container service or a machine of its own.
	Elsewhere Decision = "Elsewhere"
	// Retire means that nothing would be lost.
	Retire Decision = "Retire"
	// Blocked means that somebody has to act first.
	Blocked Decision = "Blocked"
)

// Decisions are all decisions there are.
var Decisions = []Decision{Move, MoveLater, Keep, Elsewhere, Retire, Blocked}

// Encode writes a plan as YAML.
func Encode(d Document) ([]byte, error) {
	d.Header = document.Header{APIVersion: APIVersion, Kind: Kind}
	if d.Workloads == nil {
		d.Workloads = []Workload{}
	}
	return document.Encode(d)
}

// Decode reads a plan that people may have edited, and says what is wrong with
// it: unknown fields, values that are none, two workloads with one name.
func Decode(data []byte) (Document, error) {
	var d Document
	if err := document.Decode(data, document.Header{APIVersion: APIVersion, Kind: Kind}, &d); err != nil {
		return Document{}, err
	}
	if err := validate(d); err != nil {
		return Document{}, err
	}
	return d, nil
}

// FindWorkload returns the workload of that key, or nil.
func (d *Document) FindWorkload(key inventory.WorkloadKey) *Workload {
	for i := range d.Workloads {
		if d.Workloads[i].WorkloadKey == key {
			return &d.Workloads[i]
		}
	}
	return nil
}

// Named returns the workloads that a person may mean by a text: a full key, a
// short key, or a name alone.
func (d *Document) Named(text string) []*Workload {
	var named []*Workload
	for i := range d.Workloads {
		if w := &d.Workloads[i]; w.Full() == text || w.String() == text || w.Name == text {
			named = append(named, w)
		}
	}
	return named
}
