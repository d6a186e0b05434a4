package endpoint

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"

	"landfall.dev/landfall/internal/naming"
)

// NetworkPolicy lets only the routers reach the pods, so that no caller goes
// around authentication and measurement. The kubelet's probes come from the
// node, which policies always allow.
//
// Egress stays open. A policy covers a pod, not one of its containers, and the
// init container needs the object store, the token service and DNS: addresses
// that are many, change, and are not known to the cluster. A deny rule here
// would have to be guessed and would break model loading; whoever wants one
// adds a policy of their own, since policies only ever add up per direction.
func (v Variant) NetworkPolicy() *networkingv1ac.NetworkPolicyApplyConfiguration {
	routers := networkingv1ac.NetworkPolicyPeer().
		WithNamespaceSelector(metav1ac.LabelSelector().
			WithMatchLabels(map[string]string{corev1.LabelMetadataName: v.RouterNamespace})).
		WithPodSelector(metav1ac.LabelSelector().
			WithMatchLabels(map[string]string{naming.LabelName: naming.Router}))
	return networkingv1ac.NetworkPolicy(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithSpec(networkingv1ac.NetworkPolicySpec().
			WithPodSelector(v.labelSelector()).
			WithPolicyTypes(networkingv1.PolicyTypeIngress).
			WithIngress(networkingv1ac.NetworkPolicyIngressRule().
				WithFrom(routers).
				WithPorts(networkingv1ac.NetworkPolicyPort().
					WithProtocol(corev1.ProtocolTCP).
					WithPort(intstr.FromInt32(naming.ModelPort)))))
}
