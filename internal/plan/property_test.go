package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// drawnAccount draws an account of all kinds of workloads, with relations
// between them that may hold circles.
func drawnAccount(t *rapid.T, label string) (inventory.Document, relations) {
	inv := drawn(t, label)
	inv.Accounts = []inventory.Account{{}}
	inv.Workloads = workloadsOf(inv)
	for i := range inv.Workloads {
		inv.Workloads[i].Criticality.Level = rapid.SampledFrom(inventory.CriticalityLevels).Draw(t, "level")
		inv.Workloads[i].CostPerMonth = drawnCost(t)
		e := inv.FindEndpoint(inv.Workloads[i].Place, inv.Workloads[i].Name)
		drawnHardware(t, e)
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "tasks") {
		w, resources := drawnTask(t, i)
		inv.Workloads = append(inv.Workloads, w)
		inv.Resources = append(inv.Resources, resources...)
	}
	inv.Workloads = workloadsOf(inv)
	related := relations{dependencies: map[string][]string{}, made: map[string][]string{}}
	for range rapid.IntRange(0, 2*len(inv.Workloads)).Draw(t, "relations") {
		from := rapid.SampledFrom(inv.Workloads).Draw(t, "from").Full()
		to := rapid.SampledFrom(inv.Workloads).Draw(t, "to").Full()
		if !slices.Contains(related.dependencies[from], to) && from != to {
			related.dependencies[from] = append(related.dependencies[from], to)
		}
	}
	return inv, related
}

func drawnCost(t *rapid.T) *inventory.Cost {
	if rapid.Bool().Draw(t, "priced") {
		return &inventory.Cost{USD: rapid.Float64Range(0, 1e5).Draw(t, "usd"), Estimate: rapid.Bool().Draw(t, "estimate"), PricesOf: "2026-07-06", Basis: "drawn"}
	}
	return nil
}

var drawnTypes = []string{"ml.m5.xlarge", "ml.m6g.xlarge", "ml.g5.xlarge", "ml.g5.12xlarge", "ml.p4d.24xlarge", "ml.inf2.xlarge", "ml.p5.48xlarge"}

// drawnHardware gives an endpoint an instance, a mode and a scaling.
func drawnHardware(t *rapid.T, e *inventory.Endpoint) {
	v := &e.Variants[0]
	v.InstanceType = rapid.SampledFrom(drawnTypes).Draw(t, "type")
	v.Instance = inventory.InstanceOf(v.InstanceType)
	e.Mode = rapid.SampledFrom([]inventory.Mode{
		inventory.ModeRealTime, inventory.ModeRealTime, inventory.ModeAsync, inventory.ModeMultiModel, inventory.ModeInferenceComponents, inventory.ModeServerless,
	}).Draw(t, "mode")
	if e.Mode == inventory.ModeServerless {
		v.InstanceType, v.Instance, v.Serverless = "", nil, &inventory.Serverless{MemoryMB: 2048, MaxConcurrency: 5}
	}
	v.Traffic.PeakRequestsPerMinute = rapid.Int64Range(0, 10_000).Draw(t, "peak")
	v.Traffic.RequestsPerDay = rapid.Float64Range(0, 1e6).Draw(t, "requests a day")
	if v.Instance != nil && v.Instance.Accelerator != nil && rapid.Bool().Draw(t, "GPU measured") {
		v.Usage = &inventory.Usage{GPU: &inventory.Use{Median: 5, Max: 12}, GPUMemory: &inventory.Use{Median: 10, Max: 12}}
	}
	if rapid.Bool().Draw(t, "scaled") {
		e.Scaling = []inventory.Scaling{{
			Resource: "endpoint/" + e.Name + "/variant/" + v.Name, Dimension: instanceDimension,
			Min: rapid.Int32Range(0, 3).Draw(t, "min"), Max: rapid.Int32Range(1, 9).Draw(t, "max"),
			Policies: []inventory.Policy{{Name: "p", Type: "TargetTrackingScaling", TargetTracking: &inventory.TargetTracking{
				TargetValue: 100, PredefinedMetric: "SageMakerVariantInvocationsPerInstance",
			}}},
		}}
	}
}

