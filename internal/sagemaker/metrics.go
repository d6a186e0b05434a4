package sagemaker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/inventory"
)

// Limits of GetMetricData, and how far back CloudWatch keeps minutes and hours.
// It answers a question that begins earlier with nothing. The end of the
// lookback lies up to an hour back, hence the two hours less.
const (
	maxQueries      = 500
	maxPoints       = 100_800
	minuteRetention = (15*24 - 2) * time.Hour
	hourRetention   = (455*24 - 2) * time.Hour
)

// window is the span of time that figures cover.
type window struct{ start, end time.Time }

// measured holds the points of each series of a subject by their time.
type measured map[series]map[time.Time]float64

// subject is something that CloudWatch has figures on.
type subject struct {
	// name tells people what it is.
	name       string
	dimensions [][2]string
	series     []series
	span       window
	// sparse says that there are no points outside of the span, so that the
	// question may reach further than the span.
	sparse bool
	found  measured
}

// query asks for one series of a subject.
type query struct {
	subject *subject
	series  series
}

func (q query) start() time.Time {
	oldest := q.subject.span.end.Add(-minuteRetention)
	if q.series.period < hourly && q.subject.span.start.Before(oldest) {
		return oldest
	}
	return q.subject.span.start
}

// points is the most that the query can be answered with.
func (q query) points() int {
	return int(q.subject.span.end.Sub(q.start()) / q.series.period)
}

// lookback is the span of the figures on traffic and use. It ends with a full
// hour, so that what was read stays the same within the hour.
func (s *scan) lookback() window {
	end := s.Now.UTC().Truncate(hourly)
	return window{start: end.Add(-s.Lookback.Truncate(hourly)), end: end}
}

// readMetrics fills in traffic and use of every variant and component, the
// backlog of every asynchronous endpoint, and the cache of every variant of
// many models.
//
// Hours come first. Minutes, of which one call holds no more than five variants
// over two weeks, are asked for only where requests were counted. 300 endpoints
// with one variant each, all of them in use, take 71 calls: 11 for 3,300 series
// of hours, and 60 for minutes.
func (s *scan) readMetrics(ctx context.Context, endpoints []inventory.Endpoint) error {
	span := s.lookback()
	figures := newFigures(endpoints, span)
	if read, err := s.measure(ctx, figures.subjects()); err != nil || !read {
		return err
	}
	if _, err := s.measure(ctx, figures.busy()); err != nil {
		return err
	}
	figures.fill(span)
	return nil
}

// measure reads the series of all subjects in as few calls as may be. False
// means that metrics may not be read at all, which has been recorded.
func (s *scan) measure(ctx context.Context, subjects []*subject) (bool, error) {
	var queries []query
	for _, of := range subjects {
		if of.found == nil {
			of.found = measured{}
		}
		for _, wanted := range of.series {
			queries = append(queries, query{of, wanted})
		}
	}
	slices.SortStableFunc(queries, func(a, b query) int { return a.start().Compare(b.start()) })
	for begin := 0; begin < len(queries); {
		end := begin + batchLength(queries[begin:])
		if read, err := s.readBatch(ctx, queries[begin:end]); err != nil || !read {
			return false, err
		}
		s.Progress(Progress{Stage: stageMetrics, Done: len(subjects) * end / len(queries), Total: len(subjects)})
		begin = end
	}
	return true, nil
}

// batchLength is how many queries fit one call without a second page. A call
// has one span of time for all of its queries.
func batchLength(queries []query) int {
	points, count := 0, 0
	for _, q := range queries {
		points += q.points()
		apart := !q.subject.sparse && !q.start().Equal(queries[0].start()) || q.subject.sparse != queries[0].subject.sparse
		if count > 0 && (points > maxPoints || count >= maxQueries || apart) {
			break
		}
		count++
	}
	return count
}

// batch is what one question gave. It goes to the journal.
type batch struct {
	Series []batchSeries `json:"series,omitempty"`
	// refused are the series that CloudWatch could not read, by their number;
	// a batch with some is asked for again in the next run.
	refused map[int]types.StatusCode
}

// batchSeries are the points of one series: of hours all, of minutes the
// highest.
type batchSeries struct {
	// Query is the number of its query.
	Query int `json:"query"`
	// Minutes are the times since 1970, in minutes.
	Minutes []int64   `json:"minutes,omitempty"`
	Values  []float64 `json:"values,omitempty"`
}

const secondsPerMinute = 60

// readBatch reads one batch. False means that the metrics may not be read at
// all, which has been recorded.
func (s *scan) readBatch(ctx context.Context, queries []query) (bool, error) {
	in := batchInput(queries)
	complete := func(b batch) bool { return len(b.refused) == 0 }
	read, err := rememberIf(s, "GetMetricData|"+digest(in), complete, func() (batch, error) { return s.askBatch(ctx, queries, in) })
	if err != nil {
		return false, s.failures.record(ctx, "cloudwatch:GetMetricData", "", err)
	}
	for number, code := range read.refused {
		q := queries[number]
		if err := s.failures.record(ctx, "cloudwatch:GetMetricData", q.subject.name, &smithy.GenericAPIError{
			Code: string(code), Message: "CloudWatch gave no figures on " + q.series.metric,
		}); err != nil {
			return false, err
		}
	}
	for _, found := range read.Series {
		q := queries[found.Query]
		points := make(map[time.Time]float64, len(found.Minutes))
		for i, minutes := range found.Minutes {
			points[time.Unix(minutes*secondsPerMinute, 0).UTC()] = found.Values[i]
		}
		q.subject.found[q.series] = points
	}
	return true, nil
}

