package controller_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// moving sets an Endpoint up on SageMaker with pods ready beside it.
func moving(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, movingEndpoint)
	w.watchRevisions()
	return w
}

func (w *world) readyToMove() {
	w.Helper()
	w.await("SageMaker to be live", func(e *v1alpha1.Endpoint) bool { return e.Status.Split == "managed 100%" })
	w.playReady("churn-cluster", 2)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestRolloutIsPromotedAndRolledBackByHand(t *testing.T) {
	w := moving(t)
	w.routers.run()
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	w.awaitStage(v1alpha1.StagePromoted)
	e := w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	if e.Status.Live != "cluster" || e.Status.Split != "cluster 100%" {
		t.Errorf("live is %s with %q, want cluster with everything", e.Status.Live, e.Status.Split)
	}
	if e.Status.Rollout.ComparedRequests == 0 || e.Status.Rollout.EqualRequests != e.Status.Rollout.ComparedRequests {
		t.Errorf("compared %d, equal %d; want what the router said", e.Status.Rollout.ComparedRequests, e.Status.Rollout.EqualRequests)
	}
	w.awaitEvents("Normal RolloutStarted", "Normal Shadowing", "Normal Shifting", "Normal Shifting", "Normal Promoted")

	w.setLive("managed")
	e = w.await("the way back", func(e *v1alpha1.Endpoint) bool { return e.Status.Split == "managed 100%" })
	if e.Status.Live != "managed" || e.Status.Rollout.Stage != v1alpha1.StageRolledBack {
		t.Errorf("live is %s, the rollout %s; want managed and RolledBack", e.Status.Live, e.Status.Rollout.Stage)
	}
	w.eventually("the metrics", func() (bool, string) {
		got := w.rolloutsCounted()
		diff := cmp.Diff(map[string]float64{"Aborted": 0, "Promoted": 1, "RolledBack": 1}, got)
		return diff == "", diff
	})
}

// rolloutsCounted returns landfall_rollouts_total by result.
func (w *world) rolloutsCounted() map[string]float64 {
	w.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "landfall_rollouts_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			counted[metric.GetLabel()[0].GetValue()] = metric.GetCounter().GetValue()
		}
	}
	return counted
}

func TestFailingTargetLosesItsTraffic(t *testing.T) {
	w := moving(t)
	w.routers.measure(failing)
	w.routers.run()
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	w.awaitStage(v1alpha1.StageRolledBack)
	e := w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonRolledBack)
	if e.Status.Split != "managed 100%" || e.Status.Live != "managed" {
		t.Errorf("the traffic is %q after a rollback to managed", e.Status.Split)
	}
	stalled := meta.FindStatusCondition(e.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || !strings.Contains(stalled.Message, "5 of 5 answers of cluster failed") {
		t.Errorf("Stalled is %+v, want the router's figures", stalled)
	}
	w.awaitEvents("Normal RolloutStarted", "Normal Shadowing", "Normal Shifting", "Warning RolledBack")
}

func TestDisagreeingTargetNeverGetsTraffic(t *testing.T) {
	w := moving(t)
	w.routers.measure(disagreeing)
	w.routers.run()
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	e := w.awaitStage(v1alpha1.StageRolledBack)
	if e.Status.Rollout.Step != 0 {
		t.Errorf("the rollout reached step %d before it was judged", e.Status.Rollout.Step)
	}
}

func TestRolloutWaitsForRouters(t *testing.T) {
	w := moving(t)
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonRoutersMissing)
	w.routers.run()
	w.awaitStage(v1alpha1.StagePromoted)
}

func TestPauseResumeAbort(t *testing.T) {
	w := moving(t)
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.State = v1alpha1.RolloutPaused })
	w.routers.run()
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonPaused)
	w.change(func(e *v1alpha1.Endpoint) {
		e.Spec.Rollout.State = v1alpha1.RolloutRunning
		e.Spec.Rollout.Shadow.MinRequests = 1 << 40
	})
	w.awaitReason(metav1.ConditionUnknown, v1alpha1.ReasonShadowing)
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.State = v1alpha1.RolloutAborted })
	e := w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonAborted)
	if e.Status.Split != "managed 100%" {
		t.Errorf("the traffic is %q after an abort", e.Status.Split)
	}
	w.awaitEvents("Normal RolloutPaused", "Normal RolloutResumed", "Normal RolloutAborted")
}

