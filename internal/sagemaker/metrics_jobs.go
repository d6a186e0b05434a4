package sagemaker

import (
	"cmp"
	"context"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// jobMetrics says where CloudWatch and a description have the figures of a kind
// of job.
type jobMetrics struct {
	uses
	// started, ended and instanceType are paths in the description.
	started, ended, instanceType string
}

// jobKinds are the jobs whose instances CloudWatch knows by the job's name:
// those of transform jobs have the instance's id in theirs, which stands in no
// description.
var jobKinds = map[inventory.ResourceKind]jobMetrics{
	inventory.KindTrainingJob: {trainingUses, "TrainingStartTime", "TrainingEndTime", "ResourceConfig.InstanceType"},
	inventory.KindProcessingJob: {
		processingUses, "ProcessingStartTime", "ProcessingEndTime", "ProcessingResources.ClusterConfig.InstanceType",
	},
}

// firstHost is the name of a job's first instance, which stands for all of them.
const firstHost = "/algo-1"

// readJobMetrics fills in the use of every job that was described. The jobs of
// months come in few calls: one holds 62 jobs, or 125 without GPUs, whenever
// they ran.
func (s *scan) readJobMetrics(ctx context.Context, resources []inventory.Resource) error {
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
		if !ran {
			continue
		}
		of := &subject{
			name: r.Name, dimensions: [][2]string{{"Host", r.Name + firstHost}}, span: span, sparse: true,
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
