package endpoint

import (
	"k8s.io/apimachinery/pkg/runtime"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// Variant is all that the children of a pods variant are made from.
type Variant struct {
	// Endpoint owns the children.
	Endpoint *v1alpha1.Endpoint
	// Name is the variant's name.
	Name string
	// Pods is the variant's spec, with the API server's defaults.
	Pods *v1alpha1.PodsVariant
	// Model is the Model that Pods refers to.
	Model *v1alpha1.Model
	// Class is the WorkloadClass that Pods refers to; nil means none.
	Class *v1alpha1.WorkloadClass
	// FixedReplicas is spec.replicas where it governs this variant; 0 leaves
	// the number of pods to the variant's own range.
	FixedReplicas int32
	// HoldScaleIn keeps the autoscaler from taking pods away: the variant is
	// what a rollout may have to go back to at once.
	HoldScaleIn bool
	// AgentImage is the image of the init container that fetches the model.
	AgentImage string
	// RouterNamespace is where the routers run that may reach the pods.
	RouterNamespace string
}

// Children returns the objects that the variant should have, in the order in
// which they are to be applied: what others refer to comes first. Kinds that
// the variant does without at present are left out.
func (v Variant) Children() []runtime.ApplyConfiguration {
	children := []runtime.ApplyConfiguration{
		v.ServiceAccount(),
		v.NetworkPolicy(),
		v.Service(),
		v.Deployment(),
		v.PodDisruptionBudget(),
	}
	if v.Autoscaled() {
		children = append(children, v.HorizontalPodAutoscaler())
	}
	return children
}

// ChildName is the name of every child.
func (v Variant) ChildName() string { return naming.ChildName(v.Endpoint.Name, v.Name) }

func (v Variant) labels() map[string]string { return naming.ChildLabels(v.Endpoint.Name, v.Name) }

func (v Variant) selector() map[string]string {
	return naming.SelectorLabels(v.Endpoint.Name, v.Name)
}

func (v Variant) labelSelector() *metav1ac.LabelSelectorApplyConfiguration {
	return metav1ac.LabelSelector().WithMatchLabels(v.selector())
}

// owner lets Kubernetes' garbage collection remove the child with its Endpoint.
func (v Variant) owner() *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind("Endpoint").
		WithName(v.Endpoint.Name).
		WithUID(v.Endpoint.UID).
		WithController(true).
		WithBlockOwnerDeletion(true)
}
