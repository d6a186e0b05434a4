package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// work is a workload with the resource that it consists of.
func work(kind inventory.WorkloadKind, status string, of inventory.ResourceKind, spec string, change func(*inventory.Workload, *inventory.Resource)) inventory.Document {
	w := inventory.Workload{
		WorkloadKey: inventory.WorkloadKey{Kind: kind, Name: "w"}, Status: status,
		Resources: []inventory.Reference{{Kind: of, Name: "w"}}, ResourceCount: 1,
	}
	r := inventory.Resource{Kind: of, Name: "w", Detail: inventory.Described, CreatedAt: "2026-01-01T00:00:00Z"}
	if spec != "" {
		r.Spec = inventory.Spec(spec)
	}
	if change != nil {
		change(&w, &r)
	}
	d := account()
	d.Workloads, d.Resources = []inventory.Workload{w}, []inventory.Resource{r}
	return d
}

func runsUntil(last string, count, failed, lately int) func(*inventory.Workload, *inventory.Resource) {
	return func(w *inventory.Workload, _ *inventory.Resource) {
		w.Runs = &inventory.Runs{Count: count, Failed: failed, InLookback: lately, LastRunAt: last, InstanceType: "ml.m5.xlarge", InstanceCount: 2, InstanceHoursPerMonth: 20}
	}
}

const (
	lately  = "2026-11-18T00:00:00Z"
	longAgo = "2026-02-01T00:00:00Z"
)

