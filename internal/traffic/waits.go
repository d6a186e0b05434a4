package traffic

import (
	"fmt"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
)

// A wait says in words what is missing for a rollout to go on, or "".
type wait func(*move) string

// firstWait returns what the first of the waits that is missing something says.
func (m *move) firstWait(waits ...wait) string {
	for _, w := range waits {
		if missing := w(m); missing != "" {
			return missing
		}
	}
	return ""
}

func targetReady(m *move) string {
	if m.ready(m.rollout.To) {
		return ""
	}
	return m.whyNotReady(m.rollout.To)
}

// routersFollow: what some routers do is no proof of what all of them do.
func routersFollow(m *move) string {
	e, revision := m.in.Evidence, m.in.Status.TrafficRevision
	age := m.in.Now.Sub(e.OldestTime)
	switch {
	case m.in.RoutersExpected <= 0:
		return "no router is running"
	case e.Revision != revision || e.Applied < m.in.RoutersExpected:
		return fmt.Sprintf("%d of %d routers report that they follow revision %d of the traffic", appliedAt(m), m.in.RoutersExpected, revision)
	case age.Abs() > MaxEvidenceAge:
		return fmt.Sprintf("a router's evidence is %s old; %s is the most it may be", age.Round(time.Second), MaxEvidenceAge)
	}
	return ""
}

func appliedAt(m *move) int {
	if m.in.Evidence.Revision != m.in.Status.TrafficRevision {
		return 0
	}
	return m.in.Evidence.Applied
}

// referenceKnown: a first step of 100 % without a shadow leaves nothing to
// compare with afterwards, so the reference must be measured before it.
func referenceKnown(m *move) string {
	if m.settings.shadow != nil || m.settings.steps[0].weight != v1alpha1.FullBasisPoints {
		return ""
	}
	t := m.trial()
	if _, ok := t.measuredReference(); ok {
		return ""
	}
	return fmt.Sprintf("%s has answered %d of the %d requests needed as a reference before it loses all of them", m.rollout.From, t.reference.Requests, t.referenceNeeded())
}

func gatesEquivalent(m *move) string {
	for _, gate := range m.rollout.Gates {
		if gate.Verdict != v1alpha1.VerdictEquivalent {
			return fmt.Sprintf("gate %s: %s", gate.Name, gate.Message)
		}
	}
	return ""
}

func heldLongEnough(m *move) string {
	left := m.holdLeft()
	if left <= 0 {
		return ""
	}
	return fmt.Sprintf("every gate holds; %s to go", left.Round(time.Second))
}

// holdLeft is how much of the step's hold is still to come.
func (m *move) holdLeft() time.Duration {
	if m.rollout.Stage != v1alpha1.StageShifting {
		return 0
	}
	hold := m.settings.stepAt(Weight(m.traffic, m.rollout.To)).hold
	return hold - m.in.Now.Sub(m.rollout.StageStartTime.Time)
}

// nextBeat is how soon a running stage is worth another look: at the end of its
// hold when that comes first.
func (m *move) nextBeat() time.Duration {
	if left := m.holdLeft(); left > 0 {
		return min(lookRunning, max(left, lookAtOnce))
	}
	return lookRunning
}
