package autoscaling

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files")

func cases() map[string]Source {
	held := custom("cpu-70", namespaceInstances, "CPUUtilization", "Average", 280)
	held.TargetTracking.ScaleInCooldownSeconds = ptr[int32](600)
	worked := target(1, 6, tracking("invocations", invocationsPerInstance, 600))
	worked.ScheduledActions = []inventory.ScheduledAction{
		scheduled("day", "cron(0 8 ? * MON-FRI *)", 4), scheduled("night", "cron(0 20 ? * MON-FRI *)", 1),
	}
	return map[string]Source{
		"hpa-cpu":      {Scaling: target(2, 6, held), Instance: large},
		"keda-worked":  {Scaling: worked},
		"keda-gpu":     {Scaling: target(1, 3, custom("gpu", namespaceInstances, "GPUUtilization", "Average", 70), tracking("busy", concurrentPerModel, 3))},
		"keda-latency": {Scaling: target(1, 3, custom("slow", namespaceRequests, "ModelLatency", "Average", 80000))},
		"keda-steps": {
			Scaling: target(1, 8, step("out", "high", 120, 1, 3), step("in", "low", 300, -1)),
			Alarms: []inventory.Alarm{
				alarm("high", "InvocationsPerInstance", "Sum", "GreaterThanThreshold", 600),
				alarm("low", "InvocationsPerInstance", "Sum", "LessThanThreshold", 120),
			},
		},
		"keda-queue": {Mode: inventory.ModeAsync, Scaling: target(0, 4, custom("queue", namespaceRequests, "ApproximateBacklogSizePerInstance", "Average", 5))},
	}
}

func TestObjects(t *testing.T) {
	for name, source := range cases() {
		t.Run(name, func(t *testing.T) {
			result := Translate(source)
			for i := range result.Spec.Metrics {
				if result.Spec.Metrics[i].Type == MetricQueueLength {
					result.Spec.Metrics[i].Query = `sum(queue_messages{namespace="$namespace",queue="$endpoint"})`
				}
			}
			objects := Objects("churn", "ml", Range{Min: result.Min, Max: result.Max}, *result.Spec)
			if len(objects) != 1 {
				t.Fatalf("%d objects, want 1", len(objects))
			}
			got, err := yaml.Marshal(objects[0])
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", name+".yaml"), got)
			if result.Spec.Engine == EngineHPA {
				var hpa autoscalingv2.HorizontalPodAutoscaler
				if err := yaml.UnmarshalStrict(got, &hpa); err != nil {
					t.Errorf("not an autoscaling/v2 HorizontalPodAutoscaler: %v", err)
				}
			}
		})
	}
}

func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), written anew by -update:\n%s", path, diff)
	}
}

func TestObjectsLeavesTheEndpointsOwnAlone(t *testing.T) {
	result := Translate(Source{Scaling: target(1, 4, custom("p", namespaceInstances, "CPUUtilization", "Average", 280)), Instance: large})
	if objects := Objects("churn", "ml", Range{Min: 1, Max: 4}, *result.Spec); len(objects) != 0 {
		t.Errorf("objects %v; want none, as the Endpoint makes its own HorizontalPodAutoscaler", objects)
	}
}

func TestObjectsOfAnEditedPlan(t *testing.T) {
	spec := Spec{Engine: EngineHPA, Metrics: []Metric{{Type: MetricCPU, TargetValue: "a lot"}, {Type: MetricMemory, TargetValue: "1e99"}}}
	objects := Objects("churn", "ml", Range{}, spec)
	text, err := yaml.Marshal(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	var hpa autoscalingv2.HorizontalPodAutoscaler
	if err := yaml.UnmarshalStrict(text, &hpa); err != nil {
		t.Fatal(err)
	}
	if *hpa.Spec.Metrics[0].Resource.Target.AverageUtilization != 70 || *hpa.Spec.Metrics[1].Resource.Target.AverageUtilization != 1000 || hpa.Spec.MaxReplicas != 1 {
		t.Errorf("got\n%s", text)
	}
}
