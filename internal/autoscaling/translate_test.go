package autoscaling

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

func ptr[T any](value T) *T { return &value }

const resource = "endpoint/Churn-Prod/variant/AllTraffic"

func target(minimum, maximum int32, policies ...inventory.Policy) inventory.Scaling {
	return inventory.Scaling{
		Resource: resource, Dimension: "sagemaker:variant:DesiredInstanceCount",
		Min: minimum, Max: maximum, Policies: policies,
	}
}

func tracking(name, predefined string, value float64) inventory.Policy {
	return inventory.Policy{Name: name, Type: "TargetTrackingScaling", TargetTracking: &inventory.TargetTracking{
		TargetValue: value, PredefinedMetric: predefined,
	}}
}

func custom(name, namespace, metric, statistic string, value float64) inventory.Policy {
	return inventory.Policy{Name: name, Type: "TargetTrackingScaling", TargetTracking: &inventory.TargetTracking{
		TargetValue: value, CustomMetric: &inventory.CustomMetric{
			Namespace: namespace, Name: metric, Statistic: statistic,
			Dimensions: map[string]string{"EndpointName": "Churn-Prod", "VariantName": "AllTraffic"},
		},
	}}
}

func step(name, alarm string, cooldown int32, adjustments ...int32) inventory.Policy {
	s := &inventory.StepScaling{AdjustmentType: "ChangeInCapacity", CooldownSeconds: &cooldown}
	for _, adjustment := range adjustments {
		s.Steps = append(s.Steps, inventory.Step{Adjustment: adjustment})
	}
	return inventory.Policy{Name: name, Type: "StepScaling", Step: s, Alarms: []string{alarm}}
}

func alarm(name, metric, statistic, comparison string, threshold float64) inventory.Alarm {
	return inventory.Alarm{
		Name: name, Comparison: comparison, Threshold: &threshold, PeriodSeconds: 60, EvaluationPeriods: 3,
		Metric: &inventory.CustomMetric{
			Namespace: "AWS/SageMaker", Name: metric, Statistic: statistic,
			Dimensions: map[string]string{"EndpointName": "Churn-Prod", "VariantName": "AllTraffic"},
		},
	}
}

var large = &inventory.Instance{VCPU: 4, MemoryGiB: 16}

func TestTranslateMetrics(t *testing.T) {
	for name, c := range map[string]struct {
		source Source
		want   Metric
	}{
		"invocations are counted per minute": {
			Source{Scaling: target(1, 4, tracking("p", invocationsPerInstance, 600))},
			Metric{Type: MetricRequestsPerSecond, TargetValue: "10"},
		},
		"several pods share an instance's load": {
			Source{Scaling: target(1, 4, tracking("p", invocationsPerInstance, 600)), PodsPerInstance: 4},
			Metric{Type: MetricRequestsPerSecond, TargetValue: "2.5"},
		},
		"a copy is a pod": {
			Source{PodsPerInstance: 4, Scaling: inventory.Scaling{
				Resource: "inference-component/llm", Dimension: dimensionCopies, Min: 1, Max: 4,
				Policies: []inventory.Policy{tracking("p", invocationsPerCopy, 30)},
			}},
			Metric{Type: MetricRequestsPerSecond, TargetValue: "0.5"},
		},
		"concurrency": {
			Source{Scaling: target(1, 4, tracking("p", concurrentPerModel, 5))},
			Metric{Type: MetricConcurrency, TargetValue: "5"},
		},
		"a share of the provisioned concurrency": {
			Source{ConcurrencyPerPod: 4, Scaling: inventory.Scaling{
				Resource: resource, Dimension: dimensionConcurrency, Min: 4, Max: 40,
				Policies: []inventory.Policy{tracking("p", provisionedUtilization, 0.7)},
			}},
			Metric{Type: MetricConcurrency, TargetValue: "2.8"},
		},
		"CPU counts cores": {
			// 200 % of a core on 4 cores, where the pod requests 2.5.
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "CPUUtilization", "Average", 200)), Instance: large, PodCPUCores: 2.5},
			Metric{Type: MetricCPU, TargetValue: "80"},
		},
		"CPU without a request is a share of the instance": {
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "CPUUtilization", "Average", 280)), Instance: large},
			Metric{Type: MetricCPU, TargetValue: "70"},
		},
		"a CPU target beyond the limit is never reached": {
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "CPUUtilization", "Average", 280)), Instance: large, PodCPUCores: 1, PodCPULimitCores: 2},
			Metric{Type: MetricCPU, TargetValue: "180"},
		},
		"memory is a share of the instance's": {
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "MemoryUtilization", "Average", 50)), Instance: large, PodMemoryGiB: 10},
			Metric{Type: MetricMemory, TargetValue: "80"},
		},
		"GPU": {
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "GPUUtilization", "Average", 160)), PodsPerInstance: 2},
			Metric{Type: MetricPrometheus, TargetValue: "80", Query: gpuQuery},
		},
		"requests of all instances": {
			Source{Scaling: target(1, 4, custom("p", namespaceRequests, "Invocations", "Sum", 1200))},
			Metric{Type: MetricRequestsPerSecond, TargetValue: "20", Total: true},
		},
		"latency is in microseconds": {
			Source{Scaling: target(1, 4, custom("p", namespaceRequests, "ModelLatency", "Average", 250000))},
			Metric{Type: MetricPrometheus, TargetValue: "0.25", Total: true, Query: meanLatencyQuery},
		},
		"a small target keeps its digits": {
			Source{Scaling: target(1, 4, tracking("p", invocationsPerInstance, 0.001))},
			Metric{Type: MetricRequestsPerSecond, TargetValue: "0.000016666666666666667"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := Translate(c.source)
			if result.Spec == nil {
				t.Fatalf("Translate gave no spec; gaps %+v", result.Gaps)
			}
			c.want.From = "p"
			if diff := cmp.Diff([]Metric{c.want}, result.Spec.Metrics); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
			if len(result.Gaps) > 0 {
				t.Errorf("gaps %+v, want none", result.Gaps)
			}
		})
	}
}

