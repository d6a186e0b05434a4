package standin

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metricRequest is GetMetricData's input, whatever protocol it came by.
type metricRequest struct {
	StartTime         flexTime      `json:"StartTime"`
	EndTime           flexTime      `json:"EndTime"`
	NextToken         string        `json:"NextToken"`
	ScanBy            string        `json:"ScanBy"`
	MaxDatapoints     flexInt       `json:"MaxDatapoints"`
	MetricDataQueries []metricQuery `json:"MetricDataQueries"`
}

type metricQuery struct {
	ID         string `json:"Id"`
	Label      string `json:"Label"`
	Expression string `json:"Expression"`
	MetricStat *struct {
		Metric struct {
			Namespace  string `json:"Namespace"`
			MetricName string `json:"MetricName"`
			Dimensions []struct {
				Name  string `json:"Name"`
				Value string `json:"Value"`
			} `json:"Dimensions"`
		} `json:"Metric"`
		Period flexInt `json:"Period"`
		Stat   string  `json:"Stat"`
		Unit   string  `json:"Unit"`
	} `json:"MetricStat"`
	ReturnData *flexBool `json:"ReturnData"`
}

// metricResult is one series of the answer.
type metricResult struct {
	id, label, status string
	times             []time.Time
	values            []float64
}

const (
	namespaceInvocations = "AWS/SageMaker"
	namespaceInstances   = "/aws/sagemaker/Endpoints"
	// maxQueries and maxDatapoints are GetMetricData's limits.
	maxQueries    = 500
	maxDatapoints = 100800
)

// metricData answers GetMetricData.
func (s *region) metricData(req metricRequest) ([]metricResult, string, *apiError) {
	start, end := time.Time(req.StartTime), time.Time(req.EndTime)
	limit := orDefault(int(req.MaxDatapoints), maxDatapoints)
	switch {
	case len(req.MetricDataQueries) == 0:
		return nil, "", metricError("The parameter MetricDataQueries is required.")
	case len(req.MetricDataQueries) > maxQueries:
		return nil, "", metricError(fmt.Sprintf("The collection MetricDataQueries must not have a size greater than %d.", maxQueries))
	case start.IsZero() || end.IsZero() || !start.Before(end):
		return nil, "", metricError("The parameter StartTime must be less than the parameter EndTime.")
	case limit < 1 || limit > maxDatapoints:
		return nil, "", metricError(fmt.Sprintf("The parameter MaxDatapoints must be between 1 and %d.", maxDatapoints))
	}
	var results []metricResult
	for _, q := range req.MetricDataQueries {
		if q.ReturnData != nil && !bool(*q.ReturnData) {
			continue
		}
		result, refusal := s.series(q, start, end)
		if refusal != nil {
			return nil, "", refusal
		}
		if req.ScanBy != "TimestampAscending" { // newest first is the default
			slices.Reverse(result.times)
			slices.Reverse(result.values)
		}
		results = append(results, result)
	}
	return cutPage(results, req, limit)
}

func metricError(message string) *apiError {
	return &apiError{Status: 400, Code: "ValidationError", Message: message}
}

// cutPage keeps limit datapoints counted over all series, and names the rest.
func cutPage(results []metricResult, req metricRequest, limit int) ([]metricResult, string, *apiError) {
	query := queryDigest("GetMetricData", map[string]any{
		"queries": req.MetricDataQueries, "start": time.Time(req.StartTime).Unix(), "end": time.Time(req.EndTime).Unix(), "scan": req.ScanBy,
	})
	token, refusal := parsePageToken(req.NextToken, query)
	if refusal != nil {
		return nil, "", &apiError{Status: 400, Code: "InvalidNextToken", Message: refusal.Message}
	}
	skip, room := token.Offset, limit
	cut := false
	for i := range results {
		r := &results[i]
		dropped := min(skip, len(r.times))
		kept := min(room, len(r.times)-dropped)
		r.status = "Complete"
		if dropped+kept < len(r.times) {
			r.status, cut = "PartialData", true
		}
		r.times, r.values = r.times[dropped:dropped+kept], r.values[dropped:dropped+kept]
		skip, room = skip-dropped, room-kept
	}
	if !cut {
		return results, "", nil
	}
	return results, pageToken{Offset: token.Offset + limit, Query: query}.String(), nil
}

// series computes one metric. Unknown metrics and dimensions give an empty
// series, as CloudWatch does.
func (s *region) series(q metricQuery, start, end time.Time) (metricResult, *apiError) {
	if q.MetricStat == nil || q.Expression != "" {
		return metricResult{}, metricError("The stand-in account does not implement metric expressions: give MetricStat.")
	}
	m := q.MetricStat
	period := time.Duration(m.Period) * time.Second
	if period < time.Minute || period%time.Minute != 0 {
		return metricResult{}, metricError(fmt.Sprintf("The parameter Period must be a multiple of 60, not %d.", int(m.Period)))
	}
	if !knownStat(m.Stat) {
		return metricResult{}, metricError(fmt.Sprintf("The value %s for parameter Stat is not supported.", m.Stat))
	}
	result := metricResult{id: q.ID, label: orDefault(q.Label, m.Metric.MetricName)}
	profile := s.profile(q)
	if profile == nil {
		return result, nil
	}
	now := s.now()
	// CloudWatch keeps fine periods for a shorter time.
	oldest := now.Add(-retention(period))
	for at := start.Truncate(period); at.Before(end); at = at.Add(period) {
		if at.Before(start) || at.Before(oldest) || !at.Before(now) {
			continue
		}
		point := profile.datapoint
		if profile.Async != nil && len(m.Metric.Dimensions) == 1 {
			point = profile.backlogPoint
		}
		if value, ok := point(m.Metric.MetricName, m.Stat, at, at.Add(period), now); ok {
			result.times, result.values = append(result.times, at), append(result.values, value)
		}
	}
	return result, nil
}

