package endpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	desired "landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/status"
)

// applyChildren brings the children of every variant to what the spec says. A
// variant with a problem keeps what it has. A write that fails is kept for
// later: the traffic must not stay on a bad target because, say, an admission
// webhook is down.
func (r *Reconciler) applyChildren(ctx context.Context, s *scope) error {
	for _, v := range s.variants {
		if v.spec.Pods == nil {
			continue
		}
		if err := r.readDeployment(ctx, s, v); err != nil {
			return err
		}
		if v.desired == nil {
			continue
		}
		v.desired.AgentImage = agentImage(v, r.AgentImage)
		err := r.applyVariant(ctx, s, v)
		if errors.As(err, &v.problem) {
			continue
		}
		if err != nil {
			v.failed, v.updating = err, true
			s.failed = append(s.failed, err)
		}
	}
	return nil
}

// readDeployment finds the variant's Deployment, if it is the Endpoint's own.
func (r *Reconciler) readDeployment(ctx context.Context, s *scope, v *variant) error {
	found := &appsv1.Deployment{}
	key := client.ObjectKey{Namespace: s.endpoint.Namespace, Name: naming.ChildName(s.endpoint.Name, v.spec.Name)}
	err := r.Client.Get(ctx, key, found)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("cannot read Deployment %s: %w", key.Name, err)
	}
	if err == nil && metav1.IsControlledBy(found, s.endpoint) {
		v.deployment = found
	}
	return nil
}

// agentImage keeps the init container's image for as long as what is served
// stays the same, so that an upgrade of Landfall restarts no model. An agent
// that was given other arguments may not know the ones of this release: it is
// replaced with them.
func agentImage(v *variant, current string) string {
	if v.deployment == nil {
		return current
	}
	annotations := v.deployment.Spec.Template.Annotations
	kept := annotations[desired.AnnotationAgentImage]
	if kept == "" || annotations[naming.AnnotationContentHash] != v.hash || !slices.Equal(deployedFetchArgs(v.deployment), v.desired.FetchArgs()) {
		return current
	}
	return kept
}

func deployedFetchArgs(d *appsv1.Deployment) []string {
	containers := d.Spec.Template.Spec.InitContainers
	for i := range containers {
		if containers[i].Name == naming.ContainerFetch {
			return containers[i].Args
		}
	}
	return nil
}

func (r *Reconciler) applyVariant(ctx context.Context, s *scope, v *variant) error {
	applier := status.Applier{Client: r.Client, Reader: r.Reader}
	for _, child := range v.desired.Children() {
		applied, err := applier.Apply(ctx, s.endpoint, child)
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.spec.Name, err)
		}
		if deployment, ok := applied.Object.(*appsv1.Deployment); ok {
			v.deployment = deployment
		}
		if applied.Kind == "Deployment" {
			v.updating = applied.Written
		}
	}
	if !v.desired.Autoscaled() {
		if err := r.deleteOwned(ctx, s, &autoscalingv2.HorizontalPodAutoscaler{}, v.desired.ChildName()); err != nil {
			return err
		}
	}
	return r.scale(ctx, v)
}

// scale sets the number of pods where no autoscaler has chosen a fitting one.
// It goes through the scale subresource, so that no apply ever owns the number.
func (r *Reconciler) scale(ctx context.Context, v *variant) error {
	if v.deployment == nil {
		return nil // just created: the watch brings it back
	}
	current := ptr.Deref(v.deployment.Spec.Replicas, 1)
	want := v.desired.Replicas(current)
	if want == current {
		return nil
	}
	scale := &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v.deployment.Namespace, Name: v.deployment.Name, ResourceVersion: v.deployment.ResourceVersion,
		},
		Spec: autoscalingv1.ScaleSpec{Replicas: want},
	}
	err := r.Client.SubResource("scale").Update(ctx, v.deployment.DeepCopy(), client.WithSubResourceBody(scale), client.FieldOwner(naming.FieldOwner))
	if err != nil && !apierrors.IsConflict(err) { // a newer Deployment is on its way through the watch
		return fmt.Errorf("cannot scale Deployment %s from %d to %d: %w", v.deployment.Name, current, want, err)
	}
	v.updating = true
	return nil
}

// deleteOwned deletes an object if it is there and the Endpoint's own.
func (r *Reconciler) deleteOwned(ctx context.Context, s *scope, object client.Object, name string) error {
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.endpoint.Namespace, Name: name}, object)
	if apierrors.IsNotFound(err) || err == nil && !metav1.IsControlledBy(object, s.endpoint) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read %T %s: %w", object, name, err)
	}
	return r.delete(ctx, object)
}

func (r *Reconciler) delete(ctx context.Context, object client.Object) error {
	if object.GetDeletionTimestamp() != nil {
		return nil
	}
	uid := object.GetUID()
	err := r.Client.Delete(ctx, object, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("cannot delete %T %s: %w", object, object.GetName(), err)
	}
	return nil
}
