package controller_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/controller"
)

// upgraded is a world whose Endpoint was ready when the operator was replaced by
// one with a newer agent, and the image of the agent in its pods.
func upgraded(t *testing.T) (w *world, image func() string) {
	t.Helper()
	w = newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	stop := w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	stop()
	w.startOperator(func(o *controller.Options) { o.AgentImage = "registry.example.com/landfall:2" })
	return w, func() string { return w.deployment("churn-cluster").Spec.Template.Spec.InitContainers[0].Image }
}

func TestUpgradeRestartsNoModel(t *testing.T) {
	w, image := upgraded(t)

	// Something that does not change what is served is applied with the old image.
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.InvocationTimeoutSeconds = 30 })
	w.eventually("the new grace period", func() (bool, string) {
		return *w.deployment("churn-cluster").Spec.Template.Spec.TerminationGracePeriodSeconds == 65, "the old one"
	})
	if got := image(); got != agentImage {
		t.Errorf("the init container's image became %s without a need", got)
	}
	// An agent of another release may not know this one's arguments, so that
	// where they differ it is replaced too.
	d := w.deployment("churn-cluster")
	before := d.DeepCopy()
	d.Spec.Template.Spec.InitContainers[0].Args = []string{"fetch", "--of-another-release"}
	if err := w.client.Patch(t.Context(), d, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.eventually("the agent that knows the arguments", func() (bool, string) { return image() == "registry.example.com/landfall:2", image() })
	if got := w.deployment("churn-cluster").Spec.Template.Spec.InitContainers[0].Args; slices.Contains(got, "--of-another-release") {
		t.Errorf("the arguments are still %v", got)
	}
}

func TestPodsThatAreReplacedAnywayGetTheNewAgent(t *testing.T) {
	w, image := upgraded(t)
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.StartupTimeoutSeconds = 100 })
	w.eventually("the new image", func() (bool, string) { return image() == "registry.example.com/landfall:2", image() })
}