// retention: one-minute data stays 15 days, five-minute 63, hourly 455.
func retention(period time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch {
	case period < 5*time.Minute:
		return 15 * day
	case period < time.Hour:
		return 63 * day
	}
	return 455 * day
}

// profile finds the traffic the query's dimensions name. The namespace has to
// be the one that has the metric.
func (s *region) profile(q metricQuery) *TrafficProfile {
	metric := q.MetricStat.Metric
	dimensions := map[string]string{}
	for _, d := range metric.Dimensions {
		dimensions[d.Name] = d.Value
	}
	p := s.profiles[dimensionKey(dimensions)]
	if p == nil {
		return nil
	}
	namespace := namespaceInvocations
	if _, utilization := p.Utilization[metric.MetricName]; utilization {
		namespace = p.utilizationNamespace()
	}
	if metric.Namespace != namespace {
		return nil
	}
	return p
}

// profilesOf indexes profiles by dimensions; the first of several counts.
func profilesOf(a *Account) map[string]*TrafficProfile {
	out := map[string]*TrafficProfile{}
	for i := range slices.Backward(a.Metrics) {
		for _, key := range a.Metrics[i].dimensions() {
			out[key] = &a.Metrics[i]
		}
	}
	return out
}

// dimensionKey is a set of dimensions as one text.
func dimensionKey(dimensions map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		b.WriteString(name + "\x00" + dimensions[name] + "\x00")
	}
	return b.String()
}

var percentileStat = regexp.MustCompile(`^p(\d{1,2}(\.\d+)?|100)$`)

func knownStat(stat string) bool {
	switch stat {
	case "Sum", "Average", "Minimum", "Maximum", "SampleCount":
		return true
	}
	return percentileStat.MatchString(stat)
}

// datapoint is one value of [from, to); false when CloudWatch would have no
// datapoint: SageMaker publishes request metrics only where requests were.
func (p *TrafficProfile) datapoint(metric, stat string, from, to, now time.Time) (float64, bool) {
	if span, ok := p.Utilization[metric]; ok {
		return utilization(span, p.load(from, now), stat, to.Sub(from)), p.Job == nil || p.Job.from.Before(to) && from.Before(p.Job.to)
	}
	if p.Job != nil {
		return 0, false
	}
	n := p.invocations(from, to, now)
	if n == 0 {
		return 0, false
	}
	if p.Async != nil {
		return p.asyncPoint(metric, stat, n)
	}
	switch metric {
	case "Invocations":
		return countStat(stat, n, n), true
	case "InvocationsPerInstance", "InvocationsPerCopy":
		return countStat(stat, n/float64(orDefault(p.Instances, 1)), n), true
	case "Invocation4XXErrors":
		return countStat(stat, math.Floor(n*p.Error4XXRatio), n), true
	case "Invocation5XXErrors", "InvocationModelErrors":
		return countStat(stat, math.Floor(n*p.Error5XXRatio), n), true
	case "ConcurrentRequestsPerCopy", "ConcurrentRequestsPerModel": // by Little's law
		busy := n / to.Sub(from).Seconds() * p.LatencyMicros.mean() / 1e6 / float64(orDefault(p.Instances, 1))
		return utilization(Range{Idle: busy, Peak: busy}, 0, stat, to.Sub(from)), true
	case "ModelLatency":
		return latencyStat(stat, p.LatencyMicros, n), p.LatencyMicros.P50 > 0
	case "OverheadLatency":
		flat := Percentiles{P50: p.OverheadMicros, P95: p.OverheadMicros, P99: p.OverheadMicros}
		return latencyStat(stat, flat, n), p.OverheadMicros > 0
	}
	return 0, false
}

// countStat reads a metric that is 1 or 0 for each of samples requests.
func countStat(stat string, sum, samples float64) float64 {
	switch stat {
	case "Sum":
		return sum
	case "SampleCount":
		return samples
	case "Average":
		return sum / samples
	case "Minimum":
		return math.Floor(sum / samples)
	}
	return math.Min(1, math.Ceil(sum/samples))
}

func latencyStat(stat string, l Percentiles, samples float64) float64 {
	switch stat {
	case "SampleCount":
		return samples
	case "Sum":
		return l.mean() * samples
	case "Average":
		return l.mean()
	case "Minimum":
		return l.latency(0)
	case "Maximum":
		return l.latency(100)
	}
	rank, err := strconv.ParseFloat(stat[1:], 64)
	if err != nil { // knownStat has checked the form
		return math.NaN()
	}
	return l.latency(rank)
}

// utilization publishes one sample a minute and instance, all alike here.
func utilization(span Range, load float64, stat string, period time.Duration) float64 {
	value := span.Idle + (span.Peak-span.Idle)*load
	switch stat {
	case "SampleCount":
		return period.Minutes()
	case "Sum":
		return value * period.Minutes()
	}
	return value
}