func TestTranslateNamesWhatIsMissing(t *testing.T) {
	elsewhere := custom("p", namespaceRequests, "Invocations", "Sum", 5)
	elsewhere.TargetTracking.CustomMetric.Dimensions["EndpointName"] = "Other"
	exact := step("p", "a", 60, 3)
	exact.Step.AdjustmentType = "ExactCapacity"
	for name, c := range map[string]struct {
		source Source
		thing  string
		why    string
	}{
		"metric math": {
			Source{Scaling: target(1, 4, inventory.Policy{Name: "p", Type: "TargetTrackingScaling", TargetTracking: &inventory.TargetTracking{
				TargetValue: 5, CustomMetric: &inventory.CustomMetric{},
			}})}, "target tracking policy p", "metric math",
		},
		"another endpoint's metric": {Source{Scaling: target(1, 4, elsewhere)}, "target tracking policy p", "something else"},
		"a metric of one's own": {
			Source{Scaling: target(1, 4, custom("p", "Team/Queue", "Depth", "Average", 5))}, "target tracking policy p", "Team/Queue",
		},
		"CPU of an unknown size": {
			Source{Scaling: target(1, 4, custom("p", namespaceInstances, "CPUUtilization", "Average", 70))}, "target tracking policy p", "request",
		},
		"a prediction": {
			Source{Scaling: target(1, 4, inventory.Policy{Name: "p", Type: "PredictiveScaling"})}, "predictive policy p", "forecasts",
		},
		"a policy that could not be read": {
			Source{Scaling: target(1, 4, inventory.Policy{Name: "p", Type: "TargetTrackingScaling"})}, "policy p", "could not be read",
		},
		"an exact number":  {Source{Scaling: target(1, 4, exact)}, "step policy p", "outright"},
		"an unknown alarm": {Source{Scaling: target(1, 4, step("p", "gone", 60, 1))}, "step policy p", "not in the inventory"},
		"steps both ways":  {Source{Scaling: target(1, 4, step("p", "a", 60, 1, -1))}, "step policy p", "both add and remove"},
		"steps against the alarm": {
			Source{
				Scaling: target(1, 4, step("p", "a", 60, -1)),
				Alarms:  []inventory.Alarm{alarm("a", "InvocationsPerInstance", "Sum", "GreaterThanThreshold", 100)},
			}, "step policy p", "against its alarm",
		},
		"scaling in alone": {
			Source{
				Scaling: target(1, 4, step("p", "a", 60, -1)),
				Alarms:  []inventory.Alarm{alarm("a", "InvocationsPerInstance", "Sum", "LessThanThreshold", 100)},
			}, "step policy p", "no policy scales out",
		},
		"zero pods behind the router": {
			Source{Scaling: target(0, 4, tracking("p", invocationsPerInstance, 60))}, "scaling of " + resource + " to zero", "no router holds",
		},
		"no room": {Source{Scaling: target(2, 2, tracking("p", invocationsPerInstance, 60))}, "scaling of " + resource, "no room"},
		"a queue that Landfall does not know": {
			Source{Mode: inventory.ModeAsync, Scaling: target(0, 4, custom("p", namespaceRequests, "ApproximateBacklogSizePerInstance", "Average", 5))},
			"metric of policy p", "queue",
		},
	} {
		t.Run(name, func(t *testing.T) {
			gaps := Translate(c.source).Gaps
			for _, g := range gaps {
				if g.Thing == c.thing && strings.Contains(g.Why, c.why) && g.Do != "" {
					return
				}
			}
			t.Errorf("gaps %+v; want one of %q with %q", gaps, c.thing, c.why)
		})
	}
}

