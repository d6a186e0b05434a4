package traffic

import (
	"fmt"
	"math"
	"sync"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

// The breaker's constants. See Breaker for the rule they belong to.
const (
	// breakerThreshold is the score at which a target loses its traffic:
	// ln(1e7), so that a target which fails as often as is acceptable is
	// tripped with a probability of at most n/1e7 in n answers.
	breakerThreshold = 16.118095650958319
	// leastAcceptable is the share of bad answers that is acceptable however
	// good the reference is.
	leastAcceptable = 0.005
	// slowAcceptable is the share of slow answers that is acceptable: what a
	// p99 leaves above itself.
	slowAcceptable = 0.01
	// leastAlarming is the least share of bad answers that the breaker is
	// tuned to catch; smaller ones are the gates' matter.
	leastAlarming = 0.10
	// slowSlack is how many times the gate's bound an answer must take to
	// count as slow.
	slowSlack = 2
	// baselineNeeded is how many answers of the reference make its share of
	// failures and its latency known.
	baselineNeeded = 50
	// baselinePercentile is the percentile of the reference's latency that
	// slowness is measured against.
	baselinePercentile = 0.99
)

// BreakerConfig says whom a Breaker watches and what is acceptable.
type BreakerConfig struct {
	// Target is watched; Reference is what it is measured against.
	Target, Reference string
	// MaxIncrease is how much larger the target's share of failures may be
	// than the reference's, 0 to 1.
	MaxIncrease float64
	// MaxRatio is how much of the reference's latency the target's may be:
	// 1.1 allows a tenth more.
	MaxRatio float64
	// Tolerance is a difference in latency too small to matter.
	Tolerance time.Duration
	// ReferenceRequests, ReferenceErrors and ReferenceLatency are what is
	// known of the reference from before; 0 requests means nothing. They hold
	// until the reference has answered enough under this breaker's eyes: at
	// 100 % it never does.
	ReferenceRequests, ReferenceErrors int64
	ReferenceLatency                   time.Duration
}

// NewBreakerConfig returns the configuration for the rollout in hand; false
// when there is none, or the spec's gates make no sense. A router makes one
// Breaker per revision of an Endpoint's traffic.
func NewBreakerConfig(spec *v1alpha1.EndpointSpec, status *v1alpha1.EndpointStatus) (BreakerConfig, bool) {
	r := status.Rollout
	if r == nil || r.Stage.Ended() {
		return BreakerConfig{}, false
	}
	gates, err := newGateSettings(spec.Rollout.Gates)
	if err != nil {
		return BreakerConfig{}, false
	}
	c := BreakerConfig{
		Target: r.To, Reference: r.From,
		MaxIncrease: gates.maxIncrease, MaxRatio: gates.maxRatio, Tolerance: gates.tolerance,
	}
	if e := r.Earlier; e != nil {
		c.ReferenceRequests, c.ReferenceErrors = e.ReferenceRequests, e.ReferenceErrors
		c.ReferenceLatency = time.Duration(e.ReferenceLatencyMicroseconds) * time.Microsecond
	}
	return c, true
}

// Answer is one answer of a variant, as a Breaker sees it.
type Answer struct {
	Variant string
	// Mirror marks the answer to a copy.
	Mirror bool
	// Failed marks a failure by the service's fault, as evidence.Outcomes.Errors
	// counts them.
	Failed bool
	// Latency is how long the full answer took.
	Latency time.Duration
	// Time is when it ended.
	Time time.Time
}

// Breaker takes a target out of the traffic by counting its answers to callers,
// within one router and without waiting for anyone. It is safe for concurrent
// use.
//
// The rule is a CUSUM of the likelihood ratio (Page 1954), one for failures and
// one for slow answers. Each bad answer adds ln(p1/p0) to a score, each good one
// adds ln((1-p1)/(1-p0)), which is negative, and the score never falls below 0.
// p0 is the acceptable share of bad answers: for failures the reference's share
// and MaxIncrease, at least 0.5 %; for slow answers 1 %. p1 is the alarming
// share: 10 %, or three times p0. The target trips at a score of ln(1e7).
//
// So a target that only fails trips at the 6th answer, one that fails every
// other time after 6 or 7 failures, one that fails 10 % of the time after about
// 8 failures. Counting answers rather than seconds, it works the same at 1 % of
// the traffic. A target no worse than p0 is tripped within n answers with a
// probability of at most n*1e-7: each answer starts one likelihood ratio, and by
// Ville's inequality each ratio ever reaches 1e7 with a probability of at most
// 1e-7.
//
// An answer is slow when it takes more than twice what the latency gate allows
// against the reference's p99 (twice the larger of p99*MaxRatio and
// p99+Tolerance). Slow answers that overlap in time are often one stall that
// delayed many requests: those begun before the first of them ended add no more
// than half the threshold together, so that slowness trips when it outlasts the
// requests it was first seen on.
type Breaker struct {
	mu     sync.Mutex
	config BreakerConfig

	errors, slowness score

	reference        evidence.Sketch
	requests, failed int64
	baseline         time.Duration
	baselineCount    int64

	trip *evidence.Trip
}

// score is one CUSUM.
type score struct {
	value float64
	// first is when the first of the bad answers in the score ended; bad and
	// seen count the answers since.
	first     time.Time
	bad, seen int64
	// waveEnd is when the first slow answer of the latest wave ended; what
	// was begun before it belongs to the wave. waveCap is the most that the
	// wave may bring the score to.
	waveEnd time.Time
	waveCap float64
}

// NewBreaker returns a Breaker that has seen nothing.
func NewBreaker(config BreakerConfig) *Breaker {
	b := &Breaker{config: config}
	if config.ReferenceRequests-config.ReferenceErrors >= baselineNeeded {
		b.baseline = config.ReferenceLatency
	}
	return b
}

// Observe takes an answer into account. It returns the trip when this answer is
// the one that takes the target out, and nil at any other time. Answers may
// arrive in any order; those of other variants than the two are ignored, and so
// are the target's answers to copies, which no caller saw.
func (b *Breaker) Observe(a Answer) *evidence.Trip {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.trip != nil:
		return nil
	case a.Variant == b.config.Reference:
		b.learn(a)
		return nil
	case a.Variant != b.config.Target || a.Mirror:
		return nil
	}
	b.trip = b.judge(a)
	return b.trip
}

