package workload

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

func TestConsumers(t *testing.T) {
	d := serving(document(
		job(inventory.KindMonitoringSchedule, "watch", fields{"EndpointName": "churn"}),
	), func(*inventory.Endpoint) {})
	elsewhere := inventory.Place{AccountID: "123456789012", Region: "eu-west-1"}
	d.Callers = []inventory.Caller{
		{Place: here, Endpoint: "*", Principal: "admin", Source: inventory.CallerAllowed, Through: "policy all", Conditional: true},
		{Place: here, Endpoint: "CHURN", Principal: "app", Source: inventory.CallerSeen, Calls: 12},
		{Place: here, Endpoint: "churn", Principal: "shop", Source: inventory.CallerGiven, Owner: "team shop"},
		{Place: here, Endpoint: "other", Principal: "nobody", Source: inventory.CallerSeen},
		{Place: elsewhere, Endpoint: "*", Principal: "far", Source: inventory.CallerAllowed},
	}
	want := []inventory.Consumer{
		{Name: "Monitoring/watch", How: "Graph", Detail: "uses it, or what it writes"},
		{Name: "admin", How: "IAM", Detail: "policy all; may call every endpoint; under conditions that a scan cannot judge"},
		{Name: "app", How: "CloudTrail", Detail: "12 calls"},
		{Name: "shop", How: "File", Detail: "owner team shop"},
	}
	if diff := cmp.Diff(want, find(t, d, "Endpoint/churn").Consumers); diff != "" {
		t.Errorf("consumers (-want +got):\n%s", diff)
	}
}

