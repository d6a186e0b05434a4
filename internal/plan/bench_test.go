package plan

import (
	"fmt"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// largeAccount is an account of 20,000 resources: 400 endpoints, 17,500 runs of
// 350 jobs, 100 pipelines with 1,500 executions, and 500 other things.
func largeAccount(t testing.TB) inventory.Document {
	t.Helper()
	inv := inventory.Document{
		ScannedAt: "2026-11-20T12:00:00Z", LookbackDays: 14, Accounts: []inventory.Account{{ID: "123456789012", Region: "us-east-1", Partition: "aws"}},
	}
	place := inv.Accounts[0].Place()
	types := []string{"ml.m5.xlarge", "ml.c5.2xlarge", "ml.g5.xlarge", "ml.g4dn.xlarge", "ml.r5.large"}
	for i := range 400 {
		inv.Endpoints = append(inv.Endpoints, endpoint(func(e *inventory.Endpoint) {
			v := &e.Variants[0]
			e.Name, e.Place, v.ModelName, e.Models[0].Name = fmt.Sprintf("Endpoint-%d", i), place, fmt.Sprintf("model-%d", i), fmt.Sprintf("model-%d", i)
			v.InstanceType = types[i%len(types)]
			v.Instance = inventory.InstanceOf(v.InstanceType)
			v.Traffic.RequestsPerDay, v.Traffic.PeakRequestsPerMinute = float64(i*500), int64(i)
			v.Traffic.HourOfWeek = make([]float64, hoursPerWeek)
			for hour := range v.Traffic.HourOfWeek {
				v.Traffic.HourOfWeek[hour] = float64(i * (hour % hoursPerDay))
			}
			v.Usage = &inventory.Usage{CPU: &inventory.Use{Median: float64(i % 300), Max: float64(i%300 + 50)}, Memory: &inventory.Use{Median: 30, Max: 40}}
		}))
	}
	add := func(kind inventory.ResourceKind, name, parent, spec string) {
		r := inventory.Resource{
			Kind: kind, Name: name, Place: place, Status: "Completed", CreatedAt: "2026-11-18T10:00:00Z", EndedAt: "2026-11-18T11:30:00Z", Parent: parent,
			ARN: fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:%s/%s", kind, name), Detail: inventory.Listed,
		}
		if spec != "" {
			r.Detail, r.Spec = inventory.Described, inventory.Spec(spec)
		}
		inv.Resources = append(inv.Resources, r)
	}
	kinds := []inventory.ResourceKind{inventory.KindTrainingJob, inventory.KindProcessingJob, inventory.KindTransformJob}
	for family := range 350 {
		kind := kinds[family%len(kinds)]
		for run := range 50 {
			spec := ""
			if run < 3 {
				spec = fmt.Sprintf(`{"AlgorithmSpecification":{"TrainingImage":"registry.example.com/train:%d"},"AppSpecification":{"ImageUri":"registry.example.com/p:1"},
					"ResourceConfig":{"InstanceType":"ml.m5.2xlarge","InstanceCount":1},"OutputDataConfig":{"S3OutputPath":"s3://b/out/%d"},
					"ModelArtifacts":{"S3ModelArtifacts":"s3://b/out/%d/model.tar.gz"}}`, family, family, family)
			}
			add(kind, fmt.Sprintf("job-f%d-2026-11-18-10-%02d-00-%03d", family, run, run), "", spec)
		}
	}
	for i := range 100 {
		add(inventory.KindPipeline, fmt.Sprintf("pipeline-%d", i), "", `{"PipelineDefinition":"{\"Version\":\"2020-12-01\",\"Steps\":[]}"}`)
		for run := range 15 {
			add(inventory.KindPipelineExecution, fmt.Sprintf("pipeline-%d-%d", i, run), fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:pipeline/pipeline-%d", i), "")
		}
	}
	for i := range 250 {
		add(inventory.KindNotebookInstance, fmt.Sprintf("notebook-%d", i), "", `{"InstanceType":"ml.t3.medium"}`)
		add(inventory.KindModelPackageGroup, fmt.Sprintf("group-%d", i), "", `{}`)
	}
	return inv
}

// BenchmarkPlanOfTwentyThousandResources reads, plans, plans again and writes.
// The aim is 10 seconds for reading, planning once and writing.
func BenchmarkPlanOfTwentyThousandResources(b *testing.B) {
	data, err := inventory.Encode(largeAccount(b))
	if err != nil {
		b.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		b.Run(fmt.Sprintf("again=%t", again), func(b *testing.B) {
			for b.Loop() {
				inv, err := inventory.Decode(data)
				if err != nil {
					b.Fatal(err)
				}
				d, _ := built(b, inv, nil, Options{})
				text := encoded(b, d)
				if again {
					previous, err := Decode([]byte(text))
					if err != nil {
						b.Fatal(err)
					}
					_, changes := built(b, inv, &previous, Options{})
					if len(changes) != 0 {
						b.Fatalf("%d changes, such as %+v", len(changes), changes[0])
					}
				}
				b.ReportMetric(float64(len(d.Workloads)), "workloads")
			}
		})
	}
}
