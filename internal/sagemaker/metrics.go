package sagemaker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/inventory"
)

// Limits of GetMetricData, and how far back to ask for minutes: CloudWatch keeps
// them for 15 days, and answers a question that begins earlier with nothing.
// The end of the lookback lies up to an hour back, hence the two hours less.
const (
	maxQueries      = 500
	maxPoints       = 100_800
	minuteRetention = (15*24 - 2) * time.Hour
)

const (
	namespaceRequests  = "AWS/SageMaker"
	namespaceInstances = "/aws/sagemaker/Endpoints"
)

// series is a metric of a variant with one statistic.
type series struct {
	namespace, metric, statistic string
	period                       time.Duration
}

// hourly is the period of all series but the one that finds the peak: hours
// line up with any lookback, and CloudWatch keeps them for 455 days.
const hourly = time.Hour

func requests(metric, statistic string) series {
	return series{namespaceRequests, metric, statistic, hourly}
}

func instances(metric, statistic string) series {
	return series{namespaceInstances, metric, statistic, hourly}
}

var (
	invocations   = requests("Invocations", "Sum")
	perMinute     = series{namespaceRequests, "Invocations", "Sum", time.Minute}
	clientErrors  = requests("Invocation4XXErrors", "Sum")
	serverErrors  = requests("Invocation5XXErrors", "Sum")
	latency50     = requests("ModelLatency", "p50")
	latency95     = requests("ModelLatency", "p95")
	latency99     = requests("ModelLatency", "p99")
	variantSeries = append([]series{invocations, perMinute, clientErrors, serverErrors, latency50, latency95, latency99}, usageSeries()...)
)

func usageSeries() []series {
	var all []series
	for _, metric := range []string{"CPUUtilization", "MemoryUtilization", "GPUUtilization", "GPUMemoryUtilization"} {
		all = append(all, instances(metric, "Average"), instances(metric, "Maximum"))
	}
	return all
}

// measured holds the points of each series of a variant by their time.
type measured map[series]map[time.Time]float64

// window is the span of time that figures cover.
type window struct{ start, end time.Time }

// readMetrics fills in traffic and use of every variant.
func (s *scan) readMetrics(ctx context.Context, endpoints []inventory.Endpoint) error {
	end := s.Now.UTC().Truncate(hourly)
	span := window{start: end.Add(-s.Lookback.Truncate(hourly)), end: end}
	var variants []*inventory.Variant
	var queries []variantQuery
	var counted []bool
	for i := range endpoints {
		e := &endpoints[i]
		for j := range e.Variants {
			for _, wanted := range variantSeries {
				queries = append(queries, variantQuery{len(variants), e.Name, e.Variants[j].Name, wanted})
			}
			variants = append(variants, &e.Variants[j])
			counted = append(counted, e.Mode.CountsRequests())
		}
	}
	found := make([]measured, len(variants))
	for i := range found {
		found[i] = measured{}
	}
	// A call has one start for all of its queries.
	slices.SortStableFunc(queries, func(a, b variantQuery) int { return a.start(span).Compare(b.start(span)) })
	for begin := 0; begin < len(queries); {
		end := begin + batchLength(queries[begin:], span)
		if ok, err := s.readBatch(ctx, queries[begin:end], span, found); err != nil || !ok {
			return err
		}
		s.Progress(Progress{Stage: "reading metrics", Done: len(variants) * end / len(queries), Total: len(variants)})
		begin = end
	}
	for i, variant := range variants {
		if counted[i] {
			variant.Traffic = trafficOf(found[i], span)
		}
		variant.Usage = usageOf(found[i])
	}
	return nil
}

// variantQuery asks for a series of a variant.
type variantQuery struct {
	variant        int
	endpoint, name string
	series         series
}

func (q variantQuery) start(span window) time.Time {
	if oldest := span.end.Add(-minuteRetention); q.series.period < hourly && span.start.Before(oldest) {
		return oldest
	}
	return span.start
}

// batchLength is how many queries fit one call without a second page.
func batchLength(queries []variantQuery, span window) int {
	points, count := 0, 0
	for _, q := range queries {
		points += int(span.end.Sub(q.start(span)) / q.series.period)
		otherStart := !q.start(span).Equal(queries[0].start(span))
		if count > 0 && (points > maxPoints || count >= maxQueries || otherStart) {
			break
		}
		count++
	}
	return count
}

