package endpoint

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// concurrency is how many Endpoints are reconciled at the same time. A
// reconcile waits for the API server and, at most once in half a second, two
// seconds for the slowest router; it needs next to no CPU.
const concurrency = 8

// Indexes of the cache over Endpoints.
const (
	indexEndpointName = "endpointName"
	indexModel        = "model"
	indexClass        = "workloadClass"
)

// SetupWithManager registers the reconciler and its watches.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	for field, values := range map[string]func(*v1alpha1.Endpoint) []string{
		indexEndpointName: func(e *v1alpha1.Endpoint) []string { return []string{e.GetEndpointName()} },
		indexModel:        modelsOf,
		indexClass:        classesOf,
	} {
		extract := func(object client.Object) []string {
			e, ok := object.(*v1alpha1.Endpoint)
			if !ok {
				return nil
			}
			return values(e)
		}
		if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.Endpoint{}, field, extract); err != nil {
			return fmt.Errorf("cannot index Endpoints by %s: %w", field, err)
		}
	}
	specChanges := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	// What these kinds have in their status moves often and decides nothing.
	ownChanges := builder.WithPredicates(predicate.Or(
		predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}, predicate.AnnotationChangedPredicate{}))
	return ctrl.NewControllerManagedBy(mgr).
		Named("endpoint").
		For(&v1alpha1.Endpoint{}, specChanges).
		Owns(&appsv1.Deployment{}).
		Owns(&corev1.Service{}).
		Owns(&corev1.ServiceAccount{}).
		Owns(&autoscalingv2.HorizontalPodAutoscaler{}, ownChanges).
		Owns(&policyv1.PodDisruptionBudget{}, ownChanges).
		Owns(&networkingv1.NetworkPolicy{}, ownChanges).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(endpointOfPod)).
		Watches(&v1alpha1.Model{}, handler.EnqueueRequestsFromMapFunc(r.usersOf(indexModel)), specChanges).
		Watches(&v1alpha1.WorkloadClass{}, handler.EnqueueRequestsFromMapFunc(r.usersOf(indexClass)), specChanges).
		Watches(&v1alpha1.Endpoint{}, handler.EnqueueRequestsFromMapFunc(r.rivalsOf), specChanges).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(r)
}

func modelsOf(e *v1alpha1.Endpoint) []string {
	return fromPods(e, func(p *v1alpha1.PodsVariant) string { return p.ModelRef.Name })
}

func classesOf(e *v1alpha1.Endpoint) []string {
	return fromPods(e, func(p *v1alpha1.PodsVariant) string { return p.WorkloadClassName })
}

func fromPods(e *v1alpha1.Endpoint, value func(*v1alpha1.PodsVariant) string) []string {
	values := []string{}
	for i := range e.Spec.Variants {
		if pods := e.Spec.Variants[i].Pods; pods != nil && value(pods) != "" {
			values = append(values, value(pods))
		}
	}
	return values
}

func endpointOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	name := pod.GetLabels()[naming.LabelEndpoint]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: pod.GetNamespace(), Name: name}}}
}

// usersOf finds the Endpoints that refer to an object by name.
func (r *Reconciler) usersOf(index string) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		return r.requests(ctx, object.GetNamespace(), index, object.GetName(), "")
	}
}

// rivalsOf finds the other Endpoints that answer to the same name, which gets
// free when the one that has it goes.
func (r *Reconciler) rivalsOf(ctx context.Context, object client.Object) []reconcile.Request {
	endpoint, ok := object.(*v1alpha1.Endpoint)
	if !ok {
		return nil
	}
	return r.requests(ctx, endpoint.Namespace, indexEndpointName, endpoint.GetEndpointName(), endpoint.Name)
}

func (r *Reconciler) requests(ctx context.Context, namespace, index, value, except string) []reconcile.Request {
	found := v1alpha1.EndpointList{}
	err := r.Client.List(ctx, &found, client.InNamespace(namespace), client.MatchingFields{index: value})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "cannot list Endpoints", "index", index, "value", value)
		return nil
	}
	requests := []reconcile.Request{}
	for i := range found.Items {
		if found.Items[i].Name != except {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&found.Items[i])})
		}
	}
	return requests
}
