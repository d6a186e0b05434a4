package controller_test

import (
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

// breakWebhook has a webhook that cannot be reached refuse every write of
// Deployments in the world's namespace, as when a policy engine is down.
func (w *world) breakWebhook() (mend func()) {
	w.Helper()
	webhook := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name:                    "down.example.com",
			ClientConfig:            admissionv1.WebhookClientConfig{URL: new("https://127.0.0.1:1/")},
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(admissionv1.SideEffectClassNone),
			FailurePolicy:           new(admissionv1.Fail),
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.namespace}},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
			}},
		}},
	}
	if err := w.client.Create(w.Context(), webhook); err != nil {
		w.Fatal(err)
	}
	mend = func() {
		if err := client.IgnoreNotFound(w.client.Delete(w.Context(), webhook)); err != nil {
			w.Error(err)
		}
	}
	w.eventually("the webhook to refuse writes", func() (bool, string) {
		d := w.deployment("churn-cluster")
		before := d.DeepCopy()
		d.Labels["example.com/try"] = "yes"
		err := w.client.Patch(w.Context(), d, client.MergeFrom(before), client.DryRunAll)
		return err != nil, "admitted"
	})
	return mend
}

// What takes traffic away from a target must not wait for writes of children,
// which anything may hinder.
func TestARolloutEndsWhileChildrenCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, movingEndpoint)
	w.routers.run()
	w.startOperator()
	w.playReady("churn-cluster", 2)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	w.change(func(e *v1alpha1.Endpoint) {
		e.Spec.Live = "cluster"
		e.Spec.Rollout.Steps[0].HoldSeconds = new(int32(3600))
	})
	w.awaitStage(v1alpha1.StageShifting)

	mend := w.breakWebhook()
	w.change(func(e *v1alpha1.Endpoint) {
		e.Spec.Rollout.State = v1alpha1.RolloutAborted
		e.Spec.Variants[1].Pods.InvocationTimeoutSeconds = 90
	})
	e := w.awaitStage(v1alpha1.StageAborted)
	if e.Status.Split != "managed 100%" {
		t.Errorf("after the abort the traffic is %q", e.Status.Split)
	}
	mend()
	w.eventually("the Deployment to be written after all", func() (bool, string) {
		d := w.deployment("churn-cluster")
		return *d.Spec.Template.Spec.TerminationGracePeriodSeconds == 125, "not yet"
	})
}
