package controller_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

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
				w.approve(v1alpha1.ModelApproved)
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
	w.approvedModel()
	w.create(&v1alpha1.Endpoint{}, podsEndpoint)
	w.startOperator()
	w.playReady("churn-cluster", 1)
	w.awaitReason(metav1.ConditionTrue, v1alpha1.ReasonReady)
	w.approve(v1alpha1.ModelRejected)
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
