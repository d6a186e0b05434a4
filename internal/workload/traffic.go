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
	mixed := mixedLatency(*x, float64(a.Requests), *y, float64(b.Requests))
	return &mixed
}

// mixedLatency estimates the percentiles of all requests together. They are not
// the means of the percentiles: where one in three requests is slow, so is the
// slowest hundredth.
func mixedLatency(x inventory.Latency, weightX float64, y inventory.Latency, weightY float64) inventory.Latency {
	if weightX+weightY <= 0 {
		return inventory.Latency{}
	}
	quantile := func(share float64) float64 {
		low, high := 0.0, max(x.P50, x.P95, x.P99, y.P50, y.P95, y.P99)
		for range bisections {
			middle := low + (high-low)/2
			if weightX*faster(x, middle)+weightY*faster(y, middle) < share*(weightX+weightY) {
				low = middle
			} else {
				high = middle
			}
		}
		return rounded(high)
	}
	return inventory.Latency{P50: quantile(0.50), P95: quantile(0.95), P99: quantile(0.99)}
}

// bisections find a latency to far less than the digits that are kept.
const bisections = 60

// faster estimates the share of the requests that take no longer than so much:
// between the percentiles that are known, on a straight line.
func faster(l inventory.Latency, milliseconds float64) float64 {
	points := []struct{ milliseconds, share float64 }{{0, 0}, {l.P50, 0.50}, {l.P95, 0.95}, {l.P99, 0.99}}
	for i, p := range points[1:] {
		if before := points[i]; milliseconds < p.milliseconds {
			return before.share + (p.share-before.share)*max(milliseconds-before.milliseconds, 0)/(p.milliseconds-before.milliseconds)
		}
	}
	if milliseconds > l.P99 {
		return 1
	}
	return 0.99
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
		SetupMilliseconds: mixedLatency(a.SetupMilliseconds, float64(a.Count), b.SetupMilliseconds, float64(b.Count)),
	}
}

// weighted is the mean of two values by their weights, 0 without any.
func weighted(x, weightX, y, weightY float64) float64 {
	if weightX+weightY == 0 {
		return 0
	}
	return rounded((x*weightX + y*weightY) / (weightX + weightY))
}
