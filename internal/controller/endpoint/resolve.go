package endpoint

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	desired "landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/status"
)

// resolve finds what the variants refer to. What is missing is that variant's
// problem and leaves the others alone.
func (r *Reconciler) resolve(ctx context.Context, s *scope) error {
	for _, v := range s.variants {
		if v.spec.Pods == nil {
			v.hash = desired.SageMakerContentHash(v.spec.SageMaker)
			continue
		}
		built := desired.Variant{
			Endpoint: s.endpoint, Name: v.spec.Name, Pods: v.spec.Pods,
			FixedReplicas: s.fixedReplicas(v.spec.Name), HoldScaleIn: s.holdsScaleIn(v.spec.Name),
			AgentImage: r.AgentImage, RouterNamespace: r.RouterNamespace,
		}
		var err error
		if built.Model, v.problem, err = r.model(ctx, s, v.spec); err != nil {
			return err
		}
		if built.Model != nil {
			v.hash = built.ContentHash()
		}
		if v.problem != nil {
			continue
		}
		if built.Class, v.problem, err = r.class(ctx, v.spec); err != nil {
			return err
		}
		if v.problem == nil {
			v.desired = &built
		}
	}
	return nil
}

// model returns the variant's Model, also when it may not be deployed: its
// content is known then, and what runs already goes on running.
func (r *Reconciler) model(ctx context.Context, s *scope, v *v1alpha1.Variant) (*v1alpha1.Model, *status.StallError, error) {
	model, name := &v1alpha1.Model{}, v.Pods.ModelRef.Name
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.endpoint.Namespace, Name: name}, model)
	if apierrors.IsNotFound(err) {
		return nil, status.Stall(v1alpha1.ReasonModelNotFound,
			"variant %s: there is no Model %s in namespace %s: create it, or name another in modelRef", v.Name, name, s.endpoint.Namespace), nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read Model %s: %w", name, err)
	}
	if model.Spec.Approval != v1alpha1.ModelApproved {
		return model, status.Stall(v1alpha1.ReasonModelNotApproved,
			"variant %s: Model %s has approval %s: only Approved models are deployed", v.Name, name, model.Spec.Approval), nil
	}
	return model, nil, nil
}

func (r *Reconciler) class(ctx context.Context, v *v1alpha1.Variant) (*v1alpha1.WorkloadClass, *status.StallError, error) {
	name := v.Pods.WorkloadClassName
	if name == "" {
		return nil, nil, nil
	}
	class := &v1alpha1.WorkloadClass{}
	err := r.Client.Get(ctx, client.ObjectKey{Name: name}, class)
	if apierrors.IsNotFound(err) {
		return nil, status.Stall(v1alpha1.ReasonClassNotFound,
			"variant %s: there is no WorkloadClass %s: create it, or name another in workloadClassName", v.Name, name), nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read WorkloadClass %s: %w", name, err)
	}
	if class.Spec.Purpose != v1alpha1.PurposeOnline && class.Spec.Purpose != v1alpha1.PurposeExperiment {
		return nil, status.Stall(v1alpha1.ReasonClassUnsuitable,
			"variant %s: WorkloadClass %s is for %s work: an Endpoint needs one for Online or Experiment", v.Name, name, class.Spec.Purpose), nil
	}
	return class, nil, nil
}
