package view_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/view"
)

func key(name string) inventory.WorkloadKey {
	return inventory.WorkloadKey{Kind: inventory.WorkloadEndpoint, Name: name}
}

func usd(amount float64, estimate bool) *inventory.Cost {
	return &inventory.Cost{USD: amount, Estimate: estimate, PricesOf: "2026-07-06", Basis: "2 × ml.m5.xlarge"}
}

// planned is a small plan of every sort of line.
func planned() plan.Document {
	blocker := plan.Blocker{Thing: "image x", Why: "its registry refuses it", Do: "name another"}
	return plan.Document{
		Phases: []plan.Phase{{Number: 1, Title: "Online, not critical", Workloads: []string{"Endpoint/Small"}}, {Number: 2, Title: "Online", Workloads: []string{"Endpoint/Churn-Prod"}}},
		NodePools: []placement.NodePool{
			{
				Name: "online", Class: placement.ClassOnline, InstanceType: "m6i.xlarge", Nodes: 3, MinNodes: 2,
				CostPerMonth: usd(420.4, true), Workloads: []string{"Endpoint/Churn-Prod", "Endpoint/Small"},
			},
			{
				Name: "gpu", Class: placement.ClassOnline, InstanceType: "p4d.24xlarge", Nodes: 1, MinNodes: 1, Spot: true,
				GPU: &placement.PoolGPU{Model: "A100", Count: 8, Sharing: placement.SharingMIG, Profile: "1g.10gb", Resource: "nvidia.com/mig-1g.10gb"},
			},
		},
		Costs: &plan.Costs{SageMaker: *usd(336, false), Cluster: *usd(168.5, true), StaysUSD: 20, RetiredUSD: 5.5},
		Workloads: []plan.Workload{
			{
				WorkloadKey: key("Churn-Prod"), Reasons: []string{"it serves in real time", "it is called"},
				Settings: plan.Settings{
					Decision: plan.Move, Phase: 2, Class: placement.ClassOnline, Replicas: plan.Replicas{Min: 2, Max: 8},
					Resources: plan.Resources{Requests: plan.Amounts{CPU: "570m", Memory: "4Gi"}},
				},
				SageMakerCost: usd(336, false), ClusterCost: usd(168.5, true),
			},
			{WorkloadKey: key("Kept"), Reasons: []string{"it only stores"}, Settings: plan.Settings{Decision: plan.Keep}, SageMakerCost: usd(20, true)},
			{WorkloadKey: key("Stuck"), Blockers: []plan.Blocker{blocker}, Settings: plan.Settings{Decision: plan.Blocked, Replicas: plan.Replicas{Min: 1}}},
			{
				WorkloadKey: key("Small"), Reasons: []string{"it serves in real time"},
				Settings: plan.Settings{
					Decision: plan.MoveLater, Phase: 1, Class: placement.ClassOnline,
					Resources: plan.Resources{Requests: plan.Amounts{CPU: "1", Memory: "2Gi", GPU: 1, GPUResource: "nvidia.com/mig-1g.10gb"}},
				},
			},
		},
	}
}

func TestPlan(t *testing.T) {
	want := [][]string{
		{"WORKLOAD", "DECISION", "PHASE", "CLASS", "REPLICAS", "SIZE", "USD/MONTH", "REASON"},
		{"Endpoint/Small", "◌ MoveLater", "1", "Online", "-", "1 2Gi 1×mig-1g.10gb", "-", "it serves in real time"},
		{"", "", "", "", "", "", "", ""},
		{"Endpoint/Churn-Prod", "✔ Move", "2", "Online", "2-8", "570m 4Gi", "336 → ~168", "it serves in real time"},
		{"", "", "", "", "", "", "", ""},
		{"Endpoint/Stuck", "✖ Blocked", "-", "-", "1", "-", "-", "its registry refuses it (image x)"},
		{"", "", "", "", "", "", "", ""},
		{"Endpoint/Kept", "Keep", "-", "-", "-", "-", "~20", "it only stores"},
	}
	if diff := cmp.Diff(want, texts(view.Plan(planned()))); diff != "" {
		t.Errorf("Plan() differs (-want +got):\n%s", diff)
	}
	if got, want := view.Decisions(planned()), "1 Move, 1 MoveLater, 1 Keep, 1 Blocked"; got != want {
		t.Errorf("Decisions() = %q, want %q", got, want)
	}
}

