package endpoint

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// announce tells of what this reconcile changed, once its status is written: as
// events and in metrics.
func (r *Reconciler) announce(s *scope) {
	r.Metrics.observe(s.read, s.endpoint)
	for _, transition := range s.decision.Transitions {
		if transition.Warning {
			r.Events.Warning(s.endpoint, transition.Reason, transition.Message)
			continue
		}
		r.Events.Normal(s.endpoint, transition.Reason, transition.Message)
	}
	if found := s.endpoint.Status.Findings; len(found) > 0 && !slices.Equal(found, s.read.Status.Findings) {
		r.Events.Warning(s.endpoint, v1alpha1.ReasonHardeningReduced, strings.Join(found, "; "))
	}
	if len(s.decision.Transitions) == 0 {
		r.announceCondition(s)
	}
}

// announceCondition tells of a new reason of the condition Ready. What moves
// within a reason is not worth an event: the status has it.
func (r *Reconciler) announceCondition(s *scope) {
	before := meta.FindStatusCondition(s.read.Status.Conditions, v1alpha1.ConditionReady)
	after := meta.FindStatusCondition(s.endpoint.Status.Conditions, v1alpha1.ConditionReady)
	if after == nil || before != nil && before.Reason == after.Reason && before.Status == after.Status {
		return
	}
	if after.Status == metav1.ConditionFalse {
		r.Events.Warning(s.endpoint, after.Reason, after.Message)
		return
	}
	r.Events.Normal(s.endpoint, after.Reason, after.Message)
}
