package controller_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	admission "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
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

// rewriteImages has a webhook give every Deployment in the world's namespace an
// image of its own liking, as those do that send all pulls through a mirror.
func (w *world) rewriteImages(image string) {
	w.Helper()
	patch, err := json.Marshal([]map[string]string{{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}})
	if err != nil {
		w.Fatal(err)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		review := admission.AdmissionReview{}
		if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admission.AdmissionResponse{
			UID: review.Request.UID, Allowed: true, Patch: patch, PatchType: new(admission.PatchTypeJSONPatch),
		}
		if err := json.NewEncoder(response).Encode(review); err != nil {
			w.Error(err)
		}
	}))
	w.Cleanup(server.Close)
	webhook := &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name: "mirror.example.com",
			ClientConfig: admissionv1.WebhookClientConfig{
				URL: new(server.URL), CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(admissionv1.SideEffectClassNone),
			FailurePolicy:           new(admissionv1.Fail),
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.namespace}},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
			}},
		}},
	}
	if err := w.client.Create(w.Context(), webhook); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := w.client.Delete(context.WithoutCancel(w.Context()), webhook); err != nil {
			w.Error(err)
		}
	})
	w.eventually("the webhook to rewrite images", func() (bool, string) {
		probe := w.deploymentOf("probe")
		err := w.client.Create(w.Context(), probe, client.DryRunAll)
		return err == nil && probe.Spec.Template.Spec.Containers[0].Image == image, fmt.Sprint(err)
	})
}

// deploymentOf is the least Deployment of that name.
func (w *world) deploymentOf(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "probe", Image: "registry.example.com/probe"}}},
			},
		},
	}
}

// A field that a webhook always rewrites never becomes what was asked for. The
// variant is ready all the same: what is stored does not change any more.
func TestAVariantWhoseDeploymentIsRewrittenGetsReady(t *testing.T) {
	w := newWorld(t)
	w.rewriteImages("mirror.example.com/churn:7")
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)

	before := w.deployment("churn-cluster")
	for attempt := range int32(3) {
		w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.Attempt = attempt + 2 })
		w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
	if after := w.deployment("churn-cluster"); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("the Deployment was stored again: version %s became %s", before.ResourceVersion, after.ResourceVersion)
	}
}
