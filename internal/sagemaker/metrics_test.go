package sagemaker

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// alteredMetrics changes CloudWatch's answers.
type alteredMetrics struct {
	MetricReader

	asked  func(*cloudwatch.GetMetricDataInput)
	change func(*types.MetricDataResult)
}

func (a alteredMetrics) GetMetricData(
	ctx context.Context, in *cloudwatch.GetMetricDataInput, options ...func(*cloudwatch.Options),
) (*cloudwatch.GetMetricDataOutput, error) {
	a.asked(in)
	out, err := a.MetricReader.GetMetricData(ctx, in, options...)
	if err == nil {
		for i := range out.MetricDataResults {
			a.change(&out.MetricDataResults[i])
		}
	}
	return out, err
}

func TestFiguresThatCloudWatchCannotReadAreNotZero(t *testing.T) {
	client := newClient(t, demoAccount(t))
	client.Metrics = alteredMetrics{
		MetricReader: client.Metrics, asked: func(*cloudwatch.GetMetricDataInput) {},
		change: func(r *types.MetricDataResult) {
			r.StatusCode, r.Timestamps, r.Values = types.StatusCodeInternalError, nil, nil
		},
	}
	d := scanned(t, client)
	if v := d.FindEndpoint(demoPlace, "Churn-Prod").Variants[0]; v.Traffic != nil {
		t.Errorf("traffic is %+v though CloudWatch failed", v.Traffic)
	}
	if len(d.Unread) != 1 || d.Unread[0].Code != "InternalError" || !slices.Contains(d.Unread[0].Resources, "Churn-Prod") {
		t.Errorf("the failure is not told: %+v", d.Unread)
	}
}

func TestMinutesAreNotAskedForBeyondTheirRetention(t *testing.T) {
	client := newClient(t, demoAccount(t))
	now := time.Now()
	minutes := 0
	client.Metrics = alteredMetrics{
		MetricReader: client.Metrics, change: func(*types.MetricDataResult) {},
		asked: func(in *cloudwatch.GetMetricDataInput) {
			for _, q := range in.MetricDataQueries {
				if *q.MetricStat.Period != 60 {
					continue
				}
				minutes++
				if now.Sub(*in.StartTime) > 15*24*time.Hour {
					t.Errorf("minutes are asked for from %s on, for which CloudWatch answers with nothing", in.StartTime)
				}
			}
		},
	}
	d, err := client.Scan(t.Context(), ScanOptions{Now: now, Lookback: 60 * 24 * time.Hour})
	if err != nil || minutes == 0 {
		t.Fatalf("minutes were asked for %d times, %v", minutes, err)
	}
	if traffic := d.FindEndpoint(demoPlace, "Churn-Prod").Variants[0].Traffic; traffic.PeakRequestsPerMinute == 0 {
		t.Errorf("no peak was found: %+v", traffic)
	}
}

// cloudWatch answers from a table of metrics, each constant from one time to
// another, and notes what it was asked.
type cloudWatch struct {
	t      *testing.T
	values map[string]float64
	// from and to bound the points; zero times mean no bound.
	from, to time.Time
	// hosts are what a list of transform jobs' metrics names, two on a page.
	hosts []string

	mu    sync.Mutex
	calls []*cloudwatch.GetMetricDataInput
}

func (c *cloudWatch) GetMetricData(
	_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.GetMetricDataOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, in)
	out := &cloudwatch.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		result := types.MetricDataResult{Id: q.Id, StatusCode: types.StatusCodeComplete}
		metric := q.MetricStat.Metric
		key := []string{*metric.Namespace, *metric.MetricName, *q.MetricStat.Stat}
		for _, d := range metric.Dimensions {
			key = append(key, *d.Value)
		}
		value, known := c.values[strings.Join(key, " ")]
		period := time.Duration(*q.MetricStat.Period) * time.Second
		for at := *in.StartTime; known && at.Before(*in.EndTime); at = at.Add(period) {
			if !c.from.IsZero() && (at.Before(c.from) || !at.Before(c.to)) {
				continue
			}
			result.Timestamps, result.Values = append(result.Timestamps, at), append(result.Values, value)
		}
		out.MetricDataResults = append(out.MetricDataResults, result)
	}
	return out, nil
}

