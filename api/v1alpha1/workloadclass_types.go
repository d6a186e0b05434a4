package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WorkloadClass says where a class of work runs: on which nodes and with which
// priority. Platform engineers own it; Endpoints refer to it by name.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,shortName=lfclass,categories=landfall
// +kubebuilder:printcolumn:name="Purpose",type=string,JSONPath=`.spec.purpose`
// +kubebuilder:printcolumn:name="Priority",type=string,JSONPath=`.spec.priorityClassName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type WorkloadClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says where work of this class runs.
	// +required
	Spec WorkloadClassSpec `json:"spec"`
}

// WorkloadClassList is a list of WorkloadClasses.
//
// +kubebuilder:object:root=true
type WorkloadClassList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WorkloadClass `json:"items"`
}

// WorkloadPurpose is what a class of work is for.
// +kubebuilder:validation:Enum=Online;Batch;Experiment;Training
type WorkloadPurpose string

// The purposes of a WorkloadClass.
const (
	PurposeOnline     WorkloadPurpose = "Online"
	PurposeBatch      WorkloadPurpose = "Batch"
	PurposeExperiment WorkloadPurpose = "Experiment"
	PurposeTraining   WorkloadPurpose = "Training"
)

// WorkloadClassSpec places a class of work.
type WorkloadClassSpec struct {
	// purpose is what the class is for. Endpoints accept Online and
	// Experiment classes only.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="purpose is immutable: create another class"
	// +required
	Purpose WorkloadPurpose `json:"purpose"`

	// nodeSelector restricts pods to nodes with these labels.
	// +kubebuilder:validation:MaxProperties=32
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// tolerations let pods onto tainted nodes, such as a GPU pool.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// priorityClassName is the PriorityClass of the pods. Unset means the
	// cluster's default.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
}