// readBatch reads one batch. False means that the metrics may not be read at
// all, which has been recorded.
func (s *scan) readBatch(ctx context.Context, queries []variantQuery, span window, into []measured) (bool, error) {
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(queries[0].start(span)), EndTime: aws.Time(span.end), ScanBy: types.ScanByTimestampAscending,
	}
	for i, q := range queries {
		in.MetricDataQueries = append(in.MetricDataQueries, q.query(i))
	}
	pages := cloudwatch.NewGetMetricDataPaginator(s.Metrics, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, s.failures.record(ctx, "cloudwatch:GetMetricData", "", err)
		}
		for _, result := range page.MetricDataResults {
			if err := s.collect(ctx, queries, result, into); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (q variantQuery) query(index int) types.MetricDataQuery {
	return types.MetricDataQuery{
		Id: aws.String("q" + strconv.Itoa(index)),
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{
				Namespace: aws.String(q.series.namespace), MetricName: aws.String(q.series.metric),
				Dimensions: []types.Dimension{
					{Name: aws.String("EndpointName"), Value: aws.String(q.endpoint)},
					{Name: aws.String("VariantName"), Value: aws.String(q.name)},
				},
			},
			Period: aws.Int32(int32(q.series.period / time.Second)), Stat: aws.String(q.series.statistic),
		},
	}
}

// collect keeps the points of a result. A series that CloudWatch could not read
// is recorded and left out: that nothing was told is not that nothing happened.
func (s *scan) collect(ctx context.Context, queries []variantQuery, result types.MetricDataResult, into []measured) error {
	q, err := queryOf(queries, result)
	if err != nil {
		return err
	}
	if result.StatusCode == types.StatusCodeInternalError || result.StatusCode == types.StatusCodeForbidden {
		return s.failures.record(ctx, "cloudwatch:GetMetricData", q.endpoint, &smithy.GenericAPIError{
			Code: string(result.StatusCode), Message: "CloudWatch gave no figures on " + q.series.metric,
		})
	}
	points := into[q.variant][q.series]
	if points == nil {
		points = map[time.Time]float64{}
		into[q.variant][q.series] = points
	}
	for i, at := range result.Timestamps {
		points[at.UTC()] = result.Values[i]
	}
	return nil
}

// queryOf finds the query that a result belongs to.
func queryOf(queries []variantQuery, result types.MetricDataResult) (variantQuery, error) {
	id := aws.ToString(result.Id)
	if id == "" {
		return variantQuery{}, errors.New("CloudWatch answered a query without an id")
	}
	index, err := strconv.Atoi(id[1:])
	if err != nil || index < 0 || index >= len(queries) || len(result.Timestamps) != len(result.Values) {
		return variantQuery{}, fmt.Errorf("CloudWatch answered the query %q, which was not asked, or with %d times and %d values",
			id, len(result.Timestamps), len(result.Values))
	}
	return queries[index], nil
}

// trafficOf is nil when CloudWatch did not answer how many requests there were.
func trafficOf(m measured, span window) *inventory.Traffic {
	if m[invocations] == nil {
		return nil
	}
	total := sum(m[invocations])
	days := span.end.Sub(span.start).Hours() / 24
	traffic := &inventory.Traffic{
		Requests: int64(math.Round(total)), RequestsPerDay: significant(total / days),
		PeakRequestsPerMinute: int64(highest(m[perMinute])),
	}
	if total == 0 {
		return traffic
	}
	traffic.ClientErrorShare = significant(sum(m[clientErrors]) / total)
	traffic.ServerErrorShare = significant(sum(m[serverErrors]) / total)
	if len(m[latency50]) > 0 {
		traffic.LatencyMilliseconds = &inventory.Latency{
			P50: weighted(m[latency50], m[invocations]),
			P95: weighted(m[latency95], m[invocations]),
			P99: weighted(m[latency99], m[invocations]),
		}
	}
	return traffic
}

func usageOf(m measured) *inventory.Usage {
	of := func(metric string) *inventory.Use {
		averages := m[instances(metric, "Average")]
		if len(averages) == 0 {
			return nil
		}
		return &inventory.Use{
			Median: significant(median(averages)), Max: significant(highest(m[instances(metric, "Maximum")])),
		}
	}
	usage := inventory.Usage{
		CPU: of("CPUUtilization"), Memory: of("MemoryUtilization"),
		GPU: of("GPUUtilization"), GPUMemory: of("GPUMemoryUtilization"),
	}
	if usage == (inventory.Usage{}) {
		return nil
	}
	return &usage
}

// microsPerMilli converts ModelLatency, which is in microseconds.
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