// steps is the description of a pipeline with these steps.
func steps(text string) string {
	return `{"PipelineDefinition":` + quoted(`{"Version":"2020-12-01","Parameters":[],"Steps":[`+text+`]}`) + `}`
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

func TestDecideTasks(t *testing.T) {
	const openTraining = `{"AlgorithmSpecification":{"TrainingImage":"registry.example.com/train:1"}}`
	const closedTraining = `{"AlgorithmSpecification":{"TrainingImage":"382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"}}`
	busy := runsUntil(lately, 9, 1, 3)
	cases := map[string]struct {
		inv    inventory.Document
		want   Decision
		reason string
	}{
		"training": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, openTraining, busy), MoveLater, "it ran 9 times, 3 of them in the 14 days of the scan",
		},
		"training of a closed algorithm": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, closedTraining, busy), Blocked, "refuses it outside SageMaker",
		},
		"training of a bought algorithm": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, `{"AlgorithmSpecification":{"AlgorithmName":"arn:x"}}`, busy), Blocked, "algorithm arn:x",
		},
		"training that always fails": {
			work(inventory.WorkloadTraining, "Failed", inventory.KindTrainingJob, openTraining, runsUntil(longAgo, 2, 2, 0)), Retire, "every run of it failed (2)",
		},
		"training that fails today": {
			work(inventory.WorkloadTraining, "Failed", inventory.KindTrainingJob, openTraining, runsUntil(lately, 2, 2, 2)), MoveLater, "2 failed",
		},
		"forgotten training": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, openTraining, runsUntil(longAgo, 2, 0, 0)), Retire, "last ran on 2026-02-01, 292 days",
		},
		"forgotten training that something uses": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, openTraining, func(w *inventory.Workload, r *inventory.Resource) {
				runsUntil(longAgo, 2, 0, 0)(w, r)
				w.Consumers = []inventory.Consumer{{Name: "Endpoint/x", How: "Graph"}}
			}), MoveLater, "training jobs",
		},
		"training on Trainium": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, openTraining, func(w *inventory.Workload, r *inventory.Resource) {
				busy(w, r)
				w.Hardware.Needs, w.Runs.InstanceType = inventory.NeedsNeuron, "ml.trn1.2xlarge"
			}), Blocked, "its chips exist on AWS only",
		},
		"training that could not be described": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, "", func(w *inventory.Workload, r *inventory.Resource) {
				busy(w, r)
				r.Detail, r.Unread = inventory.DetailUnread, "AccessDenied"
			}), Blocked, "could not be read: AccessDenied",
		},
		"a step of a pipeline": {
			work(inventory.WorkloadTraining, "Completed", inventory.KindTrainingJob, openTraining, func(w *inventory.Workload, r *inventory.Resource) {
				busy(w, r)
				w.Runs.StartedBy = "Pipeline/p"
			}), MoveLater, "its start by Pipeline/p",
		},
		"tuning": {
			work(inventory.WorkloadTuning, "Completed", inventory.KindHyperParameterTuningJob,
				`{"TrainingJobDefinition":{"AlgorithmSpecification":{"TrainingImage":"registry.example.com/train:1"}}}`, busy), MoveLater, "hyperparameter tuning",
		},
		"tuning of a closed algorithm among several": {
			work(inventory.WorkloadTuning, "Completed", inventory.KindHyperParameterTuningJob, `{"TrainingJobDefinitions":[`+openTraining+`,`+closedTraining+`]}`, busy), Blocked, "linear-learner",
		},
		"AutoML": {work(inventory.WorkloadAutoML, "Completed", inventory.KindAutoMLJob, `{}`, busy), Blocked, "the search itself is closed"},
		"ended AutoML": {
			work(inventory.WorkloadAutoML, "Completed", inventory.KindAutoMLJob, `{}`, runsUntil(longAgo, 1, 0, 0)), Retire, "ended on 2026-02-01",
		},
		"processing": {
			work(inventory.WorkloadProcessing, "Completed", inventory.KindProcessingJob, `{"AppSpecification":{"ImageUri":"registry.example.com/p:1"}}`, busy), MoveLater, "processing jobs",
		},
		"processing with Clarify": {
			work(inventory.WorkloadProcessing, "Completed", inventory.KindProcessingJob,
				`{"AppSpecification":{"ImageUri":"205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"}}`, busy), Blocked, "refuses it",
		},
		"batch transform":     {work(inventory.WorkloadTransform, "Completed", inventory.KindTransformJob, `{"ModelName":"m"}`, busy), MoveLater, "batch transform"},
		"compilation":         {work(inventory.WorkloadCompilation, "COMPLETED", inventory.KindCompilationJob, `{}`, nil), Retire, "InputConfig.S3Uri"},
		"running compilation": {work(inventory.WorkloadCompilation, "INPROGRESS", inventory.KindCompilationJob, `{}`, nil), Keep, "scan again"},
		"labelling":           {work(inventory.WorkloadLabeling, "InProgress", inventory.KindLabelingJob, `{}`, nil), Keep, "Label Studio"},
		"ended labelling":     {work(inventory.WorkloadLabeling, "Completed", inventory.KindLabelingJob, `{}`, nil), Retire, "manifest"},
		"pipeline":            {work(inventory.WorkloadPipeline, "Active", inventory.KindPipeline, steps(`{"Name":"Stop","Type":"Fail","Arguments":{"ErrorMessage":"no"}}`), busy), Move, "every step of it translates"},
		"pipeline with a step that stays": {
			work(inventory.WorkloadPipeline, "Active", inventory.KindPipeline, steps(`{"Name":"Crunch","Type":"EMR","Arguments":{"ClusterId":"j"}}`), busy), MoveLater, "1 of its 1 steps: no counterpart in Argo Workflows: Crunch",
		},
		"pipeline that cannot be read": {
			work(inventory.WorkloadPipeline, "Active", inventory.KindPipeline, `{"PipelineDefinition":"{"}`, busy), Blocked, "pipeline definition",
		},
		"pipeline without a definition": {work(inventory.WorkloadPipeline, "Active", inventory.KindPipeline, `{}`, busy), Blocked, "holds no definition"},
		"pipeline that never ran":       {work(inventory.WorkloadPipeline, "Active", inventory.KindPipeline, steps(""), nil), Retire, "never ran"},
		"project":                       {work(inventory.WorkloadPipeline, "CreateCompleted", inventory.KindProject, `{}`, nil), Keep, "template"},
		"notebook":                      {work(inventory.WorkloadNotebook, "InService", inventory.KindNotebookInstance, `{}`, nil), Keep, "JupyterHub"},
		"notebook off for long":         {work(inventory.WorkloadNotebook, "Stopped", inventory.KindNotebookInstance, `{}`, nil), Retire, "stopped since 2026-01-01"},
		"notebook off since yesterday": {
			work(inventory.WorkloadNotebook, "Stopped", inventory.KindNotebookInstance, `{}`, func(_ *inventory.Workload, r *inventory.Resource) { r.ModifiedAt = lately }), Keep, "place to work",
		},
		"failed notebook":      {work(inventory.WorkloadNotebook, "Failed", inventory.KindNotebookInstance, `{}`, nil), Retire, "failed"},
		"Studio":               {work(inventory.WorkloadStudio, "InService", inventory.KindDomain, `{}`, nil), Keep, "JupyterHub"},
		"registry":             {work(inventory.WorkloadRegistry, "Completed", inventory.KindModelPackageGroup, `{}`, nil), Keep, "stores and approves"},
		"experiments":          {work(inventory.WorkloadExperiments, "", inventory.KindExperiment, `{}`, nil), Keep, "records runs"},
		"MLflow":               {work(inventory.WorkloadExperiments, "Created", inventory.KindMlflowTrackingServer, `{}`, nil), Keep, "go on writing"},
		"features online":      {work(inventory.WorkloadFeatureGroup, "Created", inventory.KindFeatureGroup, `{"OnlineStoreConfig":{"EnableOnlineStore":true}}`, nil), Keep, "Feast"},
		"features offline":     {work(inventory.WorkloadFeatureGroup, "Created", inventory.KindFeatureGroup, `{}`, nil), Keep, "files in S3"},
		"failed features":      {work(inventory.WorkloadFeatureGroup, "CreateFailed", inventory.KindFeatureGroup, `{}`, nil), Retire, "CreateFailed"},
		"monitoring of a file": {work(inventory.WorkloadMonitoring, "Scheduled", inventory.KindMonitoringSchedule, `{}`, nil), Keep, "watches data in S3"},
		"monitoring of nobody": {work(inventory.WorkloadMonitoring, "Scheduled", inventory.KindMonitoringSchedule, `{"EndpointName":"gone"}`, nil), Retire, "is gone"},
		"stopped monitoring":   {work(inventory.WorkloadMonitoring, "Stopped", inventory.KindMonitoringSchedule, `{}`, nil), Retire, "stopped"},
		"hub":                  {work(inventory.WorkloadHub, "InService", inventory.KindHub, `{}`, nil), Keep, "points to models"},
		"HyperPod on EKS":      {work(inventory.WorkloadCluster, "InService", inventory.KindCluster, `{"Orchestrator":{"Eks":{"ClusterArn":"a"}}}`, nil), MoveLater, "Kubernetes"},
		"HyperPod on Slurm":    {work(inventory.WorkloadCluster, "InService", inventory.KindCluster, `{}`, nil), Blocked, "Slurm"},
		"training plan":        {work(inventory.WorkloadCluster, "Active", inventory.KindTrainingPlan, `{}`, nil), Keep, "capacity"},
		"shadow test":          {work(inventory.WorkloadInferenceExperiment, "Running", inventory.KindInferenceExperiment, `{}`, nil), Keep, "under way"},
		"ended shadow test":    {work(inventory.WorkloadInferenceExperiment, "Completed", inventory.KindInferenceExperiment, `{}`, nil), Retire, "is Completed"},
		"Edge":                 {work(inventory.WorkloadEdge, "", inventory.KindDeviceFleet, `{}`, nil), Retire, "discontinued"},
		"unused model":         {work(inventory.WorkloadModel, "", inventory.KindModel, `{}`, nil), Retire, "refers to it"},
		"model of unseen users": {work(inventory.WorkloadModel, "", inventory.KindModel, `{}`, func(w *inventory.Workload, _ *inventory.Resource) {
			w.Criticality = inventory.Criticality{Level: inventory.CriticalityUnknown, Reasons: []string{"what runs behind fraud is not known"}}
		}), MoveLater, "behind fraud is not known"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d, _ := built(t, tc.inv, nil, Options{})
			w := d.Workloads[0]
			if w.Decision != tc.want || !strings.Contains(strings.Join(w.Reasons, "; "), tc.reason) {
				t.Errorf("%s for %q; want %s for %q", w.Decision, w.Reasons, tc.want, tc.reason)
			}
			if w.Decision == Blocked && (len(w.Blockers) == 0 || w.Blockers[0].Do == "") {
				t.Errorf("blocked by %+v, without a way out", w.Blockers)
			}
			reread(t, d)
		})
	}
}

