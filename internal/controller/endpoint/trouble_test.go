package endpoint

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func ended(code int32, reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

// pod is a pod whose fetch and model containers are as given.
func pod(fetch, model corev1.ContainerStatus) corev1.Pod {
	fetch.Name, model.Name = "fetch", "model"
	return corev1.Pod{Status: corev1.PodStatus{
		InitContainerStatuses: []corev1.ContainerStatus{fetch},
		ContainerStatuses:     []corev1.ContainerStatus{model},
	}}
}

var (
	fetched  = corev1.ContainerStatus{State: ended(0, "Completed", "")}
	notYet   = corev1.ContainerStatus{State: waiting("PodInitializing", "")}
	readyPod = corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}}
)

func TestDiagnose(t *testing.T) {
	cases := map[string]struct {
		reason     string
		pods       []corev1.Pod
		deployment appsv1.DeploymentStatus
		want       trouble
	}{
		"Fetching": {
			"The model is on its way.",
			[]corev1.Pod{pod(corev1.ContainerStatus{State: running()}, notYet)}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonModelLoading, "fetching the model", false},
		},
		"FetchFailed": {
			"The agent's last words say what is wrong.",
			[]corev1.Pod{pod(corev1.ContainerStatus{
				State:                waiting("CrashLoopBackOff", "back-off"),
				LastTerminationState: ended(1, "Error", "s3://m/m.tar.gz has digest sha256:aa, want sha256:bb"),
			}, notYet)}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonModelFetchFailed, "fetching the model failed: s3://m/m.tar.gz has digest sha256:aa, want sha256:bb", true},
		},
		"FetchFailedAndTriedAgain": {
			"While it tries again, the last failure is what there is to know.",
			[]corev1.Pod{pod(corev1.ContainerStatus{State: running(), LastTerminationState: ended(1, "Error", "timeout")}, notYet)}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonModelFetchFailed, "fetching the model failed: timeout", true},
		},
		"FetchedAfterAFailure": {
			"A failure that was overcome is history.",
			[]corev1.Pod{pod(corev1.ContainerStatus{State: ended(0, "Completed", ""), LastTerminationState: ended(1, "Error", "timeout")},
				corev1.ContainerStatus{State: running()})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonModelLoading, "the model container runs and does not answer GET /ping yet", false},
		},
		"Crashed": {
			"The end of the log has the error; the stack above it does not fit a line.",
			[]corev1.Pod{pod(fetched, corev1.ContainerStatus{
				State:                waiting("CrashLoopBackOff", "back-off 10s"),
				LastTerminationState: ended(3, "Error", "Traceback\n  File x\nValueError: bad magic\n\n"),
			})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonContainerCrashing, "the model container exited with code 3: ValueError: bad magic", true},
		},
		"CrashedSilently": {
			"Some containers say nothing.",
			[]corev1.Pod{pod(fetched, corev1.ContainerStatus{State: ended(139, "Error", "")})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonContainerCrashing, "the model container exited with code 139: it left no message (exit code 139, Error)", true},
		},
		"OutOfMemory": {
			"What to change is known.",
			[]corev1.Pod{pod(fetched, corev1.ContainerStatus{State: running(), LastTerminationState: ended(137, "OOMKilled", "loading weights")})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonContainerCrashing, "the model container ran out of memory (OOMKilled): raise resources.limits.memory; its last words: loading weights", true},
		},
		"ImageMissing": {
			"The image's name is what to look at.",
			[]corev1.Pod{pod(fetched, corev1.ContainerStatus{Image: "r/churn:7", State: waiting("ImagePullBackOff", "not\nfound")})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonImagePullFailed, "the image r/churn:7 of the model container cannot be pulled (ImagePullBackOff): not found", true},
		},
		"AgentImageMissing": {
			"It may be Landfall's own image.",
			[]corev1.Pod{pod(corev1.ContainerStatus{Image: "r/landfall:1", State: waiting("ErrImagePull", "denied")}, notYet)}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonImagePullFailed, "the image r/landfall:1 of the init container cannot be pulled (ErrImagePull): denied", true},
		},
		"SecretMissing": {
			"A key that the environment refers to is not there.",
			[]corev1.Pod{pod(fetched, corev1.ContainerStatus{State: waiting("CreateContainerConfigError", `secret "churn" not found`)})}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonPodsNotReady, `the model container cannot start (CreateContainerConfigError): secret "churn" not found`, true},
		},
		"NoRoom": {
			"An autoscaler of nodes may help yet.",
			[]corev1.Pod{{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "0/2 nodes are available: 2 Insufficient cpu.",
			}}}}}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonUnschedulable, "no node takes a pod: 0/2 nodes are available: 2 Insufficient cpu.", false},
		},
		"Evicted": {
			"A volume over its limit ends the pod.",
			[]corev1.Pod{{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "Usage of EmptyDir volume \"model\" exceeds the limit \"2Gi\"."}}}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonPodsNotReady, `a pod failed (Evicted): Usage of EmptyDir volume "model" exceeds the limit "2Gi".`, true},
		},
		"JustCreated": {
			"Nothing is known yet.",
			[]corev1.Pod{{}}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonPodsNotReady, "a pod waits for its node to start it", false},
		},
		"WorstFirst": {
			"A crash matters more than a pod that is still loading, and ready pods have no trouble.",
			[]corev1.Pod{
				readyPod,
				pod(corev1.ContainerStatus{State: running()}, notYet),
				pod(fetched, corev1.ContainerStatus{State: ended(1, "Error", "boom")}),
			}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonContainerCrashing, "the model container exited with code 1: boom", true},
		},
		"EvictedAndReplaced": {
			"A pod that failed stays in the list for long; what counts is the one that takes its place.",
			[]corev1.Pod{
				{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "disk pressure"}},
				pod(corev1.ContainerStatus{State: running()}, notYet),
			}, appsv1.DeploymentStatus{},
			trouble{v1alpha1.ReasonModelLoading, "fetching the model", false},
		},
		"GoingAway": {
			"A pod that is being deleted is nobody's concern.",
			[]corev1.Pod{func() corev1.Pod {
				p := pod(fetched, corev1.ContainerStatus{State: ended(1, "Error", "boom")})
				p.DeletionTimestamp = new(metav1.Now())
				return p
			}()}, appsv1.DeploymentStatus{Replicas: 2, ReadyReplicas: 1},
			trouble{v1alpha1.ReasonPodsNotReady, "1 of 2 pods ready", false},
		},
		"Forbidden": {
			"A namespace may refuse the pods.",
			nil, appsv1.DeploymentStatus{Conditions: []appsv1.DeploymentCondition{{
				Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Message: `pods "x" is forbidden: exceeded quota`,
			}}},
			trouble{v1alpha1.ReasonPodsNotReady, `pods cannot be created: pods "x" is forbidden: exceeded quota`, true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := diagnose(&appsv1.Deployment{Status: tc.deployment}, tc.pods); got != tc.want {
				t.Errorf("%s\ngot  %+v\nwant %+v", tc.reason, got, tc.want)
			}
		})
	}
}

func TestLastWordsFitALine(t *testing.T) {
	long := pod(fetched, corev1.ContainerStatus{State: ended(1, "Error", strings.Repeat("x", 4096))})
	got := diagnose(&appsv1.Deployment{}, []corev1.Pod{long})
	if len(got.message) > maxVariantMessageBytes || strings.Contains(got.message, "\n") {
		t.Errorf("a message of %d bytes: %q", len(got.message), got.message)
	}
}
