package inventory

// Endpoint is a SageMaker endpoint with everything it rests on.
type Endpoint struct {
	Name  string `json:"name"`
	ARN   string `json:"arn,omitempty"`
	Place `json:",inline"`
	// Mode is how the endpoint serves.
	Mode Mode `json:"mode"`
	// Status is AWS's word, such as InService.
	Status        string `json:"status"`
	FailureReason string `json:"failureReason,omitempty"`
	// CreatedAt and ModifiedAt are RFC 3339, UTC.
	CreatedAt  string `json:"createdAt,omitempty"`
	ModifiedAt string `json:"modifiedAt,omitempty"`
	// Unread says why the endpoint's own description is missing. Everything
	// below is empty then.
	Unread string `json:"unread,omitempty"`

	Config Config `json:"config"`
	// Variants are the production variants, sorted by name.
	Variants []Variant `json:"variants,omitempty"`
	// ShadowVariants get copies of the requests.
	ShadowVariants []Variant `json:"shadowVariants,omitempty"`
	// Components are the inference components on the endpoint.
	Components []Component `json:"components,omitempty"`
	// Models are those that variants and components refer to.
	Models []Model `json:"models,omitempty"`

	DataCapture *DataCapture `json:"dataCapture,omitempty"`
	Async       *Async       `json:"async,omitempty"`
	// Backlog is nil for other than asynchronous endpoints, and without figures.
	Backlog *Backlog `json:"backlog,omitempty"`
	// RollbackAlarms are the names of the alarms that undo a deployment.
	RollbackAlarms []string `json:"rollbackAlarms,omitempty"`
	// Scaling is what Application Auto Scaling does to the variants and
	// components.
	Scaling []Scaling `json:"scaling,omitempty"`
	Tags    []Tag     `json:"tags,omitempty"`
	// Ignored names the fields that AWS gave and this document has no place
	// for, such as endpoint.ExplainerConfig.ClarifyExplainerConfig.
	Ignored []string `json:"ignored,omitempty"`
}

// Presence says whether something an endpoint refers to could be read.
type Presence string

// The values of Presence.
const (
	// Present means that it was read.
	Present Presence = "Present"
	// Deleted means that AWS no longer has it, though the endpoint runs on.
	Deleted Presence = "Deleted"
	// NotRead means that reading it failed; the inventory's unread says why.
	NotRead Presence = "NotRead"
)

// Config is the endpoint configuration.
type Config struct {
	Name             string   `json:"name,omitempty"`
	ARN              string   `json:"arn,omitempty"`
	Presence         Presence `json:"presence"`
	CreatedAt        string   `json:"createdAt,omitempty"`
	KMSKeyID         string   `json:"kmsKeyID,omitempty"`
	ExecutionRoleARN string   `json:"executionRoleARN,omitempty"`
	NetworkIsolation bool     `json:"networkIsolation,omitempty"`
	VPC              *VPC     `json:"vpc,omitempty"`
}

// VPC is the network that containers are attached to.
type VPC struct {
	SecurityGroupIDs []string `json:"securityGroupIDs,omitempty"`
	SubnetIDs        []string `json:"subnetIDs,omitempty"`
}

// Variant is a production or shadow variant: what the configuration asks for
// and what runs.
type Variant struct {
	Name         string `json:"name"`
	ModelName    string `json:"modelName,omitempty"`
	InstanceType string `json:"instanceType,omitempty"`
	// Instance is what is known about the type.
	Instance *Instance `json:"instance,omitempty"`
	// InstanceCount of the variant; empty for serverless ones.
	InstanceCount Counts `json:"instanceCount,omitzero"`
	// Weight is the variant's share of the sum of all weights.
	Weight Weights `json:"weight,omitzero"`
	// State is AWS's word for a variant that is changing, such as Updating.
	State         []string        `json:"state,omitempty"`
	Serverless    *Serverless     `json:"serverless,omitempty"`
	Images        []DeployedImage `json:"images,omitempty"`
	ManagedScaler *ManagedScaler  `json:"managedScaler,omitempty"`
	// RoutingStrategy is LEAST_OUTSTANDING_REQUESTS, RANDOM or PREFIX_AWARE.
	RoutingStrategy string `json:"routingStrategy,omitempty"`
	VolumeGB        int32  `json:"volumeGB,omitempty"`
	// ModelDownloadTimeoutSeconds and StartupTimeoutSeconds are 0 when the
	// configuration leaves them to AWS.
	ModelDownloadTimeoutSeconds int32  `json:"modelDownloadTimeoutSeconds,omitempty"`
	StartupTimeoutSeconds       int32  `json:"startupTimeoutSeconds,omitempty"`
	AMIVersion                  string `json:"amiVersion,omitempty"`
	// ElasticInference is the type of a retired attached accelerator.
	ElasticInference string `json:"elasticInference,omitempty"`
	// Traffic is nil when CloudWatch could not be read, and where it counts no
	// requests. Usage is nil when there are no figures.
	Traffic *Traffic `json:"traffic,omitempty"`
	Usage   *Usage   `json:"usage,omitempty"`
	// ModelCache is nil for variants of one model, and without figures.
	ModelCache *ModelCache `json:"modelCache,omitempty"`
}

