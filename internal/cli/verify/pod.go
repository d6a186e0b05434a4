package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// pod is a pod as it was last seen.
type pod struct{ *corev1.Pod }

// create makes a pod of the run.
func (r *run) create(ctx context.Context, wanted *corev1.Pod) error {
	var err error
	until := time.Now()
	if slices.ContainsFunc(r.made, func(m made) bool { return m.kind == "pod" }) {
		until = until.Add(quotaPatience)
	}
	for {
		err = r.createOnce(ctx, wanted)
		if !overQuota(err) || !time.Now().Before(until) || !pause(ctx, quotaPeriod) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("cannot create the pod %s: %w", wanted.Name, err)
	}
	return nil
}

// createOnce makes a pod. Where an answer was lost, it may be there already.
func (r *run) createOnce(ctx context.Context, wanted *corev1.Pod) error {
	lost := false
	return r.patiently(ctx, func() error {
		_, err := r.cluster.CoreV1().Pods(r.trial.Namespace).Create(ctx, wanted, createOptions)
		r.rememberUnless(err, "pod", wanted.Name)
		if lost && apierrors.IsAlreadyExists(err) {
			return nil
		}
		lost = lost || err != nil
		return err
	})
}

// A quota counts a pod until the controllers have heard of its end, so that the
// run's next pod may come too early. Its first has nothing to wait for.
const (
	quotaPatience = time.Minute
	quotaPeriod   = 2 * time.Second
)

func overQuota(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota")
}

// admissionDenied says that the user may, and the namespace does not take it: a
// quota, limits, Pod Security or a webhook. Of permissions the API server says
// who cannot do what to which resource.
func admissionDenied(err error) bool {
	return apierrors.IsForbidden(err) && !strings.Contains(err.Error(), " cannot ")
}

// pod reads a pod of the run.
func (r *run) pod(ctx context.Context, name string) (pod, error) {
	var current *corev1.Pod
	err := r.patiently(ctx, func() (err error) {
		current, err = r.cluster.CoreV1().Pods(r.trial.Namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
	if err != nil {
		return pod{}, fmt.Errorf("cannot read the pod %s: %w", name, err)
	}
	return pod{current}, nil
}

// follow shows every state of a pod until somebody has seen enough, or the pod
// is gone. It returns the last state.
func (r *run) follow(ctx context.Context, name string, enough func(pod) (bool, error)) (pod, error) {
	var last pod
	for {
		done, err := r.followOnce(ctx, name, &last, enough)
		if done || err != nil {
			return last, err
		}
	}
}

// followOnce lists and watches; a watch that ends is begun again.
func (r *run) followOnce(ctx context.Context, name string, last *pod, enough func(pod) (bool, error)) (bool, error) {
	current, err := r.pod(ctx, name)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	*last = current
	if done, err := enough(*last); done || err != nil {
		return true, err
	}
	var watcher watch.Interface
	err = r.patiently(ctx, func() (err error) {
		watcher, err = r.cluster.CoreV1().Pods(r.trial.Namespace).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name, ResourceVersion: current.ResourceVersion})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("cannot watch the pod %s: %w", name, err)
	}
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case event, open := <-watcher.ResultChan():
			seen, is := event.Object.(*corev1.Pod)
			if !open || !is {
				pause(ctx, apiPeriod) // nobody asks without end who is sent away each time
				return false, ctx.Err()
			}
			*last = pod{seen}
			done, err := enough(*last)
			if done || err != nil || event.Type == watch.Deleted {
				return true, err
			}
		}
	}
}

// container returns a container's status, or an empty one.
func (p pod) container(name string) corev1.ContainerStatus {
	if p.Pod == nil {
		return corev1.ContainerStatus{}
	}
	for _, status := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if status.Name == name {
			return status
		}
	}
	return corev1.ContainerStatus{}
}

