package endpoint

import (
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// ServiceAccount is the pods' identity, which cloud providers' webhooks turn
// into credentials for the object store. It has no rights in the cluster and
// its token is not mounted.
func (v Variant) ServiceAccount() *corev1ac.ServiceAccountApplyConfiguration {
	account := corev1ac.ServiceAccount(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithAutomountServiceAccountToken(false)
	if len(v.Pods.ServiceAccountAnnotations) > 0 {
		account.WithAnnotations(v.Pods.ServiceAccountAnnotations)
	}
	return account
}
