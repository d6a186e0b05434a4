// Package model reconciles Models: it says whether a Model may be deployed and
// how firmly it is pinned.
//
// It owns the Model's status. It refuses to reach object stores: the operator
// has no credentials for them, and the init container of each pod checks the
// artifact where it is used.
package model

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/status"
)

// Reconciler reconciles Models.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Events records what happened.
	Events status.Recorder
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("model").
		For(&v1alpha1.Model{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// Reconcile writes down what one Model amounts to.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	read := &v1alpha1.Model{}
	err := r.Client.Get(ctx, request.NamespacedName, read)
	if apierrors.IsNotFound(err) {
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("cannot read the Model: %w", err)
	}
	if read.DeletionTimestamp != nil {
		return ctrl.Result{}, nil
	}
	model := read.DeepCopy()
	describe(model)
	if err := status.Write(ctx, r.Client, read, model); err != nil {
		return status.Result(err, 0)
	}
	r.announce(read, model)
	return ctrl.Result{}, nil
}

// describe fills in the status.
func describe(model *v1alpha1.Model) {
	model.Status.ObservedGeneration = model.Generation
	model.Status.Digest, model.Status.Size = "", ""
	if artifact := model.Spec.Artifact; artifact != nil {
		model.Status.Digest = artifact.Digest
		if artifact.SizeBytes != nil {
			model.Status.Size = size(*artifact.SizeBytes)
		}
	}
	status.SetConditions(&model.Status.Conditions, model.Generation, summary(model))
}

func summary(model *v1alpha1.Model) status.Summary {
	switch approval := model.Spec.Approval; {
	case approval == v1alpha1.ModelPendingApproval:
		return status.Summary{
			State: status.Stalled, Reason: v1alpha1.ReasonModelNotApproved,
			Message: "waits for approval: set spec.approval to Approved to let Endpoints deploy it",
		}
	case approval != v1alpha1.ModelApproved:
		return status.Summary{
			State: status.Stalled, Reason: v1alpha1.ReasonModelNotApproved,
			Message: fmt.Sprintf("spec.approval is %s: Endpoints do not deploy it", approval),
		}
	case unpinned(model):
		return status.Summary{
			State: status.Done, Reason: v1alpha1.ReasonDigestUnpinned,
			Message: fmt.Sprintf("may be deployed, but spec.artifact.digest is unset: pods run whatever %s holds when they start", model.Spec.Artifact.URI),
		}
	default:
		return status.Summary{State: status.Done, Reason: v1alpha1.ReasonReady, Message: "may be deployed"}
	}
}

// unpinned says that the artifact could be pinned and is not: a prefix has no
// one digest to pin.
func unpinned(model *v1alpha1.Model) bool {
	artifact := model.Spec.Artifact
	return artifact != nil && artifact.Digest == "" && artifact.Compression != v1alpha1.CompressionNone
}

// size writes a number of bytes for people, in binary units and whole numbers.
func size(bytes int64) string {
	const kibi = 1 << 10
	units := []string{"", "Ki", "Mi", "Gi", "Ti"}
	unit := 0
	for bytes >= 10*kibi && unit < len(units)-1 {
		bytes = (bytes + kibi/2) / kibi
		unit++
	}
	return fmt.Sprintf("%d%s", bytes, units[unit])
}

// announce tells of a new reason of the condition Ready.
func (r *Reconciler) announce(before, after *v1alpha1.Model) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if was != nil && was.Reason == is.Reason && was.Status == is.Status {
		return
	}
	if is.Status == metav1.ConditionTrue && is.Reason == v1alpha1.ReasonReady {
		r.Events.Normal(after, is.Reason, is.Message)
		return
	}
	r.Events.Warning(after, is.Reason, is.Message)
}
