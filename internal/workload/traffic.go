package workload

import "landfall.dev/landfall/internal/inventory"

// traffic sums what CloudWatch says over an endpoint's production variants, or
// over its components where the variants have no figures. The busiest minutes
// of several need not fall together, so their sum is an upper bound. It is nil
// without any figures.
func traffic(e *inventory.Endpoint) *inventory.Traffic {
	var variants, components []*inventory.Traffic
	for i := range e.Variants {
		variants = append(variants, e.Variants[i].Traffic)
	}
	for i := range e.Components {
		components = append(components, e.Components[i].Traffic)
	}
	if total := sum(variants); total != nil {
		return total
	}
	return sum(components)
}

func sum(list []*inventory.Traffic) *inventory.Traffic {
	var total *inventory.Traffic
	for _, t := range list {
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
	total.ModelErrorShare = weigh(a.ModelErrorShare, b.ModelErrorShare)
	total.ColdStarts = mergeColdStarts(a.ColdStarts, b.ColdStarts)
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
	mean := meanLatency(*x, float64(a.Requests), *y, float64(b.Requests))
	return &mean
}

func meanLatency(x inventory.Latency, weightX float64, y inventory.Latency, weightY float64) inventory.Latency {
	return inventory.Latency{
		P50: weighted(x.P50, weightX, y.P50, weightY), P95: weighted(x.P95, weightX, y.P95, weightY),
		P99: weighted(x.P99, weightX, y.P99, weightY),
	}
}

func mergeColdStarts(a, b *inventory.ColdStarts) *inventory.ColdStarts {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	return &inventory.ColdStarts{
		Count:             a.Count + b.Count,
		SetupMilliseconds: meanLatency(a.SetupMilliseconds, float64(a.Count), b.SetupMilliseconds, float64(b.Count)),
	}
}

// weighted is the mean of two values by their weights, 0 without any.
func weighted(x, weightX, y, weightY float64) float64 {
	if weightX+weightY == 0 {
		return 0
	}
	return rounded((x*weightX + y*weightY) / (weightX + weightY))
}
