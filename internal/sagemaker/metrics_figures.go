package sagemaker

import (
	"math"
	"slices"
	"strconv"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// figures are what is asked about endpoints, beside where the answers go.
type figures struct {
	endpoints  []asked[inventory.Endpoint]
	variants   []askedVariant
	components []asked[inventory.Component]
}

// asked is a part of the inventory with what is asked about it.
type asked[T any] struct {
	part *T
	*subject
}

type askedVariant struct {
	asked[inventory.Variant]
	endpoint *inventory.Endpoint
}

func newFigures(endpoints []inventory.Endpoint, span window) *figures {
	var f figures
	for i := range endpoints {
		e := &endpoints[i]
		if e.Async != nil {
			f.endpoints = append(f.endpoints, asked[inventory.Endpoint]{e, &subject{
				name: e.Name, dimensions: [][2]string{{dimensionEndpoint, e.Name}}, series: backlogSeries, span: span,
			}})
		}
		for j := range e.Variants {
			v := &e.Variants[j]
			f.variants = append(f.variants, askedVariant{asked[inventory.Variant]{v, &subject{
				name: e.Name, dimensions: [][2]string{{dimensionEndpoint, e.Name}, {"VariantName", v.Name}}, series: seriesOf(e, v), span: span,
			}}, e})
		}
		for j := range e.Components {
			c := &e.Components[j]
			f.components = append(f.components, asked[inventory.Component]{c, &subject{
				name: c.Name, dimensions: [][2]string{{"InferenceComponentName", c.Name}}, span: span,
				series: append(componentUses.all(c.Accelerators > 0), trafficSeries...),
			}})
		}
	}
	return &f
}

func (f *figures) subjects() []*subject {
	var all []*subject
	for _, e := range f.endpoints {
		all = append(all, e.subject)
	}
	for _, v := range f.variants {
		all = append(all, v.subject)
	}
	for _, c := range f.components {
		all = append(all, c.subject)
	}
	return all
}

// busy are those that had requests, which may have a busiest minute.
func (f *figures) busy() []*subject {
	var busy []*subject
	for _, of := range f.subjects() {
		if of.span.end.Sub(of.span.start) > 0 && sum(of.found[invocations]) > 0 {
			of.series = []series{perMinute}
			busy = append(busy, of)
		}
	}
	return busy
}

// fill puts the answers into the inventory.
func (f *figures) fill(span window) {
	for _, v := range f.variants {
		v.part.Usage = usageOf(v.found, variantUses)
		v.part.ModelCache = cacheOf(v.found)
		if v.endpoint.Mode.CountsRequests() {
			v.part.Traffic = trafficOf(v.found, span)
		}
	}
	for _, c := range f.components {
		c.part.Traffic, c.part.Usage = trafficOf(c.found, span), usageOf(c.found, componentUses)
	}
	for _, e := range f.endpoints {
		var variants []measured
		for _, v := range f.variants {
			if v.endpoint == e.part {
				variants = append(variants, v.found)
			}
		}
		e.part.Backlog = backlogOf(e.found, variants)
	}
}

// trafficOf is nil when CloudWatch did not answer how many requests there were.
func trafficOf(m measured, span window) *inventory.Traffic {
	if m[invocations] == nil {
		return nil
	}
	total := sum(m[invocations])
	days := span.end.Sub(span.start).Hours() / hoursPerDay
	traffic := &inventory.Traffic{
		Requests: int64(math.Round(total)), RequestsPerDay: significant(total / days),
		PeakRequestsPerMinute: int64(highest(m[perMinute])),
	}
	if total == 0 {
		return traffic
	}
	traffic.HourOfWeek = hourOfWeek(m[invocations], span)
	traffic.ClientErrorShare = significant(sum(m[clientErrors]) / total)
	traffic.ServerErrorShare = significant(sum(m[serverErrors]) / total)
	traffic.ModelErrorShare = significant(sum(m[modelErrors]) / total)
	if len(m[latency[0]]) > 0 {
		of := latencyOf(m, latency, m[invocations])
		traffic.LatencyMilliseconds = &of
	}
	if starts := sum(m[setups]); starts > 0 {
		traffic.ColdStarts = &inventory.ColdStarts{
			Count: int64(math.Round(starts)), SetupMilliseconds: latencyOf(m, setupTime, m[setups]),
		}
	}
	return traffic
}

const hoursPerWeek = 7 * hoursPerDay

// hourOfWeek is the mean of each hour of the week, Monday 00:00 UTC first. Hours
// without a point had no requests. It is nil where the span lacks an hour of the
// week.
func hourOfWeek(points map[time.Time]float64, span window) []float64 {
	totals, counts := make([]float64, hoursPerWeek), make([]float64, hoursPerWeek)
	for at := span.start.UTC(); at.Before(span.end); at = at.Add(hourly) {
		// Go's weeks begin on Sundays.
		day := (int(at.Weekday()) + 6) % 7
		totals[day*hoursPerDay+at.Hour()] += points[at]
		counts[day*hoursPerDay+at.Hour()]++
	}
	for i, count := range counts {
		if count == 0 {
			return nil
		}
		totals[i] = significant(totals[i] / count)
	}
	return totals
}

func latencyOf(m measured, of [3]series, weights map[time.Time]float64) inventory.Latency {
	return inventory.Latency{
		P50: weighted(m[of[0]], weights), P95: weighted(m[of[1]], weights), P99: weighted(m[of[2]], weights),
	}
}

func usageOf(m measured, of uses) *inventory.Usage {
	use := func(metric string) *inventory.Use {
		return useOf(m[of.of(metric, "Average")], m[of.of(metric, "Maximum")])
	}
	usage := inventory.Usage{
		CPU: use("CPUUtilization"), Memory: use("MemoryUtilization"),
		GPU: use("GPUUtilization"), GPUMemory: use("GPUMemoryUtilization"),
	}
	if usage == (inventory.Usage{}) {
		return nil
	}
	return &usage
}

func useOf(averages, maxima map[time.Time]float64) *inventory.Use {
	if len(averages) == 0 {
		return nil
	}
	return &inventory.Use{Median: significant(median(averages)), Max: significant(highest(maxima))}
}

func backlogOf(m measured, variants []measured) *inventory.Backlog {
	backlog := inventory.Backlog{Requests: useOf(m[backlogMean], m[backlogMax]), OldestSeconds: useOf(m[oldestMean], m[oldestMax])}
	if stuck := m[noCapacity]; len(stuck) > 0 {
		hours := int64(0)
		for _, value := range stuck {
			if value > 0 {
				hours++
			}
		}
		backlog.HoursWithoutCapacity = &hours
	}
	done, failed := map[time.Time]float64{}, map[time.Time]float64{}
	for _, v := range variants {
		// Only one of the spellings has points.
		for _, name := range []series{processed, processedAsIs} {
			addPoints(done, v[name])
		}
		addPoints(failed, v[asyncFailures])
	}
	backlog.Processed, backlog.Failed, backlog.PeakProcessedPerHour = whole(done, sum), whole(failed, sum), whole(done, highest)
	if backlog == (inventory.Backlog{}) {
		return nil
	}
	return &backlog
}

func addPoints(to, from map[time.Time]float64) {
	for at, value := range from {
		to[at] += value
	}
}

// whole is a number of requests; nil where there are no points.
func whole(points map[time.Time]float64, of func(map[time.Time]float64) float64) *int64 {
	if len(points) == 0 {
		return nil
	}
	number := int64(math.Round(of(points)))
	return &number
}

func cacheOf(m measured) *inventory.ModelCache {
	cache := inventory.ModelCache{LoadedModels: useOf(m[loadedMean], m[loadedMax])}
	if questions := sum(m[cacheAsked]); questions > 0 {
		share := significant(sum(m[cacheHits]) / questions)
		cache.HitShare = &share
	}
	if len(m[loadTime[0]]) > 0 {
		of := latencyOf(m, loadTime, ones(m[loadTime[0]]))
		cache.LoadMilliseconds = &of
	}
	if cache == (inventory.ModelCache{}) {
		return nil
	}
	return &cache
}

// ones gives every hour the same weight.
func ones(points map[time.Time]float64) map[time.Time]float64 {
	weights := map[time.Time]float64{}
	for at := range points {
		weights[at] = 1
	}
	return weights
}

// microsPerMilli converts SageMaker's times, which are in microseconds.
const microsPerMilli = 1000

// weighted is the mean of a percentile over the hours, weighted by requests.
func weighted(percentiles, weights map[time.Time]float64) float64 {
	var total, weight float64
	for _, at := range times(percentiles) {
		total += percentiles[at] * weights[at]
		weight += weights[at]
	}
	if weight == 0 {
		return 0
	}
	return significant(total / weight / microsPerMilli)
}

// times returns the times in order, so that sums come out the same each run.
func times(points map[time.Time]float64) []time.Time {
	ordered := make([]time.Time, 0, len(points))
	for at := range points {
		ordered = append(ordered, at)
	}
	slices.SortFunc(ordered, time.Time.Compare)
	return ordered
}

func sum(points map[time.Time]float64) float64 {
	total := 0.0
	for _, at := range times(points) {
		total += points[at]
	}
	return total
}

func highest(points map[time.Time]float64) float64 {
	top := 0.0
	for _, value := range points {
		top = max(top, value)
	}
	return top
}

func median(points map[time.Time]float64) float64 {
	values := make([]float64, 0, len(points))
	for _, value := range points {
		values = append(values, value)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// significant rounds to four digits: more would be noise to a reader and would
// change with every scan.
func significant(value float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 4, 64), 64)
	if err != nil {
		return value
	}
	return rounded
}
