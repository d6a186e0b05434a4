package workload

import (
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// TestSpotCostsWhatIsBilled: jobs that were only listed took three hours, of
// which spot training bills a part that only descriptions tell.
func TestSpotCostsWhatIsBilled(t *testing.T) {
	d := document(
		nightly("churn-20261119", "2026-11-19", "03:00:00", fields{
			"EnableManagedSpotTraining": true, "BillableTimeInSeconds": 3600,
			"ResourceConfig": fields{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
		}),
		nightly("churn-20261118", "2026-11-18", "03:00:00", nil),
		nightly("churn-20261117", "2026-11-17", "03:00:00", nil),
	)
	// Three runs in 14 days, one hour each: 3 x 730 / (14 x 24) = 6.5179.
	if got := find(t, d, "Training/churn").Runs.InstanceHoursPerMonth; got != 6.5179 {
		t.Errorf("%v instance hours a month; want 6.5179", got)
	}
}

// TestFailedInCapitals: compilation jobs shout.
func TestFailedInCapitals(t *testing.T) {
	failed := job(inventory.KindCompilationJob, "neo", nil)
	failed.Status = "FAILED"
	if got := find(t, document(failed), "Compilation/neo").Runs; got == nil || got.Failed != 1 {
		t.Errorf("runs are %+v; want a failed one", got)
	}
}

// TestFrameworkOfTEI: the image's first version is that of PyTorch.
func TestFrameworkOfTEI(t *testing.T) {
	d := contained(inventory.Container{Image: image(open + "tei:2.0.1-tei1.2.3-gpu-py310-cu122-ubuntu22.04")})
	if got := find(t, d, "Endpoint/churn").Framework; got == nil || got.Version != "1.2.3" {
		t.Errorf("framework is %+v; want version 1.2.3", got)
	}
}

// TestShadowsComeLast: callers get the answers of the production variant, and
// the endpoint is what that is.
func TestShadowsComeLast(t *testing.T) {
	d := serving(document(), func(e *inventory.Endpoint) {
		e.Variants[0].ModelName, e.ShadowVariants = "live", []inventory.Variant{{Name: "s", ModelName: "candidate"}}
		e.Models = []inventory.Model{
			{Name: "candidate", Containers: []inventory.Container{{Image: image(dlc + "pytorch-inference:2.6.0-cpu-py312"), Artifact: &inventory.Artifact{URI: "s3://b/candidate.tar.gz"}}}},
			{Name: "live", Containers: []inventory.Container{{Image: image(open + "sagemaker-xgboost:1.7-1"), Artifact: &inventory.Artifact{URI: "s3://b/live.tar.gz"}}}},
		}
	})
	w := find(t, d, "Endpoint/churn")
	if w.Framework.Name != "xgboost" || !strings.Contains(w.TrainingPath.Basis, "live.tar.gz") {
		t.Errorf("framework is %+v and training path %+v; want those of the model live", w.Framework, w.TrainingPath)
	}
}

// TestTopicsStandOnce though the endpoint and its configuration name them.
func TestTopicsStandOnce(t *testing.T) {
	const done, failed = "arn:aws:sns:us-east-1:123456789012:done", "arn:aws:sns:us-east-1:123456789012:failed"
	config := job(inventory.KindEndpointConfig, "churn-1", fields{"AsyncInferenceConfig": fields{"OutputConfig": fields{
		"NotificationConfig": fields{"SuccessTopic": done, "ErrorTopic": failed},
	}}})
	d := serving(document(config), func(e *inventory.Endpoint) {
		e.Async = &inventory.Async{OutputURI: "s3://o", SuccessTopicARN: done, ErrorTopicARN: failed}
	})
	got := slices.DeleteFunc(find(t, d, "Endpoint/churn").Integrations, func(i inventory.Integration) bool { return i.Name != "SNS" })
	if len(got) != 1 || got[0].Detail != done+", "+failed {
		t.Errorf("integrations with SNS are %+v; want one with both topics", got)
	}
}

// TestSeveralGPUsAddUp: 690 % of eight GPUs is not more than there is.
func TestSeveralGPUsAddUp(t *testing.T) {
	d := serving(document(), func(e *inventory.Endpoint) {
		e.Variants[0].InstanceType = "ml.g5.48xlarge"
		e.Variants[0].Usage = &inventory.Usage{GPU: &inventory.Use{Median: 17, Max: 690}}
	})
	if got := find(t, d, "Endpoint/churn").Hardware.Basis; !strings.Contains(got, "the GPUs were busy 17 % at the median and 690 % at most, of 800 %") {
		t.Errorf("basis is %q", got)
	}
	d.Endpoints[0].Variants[0].Usage = nil
	d.Endpoints[0].Components = []inventory.Component{{Name: "c", VariantName: "v", Usage: &inventory.Usage{GPU: &inventory.Use{Max: 70}}}}
	if got := find(t, d, "Endpoint/churn").Hardware.Basis; !strings.HasSuffix(got, "70 % at most") {
		t.Errorf("basis of a component's share is %q", got)
	}
}

// TestCostOfWhatIsNotSteady is an estimate, and says why.
func TestCostOfWhatIsNotSteady(t *testing.T) {
	count := func(current, desired, initial *int32) inventory.Document {
		return serving(document(), func(e *inventory.Endpoint) {
			e.Variants[0].InstanceCount = inventory.Counts{Current: current, Desired: desired, Initial: initial}
		})
	}
	blind := count(pointer(int32(1)), pointer(int32(1)), nil)
	blind.Unread = []inventory.Unread{{Place: here, Operation: "application-autoscaling:DescribeScalableTargets"}}
	cases := map[string]struct {
		document inventory.Document
		basis    string
		estimate bool
	}{
		"Blind":      {blind, "whether it is scaled or not", true},
		"Steady":     {count(pointer(int32(1)), pointer(int32(1)), pointer(int32(1))), "1 instance of ml.m5.xlarge:", false},
		"Changing":   {count(pointer(int32(1)), pointer(int32(3)), pointer(int32(3))), "while 3 are asked for", true},
		"Configured": {count(nil, nil, pointer(int32(1))), "as configured, since AWS names none that runs", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, "Endpoint/churn").CostPerMonth
			if got == nil || got.Estimate != tc.estimate || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("cost is %+v; want estimate %v with %q", got, tc.estimate, tc.basis)
			}
		})
	}
}