func TestPlanNodePools(t *testing.T) {
	want := [][]string{
		{"NODE-POOL", "CLASS", "NODES", "TYPE", "GPU", "SPOT", "USD/MONTH", "WORKLOADS"},
		{"online", "Online", "2-3", "m6i.xlarge", "-", "no", "~420", "2"},
		{"gpu", "Online", "1", "p4d.24xlarge", "8×A100, MIG 1g.10gb", "yes", "-", "0"},
	}
	if diff := cmp.Diff(want, texts(view.PlanNodePools(planned()))); diff != "" {
		t.Errorf("PlanNodePools() differs (-want +got):\n%s", diff)
	}
}

func TestPlanCostsThatNobodyKnows(t *testing.T) {
	got := texts(view.PlanCosts(plan.Document{Costs: &plan.Costs{StaysUSD: 20}}))
	if len(got) < 3 || got[1][1] != "-" || got[2][1] != "-" || got[3][1] != "20.00" {
		t.Errorf("what is not known reads %q", got)
	}
}

func TestPlanCosts(t *testing.T) {
	want := [][]string{
		{"COST", "USD/MONTH", "ESTIMATE", "PRICES-OF", "OF"},
		{"SageMaker", "336.00", "no", "2026-07-06", "2 × ml.m5.xlarge"},
		{"cluster", "168.50", "yes, an estimate", "2026-07-06", "2 × ml.m5.xlarge"},
		{"stays", "20.00", "yes, an estimate", "2026-07-06", "what stays on SageMaker: kept, or blocked for as long as it is"},
		{"retired", "5.50", "yes, an estimate", "2026-07-06", "what ends with what is retired"},
	}
	if diff := cmp.Diff(want, texts(view.PlanCosts(planned()))); diff != "" {
		t.Errorf("PlanCosts() differs (-want +got):\n%s", diff)
	}
	nothingMoves := planned()
	nothingMoves.Costs.SageMaker = inventory.Cost{}
	nothingMoves.Workloads = []plan.Workload{{Settings: plan.Settings{Decision: plan.Keep}, SageMakerCost: &inventory.Cost{USD: 20, PricesOf: "2026-10-05"}}}
	if rows := texts(view.PlanCosts(nothingMoves)); rows[3][3] != "2026-10-05" {
		t.Errorf("of what stays, where nothing is compared, the prices are of %s", rows[3][3])
	}
	if table := view.PlanCosts(plan.Document{}); len(table.Rows) != 0 {
		t.Errorf("without costs: %v", table.Rows)
	}
}

func TestFitLast(t *testing.T) {
	table := view.Table{Columns: []view.Column{{Name: "A"}, {Name: "REASON"}}, Rows: [][]view.Cell{
		{view.Text("name"), view.Text("a reason that is longer than there is room")}, {view.Text("x"), view.Text("short")},
	}}
	fitted := view.FitLast(table, 30, 3)
	if got, want := fitted.Rows[0][1].Text, "a reason that is longe…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if fitted.Rows[1][1].Text != "short" || strings.HasSuffix(table.Rows[0][1].Text, "…") {
		t.Error("what fits was cut, or the table itself was changed")
	}
	if diff := cmp.Diff(table, view.FitLast(table, 0, 3)); diff != "" {
		t.Errorf("without a width it was cut:\n%s", diff)
	}
}

