package traffic

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

func (m *move) start() {
	m.rollout = m.newRollout(m.live, m.target())
	message := m.tell(v1alpha1.ReasonRolloutStarted, false, "moving the traffic from %s to %s: %s", m.live, m.target(), m.settings.words())
	m.holdf(lookAtOnce, "%s", message)
}

// newRollout is a rollout that has not moved anything yet.
func (m *move) newRollout(from, to string) *v1alpha1.RolloutStatus {
	return &v1alpha1.RolloutStatus{
		ID: RolloutID(to, m.in.TargetHash[to], m.settings.attempt), From: from, To: to,
		Stage:          v1alpha1.StagePreparing,
		Steps:          int32(len(m.settings.steps)),
		StartTime:      metav1.NewTime(m.in.Now),
		StageStartTime: metav1.NewMicroTime(m.in.Now),
	}
}

// words tells the way ahead: `shadow 100%, then 1%, 10%, 50%, 100%`.
func (s settings) words() string {
	weights := make([]string, 0, len(s.steps))
	for _, step := range s.steps {
		weights = append(weights, percentOf(step.weight))
	}
	way := strings.Join(weights, ", ")
	if s.shadow != nil {
		return "shadow " + percentOf(s.shadow.mirror) + ", then " + way
	}
	return way + ", without a shadow"
}

func percentOf(points int32) string { return v1alpha1.FormatBasisPoints(int64(points)) + "%" }

// place tells where the rollout stands.
func (m *move) place() string {
	r := m.rollout
	if r.Stage != v1alpha1.StageShifting {
		return string(r.Stage)
	}
	return fmt.Sprintf("step %d of %d, %s of the traffic on %s", r.Step, r.Steps, percentOf(Weight(m.traffic, r.To)), r.To)
}

// end closes the rollout. The traffic is the caller's matter.
func (m *move) end(stage v1alpha1.RolloutStage, message string) {
	now := metav1.NewTime(m.in.Now)
	m.rollout.Stage, m.rollout.EndTime = stage, &now
	m.rollout.StageStartTime = metav1.NewMicroTime(m.in.Now)
	m.rollout.Paused = ""
	m.rollout.Message, m.message = message, message
}

func (m *move) rolledBack(cause string) {
	message := m.tell(v1alpha1.ReasonRolledBack, true, "%s; %s has all the traffic again. To try again, change %s or raise spec.rollout.attempt", cause, m.live, m.rollout.To)
	m.end(v1alpha1.StageRolledBack, message)
}

// returnTraffic gives everything back to the variant it came from. It does not
// when that would move requests from a variant that can take them to one that
// cannot; it says so and is tried again at the next look.
func (m *move) returnTraffic() bool {
	to := m.rollout.To
	if Weight(m.traffic, to) > 0 && !m.ready(m.live) && m.ready(to) {
		m.holdf(lookRunning, "the traffic should go back to %s, but %s: it stays on %s until then", m.live, m.whyNotReady(m.live), to)
		return false
	}
	m.traffic = allTo(m.live)
	return true
}

func (m *move) stayPaused() {
	if m.rollout.Stage != v1alpha1.StagePreparing {
		m.rollout.Gates = m.trial().judge()
		m.countPairs()
	}
	m.holdf(lookWaiting, "paused at %s: %s", m.place(), m.rollout.Paused)
}

// resume goes on from where the rollout stood, judged afresh: the figures from
// before and during the pause may be what it was paused for.
func (m *move) resume() {
	m.rollout.Paused = ""
	m.rollout.StageStartTime = metav1.NewMicroTime(m.in.Now)
	m.restart = m.rollout.Stage != v1alpha1.StagePreparing
	m.holdf(lookAtOnce, "%s", m.tell(v1alpha1.ReasonResumed, false, "resumed at %s, to be judged afresh", m.place()))
}

func (m *move) prepare() {
	m.rollout.Stage, m.rollout.Step, m.rollout.Steps = v1alpha1.StagePreparing, 0, int32(len(m.settings.steps))
	if m.corrected(0, 0) {
		return
	}
	m.rollout.Gates = m.trial().judgeOnly(GateReady)
	if waits := m.firstWait(targetReady, routersFollow, referenceKnown); waits != "" {
		m.holdf(lookRunning, "preparing: %s", waits)
		return
	}
	m.advance()
}

func (m *move) shadow() {
	m.rollout.Step, m.rollout.Steps = 0, int32(len(m.settings.steps))
	if m.settings.shadow == nil {
		m.rollout.Stage = v1alpha1.StagePreparing
		m.prepare()
		return
	}
	if m.corrected(0, m.settings.shadow.mirror) {
		return
	}
	m.prove("shadowing")
}

func (m *move) shift() {
	weight := Weight(m.traffic, m.rollout.To)
	if weight <= 0 {
		m.rollout.Stage = v1alpha1.StagePreparing
		m.prepare()
		return
	}
	m.rollout.Step, m.rollout.Steps = int32(m.settings.stepsReached(weight)), int32(len(m.settings.steps))
	if m.corrected(weight, m.mirror()) {
		return
	}
	m.prove(m.place())
}

// mirror is the share of requests to copy while from answers any.
func (m *move) mirror() int32 {
	if m.settings.shadow == nil {
		return 0
	}
	return m.settings.shadow.mirror
}