// TestPackageOfAnotherAccount says whose it is.
func TestPackageOfAnotherAccount(t *testing.T) {
	d := contained(inventory.Container{ModelPackage: "arn:aws:sagemaker:us-east-1:865070037744:model-package/damage-2f1e"})
	if got := find(t, d, "Endpoint/churn").TrainingPath; got.Kind != inventory.TrainingUnknown || !strings.Contains(got.Basis, "account 865070037744's") {
		t.Errorf("training path is %+v; want one that names the package's account", got)
	}
}

// TestYoungEndpointsMayGetRequestsYet: none in 14 days says nothing of one that
// was made yesterday.
func TestYoungEndpointsMayGetRequestsYet(t *testing.T) {
	d := serving(document(), func(e *inventory.Endpoint) {
		e.CreatedAt, e.Variants[0].Traffic = "2026-11-19T12:00:00Z", &inventory.Traffic{}
	})
	if got := find(t, d, "Endpoint/churn").Criticality.Reasons; !slices.Contains(got, "no request since it was made on 2026-11-19") {
		t.Errorf("reasons are %q", got)
	}
	d.Endpoints[0].CreatedAt = "2026-01-01T00:00:00Z"
	if got := find(t, d, "Endpoint/churn").Criticality.Reasons; !slices.Contains(got, "no request in 14 days") {
		t.Errorf("reasons of an old one are %q", got)
	}
}

// TestPipelinesAreTheirSteps: a definition says which hardware, framework and
// training a pipeline has before any of its jobs is seen.
func TestPipelinesAreTheirSteps(t *testing.T) {
	const definition = `{"Version":"2020-12-01",
		"Parameters":[{"Name":"Type","Type":"String","DefaultValue":"ml.g5.xlarge"}],
		"Steps":[
		 {"Name":"Clean","Type":"Processing","Arguments":{
		  "ProcessingResources":{"ClusterConfig":{"InstanceCount":1,"InstanceType":"ml.m5.large"}},
		  "AppSpecification":{"ImageUri":"` + open + `sagemaker-scikit-learn:1.2-1-cpu-py3"}}},
		 {"Name":"Good","Type":"Condition","Arguments":{"Conditions":[],"ElseSteps":[],"IfSteps":[
		  {"Name":"Train","Type":"Training","Arguments":{
		   "AlgorithmSpecification":{"TrainingImage":"` + dlc + `pytorch-training:2.6.0-gpu-py312"},
		   "HyperParameters":{"sagemaker_program":"train.py","data":{"Get":"Steps.Clean.X"}},
		   "ResourceConfig":{"InstanceCount":2,"InstanceType":{"Get":"Parameters.Type"}}}}]}}]}`
	w := find(t, document(job(inventory.KindPipeline, "retrain", fields{"PipelineDefinition": definition})), "Pipeline/retrain")
	if w.Hardware.Needs != inventory.NeedsGPU || !strings.Contains(w.Hardware.Basis, "Train of pipeline retrain runs on ml.g5.xlarge") {
		t.Errorf("hardware is %+v; want the GPU of the step that trains", w.Hardware)
	}
	if w.TrainingPath == nil || w.TrainingPath.Kind != inventory.TrainingScript {
		t.Errorf("training path is %+v; want script mode", w.TrainingPath)
	}
	if w.Framework == nil || w.Framework.Name != "pytorch" {
		t.Errorf("framework is %+v; want that of the step that trains", w.Framework)
	}
}

func TestPipelinesThatCannotBeRead(t *testing.T) {
	for _, definition := range []string{"", "{", `[]`, `{"Steps":{}}`, `{"Steps":[{"Type":"Training","Arguments":[]}]}`, `{"Steps":[{"Type":"Training"}]}`} {
		w := find(t, document(job(inventory.KindPipeline, "retrain", fields{"PipelineDefinition": definition})), "Pipeline/retrain")
		if w.Hardware.Needs != inventory.NeedsUnknown {
			t.Errorf("hardware of %q is %+v", definition, w.Hardware)
		}
	}
}