// taskResource is the kind of resource that a kind of task consists of.
var taskResource = map[inventory.WorkloadKind]inventory.ResourceKind{
	inventory.WorkloadTraining: inventory.KindTrainingJob, inventory.WorkloadProcessing: inventory.KindProcessingJob,
	inventory.WorkloadPipeline: inventory.KindPipeline, inventory.WorkloadNotebook: inventory.KindNotebookInstance,
}

var drawnSpecs = map[inventory.ResourceKind][]string{
	inventory.KindTrainingJob: {
		`{"AlgorithmSpecification":{"TrainingImage":"registry.example.com/train:1"}}`,
		`{"AlgorithmSpecification":{"TrainingImage":"382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"}}`,
		`{"AlgorithmSpecification":{"AlgorithmName":"arn:aws:sagemaker:us-east-1:1:algorithm/x"}}`, `{}`,
	},
	inventory.KindProcessingJob: {`{"AppSpecification":{"ImageUri":"registry.example.com/process:1"}}`, `{"AppSpecification":5}`},
	inventory.KindPipeline: {
		`{}`, `{"PipelineDefinition":"no JSON"}`, `{"PipelineDefinition":"{\"Version\":\"2020-12-01\",\"Steps\":[]}"}`,
	},
}

// drawnTask draws a workload that is no endpoint.
func drawnTask(t *rapid.T, number int) (inventory.Workload, []inventory.Resource) {
	kind := rapid.SampledFrom(slices.Sorted(maps.Keys(taskRules))).Draw(t, "kind")
	w := inventory.Workload{
		WorkloadKey: inventory.WorkloadKey{Kind: kind, Name: fmt.Sprintf("%s-%d", rapid.StringMatching(`[a-zA-Z0-9]{1,8}`).Draw(t, "name"), number)},
		Status:      rapid.SampledFrom([]string{"", "Completed", "Failed", "InProgress", "Stopped", "InService", "COMPLETED"}).Draw(t, "status"),
		Criticality: inventory.Criticality{Level: rapid.SampledFrom(inventory.CriticalityLevels).Draw(t, "level")}, CostPerMonth: drawnCost(t),
	}
	if rapid.Bool().Draw(t, "runs") {
		w.Runs = &inventory.Runs{
			Count: rapid.IntRange(0, 5).Draw(t, "count"), Failed: rapid.IntRange(0, 5).Draw(t, "failed"), InLookback: rapid.IntRange(0, 3).Draw(t, "lately"),
			LastRunAt: rapid.SampledFrom([]string{"", "2026-11-01T00:00:00Z", "2020-01-01T00:00:00Z"}).Draw(t, "last"), MedianHours: 1.5,
			InstanceHoursPerMonth: rapid.Float64Range(0, 1000).Draw(t, "hours"), InstanceType: rapid.SampledFrom(append(drawnTypes, "", "ml.new.large")).Draw(t, "type"),
			InstanceCount: rapid.Int32Range(0, 4).Draw(t, "instances"), StartedBy: rapid.SampledFrom([]string{"", "Pipeline/p", "Monitoring/m"}).Draw(t, "by"),
		}
		w.Hardware.Needs = rapid.SampledFrom([]inventory.HardwareNeed{inventory.NeedsCPU, inventory.NeedsGPU, inventory.GPUUnused, inventory.NeedsNeuron}).Draw(t, "needs")
	}
	resourceKind := taskResource[kind]
	if resourceKind == "" || rapid.Bool().Draw(t, "bare") {
		return w, nil
	}
	r := inventory.Resource{
		Kind: resourceKind, Name: w.Name, Detail: rapid.SampledFrom([]inventory.Detail{inventory.Described, inventory.Listed, inventory.DetailUnread}).Draw(t, "detail"),
		CreatedAt: "2026-01-01T00:00:00Z",
	}
	if specs := drawnSpecs[resourceKind]; specs != nil && r.Detail == inventory.Described {
		r.Spec = inventory.Spec(rapid.SampledFrom(specs).Draw(t, "spec"))
	}
	w.Resources, w.ResourceCount = []inventory.Reference{{Kind: resourceKind, Name: w.Name}}, 1
	return w, []inventory.Resource{r}
}

