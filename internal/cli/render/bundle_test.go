package render

import (
	"strings"
	"testing"

	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// TestABundleIsOfOneAccount finds the workload of a bundle among those of several
// accounts; bundles of earlier versions name none.
func TestABundleIsOfOneAccount(t *testing.T) {
	planned := plan.Document{}
	for _, account := range []string{"111111111111", "222222222222"} {
		planned.Workloads = append(planned.Workloads, plan.Workload{WorkloadKey: inventory.WorkloadKey{
			Place: inventory.Place{AccountID: account, Region: "us-east-1"}, Kind: inventory.WorkloadEndpoint, Name: "churn",
		}})
	}
	key, err := keyOf(export.Manifest{Endpoint: "churn", Region: "us-east-1", AccountID: "222222222222"}, planned)
	if err != nil || key.AccountID != "222222222222" {
		t.Errorf("got %v, %v", key, err)
	}
	if _, err := keyOf(export.Manifest{Endpoint: "churn", Region: "us-east-1"}, planned); err == nil || !strings.Contains(err.Error(), "export it again") {
		t.Errorf("got %v, want that it is ambiguous", err)
	}
	planned.Workloads = planned.Workloads[:1]
	if key, err := keyOf(export.Manifest{Endpoint: "churn", Region: "us-east-1"}, planned); err != nil || key.AccountID != "111111111111" {
		t.Errorf("an old bundle is not found: %v, %v", key, err)
	}
}
