package verify

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"landfall.dev/landfall/internal/desired/trial"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

func podWith(state corev1.ContainerState) pod {
	return pod{&corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: naming.ContainerModel, State: state}}}}}
}

func ended(code int32, reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}}
}

func TestWhyAPodIsNeverReady(t *testing.T) {
	for name, c := range map[string]struct {
		state   corev1.ContainerState
		why, do string
	}{
		"no image": {
			corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "not found"}},
			"the container model does not start: ImagePullBackOff: not found", "check the image's name",
		},
		"still pulling":  {corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}, "", ""},
		"runs":           {corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, "", ""},
		"out of memory":  {ended(137, reasonOOM, ""), "exit code 137, OOMKilled", "raise the memory limit"},
		"read-only":      {ended(1, "Error", "OSError: [Errno 30] Read-only file system: '/app/x'"), "Read-only file system", "WritableRootFilesystem"},
		"not root":       {ended(1, "Error", "PermissionError: Permission denied"), "Permission denied", "needs: [Root]"},
		"ended for good": {ended(0, "Completed", ""), "exit code 0", "kubectl logs"},
	} {
		t.Run(name, func(t *testing.T) {
			reason, is := isStuck(podWith(c.state).check())
			if is != (c.why != "") {
				t.Fatalf("reason %+v; want %q", reason, c.why)
			}
			if is && (!strings.Contains(reason.why, c.why) || !strings.Contains(reason.do, c.do)) {
				t.Errorf("reason %+v; want %q and %q", reason, c.why, c.do)
			}
		})
	}
}

func testRun(t *testing.T, objects ...*corev1.Pod) *run {
	t.Helper()
	cluster := fake.NewClientset()
	for _, p := range objects {
		if _, err := cluster.CoreV1().Pods("team-a").Create(t.Context(), p, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return &run{cluster: cluster, trial: trial.Trial{Suffix: "x", Namespace: "team-a"}, found: core.Run{Skipped: map[core.StepName]core.Reason{}}}
}

// deleteOnceWatched deletes a pod when somebody watches it. The fake forgets
// what happens before a watch, where a real API server goes on from the
// version that was read.
func deleteOnceWatched(t *testing.T, cluster *fake.Clientset, name string) {
	t.Helper()
	cluster.PrependWatchReactor("pods", func(action clienttesting.Action) (bool, watch.Interface, error) {
		pods, namespace := action.GetResource(), action.GetNamespace()
		watcher, err := cluster.Tracker().Watch(pods, namespace)
		if err == nil {
			err = cluster.Tracker().Delete(pods, namespace, name)
		}
		return true, watcher, err
	})
}

func TestFollowSeesAPodToItsEnd(t *testing.T) {
	r := testRun(t, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "team-a"}})
	deleteOnceWatched(t, r.cluster.(*fake.Clientset), "p")
	last, err := r.follow(t.Context(), "p", func(pod) (bool, error) { return false, nil })
	if err != nil || last.Pod == nil || last.Name != "p" {
		t.Errorf("last = %v, error %v", last.Pod, err)
	}
	if last, err = r.follow(t.Context(), "p", nil); err != nil || last.Pod != nil {
		t.Errorf("a pod that is gone gives %v, %v", last.Pod, err)
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	r := testRun(t, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "team-a"}})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.follow(ctx, "p", func(pod) (bool, error) { cancel(); return false, nil })
	if err == nil {
		t.Error("it ended without an error")
	}
}

func TestPullSeconds(t *testing.T) {
	for message, want := range map[string]float64{
		`Successfully pulled image "a/b:1" in 1.5s (2.5s including waiting). Image size: 9 bytes.`: 1.5,
		`Successfully pulled image "a/b:1" in 1m2.25s (1m3s including waiting).`:                   62.25,
		`Successfully pulled image "a/b:1" in 350ms (350ms including waiting).`:                    0.35,
		`Container image "a/b:1" already present on machine`:                                       0,
	} {
		r := testRun(t)
		_, err := r.cluster.CoreV1().Events("team-a").Create(t.Context(), &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "team-a"}, Message: message, Reason: "Pulled",
			InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "p", FieldPath: "spec.containers{model}"},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.pullSeconds(t.Context(), "p"); got == nil || *got != want {
			t.Errorf("%q: %v, want %g", message, got, want)
		}
	}
	if got := testRun(t).pullSeconds(t.Context(), "p"); got != nil {
		t.Errorf("without an event: %g", *got)
	}
}

func TestOutcomeWithoutAModel(t *testing.T) {
	begin := metav1.NewTime(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: begin}}
	ready := podWith(running)
	ready.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(begin.Add(3 * time.Second))}}
	for name, c := range map[string]struct {
		last pod
		want *core.MissingFigures
	}{
		"exits": {podWith(ended(3, "Error", "no model")), &core.MissingFigures{Outcome: core.Exits, ExitCode: 3, TellsWhy: true}},
		"ready": {ready, &core.MissingFigures{Outcome: core.ClaimsHealth, Seconds: 3}},
		"hangs": {podWith(running), &core.MissingFigures{Outcome: core.Hangs, Seconds: 30}},
		"never": {podWith(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}), nil},
		"gone":  {pod{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := testRun(t)
			got := r.outcome(c.last, 30*time.Second, core.StepMissingModel)
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("outcome = %+v, want %+v", got, c.want)
			}
			if _, told := r.found.Skipped[core.StepMissingModel]; told != (c.want == nil) {
				t.Error("a step without figures must say why, and no other")
			}
		})
	}
}

func TestCPUSinceTheSampleBefore(t *testing.T) {
	begin := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	u := &usage{}
	first := core.Sample{At: begin, CPUMillis: unknownCPU}
	u.since(&first, new(uint64(5_000_000_000)))
	second := core.Sample{At: begin.Add(10 * time.Second), CPUMillis: unknownCPU}
	u.since(&second, new(uint64(10_000_000_000)))
	restarted := core.Sample{At: begin.Add(20 * time.Second), CPUMillis: unknownCPU}
	u.since(&restarted, new(uint64(1)))
	if first.CPUMillis != unknownCPU || second.CPUMillis != 500 || second.WindowSeconds != 10 || restarted.CPUMillis != unknownCPU {
		t.Errorf("samples = %+v, %+v, %+v; want 500m over 10 s in the second alone", first, second, restarted)
	}
}

// The kubelet stops what never answers; that is no crash.
func TestAModelThatIsTooSlowIsNotToldToHaveCrashed(t *testing.T) {
	begin := metav1.NewTime(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	for ran, want := range map[time.Duration]string{
		16 * time.Second: "did not answer GET /ping within 15s of its start, and was stopped (exit code 137): loading",
		3 * time.Second:  "the container model ended: exit code 137: loading",
	} {
		p := podWith(ended(137, "Error", "loading"))
		p.Spec.Containers = []corev1.Container{{Name: naming.ContainerModel, StartupProbe: &corev1.Probe{FailureThreshold: 15, PeriodSeconds: 1}}}
		terminated := p.ended()
		terminated.StartedAt, terminated.FinishedAt = begin, metav1.NewTime(begin.Add(ran))
		reason, is := isStuck(p.check())
		if !is || !strings.Contains(reason.why, want) || (ran > 15*time.Second) != strings.Contains(reason.do, "startupTimeoutSeconds") {
			t.Errorf("after %s: %+v; want %q", ran, reason, want)
		}
	}
}
