package endpoint

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
)

// PodDisruptionBudget lets a drain take one pod at a time.
//
// It is maxUnavailable 1 rather than minAvailable 1: of a single pod the latter
// would block every drain of its node until a person steps in. A variant of one
// pod is therefore away while that pod moves; two pods are the way to have
// drains go unnoticed. Pods that never became ready do not block either.
func (v Variant) PodDisruptionBudget() *policyv1ac.PodDisruptionBudgetApplyConfiguration {
	return policyv1ac.PodDisruptionBudget(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithSelector(v.labelSelector()).
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithUnhealthyPodEvictionPolicy(policyv1.AlwaysAllow))
}
