package endpoint

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// Reasons for which the kubelet lets a container wait.
var (
	imageReasons  = []string{"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ErrImageInspect"}
	configReasons = []string{"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)

// podTrouble says why one pod is not ready.
func podTrouble(pod *corev1.Pod) trouble {
	if pod.Status.Phase == corev1.PodFailed {
		return trouble{v1alpha1.ReasonPodsNotReady, fmt.Sprintf("a pod failed (%s): %s", orUnknown(pod.Status.Reason), line(pod.Status.Message)), true}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable {
			return trouble{v1alpha1.ReasonUnschedulable, "no node takes a pod: " + line(condition.Message), false}
		}
	}
	if found := containerOf(pod.Status.InitContainerStatuses, naming.ContainerFetch); found != nil && !succeeded(found) {
		return fetchTrouble(found)
	}
	if found := containerOf(pod.Status.ContainerStatuses, naming.ContainerModel); found != nil {
		return modelTrouble(found)
	}
	return trouble{v1alpha1.ReasonPodsNotReady, "a pod waits for its node to start it", false}
}

func fetchTrouble(c *corev1.ContainerStatus) trouble {
	if found := startTrouble(c, "the init container"); found != nil {
		return *found
	}
	if died := death(c); died != nil {
		return trouble{v1alpha1.ReasonModelFetchFailed, "fetching the model failed: " + lastWords(died), true}
	}
	return trouble{v1alpha1.ReasonModelLoading, "fetching the model", false}
}

func modelTrouble(c *corev1.ContainerStatus) trouble {
	if found := startTrouble(c, "the model container"); found != nil {
		return *found
	}
	died := death(c)
	switch {
	case died != nil && died.Reason == "OOMKilled":
		return trouble{v1alpha1.ReasonContainerCrashing, "the model container ran out of memory (OOMKilled): raise resources.limits.memory; its last words: " + lastWords(died), true}
	case died != nil:
		return trouble{v1alpha1.ReasonContainerCrashing, fmt.Sprintf("the model container exited with code %d: %s", died.ExitCode, lastWords(died)), true}
	case c.State.Running != nil:
		return trouble{v1alpha1.ReasonModelLoading, "the model container runs and does not answer GET /ping yet", false}
	default:
		return trouble{v1alpha1.ReasonPodsNotReady, "the model container is about to start", false}
	}
}

// startTrouble says why the kubelet cannot start a container, or nothing.
func startTrouble(c *corev1.ContainerStatus, which string) *trouble {
	waiting := c.State.Waiting
	switch {
	case waiting == nil:
		return nil
	case slices.Contains(imageReasons, waiting.Reason):
		return &trouble{v1alpha1.ReasonImagePullFailed, fmt.Sprintf("the image %s of %s cannot be pulled (%s): %s", c.Image, which, waiting.Reason, line(waiting.Message)), true}
	case slices.Contains(configReasons, waiting.Reason):
		return &trouble{v1alpha1.ReasonPodsNotReady, fmt.Sprintf("%s cannot start (%s): %s", which, waiting.Reason, line(waiting.Message)), true}
	default:
		return nil
	}
}

// death is how a container ended that should not have: now, or the last time.
func death(c *corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if c.State.Terminated != nil {
		return c.State.Terminated
	}
	return c.LastTerminationState.Terminated
}

// lastWords is the last line that a container left: its termination message, or
// the end of its log, where a stack trace has the error itself.
func lastWords(died *corev1.ContainerStateTerminated) string {
	lines := strings.Split(strings.TrimSpace(died.Message), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return fmt.Sprintf("it left no message (exit code %d, %s)", died.ExitCode, orUnknown(died.Reason))
}

// line puts a message on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

func orUnknown(reason string) string {
	if reason == "" {
		return "no reason given"
	}
	return reason
}

func succeeded(c *corev1.ContainerStatus) bool {
	return c.State.Terminated != nil && c.State.Terminated.ExitCode == 0
}

func containerOf(statuses []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	for i := range statuses {
		if statuses[i].Name == name {
			return &statuses[i]
		}
	}
	return nil
}