func related(t testing.TB, inv inventory.Document, r relations, previous *Document) (Document, []Change) {
	t.Helper()
	if previous == nil {
		previous = &Document{}
	}
	// Relations are a builder's to change.
	r.dependencies, r.made = maps.Clone(r.dependencies), maps.Clone(r.made)
	d, changes, err := build(inv, r, previous, Options{}.over(previous))
	if err != nil {
		t.Fatal(err)
	}
	return d, changes
}

func TestPlansOfAllKinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		inv, r := drawnAccount(rt, "account")
		first, changes := related(t, inv, r, nil)
		if len(changes) != len(inv.Workloads) {
			rt.Fatalf("%d changes for %d workloads", len(changes), len(inv.Workloads))
		}
		for _, w := range inv.Workloads {
			found := first.FindWorkload(w.WorkloadKey)
			if found == nil {
				rt.Fatalf("%s was dropped", w.WorkloadKey)
			}
			if len(found.Reasons) == 0 || (found.Phase > 0) != moves(found.Decision) || found.Decision == Blocked && len(found.Blockers) == 0 {
				rt.Fatalf("%s is %s in phase %d for %q, blocked by %v", w.WorkloadKey, found.Decision, found.Phase, found.Reasons, found.Blockers)
			}
			if _, err := first.Explain(found, &inv); err != nil {
				rt.Fatal(err)
			}
		}
		checkOrder(rt, first, r)
		again, changes := related(t, inv, r, reread(t, first))
		if diff := cmp.Diff(encoded(t, first), encoded(t, again)); diff != "" || len(changes) != 0 {
			rt.Fatalf("planning again changes %v:\n%s", changes, diff)
		}
		other, otherRelations := drawnAccount(rt, "another account")
		third, _ := related(t, other, otherRelations, reread(t, again))
		for _, w := range slices.Concat(inv.Workloads, other.Workloads) {
			if third.FindWorkload(w.WorkloadKey) == nil {
				rt.Fatalf("%s was dropped when the plan was made again", w.WorkloadKey)
			}
		}
	})
}

// checkOrder fails when something moves before what it depends on, unless the
// two depend on one another.
func checkOrder(t *rapid.T, d Document, r relations) {
	type position struct{ phase, index int }
	positions := map[string]position{}
	for _, phase := range d.Phases {
		for i, label := range phase.Workloads {
			positions[label] = position{phase.Number, i}
		}
	}
	labels, reach := d.Labels(), closure(r.dependencies)
	for user, dependencies := range r.dependencies {
		at, moving := positions[labels[user]]
		for _, on := range dependencies {
			before, dependencyMoves := positions[labels[on]]
			if !moving || !dependencyMoves || reach[on][user] {
				continue
			}
			if before.phase > at.phase || before.phase == at.phase && before.index > at.index {
				t.Fatalf("%s (%+v) moves before %s (%+v), on which it depends", user, at, on, before)
			}
		}
	}
}

// closure says what each key depends on, through others too.
func closure(direct map[string][]string) map[string]map[string]bool {
	reach := map[string]map[string]bool{}
	for from := range direct {
		seen, stack := map[string]bool{}, slices.Clone(direct[from])
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !seen[at] {
				seen[at] = true
				stack = append(stack, direct[at]...)
			}
		}
		reach[from] = seen
	}
	return reach
}

func TestEditsSurviveAnyNumberOfPlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		inv, r := drawnAccount(rt, "account")
		first, _ := related(t, inv, r, nil)
		if len(first.Workloads) == 0 {
			return
		}
		edited := reread(t, first)
		want := map[string]Settings{}
		for range rapid.IntRange(1, 4).Draw(rt, "edits") {
			w := &edited.Workloads[rapid.IntRange(0, len(edited.Workloads)-1).Draw(rt, "which")]
			editOf(rt)(&w.Settings)
			want[w.Full()] = w.Settings
		}
		before := map[string]Settings{}
		for i := range first.Workloads {
			before[first.Workloads[i].Full()] = first.Workloads[i].Settings
		}
		for range rapid.IntRange(1, 3).Draw(rt, "plans") {
			next, _ := related(t, inv, r, edited)
			for full, settings := range want {
				checkEdits(rt, full, before[full], settings, next)
			}
			edited = reread(t, next)
		}
	})
}

// editOf draws something that people change.
func editOf(t *rapid.T) func(*Settings) {
	edits := []func(*Settings){
		func(s *Settings) { s.Decision = rapid.SampledFrom(Decisions).Draw(t, "decision") },
		func(s *Settings) { s.Phase = rapid.IntRange(1, 7).Draw(t, "phase") },
		func(s *Settings) {
			s.Criticality = rapid.SampledFrom(inventory.CriticalityLevels).Draw(t, "criticality")
		},
		func(s *Settings) { s.NodePoolName = rapid.SampledFrom([]string{"mine", "online", ""}).Draw(t, "pool") },
		func(s *Settings) { s.Replicas = Replicas{Min: rapid.Int32Range(0, 3).Draw(t, "min"), Max: 5} },
		func(s *Settings) { s.Class = rapid.SampledFrom(classes).Draw(t, "class") },
		func(s *Settings) { s.Resources = Resources{Requests: Amounts{CPU: "333m", Memory: "1Gi"}} },
		func(s *Settings) { s.Image = "registry.example.com/edited:1" },
	}
	if gpu := rapid.Bool().Draw(t, "gpu"); gpu {
		edits = append(edits, func(s *Settings) {
			if s.Resources.Requests.GPU > 0 {
				s.Resources.Requests.GPUResource, s.Resources.Limits.GPUResource = "", ""
			}
		})
	}
	return rapid.SampledFrom(edits).Draw(t, "edit")
}

// checkEdits fails when a field that a person changed is not as they left it.
func checkEdits(t *rapid.T, full string, before, want Settings, d Document) {
	changed, err := edits(full, want, before)
	if err != nil {
		t.Fatal(err)
	}
	var got *Workload
	for i := range d.Workloads {
		if d.Workloads[i].Full() == full {
			got = &d.Workloads[i]
		}
	}
	is, err := fields(got.Settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changed {
		if show(is[c.Field]) != c.Kept {
			t.Fatalf("%s: %s was set to %q and is %q", full, c.Field, c.Kept, show(is[c.Field]))
		}
	}
}

func TestEditsFlowIntoThePacking(t *testing.T) {
	e := endpoint(func(e *inventory.Endpoint) { e.Name = "churn" })
	first, _ := built(t, account(e), nil, Options{})
	edited := reread(t, first)
	w := edited.Named("churn")[0]
	w.Replicas, w.Resources = Replicas{Min: 40}, Resources{Requests: Amounts{CPU: "7", Memory: "20Gi"}}
	w.NodePoolName, w.Class = "mine", placement.ClassExperiment
	next, _ := built(t, account(e), edited, Options{})
	if len(next.NodePools) != 1 || next.NodePools[0].Name != "mine" || next.NodePools[0].Class != placement.ClassExperiment {
		t.Fatalf("the pools are %+v", next.NodePools)
	}
	p := next.NodePools[0]
	if given := int64(p.Nodes) * p.Allocatable.CPUMillis; given < 40*7000 {
		t.Errorf("%d × %s give %dm CPU to 40 pods of 7 cores", p.Nodes, p.InstanceType, given)
	}
	if diff := cmp.Diff([]string{"Endpoint/churn"}, p.Workloads); diff != "" {
		t.Error(diff)
	}
	if own := next.Computed[next.Named("churn")[0].Full()]; own.NodePoolName == "mine" || own.NodePoolName == "" {
		t.Errorf("Landfall says it would have chosen the pool %q", own.NodePoolName)
	}
}
