package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Endpoint is one address that callers invoke, the variants that can answer it,
// and which of them should. The spec says where the traffic should end; the
// status says where it is. Moving an endpoint off SageMaker is changing
// spec.live from a sageMaker variant to a pods variant; changing it back is a
// rollback, and needs no gate.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=lfep,categories=landfall
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Live",type=string,JSONPath=`.status.live`
// +kubebuilder:printcolumn:name="Traffic",type=string,JSONPath=`.status.split`
// +kubebuilder:printcolumn:name="Rollout",type=string,JSONPath=`.status.rollout.stage`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.spec.variants.all(v, self.metadata.name.size() + v.name.size() <= 50)",message="the Endpoint's name and a variant's name together may have at most 50 characters: the children are named after both"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')",message="metadata.name must start with a lower-case letter and hold only lower-case letters, digits and '-': Services are named after it; spec.endpointName keeps the name that callers use"
type Endpoint struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which variants exist and which should have the traffic.
	// +required
	Spec EndpointSpec `json:"spec"`

	// status says where the traffic is and how the move goes.
	// +optional
	Status EndpointStatus `json:"status,omitzero"`
}

// EndpointList is a list of Endpoints.
//
// +kubebuilder:object:root=true
type EndpointList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Endpoint `json:"items"`
}

// EndpointSpec is the desired end state of an Endpoint.
//
// +kubebuilder:validation:XValidation:rule="self.variants.exists(v, v.name == self.live)",message="live must be the name of one of the variants"
// +kubebuilder:validation:XValidation:rule="has(self.endpointName) == has(oldSelf.endpointName) && (!has(self.endpointName) || self.endpointName == oldSelf.endpointName)",message="endpointName is immutable: callers depend on it"
type EndpointSpec struct {
	// endpointName is the name that callers invoke, as in SageMaker's
	// InvokeEndpoint. Unset means metadata.name. SageMaker's names may hold
	// upper-case letters, Kubernetes' may not, so both are kept. It must be
	// unique in the namespace.
	// +kubebuilder:validation:Pattern=`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$`
	// +kubebuilder:validation:MaxLength=63
	// +optional
	EndpointName string `json:"endpointName,omitempty"`

	// variants are the places that can answer the endpoint's requests.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +required
	Variants []Variant `json:"variants"`

	// live is the variant that should end up with all the traffic. The first
	// value takes effect at once; each later change is a rollout, except a
	// change back to the variant that a rollout is leaving, which is a
	// rollback and takes effect at once.
	// +kubebuilder:validation:MaxLength=32
	// +required
	Live string `json:"live"`

	// replicas fixes the number of pods of the pods variant that is live or
	// becoming so, in place of that variant's own range; no
	// HorizontalPodAutoscaler is made for it then. It is what `kubectl scale`
	// sets, and an external autoscaler once it is above 0. 0, the default,
	// leaves scaling to the variant. (The API server serves the scale
	// subresource only while the field has a value, hence no unset.)
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// rollout says how traffic moves when live changes. Unset means the
	// defaults of every field in it.
	// +kubebuilder:default={}
	// +optional
	Rollout RolloutSpec `json:"rollout,omitzero"`
}

// Variant is one place that can answer an endpoint's requests.
//
// +kubebuilder:validation:XValidation:rule="has(self.sageMaker) != has(self.pods)",message="a variant is either sageMaker or pods: set exactly one of them"
type Variant struct {
	// name identifies the variant within the Endpoint and is what callers see
	// in the header x-Amzn-Invoked-Production-Variant.
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`
	// +kubebuilder:validation:MaxLength=32
	// +required
	Name string `json:"name"`

	// sageMaker sends requests to an endpoint on SageMaker.
	// +optional
	SageMaker *SageMakerVariant `json:"sageMaker,omitempty"`

	// pods serves a Model from pods of this cluster.
	// +optional
	Pods *PodsVariant `json:"pods,omitempty"`
}

// SageMakerVariant is an endpoint on SageMaker, or a part of one.
type SageMakerVariant struct {
	// endpointName is the endpoint's name on SageMaker.
	// +kubebuilder:validation:Pattern=`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$`
	// +kubebuilder:validation:MaxLength=63
	// +required
	EndpointName string `json:"endpointName"`

	// region is the AWS region of the endpoint.
	// +kubebuilder:validation:Pattern=`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`
	// +kubebuilder:validation:MaxLength=32
	// +required
	Region string `json:"region"`

	// variantName sends every request to this production variant. Unset
	// leaves the choice to SageMaker's weights.
	// +kubebuilder:validation:Pattern=`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$`
	// +kubebuilder:validation:MaxLength=63
	// +optional
	VariantName string `json:"variantName,omitempty"`

	// inferenceComponentName is the inference component to invoke, for
	// endpoints that host components.
	// +kubebuilder:validation:Pattern=`^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	// +optional
	InferenceComponentName string `json:"inferenceComponentName,omitempty"`
}

// GetEndpointName returns the name that callers invoke.
func (e *Endpoint) GetEndpointName() string {
	if e.Spec.EndpointName != "" {
		return e.Spec.EndpointName
	}
	return e.Name
}

// FixedReplicas returns the number of pods that spec.replicas fixes, 0 when it
// leaves that to the variants.
func (s *EndpointSpec) FixedReplicas() int32 {
	if s.Replicas == nil {
		return 0
	}
	return *s.Replicas
}

// FindVariant returns the variant of that name, or nil.
func (s *EndpointSpec) FindVariant(name string) *Variant {
	for i := range s.Variants {
		if s.Variants[i].Name == name {
			return &s.Variants[i]
		}
	}
	return nil
}
