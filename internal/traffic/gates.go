package traffic

import (
	"fmt"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

// Names of the gates in status.rollout.gates.
const (
	GateReady     = "Ready"
	GateTrip      = "Trip"
	GateErrors    = "Errors"
	GateLatency   = "Latency"
	GateAgreement = "Agreement"
)

// gate is one thing a target must hold to go on.
type gate struct {
	name string
	// applies says whether the gate is judged in the stage at hand.
	applies func(*trial) bool
	// judge gives the verdict and the figures behind it. It looks at what was
	// measured alone: whether enough routers reported is asked elsewhere.
	judge func(*trial) (v1alpha1.GateVerdict, string)
}

// gates are judged in this order; the first that regressed is the cause named.
var gates = []gate{
	{GateTrip, always, judgeTrip},
	{GateReady, always, judgeReady},
	{GateErrors, always, judgeErrors},
	{GateLatency, always, judgeLatency},
	{GateAgreement, func(t *trial) bool { return t.mirrored }, judgeAgreement},
}

func always(*trial) bool { return true }

// trial is what the gates judge: a target against a reference.
type trial struct {
	settings gateSettings
	from, to string
	// minRequests is how many requests the stage asks the target to answer.
	minRequests int64
	// unusable says why the evidence cannot be judged; empty means it can.
	unusable  string
	readiness Readiness
	trip      *evidence.Trip
	// target and reference are answers under the current revision.
	target, reference evidence.Outcomes
	// mirrored says that the target gets copies; pairs is what came of them.
	mirrored bool
	pairs    evidence.Comparison
	earlier  v1alpha1.EarlierFigures
}

// trial gathers what the gates judge in the stage at hand: in the shadow the
// target's answers to copies, afterwards its answers to callers, and always the
// reference's answers to callers.
func (m *move) trial() *trial {
	r := m.rollout
	t := &trial{
		settings: m.settings.gates, from: r.From, to: r.To,
		readiness: m.in.Ready[r.To], trip: m.tripOf(r.To), earlier: m.earlier(),
		unusable: m.unusableEvidence(),
	}
	for _, v := range m.in.Status.Traffic {
		t.mirrored = t.mirrored || (v.Name == r.To && v.MirrorBasisPoints > 0)
	}
	shadowing := r.Stage == v1alpha1.StageShadowing && m.settings.shadow != nil
	if m.in.Evidence.Revision == m.in.Status.TrafficRevision {
		target := m.in.Evidence.Variants[r.To]
		t.target, t.reference, t.pairs = target.Live, m.in.Evidence.Variants[r.From].Live, m.pairs()
		if shadowing {
			t.target = target.Mirror
		}
	}
	if shadowing {
		t.minRequests = m.settings.shadow.minRequests
		return t
	}
	weight := Weight(m.in.Status.Traffic, r.To)
	if weight <= 0 && len(m.settings.steps) > 0 {
		weight = m.settings.steps[0].weight
	}
	t.minRequests = m.settings.stepAt(weight).minRequests
	return t
}

// unusableEvidence says why nothing can be concluded from the evidence, not
// even that the target is bad. Reports of some routers are enough for that.
func (m *move) unusableEvidence() string {
	e := m.in.Evidence
	switch {
	case e.Revision != m.in.Status.TrafficRevision || e.Applied == 0:
		return fmt.Sprintf("no router has reported under revision %d of the traffic", m.in.Status.TrafficRevision)
	case m.in.Now.Sub(e.NewestTime).Abs() > MaxEvidenceAge:
		return fmt.Sprintf("the newest evidence is %s old; %s is the most it may be", m.in.Now.Sub(e.NewestTime).Round(time.Second), MaxEvidenceAge)
	}
	return ""
}

// tripOf returns the variant's trip under the current revision, or nil. A trip
// counts however old its report is: the router acted on it.
func (m *move) tripOf(variant string) *evidence.Trip {
	if m.in.Evidence.Revision != m.in.Status.TrafficRevision {
		return nil
	}
	return m.in.Evidence.Trip(variant)
}

func (t *trial) judge() []v1alpha1.GateStatus {
	verdicts := make([]v1alpha1.GateStatus, 0, len(gates))
	for _, g := range gates {
		if !g.applies(t) {
			continue
		}
		verdict, message := g.judge(t)
		verdicts = append(verdicts, v1alpha1.GateStatus{Name: g.name, Verdict: verdict, Message: message})
	}
	return verdicts
}

// judgeOnly judges the gate of that name alone.
func (t *trial) judgeOnly(name string) []v1alpha1.GateStatus {
	for _, g := range gates {
		if g.name == name {
			verdict, message := g.judge(t)
			return []v1alpha1.GateStatus{{Name: name, Verdict: verdict, Message: message}}
		}
	}
	return nil
}

// regressed returns the first gate that regressed, or nil.
func regressed(verdicts []v1alpha1.GateStatus) *v1alpha1.GateStatus {
	for i := range verdicts {
		if verdicts[i].Verdict == v1alpha1.VerdictRegressed {
			return &verdicts[i]
		}
	}
	return nil
}

func judgeReady(t *trial) (v1alpha1.GateVerdict, string) {
	if t.readiness.Ready {
		return v1alpha1.VerdictEquivalent, orWords(t.readiness.Message, t.to+" is ready")
	}
	return v1alpha1.VerdictNotEnoughEvidence, orWords(t.readiness.Message, t.to+" is not ready")
}

func orWords(words, fallback string) string {
	if words == "" {
		return fallback
	}
	return words
}

func judgeTrip(t *trial) (v1alpha1.GateVerdict, string) {
	if t.trip != nil {
		return v1alpha1.VerdictRegressed, t.trip.Message
	}
	return v1alpha1.VerdictEquivalent, "no router took " + t.to + " out"
}

// reference is what the target is measured against.
type reference struct {
	requests, failed int64
	latency          time.Duration
	latencies        int64
	// words tell when it was measured, with a leading space; empty means now.
	words string
}

// referenceNeeded is how many answers make a reference: as many as are asked of
// the target, but no more than make up one percentile.
func (t *trial) referenceNeeded() int64 {
	return min(t.minRequests, defaultStepRequests)
}

// latenciesNeeded is how many answers a percentile takes to be one: with fewer
// than 100, the p99 is no more than the slowest.
func (t *trial) latenciesNeeded() int64 {
	return max(10, int64(100/(100-t.settings.percentile)))
}

// measuredReference is the reference under the current revision, when it
// answered enough for both the share of failures and the percentile.
func (t *trial) measuredReference() (reference, bool) {
	o := t.reference
	if o.Requests < t.referenceNeeded() || o.LatencySeconds.Count() < t.latenciesNeeded() {
		return reference{}, false
	}
	return reference{requests: o.Requests, failed: o.Errors, latency: t.quantile(o.LatencySeconds), latencies: o.LatencySeconds.Count()}, true
}

// errorReference is the reference for failures: the current revision's where it
// is enough, else the last stage's that was.
func (t *trial) errorReference() (reference, bool) {
	if t.reference.Requests >= t.referenceNeeded() {
		return reference{requests: t.reference.Requests, failed: t.reference.Errors}, true
	}
	return reference{requests: t.earlier.ReferenceRequests, failed: t.earlier.ReferenceErrors, words: " earlier"},
		t.earlier.ReferenceRequests >= t.referenceNeeded() && t.earlier.ReferenceRequests > 0
}

// latencyReference is the reference for latency, chosen in the same way.
func (t *trial) latencyReference() (reference, bool) {
	if n := t.reference.LatencySeconds.Count(); n >= t.latenciesNeeded() {
		return reference{latency: t.quantile(t.reference.LatencySeconds), latencies: n}, true
	}
	e := t.earlier
	n := e.ReferenceRequests - e.ReferenceErrors
	return reference{latency: time.Duration(e.ReferenceLatencyMicroseconds) * time.Microsecond, latencies: n, words: " earlier"},
		e.ReferenceLatencyPercentile == t.settings.percentile && n >= t.latenciesNeeded()
}

func (t *trial) quantile(s evidence.Sketch) time.Duration {
	seconds, _ := s.Quantile(float64(t.settings.percentile) / 100)
	return time.Duration(seconds * float64(time.Second))
}
