package inventory

// Model is a SageMaker model.
type Model struct {
	Name      string   `json:"name"`
	ARN       string   `json:"arn,omitempty"`
	Presence  Presence `json:"presence"`
	CreatedAt string   `json:"createdAt,omitempty"`
	// Containers run one after the other (Serial) or are addressed by
	// hostname (Direct). Most models have one.
	Containers []Container `json:"containers,omitempty"`
	// ExecutionMode is Serial or Direct, of several containers.
	ExecutionMode    string `json:"executionMode,omitempty"`
	ExecutionRoleARN string `json:"executionRoleARN,omitempty"`
	NetworkIsolation bool   `json:"networkIsolation,omitempty"`
	VPC              *VPC   `json:"vpc,omitempty"`
}

// Container is an image with the files and environment of a model.
type Container struct {
	Hostname string `json:"hostname,omitempty"`
	Image    *Image `json:"image,omitempty"`
	// Mode is SingleModel or MultiModel; empty means SingleModel.
	Mode string `json:"mode,omitempty"`
	// Artifact holds the model's files; nil when the image carries them.
	Artifact *Artifact `json:"artifact,omitempty"`
	// AdditionalArtifacts are loaded on demand, by channel.
	AdditionalArtifacts []Artifact `json:"additionalArtifacts,omitempty"`
	// Env is the environment. Values that may be secret read "***".
	Env map[string]string `json:"env,omitempty"`
	// MaskedEnv names the variables whose values were replaced.
	MaskedEnv []string `json:"maskedEnv,omitempty"`
	// ModelPackage is the registered package that the container comes from.
	ModelPackage string `json:"modelPackage,omitempty"`
	// InferenceSpecification is the variant of the package that is used.
	InferenceSpecification string `json:"inferenceSpecification,omitempty"`
	// RepositoryAccess is Platform or, for private registries, Vpc.
	RepositoryAccess string `json:"repositoryAccess,omitempty"`
	// RegistryCredentialsARN is the function that gives the credentials of
	// a private registry.
	RegistryCredentialsARN string `json:"registryCredentialsARN,omitempty"`
	// ModelCache is Enabled or Disabled, of multi-model containers.
	ModelCache string `json:"modelCache,omitempty"`
}

// Artifact is where the files of a model are.
type Artifact struct {
	// Channel is the name of an additional artifact.
	Channel string `json:"channel,omitempty"`
	URI     string `json:"uri"`
	// Compression is Gzip or None.
	Compression string `json:"compression"`
	// Type is S3Object or S3Prefix when the model says so.
	Type string `json:"type,omitempty"`
	// ManifestURI lists the objects of a prefix.
	ManifestURI string `json:"manifestURI,omitempty"`
	// ETag is the entity tag of the object when the model was created.
	ETag string `json:"etag,omitempty"`
	// EULAAccepted says that somebody accepted the licence of a gated model.
	EULAAccepted bool `json:"eulaAccepted,omitempty"`
	// HubContentARN is the hub's model that the files belong to.
	HubContentARN string `json:"hubContentARN,omitempty"`
}

// FindModel returns the model of that name, or nil.
func (e *Endpoint) FindModel(name string) *Model {
	for i := range e.Models {
		if e.Models[i].Name == name {
			return &e.Models[i]
		}
	}
	return nil
}
