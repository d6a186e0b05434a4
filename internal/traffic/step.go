package traffic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

// How soon Step wants to be asked again.
const (
	// lookAtOnce follows a decision that the next one builds on.
	lookAtOnce = 100 * time.Millisecond
	// lookRunning is the beat of a rollout that gathers evidence.
	lookRunning = time.Second
	// lookWaiting is the beat while nothing but a person or a pod can help.
	lookWaiting = 5 * time.Second
)

// MaxEvidenceAge is how old a router's report may be to be judged on.
const MaxEvidenceAge = 10 * time.Second

// PausedBySpec is status.rollout.paused while spec.rollout.state is Paused.
// Any other text there names the gate that failed under onFailure: Pause.
const PausedBySpec = "spec.rollout.state is Paused"

// Input is everything a decision rests on. Step changes nothing in it.
type Input struct {
	// Spec says where the traffic should end.
	Spec *v1alpha1.EndpointSpec
	// Status is the Endpoint's status as last written.
	Status v1alpha1.EndpointStatus
	// Ready tells of each variant whether it can take requests. A variant
	// that is missing cannot.
	Ready map[string]Readiness
	// TargetHash holds a hash of each variant's content, its Model's spec
	// included: another hash is another rollout. Missing or empty means that
	// the content is not known, which holds everything.
	TargetHash map[string]string
	// Evidence is what routers measured under Status.TrafficRevision.
	Evidence evidence.Merged
	// RoutersExpected is the number of routers that take requests.
	RoutersExpected int
	// Now is the time of the decision.
	Now time.Time
}

// Readiness tells whether a variant can take requests.
type Readiness struct {
	Ready bool
	// Message says in one line how it stands.
	Message string
}

// Output is a decision: the parts of the status that Step owns.
type Output struct {
	// Live is the new status.live.
	Live string
	// Previous is the new status.previous.
	Previous *v1alpha1.PreviousVariant
	// Traffic is the new status.traffic. Its weights add up to 10000.
	Traffic []v1alpha1.VariantTraffic
	// TrafficChanged asks for status.trafficRevision to be raised by one:
	// the traffic differs, or its figures must start afresh.
	TrafficChanged bool
	// Rollout is the new status.rollout.
	Rollout *v1alpha1.RolloutStatus
	// Transitions are what happened, in order, for events.
	Transitions []Transition
	// Message says in one line where the Endpoint's traffic stands.
	Message string
	// NextLook is how soon to ask again though nothing changed; 0 is never.
	NextLook time.Duration
}

// Transition is one thing that happened to a rollout.
type Transition struct {
	// Reason is one of the API's Reason constants.
	Reason string
	// Warning marks what a person should look at.
	Warning bool
	// Message tells it in one line, with figures.
	Message string
}

// Step decides what the traffic and the rollout should be now. The same input
// always gives the same output. It makes at most one move at a time, so that
// every move is seen, written and measured by itself.
func Step(in Input) Output {
	m := newMove(in)
	for _, r := range rules {
		if r.decide(m) {
			break
		}
	}
	return m.output()
}

// RolloutID identifies the rollout towards a variant: another content of the
// variant or another attempt is another rollout. It reads `cluster-1f2e3d4c5b`.
func RolloutID(to, contentHash string, attempt int32) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", to, contentHash, attempt))
	return to + "-" + hex.EncodeToString(sum[:5])
}

// move is a decision in the making.
type move struct {
	in          Input
	settings    settings
	settingsErr error

	live        string
	previous    *v1alpha1.PreviousVariant
	traffic     []v1alpha1.VariantTraffic
	rollout     *v1alpha1.RolloutStatus
	restart     bool
	transitions []Transition
	message     string
	nextLook    time.Duration
}

func newMove(in Input) *move {
	m := &move{
		in:       in,
		live:     in.Status.Live,
		previous: in.Status.Previous.DeepCopy(),
		traffic:  append([]v1alpha1.VariantTraffic(nil), in.Status.Traffic...),
		rollout:  in.Status.Rollout.DeepCopy(),
	}
	if in.Spec != nil {
		m.settings, m.settingsErr = newSettings(in.Spec.Rollout)
	}
	return m
}

func (m *move) output() Output {
	return Output{
		Live:           m.live,
		Previous:       m.previous,
		Traffic:        m.traffic,
		TrafficChanged: m.restart || !sameTraffic(m.in.Status.Traffic, m.traffic),
		Rollout:        m.rollout,
		Transitions:    m.transitions,
		Message:        m.message,
		NextLook:       m.nextLook,
	}
}

// inProgress says that a rollout is in hand.
func (m *move) inProgress() bool { return m.rollout != nil && !m.rollout.Stage.Ended() }

// target is the variant that should end up with the traffic.
func (m *move) target() string { return m.in.Spec.Live }

// targetID identifies the rollout that the spec asks for; false when the
// target's content is not known.
func (m *move) targetID() (string, bool) {
	hash := m.in.TargetHash[m.target()]
	return RolloutID(m.target(), hash, m.settings.attempt), hash != ""
}

func (m *move) ready(variant string) bool { return m.in.Ready[variant].Ready }

// whyNotReady tells how a variant that is not ready stands.
func (m *move) whyNotReady(variant string) string {
	if message := m.in.Ready[variant].Message; message != "" {
		return fmt.Sprintf("%s is not ready: %s", variant, message)
	}
	return variant + " is not ready"
}

func (m *move) tell(reason string, warning bool, format string, args ...any) string {
	message := fmt.Sprintf(format, args...)
	m.transitions = append(m.transitions, Transition{Reason: reason, Warning: warning, Message: message})
	return message
}

// holdf leaves everything where it is and says why.
func (m *move) holdf(nextLook time.Duration, format string, args ...any) {
	m.message = fmt.Sprintf(format, args...)
	m.nextLook = nextLook
	if m.inProgress() {
		m.rollout.Message = m.message
	}
}
