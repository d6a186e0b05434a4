package traffic

import (
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
)

// rule is one reason to decide something. The first that applies decides
// alone, so the order below is the order of importance: what takes traffic away
// from a failing target comes before what waits, and what waits before what
// goes on.
type rule struct {
	name string
	// decide applies the rule and says whether it did.
	decide func(*move) bool
}

var rules = []rule{
	{"nothing without a spec that names a variant", noTarget},
	{"the first live takes effect when it is ready", firstLive},
	{"a live variant that was removed is replaced", lostLive},
	{"a trip takes the target out", tripped},
	{"live set back ends the rollout", revertedMidway},
	{"a person ends the rollout", abortAsked},
	{"another target ends the rollout", superseded},
	{"traffic rests where it should", settled},
	{"live set back to the variant left last needs no gate", wentBack},
	{"an ended rollout stays ended", alreadyEnded},
	{"a spec that makes no sense holds", invalidSettings},
	{"an unknown target holds", unknownTarget},
	{"another live starts a rollout", started},
	{"a person pauses and resumes", pausedOrResumed},
	{"the stage goes on when it is proved", staged},
}

func noTarget(m *move) bool {
	if m.in.Spec == nil {
		m.holdf(0, "the Endpoint has no spec")
		return true
	}
	if m.in.Spec.FindVariant(m.target()) != nil {
		return false
	}
	m.holdf(0, "spec.live is %q, which is none of the variants", m.target())
	return true
}

func firstLive(m *move) bool {
	if m.live != "" {
		return false
	}
	if !m.ready(m.target()) {
		m.holdf(lookWaiting, "waits for the first variant: %s", m.whyNotReady(m.target()))
		return true
	}
	m.live, m.traffic = m.target(), allTo(m.target())
	m.message = m.tell(v1alpha1.ReasonReady, false, "%s is ready and gets all the traffic", m.target())
	return true
}

// lostLive: the variant the traffic rests on is no longer in the spec, so there
// is nothing left to compare with or to go back to. The target takes over when
// it is ready, unless it is known to be bad.
func lostLive(m *move) bool {
	if m.in.Spec.FindVariant(m.live) != nil {
		return false
	}
	lost, id := m.live, ""
	if known, ok := m.targetID(); ok {
		id = known
	}
	switch {
	case !m.ready(m.target()):
		m.holdf(lookWaiting, "%s, which has the traffic, was removed from the spec, and %s", lost, m.whyNotReady(m.target()))
	case id == "" || m.targetFailed(id):
		m.holdf(lookWaiting, "%s, which has the traffic, was removed from the spec, and %s did not prove itself: put %s back, or raise spec.rollout.attempt", lost, m.target(), lost)
	default:
		m.live, m.traffic, m.previous = m.target(), allTo(m.target()), nil
		m.message = m.tell(v1alpha1.ReasonPromoted, true, "%s, which had the traffic, was removed from the spec: %s takes over without a rollout", lost, m.target())
		if m.inProgress() {
			m.end(v1alpha1.StageAborted, m.message)
		}
	}
	return true
}

// targetFailed says that the rollout of this id ended badly or is about to.
func (m *move) targetFailed(id string) bool {
	r := m.rollout
	if r == nil || r.ID != id {
		return false
	}
	if r.Stage == v1alpha1.StageRolledBack || r.Stage == v1alpha1.StageAborted || m.tripOf(r.To) != nil {
		return true
	}
	return regressed(r.Gates) != nil
}

func tripped(m *move) bool {
	if !m.inProgress() {
		return false
	}
	trip := m.tripOf(m.rollout.To)
	if trip == nil {
		return false
	}
	m.rollout.Gates = m.trial().judge()
	// The routers have moved the traffic already, so it goes back even to a
	// variant that looks unready: staying would mean staying with failures.
	m.traffic = allTo(m.live)
	m.rolledBack(trip.Message)
	return true
}

func revertedMidway(m *move) bool {
	if !m.inProgress() || m.target() != m.live {
		return false
	}
	if !m.returnTraffic() {
		return true
	}
	message := m.tell(v1alpha1.ReasonAborted, false, "spec.live was set back to %s: it has all the traffic again; to try %s again, raise spec.rollout.attempt as well", m.live, m.rollout.To)
	m.end(v1alpha1.StageAborted, message)
	return true
}