// Counts are numbers of instances or copies; nil where AWS gave none.
type Counts struct {
	Initial *int32 `json:"initial,omitempty"`
	Current *int32 `json:"current,omitempty"`
	Desired *int32 `json:"desired,omitempty"`
}

// Weights are traffic weights; nil where AWS gave none.
type Weights struct {
	Initial *float64 `json:"initial,omitempty"`
	Current *float64 `json:"current,omitempty"`
	Desired *float64 `json:"desired,omitempty"`
}

// Serverless is the size of a serverless variant.
type Serverless struct {
	MemoryMB               int32 `json:"memoryMB,omitempty"`
	MaxConcurrency         int32 `json:"maxConcurrency,omitempty"`
	ProvisionedConcurrency int32 `json:"provisionedConcurrency,omitempty"`
}

// DeployedImage is an image as it was asked for and as it runs.
type DeployedImage struct {
	Specified string `json:"specified,omitempty"`
	// Resolved is pinned by digest.
	Resolved string `json:"resolved,omitempty"`
	// ResolvedAt is when the digest was looked up (RFC 3339, UTC).
	ResolvedAt string `json:"resolvedAt,omitempty"`
}

// ManagedScaler is the scaling of instances under inference components.
type ManagedScaler struct {
	Status           string `json:"status,omitempty"`
	MinInstanceCount int32  `json:"minInstanceCount,omitempty"`
	MaxInstanceCount int32  `json:"maxInstanceCount,omitempty"`
}

// Component is an inference component.
type Component struct {
	Name          string `json:"name"`
	ARN           string `json:"arn,omitempty"`
	Status        string `json:"status,omitempty"`
	FailureReason string `json:"failureReason,omitempty"`
	CreatedAt     string `json:"createdAt,omitempty"`
	ModifiedAt    string `json:"modifiedAt,omitempty"`
	VariantName   string `json:"variantName,omitempty"`
	ModelName     string `json:"modelName,omitempty"`
	// BaseName is the component that an adapter is loaded into.
	BaseName string `json:"baseName,omitempty"`
	// Container is set when the component brings its own.
	Container *Container `json:"container,omitempty"`
	// ResolvedImage is the image of that container, pinned by digest.
	ResolvedImage string `json:"resolvedImage,omitempty"`
	// CPUCores, Accelerators and memory are what one copy reserves.
	CPUCores                    float64 `json:"cpuCores,omitempty"`
	Accelerators                float64 `json:"accelerators,omitempty"`
	MinMemoryMB                 int32   `json:"minMemoryMB,omitempty"`
	MaxMemoryMB                 int32   `json:"maxMemoryMB,omitempty"`
	ModelDownloadTimeoutSeconds int32   `json:"modelDownloadTimeoutSeconds,omitempty"`
	StartupTimeoutSeconds       int32   `json:"startupTimeoutSeconds,omitempty"`
	CopyCount                   Counts  `json:"copyCount,omitzero"`
	// Traffic is nil when CloudWatch could not be read.
	Traffic *Traffic `json:"traffic,omitempty"`
	// Usage is in percent of what all copies reserve, not of cores and GPUs;
	// nil when there are no figures.
	Usage *Usage `json:"usage,omitempty"`
	// Unread says why the component's description is missing.
	Unread string `json:"unread,omitempty"`
}

// DataCapture is the recording of requests and answers.
type DataCapture struct {
	Enabled          bool     `json:"enabled"`
	Status           string   `json:"status,omitempty"`
	SamplingPercent  int32    `json:"samplingPercent,omitempty"`
	DestinationURI   string   `json:"destinationURI,omitempty"`
	KMSKeyID         string   `json:"kmsKeyID,omitempty"`
	Modes            []string `json:"modes,omitempty"`
	JSONContentTypes []string `json:"jsonContentTypes,omitempty"`
	CSVContentTypes  []string `json:"csvContentTypes,omitempty"`
}

// Async is the configuration of an asynchronous endpoint.
type Async struct {
	OutputURI                string   `json:"outputURI,omitempty"`
	FailureURI               string   `json:"failureURI,omitempty"`
	KMSKeyID                 string   `json:"kmsKeyID,omitempty"`
	SuccessTopicARN          string   `json:"successTopicARN,omitempty"`
	ErrorTopicARN            string   `json:"errorTopicARN,omitempty"`
	IncludeResponseIn        []string `json:"includeResponseIn,omitempty"`
	MaxConcurrentPerInstance int32    `json:"maxConcurrentPerInstance,omitempty"`
}

// Tag is a tag of the endpoint.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
