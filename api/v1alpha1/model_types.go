package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Model is an immutable registry entry: which files make the model, which
// container serves them, and where both came from. A new version of a model is
// a new Model, so that whatever refers to one always means the same bytes.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=lfmodel,categories=landfall
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Framework",type=string,JSONPath=`.spec.framework.name`
// +kubebuilder:printcolumn:name="Approval",type=string,JSONPath=`.spec.approval`
// +kubebuilder:printcolumn:name="Size",type=string,JSONPath=`.status.size`,priority=1
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.spec.container.image`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Model struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what the model is. Everything but approval and
	// evaluationMetrics is immutable.
	// +required
	Spec ModelSpec `json:"spec"`

	// status is what Landfall resolved the model to.
	// +optional
	Status ModelStatus `json:"status,omitzero"`
}

// ModelList is a list of Models.
//
// +kubebuilder:object:root=true
type ModelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Model `json:"items"`
}

// ModelSpec describes one version of a model.
//
// +kubebuilder:validation:XValidation:rule="has(self.artifact) == has(oldSelf.artifact) && (!has(self.artifact) || self.artifact == oldSelf.artifact)",message="artifact is immutable: create a new Model for a new version"
// +kubebuilder:validation:XValidation:rule="self.container == oldSelf.container && self.contract == oldSelf.contract",message="container and contract are immutable: create a new Model for a new version"
// +kubebuilder:validation:XValidation:rule="has(self.framework) == has(oldSelf.framework) && (!has(self.framework) || self.framework == oldSelf.framework)",message="framework is immutable: create a new Model for a new version"
// +kubebuilder:validation:XValidation:rule="has(self.origin) == has(oldSelf.origin) && (!has(self.origin) || self.origin == oldSelf.origin)",message="origin is immutable: create a new Model for a new version"
type ModelSpec struct {
	// artifact is the file or folder that holds the model. Unset means that
	// the container image carries it.
	// +optional
	Artifact *ModelArtifact `json:"artifact,omitempty"`

	// container serves the model.
	// +required
	Container ModelContainer `json:"container"`

	// contract is what the container expects of its surroundings and offers
	// to its callers. SageMaker: the files of the model in /opt/ml/model, the
	// argument `serve`, and on port 8080 GET /ping and POST /invocations.
	// +kubebuilder:default=SageMaker
	// +optional
	Contract ModelContract `json:"contract,omitempty"`

	// framework is what the model was made with, for people and reports.
	// +optional
	Framework *ModelFramework `json:"framework,omitempty"`

	// approval gates deployment: an Endpoint deploys only Approved models.
	// +kubebuilder:default=PendingManualApproval
	// +optional
	Approval ModelApproval `json:"approval,omitempty"`

	// evaluationMetrics are figures measured before the model was registered.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	// +optional
	EvaluationMetrics []EvaluationMetric `json:"evaluationMetrics,omitempty"`

	// origin is where the model came from. Unset means that it was made here.
	// +optional
	Origin *ModelOrigin `json:"origin,omitempty"`
}

// ModelContract names a serving contract.
// +kubebuilder:validation:Enum=SageMaker
type ModelContract string

// ContractSageMaker is the SageMaker hosting contract.
const ContractSageMaker ModelContract = "SageMaker"

// ModelApproval uses SageMaker's words for the approval of a model package.
// +kubebuilder:validation:Enum=Approved;PendingManualApproval;Rejected
type ModelApproval string

// The approval states of a Model.
const (
	ModelApproved        ModelApproval = "Approved"
	ModelPendingApproval ModelApproval = "PendingManualApproval"
	ModelRejected        ModelApproval = "Rejected"
)

// ModelArtifact locates the files of a model.
//
// +kubebuilder:validation:XValidation:rule="self.compression != 'Gzip' || !self.uri.endsWith('/')",message="a Gzip artifact is one object: uri must not end with '/'"
// +kubebuilder:validation:XValidation:rule="self.compression != 'None' || self.uri.endsWith('/')",message="an uncompressed artifact is a prefix: uri must end with '/'"
// +kubebuilder:validation:XValidation:rule="self.compression == 'Gzip' || !has(self.digest)",message="digest belongs to a single Gzip object; an uncompressed prefix has none"
type ModelArtifact struct {
	// uri is the object (Gzip) or the prefix ending in '/' (None), in one of
	// s3://bucket/, gs://bucket/, azblob://container/ (the account is that of
	// endpointURL or of the credentials) or oci://registry/repository:tag/ (or
	// @sha256:…), whose layers are files.
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]|azblob://[a-z0-9][a-z0-9-]{1,61}[a-z0-9])/.+$') || self.matches('^oci://[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|@sha256:[0-9a-f]{64})/.*$')",message="must be an object-store address such as s3://bucket/path/model.tar.gz, gs://bucket/…, azblob://container/… or oci://registry/repository:tag/model.tar.gz"
	// +required
	URI string `json:"uri"`

	// compression is Gzip for a model.tar.gz that is unpacked into
	// /opt/ml/model, None for files that are copied as they are.
	// +kubebuilder:default=Gzip
	// +optional
	Compression ArtifactCompression `json:"compression,omitempty"`

	// digest is the SHA-256 of the object, checked before anything of it is
	// used. Unset means that whatever the address holds is accepted, and the
	// Model says so.
	// +kubebuilder:validation:Pattern=`^sha256:[0-9a-f]{64}$`
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`

	// sizeBytes is the size of the object, shown as status.size.
	// +kubebuilder:validation:Minimum=1
	// +optional
	SizeBytes *int64 `json:"sizeBytes,omitempty"`

	// maxUnpacked bounds what the files may take on the pod's volume, and is
	// the volume's size limit. An archive that unpacks to more is refused.
	// +kubebuilder:default="10Gi"
	// +kubebuilder:validation:XValidation:rule="isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))",message="must be more than nothing, such as 10Gi"
	// +optional
	MaxUnpacked *resource.Quantity `json:"maxUnpacked,omitempty"`

	// region is the region of an S3 bucket. Unset means the region of the
	// credentials' environment.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Region string `json:"region,omitempty"`

	// endpointURL is the address of the store where it is not the cloud's own:
	// of an S3-compatible store, of an Azure account's blob service
	// (https://ACCOUNT.blob.core.windows.net), of a registry that is reached
	// otherwise than by its name and HTTPS. Unset means AWS, Google, Azure or
	// the registry itself.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="must be an http or https address"
	// +optional
	EndpointURL string `json:"endpointURL,omitempty"`

	// credentialsSecretRef names a Secret in the Model's namespace whose keys
	// open the store. For s3:// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
	// optionally AWS_SESSION_TOKEN; for gs:// GOOGLE_APPLICATION_CREDENTIALS_JSON,
	// the key of a service account; for azblob:// AZURE_STORAGE_ACCOUNT with
	// AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or
	// AZURE_STORAGE_CONNECTION_STRING; for oci:// OCI_USERNAME and OCI_PASSWORD.
	// Unset means the pod's own identity (IRSA, Pod Identity, workload identity),
	// and for oci:// none.
	// +optional
	CredentialsSecretRef *corev1.LocalObjectReference `json:"credentialsSecretRef,omitempty"`
}