func TestAnIdleGPUIsNotTakenAlong(t *testing.T) {
	inv := account(endpoint(func(e *inventory.Endpoint) {
		e.Variants[0].InstanceType, e.Variants[0].Instance = "ml.g5.xlarge", inventory.InstanceOf("ml.g5.xlarge")
	}))
	inv.Workloads = workloadsOf(inv)
	inv.Workloads[0].Hardware.Needs = inventory.GPUUnused
	d, _ := built(t, inv, nil, Options{})
	if w := d.Workloads[0]; w.Resources.Requests.GPU != 0 || !strings.Contains(strings.Join(w.Reasons, "; "), "its pods get no GPU") || w.NodePoolName != "online" {
		t.Errorf("it gets %+v in %q for %q", w.Resources, w.NodePoolName, w.Reasons)
	}
}

func TestMonitoringFollowsItsEndpoint(t *testing.T) {
	monitored := func(change func(*inventory.Endpoint)) inventory.Document {
		d := work(inventory.WorkloadMonitoring, "Scheduled", inventory.KindMonitoringSchedule, `{"EndpointName":"churn"}`, nil)
		d.Endpoints = []inventory.Endpoint{endpoint(change)}
		return d
	}
	decision := func(d Document) Decision { return d.Named("w")[0].Decision }
	inv := monitored(func(*inventory.Endpoint) {})
	moving, _ := built(t, inv, nil, Options{})
	if got := decision(moving); got != MoveLater {
		t.Errorf("the endpoint moves, its monitoring is %s", got)
	}
	edited := reread(t, moving)
	edited.Named("churn")[0].Decision = Keep
	if kept, _ := built(t, inv, edited, Options{}); decision(kept) != Keep {
		t.Errorf("a person keeps the endpoint, its monitoring is %s", decision(kept))
	}
	if unused, _ := built(t, monitored(idle), nil, Options{}); decision(unused) != Retire {
		t.Errorf("nobody calls the endpoint, its monitoring is %s", decision(unused))
	}
}

