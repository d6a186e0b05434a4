package measure

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
)

// Epoch holds the figures of one Endpoint under one revision of its traffic. It
// is safe for concurrent use. Figures that arrive after the revision has ended
// count in the metrics but are no longer reported.
type Epoch struct {
	identity Identity
	since    time.Time
	metrics  *metrics

	mu       sync.Mutex
	variants map[string]*meter
	pairs    map[pair]*comparison
	trips    []evidence.Trip
}

type pair struct{ reference, candidate string }

// meter is one variant's figures.
type meter struct {
	live, mirror counter
}

type comparison struct {
	evidence.Comparison
	metrics pairMetrics
}

// counter counts outcomes for the report and for the metrics.
type counter struct {
	evidence.Outcomes
	metrics outcomeMetrics
}

// Sample is one answer, or the lack of one.
type Sample struct {
	// Outcome classes it. Cancelled samples count in the metrics alone: they
	// say nothing about the variant.
	Outcome exchange.Outcome
	// Latency is the time to the full answer.
	Latency time.Duration
	// End is when it ended.
	End time.Time
}

// Live counts an answer to a caller.
func (e *Epoch) Live(variant string, sample Sample) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.meter(variant).live.add(sample)
}

// Mirrored counts an answer to a copy.
func (e *Epoch) Mirrored(variant string, sample Sample) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.meter(variant).mirror.add(sample)
}

func (e *Epoch) meter(variant string) *meter {
	m := e.variants[variant]
	if m == nil {
		if e.variants == nil {
			e.variants = map[string]*meter{}
		}
		m = &meter{
			live:   counter{metrics: e.metrics.live(e.identity, variant)},
			mirror: counter{metrics: e.metrics.mirror(e.identity, variant)},
		}
		e.variants[variant] = m
	}
	return m
}

func (c *counter) add(sample Sample) {
	c.metrics.observe(sample)
	if sample.Outcome == exchange.Cancelled {
		return
	}
	c.Requests++
	end := sample.End
	if c.LastTime == nil || end.After(*c.LastTime) {
		c.LastTime = &end
	}
	switch sample.Outcome {
	case exchange.ServiceError:
		c.Errors++
		if c.FirstErrorTime == nil || end.Before(*c.FirstErrorTime) {
			c.FirstErrorTime = &end
		}
		return
	case exchange.CallerError:
		c.CallerErrors++
	case exchange.OK, exchange.Cancelled:
	}
	c.LatencySeconds.Add(sample.Latency.Seconds())
}

// Verdict is what came of comparing a pair of answers.
type Verdict uint8

// The verdicts.
const (
	Equal Verdict = iota
	Different
	Opaque
	ReferenceFailed
)

// Compared counts a pair of answers. The example is kept when the pair differs
// and is among the worst.
func (e *Epoch) Compared(reference, candidate string, verdict Verdict, example evidence.Example) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.comparison(reference, candidate)
	c.metrics.verdicts[verdict].Inc()
	switch verdict {
	case Equal:
		c.Compared++
		c.Equal++
	case Different:
		c.Compared++
		c.Different++
		c.keep(example)
	case Opaque:
		c.Opaque++
	case ReferenceFailed:
		c.ReferenceFailed++
	}
}

func (c *comparison) keep(example evidence.Example) {
	at, _ := slices.BinarySearchFunc(c.Examples, example, evidence.CompareExamples)
	if at == evidence.MaxExamples {
		return
	}
	c.Examples = slices.Insert(c.Examples, at, example)
	c.Examples = c.Examples[:min(len(c.Examples), evidence.MaxExamples)]
}

// Copied counts a copy that was sent to candidate, or dropped because the
// mirror's budget was spent.
func (e *Epoch) Copied(reference, candidate string, sizeBytes int64, dropped bool) {
	bucket := evidence.BucketOf(sizeBytes)
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.comparison(reference, candidate)
	counts := &c.Sent
	if dropped {
		counts = &c.Dropped
		e.metrics.mirrorDropped.WithLabelValues(e.identity.Namespace, e.identity.Name, candidate, string(bucket)).Inc()
	}
	if *counts == nil {
		*counts = map[evidence.SizeBucket]int64{}
	}
	(*counts)[bucket]++
}

func (e *Epoch) comparison(reference, candidate string) *comparison {
	key := pair{reference, candidate}
	c := e.pairs[key]
	if c == nil {
		if e.pairs == nil {
			e.pairs = map[pair]*comparison{}
		}
		c = &comparison{
			Comparison: evidence.Comparison{Reference: reference, Candidate: candidate},
			metrics:    e.metrics.pair(e.identity, candidate),
		}
		e.pairs[key] = c
	}
	return c
}

// Tripped records that the router took a variant out of the traffic.
func (e *Epoch) Tripped(trip evidence.Trip) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trips = append(e.trips, trip)
	e.metrics.trips.WithLabelValues(e.identity.Namespace, e.identity.Name, trip.Variant).Inc()
}

// Retried counts a request that was tried on another pod of a variant.
func (e *Epoch) Retried(variant string, reason exchange.Reason) {
	e.metrics.retries.WithLabelValues(e.identity.Namespace, e.identity.Name, variant, reason.String()).Inc()
}

// FellBack counts a request that the live variant answered in the place of
// variant.
func (e *Epoch) FellBack(variant string, reason exchange.Reason) {
	e.metrics.fallbacks.WithLabelValues(e.identity.Namespace, e.identity.Name, variant, reason.String()).Inc()
}

func (e *Epoch) report() evidence.EndpointReport {
	e.mu.Lock()
	defer e.mu.Unlock()
	report := evidence.EndpointReport{
		Namespace: e.identity.Namespace, Name: e.identity.Name, UID: e.identity.UID,
		TrafficRevision: e.identity.Revision, Since: e.since, Trips: slices.Clone(e.trips),
	}
	for _, name := range slices.Sorted(maps.Keys(e.variants)) {
		m := e.variants[name]
		report.Variants = append(report.Variants, evidence.VariantReport{
			Name: name, Live: m.live.snapshot(), Mirror: m.mirror.snapshot(),
		})
	}
	for _, c := range e.pairs {
		copied := c.Comparison
		copied.Dropped, copied.Sent = maps.Clone(c.Dropped), maps.Clone(c.Sent)
		copied.Examples = slices.Clone(c.Examples)
		report.Comparisons = append(report.Comparisons, copied)
	}
	slices.SortFunc(report.Comparisons, func(a, b evidence.Comparison) int {
		return cmp.Or(cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Candidate, b.Candidate))
	})
	return report
}

func (c *counter) snapshot() evidence.Outcomes {
	outcomes := c.Outcomes
	outcomes.LatencySeconds = c.LatencySeconds.Clone()
	return outcomes
}
