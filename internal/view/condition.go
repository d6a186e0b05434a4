package view

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// Words for states that no condition tells.
const (
	// wordPending: the operator has not looked at the object yet.
	wordPending = "Pending"
	// wordDeleting: the object is on its way out.
	wordDeleting = "Deleting"
)

// judged is what the conditions of an object come to.
type judged struct {
	// ready is True, False or Unknown.
	ready string
	// state is the reason in one word, with its tone.
	state Cell
	// message is the sentence behind the state; empty when all is well.
	message string
}

// judge reads conditions as kstatus does. An object whose spec has not been
// observed yet is pending, whatever its conditions say of an older spec.
func judge(object metav1.ObjectMeta, observedGeneration int64, conditions []metav1.Condition) judged {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	answer := judged{ready: string(metav1.ConditionUnknown)}
	if ready != nil {
		answer.ready = string(ready.Status)
	}
	switch stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled); {
	case object.DeletionTimestamp != nil:
		answer.state = Cell{wordDeleting, Busy}
		answer.message = messageOf(conditions, v1alpha1.ConditionReconciling)
	case ready == nil || observedGeneration < object.Generation:
		answer.state = Cell{wordPending, Busy}
	case stalled != nil && stalled.Status == metav1.ConditionTrue:
		answer.state, answer.message = Cell{orNone(stalled.Reason), Bad}, stalled.Message
	case ready.Status == metav1.ConditionTrue:
		answer.state = Cell{orNone(ready.Reason), readyTone(ready.Reason, conditions)}
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		answer.state, answer.message = Cell{orNone(ready.Reason), Busy}, ready.Message
	default:
		answer.state, answer.message = Cell{orNone(ready.Reason), Bad}, ready.Message
	}
	return answer
}

// readyTone tells apart the ways to be ready: at rest, on the way, or returned.
func readyTone(reason string, conditions []metav1.Condition) Tone {
	switch {
	case reason == v1alpha1.ReasonRolledBack, reason == v1alpha1.ReasonAborted, reason == v1alpha1.ReasonPaused:
		return Warn
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		return Busy
	}
	return Good
}

func messageOf(conditions []metav1.Condition, kind string) string {
	if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
		return condition.Message
	}
	return ""
}
