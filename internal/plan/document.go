package plan

import (
	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/inventory"
)

// Header of every plan.
const (
	APIVersion = "plan.landfall.dev/v1alpha1"
	Kind       = "Plan"
)

// Document is the plan for one account.
type Document struct {
	document.Header `json:",inline"`
	// Account is where the workloads are.
	Account inventory.Account `json:"account"`
	// ImageMap maps container images of SageMaker to those for the cluster.
	ImageMap map[string]string `json:"imageMap,omitempty"`
	// WorkloadClassName is where pods run unless a workload says otherwise.
	WorkloadClassName string `json:"workloadClassName,omitempty"`
	// Workloads are sorted by endpoint name.
	Workloads []Workload `json:"workloads"`
	// Computed is what Landfall itself would have written, by endpoint name.
	// It tells people's edits from old results; leave it alone.
	Computed map[string]Settings `json:"computed,omitempty"`
}

// Workload is one endpoint and what becomes of it.
type Workload struct {
	// Endpoint is the endpoint's name on SageMaker.
	Endpoint string `json:"endpoint"`
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
}

// Settings are the part of a workload that people may edit.
type Settings struct {
	Decision Decision `json:"decision"`
	// Phase is when the workload moves, from 1; 0 means that it does not.
	Phase int `json:"phase,omitempty"`
	// Names are those of the objects in the cluster.
	Names Names `json:"names"`
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
	// Rollout says how traffic moves.
	Rollout *v1alpha1.RolloutSpec `json:"rollout,omitempty"`
}

// Names of a workload's objects in the cluster.
type Names struct {
	Endpoint string `json:"endpoint"`
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
	// Keep leaves the workload on SageMaker. Only people decide this.
	Keep Decision = "Keep"
	// Retire means that nothing would be lost.
	Retire Decision = "Retire"
	// Blocked means that somebody has to act first.
	Blocked Decision = "Blocked"
)

// Decisions are all decisions there are.
var Decisions = []Decision{Move, MoveLater, Keep, Retire, Blocked}

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

// FindWorkload returns the workload of that endpoint, or nil.
func (d *Document) FindWorkload(endpoint string) *Workload {
	for i := range d.Workloads {
		if d.Workloads[i].Endpoint == endpoint {
			return &d.Workloads[i]
		}
	}
	return nil
}