func TestTranslateSteps(t *testing.T) {
	percent := step("in", "low", 600, -50)
	percent.Step.AdjustmentType = "PercentChangeInCapacity"
	result := Translate(Source{
		Scaling: target(1, 8, percent, step("out", "high", 120, 1, 3)),
		Alarms: []inventory.Alarm{
			alarm("high", "InvocationsPerInstance", "Sum", "GreaterThanThreshold", 600),
			alarm("low", "InvocationsPerInstance", "Sum", "LessThanThreshold", 120),
		},
	})
	want := &Spec{
		Engine:                        EngineKEDA,
		Metrics:                       []Metric{{Type: MetricRequestsPerSecond, TargetValue: "10", From: "out"}},
		ScaleUpStabilizationSeconds:   180,
		ScaleUpLimits:                 []Limit{{Pods: 3, PeriodSeconds: 120}},
		ScaleDownStabilizationSeconds: 600,
		ScaleDownLimits:               []Limit{{Percent: 50, PeriodSeconds: 600}},
	}
	if diff := cmp.Diff(want, result.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if len(result.Gaps) > 0 {
		t.Errorf("gaps %+v, want none", result.Gaps)
	}
}

func TestTranslateKeepsStepOutPoliciesFromScalingIn(t *testing.T) {
	result := Translate(Source{
		Scaling: target(1, 8, step("out", "high", 120, 1)),
		Alarms:  []inventory.Alarm{alarm("high", "InvocationsPerInstance", "Sum", "GreaterThanThreshold", 600)},
	})
	if result.Spec == nil || !result.Spec.ScaleDownDisabled {
		t.Errorf("spec %+v; want no scaling in, as no policy does", result.Spec)
	}
}

func TestTranslateCooldownsAndSwitches(t *testing.T) {
	held := tracking("a", invocationsPerInstance, 60)
	held.TargetTracking.ScaleInDisabled = true
	slow := tracking("b", concurrentPerModel, 5)
	slow.TargetTracking.ScaleInCooldownSeconds = ptr[int32](900)
	endless := tracking("c", invocationsPerInstance, 60)
	endless.TargetTracking.ScaleInCooldownSeconds = ptr[int32](90000)
	suspended := func(activities ...string) inventory.Scaling {
		s := target(1, 4, slow)
		s.Suspended = activities
		return s
	}
	type got struct {
		Seconds  int32
		In, Out  bool
		Disabled bool
	}
	for name, c := range map[string]struct {
		scaling inventory.Scaling
		want    got
	}{
		"the default is 300 s":     {target(1, 4, tracking("a", invocationsPerInstance, 60)), got{Seconds: 300}},
		"the longest wait counts":  {target(1, 4, tracking("a", invocationsPerInstance, 60), slow), got{Seconds: 900}},
		"Kubernetes' limit":        {target(1, 4, endless), got{Seconds: 3600}},
		"never in":                 {target(1, 4, held), got{Seconds: 300, In: true}},
		"one of two may scale in":  {target(1, 4, held, slow), got{Seconds: 900}},
		"scaling in is suspended":  {suspended("ScaleIn"), got{Seconds: 900, In: true}},
		"scaling out is suspended": {suspended("ScaleOut"), got{Seconds: 900, Out: true}},
		"everything is suspended":  {suspended("ScaleIn", "ScaleOut"), got{Disabled: true}},
	} {
		t.Run(name, func(t *testing.T) {
			result := Translate(Source{Scaling: c.scaling})
			if result.Spec == nil {
				if !c.want.Disabled || len(result.Gaps) == 0 {
					t.Errorf("no spec, gaps %+v", result.Gaps)
				}
				return
			}
			s := result.Spec
			if diff := cmp.Diff(c.want, got{Seconds: s.ScaleDownStabilizationSeconds, In: s.ScaleDownDisabled, Out: s.ScaleUpDisabled}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTranslateBounds(t *testing.T) {
	concurrency := inventory.Scaling{Resource: resource, Dimension: dimensionConcurrency, Min: 5, Max: 40}
	for name, c := range map[string]struct {
		source   Source
		min, max int32
	}{
		"instances":              {Source{Scaling: target(2, 5)}, 2, 5},
		"two pods each":          {Source{Scaling: target(2, 5), PodsPerInstance: 2}, 4, 10},
		"half an instance each":  {Source{Scaling: target(3, 5), PodsPerInstance: 0.5}, 2, 3},
		"provisioned":            {Source{Scaling: concurrency, ConcurrencyPerPod: 4}, 2, 10},
		"workers may go to zero": {Source{Scaling: target(0, 5), Mode: inventory.ModeAsync}, 0, 5},
		"others may not":         {Source{Scaling: target(0, 5)}, 1, 5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Translate(c.source); got.Min != c.min || got.Max != c.max {
				t.Errorf("bounds %d to %d, want %d to %d", got.Min, got.Max, c.min, c.max)
			}
		})
	}
}

func TestTranslateAsync(t *testing.T) {
	wake := step("wake", "waiting", 60, 1)
	result := Translate(Source{
		Mode:    inventory.ModeAsync,
		Scaling: target(0, 4, custom("queue", namespaceRequests, "ApproximateBacklogSizePerInstance", "Average", 5), wake),
		Alarms:  []inventory.Alarm{alarm("waiting", backlogWithoutCapacity, "Average", "GreaterThanOrEqualToThreshold", 1)},
	})
	want := &Spec{
		Engine: EngineKEDA, Target: TargetDeployment, ScaleDownStabilizationSeconds: 300,
		Metrics: []Metric{{Type: MetricQueueLength, TargetValue: "5", From: "queue"}},
	}
	if diff := cmp.Diff(want, result.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if objects := Objects("worker", "ml", Range{Min: result.Min, Max: result.Max}, *result.Spec); len(objects) != 0 {
		t.Errorf("objects %v without a query, want none", objects)
	}
}

func TestFitsEndpoint(t *testing.T) {
	cpu := func(change func(*Spec)) Spec {
		s := Spec{Engine: EngineHPA, Metrics: []Metric{{Type: MetricCPU, TargetValue: "70"}}, ScaleDownStabilizationSeconds: 300}
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		spec Spec
		want bool
	}{
		"CPU alone":         {cpu(func(*Spec) {}), true},
		"another wait":      {cpu(func(s *Spec) { s.ScaleDownStabilizationSeconds = 600 }), false},
		"never in":          {cpu(func(s *Spec) { s.ScaleDownDisabled = true }), false},
		"bounded":           {cpu(func(s *Spec) { s.ScaleUpLimits = []Limit{{Pods: 1, PeriodSeconds: 60}} }), false},
		"requests":          {cpu(func(s *Spec) { s.Engine, s.Metrics[0].Type = EngineKEDA, MetricRequestsPerSecond }), false},
		"memory":            {cpu(func(s *Spec) { s.Metrics[0].Type = MetricMemory }), false},
		"a schedule":        {cpu(func(s *Spec) { s.Schedules = []Schedule{{}} }), false},
		"workers of queues": {cpu(func(s *Spec) { s.Target = TargetDeployment }), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.spec.FitsEndpoint(); got != c.want {
				t.Errorf("FitsEndpoint = %v, want %v", got, c.want)
			}
		})
	}
}
