package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/view"
)

func counted(n int32) inventory.Counts { return inventory.Counts{Current: &n} }

func TestInventory(t *testing.T) {
	found := inventory.Document{Endpoints: []inventory.Endpoint{
		{
			Name: "Churn-Prod", Mode: inventory.ModeRealTime, Status: "InService",
			Variants: []inventory.Variant{
				{InstanceType: "ml.m5.xlarge", InstanceCount: counted(2), Traffic: &inventory.Traffic{
					RequestsPerDay: 323_456, LatencyMilliseconds: &inventory.Latency{P99: 41.2},
				}},
				{InstanceType: "ml.m5.large", InstanceCount: counted(1), Traffic: &inventory.Traffic{
					RequestsPerDay: 100, LatencyMilliseconds: &inventory.Latency{P99: 9.04},
				}},
			},
			Models: []inventory.Model{{Name: "churn-7", Presence: inventory.Present}, {Name: "churn-8", Presence: inventory.Deleted}},
		},
		{Name: "serverless", Mode: inventory.ModeServerless, Status: "Updating", Variants: []inventory.Variant{
			{Serverless: &inventory.Serverless{MemoryMB: 2048}, Traffic: &inventory.Traffic{RequestsPerDay: 0.3}},
		}},
		{Name: "hidden", Mode: inventory.ModeUnknown, Unread: "AccessDeniedException"},
		{Name: "broken", Mode: inventory.ModeRealTime, Status: "Failed"},
	}}
	want := [][]string{
		{"ENDPOINT", "MODE", "STATUS", "INSTANCES", "REQUESTS/DAY", "P99", "MODELS"},
		{"Churn-Prod", "RealTime", "✔ InService", "2×ml.m5.xlarge, 1×ml.m5.large", "323k", "41 ms", "churn-7, churn-8 (deleted)"},
		{"serverless", "Serverless", "◌ Updating", "serverless 2048 MB", "<1", "-", "-"},
		{"hidden", "Unknown", "⚠ Unread", "-", "-", "-", "-"},
		{"broken", "RealTime", "✖ Failed", "-", "-", "-", "-"},
	}
	if diff := cmp.Diff(want, texts(view.Inventory(found))); diff != "" {
		t.Errorf("Inventory() differs (-want +got):\n%s", diff)
	}
	found.Accounts = []inventory.Account{{ID: "1", Region: "a"}, {ID: "1", Region: "b"}}
	found.Endpoints = found.Endpoints[3:]
	found.Endpoints[0].Place = inventory.Place{AccountID: "1", Region: "b"}
	want = [][]string{
		{"ENDPOINT", "ACCOUNT/REGION", "MODE", "STATUS", "INSTANCES", "REQUESTS/DAY", "P99", "MODELS"},
		{"broken", "1/b", "RealTime", "✖ Failed", "-", "-", "-", "-"},
	}
	if diff := cmp.Diff(want, texts(view.Inventory(found))); diff != "" {
		t.Errorf("Inventory() of two regions differs (-want +got):\n%s", diff)
	}
}

func TestUnread(t *testing.T) {
	found := inventory.Document{Unread: []inventory.Unread{
		{Operation: "sagemaker:DescribeModel", Code: "AccessDeniedException", Action: "sagemaker:DescribeModel", Resources: []string{"a", "b", "c", "d", "e"}},
		{Operation: "application-autoscaling:DescribeScalableTargets", Code: "ThrottlingException"},
	}}
	want := [][]string{
		{"OPERATION", "CODE", "MISSING-PERMISSION", "RESOURCES"},
		{"sagemaker:DescribeModel", "⚠ AccessDeniedException", "sagemaker:DescribeModel", "a, b, c and 2 more"},
		{"application-autoscaling:DescribeScalableTargets", "⚠ ThrottlingException", "-", "all"},
	}
	if diff := cmp.Diff(want, texts(view.Unread(found))); diff != "" {
		t.Errorf("Unread() differs (-want +got):\n%s", diff)
	}
}

func TestPlanChanges(t *testing.T) {
	changes := []plan.Change{
		{Workload: "new", Kind: plan.Added},
		{Workload: "gone", Kind: plan.Missing},
		{Workload: "a", Kind: plan.Updated, Field: "replicas.min", Before: "2", Computed: "3"},
		{Workload: "a", Kind: plan.EditKept, Field: "decision", Before: "Move", Kept: "Keep", Computed: "Move"},
	}
	want := [][]string{
		{"WORKLOAD", "CHANGE", "FIELD", "BEFORE", "NOW", "COMPUTED"},
		{"new", "✔ Added", "-", "-", "-", "-"},
		{"gone", "⚠ Missing", "-", "-", "-", "-"},
		{"a", "Updated", "replicas.min", "2", "3", "-"},
		{"a", "◌ EditKept", "decision", "Move", "Keep", "Move"},
	}
	if diff := cmp.Diff(want, texts(view.PlanChanges(changes))); diff != "" {
		t.Errorf("PlanChanges() differs (-want +got):\n%s", diff)
	}
}

func TestFindings(t *testing.T) {
	found := []export.Finding{
		{Severity: export.SeverityError, ID: "ClosedImage", Where: "plan: image", Message: "it does not run here", Do: "name another"},
		{Severity: export.SeverityInfo, ID: "Note", Message: "good to know"},
	}
	want := "SEVERITY FINDING MESSAGE\n✖ Error ClosedImage it does not run here\n  at: plan: image\n  do: name another\nInfo Note good to know"
	var lines []string
	for _, row := range texts(view.Findings(found)) {
		lines = append(lines, strings.Join(row, " "))
	}
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" {
		t.Errorf("Findings() differs (-want +got):\n%s", diff)
	}
}