// Trip returns the trip, or nil as long as the target holds.
func (b *Breaker) Trip() *evidence.Trip {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trip
}

// learn measures the reference. The baseline is computed anew at each tenth more
// answers, as a quantile takes a walk over all bins.
func (b *Breaker) learn(a Answer) {
	b.requests++
	if a.Failed {
		b.failed++
		return
	}
	b.reference.Add(a.Latency.Seconds())
	n := b.reference.Count()
	if n < baselineNeeded || n < b.baselineCount+b.baselineCount/10 {
		return
	}
	seconds, _ := b.reference.Quantile(baselinePercentile)
	b.baseline, b.baselineCount = time.Duration(seconds*float64(time.Second)), n
}

func (b *Breaker) judge(a Answer) *evidence.Trip {
	acceptable := b.acceptableErrors()
	if b.errors.add(a, a.Failed, acceptable) {
		return b.tripped("Errors", &b.errors, a, fmt.Sprintf("failed %s since then", countOf(b.errors.bad, b.errors.seen)))
	}
	bound, known := b.slowBound()
	if a.Failed || !known {
		return nil
	}
	if b.slowness.addSlow(a, a.Latency > bound) {
		return b.tripped("Latency", &b.slowness, a, fmt.Sprintf("took more than %s for %s since then, against a p99 of %s of %s", milliseconds(bound), countOf(b.slowness.bad, b.slowness.seen), milliseconds(b.baseline), b.config.Reference))
	}
	return nil
}

func (b *Breaker) tripped(reason string, s *score, a Answer, figures string) *evidence.Trip {
	return &evidence.Trip{
		Variant: b.config.Target, Reason: reason,
		Message:      fmt.Sprintf("%s was taken out %s after the first bad answer: it %s", b.config.Target, milliseconds(max(0, a.Time.Sub(s.first))), figures),
		FirstBadTime: s.first, Time: a.Time,
	}
}

// acceptableErrors is the share of failures that is acceptable.
func (b *Breaker) acceptableErrors() float64 {
	failed, requests := b.failed, b.requests
	if requests < baselineNeeded {
		failed, requests = b.config.ReferenceErrors, b.config.ReferenceRequests
	}
	if requests < baselineNeeded {
		return max(leastAcceptable, b.config.MaxIncrease)
	}
	return max(leastAcceptable, share(failed, requests)+b.config.MaxIncrease)
}

// slowBound is how long an answer may take; false while the reference's latency
// is not known.
func (b *Breaker) slowBound() (time.Duration, bool) {
	if b.baseline <= 0 {
		return 0, false
	}
	byRatio := time.Duration(float64(b.baseline) * max(b.config.MaxRatio, 1))
	return slowSlack * max(byRatio, b.baseline+b.config.Tolerance), true
}

// add takes one answer into the score and says whether it is over the threshold.
func (s *score) add(a Answer, bad bool, acceptable float64) bool {
	acceptable = min(acceptable, 0.9)
	alarming := max(leastAlarming, min(3*acceptable, (1+acceptable)/2))
	if !bad && s.value == 0 {
		return false
	}
	s.seen++
	if !bad {
		s.value += math.Log((1 - alarming) / (1 - acceptable))
		if s.value <= 0 {
			*s = score{}
		}
		return false
	}
	if s.bad == 0 || a.Time.Before(s.first) { // answers may arrive out of order
		s.first = a.Time
	}
	s.bad++
	s.value += math.Log(alarming / acceptable)
	return s.value >= breakerThreshold
}

// addSlow is add for slow answers, which count by waves.
func (s *score) addSlow(a Answer, slow bool) bool {
	if slow && (s.bad == 0 || a.Time.Add(-a.Latency).After(s.waveEnd)) {
		s.waveEnd, s.waveCap = a.Time, s.value+breakerThreshold/2
	}
	s.add(a, slow, slowAcceptable)
	s.value = min(s.value, s.waveCap)
	return slow && s.value >= breakerThreshold
}
