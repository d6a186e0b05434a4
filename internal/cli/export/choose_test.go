package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

func TestOnlyEndpointsAreOffered(t *testing.T) {
	workload := func(kind inventory.WorkloadKind, name, region string, decision plan.Decision) plan.Workload {
		return plan.Workload{
			WorkloadKey: inventory.WorkloadKey{Place: inventory.Place{AccountID: "1", Region: region}, Kind: kind, Name: name},
			Settings:    plan.Settings{Decision: decision},
		}
	}
	d := plan.Document{Workloads: []plan.Workload{
		workload(inventory.WorkloadEndpoint, "churn", "eu", plan.Move), workload(inventory.WorkloadEndpoint, "churn", "us", plan.Move),
		workload(inventory.WorkloadEndpoint, "fraud", "us", plan.Keep), workload(inventory.WorkloadRegistry, "fraud", "us", plan.Keep),
		workload(inventory.WorkloadPipeline, "train", "us", plan.Move),
	}}
	if named := endpointsOf(d.Named("fraud")); len(named) != 1 || named[0].Kind != inventory.WorkloadEndpoint {
		t.Errorf("fraud names %v", named)
	}
	if named := endpointsOf(d.Named("train")); len(named) != 0 {
		t.Errorf("a pipeline is taken for an endpoint: %v", named)
	}
	want := []string{"1/eu/Endpoint/churn", "1/us/Endpoint/churn"}
	if diff := cmp.Diff(want, choices(d, endpointsOf(d.Named("churn")))); diff != "" {
		t.Errorf("two endpoints of one name (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, choices(d, nil)); diff != "" {
		t.Errorf("what can be exported (-want +got):\n%s", diff)
	}
}
