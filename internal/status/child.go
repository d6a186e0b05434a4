package status

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/naming"
)

// child is a child object: where it is, room for what is there, and how to
// learn which of its fields are ours.
type child struct {
	kind   string
	key    client.ObjectKey
	object client.Object
	owned  func() (any, error)
}

// String names the child for people.
func (c child) String() string { return c.kind + " " + c.key.Name }

// named is what every apply configuration of a namespaced object has.
type named interface {
	GetKind() *string
	GetName() *string
	GetNamespace() *string
}

// childOf returns the child that an apply configuration describes. client-go
// generates one Extract function per kind, so each kind has its line here.
func childOf(desired runtime.ApplyConfiguration) (child, error) {
	identity, ok := desired.(named)
	if !ok || identity.GetKind() == nil || identity.GetName() == nil || identity.GetNamespace() == nil {
		return child{}, fmt.Errorf("cannot apply a %T without kind, name and namespace", desired)
	}
	c := child{
		kind: *identity.GetKind(),
		key:  client.ObjectKey{Namespace: *identity.GetNamespace(), Name: *identity.GetName()},
	}
	switch desired.(type) {
	case *corev1ac.ServiceAccountApplyConfiguration:
		extracting(&c, &corev1.ServiceAccount{}, corev1ac.ExtractServiceAccount)
	case *corev1ac.ServiceApplyConfiguration:
		extracting(&c, &corev1.Service{}, corev1ac.ExtractService)
	case *appsv1ac.DeploymentApplyConfiguration:
		extracting(&c, &appsv1.Deployment{}, appsv1ac.ExtractDeployment)
	case *autoscalingv2ac.HorizontalPodAutoscalerApplyConfiguration:
		extracting(&c, &autoscalingv2.HorizontalPodAutoscaler{}, autoscalingv2ac.ExtractHorizontalPodAutoscaler)
	case *policyv1ac.PodDisruptionBudgetApplyConfiguration:
		extracting(&c, &policyv1.PodDisruptionBudget{}, policyv1ac.ExtractPodDisruptionBudget)
	case *networkingv1ac.NetworkPolicyApplyConfiguration:
		extracting(&c, &networkingv1.NetworkPolicy{}, networkingv1ac.ExtractNetworkPolicy)
	default:
		return child{}, fmt.Errorf("cannot apply a %T: its kind is not known here", desired)
	}
	return c, nil
}

func extracting[T client.Object, A any](c *child, object T, extract func(T, string) (A, error)) {
	c.object = object
	c.owned = func() (any, error) { return extract(object, naming.FieldOwner) }
}
