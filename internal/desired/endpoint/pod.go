package endpoint

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"landfall.dev/landfall/internal/naming"
)

const (
	// drainSeconds is how long a pod that is going away still answers, for
	// routers to hear of it; they follow EndpointSlices within a second.
	drainSeconds = 5
	// shutdownSeconds is what a container has to stop after its last answer:
	// Kubernetes' usual grace period.
	shutdownSeconds = 30
	// maxInFlightSeconds bounds how long a pod is kept for an answer in
	// flight, so that a hung container cannot hold a drain for an hour.
	maxInFlightSeconds = 600
)

// AnnotationAgentImage holds, on the pods, the image of the init container. An
// upgrade of Landfall alone must not restart every model: the operator keeps
// the image named here for as long as ContentHash stays the same.
const AnnotationAgentImage = naming.Group + "/agent-image"

func (v Variant) podTemplate() *corev1ac.PodTemplateSpecApplyConfiguration {
	spec := corev1ac.PodSpec().
		WithServiceAccountName(v.ChildName()).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(v.gracePeriodSeconds()).
		WithSecurityContext(v.podSecurity()).
		WithTopologySpreadConstraints(
			v.spread(corev1.LabelHostname),
			v.spread(corev1.LabelTopologyZone)).
		WithContainers(v.modelContainer()).
		WithVolumes(emptyDir(naming.VolumeTmp, nil))
	for _, secret := range v.Model.Spec.Container.ImagePullSecrets {
		spec.WithImagePullSecrets(corev1ac.LocalObjectReference().WithName(secret.Name))
	}
	if v.Model.Spec.Artifact != nil {
		spec.WithInitContainers(v.fetchContainer()).WithVolumes(v.fetchVolumes()...)
	}
	v.place(spec)
	return corev1ac.PodTemplateSpec().
		WithLabels(v.labels()).
		WithAnnotations(map[string]string{
			naming.AnnotationModel:       v.Model.Name,
			naming.AnnotationContentHash: v.ContentHash(),
			AnnotationAgentImage:         v.AgentImage,
		}).
		WithSpec(spec)
}

func (v Variant) gracePeriodSeconds() int64 {
	return int64(drainSeconds + shutdownSeconds + min(v.Pods.InvocationTimeoutSeconds, maxInFlightSeconds))
}

// spread keeps the pods of one version apart, as far as there is room.
func (v Variant) spread(topologyKey string) *corev1ac.TopologySpreadConstraintApplyConfiguration {
	return corev1ac.TopologySpreadConstraint().
		WithMaxSkew(1).
		WithTopologyKey(topologyKey).
		WithWhenUnsatisfiable(corev1.ScheduleAnyway).
		WithLabelSelector(v.labelSelector()).
		WithMatchLabelKeys("pod-template-hash")
}

// place puts the pods where their WorkloadClass says.
func (v Variant) place(spec *corev1ac.PodSpecApplyConfiguration) {
	if v.Class == nil {
		return
	}
	if len(v.Class.Spec.NodeSelector) > 0 {
		spec.WithNodeSelector(v.Class.Spec.NodeSelector)
	}
	for i := range v.Class.Spec.Tolerations {
		spec.WithTolerations(toleration(&v.Class.Spec.Tolerations[i]))
	}
	if v.Class.Spec.PriorityClassName != "" {
		spec.WithPriorityClassName(v.Class.Spec.PriorityClassName)
	}
}

func toleration(from *corev1.Toleration) *corev1ac.TolerationApplyConfiguration {
	to := corev1ac.Toleration()
	if from.Key != "" {
		to.WithKey(from.Key)
	}
	if from.Operator != "" {
		to.WithOperator(from.Operator)
	}
	if from.Value != "" {
		to.WithValue(from.Value)
	}
	if from.Effect != "" {
		to.WithEffect(from.Effect)
	}
	if from.TolerationSeconds != nil {
		to.WithTolerationSeconds(*from.TolerationSeconds)
	}
	return to
}

func emptyDir(name string, sizeLimit *resource.Quantity) *corev1ac.VolumeApplyConfiguration {
	dir := corev1ac.EmptyDirVolumeSource()
	if sizeLimit != nil {
		dir.WithSizeLimit(*sizeLimit)
	}
	return corev1ac.Volume().WithName(name).WithEmptyDir(dir)
}
