package sagemaker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"landfall.dev/landfall/internal/inventory"
)

// jobMetrics says where CloudWatch and a description have the figures of a kind
// of job.
type jobMetrics struct {
	uses
	// started, ended and instanceType are paths in the description.
	started, ended, instanceType string
}

// jobKinds are the jobs whose instances CloudWatch knows.
var jobKinds = map[inventory.ResourceKind]jobMetrics{
	inventory.KindTrainingJob: {trainingUses, "TrainingStartTime", "TrainingEndTime", "ResourceConfig.InstanceType"},
	inventory.KindProcessingJob: {
		processingUses, "ProcessingStartTime", "ProcessingEndTime", "ProcessingResources.ClusterConfig.InstanceType",
	},
	inventory.KindTransformJob: {transformUses, "TransformStartTime", "TransformEndTime", "TransformResources.InstanceType"},
}

// firstHost is the name of a job's first instance, which stands for all of them.
const firstHost = "/algo-1"

// hosts finds the instance of a job that stands for all of them. Those of
// transform jobs have the instance's id in their name, which stands in no
// description: transforms names them by job.
func hosts(r *inventory.Resource, transforms map[string]string) string {
	if r.Kind == inventory.KindTransformJob {
		return transforms[r.Name]
	}
	return r.Name + firstHost
}

// readTransformHosts asks CloudWatch for the instances of transform jobs, of
// which it lists those of the last two weeks: older jobs have no figures. Of the
// instances of one job the first by name counts.
func (s *scan) readTransformHosts(ctx context.Context, resources []inventory.Resource) (map[string]string, error) {
	described := func(r inventory.Resource) bool {
		return r.Kind == inventory.KindTransformJob && r.Detail == inventory.Described
	}
	if !slices.ContainsFunc(resources, described) {
		return map[string]string{}, nil
	}
	found, err := remember(s, "ListMetrics|"+namespaceTransform, func() (map[string]string, error) {
		return fromTheStart(func() (map[string]string, error) { return s.listTransformHosts(ctx) })
	})
	if err != nil {
		return nil, s.failures.record(ctx, "cloudwatch:ListMetrics", "", err)
	}
	return found, nil
}

func (s *scan) listTransformHosts(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	pages := cloudwatch.NewListMetricsPaginator(s.Metrics, &cloudwatch.ListMetricsInput{
		Namespace: aws.String(namespaceTransform), MetricName: aws.String("CPUUtilization"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, metric := range page.Metrics {
			for _, dimension := range metric.Dimensions {
				host := aws.ToString(dimension.Value)
				job, _, hosted := strings.Cut(host, "/")
				if aws.ToString(dimension.Name) == "Host" && hosted && (found[job] == "" || host < found[job]) {
					found[job] = host
				}
			}
		}
	}
	return found, nil
}

// readJobMetrics fills in the use of every job that was described. The jobs of
// months come in few calls: one holds 62 jobs, or 125 without GPUs, whenever
// they ran.
func (s *scan) readJobMetrics(ctx context.Context, resources []inventory.Resource) error {
	transforms, err := s.readTransformHosts(ctx, resources)
	if err != nil {
		return err
	}
	now := s.Now.UTC().Truncate(hourly)
	var jobs []asked[inventory.Resource]
	var subjects []*subject
	for i := range resources {
		r := &resources[i]
		kind, known := jobKinds[r.Kind]
		if !known || r.Detail != inventory.Described {
			continue
		}
		span, ran := kind.span(r, now)
		host := hosts(r, transforms)
		if !ran || host == "" {
			continue
		}
		of := &subject{
			name: r.Name, dimensions: [][2]string{{"Host", host}}, span: span, sparse: true,
			series: kind.all(mayHaveGPU(r.Spec.Text(kind.instanceType))),
		}
		jobs, subjects = append(jobs, asked[inventory.Resource]{r, of}), append(subjects, of)
	}
	if read, err := s.measure(ctx, subjects); err != nil || !read {
		return err
	}
	for _, job := range jobs {
		job.part.Usage = usageOf(job.found, jobKinds[job.part.Kind].uses)
	}
	return nil
}

// span is the time in full hours that a job's instances ran. False means that
// they did not, or that CloudWatch no longer knows.
func (k jobMetrics) span(r *inventory.Resource, now time.Time) (window, bool) {
	start, err := time.Parse(time.RFC3339, cmp.Or(r.Spec.Text(k.started), r.CreatedAt))
	if err != nil {
		return window{}, false
	}
	end := now
	if text := cmp.Or(r.Spec.Text(k.ended), r.EndedAt); text != "" {
		if end, err = time.Parse(time.RFC3339, text); err != nil {
			return window{}, false
		}
	}
	span := window{start: start.UTC().Truncate(hourly), end: end.UTC().Add(hourly - 1).Truncate(hourly)}
	if span.end.After(now) {
		span.end = now
	}
	if oldest := now.Add(-hourRetention); span.start.Before(oldest) {
		span.start = oldest
	}
	return span, span.start.Before(span.end)
}