// TestMonitoringRunsOnWhatItsJobsName, in their definitions or the schedule's.
func TestMonitoringRunsOnWhatItsJobsName(t *testing.T) {
	config := fields{"ClusterConfig": fields{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}}
	clarify := "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
	cases := map[string]inventory.Resource{
		"Definition": job(inventory.KindModelBiasJobDefinition, "watch", fields{
			"JobResources": config, "ModelBiasAppSpecification": fields{"ImageUri": clarify},
		}),
		"Schedule": job(inventory.KindMonitoringSchedule, "watch", fields{"MonitoringScheduleConfig": fields{"MonitoringJobDefinition": fields{
			"MonitoringResources": config, "MonitoringAppSpecification": fields{"ImageUri": clarify},
		}}}),
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			w := find(t, document(r), "Monitoring/watch")
			if w.Hardware.Needs != inventory.NeedsCPU {
				t.Errorf("hardware is %+v; want CPU", w.Hardware)
			}
			if !slices.ContainsFunc(w.Integrations, func(i inventory.Integration) bool { return i.Name == "Clarify" }) {
				t.Errorf("integrations are %+v; want Clarify", w.Integrations)
			}
		})
	}
}

// TestNothingAtTheMomentIsNotFree: an endpoint at zero costs what it costs when
// it works, which nobody recorded.
func TestNothingAtTheMomentIsNotFree(t *testing.T) {
	d := serving(document(), func(e *inventory.Endpoint) {
		e.Variants[0].InstanceCount.Current = pointer(int32(0))
		e.Scaling = []inventory.Scaling{{Max: 4}}
	})
	if got := find(t, d, "Endpoint/churn").CostPerMonth; got != nil {
		t.Errorf("cost is %+v; want none", got)
	}
}

// TestUnusedAsFarAsWasSeen: what could not be read may use a model all the same.
func TestUnusedAsFarAsWasSeen(t *testing.T) {
	model := job(inventory.KindModel, "old", nil)
	unread := document(model)
	unread.Unread = []inventory.Unread{{Place: here, Operation: "sagemaker:ListTransformJobs", Code: "AccessDeniedException"}}
	elsewhere := document(model)
	elsewhere.Unread = []inventory.Unread{{Place: inventory.Place{AccountID: "2"}, Operation: "sagemaker:ListTransformJobs"}}
	blind := serving(document(model), func(e *inventory.Endpoint) { e.Config.Presence, e.Models, e.Variants = inventory.Deleted, nil, nil })
	cases := map[string]struct {
		document inventory.Document
		level    inventory.CriticalityLevel
		reason   string
	}{
		"Read":      {document(model), inventory.CriticalityLow, "no endpoint and no job uses it"},
		"Elsewhere": {elsewhere, inventory.CriticalityLow, "no endpoint and no job uses it"},
		"Unread":    {unread, inventory.CriticalityUnknown, "no endpoint and no job that was read uses it; sagemaker:ListTransformJobs was not answered"},
		"Blind":     {blind, inventory.CriticalityUnknown, "no endpoint and no job that was read uses it; which models run behind churn is not known"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, "UnusedModel/old").Criticality
			if got.Level != tc.level || !slices.Contains(got.Reasons, tc.reason) {
				t.Errorf("criticality is %+v; want %s for %q", got, tc.level, tc.reason)
			}
		})
	}
}

// TestPercentilesDoNotAverage: a third of the requests takes seconds, and so
// does the slowest hundredth of all. Of one kind only, they stay what they are.
func TestPercentilesDoNotAverage(t *testing.T) {
	fast, slow := inventory.Latency{P50: 24, P95: 51, P99: 90}, inventory.Latency{P50: 1700, P95: 4400, P99: 7100}
	got := mixedLatency(fast, 2, slow, 1)
	// 2/3 + F/3 = 0.99 where F = 0.97 of the slow ones: halfway from 4400 to
	// 7100. 2/3 + F/3 = 0.95 where F = 0.85: 1700 + 2700 x 0.35 / 0.45.
	if got.P99 != 5750 || got.P95 != 3800 || got.P50 < fast.P50 || got.P50 > fast.P95 {
		t.Errorf("mixed latency is %+v; want p95 3800 and p99 5750", got)
	}
	if got := mixedLatency(slow, 1, fast, 0); got != slow {
		t.Errorf("mixed with nothing it is %+v; want %+v", got, slow)
	}
	if got := mixedLatency(slow, 3, slow, 5); got != slow {
		t.Errorf("mixed with itself it is %+v; want %+v", got, slow)
	}
	for _, odd := range []inventory.Latency{{}, {P50: 5}, {P50: 9, P95: 5, P99: 1}} {
		if got := mixedLatency(odd, 1, fast, 1); got.P99 < 0 || got.P99 > 90 {
			t.Errorf("mixed with %+v it is %+v", odd, got)
		}
	}
}