// small is an endpoint with little traffic, told with all evidence.
func small(change func(*inventory.Endpoint)) inventory.Endpoint {
	return endpoint(func(e *inventory.Endpoint) {
		e.Variants[0].Traffic = &inventory.Traffic{
			Requests: 7000, RequestsPerDay: 500, PeakRequestsPerMinute: 9, LatencyMilliseconds: &inventory.Latency{P50: 20, P95: 90, P99: 200},
		}
		change(e)
	})
}

// priced gives the workloads of an account's endpoints a cost.
func priced(usd float64, endpoints ...inventory.Endpoint) inventory.Document {
	d := account(endpoints...)
	d.Workloads = workloadsOf(d)
	for i := range d.Workloads {
		d.Workloads[i].CostPerMonth = &inventory.Cost{USD: usd, PricesOf: "2026-07-06", Basis: "2 instances"}
		d.Workloads[i].Criticality.Level = inventory.CriticalityLow
	}
	return d
}

func TestBetterWithoutKubernetes(t *testing.T) {
	as := func(*inventory.Endpoint) {}
	gpu := func(change func(*inventory.Variant)) inventory.Endpoint {
		return endpoint(func(e *inventory.Endpoint) {
			v, one := &e.Variants[0], int32(1)
			v.InstanceType, v.Instance, v.InstanceCount = "ml.g5.xlarge", inventory.InstanceOf("ml.g5.xlarge"), inventory.Counts{Current: &one}
			v.Usage = &inventory.Usage{GPU: &inventory.Use{Median: 80, Max: 99}}
			v.Traffic = &inventory.Traffic{Requests: 1e6, RequestsPerDay: 70000, HourOfWeek: slices.Repeat([]float64{3000}, hoursPerWeek)}
			change(v)
		})
	}
	unpriced := priced(0, small(as))
	unpriced.Workloads[0].CostPerMonth = nil
	other := small(func(e *inventory.Endpoint) { e.Name = "other" })
	cases := map[string]struct {
		inv    inventory.Document
		want   Decision
		reason string
	}{
		"one small model":     {priced(336, small(as)), Elsewhere, "500 requests a day, at most 9 a minute, answered in 0.052 % of the time"},
		"that costs little":   {priced(9, small(as)), Move, "one container on CPU"},
		"of unknown cost":     {unpriced, Move, "one container on CPU"},
		"among others":        {priced(336, small(as), other), Move, "one container on CPU"},
		"with peaks":          {priced(336, small(func(e *inventory.Endpoint) { e.Variants[0].Traffic.PeakRequestsPerMinute = 200 })), Move, "one container"},
		"that is always busy": {priced(336, small(func(e *inventory.Endpoint) { e.Variants[0].Traffic.LatencyMilliseconds.P95 = 20_000 })), Move, "one container"},
		"that takes minutes":  {priced(336, small(func(e *inventory.Endpoint) { e.Variants[0].Traffic.LatencyMilliseconds.P99 = 50_000 })), Move, "one container"},
		"serverless among others": {account(small(func(e *inventory.Endpoint) {
			e.Mode, e.Variants[0].Serverless = inventory.ModeServerless, &inventory.Serverless{}
		}), other), Elsewhere, "nothing while nobody calls"},
		"one busy GPU":   {priced(1028, gpu(func(*inventory.Variant) {})), Elsewhere, "one busy GPU: its median use is 80 %"},
		"one idle GPU":   {priced(1028, gpu(func(v *inventory.Variant) { v.Usage.GPU.Median = 20 })), Move, "one container on GPU"},
		"one GPU by day": {priced(1028, gpu(func(v *inventory.Variant) { clear(v.Traffic.HourOfWeek[:80]) })), Move, "one container on GPU"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d, _ := built(t, tc.inv, nil, Options{})
			w := d.Named("churn")[0]
			if w.Decision != tc.want || !strings.Contains(strings.Join(w.Reasons, "; "), tc.reason) {
				t.Errorf("%s for %q; want %s for %q", w.Decision, w.Reasons, tc.want, tc.reason)
			}
		})
	}
}