func (c *cloudWatch) ListMetrics(
	_ context.Context, in *cloudwatch.ListMetricsInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.ListMetricsOutput, error) {
	if *in.Namespace != namespaceTransform {
		c.t.Errorf("asked for the metrics of %s", *in.Namespace)
	}
	out, rest := &cloudwatch.ListMetricsOutput{}, c.hosts
	if in.NextToken != nil {
		rest = rest[slices.Index(rest, *in.NextToken):]
	}
	if len(rest) > 2 {
		out.NextToken, rest = aws.String(rest[2]), rest[:2]
	}
	for _, host := range rest {
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: in.Namespace, MetricName: in.MetricName,
			Dimensions: []types.Dimension{{Name: aws.String("Host"), Value: aws.String(host)}},
		})
	}
	return out, nil
}

// points is the most that a call could be answered with, as CloudWatch counts.
func (c *cloudWatch) checkLimits() {
	for _, in := range c.calls {
		points := 0
		for _, q := range in.MetricDataQueries {
			points += int(in.EndTime.Sub(*in.StartTime) / time.Second / time.Duration(*q.MetricStat.Period))
		}
		if len(in.MetricDataQueries) > maxQueries || points > maxPoints {
			c.t.Errorf("a call asks for %d series with %d points", len(in.MetricDataQueries), points)
		}
	}
}

func metricScan(t *testing.T, values map[string]float64) (*scan, *cloudWatch) {
	t.Helper()
	watch := &cloudWatch{t: t, values: values}
	return quietScan(&Client{Metrics: watch}), watch
}

// quietScan is a scan that has not begun, and tells nobody how far it is.
func quietScan(client *Client) *scan {
	s := newScan(client, ScanOptions{Now: scanTime})
	s.Progress = func(Progress) {}
	return s
}

func realTime(name string) inventory.Endpoint {
	return inventory.Endpoint{
		Name: name, Mode: inventory.ModeRealTime,
		Variants: []inventory.Variant{{Name: "v", InstanceType: "ml.m5.xlarge"}},
	}
}

func TestCallsForManyEndpoints(t *testing.T) {
	cases := map[string]struct {
		endpoints, busy, want int
	}{
		"300, all in use": {300, 300, 71},
		"300, a third":    {300, 100, 31},
		"none in use":     {300, 0, 11},
		"one":             {1, 1, 2},
		"no endpoints":    {0, 0, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			values := map[string]float64{}
			var endpoints []inventory.Endpoint
			for i := range tc.endpoints {
				e := realTime(fmt.Sprintf("e%03d", i))
				endpoints = append(endpoints, e)
				values["AWS/SageMaker Invocations Sum "+e.Name+" v"] = 0
				if i < tc.busy {
					values["AWS/SageMaker Invocations Sum "+e.Name+" v"] = 7
				}
			}
			s, watch := metricScan(t, values)
			if err := s.readMetrics(t.Context(), endpoints); err != nil {
				t.Fatal(err)
			}
			watch.checkLimits()
			if len(watch.calls) != tc.want {
				t.Errorf("%d calls, want %d", len(watch.calls), tc.want)
			}
			for i, e := range endpoints {
				peak := int64(0)
				if i < tc.busy {
					peak = 7
				}
				if got := e.Variants[0].Traffic; got == nil || got.PeakRequestsPerMinute != peak {
					t.Fatalf("%s: %+v, want a peak of %d", e.Name, got, peak)
				}
			}
		})
	}
}

