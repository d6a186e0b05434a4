package plan

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// demo is the inventory of the demonstration account, as scanned.
func demo(t testing.TB) inventory.Document {
	t.Helper()
	data, err := os.ReadFile("../sagemaker/testdata/demo.inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventory.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func built(t testing.TB, inv inventory.Document, previous *Document, options Options) (Document, []Change) {
	t.Helper()
	d, changes, err := Build(inv, previous, options)
	if err != nil {
		t.Fatal(err)
	}
	return d, changes
}

func encoded(t testing.TB, d Document) string {
	t.Helper()
	data, err := Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// reread writes a plan and reads it again, as a person's editor would.
func reread(t testing.TB, d Document) *Document {
	t.Helper()
	again, err := Decode([]byte(encoded(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	return &again
}

func TestDemoPlan(t *testing.T) {
	d, _ := built(t, demo(t), nil, Options{})
	got := encoded(t, d)
	const path = "testdata/demo.plan.yaml"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("plan (-want +got); run with -update if that is meant:\n%s", diff)
	}
}

func TestDecisionsForTheDemoAccount(t *testing.T) {
	want := map[string]Decision{
		"Churn-Prod": Move, "recommendations": Move,
		"vision-qa": Retire, "legacy-sentiment": Retire, // called by nobody, though its instance reports its use
		"demand-linear": Blocked, "image-tags-inf": Blocked, "fraud-score": Blocked,
		"support-llm": Move, "Ranking-AB": MoveLater, "address-parser": Elsewhere, "contract-ocr": MoveLater,
		"store-forecasts": MoveLater, "genai-shared": MoveLater, "pricing": MoveLater, "Lead--Scoring": MoveLater,
	}
	inv := demo(t)
	d, _ := built(t, inv, nil, Options{})
	got := map[string]Decision{}
	for _, w := range d.Workloads {
		if w.Kind == inventory.WorkloadEndpoint {
			got[w.Name] = w.Decision
		}
		if len(w.Reasons) == 0 || w.Decision == Blocked && len(w.Blockers) == 0 || w.Decision == Move && len(w.Blockers) > 0 {
			t.Errorf("%s is %s for %v, blocked by %v", w.Name, w.Decision, w.Reasons, w.Blockers)
		}
		if w.Decision == Move && (w.Image == "" || w.Resources.Requests.CPU == "" || w.Replicas.Min < 1 || w.Phase < 1) {
			t.Errorf("%s moves without size: %+v", w.Name, w.Settings)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}

// endpoint is a real-time endpoint that can move; change makes it something else.
func endpoint(change func(*inventory.Endpoint)) inventory.Endpoint {
	two := int32(2)
	image, err := inventory.ParseImage("registry.example.com/churn:1")
	if err != nil {
		panic(err)
	}
	e := inventory.Endpoint{
		Name: "churn", Mode: inventory.ModeRealTime, Status: "InService", Config: inventory.Config{Presence: inventory.Present},
		Variants: []inventory.Variant{{
			Name: "AllTraffic", ModelName: "m", InstanceType: "ml.m5.xlarge", Instance: inventory.InstanceOf("ml.m5.xlarge"),
			InstanceCount: inventory.Counts{Current: &two}, Traffic: &inventory.Traffic{Requests: 1000, RequestsPerDay: 71},
		}},
		Models: []inventory.Model{{Name: "m", Presence: inventory.Present, Containers: []inventory.Container{{Image: &image}}}},
	}
	change(&e)
	return e
}

// idle makes an endpoint one that nobody called in the whole lookback.
func idle(e *inventory.Endpoint) {
	e.CreatedAt = "2026-01-01T00:00:00Z"
	e.Variants = slices.Clone(e.Variants)
	e.Variants[0].Traffic = &inventory.Traffic{}
	e.Variants[0].Usage = &inventory.Usage{CPU: &inventory.Use{Median: 1, Max: 2}}
}

func account(endpoints ...inventory.Endpoint) inventory.Document {
	return inventory.Document{
		Accounts: []inventory.Account{{}}, LookbackDays: 14, ScannedAt: "2026-11-20T12:00:00Z", Endpoints: endpoints,
	}
}

func TestAWeekAtLeastTellsThatNobodyCalls(t *testing.T) {
	inv := account(endpoint(idle))
	inv.LookbackDays = 1
	d, _ := built(t, inv, nil, Options{})
	if w := d.Workloads[0]; w.Decision != MoveLater || !strings.Contains(w.Reasons[0], "covers only 1 of the 7 days") {
		t.Errorf("after one day it is %s for %q", w.Decision, w.Reasons)
	}
}

func imageOf(t *testing.T, reference string) *inventory.Image {
	t.Helper()
	image, err := inventory.ParseImage(reference)
	if err != nil {
		t.Fatal(err)
	}
	return &image
}

func TestDecide(t *testing.T) {
	closed := imageOf(t, "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1")
	bound := imageOf(t, "785573368785.dkr.ecr.us-east-1.amazonaws.com/sagemaker-neo-pytorch:1")
	cases := map[string]struct {
		change func(*inventory.Endpoint)
		want   Decision
		reason string
	}{
		"as it is":      {func(*inventory.Endpoint) {}, Move, "one container on CPU (ml.m5.xlarge)"},
		"denied":        {func(e *inventory.Endpoint) { e.Unread = "AccessDenied" }, Blocked, "AccessDenied"},
		"config denied": {func(e *inventory.Endpoint) { e.Config.Presence = inventory.NotRead }, Blocked, "could not be read"},
		"model denied":  {func(e *inventory.Endpoint) { e.Models[0].Presence = inventory.NotRead }, Blocked, "could not be read"},
		"config gone":   {func(e *inventory.Endpoint) { e.Config.Presence = inventory.Deleted }, Blocked, "was deleted"},
		"model gone":    {func(e *inventory.Endpoint) { e.Models[0].Presence = inventory.Deleted }, Blocked, "was deleted"},
		"failed":        {func(e *inventory.Endpoint) { e.Status, e.FailureReason = "Failed", "no ping" }, Retire, "no ping"},
		"failed, and denied": {
			func(e *inventory.Endpoint) { e.Status, e.Models[0].Presence = "Failed", inventory.NotRead }, Retire, "serves nothing",
		},
		"deleting": {func(e *inventory.Endpoint) { e.Status = "Deleting" }, Retire, "being deleted"},
		"idle":     {idle, Retire, "nobody called it: CloudWatch recorded no request in the 14 days since 2026-11-06"},
		"idle, but no figures at all": {
			func(e *inventory.Endpoint) { idle(e); e.Variants[0].Usage = nil }, MoveLater, "no traffic data: CloudWatch has recorded neither",
		},
		"idle, but young": {
			func(e *inventory.Endpoint) { idle(e); e.CreatedAt, e.ModifiedAt = "2026-11-10T00:00:00Z", "" }, MoveLater, "changed on 2026-11-10",
		},
		"idle, but changed": {
			func(e *inventory.Endpoint) { idle(e); e.ModifiedAt = "2026-11-19T00:00:00Z" }, MoveLater, "changed on 2026-11-19",
		},
		"idle, of unknown age": {func(e *inventory.Endpoint) { idle(e); e.CreatedAt, e.ModifiedAt = "", "" }, MoveLater, "since when"},
		"idle in one of two variants": {
			func(e *inventory.Endpoint) {
				called := e.Variants[0]
				idle(e)
				e.Variants = append(e.Variants, called)
			}, MoveLater, "2 production variants",
		},
		"idle and serverless": {
			func(e *inventory.Endpoint) {
				idle(e)
				e.Mode, e.Variants[0].Usage, e.Variants[0].Serverless = inventory.ModeServerless, nil, &inventory.Serverless{}
			}, Retire, "nobody called",
		},
		"idle, but asynchronous": {
			func(e *inventory.Endpoint) { e.Mode, e.Variants[0].Traffic = inventory.ModeAsync, &inventory.Traffic{} },
			MoveLater, "asynchronous",
		},
		"no metrics":        {func(e *inventory.Endpoint) { e.Variants[0].Traffic = nil }, MoveLater, "no traffic data: CloudWatch could not be read"},
		"young, but called": {func(e *inventory.Endpoint) { e.CreatedAt = "2026-11-19T00:00:00Z" }, Move, "71 requests a day"},
		"updating":          {func(e *inventory.Endpoint) { e.Status = "Updating" }, MoveLater, "is Updating"},
		"closed image": {
			func(e *inventory.Endpoint) { e.Models[0].Containers[0].Image = closed }, Blocked, "refuses it outside SageMaker",
		},
		"compiled": {func(e *inventory.Endpoint) { e.Models[0].Containers[0].Image = bound }, Blocked, "only AWS has"},
		"bought": {
			func(e *inventory.Endpoint) { e.Models[0].Containers[0] = inventory.Container{ModelPackage: "arn:x"} },
			Blocked, "whoever sells it",
		},
		"chips of AWS": {
			func(e *inventory.Endpoint) {
				e.Variants[0].InstanceType, e.Variants[0].Instance = "ml.inf1.xlarge", inventory.InstanceOf("ml.inf1.xlarge")
			}, Blocked, "Inferentia",
		},
		"GPU": {
			func(e *inventory.Endpoint) {
				e.Variants[0].InstanceType, e.Variants[0].Instance = "ml.g5.xlarge", inventory.InstanceOf("ml.g5.xlarge")
			}, Move, "one container on GPU (ml.g5.xlarge has 1 × A10G)",
		},
		"unknown instance": {
			func(e *inventory.Endpoint) { e.Variants[0].InstanceType, e.Variants[0].Instance = "ml.new.large", nil },
			MoveLater, "ml.new.large",
		},
		"two variants": {
			func(e *inventory.Endpoint) { e.Variants = append(e.Variants, e.Variants[0]) }, MoveLater, "2 production variants",
		},
		"no variants": {func(e *inventory.Endpoint) { e.Variants = nil }, MoveLater, "without variants"},
		"Elastic Inference": {
			func(e *inventory.Endpoint) { e.Variants[0].ElasticInference = "ml.eia2.medium" }, MoveLater, "ml.eia2.medium",
		},
		"serverless": {func(e *inventory.Endpoint) { e.Mode = inventory.ModeServerless }, MoveLater, "serverless inference"},
		"no image":   {func(e *inventory.Endpoint) { e.Models[0].Containers[0].Image = nil }, MoveLater, "without a container image"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d, _ := built(t, account(endpoint(tc.change)), nil, Options{})
			w := d.Workloads[0]
			if w.Decision != tc.want || !strings.Contains(strings.Join(w.Reasons, "; "), tc.reason) {
				t.Errorf("%s for %q; want %s for %q", w.Decision, w.Reasons, tc.want, tc.reason)
			}
			reread(t, d)
		})
	}
}

func TestImages(t *testing.T) {
	closed := imageOf(t, "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1")
	e := endpoint(func(e *inventory.Endpoint) { e.Models[0].Containers[0].Image = closed })
	d, _ := built(t, account(e), nil, Options{Images: map[string]string{closed.Reference: "registry.example.com/linear:1"}})
	if w := d.Workloads[0]; w.Decision != Move || w.Image != "registry.example.com/linear:1" {
		t.Errorf("with a replacement, a closed image is %s with %q", w.Decision, w.Image)
	}
	again, changes := built(t, account(e), reread(t, d), Options{})
	if diff := cmp.Diff(encoded(t, d), encoded(t, again)); diff != "" || len(changes) != 0 {
		t.Errorf("the image map was forgotten: %v\n%s", changes, diff)
	}
	for from, to := range map[string]string{"unused:1": "registry.example.com/x:1", closed.Reference: "Not An Image"} {
		if _, _, err := Build(account(e), nil, Options{Images: map[string]string{from: to}}); err == nil {
			t.Errorf("the mapping %q=%q was accepted", from, to)
		}
	}
	resolved := endpoint(func(e *inventory.Endpoint) {
		e.Variants[0].Images = []inventory.DeployedImage{{
			Specified: "registry.example.com/churn:1", Resolved: "registry.example.com/churn@sha256:" + strings.Repeat("a", 64),
		}}
	})
	d, _ = built(t, account(resolved), nil, Options{})
	if got := d.Workloads[0].Image; !strings.Contains(got, "@sha256:") {
		t.Errorf("image %q is not pinned by the digest that SageMaker tells", got)
	}
}

func TestEditsAreKept(t *testing.T) {
	inv := demo(t)
	first, changes := built(t, inv, nil, Options{})
	if len(changes) != len(first.Workloads) || changes[0].Kind != Added {
		t.Errorf("a new plan reports %v", changes)
	}
	edited := reread(t, first)
	w := edited.Named("Churn-Prod")[0]
	w.Decision, w.Resources.Requests.CPU, w.Resources.Limits.CPU, w.Names.Endpoint = Keep, "333m", "", "mine"
	w.Rollout.Steps = w.Rollout.Steps[2:]

	again, changes := built(t, inv, edited, Options{})
	got := again.Named("Churn-Prod")[0]
	w.Phase, w.NodePoolName = 0, "" // what does not move has neither
	if diff := cmp.Diff(w.Settings, got.Settings); diff != "" {
		t.Errorf("edits were lost (-edited +planned):\n%s", diff)
	}
	wantChanges := []string{"decision", "names.endpoint", "resources.limits.cpu", "resources.requests.cpu", "rollout.steps"}
	if diff := cmp.Diff(wantChanges, fieldsOf(changes, EditKept)); diff != "" {
		t.Errorf("reported edits (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Reasons[0], "decided by a person") {
		t.Errorf("reasons are %q", got.Reasons)
	}
	third, _ := built(t, inv, reread(t, again), Options{})
	if diff := cmp.Diff(encoded(t, again), encoded(t, third)); diff != "" {
		t.Errorf("planning a third time changes the plan:\n%s", diff)
	}
}

// ofWorkloads leaves out what became of node pools.
func ofWorkloads(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return strings.HasPrefix(c.Workload, "NodePool/") })
}

func fieldsOf(changes []Change, kind ChangeKind) []string {
	var found []string
	for _, c := range changes {
		if c.Kind == kind {
			found = append(found, c.Field)
		}
	}
	slices.Sort(found)
	return found
}

func TestUneditedFieldsFollowTheInventory(t *testing.T) {
	first, _ := built(t, account(endpoint(func(*inventory.Endpoint) {})), nil, Options{})
	edited := reread(t, first)
	edited.Workloads[0].Resources.Requests.Memory = "1Gi"
	busier := account(endpoint(func(e *inventory.Endpoint) {
		e.Variants[0].Traffic.RequestsPerDay = 1e6
		e.Variants[0].Usage = &inventory.Usage{CPU: &inventory.Use{Median: 100, Max: 110}}
	}))
	second, changes := built(t, busier, edited, Options{})
	w := second.Workloads[0]
	if w.Resources.Requests.CPU != "2420m" || w.Resources.Requests.Memory != "1Gi" || w.Phase != phaseOnline {
		t.Errorf("got %+v in phase %d", w.Resources, w.Phase)
	}
	want := []string{"criticality", "phase", "resources.limits.cpu", "resources.requests.cpu", "rollout.shadow.minRequests"}
	if diff := cmp.Diff(want, fieldsOf(ofWorkloads(changes), Updated)); diff != "" {
		t.Errorf("reported changes (-want +got):\n%s", diff)
	}
}

func TestAnImageNamedByAPersonUnblocks(t *testing.T) {
	inv := account(endpoint(func(e *inventory.Endpoint) {
		e.Models[0].Containers[0].Image = imageOf(t, "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1")
	}))
	first, _ := built(t, inv, nil, Options{})
	if first.Workloads[0].Decision != Blocked {
		t.Fatalf("decision is %s", first.Workloads[0].Decision)
	}
	edited := reread(t, first)
	edited.Workloads[0].Image = "registry.example.com/linear:1"
	for range 3 {
		next, _ := built(t, inv, edited, Options{})
		if w := next.Workloads[0]; w.Decision != Move || w.Image != "registry.example.com/linear:1" || len(w.Blockers) != 0 {
			t.Fatalf("got %+v", w)
		}
		edited = reread(t, next)
	}
}

func TestWorkloadsThatAreGoneStay(t *testing.T) {
	one := endpoint(func(*inventory.Endpoint) {})
	two := endpoint(func(e *inventory.Endpoint) { e.Name = "two" })
	first, _ := built(t, account(one, two), nil, Options{})
	for range 2 {
		next, changes := built(t, account(one), reread(t, first), Options{})
		w := next.Named("two")[0]
		if changes = ofWorkloads(changes); w == nil || w.Decision != Retire || len(changes) != 1 || changes[0].Kind != Missing {
			t.Fatalf("got %+v, %v", w, changes)
		}
		first = next
	}
	back, _ := built(t, account(one, two), reread(t, first), Options{})
	if w := back.Named("two")[0]; w.Decision != Move {
		t.Errorf("a workload that came back is %s", w.Decision)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, _ := built(t, account(endpoint(func(*inventory.Endpoint) {}), endpoint(func(e *inventory.Endpoint) { e.Name = "two" })), nil, Options{})
	cases := map[string]struct {
		edit func(*Workload)
		want string
	}{
		"decision":  {func(w *Workload) { w.Decision = "move" }, "want one of [Move MoveLater"},
		"phase":     {func(w *Workload) { w.Phase = -1 }, "phase"},
		"name":      {func(w *Workload) { w.Names.Endpoint = "Churn" }, "names.endpoint"},
		"same name": {func(w *Workload) { w.Names.Endpoint = "two" }, "both have"},
		"model":     {func(w *Workload) { w.Names.Model = "-" }, "names.model"},
		"replicas":  {func(w *Workload) { w.Replicas = Replicas{3, 2} }, "replicas"},
		"image":     {func(w *Workload) { w.Image = "https://x" }, "image"},
		"cpu":       {func(w *Workload) { w.Resources.Requests.CPU = "two" }, "resources.requests.cpu"},
		"limit":     {func(w *Workload) { w.Resources.Limits.Memory = "1Mi" }, "less than the request"},
		"start-up":  {func(w *Workload) { w.StartupTimeoutSeconds = -1 }, "startupTimeoutSeconds"},
		"steps":     {func(w *Workload) { w.Rollout.Steps = w.Rollout.Steps[:2] }, "want 100"},
		"order":     {func(w *Workload) { slices.Reverse(w.Rollout.Steps) }, "rise to 100"},
		"endpoint":  {func(w *Workload) { w.Name = "" }, "workloads[0]"},
		"kind":      {func(w *Workload) { w.Kind = "endpoint" }, `kind is "endpoint"; want one of [`},
		"critical":  {func(w *Workload) { w.Criticality = "high" }, `criticality is "high"; want one of [High Medium Low Unknown]`},
		"class":     {func(w *Workload) { w.Class = "online" }, `class is "online"; want one of [Online Batch Experiment Training]`},
		"many pods": {func(w *Workload) { w.Replicas = Replicas{1, 1e6} }, "want at most 10000"},
		"GPU":       {func(w *Workload) { w.Resources.Requests.GPU = -1 }, "requests.gpu is -1; want 0 to 64"},
		"GPU limit": {func(w *Workload) { w.Resources.Requests.GPU, w.Resources.Limits.GPU = 1, 2 }, "want them equal"},
		"GPU name":  {func(w *Workload) { w.Resources.Limits.GPUResource = "gpu" }, "want a name such as nvidia.com/gpu"},
		"GPU needs": {func(w *Workload) { w.Needs = &Needs{GPU: &NeedsGPU{Count: -2}} }, "needs.gpu.count is -2"},
		"engine":    {func(w *Workload) { w.Autoscaling = &autoscaling.Spec{Engine: "keda"} }, `autoscaling.engine is "keda"; want one of [HPA KEDA]`},
		"target": {
			func(w *Workload) { w.Autoscaling = &autoscaling.Spec{Engine: autoscaling.EngineHPA, Target: "Pod"} }, `autoscaling.target is "Pod"; want one of [Endpoint Deployment]`,
		},
		"metric": {func(w *Workload) { w.Autoscaling = scaledBy(autoscaling.Metric{Type: "CPU", TargetValue: "1"}) }, "autoscaling.metrics[0].type"},
		"metric value": {
			func(w *Workload) {
				w.Autoscaling = scaledBy(autoscaling.Metric{Type: autoscaling.MetricCPU, TargetValue: "much"})
			}, "want a number above 0",
		},
		"slow": {
			func(w *Workload) { w.Autoscaling = scaledBy(); w.Autoscaling.ScaleDownStabilizationSeconds = 9999 }, "scaleDownStabilizationSeconds is 9999; want 0 to 3600",
		},
		"bound": {
			func(w *Workload) {
				w.Autoscaling = scaledBy()
				w.Autoscaling.ScaleUpLimits = []autoscaling.Limit{{Pods: 1, Percent: 1}}
			}, "want one of them above 0",
		},
		"bound without a period": {
			func(w *Workload) {
				w.Autoscaling = scaledBy()
				w.Autoscaling.ScaleUpLimits = []autoscaling.Limit{{Pods: 1}}
			}, "periodSeconds is 0",
		},
		"schedule": {
			func(w *Workload) {
				w.Autoscaling = scaledBy()
				w.Autoscaling.Schedules = []autoscaling.Schedule{{Start: "daily", End: "0 8 * * *"}}
			}, "cron expression of 5 fields",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := reread(t, good)
			tc.edit(&d.Workloads[0])
			if _, err := Decode([]byte(encoded(t, *d))); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func scaledBy(metrics ...autoscaling.Metric) *autoscaling.Spec {
	return &autoscaling.Spec{Engine: autoscaling.EngineHPA, Metrics: metrics}
}

func TestDecodeRefusesWhatIsNotOfAWorkload(t *testing.T) {
	cases := map[string]struct {
		edit func(*Document)
		want string
	}{
		"provider": {func(d *Document) { d.Target.Provider = "azure" }, `target.provider is "azure"; want one of [eks gke aks other]`},
		"pool":     {func(d *Document) { d.NodePools[0].Class = "online" }, `nodePools[0] (online): class is "online"`},
		"sharing":  {func(d *Document) { d.NodePools[0].GPU = &placement.PoolGPU{Sharing: "mig"} }, `gpu.sharing is "mig"; want one of [None MIG TimeSlicing]`},
		"nodes":    {func(d *Document) { d.NodePools[0].MinNodes = 99 }, "want 0 <= minNodes <= nodes"},
		"phases":   {func(d *Document) { d.Phases[0].Number = 0 }, "phases[0].number is 0"},
	}
	good, _ := built(t, account(endpoint(func(*inventory.Endpoint) {})), nil, Options{})
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := reread(t, good)
			tc.edit(d)
			if _, err := Decode([]byte(encoded(t, *d))); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	d, _ := built(f, account(endpoint(func(*inventory.Endpoint) {})), nil, Options{})
	f.Add([]byte(encoded(f, d)))
	f.Add([]byte("apiVersion: " + APIVersion + "\nkind: Plan\naccounts: []\nworkloads: [{region: r, kind: Endpoint, name: a, decision: Move, phase: 9, class: Batch, " +
		"names: {endpoint: a}, resources: {requests: {cpu: 1, memory: 1Gi, gpu: 1}}, needs: {gpu: {count: 1}}, dependsOn: [Endpoint/a]}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Decode(data)
		if err != nil {
			return
		}
		if _, _, err := Build(inventory.Document{}, &d, Options{}); err != nil {
			t.Fatalf("a plan that could be read cannot be made again: %v", err)
		}
	})
}

// sageMakerName draws names that SageMaker accepts and Kubernetes may not.
var sageMakerName = rapid.OneOf(
	rapid.StringMatching(`[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,20}`),
	rapid.StringMatching(`[aAbB](-?[aA1]){0,3}`),
	rapid.StringMatching(`[a-zA-Z0-9]{63}`),
)

func TestNames(t *testing.T) {
	short := namer{maxLength: MaxEndpointNameLength, letterFirst: true}
	long := strings.Repeat("Long", 15)
	cases := map[string]struct {
		reason  string
		sources []string
		before  map[string]string
		want    map[string]string
	}{
		"plain":         {sources: []string{"churn"}, want: map[string]string{"churn": "churn"}},
		"upper case":    {sources: []string{"Churn-Prod"}, want: map[string]string{"Churn-Prod": "churn-prod"}},
		"double hyphen": {sources: []string{"a--b"}, want: map[string]string{"a--b": "a--b"}},
		"digit first":   {sources: []string{"7days"}, want: map[string]string{"7days": "e-7days"}},
		"too long":      {sources: []string{long}, want: map[string]string{long: short.hashed(long)}},
		"one is right": {
			reason:  "the name goes to the endpoint that has it",
			sources: []string{"Churn", "churn"}, want: map[string]string{"churn": "churn", "Churn": short.hashed("Churn")},
		},
		"none is right": {
			reason:  "neither has more right to the name",
			sources: []string{"Churn", "CHURN"}, want: map[string]string{"CHURN": short.hashed("CHURN"), "Churn": short.hashed("Churn")},
		},
		"kept": {
			reason:  "objects in the cluster already have the name",
			sources: []string{"Churn", "churn"}, before: map[string]string{"Churn": "churn"},
			want: map[string]string{"Churn": "churn", "churn": short.hashed("churn")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			fresh := short
			fresh.taken = map[string]bool{}
			if diff := cmp.Diff(tc.want, fresh.nameAll(tc.sources, tc.before)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNamesNeverCollide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sources := rapid.SliceOfNDistinct(sageMakerName, 1, 12, rapid.ID).Draw(t, "sources")
		name := func(sources []string, before map[string]string) map[string]string {
			return namer{maxLength: MaxEndpointNameLength, letterFirst: true, taken: map[string]bool{}}.nameAll(sources, before)
		}
		names := name(sources, nil)
		seen := map[string]string{}
		for source, given := range names {
			if !endpointNameForm.MatchString(given) || len(given) > MaxEndpointNameLength {
				t.Fatalf("%q is called %q", source, given)
			}
			if other, taken := seen[given]; taken {
				t.Fatalf("%q and %q are both called %q", source, other, given)
			}
			seen[given] = source
		}
		if len(names) != len(sources) {
			t.Fatalf("%d names for %d sources", len(names), len(sources))
		}
		backwards := slices.Clone(sources)
		slices.Reverse(backwards)
		if diff := cmp.Diff(names, name(backwards, nil)); diff != "" {
			t.Fatalf("names depend on the order:\n%s", diff)
		}
		more := append(slices.Clone(sources), rapid.SliceOfN(sageMakerName, 0, 5).Draw(t, "more")...)
		slices.Sort(more)
		for source, given := range name(slices.Compact(more), names) {
			if old, known := names[source]; known && old != given {
				t.Fatalf("%q was called %q and is now %q", source, old, given)
			}
		}
	})
}

// drawn draws an account of odd endpoints.
func drawn(t *rapid.T, label string) inventory.Document {
	names := rapid.SliceOfNDistinct(sageMakerName, 0, 6, rapid.ID).Draw(t, label)
	var endpoints []inventory.Endpoint
	for i, name := range names {
		endpoints = append(endpoints, endpoint(func(e *inventory.Endpoint) {
			e.Name = name
			e.Variants[0].ModelName = fmt.Sprintf("Model-%d", i%2)
			e.Models[0].Name = e.Variants[0].ModelName
			e.Status = rapid.SampledFrom([]string{"InService", "InService", "Failed", "Updating"}).Draw(t, "status")
			e.Variants[0].Traffic.Requests = rapid.Int64Range(0, 10).Draw(t, "requests")
			e.Config.Presence = rapid.SampledFrom([]inventory.Presence{inventory.Present, inventory.Deleted}).Draw(t, "config")
			if rapid.Bool().Draw(t, "measured") {
				median := rapid.Float64Range(0, 500).Draw(t, "median")
				e.Variants[0].Usage = &inventory.Usage{CPU: &inventory.Use{Median: median, Max: median * 1.5}}
			}
		}))
	}
	return account(endpoints...)
}

func TestPlanningIsIdempotentAndDropsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		inv := drawn(rt, "account")
		first, _ := built(t, inv, nil, Options{})
		second, changes := built(t, inv, reread(t, first), Options{})
		if diff := cmp.Diff(encoded(t, first), encoded(t, second)); diff != "" || len(changes) != 0 {
			rt.Fatalf("planning again changes %v:\n%s", changes, diff)
		}
		other := drawn(rt, "another account")
		third, _ := built(t, other, reread(t, second), Options{})
		for _, e := range slices.Concat(inv.Endpoints, other.Endpoints) {
			if len(third.Named(e.Name)) != 1 {
				rt.Fatalf("endpoint %q was dropped", e.Name)
			}
		}
	})
}