func TestLicencesAndPackages(t *testing.T) {
	gatedModel := endpoint(func(e *inventory.Endpoint) {
		e.Models[0].Containers[0].Artifact = &inventory.Artifact{URI: "s3://b/llama/", EULAAccepted: true}
	})
	d, _ := built(t, account(gatedModel), nil, Options{})
	if w := d.Workloads[0]; w.Decision != Blocked || !strings.Contains(w.Blockers[0].Do, "licence") {
		t.Errorf("a gated model is %s by %+v", w.Decision, w.Blockers)
	}
	inv := account(endpoint(func(e *inventory.Endpoint) { e.Models[0].Containers[0] = inventory.Container{ModelPackage: "arn:ours"} }))
	inv.Resources = []inventory.Resource{{
		Kind: inventory.KindModelPackage, Name: "ours", ARN: "arn:ours", Detail: inventory.Described,
		Spec: inventory.Spec(`{"InferenceSpecification":{"Containers":[{"Image":"registry.example.com/ours:1"}]}}`),
	}}
	d, _ = built(t, inv, nil, Options{})
	if w := d.Named("churn")[0]; w.Decision != MoveLater || !strings.Contains(w.Blockers[0].Do, "registry.example.com/ours:1") {
		t.Errorf("a package of one's own registry is %s by %+v", w.Decision, w.Blockers)
	}
}