func TestFiguresOfEveryKindOfEndpoint(t *testing.T) {
	const mine, theirs = " e v", " e"
	values := map[string]float64{}
	add := func(namespace, dimensions string, points map[string]float64) {
		for metric, value := range points {
			values[namespace+" "+metric+dimensions] = value
		}
	}
	add("AWS/SageMaker", mine, map[string]float64{
		"Invocations Sum": 10, "Invocation4XXErrors Sum": 1, "Invocation5XXErrors Sum": 2, "InvocationModelErrors Sum": 3,
		"ModelLatency p50": 1000, "ModelLatency p95": 2000, "ModelLatency p99": 3000,
		"ModelSetupTime SampleCount": 2, "ModelSetupTime p50": 4e6, "ModelSetupTime p95": 5e6, "ModelSetupTime p99": 6e6,
		"InvocationsProcesssed Sum": 5, "InvocationFailures Sum": 1,
		"ModelCacheHit Sum": 9, "ModelCacheHit SampleCount": 10, "ModelLoadingTime p50": 7000, "ModelLoadingTime p95": 8000, "ModelLoadingTime p99": 9000,
	})
	add("AWS/SageMaker", theirs, map[string]float64{
		"ApproximateBacklogSize Average": 2, "ApproximateBacklogSize Maximum": 40,
		"ApproximateAgeOfOldestRequest Average": 3, "ApproximateAgeOfOldestRequest Maximum": 99, "HasBacklogWithoutCapacity Maximum": 1,
	})
	add("/aws/sagemaker/Endpoints", mine, map[string]float64{
		"CPUUtilization Average": 50, "CPUUtilization Maximum": 90, "GPUUtilization Average": 5, "GPUUtilization Maximum": 6,
		"LoadedModelCount Average": 12, "LoadedModelCount Maximum": 20,
	})
	add("AWS/SageMaker", " c", map[string]float64{"Invocations Sum": 20})
	add("/aws/sagemaker/InferenceComponents", " c", map[string]float64{
		"CPUUtilizationNormalized Average": 30, "CPUUtilizationNormalized Maximum": 60, "GPUUtilizationNormalized Average": 70, "GPUUtilizationNormalized Maximum": 80,
	})

	use := func(median, top float64) *inventory.Use { return &inventory.Use{Median: median, Max: top} }
	hours := slices.Repeat([]float64{10}, 168)
	traffic := &inventory.Traffic{
		Requests: 3360, RequestsPerDay: 240, PeakRequestsPerMinute: 10, HourOfWeek: hours,
		LatencyMilliseconds: &inventory.Latency{P50: 1, P95: 2, P99: 3},
		ClientErrorShare:    0.1, ServerErrorShare: 0.2, ModelErrorShare: 0.3,
	}
	cold := *traffic
	cold.ColdStarts = &inventory.ColdStarts{Count: 672, SetupMilliseconds: inventory.Latency{P50: 4000, P95: 5000, P99: 6000}}
	cpu, gpu := &inventory.Usage{CPU: use(50, 90)}, &inventory.Usage{CPU: use(50, 90), GPU: use(5, 6)}
	share, processed, failed, peak, stuck := 0.9, int64(1680), int64(336), int64(5), int64(336)

	cases := map[string]struct {
		change func(*inventory.Endpoint)
		want   func(*inventory.Endpoint)
	}{
		"real time": {func(*inventory.Endpoint) {}, func(e *inventory.Endpoint) { e.Variants[0].Traffic, e.Variants[0].Usage = traffic, cpu }},
		"on a GPU": {
			func(e *inventory.Endpoint) { e.Variants[0].InstanceType = "ml.g5.xlarge" },
			func(e *inventory.Endpoint) { e.Variants[0].Traffic, e.Variants[0].Usage = traffic, gpu },
		},
		"unknown type": {
			func(e *inventory.Endpoint) { e.Variants[0].InstanceType = "ml.z9.large" },
			func(e *inventory.Endpoint) { e.Variants[0].Traffic, e.Variants[0].Usage = traffic, gpu },
		},
		"serverless": {
			func(e *inventory.Endpoint) {
				e.Mode, e.Variants[0].InstanceType, e.Variants[0].Serverless = inventory.ModeServerless, "", &inventory.Serverless{}
			},
			func(e *inventory.Endpoint) { e.Variants[0].Traffic, e.Variants[0].Usage = &cold, cpu },
		},
		"async": {
			func(e *inventory.Endpoint) { e.Mode, e.Async = inventory.ModeAsync, &inventory.Async{} },
			func(e *inventory.Endpoint) {
				e.Variants[0].Usage = cpu
				e.Backlog = &inventory.Backlog{
					Requests: use(2, 40), OldestSeconds: use(3, 99), HoursWithoutCapacity: &stuck,
					Processed: &processed, Failed: &failed, PeakProcessedPerHour: &peak,
				}
			},
		},
		"many models": {
			func(e *inventory.Endpoint) {
				e.Mode, e.Variants[0].ModelName = inventory.ModeMultiModel, "m"
				e.Models = []inventory.Model{{Name: "m", Containers: []inventory.Container{{Mode: "MultiModel"}}}}
			},
			func(e *inventory.Endpoint) {
				e.Variants[0].Traffic, e.Variants[0].Usage = traffic, cpu
				e.Variants[0].ModelCache = &inventory.ModelCache{
					LoadedModels: use(12, 20), HitShare: &share, LoadMilliseconds: &inventory.Latency{P50: 7, P95: 8, P99: 9},
				}
			},
		},
		"components": {
			func(e *inventory.Endpoint) {
				e.Mode = inventory.ModeInferenceComponents
				e.Components = []inventory.Component{{Name: "c", Accelerators: 1}, {Name: "silent"}}
			},
			func(e *inventory.Endpoint) {
				e.Variants[0].Usage = cpu
				e.Components[0].Traffic = &inventory.Traffic{
					Requests: 6720, RequestsPerDay: 480, PeakRequestsPerMinute: 20, HourOfWeek: slices.Repeat([]float64{20}, 168),
				}
				e.Components[0].Usage = &inventory.Usage{CPU: use(30, 60), GPU: use(70, 80)}
				e.Components[1].Traffic = &inventory.Traffic{}
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, want := realTime("e"), realTime("e")
			tc.change(&got)
			tc.change(&want)
			tc.want(&want)
			s, watch := metricScan(t, values)
			list := []inventory.Endpoint{got}
			if err := s.readMetrics(t.Context(), list); err != nil {
				t.Fatal(err)
			}
			watch.checkLimits()
			if diff := cmp.Diff(want, list[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoFiguresWithoutPermission(t *testing.T) {
	s := quietScan(&Client{Metrics: refusing{}})
	list := []inventory.Endpoint{realTime("e")}
	if err := s.readMetrics(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	unread := s.failures.list(demoPlace)
	if list[0].Variants[0].Traffic != nil || len(unread) != 1 || unread[0].Action != "cloudwatch:GetMetricData" {
		t.Errorf("traffic %+v, unread %+v", list[0].Variants[0].Traffic, unread)
	}
}

type refusing struct{}

func (refusing) GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
}

func (refusing) ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
}

// TestTransformJobsWithoutPermission: what may not be listed is told, and the
// figures of other jobs are still asked for.
func TestTransformJobsWithoutPermission(t *testing.T) {
	s := quietScan(&Client{Metrics: refusing{}})
	transform := inventory.Resource{
		Kind: inventory.KindTransformJob, Name: "transform", Detail: inventory.Described, Spec: inventory.Spec(`{}`),
		CreatedAt: "2026-11-19T10:10:00Z", EndedAt: "2026-11-19T11:50:00Z",
	}
	training := transform
	training.Kind = inventory.KindTrainingJob
	if err := s.readJobMetrics(t.Context(), []inventory.Resource{transform, training}); err != nil {
		t.Fatal(err)
	}
	unread := s.failures.list(demoPlace)
	if len(unread) != 2 || unread[0].Action != "cloudwatch:GetMetricData" || unread[1].Action != "cloudwatch:ListMetrics" {
		t.Errorf("unread %+v", unread)
	}
}

func TestFiguresOfJobs(t *testing.T) {
	job := func(kind inventory.ResourceKind, name, spec string) inventory.Resource {
		return inventory.Resource{
			Kind: kind, Name: name, Detail: inventory.Described, Spec: inventory.Spec(spec),
			CreatedAt: "2026-09-01T10:10:00Z", EndedAt: "2026-09-01T11:50:00Z",
		}
	}
	values := map[string]float64{
		"/aws/sagemaker/TrainingJobs CPUUtilization Average train/algo-1": 150, "/aws/sagemaker/TrainingJobs CPUUtilization Maximum train/algo-1": 390,
		"/aws/sagemaker/TrainingJobs GPUUtilization Average train/algo-1": 80, "/aws/sagemaker/TrainingJobs GPUUtilization Maximum train/algo-1": 100,
		"/aws/sagemaker/ProcessingJobs MemoryUtilization Average process/algo-1": 20, "/aws/sagemaker/ProcessingJobs MemoryUtilization Maximum process/algo-1": 30,
		"/aws/sagemaker/TransformJobs CPUUtilization Average transform/i-0a": 70, "/aws/sagemaker/TransformJobs CPUUtilization Maximum transform/i-0a": 95,
	}
	listed := job(inventory.KindTrainingJob, "listed", "")
	listed.Detail = inventory.Listed
	ancient := job(inventory.KindTrainingJob, "ancient", `{"TrainingStartTime":"2020-01-01T00:00:00Z","TrainingEndTime":"2020-01-01T01:00:00Z"}`)
	odd := job(inventory.KindTrainingJob, "odd", `{"TrainingStartTime":"soon"}`)
	running := job(inventory.KindTrainingJob, "running", `{"TrainingStartTime":"2026-11-20T12:10:00Z"}`)
	running.EndedAt = ""
	resources := []inventory.Resource{
		job(inventory.KindTrainingJob, "train", `{"TrainingStartTime":"2026-09-01T10:20:00Z","ResourceConfig":{"InstanceType":"ml.g5.xlarge"}}`),
		job(inventory.KindProcessingJob, "process", `{"ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.large"}}}`),
		job(inventory.KindTransformJob, "transform", `{"TransformResources":{"InstanceType":"ml.m5.large"}}`),
		job(inventory.KindTransformJob, "forgotten", `{}`), listed, ancient, odd, running,
		{Kind: inventory.KindModel, Name: "model", Detail: inventory.Described},
	}
	for i := range 200 {
		resources = append(resources, job(inventory.KindProcessingJob, fmt.Sprint("more", i), `{"ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.large"}}}`))
	}
	s, watch := metricScan(t, values)
	watch.hosts = []string{"transform-2/i-00", "transform/i-0b", "transform/i-0a"}
	if err := s.readJobMetrics(t.Context(), resources); err != nil {
		t.Fatal(err)
	}
	want := map[string]*inventory.Usage{
		"train":   {CPU: &inventory.Use{Median: 150, Max: 390}, GPU: &inventory.Use{Median: 80, Max: 100}},
		"process": {Memory: &inventory.Use{Median: 20, Max: 30}},
		// Of two instances the first by name stands for both; of a job that
		// CloudWatch has forgotten nothing is known.
		"transform": {CPU: &inventory.Use{Median: 70, Max: 95}},
	}
	for _, r := range resources {
		if diff := cmp.Diff(want[r.Name], r.Usage); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.Name, diff)
		}
	}
	if len(watch.calls) != 2 {
		t.Errorf("%d calls for 202 jobs, want 2", len(watch.calls))
	}
	for _, in := range watch.calls {
		if len(in.MetricDataQueries) > maxQueries || in.StartTime.Format(time.RFC3339) != "2026-09-01T10:00:00Z" || in.EndTime.Format(time.RFC3339) != "2026-09-01T12:00:00Z" {
			t.Errorf("%d series from %s to %s", len(in.MetricDataQueries), in.StartTime, in.EndTime)
		}
		for _, q := range in.MetricDataQueries {
			if host := *q.MetricStat.Metric.Dimensions[0].Value; strings.HasPrefix(host, "process/") && strings.HasPrefix(*q.MetricStat.Metric.MetricName, "GPU") {
				t.Errorf("%s of %s, which has no GPU", *q.MetricStat.Metric.MetricName, host)
			}
		}
	}
}

func TestHourOfWeek(t *testing.T) {
	// A Monday.
	monday := time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	span := window{start: monday, end: monday.Add(14 * 24 * time.Hour)}
	points := map[time.Time]float64{
		monday: 10, monday.Add(7 * 24 * time.Hour): 20, monday.Add(9 * time.Hour): 7,
		monday.Add(6*24*time.Hour + 23*time.Hour): 3, // Sunday 23:00
	}
	got := hourOfWeek(points, span)
	want := make([]float64, 168)
	want[0], want[9], want[167] = 15, 3.5, 1.5
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := hourOfWeek(points, window{start: monday, end: monday.Add(167 * time.Hour)}); got != nil {
		t.Errorf("got %v for less than a week", got)
	}
	total := 0.0
	for _, value := range got {
		total += value
	}
	if math.Abs(total*2-sum(points)) > 1e-9 {
		t.Errorf("the profile holds %g requests a week; want half of %g", total, sum(points))
	}
}

func TestMinutesBeginWhereCloudWatchHasThem(t *testing.T) {
	long := window{start: scanTime.Add(-90 * 24 * time.Hour), end: scanTime}
	if start := (query{&subject{span: long}, perMinute}).start(); !start.Equal(scanTime.Add(-minuteRetention)) {
		t.Errorf("minutes are asked for from %s on, which CloudWatch no longer has", start)
	}
	if start := (query{&subject{span: long}, invocations}).start(); !start.Equal(long.start) {
		t.Errorf("hours are asked for from %s on", start)
	}
}

func TestFiguresAreWeightedAndRounded(t *testing.T) {
	hour := func(n int) time.Time { return scanTime.Truncate(time.Hour).Add(time.Duration(n) * time.Hour) }
	m := measured{
		invocations:                            {hour(0): 100, hour(1): 300},
		perMinute:                              {hour(0): 40, hour(1): 7},
		serverErrors:                           {hour(1): 4},
		latency[0]:                             {hour(0): 1000, hour(1): 5000},
		latency[1]:                             {hour(0): 2000, hour(1): 6000},
		latency[2]:                             {hour(0): 3000, hour(1): 123456},
		instances("CPUUtilization", "Average"): {hour(0): 10, hour(1): 30},
		instances("CPUUtilization", "Maximum"): {hour(0): 99, hour(1): 30},
	}
	want := &inventory.Traffic{
		Requests: 400, RequestsPerDay: 200, PeakRequestsPerMinute: 40, ServerErrorShare: 0.01,
		LatencyMilliseconds: &inventory.Latency{P50: 4, P95: 5, P99: 93.34},
	}
	span := window{start: hour(-47), end: hour(1)}
	if diff := cmp.Diff(want, trafficOf(m, span)); diff != "" {
		t.Errorf("traffic (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&inventory.Usage{CPU: &inventory.Use{Median: 20, Max: 99}}, usageOf(m, variantUses)); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if got := usageOf(measured{}, variantUses); got != nil {
		t.Errorf("got %+v for instances without figures", got)
	}
}

func TestTheSameAccountGivesTheSameFigures(t *testing.T) {
	account := standintest.StartWith(t, loadDemo(t), standin.Options{Now: func() time.Time { return scanTime }})
	url := timeMachine(t, account)
	var texts []string
	for range 2 {
		d := scanned(t, newClientAt(t, account, url))
		text, err := json.Marshal(d.Endpoints)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] || !strings.Contains(texts[0], "hourOfWeek") {
		t.Errorf("the figures differ: %s", cmp.Diff(texts[0], texts[1]))
	}
}