func TestConsumersUnknown(t *testing.T) {
	asked := func(c inventory.CallerCoverage) inventory.Document {
		d := serving(document(), func(*inventory.Endpoint) {})
		c.Place = here
		d.CallerCoverage = []inventory.CallerCoverage{c}
		return d
	}
	read := inventory.Coverage{Read: true}
	cases := map[string]struct {
		document inventory.Document
		of, want string
	}{
		"NotAsked": {serving(document(), func(*inventory.Endpoint) {}), "Endpoint/churn", "Who calls it is not known: callers were not looked for."},
		"All":      {asked(inventory.CallerCoverage{IAM: read, CloudTrail: read}), "Endpoint/churn", ""},
		"NoTrail":  {asked(inventory.CallerCoverage{IAM: read, CloudTrail: inventory.Coverage{Why: "no trail records data events"}}), "Endpoint/churn", "Who does call it is not known: no trail records data events."},
		"Nothing":  {asked(inventory.CallerCoverage{CloudTrail: inventory.Coverage{Why: "denied."}}), "Endpoint/churn", "Who may call it is not known. Who does call it is not known: denied."},
		"Partly":   {asked(inventory.CallerCoverage{IAM: inventory.Coverage{Read: true, Why: "resource policies are not read"}, CloudTrail: read}), "Endpoint/churn", "Who may call it is not fully known: resource policies are not read."},
		"Files":    {document(job(inventory.KindTrainingJob, "train", nil)), "Training/train", "What reads its files outside SageMaker is not known: only SageMaker's own resources were looked through."},
		"Notebook": {document(job(inventory.KindNotebookInstance, "nb", nil)), "Notebook/nb", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := find(t, tc.document, tc.of).ConsumersUnknown; got != tc.want {
				t.Errorf("unknown is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCriticality(t *testing.T) {
	// endpoint is called plain, so that its name tells nothing.
	endpoint := func(change func(e *inventory.Endpoint)) inventory.Document {
		return serving(document(), func(e *inventory.Endpoint) {
			e.Name = "plain"
			change(e)
		})
	}
	tagged := func(key, value string) inventory.Document {
		return endpoint(func(e *inventory.Endpoint) { e.Tags = []inventory.Tag{{Key: key, Value: value}} })
	}
	asked := func(perDay float64, hours ...float64) inventory.Document {
		return endpoint(func(e *inventory.Endpoint) {
			e.Variants[0].Traffic = &inventory.Traffic{Requests: int64(perDay * 14), RequestsPerDay: perDay, HourOfWeek: hours}
		})
	}
	alarmed := endpoint(func(*inventory.Endpoint) {})
	metric := &inventory.CustomMetric{Dimensions: map[string]string{"EndpointName": "plain"}}
	alarmed.Alarms = []inventory.Alarm{
		{Name: "page", Place: here, Metric: metric, ActionsEnabled: true, AlarmActions: []string{"arn:aws:sns:::page"}},
		{Name: "off", Place: here, Metric: metric, AlarmActions: []string{"arn:aws:sns:::page"}},
		{Name: "scale", Place: here, Metric: metric, ActionsEnabled: true, AlarmActions: []string{"arn:aws:autoscaling:us-east-1:1:scalingPolicy:x"}},
	}
	called := endpoint(func(*inventory.Endpoint) {})
	called.Callers = []inventory.Caller{{Place: here, Endpoint: "plain", Principal: "app", Source: inventory.CallerSeen}, {Place: here, Endpoint: "*", Principal: "admin", Source: inventory.CallerAllowed}}
	ran := nightly("plain", "2026-11-19", "01:00:00", nil)
	idle := nightly("plain", "2025-11-19", "01:00:00", nil)
	nightlies := document()
	for _, day := range []string{"13", "14", "15", "16", "17", "18", "19"} {
		nightlies.Resources = append(nightlies.Resources, nightly("plain-202611"+day, "2026-11-"+day, "01:00:00", nil))
	}
	named := endpoint(func(e *inventory.Endpoint) { e.Name = "ChurnDev" })
	production := endpoint(func(e *inventory.Endpoint) {
		e.Name, e.Tags = "churn-prod", []inventory.Tag{{Key: "env", Value: "prod"}}
		e.Variants[0].Traffic = &inventory.Traffic{Requests: 14000, RequestsPerDay: 1000}
	})
	const high, medium, low, unknown = inventory.CriticalityHigh, inventory.CriticalityMedium, inventory.CriticalityLow, inventory.CriticalityUnknown
	cases := map[string]struct {
		document inventory.Document
		of       string
		want     inventory.CriticalityLevel
		reason   string
	}{
		"Nothing":      {endpoint(func(*inventory.Endpoint) {}), "Endpoint/plain", unknown, "nothing tells"},
		"Stated":       {tagged("Business-Criticality", "Mission Critical"), "Endpoint/plain", high, "tag Business-Criticality is Mission Critical"},
		"StatedScoped": {tagged("acme:tier", "tier-2"), "Endpoint/plain", medium, "tag acme:tier is tier-2"},
		"StatedLow":    {tagged("criticality", "low"), "Endpoint/plain", low, "tag criticality is low"},
		"StatedWords":  {tagged("criticality", "ask Ada"), "Endpoint/plain", unknown, "nothing tells"},
		"Production":   {tagged("environment", "Production"), "Endpoint/plain", medium, "tag environment is Production"},
		"Development":  {tagged("stage", "dev"), "Endpoint/plain", low, "tag stage is dev"},
		"NamedDev":     {named, "Endpoint/ChurnDev", low, "its name says dev"},
		"Together":     {production, "Endpoint/churn-prod", high, "1000 requests a day"},
		"NoRequests":   {asked(0), "Endpoint/plain", low, "no request in 14 days"},
		"FewRequests":  {asked(5), "Endpoint/plain", low, "5 requests a day"},
		"SomeRequests": {asked(1000), "Endpoint/plain", medium, "1000 requests a day"},
		"ManyRequests": {asked(1e6), "Endpoint/plain", medium, "1000000 requests a day"},
		// 4 points of the requests and 1 of their steadiness.
		"Queue":      {endpoint(func(e *inventory.Endpoint) { e.Backlog = &inventory.Backlog{Processed: pointer(int64(14000))} }), "Endpoint/plain", medium, "1000 requests a day"},
		"EmptyQueue": {endpoint(func(e *inventory.Endpoint) { e.Backlog = &inventory.Backlog{Processed: pointer(int64(0))} }), "Endpoint/plain", low, "no request in 14 days"},
		"ManySteady": {asked(1e6, 1, 1, 1), "Endpoint/plain", high, "requests in 3 of the week's 3 hours"},
		"NotSteady":  {asked(1e6, 1, 0, 1), "Endpoint/plain", medium, "1000000 requests a day"},
		"Alarm":      {alarmed, "Endpoint/plain", unknown, "somebody is told by the alarms page"},
		"Caller":     {called, "Endpoint/plain", low, "called by app"},
		"Two":        {endpoint(func(e *inventory.Endpoint) { e.Variants[0].InstanceCount.Current = pointer(int32(2)) }), "Endpoint/plain", unknown, "2 instances of variant v"},
		"Scaling":    {endpoint(func(e *inventory.Endpoint) { e.Scaling = []inventory.Scaling{{Resource: "r", Min: 3}} }), "Endpoint/plain", medium, "never fewer than 3"},
		"Failed":     {endpoint(func(e *inventory.Endpoint) { e.Status = "Failed" }), "Endpoint/plain", low, "its status is Failed"},
		"Unused":     {document(job(inventory.KindModel, "plain", nil)), "UnusedModel/plain", low, "no endpoint and no job uses it"},
		"Ran":        {document(ran), "Training/plain", low, "1 run in 14 days"},
		"Idle":       {document(idle), "Training/plain", low, "no run in 14 days"},
		"Nightly":    {nightlies, "Training/plain", medium, "7 runs in 14 days"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, tc.of).Criticality
			if got.Level != tc.want || !strings.Contains(strings.Join(got.Reasons, "|"), tc.reason) {
				t.Errorf("criticality is %+v; want %s with %q", got, tc.want, tc.reason)
			}
		})
	}
}

func TestCost(t *testing.T) {
	endpoint := func(change func(e *inventory.Endpoint)) inventory.Document { return serving(document(), change) }
	two := func(e *inventory.Endpoint) { e.Variants[0].InstanceCount.Current = pointer(int32(2)) }
	training := nightly("churn-20261118", "2026-11-18", "03:00:00", fields{"ResourceConfig": fields{"InstanceType": "ml.p5.48xlarge", "InstanceCount": 2}})
	notebook := job(inventory.KindNotebookInstance, "nb", fields{"InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 100})
	running, stopped := notebook, notebook
	running.Status, stopped.Status = "InService", "Stopped"
	app := job(inventory.KindApp, "lab", fields{"ResourceSpec": fields{"InstanceType": "ml.t3.medium"}})
	app.Status, app.ARN = "InService", arnHere+"app/d-1/ada/JupyterLab/lab"
	pipeline := job(inventory.KindPipeline, "build", nil)
	step := nightly("pipelines-x0xe3u0axl5w-Train-v8xQYp5GJK", "2026-11-18", "03:00:00", fields{"ResourceConfig": fields{"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1}})
	step.Parent = arnHere + "pipeline/build/execution/x0xe3u0axl5w"
	const unknown = -1
	cases := map[string]struct {
		document inventory.Document
		of       string
		want     float64
		estimate bool
		basis    string
	}{
		// 2 x 0.23 x 730 = 335.80, quoted.
		"Endpoint": {endpoint(two), "Endpoint/churn", 335.80, false, "variant v with 2 instances of ml.m5.xlarge"},
		"Scaled":   {endpoint(func(e *inventory.Endpoint) { two(e); e.Scaling = []inventory.Scaling{{}} }), "Endpoint/churn", 335.80, true, "as it is scaled now"},
		// A shadow variant of one ml.c5.xlarge adds 0.204 x 730 = 148.92.
		"Shadow": {endpoint(func(e *inventory.Endpoint) {
			two(e)
			e.ShadowVariants = []inventory.Variant{{Name: "s", InstanceType: "ml.c5.xlarge", InstanceCount: inventory.Counts{Current: pointer(int32(1))}}}
		}), "Endpoint/churn", 484.72, false, "variant s"},
		"Partly": {endpoint(func(e *inventory.Endpoint) {
			two(e)
			e.Variants = append(e.Variants, inventory.Variant{Name: "odd", InstanceType: "ml.x9.large", InstanceCount: inventory.Counts{Current: pointer(int32(1))}})
		}), "Endpoint/churn", 335.80, true, "without variant odd with 1 instance of ml.x9.large, whose price is not known"},
		"Serverless": {endpoint(func(e *inventory.Endpoint) { e.Variants[0].Serverless = &inventory.Serverless{} }), "Endpoint/churn", unknown, false, ""},
		"Uncounted":  {endpoint(func(*inventory.Endpoint) {}), "Endpoint/churn", unknown, false, ""},
		// 3 hours x 2 instances x 1 run x 730 / 336 hours = 13.0357 hours, x 63.296 = 825.11.
		"Training": {document(training), "Training/churn", 825.11, true, "training, from the runs of 14 days: 13.04 instance hours a month"},
		// 3 x 1 x 730 / 336 x 63.296 = 412.55.
		"Pipeline":  {document(pipeline, step), "Pipeline/build", 412.55, true, "training"},
		"IdleJob":   {document(nightly("churn", "2025-11-18", "03:00:00", nil)), "Training/churn", 0, true, "no run in 14 days"},
		"ListedJob": {document(nightly("churn", "2026-11-18", "03:00:00", nil)), "Training/churn", unknown, false, ""},
		// 0.23 x 730 + 100 GB x 0.154 = 167.90 + 15.40 = 183.30.
		"Notebook":        {document(running), "Notebook/nb", 183.30, true, "running all month"},
		"NotebookStopped": {document(stopped), "Notebook/nb", 15.40, true, "notebook nb is Stopped"},
		// 0.0416 x 1.20 x 730 = 36.4416.
		"Studio":   {document(app), "Studio/d-1", 36.44, true, "as if it ran all month"},
		"Cluster":  {document(job(inventory.KindCluster, "hp", fields{"InstanceGroups": []any{fields{"InstanceType": "ml.p5.48xlarge", "CurrentCount": 2}}})), "Cluster/hp", 92412.16, true, "2 instances of cluster hp"},
		"Registry": {document(job(inventory.KindModelPackageGroup, "reg", nil)), "ModelRegistry/reg", 0, false, "asks nothing"},
		"MLflow":   {document(job(inventory.KindMlflowTrackingServer, "ml", nil)), "Experiments/ml", unknown, false, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, tc.of).CostPerMonth
			if tc.want == unknown {
				if got != nil {
					t.Errorf("cost is %+v, want none", got)
				}
				return
			}
			if got == nil || math.Abs(got.USD-tc.want) > 0.005 || got.Estimate != tc.estimate || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("cost is %+v; want %v, estimate %v, %q", got, tc.want, tc.estimate, tc.basis)
			}
		})
	}
}

// TestCostOfManyLinesStaysReadable keeps the first few lines.
func TestCostOfManyLinesStaysReadable(t *testing.T) {
	d := serving(document(), func(e *inventory.Endpoint) {
		for range 9 {
			e.Variants = append(e.Variants, inventory.Variant{Name: "w", InstanceType: "ml.m5.xlarge", InstanceCount: inventory.Counts{Current: pointer(int32(1))}})
		}
		e.Variants = e.Variants[1:]
	})
	got := find(t, d, "Endpoint/churn").CostPerMonth
	// 9 x 0.23 x 730 = 1511.10.
	if got == nil || math.Abs(got.USD-1511.10) > 0.005 || !strings.HasSuffix(got.Basis, "5 more lines") {
		t.Errorf("cost is %+v", got)
	}
}
