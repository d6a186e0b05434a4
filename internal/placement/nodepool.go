package placement

import "landfall.dev/landfall/internal/inventory"

// Target is the cluster that is planned for.
type Target struct {
	// Provider is eks, gke, aks or other. It decides which instance types the
	// node pools are made of; other takes those of AWS. Empty means eks.
	Provider Provider `json:"provider,omitempty"`
	// Region of the cluster. Empty means that in which most of its workloads
	// are now, and that of other clouds stays unknown.
	Region string `json:"region,omitempty"`
	// NodeTypes are the types that node pools may be made of, such as
	// m6i.large. Empty means all that Landfall knows of the provider.
	NodeTypes []string `json:"nodeTypes,omitempty"`
}

// Provider is whose nodes the cluster runs on.
type Provider string

// The providers.
const (
	ProviderEKS   Provider = "eks"
	ProviderGKE   Provider = "gke"
	ProviderAKS   Provider = "aks"
	ProviderOther Provider = "other"
)

// Class of work, which decides what it may share nodes with.
type Class string

// The classes. WorkloadClasses of the same names in lower case say the same in
// the cluster.
const (
	ClassOnline     Class = "Online"
	ClassBatch      Class = "Batch"
	ClassExperiment Class = "Experiment"
	ClassTraining   Class = "Training"
)

// NodePool is a group of equal nodes for one class of work.
type NodePool struct {
	// Name is used in labels and taints: landfall.dev/pool=<name>.
	Name string `json:"name"`
	// Cluster is the name of the cluster that it belongs to; empty where one
	// is planned for.
	Cluster string `json:"cluster,omitempty"`
	Class   Class  `json:"class"`
	// InstanceType is the provider's name, such as m5.xlarge.
	InstanceType string `json:"instanceType"`
	// Architecture is x86_64 or arm64.
	Architecture string `json:"architecture"`
	// Allocatable is what pods get of one node, after what the system keeps.
	Allocatable Amounts `json:"allocatable"`
	// MaxPods is how many pods a node runs at most, those of the system
	// included.
	MaxPods int64 `json:"maxPods,omitempty"`
	// GPU is nil on nodes without.
	GPU *PoolGPU `json:"gpu,omitempty"`
	// Spot nodes are cheaper and may go at two minutes' notice.
	Spot bool `json:"spot,omitempty"`
	// Nodes is how many the workloads need at their peak; MinNodes stay.
	Nodes    int32 `json:"nodes"`
	MinNodes int32 `json:"minNodes"`
	// Taints keep other work away, as key=value:effect.
	Taints []string `json:"taints,omitempty"`
	// PriorityClassName is that of the pods that belong here.
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// CostPerMonth is nil where no price is known.
	CostPerMonth *inventory.Cost `json:"costPerMonth,omitempty"`
	// Workloads are the short keys of those that run here, full ones where two
	// places have the same.
	Workloads []string `json:"workloads,omitempty"`
	// Reasons say why this type and this number.
	Reasons []string `json:"reasons,omitempty"`
}

// PoolGPU is what GPUs a node has and how pods share them.
type PoolGPU struct {
	Model string `json:"model"`
	Count int    `json:"count"`
	// MemoryMiBEach is 0 when it is not known.
	MemoryMiBEach int        `json:"memoryMiBEach,omitempty"`
	Sharing       GPUSharing `json:"sharing"`
	// Profile is the MIG profile, such as 1g.10gb; Replicas the number of pods
	// that take turns on one GPU.
	Profile  string `json:"profile,omitempty"`
	Replicas int    `json:"replicas,omitempty"`
	// Resource is what pods ask for, such as nvidia.com/gpu.
	Resource string `json:"resource"`
}

// GPUSharing says how pods share a GPU.
type GPUSharing string

// The ways of sharing.
const (
	SharingNone        GPUSharing = "None"
	SharingMIG         GPUSharing = "MIG"
	SharingTimeSlicing GPUSharing = "TimeSlicing"
)

// Amounts are what a node gives to pods.
type Amounts struct {
	CPUMillis int64 `json:"cpuMillis"`
	MemoryMiB int64 `json:"memoryMiB"`
	// GPUs counts whole GPUs, or the shares that PoolGPU.Resource names.
	GPUs int64 `json:"gpus,omitempty"`
}