func batchInput(queries []query) *cloudwatch.GetMetricDataInput {
	in := &cloudwatch.GetMetricDataInput{ScanBy: types.ScanByTimestampAscending}
	for i, q := range queries {
		if in.StartTime == nil || q.start().Before(*in.StartTime) {
			in.StartTime = aws.Time(q.start())
		}
		if in.EndTime == nil || q.subject.span.end.After(*in.EndTime) {
			in.EndTime = aws.Time(q.subject.span.end)
		}
		in.MetricDataQueries = append(in.MetricDataQueries, q.wire(i))
	}
	return in
}

// digest tells a question from all others.
func digest(in *cloudwatch.GetMetricDataInput) string {
	var text strings.Builder
	for _, q := range in.MetricDataQueries {
		stat := q.MetricStat
		fmt.Fprintf(&text, "%s %s %d %s", aws.ToString(stat.Metric.Namespace), aws.ToString(stat.Metric.MetricName), aws.ToInt32(stat.Period), aws.ToString(stat.Stat))
		for _, d := range stat.Metric.Dimensions {
			fmt.Fprintf(&text, " %s=%s", aws.ToString(d.Name), aws.ToString(d.Value))
		}
		text.WriteByte('\n')
	}
	fmt.Fprint(&text, in.StartTime.Unix(), in.EndTime.Unix())
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}

// askBatch asks for one batch, all of its pages.
func (s *scan) askBatch(ctx context.Context, queries []query, in *cloudwatch.GetMetricDataInput) (batch, error) {
	found := make([]map[time.Time]float64, len(queries))
	read := batch{refused: map[int]types.StatusCode{}}
	pages := cloudwatch.NewGetMetricDataPaginator(s.Metrics, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return batch{}, err
		}
		for _, result := range page.MetricDataResults {
			if err := read.collect(queries, found, result); err != nil {
				return batch{}, err
			}
		}
	}
	for number, points := range found {
		if points == nil {
			continue
		}
		of := batchSeries{Query: number}
		for _, at := range slices.SortedFunc(maps.Keys(points), time.Time.Compare) {
			of.Minutes, of.Values = append(of.Minutes, at.Unix()/secondsPerMinute), append(of.Values, points[at])
		}
		read.Series = append(read.Series, of)
	}
	return read, nil
}

func (q query) wire(index int) types.MetricDataQuery {
	metric := &types.Metric{Namespace: aws.String(q.series.namespace), MetricName: aws.String(q.series.metric)}
	for _, dimension := range q.subject.dimensions {
		metric.Dimensions = append(metric.Dimensions, types.Dimension{Name: aws.String(dimension[0]), Value: aws.String(dimension[1])})
	}
	return types.MetricDataQuery{
		Id: aws.String("q" + strconv.Itoa(index)),
		MetricStat: &types.MetricStat{
			Metric: metric, Period: aws.Int32(int32(q.series.period / time.Second)), Stat: aws.String(q.series.statistic),
		},
	}
}

// collect keeps the points of a result. A series that CloudWatch could not read
// is noted and left out: that nothing was told is not that nothing happened.
func (b *batch) collect(queries []query, found []map[time.Time]float64, result types.MetricDataResult) error {
	number, err := numberOf(queries, result)
	if err != nil {
		return err
	}
	if result.StatusCode == types.StatusCodeInternalError || result.StatusCode == types.StatusCodeForbidden {
		b.refused[number] = result.StatusCode
		return nil
	}
	points := found[number]
	if points == nil {
		points = map[time.Time]float64{}
		found[number] = points
	}
	for i, at := range result.Timestamps {
		if queries[number].series.period < hourly {
			keepHighest(points, at.UTC(), result.Values[i])
			continue
		}
		points[at.UTC()] = result.Values[i]
	}
	return nil
}

// keepHighest keeps the first of the highest points. Of minutes nothing else is
// wanted, and those of many endpoints would fill the memory.
func keepHighest(points map[time.Time]float64, at time.Time, value float64) {
	for other, highest := range points {
		if value < highest || value == highest && !at.Before(other) {
			return
		}
	}
	clear(points)
	points[at] = value
}

// numberOf finds the query that a result belongs to.
func numberOf(queries []query, result types.MetricDataResult) (int, error) {
	id := aws.ToString(result.Id)
	if id == "" {
		return 0, errors.New("CloudWatch answered a query without an id")
	}
	index, err := strconv.Atoi(id[1:])
	if err != nil || index < 0 || index >= len(queries) || len(result.Timestamps) != len(result.Values) {
		return 0, fmt.Errorf("CloudWatch answered the query %q, which was not asked, or with %d times and %d values",
			id, len(result.Timestamps), len(result.Values))
	}
	return index, nil
}
