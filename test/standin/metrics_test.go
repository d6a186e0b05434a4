package standin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const metered = head + `
metrics:
  - endpoint: churn
    variant: v
    instances: 2
    hourlyInvocations: [600, 601, 602, 603, 604, 605, 606, 607, 608, 609, 610, 611, 1200, 613, 614, 615, 616, 617, 618, 619, 620, 621, 622, 623]
    latencyMicros: {p50: 8000, p95: 20000, p99: 40000}
    overheadMicros: 1500
    error4XXRatio: 0.1
    utilization: {CPUUtilization: {idle: 10, peak: 110}}
  - {endpoint: idle, variant: v, hourlyInvocations: [60], idleDays: 30, utilization: {CPUUtilization: {idle: 1, peak: 9}}}
  - {inferenceComponent: part, hourlyInvocations: [120], latencyMicros: {p50: 2000000, p95: 2000000, p99: 2000000}, utilization: {GPUUtilizationNormalized: {idle: 5, peak: 60}}}
  - {endpoint: later, variant: v, instances: 2, hourlyInvocations: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], latencyMicros: {p50: 3000000, p95: 4000000, p99: 5000000}, error5XXRatio: 0.02, async: {backlogSize: {idle: 0, peak: 30}, ageSeconds: {idle: 0, peak: 90}, zeroInstances: true}}
  - {job: {kind: TrainingJobs, host: job/algo-1, from: 2026-10-07T11:00:00Z, to: 2026-10-07T13:00:00Z}, utilization: {GPUUtilization: {idle: 0, peak: 100}}}
  - {endpoint: office, variant: v, shape: {kind: BusinessHours, peakPerHour: 1000, quietPerHour: 10}}
`

// noon is the busiest hour of the profile.
var noon = time.Date(2026, 10, 7, 12, 0, 0, 0, time.UTC)

func meteredClient(t testing.TB) (*standintest.Account, *cloudwatch.Client) {
	t.Helper()
	account := standintest.StartWith(t, standintest.Parse(t, metered, nil), standin.Options{
		Now: func() time.Time { return noon.Add(3 * time.Hour) },
	})
	cfg := standintest.WithoutRetries(account.Config())
	// Signed with the same still clock.
	return account, cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.HTTPSignerV4 = stillSigner{} })
}

type stillSigner struct{}

// SignHTTP signs as of the test's clock.
func (stillSigner) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, payload, service, region string, _ time.Time, _ ...func(*v4.SignerOptions)) error {
	return v4.NewSigner().SignHTTP(ctx, c, r, payload, service, region, noon.Add(3*time.Hour))
}

func query(namespace, metric, stat string, period int32, dimensions map[string]string) cwtypes.MetricDataQuery {
	m := cwtypes.Metric{Namespace: aws.String(namespace), MetricName: aws.String(metric)}
	for name, value := range dimensions {
		m.Dimensions = append(m.Dimensions, cwtypes.Dimension{Name: aws.String(name), Value: aws.String(value)})
	}
	return cwtypes.MetricDataQuery{Id: aws.String("q"), MetricStat: &cwtypes.MetricStat{Metric: &m, Period: aws.Int32(period), Stat: aws.String(stat)}}
}

var churn = map[string]string{"EndpointName": "churn", "VariantName": "v"}