func TestLeaveOut(t *testing.T) {
	long := strings.Repeat("reason ", 9)
	table := view.Table{Columns: []view.Column{{Name: "NAME"}, {Name: "CLASS"}, {Name: "SIZE"}, {Name: "REASON"}}, Rows: [][]view.Cell{
		{view.Text("name"), view.Text("Online"), view.Text("3630m 5632Mi"), view.Text(long)}, {{}, {}, {}, {}},
	}}
	for name, tc := range map[string]struct {
		width int
		out   []string
	}{"No terminal": {0, nil}, "Wide": {80, nil}, "Narrower": {64, []string{"CLASS"}}, "Narrow": {50, []string{"CLASS", "SIZE"}}, "Hopeless": {9, []string{"CLASS", "SIZE"}}} {
		t.Run(name, func(t *testing.T) {
			got, out := view.LeaveOut(table, tc.width, 3, "CLASS", "NOWHERE", "SIZE")
			if diff := cmp.Diff(tc.out, out); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			for _, row := range append(got.Rows, table.Rows...) {
				if len(row) != len(got.Columns) && len(row) != len(table.Columns) {
					t.Errorf("a row has %d cells", len(row))
				}
			}
			if len(got.Columns) != len(table.Columns)-len(out) || got.Rows[0][len(got.Columns)-1].Text != long {
				t.Errorf("columns %v, last cell %q", got.Columns, got.Rows[0][len(got.Columns)-1].Text)
			}
		})
	}
}

func TestPlanExplanation(t *testing.T) {
	w := planned().Workloads[0]
	w.PhaseReason, w.DependsOn, w.Placement = "it is critical", []string{"Training/churn"}, []string{"the only pool"}
	w.Autoscaling = &autoscaling.Spec{
		Engine: autoscaling.EngineKEDA, Metrics: []autoscaling.Metric{{Type: autoscaling.MetricCPU, TargetValue: "70", From: "policy p"}},
		Schedules: []autoscaling.Schedule{{Start: "0 8 * * *", End: "0 18 * * *", Replicas: 4}}, ScaleDownStabilizationSeconds: 300,
	}
	w.Gaps = []gap.Gap{{Thing: "step policy", Why: "no counterpart", Do: "track a target"}}
	w.Blockers = []plan.Blocker{{Thing: "image x", Why: "refused", Do: "name another"}}
	sections := view.PlanExplanation(plan.Explanation{
		Workload: w, PhaseTitle: "Online", Before: "Endpoint/a", After: "Endpoint/b", DependedOnBy: []string{"Monitoring/m"},
		Evidence: []plan.Fact{{Name: "traffic", Value: "7 a day"}}, NodePool: "online: 2 to 3 × m6i.xlarge", ComputedKnown: true,
		Edited: []plan.Change{{Field: "replicas.min", Kept: "2", Computed: "1"}},
	})
	var text strings.Builder
	for _, s := range sections {
		text.WriteString(s.Title + "\n" + strings.Join(s.Lines, "\n") + "\n")
	}
	for _, want := range []string{
		"Endpoint/Churn-Prod: ✔ Move, in phase 2", "it serves in real time", "to unblock: name another", "traffic: 7 a day",
		"phase 2, Online: it is critical", "after Endpoint/a", "before Endpoint/b", "it depends on Training/churn", "Monitoring/m depends on it",
		"2-8 × (request 570m 4Gi, limit -)", "node pool online: 2 to 3", "the only pool", "KEDA changes it between 2 and 8", "in place of policy p",
		`at least 4 from "0 8 * * *" to "0 18 * * *"`, "after 300 seconds", "on SageMaker 336.00 USD, at prices of 2026-07-06: 2 × ml.m5.xlarge",
		"in the cluster 168.50 USD, an estimate, at prices", "step policy: no counterpart", "instead: track a target",
		"replicas.min is 2; Landfall would say 1",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the explanation lacks %q:\n%s", want, text.String())
		}
	}
	empty := view.PlanExplanation(plan.Explanation{Workload: plan.Workload{WorkloadKey: key("x"), Settings: plan.Settings{Decision: plan.Keep}}, ComputedKnown: true})
	if len(empty) != 1 || slices.ContainsFunc(empty, func(s view.Section) bool { return len(s.Lines) > 0 }) {
		t.Errorf("sections without anything to say: %v", empty)
	}
}
