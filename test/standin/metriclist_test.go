package standin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// TestListMetrics: instances of jobs are listed for two weeks after their last
// point, and other parameters than the namespace and the name are refused.
func TestListMetrics(t *testing.T) {
	job := func(kind, host, to string) string {
		return `  - {job: {kind: ` + kind + `, host: ` + host + `, from: 2026-01-01T00:00:00Z, to: ` + to + `}, utilization: {CPUUtilization: {idle: 1, peak: 2}, MemoryUtilization: {idle: 1, peak: 2}}}` + "\n"
	}
	text := head + "metrics:\n" + job("TransformJobs", "new/i-1", "2026-11-19T00:00:00Z") + job("TransformJobs", "new/i-2", "2026-11-19T00:00:00Z") +
		job("TransformJobs", "old/i-1", "2026-11-01T00:00:00Z") + job("TrainingJobs", "train/algo-1", "2026-11-19T00:00:00Z")
	now := time.Now()
	// The signature's time is today's: the account lives in it.
	text = strings.NewReplacer("2026-11-19", now.AddDate(0, 0, -1).Format(time.DateOnly), "2026-11-01", now.AddDate(0, 0, -19).Format(time.DateOnly),
		"2026-01-01", now.AddDate(0, -3, 0).Format(time.DateOnly)).Replace(text)
	account := start(t, text, standin.Options{})
	client := cloudwatch.NewFromConfig(standintest.WithoutRetries(account.Config()))
	var hosts []string
	pages := cloudwatch.NewListMetricsPaginator(client, &cloudwatch.ListMetricsInput{
		Namespace: aws.String("/aws/sagemaker/TransformJobs"), MetricName: aws.String("CPUUtilization"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Metrics {
			hosts = append(hosts, *m.Dimensions[0].Value)
		}
	}
	if diff := cmp.Diff([]string{"new/i-1", "new/i-2"}, hosts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err := client.ListMetrics(context.Background(), &cloudwatch.ListMetricsInput{OwningAccount: aws.String("123456789012")})
	if err == nil || !strings.Contains(err.Error(), "OwningAccount") {
		t.Errorf("a parameter that the stand-in does not know: %v", err)
	}
}