func TestMetricData(t *testing.T) {
	_, client := meteredClient(t)
	cases := map[string]struct {
		q          cwtypes.MetricDataQuery
		start, end time.Time
		want       []float64
	}{
		"HourSum":      {query("AWS/SageMaker", "Invocations", "Sum", 3600, churn), noon, noon.Add(time.Hour), []float64{1200}},
		"TwoHours":     {query("AWS/SageMaker", "Invocations", "Sum", 3600, churn), noon.Add(-time.Hour), noon.Add(time.Hour), []float64{1200, 611}},
		"MinuteSum":    {query("AWS/SageMaker", "Invocations", "Sum", 60, churn), noon, noon.Add(2 * time.Minute), []float64{20, 20}},
		"Average":      {query("AWS/SageMaker", "Invocations", "Average", 3600, churn), noon, noon.Add(time.Hour), []float64{1}},
		"PerInstance":  {query("AWS/SageMaker", "InvocationsPerInstance", "Sum", 3600, churn), noon, noon.Add(time.Hour), []float64{600}},
		"4XX":          {query("AWS/SageMaker", "Invocation4XXErrors", "Sum", 3600, churn), noon, noon.Add(time.Hour), []float64{120}},
		"P50":          {query("AWS/SageMaker", "ModelLatency", "p50", 3600, churn), noon, noon.Add(time.Hour), []float64{8000}},
		"P99":          {query("AWS/SageMaker", "ModelLatency", "p99", 3600, churn), noon, noon.Add(time.Hour), []float64{40000}},
		"Samples":      {query("AWS/SageMaker", "ModelLatency", "SampleCount", 3600, churn), noon, noon.Add(time.Hour), []float64{1200}},
		"CPU":          {query("/aws/sagemaker/Endpoints", "CPUUtilization", "Average", 3600, churn), noon, noon.Add(time.Hour), []float64{110}},
		"CPUQuiet":     {query("/aws/sagemaker/Endpoints", "CPUUtilization", "Maximum", 3600, churn), noon.Add(-12 * time.Hour), noon.Add(-11 * time.Hour), []float64{60}},
		"Namespace":    {query("AWS/SageMaker", "CPUUtilization", "Average", 3600, churn), noon, noon.Add(time.Hour), nil},
		"NoVariant":    {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"EndpointName": "churn"}), noon, noon.Add(time.Hour), nil},
		"Future":       {query("AWS/SageMaker", "Invocations", "Sum", 3600, churn), noon.Add(24 * time.Hour), noon.Add(25 * time.Hour), nil},
		"Retention":    {query("AWS/SageMaker", "Invocations", "Sum", 60, churn), noon.AddDate(0, 0, -16), noon.AddDate(0, 0, -16).Add(time.Hour), nil},
		"OldHours":     {query("AWS/SageMaker", "Invocations", "Sum", 3600, churn), noon.AddDate(0, 0, -100), noon.AddDate(0, 0, -100).Add(time.Hour), []float64{1200}},
		"Idle":         {query("AWS/SageMaker", "Invocations", "Sum", 86400, map[string]string{"EndpointName": "idle", "VariantName": "v"}), noon.AddDate(0, 0, -29), noon, nil},
		"BeforeIdle":   {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"EndpointName": "idle", "VariantName": "v"}), noon.AddDate(0, 0, -40), noon.AddDate(0, 0, -40).Add(time.Hour), []float64{60}},
		"ComponentGPU": {query("/aws/sagemaker/InferenceComponents", "GPUUtilizationNormalized", "Average", 3600, map[string]string{"InferenceComponentName": "part"}), noon, noon.Add(time.Hour), []float64{60}},
		"Backlog":      {query("AWS/SageMaker", "ApproximateBacklogSize", "Maximum", 3600, map[string]string{"EndpointName": "later"}), noon.Add(-time.Hour), noon.Add(time.Hour), []float64{30, 0}},
		"BacklogShare": {query("AWS/SageMaker", "ApproximateBacklogSizePerInstance", "Average", 3600, map[string]string{"EndpointName": "later"}), noon, noon.Add(time.Hour), []float64{15}},
		"BacklogAge":   {query("AWS/SageMaker", "ApproximateAgeOfOldestRequest", "Maximum", 3600, map[string]string{"EndpointName": "later"}), noon.Add(-time.Hour), noon.Add(time.Hour), []float64{90}},
		"NoCapacity":   {query("AWS/SageMaker", "HasBacklogWithoutCapacity", "Maximum", 3600, map[string]string{"EndpointName": "later"}), noon.Add(-time.Hour), noon.Add(2 * time.Hour), []float64{0, 1, 0}},
		"AsyncNone":    {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"EndpointName": "later", "VariantName": "v"}), noon, noon.Add(time.Hour), nil},
		"AsyncDone":    {query("AWS/SageMaker", "InvocationsProcesssed", "Sum", 3600, map[string]string{"EndpointName": "later", "VariantName": "v"}), noon, noon.Add(time.Hour), []float64{100}},
		"AsyncFailed":  {query("AWS/SageMaker", "InvocationFailures", "Sum", 3600, map[string]string{"EndpointName": "later", "VariantName": "v"}), noon, noon.Add(time.Hour), []float64{2}},
		"AsyncTotal":   {query("AWS/SageMaker", "TotalProcessingTime", "p50", 3600, map[string]string{"EndpointName": "later", "VariantName": "v"}), noon, noon.Add(time.Hour), []float64{3000}},
		"OtherJobs":    {query("/aws/sagemaker/ProcessingJobs", "GPUUtilization", "Average", 3600, map[string]string{"Host": "job/algo-1"}), noon, noon.Add(time.Hour), nil},
		"AfterTheJob":  {query("/aws/sagemaker/TrainingJobs", "GPUUtilization", "Average", 3600, map[string]string{"Host": "job/algo-1"}), noon.Add(time.Hour), noon.Add(2 * time.Hour), nil},
		"OfficeHours":  {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"EndpointName": "office", "VariantName": "v"}), time.Date(2026, 10, 5, 6, 0, 0, 0, time.UTC), time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC), []float64{1000, 406, 10}},
		"OfficeSunday": {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"EndpointName": "office", "VariantName": "v"}), time.Date(2026, 10, 4, 10, 0, 0, 0, time.UTC), time.Date(2026, 10, 4, 11, 0, 0, 0, time.UTC), []float64{10}},
		"IdleCPU":      {query("/aws/sagemaker/Endpoints", "CPUUtilization", "Average", 3600, map[string]string{"EndpointName": "idle", "VariantName": "v"}), noon, noon.Add(time.Hour), []float64{1}},
		"Component":    {query("AWS/SageMaker", "Invocations", "Sum", 3600, map[string]string{"InferenceComponentName": "part"}), noon, noon.Add(time.Hour), []float64{120}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := client.GetMetricData(context.Background(), &cloudwatch.GetMetricDataInput{
				StartTime: &tc.start, EndTime: &tc.end, MetricDataQueries: []cwtypes.MetricDataQuery{tc.q},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := out.MetricDataResults[0]
			if len(got.Values) != len(tc.want) || len(got.Timestamps) != len(tc.want) {
				t.Fatalf("got %v at %v, want %v", got.Values, got.Timestamps, tc.want)
			}
			for i := range tc.want {
				if math.Abs(got.Values[i]-tc.want[i]) > 1e-6 {
					t.Errorf("got %v, want %v", got.Values, tc.want)
				}
			}
		})
	}
}

