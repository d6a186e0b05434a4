package status

import (
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// State is how an object stands, in kstatus' terms.
type State int

// The states of an object.
const (
	// Done: what the spec asks for is there. kstatus: Current.
	Done State = iota
	// Progressing: the controller is at work and all is well. kstatus: InProgress.
	Progressing
	// Degraded: the controller is at work, and something does not work yet or
	// no longer. kstatus: InProgress.
	Degraded
	// Stalled: nothing moves until someone acts. kstatus: Failed.
	Stalled
)

// Summary is what an object's conditions say.
type Summary struct {
	State State
	// Reason is one of the API's reasons.
	Reason string
	// Message says in one line what is going on and, where someone has to
	// act, what to do. It holds no time and no counter that moves by itself.
	Message string
}

// maxMessageBytes keeps a condition readable in a table; the API's own limit
// is 32 KiB.
const maxMessageBytes = 1024

// SetConditions writes the summary as the conditions Ready, Reconciling and
// Stalled. Reconciling and Stalled are there only while they are true, as
// kstatus recommends. A transition time changes only with its condition's status.
func SetConditions(conditions *[]metav1.Condition, generation int64, s Summary) {
	ready := map[State]metav1.ConditionStatus{
		Done:        metav1.ConditionTrue,
		Progressing: metav1.ConditionUnknown,
		Degraded:    metav1.ConditionFalse,
		Stalled:     metav1.ConditionFalse,
	}[s.State]
	set := func(conditionType string, status metav1.ConditionStatus) {
		meta.SetStatusCondition(conditions, metav1.Condition{
			Type: conditionType, Status: status, ObservedGeneration: generation,
			Reason: s.Reason, Message: Truncate(s.Message, maxMessageBytes),
		})
	}
	set(v1alpha1.ConditionReady, ready)
	setOrRemove := func(conditionType string, present bool) {
		if present {
			set(conditionType, metav1.ConditionTrue)
			return
		}
		meta.RemoveStatusCondition(conditions, conditionType)
	}
	setOrRemove(v1alpha1.ConditionReconciling, s.State == Progressing || s.State == Degraded)
	setOrRemove(v1alpha1.ConditionStalled, s.State == Stalled)
}

// Truncate cuts a text to at most so many bytes, between characters, and shows
// that it did.
func Truncate(text string, maxBytes int) string {
	const mark = "…"
	if len(text) <= maxBytes {
		return text
	}
	cut := max(0, maxBytes-len(mark))
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
