package endpoint

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
)

const (
	// revisionHistoryLimit is how many old ReplicaSets are kept: enough for
	// `kubectl rollout undo` in an emergency; Git holds the history.
	revisionHistoryLimit = 2
	// fetchDeadlineSeconds is added to the container's own time to start for
	// Kubernetes to call a Deployment stuck: the model has to arrive first.
	fetchDeadlineSeconds = 1800
)

// Deployment runs the pods. An update never takes a ready pod away before
// another is ready. It leaves spec.replicas alone: see Replicas.
func (v Variant) Deployment() *appsv1ac.DeploymentApplyConfiguration {
	return appsv1ac.Deployment(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithSpec(appsv1ac.DeploymentSpec().
			WithSelector(v.labelSelector()).
			WithRevisionHistoryLimit(revisionHistoryLimit).
			WithProgressDeadlineSeconds(v.Pods.StartupTimeoutSeconds + fetchDeadlineSeconds).
			WithStrategy(appsv1ac.DeploymentStrategy().
				WithType(appsv1.RollingUpdateDeploymentStrategyType).
				WithRollingUpdate(appsv1ac.RollingUpdateDeployment().
					WithMaxSurge(intstr.FromInt32(1)).
					WithMaxUnavailable(intstr.FromInt32(0)))).
			WithTemplate(v.podTemplate()))
}