func TestMetricPages(t *testing.T) {
	_, client := meteredClient(t)
	start, end := noon.Add(-24*time.Hour), noon
	pages := cloudwatch.NewGetMetricDataPaginator(client, &cloudwatch.GetMetricDataInput{
		StartTime: &start, EndTime: &end, MaxDatapoints: aws.Int32(10), ScanBy: cwtypes.ScanByTimestampAscending,
		MetricDataQueries: []cwtypes.MetricDataQuery{query("AWS/SageMaker", "Invocations", "Sum", 3600, churn)},
	})
	var times []time.Time
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, page.MetricDataResults[0].Timestamps...)
	}
	if len(times) != 24 || !times[0].Equal(start) || !times[23].Equal(end.Add(-time.Hour)) {
		t.Errorf("got %d datapoints: %v", len(times), times)
	}
}

func TestMetricErrors(t *testing.T) {
	_, client := meteredClient(t)
	end := noon.Add(time.Hour)
	cases := map[string]struct {
		change func(*cloudwatch.GetMetricDataInput)
		code   string
	}{
		"Reversed": {func(in *cloudwatch.GetMetricDataInput) { in.StartTime, in.EndTime = in.EndTime, in.StartTime }, "ValidationError"},
		"Period":   {func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Period = aws.Int32(90) }, "ValidationError"},
		"Stat":     {func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Stat = aws.String("p101") }, "ValidationError"},
		"Expression": {func(in *cloudwatch.GetMetricDataInput) {
			in.MetricDataQueries[0].Expression = aws.String("SUM(METRICS())")
		}, "ValidationError"},
		"Token": {func(in *cloudwatch.GetMetricDataInput) { in.NextToken = aws.String("x") }, "InvalidNextToken"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			in := &cloudwatch.GetMetricDataInput{
				StartTime: aws.Time(noon), EndTime: &end,
				MetricDataQueries: []cwtypes.MetricDataQuery{query("AWS/SageMaker", "Invocations", "Sum", 60, churn)},
			}
			tc.change(in)
			_, err := client.GetMetricData(context.Background(), in)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != tc.code {
				t.Fatalf("got %v, want %s", err, tc.code)
			}
		})
	}
}

