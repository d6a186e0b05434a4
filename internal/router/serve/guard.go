package serve

import (
	"sync/atomic"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/table"
	"landfall.dev/landfall/internal/traffic"
)

// guard holds an epoch's breaker. What it took out stays out until the traffic
// has another revision: only the operator puts a target back.
type guard struct {
	watch   atomic.Pointer[watch]
	tripped atomic.Pointer[string]
}

// watch is a breaker and the rollout it was made for.
type watch struct {
	target, reference string
	breaker           *traffic.Breaker
}

// configure follows the route's rollout. A breaker that watches the same
// rollout is kept, with all it has seen.
func (g *guard) configure(r *table.Route) {
	current := g.watch.Load()
	switch {
	case r.Breaker == nil:
		g.watch.Store(nil)
	case current == nil || current.target != r.Breaker.Target || current.reference != r.Breaker.Reference:
		g.watch.Store(&watch{
			target: r.Breaker.Target, reference: r.Breaker.Reference, breaker: traffic.NewBreaker(*r.Breaker),
		})
	}
}

// isTripped says whether variant was taken out of the traffic.
func (g *guard) isTripped(variant string) bool {
	tripped := g.tripped.Load()
	return tripped != nil && *tripped == variant
}

// observe shows the breaker an answer. It returns the trip that this answer
// caused, once.
func (g *guard) observe(variant string, sample measure.Sample, copied bool) *evidence.Trip {
	w := g.watch.Load()
	if w == nil || sample.Outcome == exchange.Cancelled {
		return nil
	}
	trip := w.breaker.Observe(traffic.Answer{
		Variant: variant, Mirror: copied, Failed: sample.Outcome == exchange.ServiceError,
		Latency: sample.Latency, Time: sample.End,
	})
	if trip != nil {
		g.tripped.Store(&trip.Variant)
	}
	return trip
}
