package controller_test

import (
	"slices"
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
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/controller"
	"landfall.dev/landfall/internal/naming"
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

func TestWhatKeepsAVariantFromRunning(t *testing.T) {
	cases := map[string]struct {
		reason  string
		prepare func(w *world)
		want    string
		says    string
		mend    func(w *world)
	}{
		"NoModel": {
			reason:  "A Model may come later, as Git delivers in any order.",
			prepare: func(*world) {},
			want:    v1alpha1.ReasonModelNotFound, says: "there is no Model churn-7",
			mend: func(w *world) { w.approvedModel() },
		},
		"NotApproved": {
			reason: "Only approved models are deployed.",
			prepare: func(w *world) {
				w.create(&v1alpha1.Model{}, strings.Replace(modelManifest, "Approved", "PendingManualApproval", 1))
			},
			want: v1alpha1.ReasonModelNotApproved, says: "Model churn-7 has approval PendingManualApproval",
			mend: func(w *world) {
				model := &v1alpha1.Model{}
				if err := w.get(model, modelName); err != nil {
					w.Fatal(err)
				}
				model.Spec.Approval = v1alpha1.ModelApproved
				if err := w.client.Update(w.Context(), model); err != nil {
					w.Fatal(err)
				}
			},
		},
		"ForeignService": {
			reason: "Somebody else's Service is never taken over.",
			prepare: func(w *world) {
				w.approvedModel()
				w.create(&corev1.Service{}, "metadata: {name: churn-cluster}\nspec: {ports: [{port: 9999}]}\n")
			},
			want: v1alpha1.ReasonChildConflict, says: "Service churn-cluster exists and was not made by Landfall",
			mend: func(w *world) {
				service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "churn-cluster"}}
				if err := w.client.Delete(w.Context(), service); err != nil {
					w.Fatal(err)
				}
				// Nothing watches other people's Services; a change of the spec
				// spares the test the minute until the next look.
				w.change(func(e *v1alpha1.Endpoint) { e.Spec.Rollout.Attempt = 2 })
			},
		},
		"NoClass": {
			reason: "A WorkloadClass may come later too.",
			prepare: func(w *world) {
				w.approvedModel()
				w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.WorkloadClassName = w.namespace })
			},
			want: v1alpha1.ReasonClassNotFound, says: "there is no WorkloadClass",
			mend: func(w *world) { w.class(v1alpha1.PurposeOnline) },
		},
		"ClassForTraining": {
			reason: "Serving does not belong among training jobs.",
			prepare: func(w *world) {
				w.approvedModel()
				w.class(v1alpha1.PurposeTraining)
				w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.WorkloadClassName = w.namespace })
			},
			want: v1alpha1.ReasonClassUnsuitable, says: "is for Training work",
			mend: func(w *world) {
				w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.WorkloadClassName = "" })
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(&v1alpha1.Endpoint{}, podsEndpoint)
			tc.prepare(w)
			w.startOperator()
			e := w.awaitReason(metav1.ConditionFalse, tc.want)
			stalled := meta.FindStatusCondition(e.Status.Conditions, v1alpha1.ConditionStalled)
			if stalled == nil || !strings.Contains(stalled.Message, tc.says) {
				t.Errorf("%s\nStalled is %+v, want it to say %q", tc.reason, stalled, tc.says)
			}
			w.awaitEvents("Warning " + tc.want)
			if err := w.get(&appsv1.Deployment{}, "churn-cluster"); !apierrors.IsNotFound(err) {
				t.Errorf("%s\nthere is a Deployment all the same (%v)", tc.reason, err)
			}
			tc.mend(w)
			w.playReady("churn-cluster", 1)
			w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
		})
	}
}

// class makes a WorkloadClass named after the namespace, since classes belong
// to no namespace.
func (w *world) class(purpose v1alpha1.WorkloadPurpose) {
	w.Helper()
	class := &v1alpha1.WorkloadClass{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}, Spec: v1alpha1.WorkloadClassSpec{Purpose: purpose}}
	if err := w.client.Create(w.Context(), class); err != nil {
		w.Fatal(err)
	}
}

func TestRejectedModelGoesOnServing(t *testing.T) {
	w := newWorld(t)
	model := w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	if err := w.get(model, modelName); err != nil {
		t.Fatal(err)
	}
	model.Spec.Approval = v1alpha1.ModelRejected
	if err := w.client.Update(t.Context(), model); err != nil {
		t.Fatal(err)
	}
	e := w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonModelNotApproved)
	if e.Status.Split != "cluster 100%" {
		t.Errorf("the traffic is %q: taking the approval back must not fail callers", e.Status.Split)
	}
	w.deployment("churn-cluster")
}

func TestCrashAtLoadSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, movingEndpoint)
	w.routers.run()
	w.startOperator()
	w.await("SageMaker to be live", func(e *v1alpha1.Endpoint) bool { return e.Status.Live == "managed" })
	w.setLive("cluster")
	w.playPods("churn-cluster", 2, 0)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "churn-cluster-1", Labels: naming.ChildLabels("churn", "cluster")},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: naming.ContainerModel, Image: "i"}}},
	}
	if err := w.client.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	pod.Status = corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
		Name: naming.ContainerModel, Image: "i", RestartCount: 3,
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: 1, Message: "Traceback (most recent call last):\n  File \"serve.py\", line 3\nValueError: model.joblib is not a model\n",
		}},
	}}}
	if err := w.client.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	e := w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonContainerCrashing)
	want := "variant cluster: the model container exited with code 1: ValueError: model.joblib is not a model"
	if got := meta.FindStatusCondition(e.Status.Conditions, v1alpha1.ConditionStalled); got == nil || got.Message != want {
		t.Errorf("Stalled is %+v, want it to say %q", got, want)
	}
	if e.Status.Split != "managed 100%" {
		t.Errorf("the traffic is %q: a model that does not load gets none", e.Status.Split)
	}
}