// ArtifactCompression says how an artifact is packed, in SageMaker's words.
// +kubebuilder:validation:Enum=Gzip;None
type ArtifactCompression string

// The ways an artifact is packed.
const (
	CompressionGzip ArtifactCompression = "Gzip"
	CompressionNone ArtifactCompression = "None"
)

// ModelContainer is the image that serves a model.
//
// +kubebuilder:validation:XValidation:rule="!has(self.env) || self.env.all(e, !has(e.valueFrom) || has(e.valueFrom.secretKeyRef) || has(e.valueFrom.configMapKeyRef))",message="env.valueFrom may refer to a Secret or ConfigMap key only"
type ModelContainer struct {
	// image is the container image, best pinned by digest.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.contains('://') && !self.contains(' ')",message="must be an image reference such as registry.example.com/team/churn@sha256:…, without a scheme"
	// +required
	Image string `json:"image"`

	// imagePullSecrets name the Secrets that open the image's registry.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	// +optional
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`

	// env is the environment of the container. SageMaker's own variables are
	// not added silently: what the container needs stands here.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=100
	// +optional
	Env []corev1.EnvVar `json:"env,omitempty"`

	// needs lists what the container cannot do without and Landfall would
	// otherwise deny. Each need is reported on the Endpoint as a finding.
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +optional
	Needs []ContainerNeed `json:"needs,omitempty"`
}

// ContainerNeed is a permission that a hardened pod does not have.
// +kubebuilder:validation:Enum=Root;WritableRootFilesystem;UnconfinedSeccomp
type ContainerNeed string

// The permissions a container may need.
const (
	// NeedRoot runs the container as the image's own user, root included.
	NeedRoot ContainerNeed = "Root"
	// NeedWritableRootFilesystem leaves the container's own files writable.
	NeedWritableRootFilesystem ContainerNeed = "WritableRootFilesystem"
	// NeedUnconfinedSeccomp lifts the RuntimeDefault system-call filter.
	NeedUnconfinedSeccomp ContainerNeed = "UnconfinedSeccomp"
)

// ModelFramework is what a model was made with.
type ModelFramework struct {
	// name is the framework, in lower case: sklearn, xgboost, pytorch.
	// +kubebuilder:validation:Pattern=`^[a-z0-9][a-z0-9._-]{0,62}$`
	// +required
	Name string `json:"name"`

	// version is the framework's own version.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Version string `json:"version,omitempty"`
}

// EvaluationMetric is a figure measured on the model.
type EvaluationMetric struct {
	// name is the metric, such as validation:auc.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +required
	Name string `json:"name"`

	// value is a decimal number, as text.
	// +kubebuilder:validation:Pattern=`^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$`
	// +kubebuilder:validation:MaxLength=64
	// +required
	Value string `json:"value"`
}

// ModelOrigin is where a model came from.
type ModelOrigin struct {
	// sageMaker is the SageMaker model that was exported.
	// +required
	SageMaker SageMakerModelOrigin `json:"sageMaker"`
}

// SageMakerModelOrigin points back to the SageMaker model.
type SageMakerModelOrigin struct {
	// modelARN is the model's Amazon Resource Name.
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model/.+$`
	// +kubebuilder:validation:MaxLength=256
	// +required
	ModelARN string `json:"modelARN"`

	// image is the image that SageMaker ran.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Image string `json:"image,omitempty"`

	// modelDataURL is where SageMaker read the model from.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	ModelDataURL string `json:"modelDataURL,omitempty"`
}

// ModelStatus is what a Model was resolved to.
type ModelStatus struct {
	// observedGeneration is the generation of the spec this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// digest is the digest that pods check the artifact against.
	// +optional
	Digest string `json:"digest,omitempty"`

	// size is the artifact's size for people, such as 12Mi.
	// +optional
	Size string `json:"size,omitempty"`

	// conditions: Ready says that the model may be deployed; Stalled that
	// someone has to act first.
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
