package endpoint

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/naming"
)

// childLists are the kinds of the children.
func childLists() []client.ObjectList {
	return []client.ObjectList{
		&autoscalingv2.HorizontalPodAutoscalerList{},
		&policyv1.PodDisruptionBudgetList{},
		&appsv1.DeploymentList{},
		&corev1.ServiceList{},
		&networkingv1.NetworkPolicyList{},
		&corev1.ServiceAccountList{},
	}
}

// collectGarbage deletes the children of variants that are no longer served by
// pods. A variant that was removed keeps its pods while it carries requests, and
// until every router follows a traffic in which it carries none.
func (r *Reconciler) collectGarbage(ctx context.Context, s *scope) error {
	removed, err := r.removedChildren(ctx, s)
	if err != nil || len(removed) == 0 {
		return err
	}
	for _, child := range removed {
		name := child.GetLabels()[naming.LabelVariant]
		if s.find(name) == nil {
			held, err := r.mayCarry(ctx, s, name)
			if err != nil {
				return err
			}
			if held {
				s.leftover = true
				continue
			}
		}
		if err := r.delete(ctx, child); err != nil {
			s.failed = append(s.failed, err)
		}
	}
	return nil
}

// removedChildren returns the Endpoint's children whose variant is gone, or is
// not served by pods any more.
func (r *Reconciler) removedChildren(ctx context.Context, s *scope) ([]client.Object, error) {
	removed := []client.Object{}
	for _, list := range childLists() {
		err := r.Client.List(ctx, list, client.InNamespace(s.endpoint.Namespace), client.MatchingLabels{naming.LabelEndpoint: s.endpoint.Name})
		if err != nil {
			return nil, fmt.Errorf("cannot list children: %w", err)
		}
		err = meta.EachListItem(list, func(object runtime.Object) error {
			child, ok := object.(client.Object)
			if !ok || !metav1.IsControlledBy(child, s.endpoint) {
				return nil
			}
			if v := s.find(child.GetLabels()[naming.LabelVariant]); v == nil || v.spec.Pods == nil {
				removed = append(removed, child)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("cannot read a list of children: %w", err)
		}
	}
	return removed, nil
}

// mayCarry says whether some router may still send requests to the variant.
func (r *Reconciler) mayCarry(ctx context.Context, s *scope, name string) (bool, error) {
	if s.carries(name) || s.endpoint.Status.Live == name {
		return true, nil
	}
	if err := r.ask(ctx, s); err != nil {
		return false, err
	}
	return s.merged().Applied < s.routers.Expected, nil
}
