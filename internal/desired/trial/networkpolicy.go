package trial

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"landfall.dev/landfall/internal/naming"
)

// NetworkPolicies leave the way from the probes to the model open, also in a
// namespace that closes all others, and nothing else: no pod of the run but
// the probes reaches anything once it carries LabelVerifyEgress. The model's pod
// gets that label when its files are fetched, since a policy covers a pod and
// not one of its containers.
func (t Trial) NetworkPolicies() []*networkingv1.NetworkPolicy {
	port := []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(naming.ModelPort))}}
	peer := func(role string) []networkingv1.NetworkPolicyPeer {
		return []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: t.labels(role)}}}
	}
	denied := t.labels("")
	denied[naming.LabelVerifyEgress] = naming.EgressDenied
	return []*networkingv1.NetworkPolicy{
		t.policy("model", t.labels(RoleModel), networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: peer(RoleProbe), Ports: port}},
		}),
		t.policy("probe", t.labels(RoleProbe), networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{To: peer(RoleModel), Ports: port}},
		}),
		t.policy("denied", denied, networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		}),
	}
}

func (t Trial) policy(name string, selected map[string]string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	spec.PodSelector = metav1.LabelSelector{MatchLabels: selected}
	return &networkingv1.NetworkPolicy{ObjectMeta: t.meta(t.Name()+"-"+name, ""), Spec: spec}
}
