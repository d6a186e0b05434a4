package inventory

import "cmp"

// WorkloadKind is a class of work that moves, stays or ends as one.
type WorkloadKind string

// The kinds of workloads.
const (
	// WorkloadEndpoint is one endpoint with all it rests on.
	WorkloadEndpoint WorkloadKind = "Endpoint"
	// WorkloadTraining, WorkloadProcessing and the other kinds of jobs are
	// all runs of the same work: jobs whose names differ by a time or a
	// random part only.
	WorkloadTraining    WorkloadKind = "Training"
	WorkloadTuning      WorkloadKind = "Tuning"
	WorkloadAutoML      WorkloadKind = "AutoML"
	WorkloadProcessing  WorkloadKind = "Processing"
	WorkloadTransform   WorkloadKind = "BatchTransform"
	WorkloadCompilation WorkloadKind = "Compilation"
	WorkloadLabeling    WorkloadKind = "Labeling"
	// WorkloadPipeline is a pipeline with all of its executions.
	WorkloadPipeline WorkloadKind = "Pipeline"
	// WorkloadNotebook is a notebook instance, WorkloadStudio a domain with
	// its profiles, spaces and apps.
	WorkloadNotebook WorkloadKind = "Notebook"
	WorkloadStudio   WorkloadKind = "Studio"
	// WorkloadRegistry is a group of model packages.
	WorkloadRegistry WorkloadKind = "ModelRegistry"
	// WorkloadExperiments is an experiment, or an MLflow server.
	WorkloadExperiments         WorkloadKind = "Experiments"
	WorkloadFeatureGroup        WorkloadKind = "FeatureGroup"
	WorkloadMonitoring          WorkloadKind = "Monitoring"
	WorkloadHub                 WorkloadKind = "Hub"
	WorkloadCluster             WorkloadKind = "Cluster"
	WorkloadInferenceExperiment WorkloadKind = "InferenceExperiment"
	WorkloadEdge                WorkloadKind = "Edge"
	// WorkloadModel is a model that no endpoint and no job refers to.
	WorkloadModel WorkloadKind = "UnusedModel"
)

// WorkloadKey names a workload.
type WorkloadKey struct {
	Place `json:",inline"`
	Kind  WorkloadKind `json:"kind"`
	Name  string       `json:"name"`
}

// String is the short form, such as Endpoint/Churn-Prod. It is unique within
// one place.
func (k WorkloadKey) String() string { return string(k.Kind) + "/" + k.Name }

// Full is unique in a document: 123456789012/us-east-1/Endpoint/Churn-Prod.
func (k WorkloadKey) Full() string { return k.Place.String() + "/" + k.String() }

// Compare orders keys by place, kind and name.
func (k WorkloadKey) Compare(other WorkloadKey) int {
	return cmp.Or(k.Place.Compare(other.Place), cmp.Compare(k.Kind, other.Kind), cmp.Compare(k.Name, other.Name))
}

// Workload is what the scan concludes about one piece of work. It is derived
// from the rest of the document (package workload does it).
type Workload struct {
	WorkloadKey `json:",inline"`
	// Status is AWS's word for the resource, or for the newest run.
	Status string `json:"status,omitempty"`
	// Resources are what the workload consists of, the newest first: at most
	// MaxWorkloadResources of ResourceCount.
	Resources     []Reference `json:"resources,omitempty"`
	ResourceCount int         `json:"resourceCount"`
	// Runs is set for work that runs and ends.
	Runs *Runs `json:"runs,omitempty"`
	// ServingMode is set for endpoints.
	ServingMode Mode `json:"servingMode,omitempty"`
	// Framework is such as pytorch 2.6.0, with where that was seen.
	Framework *Framework `json:"framework,omitempty"`
	// TrainingPath says how the model was, or is, trained.
	TrainingPath *TrainingPath `json:"trainingPath,omitempty"`
	Hardware     Hardware      `json:"hardware"`
	// Traffic of all variants together; nil where CloudWatch does not tell.
	Traffic *Traffic `json:"traffic,omitempty"`
	// Integrations are other services and features that the work relies on.
	Integrations []Integration `json:"integrations,omitempty"`
	// Consumers are who calls it or reads what it writes.
	Consumers []Consumer `json:"consumers,omitempty"`
	// ConsumersUnknown says what is not known about consumers; empty when
	// everything that could be asked was answered.
	ConsumersUnknown string      `json:"consumersUnknown,omitempty"`
	Criticality      Criticality `json:"criticality"`
	// CostPerMonth is nil where no price is known.
	CostPerMonth *Cost `json:"costPerMonth,omitempty"`
	// Unpriced names what of it costs money and has no price that is known.
	Unpriced []string `json:"unpriced,omitempty"`
}

// MaxWorkloadResources is how many resources a workload names.
const MaxWorkloadResources = 20

// Reference names something that a workload consists of or relies on.
type Reference struct {
	Kind ResourceKind `json:"kind"`
	Name string       `json:"name"`
}

