package workload

import "landfall.dev/landfall/internal/inventory"

// traffic sums what CloudWatch says over an endpoint's production variants.
// The busiest minutes of several variants need not fall together, so their sum
// is an upper bound. It is nil where no variant has figures.
func traffic(e *inventory.Endpoint) *inventory.Traffic {
	var total *inventory.Traffic
	for i := range e.Variants {
		t := e.Variants[i].Traffic
		switch {
		case t == nil:
		case total == nil:
			first := *t
			total = &first
		default:
			merged := merge(*total, *t)
			total = &merged
		}
	}
	return total
}

func merge(a, b inventory.Traffic) inventory.Traffic {
	total := inventory.Traffic{
		Requests:              a.Requests + b.Requests,
		RequestsPerDay:        a.RequestsPerDay + b.RequestsPerDay,
		PeakRequestsPerMinute: a.PeakRequestsPerMinute + b.PeakRequestsPerMinute,
		HourOfWeek:            mergeHours(a.HourOfWeek, b.HourOfWeek),
		LatencyMilliseconds:   mergeLatency(a, b),
	}
	weigh := func(x, y float64) float64 { return weighted(x, float64(a.Requests), y, float64(b.Requests)) }
	total.ClientErrorShare = weigh(a.ClientErrorShare, b.ClientErrorShare)
	total.ServerErrorShare = weigh(a.ServerErrorShare, b.ServerErrorShare)
	return total
}

// mergeHours adds the hours of a week; figures of one variant only stay.
func mergeHours(a, b []float64) []float64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	sum := append([]float64(nil), a...)
	for i := range b {
		sum[i] += b[i]
	}
	return sum
}

func mergeLatency(a, b inventory.Traffic) *inventory.Latency {
	x, y := a.LatencyMilliseconds, b.LatencyMilliseconds
	if x == nil || y == nil {
		if x == nil {
			return y
		}
		return x
	}
	weigh := func(p, q float64) float64 { return weighted(p, float64(a.Requests), q, float64(b.Requests)) }
	return &inventory.Latency{P50: weigh(x.P50, y.P50), P95: weigh(x.P95, y.P95), P99: weigh(x.P99, y.P99)}
}

// weighted is the mean of two values by their weights, 0 without any.
func weighted(x, weightX, y, weightY float64) float64 {
	if weightX+weightY == 0 {
		return 0
	}
	return rounded((x*weightX + y*weightY) / (weightX + weightY))
}