// corrected puts the traffic right when it is not what the stage asks for, as
// after a change of spec.rollout.shadow. The target's weight never rises here.
func (m *move) corrected(weight, mirror int32) bool {
	want := between(m.live, m.rollout.To, min(weight, max(Weight(m.traffic, m.rollout.To), 0)), mirror)
	if sameTraffic(m.traffic, want) {
		return false
	}
	m.traffic = want
	m.rollout.StageStartTime = metav1.NewMicroTime(m.in.Now)
	m.holdf(lookAtOnce, "%s: the traffic becomes %s", m.rollout.Stage, Words(want))
	return true
}

// prove judges the stage: a regression fails it, anything missing holds it, and
// only a full set of proofs lets it go on.
func (m *move) prove(place string) {
	m.rollout.Gates = m.trial().judge()
	m.countPairs()
	if gate := regressed(m.rollout.Gates); gate != nil {
		m.fail(gate)
		return
	}
	if waits := m.firstWait(targetReady, routersFollow, gatesEquivalent, heldLongEnough); waits != "" {
		m.holdf(m.nextBeat(), "%s: %s", place, waits)
		return
	}
	m.advance()
}

func (m *move) fail(gate *v1alpha1.GateStatus) {
	cause := fmt.Sprintf("gate %s regressed at %s: %s", gate.Name, m.place(), gate.Message)
	if m.settings.pauseOnFailed {
		m.rollout.Paused = cause
		m.tell(v1alpha1.ReasonPaused, true, "%s; paused, as spec.rollout.onFailure is Pause", cause)
		m.holdf(lookWaiting, "paused: %s", cause)
		return
	}
	if m.returnTraffic() {
		m.rolledBack(cause)
	}
}

// advance makes the one next move of a stage that is proved.
func (m *move) advance() {
	m.keepFigures()
	weight := Weight(m.traffic, m.rollout.To)
	switch next := m.settings.stepsReached(weight); {
	case m.rollout.Stage == v1alpha1.StagePreparing && m.settings.shadow != nil:
		m.enter(v1alpha1.StageShadowing, 0, m.settings.shadow.mirror)
		m.message = m.tell(v1alpha1.ReasonShadowing, false, "%s gets copies of %s of the requests", m.rollout.To, percentOf(m.settings.shadow.mirror))
	case next < len(m.settings.steps):
		m.rollout.Step = int32(next) + 1
		m.enter(v1alpha1.StageShifting, m.settings.steps[next].weight, m.mirror())
		m.message = m.tell(v1alpha1.ReasonShifting, false, "%s gets %s of the traffic, step %d of %d", m.rollout.To, percentOf(m.settings.steps[next].weight), next+1, len(m.settings.steps))
	default:
		m.promote()
	}
	m.rollout.Message = m.message
}

func (m *move) enter(stage v1alpha1.RolloutStage, weight, mirror int32) {
	m.rollout.Stage = stage
	m.rollout.StageStartTime = metav1.NewMicroTime(m.in.Now)
	m.traffic = between(m.live, m.rollout.To, weight, mirror)
	m.nextLook = lookRunning
}

func (m *move) promote() {
	from, to := m.rollout.From, m.rollout.To
	m.live, m.traffic = to, allTo(to)
	m.previous = &v1alpha1.PreviousVariant{Name: from, ContentHash: m.in.TargetHash[from]}
	took := m.in.Now.Sub(m.rollout.StartTime.Time).Round(time.Second)
	m.end(v1alpha1.StagePromoted, m.tell(v1alpha1.ReasonPromoted, false, "%s is live after %s; setting spec.live to %s goes back at once", to, took, from))
}

// countPairs counts the pairs compared so far. A router that restarts forgets
// its part; the count stays where it was then.
func (m *move) countPairs() {
	earlier, pairs := m.earlier(), m.pairs()
	m.rollout.ComparedRequests = max(m.rollout.ComparedRequests, earlier.ComparedRequests+pairs.Compared)
	m.rollout.EqualRequests = max(m.rollout.EqualRequests, earlier.EqualRequests+pairs.Equal)
}

func (m *move) earlier() v1alpha1.EarlierFigures {
	if m.rollout.Earlier == nil {
		return v1alpha1.EarlierFigures{}
	}
	return *m.rollout.Earlier
}

// pairs is what was compared under the current revision.
func (m *move) pairs() evidence.Comparison {
	if m.in.Evidence.Revision != m.in.Status.TrafficRevision {
		return evidence.Comparison{}
	}
	return m.in.Evidence.Comparison(m.rollout.From, m.rollout.To)
}

// keepFigures saves what the routers are about to forget.
func (m *move) keepFigures() {
	earlier, pairs, t := m.earlier(), m.pairs(), m.trial()
	earlier.ComparedRequests += pairs.Compared
	earlier.EqualRequests += pairs.Equal
	if reference, ok := t.measuredReference(); ok {
		earlier.ReferenceRequests = reference.requests
		earlier.ReferenceErrors = reference.failed
		earlier.ReferenceLatencyPercentile = m.settings.gates.percentile
		earlier.ReferenceLatencyMicroseconds = reference.latency.Microseconds()
	}
	if earlier != (v1alpha1.EarlierFigures{}) {
		m.rollout.Earlier = &earlier
	}
}
