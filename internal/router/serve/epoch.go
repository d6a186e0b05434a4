package serve

import (
	"math/rand/v2"
	"sync/atomic"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/mirror"
	"landfall.dev/landfall/internal/router/table"
	"landfall.dev/landfall/internal/traffic"
)

// epoch is one Endpoint under one revision of its traffic: the state that must
// start afresh with each revision.
type epoch struct {
	server  *Server
	key     table.Key
	figures *measure.Epoch

	draws, mirrorDraws atomic.Uint64
	plan               atomic.Pointer[plan]
	guard              guard
}

// plan is what an epoch does with requests.
type plan struct {
	split     traffic.Split
	lanes     []lane
	agreement *agreement
}

// lane is where copies go, and what share of requests is copied.
type lane struct {
	*mirror.Lane
	basisPoints int
}

func newEpoch(s *Server, key table.Key, figures *measure.Epoch) *epoch {
	e := &epoch{server: s, key: key, figures: figures}
	e.plan.Store(&plan{})
	// Routers that start together must not walk through the split in step.
	e.draws.Store(rand.Uint64N(traffic.Cycle))       //nolint:gosec // spreads load, guards nothing
	e.mirrorDraws.Store(rand.Uint64N(traffic.Cycle)) //nolint:gosec // as above
	return e
}

// adopt takes a compiled route of the epoch's revision. What it says about
// traffic cannot change within a revision; gates can.
func (e *epoch) adopt(r *table.Route) {
	old := e.plan.Load()
	next := &plan{split: r.Split, agreement: old.agreement}
	if next.agreement == nil || next.agreement.gate != r.Agreement {
		var err error
		if next.agreement, err = newAgreement(r.Agreement); err != nil {
			e.server.Log.Warn("the tolerances of an Endpoint cannot be read; comparing without any",
				"namespace", r.Namespace, "endpoint", r.Name, "error", err)
		}
	}
	kept := map[string]*mirror.Lane{}
	for _, known := range old.lanes {
		kept[known.Candidate()] = known.Lane
	}
	for _, share := range r.Traffic {
		if share.MirrorBasisPoints <= 0 {
			continue
		}
		l := kept[share.Name]
		if l == nil {
			arm := latest{server: e.server, key: e.key, variant: share.Name}
			l = e.server.Mirror.NewLane(share.Name, arm, e.compare, e)
		}
		delete(kept, share.Name)
		next.lanes = append(next.lanes, lane{Lane: l, basisPoints: int(share.MirrorBasisPoints)})
	}
	e.guard.configure(r)
	e.plan.Store(next)
	for _, gone := range kept {
		gone.Close()
	}
}

func (e *epoch) close() {
	for _, l := range e.plan.Load().lanes {
		l.Close()
	}
}

// pick returns the variant whose turn it is.
func (e *epoch) pick() (string, bool) {
	return e.plan.Load().split.Pick(traffic.Draw(e.draws.Add(1)))
}

func (e *epoch) isTripped(variant string) bool { return e.guard.isTripped(variant) }

// live counts an answer to a caller, and lets the breaker see it.
func (e *epoch) live(variant string, sample measure.Sample) {
	e.figures.Live(variant, sample)
	e.trip(e.guard.observe(variant, sample, false))
}

// trip takes a variant out of the traffic, once.
func (e *epoch) trip(trip *evidence.Trip) {
	if trip == nil {
		return
	}
	e.figures.Tripped(*trip)
	e.server.Log.Error("took a variant out of the traffic", "namespace", e.key.Namespace,
		"endpoint", e.key.Endpoint, "variant", trip.Variant, "reason", trip.Reason, "message", trip.Message,
		"firstBadTime", trip.FirstBadTime)
}

// begin prepares the copies of a request that reference answers.
func (e *epoch) begin(reference string, request *exchange.Request) []*mirror.Copy {
	lanes := e.plan.Load().lanes
	if len(lanes) == 0 || request.Header[exchange.SessionID] != "" {
		// A copy would open or change a session behind the caller's back.
		return nil
	}
	var copies []*mirror.Copy
	// Only requests that could be copied are counted, so that the sample does
	// not follow the pattern of the split.
	at := -1
	for _, l := range lanes {
		if l.Candidate() == reference || e.isTripped(l.Candidate()) {
			continue
		}
		if at < 0 {
			at = traffic.Draw(e.mirrorDraws.Add(1))
		}
		if at >= l.basisPoints {
			continue
		}
		if prepared := l.Begin(reference, request); prepared != nil {
			copies = append(copies, prepared)
		}
	}
	return copies
}

// Copied implements mirror.Sink.
func (e *epoch) Copied(reference, candidate string, sizeBytes int64, dropped bool) {
	e.figures.Copied(reference, candidate, sizeBytes, dropped)
}

// Mirrored implements mirror.Sink.
func (e *epoch) Mirrored(candidate string, sample measure.Sample) {
	e.figures.Mirrored(candidate, sample)
	e.trip(e.guard.observe(candidate, sample, true))
}

// Compared implements mirror.Sink.
func (e *epoch) Compared(reference, candidate string, verdict measure.Verdict, example evidence.Example) {
	e.figures.Compared(reference, candidate, verdict, example)
}