// TestRolloutSurvivesRestartsAndRivals restarts the operator in the middle of a
// rollout and then runs two at once; watchRevisions sees to the rest.
func TestRolloutSurvivesRestartsAndRivals(t *testing.T) {
	w := moving(t)
	w.routers.run()
	stop := w.startOperator()
	w.readyToMove()
	w.routers.freeze(true) // no router follows: the rollout cannot go on
	w.setLive("cluster")
	id := w.awaitStage(v1alpha1.StagePreparing).Status.Rollout.ID
	w.routers.freeze(false)
	w.awaitStage(v1alpha1.StageShadowing)
	stop()
	w.startOperator()
	w.startOperator()
	e := w.awaitStage(v1alpha1.StagePromoted)
	if e.Status.Rollout.ID != id {
		t.Errorf("the restart made rollout %s out of %s", e.Status.Rollout.ID, id)
	}
}

func TestRemovedVariantGoesWhenRoutersLetGo(t *testing.T) {
	w := moving(t)
	w.routers.run()
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	w.awaitStage(v1alpha1.StagePromoted)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)

	// Back to SageMaker, with the pods' variant removed at once. A router that
	// has not heard of it may still send requests to the pods.
	w.routers.freeze(true)
	w.change(func(e *v1alpha1.Endpoint) {
		e.Spec.Live = "managed"
		e.Spec.Variants = e.Spec.Variants[:1]
	})
	w.await("the traffic to be back", func(e *v1alpha1.Endpoint) bool { return e.Status.Split == "managed 100%" })
	asked := w.routers.asked()
	w.eventually("the operator to ask the router twice more", func() (bool, string) { return w.routers.asked() >= asked+2, "not yet" })
	w.deployment("churn-cluster")

	w.routers.freeze(false)
	w.eventually("the pods to go", func() (bool, string) {
		err := w.get(&appsv1.Deployment{}, "churn-cluster")
		return apierrors.IsNotFound(err), "still there"
	})
}

// A rollback returns all the traffic in one moment. It must not find that the
// autoscaler took the pods away meanwhile, as the traffic left them.
func TestTheWayBackIsNotScaledIn(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, betweenPods)
	w.routers.run()
	w.startOperator()
	w.playReady("churn-cluster", 1)
	w.playReady("churn-next", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	scalesIn := func(name string) bool {
		autoscaler := &autoscalingv2.HorizontalPodAutoscaler{}
		if err := w.get(autoscaler, name); err != nil {
			t.Fatal(err)
		}
		policy := autoscaler.Spec.Behavior.ScaleDown.SelectPolicy
		return policy == nil || *policy != autoscalingv2.DisabledPolicySelect
	}
	w.setLive("next")
	w.awaitStage(v1alpha1.StageShifting)
	w.eventually("the autoscaler to keep the pods that traffic leaves", func() (bool, string) { return !scalesIn("churn-cluster"), "it scales in" })
	if !scalesIn("churn-next") {
		t.Error("the target's autoscaler does not scale in: only the way back is to be kept")
	}
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.State = v1alpha1.RolloutAborted })
	w.awaitStage(v1alpha1.StageAborted)
	w.eventually("the autoscaler to work as before", func() (bool, string) { return scalesIn("churn-cluster"), "it does not scale in" })
}

// betweenPods moves slowly from one variant of pods to another.
const betweenPods = `
metadata: {name: churn}
spec:
  live: cluster
  variants:
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      replicas: {min: 1, max: 9}
      resources: {requests: {cpu: "1", memory: 1Gi}}
  - name: next
    pods:
      modelRef: {name: churn-7}
      replicas: {min: 1, max: 9}
      resources: {requests: {cpu: "2", memory: 1Gi}}
  rollout:
    steps:
    - {percent: 50, holdSeconds: 3600}
    - {percent: 100}
`

func TestTargetReplacedMidwayIsProvedAnew(t *testing.T) {
	w := moving(t)
	w.routers.run()
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.Shadow.MinRequests = 1 << 40 })
	w.startOperator()
	w.readyToMove()
	w.setLive("cluster")
	first := w.awaitStage(v1alpha1.StageShadowing).Status.Rollout.ID
	w.create(&v1alpha1.Model{}, strings.Replace(modelManifest, "churn-7", "churn-8", 1)+"  contract: SageMaker\n  framework: {name: sklearn}\n")
	w.change(func(e *v1alpha1.Endpoint) {
		e.Spec.Variants[1].Pods.ModelRef.Name = "churn-8"
		e.Spec.Variants[1].Pods.StartupTimeoutSeconds = 100
	})
	w.eventually("the pods of the old model to be on their way out", func() (bool, string) {
		got := w.deployment("churn-cluster").Spec.Template.Annotations["landfall.dev/model"]
		return got == "churn-8", got
	})
	e := w.await("another rollout", func(e *v1alpha1.Endpoint) bool { return e.Status.Rollout.ID != first })
	if e.Status.Split != "managed 100%" {
		t.Errorf("the traffic is %q before the new pods are ready", e.Status.Split)
	}
	w.playReady("churn-cluster", 2)
	w.awaitStage(v1alpha1.StageShadowing)
}