func TestGaps(t *testing.T) {
	threshold := 5.0
	inv := account(endpoint(func(*inventory.Endpoint) {}))
	inv.Alarms = []inventory.Alarm{
		{Name: "odd", Metric: &inventory.CustomMetric{Namespace: "AWS/SageMaker", Name: "NobodyKnows", Statistic: "Sum", Dimensions: map[string]string{"EndpointName": "churn"}}, Threshold: &threshold, Comparison: "GreaterThanThreshold", PeriodSeconds: 60, EvaluationPeriods: 1},
		{Name: "whole", Rule: `ALARM("odd")`},
		{Name: "of another", Metric: &inventory.CustomMetric{Namespace: "AWS/SageMaker", Name: "NobodyKnows", Dimensions: map[string]string{"EndpointName": "other"}}},
	}
	inv.Workloads = workloadsOf(inv)
	inv.Workloads[0].Integrations = []inventory.Integration{{Name: "DataCapture", Detail: "s3://b/captured"}, {Name: "AutoScaling"}}
	d, _ := built(t, inv, nil, Options{})
	var things []string
	for _, g := range d.Workloads[0].Gaps {
		things = append(things, g.Thing)
		if g.Why == "" || g.Do == "" {
			t.Errorf("gap %+v says too little", g)
		}
	}
	slices.Sort(things)
	if diff := cmp.Diff([]string{"DataCapture (s3://b/captured)", "alarm odd", "alarm whole"}, slices.Compact(things)); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

func TestPhasesFollowDependenciesAndPeople(t *testing.T) {
	inv := account(named("a", "m"), named("b", "n"), named("c", "o"))
	inv.Workloads = workloadsOf(inv)
	for i := range inv.Workloads {
		inv.Workloads[i].Criticality.Level = inventory.CriticalityLow
	}
	key := func(name string) string {
		return inventory.WorkloadKey{Kind: inventory.WorkloadEndpoint, Name: name}.Full()
	}
	circle := relations{dependencies: map[string][]string{key("a"): {key("b")}, key("b"): {key("a")}, key("c"): {key("b")}}}
	first, _ := related(t, inv, circle, nil)
	if diff := cmp.Diff([]Phase{{Number: 1, Title: "Online, not critical", Workloads: []string{"Endpoint/a", "Endpoint/b", "Endpoint/c"}}}, first.Phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if w := first.Named("a")[0]; !strings.Contains(w.PhaseReason, "together with Endpoint/b") || !slices.Equal(w.DependsOn, []string{"Endpoint/b"}) {
		t.Errorf("a circle is explained as %q, and depends on %v", w.PhaseReason, w.DependsOn)
	}

	edited := reread(t, first)
	edited.Named("b")[0].Criticality = inventory.CriticalityHigh
	moved, _ := related(t, inv, circle, edited)
	for _, name := range []string{"a", "b", "c"} {
		if w := moved.Named(name)[0]; w.Phase != phaseOnline {
			t.Errorf("%s is in phase %d (%s) though b became critical", name, w.Phase, w.PhaseReason)
		}
	}
	edited = reread(t, moved)
	edited.Named("c")[0].Phase = 1
	early, _ := related(t, inv, circle, edited)
	if w := early.Named("c")[0]; w.Phase != 1 || !strings.Contains(w.PhaseReason, "chosen by a person; Landfall would say phase 2; that is before Endpoint/b") {
		t.Errorf("c is in phase %d: %s", w.Phase, w.PhaseReason)
	}
}

func TestCosts(t *testing.T) {
	inv := priced(100, named("moves", "m"), named("dead", "n"), named("kept", "o"), named("unknown", "p"))
	for i := range inv.Endpoints {
		if inv.Endpoints[i].Name == "dead" {
			inv.Endpoints[i].Status = "Failed"
		}
	}
	inv.FindWorkload(keyOf(inv.Endpoints[3])).CostPerMonth = nil
	first, _ := built(t, inv, nil, Options{})
	edited := reread(t, first)
	edited.Named("kept")[0].Decision = Keep
	d, _ := built(t, inv, edited, Options{})
	c := d.Costs
	if c.SageMaker.USD != 100 || c.StaysUSD != 100 || c.RetiredUSD != 100 || !slices.Equal(c.Unpriced, []string{"Endpoint/unknown"}) {
		t.Errorf("costs are %+v", c)
	}
	if share := d.Named("moves")[0].ClusterCost; share == nil || c.Cluster.USD != share.USD || !c.Cluster.Estimate || c.Cluster.PricesOf == "" {
		t.Errorf("the cluster costs %+v, of which %+v", c.Cluster, share)
	}
}

func TestKeysOfTwoPlaces(t *testing.T) {
	inv := account(named("churn", "m"), named("churn", "m"), named("fraud", "n"))
	inv.Accounts = []inventory.Account{{ID: "123456789012", Region: "us-east-1"}, {ID: "123456789012", Region: "eu-west-1"}}
	for i, region := range []string{"us-east-1", "eu-west-1", "us-east-1"} {
		inv.Endpoints[i].Place = inventory.Place{AccountID: "123456789012", Region: region}
	}
	d, _ := built(t, inv, nil, Options{Target: placement.Target{Provider: placement.ProviderGKE, Region: "europe-west1"}})
	want := []string{"123456789012/eu-west-1/Endpoint/churn", "123456789012/us-east-1/Endpoint/churn", "Endpoint/fraud"}
	if got := slices.Sorted(slices.Values(d.NodePools[0].Workloads)); !slices.Equal(got, want) {
		t.Errorf("the pool holds %v", got)
	}
	if len(d.Named("churn")) != 2 || len(d.Named(want[0])) != 1 {
		t.Error("a short name is not ambiguous, or a full one is")
	}
	again, changes := built(t, inv, reread(t, d), Options{})
	if again.Target.Provider != placement.ProviderGKE || len(changes) != 0 {
		t.Errorf("the target became %+v; changes %v", again.Target, changes)
	}
}

func TestExplain(t *testing.T) {
	inv := demo(t)
	first, _ := built(t, inv, nil, Options{})
	edited := reread(t, first)
	edited.Named("Churn-Prod")[0].Replicas.Min = 9
	d, _ := built(t, inv, edited, Options{})
	for i := range d.Workloads {
		e, err := d.Explain(&d.Workloads[i], &inv)
		if err != nil || len(e.Evidence) == 0 || !e.ComputedKnown {
			t.Errorf("%s: %v, %d facts, %t", d.Workloads[i].WorkloadKey, err, len(e.Evidence), e.ComputedKnown)
		}
	}
	w := d.Named("Churn-Prod")[0]
	e, err := d.Explain(w, &inv)
	if err != nil {
		t.Fatal(err)
	}
	wantEdits := []Change{{Workload: "Endpoint/Churn-Prod", Kind: EditKept, Field: "replicas.min", Kept: "9", Computed: "2"}}
	if diff := cmp.Diff(wantEdits, e.Edited); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(e.NodePool, "online: ") || e.PhaseTitle == "" {
		t.Errorf("the pool is %q, the phase %q", e.NodePool, e.PhaseTitle)
	}
	d.Computed = nil
	if e, err = d.Explain(w, nil); err != nil || e.ComputedKnown || len(e.Evidence) > 0 || len(e.Edited) > 0 {
		t.Errorf("without inventory and shadow: %+v, %v", e, err)
	}
}
