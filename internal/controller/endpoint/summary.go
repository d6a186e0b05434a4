package endpoint

import (
	"fmt"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/status"
	"landfall.dev/landfall/internal/traffic"
)

// summarise writes the conditions. The first that applies says it all, the most
// urgent first.
func (s *scope) summarise() {
	status.SetConditions(&s.endpoint.Status.Conditions, s.endpoint.Generation, s.summary())
}

func (s *scope) summary() status.Summary {
	for _, opinion := range []func() *status.Summary{
		s.fatalSummary, s.problemSummary, s.brokenSummary, s.rolloutSummary, s.endedSummary, s.failedSummary, s.waitingSummary,
	} {
		if summary := opinion(); summary != nil {
			return *summary
		}
	}
	return status.Summary{State: status.Done, Reason: v1alpha1.ReasonReady, Message: "the traffic is where it should be: " + s.endpoint.Status.Split}
}

func (s *scope) fatalSummary() *status.Summary {
	if s.fatal == nil {
		return nil
	}
	return &status.Summary{State: status.Stalled, Reason: s.fatal.Reason, Message: s.fatal.Message}
}

func (s *scope) problemSummary() *status.Summary {
	for _, v := range s.variants {
		if v.problem != nil {
			return &status.Summary{State: status.Stalled, Reason: v.problem.Reason, Message: v.problem.Message}
		}
	}
	return nil
}

// brokenSummary reports pods that will hardly recover by themselves.
func (s *scope) brokenSummary() *status.Summary {
	for _, v := range s.variants {
		if !v.observed.ready && v.observed.broken {
			return &status.Summary{State: status.Stalled, Reason: v.observed.reason, Message: v.says()}
		}
	}
	return nil
}

func (s *scope) rolloutSummary() *status.Summary {
	rollout := s.endpoint.Status.Rollout
	if rollout == nil || rollout.Stage.Ended() {
		return nil
	}
	way := fmt.Sprintf("rollout from %s to %s", rollout.From, rollout.To)
	if rollout.Paused != "" {
		return &status.Summary{
			State: status.Stalled, Reason: v1alpha1.ReasonPaused,
			Message: fmt.Sprintf("the %s is paused: %s", way, rollout.Paused),
		}
	}
	if s.asked && s.routers.Expected == 0 {
		return &status.Summary{
			State: status.Degraded, Reason: v1alpha1.ReasonRoutersMissing,
			Message: "the " + way + " waits: no router is running, so nothing can be measured",
		}
	}
	summary := &status.Summary{State: status.Progressing}
	switch rollout.Stage {
	case v1alpha1.StageShadowing:
		summary.Reason = v1alpha1.ReasonShadowing
		summary.Message = way + ": copies of requests are being compared"
	case v1alpha1.StageShifting:
		summary.Reason = v1alpha1.ReasonShifting
		summary.Message = fmt.Sprintf("%s: step %d of %d, %s", way, rollout.Step, rollout.Steps, s.endpoint.Status.Split)
	default:
		summary.Reason = v1alpha1.ReasonProgressing
		summary.Message = way + ": preparing"
		if v := s.find(rollout.To); v != nil && !v.observed.ready {
			summary.Reason, summary.Message = v.observed.reason, fmt.Sprintf("%s: %s", way, v.says())
		}
	}
	return summary
}

// endedSummary reports a rollout that did not get where the spec wants it.
func (s *scope) endedSummary() *status.Summary {
	st := &s.endpoint.Status
	if st.Rollout == nil || st.Live == s.endpoint.Spec.Live {
		return nil
	}
	switch st.Rollout.Stage {
	case v1alpha1.StageRolledBack:
		return &status.Summary{State: status.Stalled, Reason: v1alpha1.ReasonRolledBack, Message: st.Rollout.Message}
	case v1alpha1.StageAborted:
		return &status.Summary{State: status.Stalled, Reason: v1alpha1.ReasonAborted, Message: st.Rollout.Message}
	default:
		return &status.Summary{State: status.Progressing, Reason: v1alpha1.ReasonProgressing, Message: s.decision.Message}
	}
}

// failedSummary reports children that are not what the spec says, for reasons
// that may pass. The traffic may well be where it should be.
func (s *scope) failedSummary() *status.Summary {
	if len(s.failed) == 0 {
		return nil
	}
	return &status.Summary{State: status.Progressing, Reason: v1alpha1.ReasonProgressing, Message: line(s.failed[0].Error()) + "; trying again"}
}

// waitingSummary reports variants that are on their way up.
func (s *scope) waitingSummary() *status.Summary {
	for _, v := range s.variants {
		if v.observed.ready {
			continue
		}
		state := status.Progressing
		if traffic.Weight(s.endpoint.Status.Traffic, v.spec.Name) > 0 {
			state = status.Degraded
		}
		return &status.Summary{State: state, Reason: v.observed.reason, Message: v.says()}
	}
	if s.endpoint.Status.Live != s.endpoint.Spec.Live {
		return &status.Summary{State: status.Progressing, Reason: v1alpha1.ReasonProgressing, Message: s.decision.Message}
	}
	return nil
}

func (v *variant) says() string {
	return fmt.Sprintf("variant %s: %s", v.spec.Name, v.observed.message)
}
