package controller_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

func TestPodsComeUpAndServe(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	e := w.awaitReason(metav1.ConditionUnknown, v1alpha1.ReasonPodsNotReady)
	if len(e.Status.Traffic) != 0 {
		t.Errorf("traffic %v before any pod is ready", e.Status.Traffic)
	}

	w.playReady("churn-cluster", 1)
	e = w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	want := v1alpha1.EndpointStatus{
		ObservedGeneration: e.Generation,
		Path:               "/ns/" + w.namespace + "/endpoints/churn/invocations",
		Live:               "cluster",
		Split:              "cluster 100%",
		Traffic:            []v1alpha1.VariantTraffic{{Name: "cluster", WeightBasisPoints: 10000}},
		TrafficRevision:    1,
		Variants:           []v1alpha1.VariantStatus{{Name: "cluster", Ready: true, Replicas: 1, ReadyReplicas: 1, Message: "1 of 1 pods ready"}},
		Replicas:           1,
		Selector:           "app.kubernetes.io/name=landfall-endpoint,landfall.dev/endpoint=churn,landfall.dev/variant=cluster",
	}
	got := e.Status
	got.Conditions = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	w.awaitEvents("Normal PodsNotReady", "Normal Ready")

	// envtest runs no garbage collector: what it goes by is what can be checked.
	for _, child := range []client.Object{
		&corev1.ServiceAccount{}, &corev1.Service{}, &appsv1.Deployment{}, &policyv1.PodDisruptionBudget{}, &networkingv1.NetworkPolicy{},
	} {
		if err := w.get(child, "churn-cluster"); err != nil {
			t.Errorf("%T: %v", child, err)
			continue
		}
		if !metav1.IsControlledBy(child, e) {
			t.Errorf("%T would stay behind when the Endpoint is deleted: %v", child, child.GetOwnerReferences())
		}
	}
	if len(e.Finalizers) != 0 {
		t.Errorf("finalizers %v: nothing outside needs them", e.Finalizers)
	}
}

func TestNothingIsWrittenWhenNothingChanges(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	stop := w.startOperator()
	w.deployment("churn-cluster")
	w.playReady("churn-cluster", 1)
	before := w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	deployment := w.deployment("churn-cluster")
	stop()

	// Another operator looks at everything, as a new generation of the spec
	// that asks for nothing new shows, and touches nothing.
	w.startOperator()
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.Attempt = 2 })
	after := w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	ignoring := cmpopts.IgnoreFields(metav1.Condition{}, "ObservedGeneration")
	before.Status.ObservedGeneration = after.Generation
	if diff := cmp.Diff(before.Status, after.Status, ignoring); diff != "" {
		t.Errorf("the status changed (-before +after):\n%s", diff)
	}
	if got := w.deployment("churn-cluster").ResourceVersion; got != deployment.ResourceVersion {
		t.Errorf("the Deployment was written to: version %s became %s", deployment.ResourceVersion, got)
	}
}

func TestDriftIsPutRight(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)

	service := &corev1.Service{}
	if err := w.get(service, "churn-cluster"); err != nil {
		t.Fatal(err)
	}
	deleted := service.UID
	if err := w.client.Delete(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	w.eventually("the deleted Service to be back", func() (bool, string) {
		found := &corev1.Service{}
		err := w.get(found, "churn-cluster")
		return err == nil && found.UID != deleted, "still gone"
	})

	d := w.deployment("churn-cluster")
	before := d.DeepCopy()
	d.Spec.Template.Spec.Containers[0].Image = "registry.example.com/else"
	d.Spec.Replicas = new(int32(5))
	if err := w.client.Patch(t.Context(), d, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.eventually("the Deployment to be put right", func() (bool, string) {
		found := w.deployment("churn-cluster")
		image := found.Spec.Template.Spec.Containers[0].Image
		return image == "registry.example.com/churn:7" && *found.Spec.Replicas == 1, image
	})
}

func TestScaling(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, strings.Replace(podsEndpoint, "resources:", "replicas: {min: 2, max: 6}\n      resources:", 1))
	w.startOperator()
	w.playReady("churn-cluster", 2)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	autoscaler := &autoscalingv2.HorizontalPodAutoscaler{}
	if err := w.get(autoscaler, "churn-cluster"); err != nil {
		t.Fatal(err)
	}

	// A fixed number, as kubectl scale sets it, takes the autoscaler away.
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Replicas = new(int32(5)) })
	w.playReady("churn-cluster", 5)
	w.eventually("the autoscaler to go", func() (bool, string) {
		err := w.get(autoscaler, "churn-cluster")
		return apierrors.IsNotFound(err), "still there"
	})
	w.await("5 replicas in the status", func(e *v1alpha1.Endpoint) bool { return e.Status.Replicas == 5 })

	// Handing the number back takes no pod away: the autoscaler decides.
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Replicas = new(int32(0)) })
	w.eventually("the autoscaler to be back", func() (bool, string) {
		err := w.get(autoscaler, "churn-cluster")
		return err == nil, "still gone"
	})
	if got := *w.deployment("churn-cluster").Spec.Replicas; got != 5 {
		t.Errorf("the Deployment asks for %d pods, want the 5 it had", got)
	}
}

func TestAFixedNumberThatGovernsNothingSaysSo(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, movingEndpoint)
	w.startOperator()
	w.playReady("churn-cluster", 2)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	says := func(e *v1alpha1.Endpoint) bool {
		return strings.Contains(e.Status.Variants[0].Message, "spec.replicas has no effect")
	}
	if e := w.endpoint(); says(e) {
		t.Errorf("nobody fixed a number, and the status says %q", e.Status.Variants[0].Message)
	}
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Replicas = new(int32(4)) })
	w.await("the status to say that spec.replicas has no effect", says)
	w.setLive("cluster")
	w.await("the number to govern the target", func(e *v1alpha1.Endpoint) bool { return !says(e) && e.Status.Selector != "" })
}