// Runs tell how often work runs.
type Runs struct {
	// Count of all runs that the scan listed, and of those that failed.
	Count  int `json:"count"`
	Failed int `json:"failed,omitempty"`
	// InLookback counts those that began in the lookback.
	InLookback  int     `json:"inLookback"`
	FirstRunAt  string  `json:"firstRunAt,omitempty"`
	LastRunAt   string  `json:"lastRunAt,omitempty"`
	MedianHours float64 `json:"medianHours,omitempty"`
	// InstanceHoursPerMonth of the runs in the lookback, scaled to a month of
	// 730 hours.
	InstanceHoursPerMonth float64 `json:"instanceHoursPerMonth,omitempty"`
	InstanceType          string  `json:"instanceType,omitempty"`
	InstanceCount         int32   `json:"instanceCount,omitempty"`
	// Spot means managed spot training.
	Spot bool `json:"spot,omitempty"`
	// StartedBy is what starts the runs: a pipeline, a tuning job, a
	// monitoring schedule, an AutoML job. Empty means people or their scripts.
	StartedBy string `json:"startedBy,omitempty"`
}

// Framework is what a model is written for.
type Framework struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// Basis is what shows it: the image's name, the environment, the artifact.
	Basis string `json:"basis"`
}

// TrainingPath says how a model is trained.
type TrainingPath struct {
	Kind TrainingPathKind `json:"kind"`
	// Basis is what shows it.
	Basis string `json:"basis"`
	// By names the training job or workload, where it is known.
	By string `json:"by,omitempty"`
}

// TrainingPathKind is a way of training.
type TrainingPathKind string

// The ways of training.
const (
	TrainingBuiltIn      TrainingPathKind = "BuiltInAlgorithm"
	TrainingScript       TrainingPathKind = "ScriptMode"
	TrainingOwnContainer TrainingPathKind = "OwnContainer"
	TrainingAutoML       TrainingPathKind = "AutoML"
	TrainingMarketplace  TrainingPathKind = "Marketplace"
	TrainingHub          TrainingPathKind = "Hub"
	TrainingElsewhere    TrainingPathKind = "OutsideSageMaker"
	TrainingUnknown      TrainingPathKind = "Unknown"
)

// Hardware says what the work depends on.
type Hardware struct {
	Needs HardwareNeed `json:"needs"`
	// Basis is what shows it.
	Basis string `json:"basis"`
}

// HardwareNeed is a kind of hardware.
type HardwareNeed string

// The kinds of hardware.
const (
	NeedsCPU HardwareNeed = "CPU"
	NeedsGPU HardwareNeed = "GPU"
	// GPUUnused runs on a GPU that measurements show idle.
	GPUUnused    HardwareNeed = "GPUUnused"
	NeedsNeuron  HardwareNeed = "Neuron"
	NeedsUnknown HardwareNeed = "Unknown"
	// NeedsNone is for what runs nothing, such as a registry.
	NeedsNone HardwareNeed = "None"
)

// Integration is another service or feature that work relies on.
type Integration struct {
	// Name is AWS's own, such as FeatureStore, DataCapture, ModelMonitor.
	Name string `json:"name"`
	// Detail names the resource or setting.
	Detail string `json:"detail,omitempty"`
}

// Consumer is who calls a workload or reads what it writes.
type Consumer struct {
	Name string `json:"name"`
	// How it is known: IAM, CloudTrail, File, or Graph for another workload.
	How string `json:"how"`
	// Detail says through what.
	Detail string `json:"detail,omitempty"`
}

// Criticality says how much it hurts when the work stops.
type Criticality struct {
	Level CriticalityLevel `json:"level"`
	// Reasons are the evidence for the level.
	Reasons []string `json:"reasons"`
}

// CriticalityLevel is a degree of criticality.
type CriticalityLevel string

// The levels, the highest first.
const (
	CriticalityHigh    CriticalityLevel = "High"
	CriticalityMedium  CriticalityLevel = "Medium"
	CriticalityLow     CriticalityLevel = "Low"
	CriticalityUnknown CriticalityLevel = "Unknown"
)

// CriticalityLevels are all levels there are.
var CriticalityLevels = []CriticalityLevel{CriticalityHigh, CriticalityMedium, CriticalityLow, CriticalityUnknown}

// Cost is an amount of money with its grounds.
type Cost struct {
	// USD a month of 730 hours.
	USD float64 `json:"usd"`
	// Estimate is true where any part was derived rather than quoted.
	Estimate bool `json:"estimate,omitempty"`
	// PricesOf is the date of the price table.
	PricesOf string `json:"pricesOf"`
	// PriceTable names people's own tables of prices that have a part in it.
	// Empty means that all is from Landfall's own.
	PriceTable string `json:"priceTable,omitempty"`
	// Basis says how the amount came about.
	Basis string `json:"basis"`
}
