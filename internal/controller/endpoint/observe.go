package endpoint

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/status"
)

// observation is how a variant stands.
type observation struct {
	ready         bool
	replicas      int32
	readyReplicas int32
	// reason is one of the API's reasons, for a variant that is not ready.
	reason string
	// message says in one line what it waits for or died of.
	message string
	// broken says that waiting alone will hardly help.
	broken bool
}

// observe looks at what runs.
func (r *Reconciler) observe(ctx context.Context, s *scope) error {
	for _, v := range s.variants {
		if v.spec.Pods == nil {
			v.observed = observation{ready: true, message: s.describeSageMaker(v)}
			continue
		}
		pods := corev1.PodList{}
		err := r.Client.List(ctx, &pods, client.InNamespace(s.endpoint.Namespace),
			client.MatchingLabels(naming.SelectorLabels(s.endpoint.Name, v.spec.Name)))
		if err != nil {
			return fmt.Errorf("cannot list the pods of variant %s: %w", v.spec.Name, err)
		}
		v.pods = pods.Items
		v.observed = s.look(v)
	}
	return nil
}

// describeSageMaker says where the variant is, and answers whoever scaled an
// Endpoint whose pods, if any, have no part in the traffic.
func (s *scope) describeSageMaker(v *variant) string {
	where := fmt.Sprintf("SageMaker endpoint %s in %s", v.spec.SageMaker.EndpointName, v.spec.SageMaker.Region)
	if v.spec.Name != s.endpoint.Spec.Live || s.endpoint.Spec.FixedReplicas() == 0 || s.governsPods() {
		return where
	}
	return where + "; spec.replicas has no effect on it: SageMaker scales it"
}

// look judges a pods variant. The live variant is ready while any of its pods
// is, as during an update or after the loss of a pod. Another variant must have
// every pod it asks for, all of the wanted content, before traffic may come, and
// its Model's approval before more of it may come.
func (s *scope) look(v *variant) observation {
	seen := observation{reason: v1alpha1.ReasonPodsNotReady}
	if v.deployment == nil {
		seen.message = "its pods are being created"
		switch {
		case v.problem != nil:
			seen.reason, seen.message, seen.broken = v.problem.Reason, v.problem.Message, true
		case v.failed != nil:
			seen.message = v.failure()
		}
		return seen
	}
	have := v.deployment.Status
	seen.replicas, seen.readyReplicas = have.Replicas, have.ReadyReplicas
	live := v.spec.Name == s.endpoint.Status.Live
	switch {
	case live && have.ReadyReplicas > 0:
		seen.ready = true
	case v.problem != nil && (!s.carries(v.spec.Name) || v.problem.Reason == v1alpha1.ReasonModelNotApproved):
		seen.reason, seen.message, seen.broken = v.problem.Reason, v.problem.Message, true
		return seen
	case !v.updating && complete(v.deployment) && have.ReadyReplicas >= s.required(v):
		seen.ready = true
	}
	if seen.ready && have.ReadyReplicas >= s.required(v) {
		seen.reason, seen.message = "", fmt.Sprintf("%d of %d pods ready", have.ReadyReplicas, max(have.Replicas, have.ReadyReplicas))
		return seen
	}
	if v.failed != nil {
		seen.message = v.failure()
		return seen
	}
	trouble := diagnose(v.deployment, v.pods)
	seen.reason, seen.message, seen.broken = trouble.reason, trouble.message, trouble.broken
	return seen
}

func (v *variant) failure() string {
	return status.Truncate(line(v.failed.Error())+"; trying again", maxVariantMessageBytes)
}

// required is how many pods the variant must have ready.
func (s *scope) required(v *variant) int32 {
	if v.desired != nil {
		return v.desired.RequiredReplicas()
	}
	return 1
}

// complete says that every pod is of the latest template.
func complete(d *appsv1.Deployment) bool {
	return d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == d.Status.Replicas
}

// trouble is why pods are not ready.
type trouble struct {
	reason  string
	message string
	broken  bool
}

// severity orders troubles: what someone must mend hides what merely takes time.
var severity = []string{
	v1alpha1.ReasonModelFetchFailed,
	v1alpha1.ReasonContainerCrashing,
	v1alpha1.ReasonImagePullFailed,
	v1alpha1.ReasonUnschedulable,
	v1alpha1.ReasonPodsNotReady,
	v1alpha1.ReasonModelLoading,
}

// diagnose names the worst trouble of the pods that are not ready, or the
// Deployment's when it has no pods to show.
func diagnose(d *appsv1.Deployment, pods []corev1.Pod) trouble {
	troubles, failed := []trouble{}, []trouble{}
	for i := range pods {
		pod := &pods[i]
		switch {
		case pod.DeletionTimestamp != nil || podReady(pod):
		case pod.Status.Phase == corev1.PodFailed:
			failed = append(failed, podTrouble(pod))
		default:
			troubles = append(troubles, podTrouble(pod))
		}
	}
	if len(troubles) == 0 {
		troubles = failed // else others are taking their place
	}
	slices.SortStableFunc(troubles, func(a, b trouble) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.message, b.message))
	})
	if len(troubles) > 0 {
		worst := troubles[0]
		worst.message = status.Truncate(worst.message, maxVariantMessageBytes)
		return worst
	}
	for _, condition := range d.Status.Conditions {
		if condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue {
			return trouble{v1alpha1.ReasonPodsNotReady, status.Truncate("pods cannot be created: "+line(condition.Message), maxVariantMessageBytes), true}
		}
	}
	return trouble{v1alpha1.ReasonPodsNotReady, fmt.Sprintf("%d of %d pods ready", d.Status.ReadyReplicas, d.Status.Replicas), false}
}

// maxVariantMessageBytes keeps a variant's message to a line or two.
const maxVariantMessageBytes = 1024

// rank has a broken pod of a reason come before one that only takes time.
func rank(t trouble) int {
	place := slices.Index(severity, t.reason)
	if !t.broken {
		place += len(severity)
	}
	return place
}

func podReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
