package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
)

// PodsVariant serves a Model from pods of this cluster.
type PodsVariant struct {
	// modelRef names the Model to serve, in the Endpoint's namespace.
	// +required
	ModelRef ModelReference `json:"modelRef"`

	// workloadClassName says where the pods run. Unset means no restriction.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	WorkloadClassName string `json:"workloadClassName,omitempty"`

	// replicas is the range in which the number of pods may move.
	// +kubebuilder:default={min: 1}
	// +optional
	Replicas ReplicaRange `json:"replicas,omitzero"`

	// resources of the model container. Requests of cpu and memory are
	// required: scheduling and scaling both rest on them.
	// +kubebuilder:validation:XValidation:rule="has(self.requests) && 'cpu' in self.requests && 'memory' in self.requests",message="resources.requests must give cpu and memory"
	// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || !('cpu' in self.requests) || !('cpu' in self.limits) || quantity(string(self.requests['cpu'])).compareTo(quantity(string(self.limits['cpu']))) <= 0",message="resources.requests.cpu must not be more than resources.limits.cpu"
	// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || !('memory' in self.requests) || !('memory' in self.limits) || quantity(string(self.requests['memory'])).compareTo(quantity(string(self.limits['memory']))) <= 0",message="resources.requests.memory must not be more than resources.limits.memory"
	// +kubebuilder:validation:XValidation:rule="!has(self.claims)",message="resources.claims is not supported"
	// +required
	Resources corev1.ResourceRequirements `json:"resources"`

	// startupTimeoutSeconds is how long the container may take from its start
	// to its first successful GET /ping. SageMaker allows 480 unless told
	// otherwise, and 60 to 3600.
	// +kubebuilder:default=480
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=3600
	// +optional
	StartupTimeoutSeconds int32 `json:"startupTimeoutSeconds,omitempty"`

	// invocationTimeoutSeconds is how long one invocation may take. SageMaker
	// allows 60.
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3600
	// +optional
	InvocationTimeoutSeconds int32 `json:"invocationTimeoutSeconds,omitempty"`

	// serviceAccountAnnotations are put on the variant's ServiceAccount, for
	// identities such as eks.amazonaws.com/role-arn.
	// +kubebuilder:validation:MaxProperties=16
	// +optional
	ServiceAccountAnnotations map[string]string `json:"serviceAccountAnnotations,omitempty"`
}

// ModelReference names a Model in the same namespace.
type ModelReference struct {
	// name of the Model.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`
}

// ReplicaRange bounds the number of pods. Scaling out is immediate, scaling in
// waits 300 s, as SageMaker's cooldown does.
//
// +kubebuilder:validation:XValidation:rule="!has(self.max) || self.max >= self.min",message="replicas.max must not be less than replicas.min"
type ReplicaRange struct {
	// min is the smallest number of pods.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Min int32 `json:"min,omitempty"`

	// max is the largest number of pods. Unset means min: no autoscaling.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Max *int32 `json:"max,omitempty"`

	// targetCPUUtilizationPercent is the average CPU use, in percent of the
	// request, that autoscaling aims at.
	// +kubebuilder:default=70
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	TargetCPUUtilizationPercent int32 `json:"targetCPUUtilizationPercent,omitempty"`
}

// MaxReplicas returns the upper end of the range.
func (r *ReplicaRange) MaxReplicas() int32 {
	if r.Max == nil {
		return max(r.Min, 1)
	}
	return *r.Max
}