func abortAsked(m *move) bool {
	if m.settings.state != v1alpha1.RolloutAborted || !m.inProgress() {
		return false
	}
	if !m.returnTraffic() {
		return true
	}
	message := m.tell(v1alpha1.ReasonAborted, false, "spec.rollout.state is Aborted: %s has all the traffic again; to try again, set it to Running and raise spec.rollout.attempt", m.live)
	m.end(v1alpha1.StageAborted, message)
	return true
}

// superseded ends a rollout whose target, content of the target or attempt is
// no longer the one asked for. What follows is left to the next look.
func superseded(m *move) bool {
	if !m.inProgress() {
		return false
	}
	r := m.rollout
	id, known := m.targetID()
	sameTarget := r.To == m.target() && r.From == m.live
	if sameTarget && (!known || r.ID == id) {
		return false
	}
	if !m.returnTraffic() {
		return true
	}
	message := m.tell(v1alpha1.ReasonAborted, false, "the rollout to %s is replaced by another: %s has all the traffic again", r.To, m.live)
	m.end(v1alpha1.StageAborted, message)
	m.nextLook = lookAtOnce
	return true
}

func settled(m *move) bool {
	if m.target() != m.live {
		return false
	}
	m.traffic = allTo(m.live)
	m.holdf(0, "%s has all the traffic", m.live)
	return true
}

// wentBack: after a promotion the way back stays open without a gate, whatever
// was tried since, as long as the variant is still what it was.
func wentBack(m *move) bool {
	p := m.previous
	if p == nil || p.Name != m.target() || p.ContentHash != m.in.TargetHash[p.Name] {
		return false
	}
	if !m.ready(m.target()) && m.ready(m.live) {
		m.holdf(lookRunning, "spec.live was set back to %s, but %s: the traffic stays on %s until it is", m.target(), m.whyNotReady(m.target()), m.live)
		return true
	}
	left := m.live
	m.live, m.traffic, m.previous = m.target(), allTo(m.target()), nil
	message := m.tell(v1alpha1.ReasonRolledBack, false, "spec.live was set back to %s: it has all the traffic again; to try %s again, raise spec.rollout.attempt as well", m.live, left)
	if r := m.rollout; r == nil || r.Stage != v1alpha1.StagePromoted || r.To != left {
		m.rollout = m.newRollout(m.live, left)
	}
	m.end(v1alpha1.StageRolledBack, message)
	return true
}

func alreadyEnded(m *move) bool {
	if m.rollout == nil || m.inProgress() {
		return false
	}
	id, known := m.targetID()
	if !known || m.rollout.ID != id {
		return false
	}
	m.traffic = allTo(m.live)
	m.holdf(0, "%s", m.rollout.Message)
	return true
}

func invalidSettings(m *move) bool {
	if m.settingsErr == nil {
		return false
	}
	m.holdf(0, "the rollout waits for a valid spec: %s", strings.ReplaceAll(m.settingsErr.Error(), "\n", "; "))
	return true
}

func unknownTarget(m *move) bool {
	if _, known := m.targetID(); known {
		return false
	}
	if why := m.in.Ready[m.target()].Message; why != "" {
		m.holdf(lookWaiting, "the rollout waits: the content of %s is not known: %s", m.target(), why)
		return true
	}
	m.holdf(lookWaiting, "the rollout waits: the content of %s is not known yet", m.target())
	return true
}

func started(m *move) bool {
	if m.inProgress() {
		return false
	}
	m.traffic = allTo(m.live)
	if m.settings.state == v1alpha1.RolloutAborted {
		m.holdf(0, "%s keeps the traffic: spec.rollout.state is Aborted; set it to Running to start the rollout to %s", m.live, m.target())
		return true
	}
	m.start()
	return true
}

func pausedOrResumed(m *move) bool {
	r := m.rollout
	if m.settings.state == v1alpha1.RolloutPaused {
		if r.Paused != PausedBySpec {
			r.Paused = PausedBySpec
			m.tell(v1alpha1.ReasonPaused, false, "paused at %s: %s", m.place(), PausedBySpec)
		}
		m.stayPaused()
		return true
	}
	if r.Paused == PausedBySpec {
		m.resume()
		return true
	}
	if r.Paused != "" {
		m.stayPaused()
		return true
	}
	return false
}

func staged(m *move) bool {
	switch m.rollout.Stage {
	case v1alpha1.StageShadowing:
		m.shadow()
	case v1alpha1.StageShifting:
		m.shift()
	default:
		m.prepare()
	}
	return true
}