func (p pod) condition(kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == kind {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

func (p pod) isReady() bool {
	c := p.condition(corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

// ended returns how the model's container ended, or nil.
func (p pod) ended() *corev1.ContainerStateTerminated {
	return p.container(naming.ContainerModel).State.Terminated
}

// stuck are reasons of the kubelet that do not go away by themselves.
var stuck = []string{"ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}

// stuckError is a pod that will not start.
type stuckError struct {
	why, do string
	// brief is why without the container's own words.
	brief     string
	container string
	// cause is what the model's own words tell.
	cause core.Cause
}

func (e *stuckError) Error() string { return e.why }

// told is why, with the line of the log that tells in place of its last words.
func (e *stuckError) told() string {
	if e.cause.Line == "" {
		return e.why
	}
	return e.brief + "; its log: " + e.cause.Line
}

// short is why, where the line that tells is told beside it.
func (e *stuckError) short() string {
	if e.cause.Line == "" {
		return e.why
	}
	return e.brief
}

// check returns why a pod will never be ready, or nil.
func (p pod) check() error {
	for _, status := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if waiting := status.State.Waiting; waiting != nil && slices.Contains(stuck, waiting.Reason) {
			return &stuckError{
				why: fmt.Sprintf("the container %s does not start: %s: %s", status.Name, waiting.Reason, short(waiting.Message)),
				do:  "check the image's name, its pull secrets, and the Secrets and ConfigMaps that the Model names",
			}
		}
		if ended := status.State.Terminated; ended != nil && (ended.ExitCode != 0 || status.Name == naming.ContainerModel) {
			stuck := &stuckError{why: fmt.Sprintf("the container %s ended: %s", status.Name, endOf(ended)), do: adviceOn(status.Name, ended), container: status.Name}
			stuck.brief = fmt.Sprintf("the container %s ended: %s", status.Name, codeOf(ended))
			if status.Name == naming.ContainerModel && ended.Reason != reasonOOM {
				stuck.cause = causeOf(ended.Message, ended.ExitCode)
				p.outOfTime(stuck, ended)
			}
			return stuck
		}
	}
	if p.Status.Phase == corev1.PodFailed {
		return &stuckError{why: fmt.Sprintf("the pod failed: %s %s", p.Status.Reason, short(p.Status.Message)), do: "see kubectl describe pod: repeat with --keep"}
	}
	return nil
}

// signalled are the exit codes of a container that was told to end: that of a
// server which does, and those of SIGKILL and SIGTERM.
var signalled = []int32{0, 137, 143}

// outOfTime corrects why a container ended that the kubelet stopped: its startup
// probe never passed, and its exit code is that of the signal.
func (p pod) outOfTime(stuck *stuckError, ended *corev1.ContainerStateTerminated) {
	index := slices.IndexFunc(p.Spec.Containers, func(c corev1.Container) bool { return c.Name == naming.ContainerModel })
	if index < 0 || p.Spec.Containers[index].StartupProbe == nil || !slices.Contains(signalled, ended.ExitCode) {
		return
	}
	probe := p.Spec.Containers[index].StartupProbe
	patience := time.Duration(probe.FailureThreshold*max(probe.PeriodSeconds, 1)) * time.Second
	// Times are whole seconds, and the first probe is sent within the first period.
	if ran := ended.FinishedAt.Sub(ended.StartedAt.Time); patience == 0 || ran < patience-time.Second {
		return
	}
	brief := fmt.Sprintf("the container %s did not answer GET /ping within %s of its start, and was stopped (%s)", naming.ContainerModel, patience, codeOf(ended))
	stuck.why, stuck.brief = strings.Replace(stuck.why, stuck.brief, brief, 1), brief
	if stuck.cause.Kind == "" {
		stuck.do = "raise startupTimeoutSeconds in manifests/endpoint.yaml if it needs longer; if not, see its whole log: repeat with --keep, then kubectl logs"
	}
}

// endOf tells how a container ended.
func endOf(e *corev1.ContainerStateTerminated) string {
	text := codeOf(e)
	if e.Message != "" {
		text += ": " + short(e.Message)
	}
	return text
}

func codeOf(e *corev1.ContainerStateTerminated) string {
	if e.Reason != "" && e.Reason != "Error" && e.Reason != "Completed" {
		return fmt.Sprintf("exit code %d, %s", e.ExitCode, e.Reason)
	}
	return fmt.Sprintf("exit code %d", e.ExitCode)
}

// short keeps the end of a message, where the reason usually stands, without
// what looks like a secret.
func short(message string) string {
	const most = 300
	line := masked(strings.Join(strings.Fields(message), " "))
	if len(line) > most {
		line = "…" + strings.ToValidUTF8(line[len(line)-most:], "")
	}
	return line
}

func masked(text string) string {
	text, _ = inventory.MaskText(text)
	return text
}

// causeOf is verify's, without what looks like a secret.
func causeOf(log string, exitCode int32) core.Cause {
	cause := core.CauseOf(log, exitCode)
	cause.Line = masked(cause.Line)
	return cause
}

const reasonOOM = "OOMKilled"

func adviceOn(container string, e *corev1.ContainerStateTerminated) string {
	switch {
	case container == naming.ContainerFetch:
		return "the model's files must be there for the pods: correct spec.artifact of the Model"
	case e.Reason == reasonOOM:
		return "raise the memory limit in the plan"
	}
	return adviceFor(core.CauseOf(e.Message, e.ExitCode))
}

// adviceFor is what helps against a cause.
func adviceFor(cause core.Cause) string {
	do := cause.Do()
	switch {
	case do == "":
		return "see its whole log: repeat with --keep, then kubectl logs"
	case cause.Need != "":
		return fmt.Sprintf("best, %s; or allow it: set spec.container.needs: [%s] in manifests/model.yaml", do, cause.Need)
	}
	return do
}

// lastWords says why nothing happened in time.
func (p pod) lastWords() string {
	if p.Pod == nil {
		return ""
	}
	if c := p.condition(corev1.PodScheduled); c != nil && c.Status == corev1.ConditionFalse {
		return "no node takes it: " + short(c.Message)
	}
	for _, status := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if waiting := status.State.Waiting; waiting != nil {
			return fmt.Sprintf("the container %s waits: %s %s", status.Name, waiting.Reason, short(waiting.Message))
		}
	}
	if len(p.Status.ContainerStatuses) == 0 {
		return "no node runs it yet"
	}
	return "its container runs, and does not answer GET /ping"
}

// isStuck returns the reason in an error's chain.
func isStuck(err error) (*stuckError, bool) {
	var s *stuckError
	return s, errors.As(err, &s)
}