func TestOlderEndpointKeepsTheName(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	first := &v1alpha1.Endpoint{}
	w.create(first, strings.Replace(movingEndpoint, "{name: churn}", "{name: a-first}", 1))
	w.create(&v1alpha1.Endpoint{}, movingEndpoint)
	w.startOperator()
	e := w.awaitReason(metav1.ConditionFalse, v1alpha1.ReasonNameConflict)
	if len(e.Status.Traffic) != 0 || e.Status.Path != "" {
		t.Errorf("the younger Endpoint has traffic %v at %q", e.Status.Traffic, e.Status.Path)
	}
	if err := w.client.Delete(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	w.await("the name to be taken over", func(e *v1alpha1.Endpoint) bool { return e.Status.Split == "managed 100%" })
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

func TestUpgradeRestartsNoModel(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	stop := w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	stop()
	w.startOperator(func(o *controller.Options) { o.AgentImage = "registry.example.com/landfall:2" })
	image := func() string { return w.deployment("churn-cluster").Spec.Template.Spec.InitContainers[0].Image }

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
	d.Spec.Template.Spec.InitContainers[0].Args = []string{"fetch", "--of-another-release"}
	if err := w.client.Update(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	w.eventually("the agent that knows the arguments", func() (bool, string) { return image() == "registry.example.com/landfall:2", image() })
	if got := w.deployment("churn-cluster").Spec.Template.Spec.InitContainers[0].Args; slices.Contains(got, "--of-another-release") {
		t.Errorf("the arguments are still %v", got)
	}
}

func TestPodsThatAreReplacedAnywayGetTheNewAgent(t *testing.T) {
	w := newWorld(t)
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	stop := w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	stop()
	w.startOperator(func(o *controller.Options) { o.AgentImage = "registry.example.com/landfall:2" })
	image := func() string { return w.deployment("churn-cluster").Spec.Template.Spec.InitContainers[0].Image }
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Variants[0].Pods.StartupTimeoutSeconds = 100 })
	w.eventually("the new image", func() (bool, string) { return image() == "registry.example.com/landfall:2", image() })
}

func TestFindingsAreReported(t *testing.T) {
	w := newWorld(t)
	w.create(&v1alpha1.Model{}, strings.Replace(modelManifest, "churn:7\"}", "churn:7\", needs: [Root]}", 1))
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	e := w.await("a finding", func(e *v1alpha1.Endpoint) bool { return len(e.Status.Findings) == 1 })
	if !strings.Contains(e.Status.Findings[0], "needs Root") {
		t.Errorf("findings %v, want the need for root", e.Status.Findings)
	}
	w.awaitEvents("Warning HardeningReduced")
}

func TestModelStatus(t *testing.T) {
	cases := map[string]struct {
		manifest string
		want     v1alpha1.ModelStatus
		status   metav1.ConditionStatus
		reason   string
	}{
		"Pinned": {
			modelManifest,
			v1alpha1.ModelStatus{Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Size: "12Mi"},
			metav1.ConditionTrue, v1alpha1.ReasonReady,
		},
		"Unpinned": {
			"metadata: {name: churn-7}\nspec:\n  artifact: {uri: \"s3://models/m.tar.gz\"}\n  container: {image: i}\n  approval: Approved\n",
			v1alpha1.ModelStatus{}, metav1.ConditionTrue, v1alpha1.ReasonDigestUnpinned,
		},
		"Prefix": {
			"metadata: {name: churn-7}\nspec:\n  artifact: {uri: \"s3://models/m/\", compression: None}\n  container: {image: i}\n  approval: Approved\n",
			v1alpha1.ModelStatus{}, metav1.ConditionTrue, v1alpha1.ReasonReady,
		},
		"InTheImage": {
			"metadata: {name: churn-7}\nspec: {container: {image: i}, approval: Approved}\n",
			v1alpha1.ModelStatus{}, metav1.ConditionTrue, v1alpha1.ReasonReady,
		},
		"Pending": {
			"metadata: {name: churn-7}\nspec: {container: {image: i}}\n",
			v1alpha1.ModelStatus{}, metav1.ConditionFalse, v1alpha1.ReasonModelNotApproved,
		},
		"Rejected": {
			"metadata: {name: churn-7}\nspec: {container: {image: i}, approval: Rejected}\n",
			v1alpha1.ModelStatus{}, metav1.ConditionFalse, v1alpha1.ReasonModelNotApproved,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(&v1alpha1.Model{}, tc.manifest)
			stop := w.startOperator()
			defer stop()
			model := &v1alpha1.Model{}
			w.eventually("a status", func() (bool, string) {
				err := w.get(model, modelName)
				return err == nil && model.Status.ObservedGeneration == model.Generation, "no status"
			})
			ready := meta.FindStatusCondition(model.Status.Conditions, v1alpha1.ConditionReady)
			if ready.Status != tc.status || ready.Reason != tc.reason {
				t.Errorf("Ready is %+v, want %s with %s", ready, tc.status, tc.reason)
			}
			got := v1alpha1.ModelStatus{Digest: model.Status.Digest, Size: model.Status.Size}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}
