package render

import (
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Pipelines of one name in two accounts get different names, one alone keeps its
// own, and each is a name that Kubernetes takes.
func TestWorkflowNames(t *testing.T) {
	pipeline := func(account, name string) plan.Workload {
		k := key(name)
		k.AccountID, k.Kind = account, inventory.WorkloadPipeline
		return plan.Workload{WorkloadKey: k, Settings: plan.Settings{Decision: plan.Move}}
	}
	long := strings.Repeat("x", 80)
	tr := &tree{Input: Input{Plan: plan.Document{Workloads: []plan.Workload{
		pipeline("1", "Retrain"), pipeline("2", "Retrain"), pipeline("1", "7-days"), pipeline("1", long),
	}}}}
	names := tr.workflowNames()
	seen := map[string]bool{}
	for key, name := range names {
		if len(name) > maxWorkflowName+7 || name[0] < 'a' || name[0] > 'z' || seen[name] {
			t.Errorf("%s is called %q", key, name)
		}
		seen[name] = true
	}
	if got := names["1/us-east-1/Pipeline/7-days"]; got != "pipeline-7-days" {
		t.Errorf("7-days is called %q", got)
	}
	alone := (&tree{Input: Input{Plan: plan.Document{Workloads: []plan.Workload{pipeline("2", "Retrain")}}}}).workflowNames()
	if got := alone["2/us-east-1/Pipeline/Retrain"]; got != "retrain" {
		t.Errorf("the only Retrain is called %q", got)
	}
}

func TestPipelineWithoutDefinition(t *testing.T) {
	_, err := Tree(input(func(in *Input) { in.ArgoWorkflows, in.Inventory.Resources = true, nil }))
	if err == nil || !strings.Contains(err.Error(), "no definition of Pipeline/Retrain_Churn") {
		t.Errorf("got the error %v", err)
	}
}