// TestOlderMetricProtocols: botocore before 1.37 sends forms, others JSON.
func TestOlderMetricProtocols(t *testing.T) {
	account, _ := meteredClient(t)
	form := url.Values{
		"Action": {"GetMetricData"}, "Version": {"2010-08-01"},
		"StartTime": {"2026-10-07T12:00:00Z"}, "EndTime": {"2026-10-07T13:00:00Z"},
		"MetricDataQueries.member.1.Id": {"q"}, "MetricDataQueries.member.1.ReturnData": {"true"},
		"MetricDataQueries.member.1.MetricStat.Period":                           {"3600"},
		"MetricDataQueries.member.1.MetricStat.Stat":                             {"Sum"},
		"MetricDataQueries.member.1.MetricStat.Metric.Namespace":                 {"AWS/SageMaker"},
		"MetricDataQueries.member.1.MetricStat.Metric.MetricName":                {"Invocations"},
		"MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name":  {"EndpointName"},
		"MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value": {"churn"},
		"MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Name":  {"VariantName"},
		"MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Value": {"v"},
	}
	var fromXML struct {
		Values []float64 `xml:"GetMetricDataResult>MetricDataResults>member>Values>member"`
	}
	text := post(t, account.URL, []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
	if err := xml.Unmarshal(text, &fromXML); err != nil || len(fromXML.Values) != 1 || fromXML.Values[0] != 1200 {
		t.Errorf("%v %s", err, text)
	}
	body := []byte(`{"StartTime": 1791374400, "EndTime": 1791378000, "MetricDataQueries": [{"Id": "q", "MetricStat": {"Period": 3600, "Stat": "Sum",
		"Metric": {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": [{"Name": "EndpointName", "Value": "churn"}, {"Name": "VariantName", "Value": "v"}]}}}]}`)
	var fromJSON struct {
		MetricDataResults []struct {
			Values []float64 `json:"Values"`
		} `json:"MetricDataResults"`
	}
	text = post(t, account.URL, body, map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData"})
	if err := json.Unmarshal(text, &fromJSON); err != nil || len(fromJSON.MetricDataResults) != 1 || len(fromJSON.MetricDataResults[0].Values) != 1 || fromJSON.MetricDataResults[0].Values[0] != 1200 {
		t.Errorf("%v %s", err, text)
	}
}

// post sends a request signed for CloudWatch.
func post(t *testing.T, address string, body []byte, headers map[string]string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "secret"}
	if err := (stillSigner{}).SignHTTP(context.Background(), key, r, hex.EncodeToString(sum[:]), "monitoring", "us-east-1", noon); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %v %s", resp.Status, err, text)
	}
	return text
}

// TestJobUse: the instance of a job is busy while it runs.
func TestJobUse(t *testing.T) {
	_, client := meteredClient(t)
	from, to := noon.Add(-2*time.Hour), noon.Add(2*time.Hour)
	out, err := client.GetMetricData(context.Background(), &cloudwatch.GetMetricDataInput{
		StartTime: &from, EndTime: &to,
		MetricDataQueries: []cwtypes.MetricDataQuery{query("/aws/sagemaker/TrainingJobs", "GPUUtilization", "Average", 60, map[string]string{"Host": "job/algo-1"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	values := out.MetricDataResults[0].Values
	if len(values) != 120 {
		t.Fatalf("%d minutes, want 120", len(values))
	}
	for _, v := range values {
		if v < 60 || v > 100 {
			t.Errorf("busy to %v percent", v)
		}
	}
}

// TestConcurrency: by Little's law 120 requests an hour of two seconds at most
// keep one copy busy for at most a fifteenth of the time.
func TestConcurrency(t *testing.T) {
	_, client := meteredClient(t)
	from, to := noon, noon.Add(time.Hour)
	out, err := client.GetMetricData(context.Background(), &cloudwatch.GetMetricDataInput{
		StartTime: &from, EndTime: &to,
		MetricDataQueries: []cwtypes.MetricDataQuery{query("AWS/SageMaker", "ConcurrentRequestsPerCopy", "Maximum", 3600, map[string]string{"InferenceComponentName": "part"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := out.MetricDataResults[0].Values; len(v) != 1 || v[0] <= 1.0/30 || v[0] > 1.0/15 {
		t.Errorf("concurrency %v", v)
	}
}

// TestPeriodsAddUp: the same span has the same invocations at every period.
func TestPeriodsAddUp(t *testing.T) {
	_, client := meteredClient(t)
	rapid.Check(t, func(t *rapid.T) {
		hour := noon.Add(-time.Duration(rapid.IntRange(1, 300).Draw(t, "hoursBack")) * time.Hour)
		end := hour.Add(time.Hour)
		sum := func(period int32) float64 {
			out, err := client.GetMetricData(context.Background(), &cloudwatch.GetMetricDataInput{
				StartTime: &hour, EndTime: &end,
				MetricDataQueries: []cwtypes.MetricDataQuery{query("AWS/SageMaker", "Invocations", "Sum", period, churn)},
			})
			if err != nil {
				t.Fatal(err)
			}
			total := 0.0
			for _, v := range out.MetricDataResults[0].Values {
				total += v
			}
			return total
		}
		whole := sum(3600)
		for _, period := range []int32{60, 300, 900} {
			if got := sum(period); got != whole {
				t.Fatalf("period %d adds up to %v, the hour to %v", period, got, whole)
			}
		}
	})
}
