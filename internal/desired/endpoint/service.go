package endpoint

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"landfall.dev/landfall/internal/naming"
)

// Service makes Kubernetes keep the EndpointSlices in which routers find the
// pods. Routers go to the pods themselves, not through the Service's address.
func (v Variant) Service() *corev1ac.ServiceApplyConfiguration {
	return corev1ac.Service(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithSpec(corev1ac.ServiceSpec().
			WithType(corev1.ServiceTypeClusterIP).
			WithSelector(v.selector()).
			WithPorts(corev1ac.ServicePort().
				WithName(naming.PortHTTP).
				WithProtocol(corev1.ProtocolTCP).
				WithPort(naming.ModelPort).
				WithTargetPort(intstr.FromString(naming.PortHTTP))))
}
