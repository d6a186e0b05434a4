package workload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// TestWhatHasNoPriceIsNamed: what costs money and has no price is named, and
// what costs nothing is not.
func TestWhatHasNoPriceIsNamed(t *testing.T) {
	cases := map[string]struct {
		reason   string
		resource inventory.Resource
		want     string
	}{
		"tracking server":         {"paid by the hour", inventory.Resource{Kind: inventory.KindMlflowTrackingServer, Status: "Created"}, "tracking server x"},
		"stopped tracking server": {"its hours are over", inventory.Resource{Kind: inventory.KindMlflowTrackingServer, Status: "Stopped"}, ""},
		"feature group":           {"paid by request and storage", inventory.Resource{Kind: inventory.KindFeatureGroup, Status: "Created"}, "feature group x"},
		"labeling":                {"people are paid", inventory.Resource{Kind: inventory.KindLabelingJob, Status: "InProgress"}, "labeling job x"},
		"labelled":                {"it is over", inventory.Resource{Kind: inventory.KindLabelingJob, Status: "Completed"}, ""},
		"experiment":              {"SageMaker asks nothing for records", inventory.Resource{Kind: inventory.KindExperiment}, ""},
		"registry":                {"free", inventory.Resource{Kind: inventory.KindModelPackageGroup}, ""},
		"notebook":                {"not read", inventory.Resource{Kind: inventory.KindNotebookInstance, Detail: inventory.DetailUnread}, "notebook x"},
		"partner app":             {"paid by the hour", inventory.Resource{Kind: inventory.KindPartnerApp, Status: "Available"}, "partner app x"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.resource.Name, tc.resource.Place = "x", here
			got := Derive(inventory.Document{Resources: []inventory.Resource{tc.resource}})
			if len(got) != 1 {
				t.Fatalf("%d workloads", len(got))
			}
			if text := strings.Join(got[0].Unpriced, "; "); !strings.Contains(text, tc.want) || (text == "") != (tc.want == "") {
				t.Errorf("%s: no price is known of %q, want %q", tc.reason, text, tc.want)
			}
		})
	}
}

// TestRepricing: the table that a document was priced with changes nothing, and
// another one nothing but costs.
func TestRepricing(t *testing.T) {
	half := 0.5
	ours, err := cost.Prices().With(cost.File{
		Name: "ours", Date: "2026", Source: "a contract",
		Prices:    []cost.FilePrice{{Type: "ml.m5.xlarge", PerHour: &half}},
		Discounts: []cost.Discount{{Types: "ml.*", Percent: 10, Why: "an agreement"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument(t)
		d.Workloads = Derive(d)
		if diff := cmp.Diff(d.Workloads, Reprice(d, cost.Prices())); diff != "" {
			t.Fatalf("the same prices give other costs:\n%s", diff)
		}
		again := Reprice(d, ours)
		for i := range again {
			if c := again[i].CostPerMonth; c != nil && c.USD > 0 && c.PriceTable != "ours" && strings.Contains(c.Basis, "instance hours") {
				t.Fatalf("%s costs %+v, and 10 %% are off", again[i].WorkloadKey, c)
			}
			again[i].CostPerMonth, again[i].Unpriced = d.Workloads[i].CostPerMonth, d.Workloads[i].Unpriced
		}
		if diff := cmp.Diff(d.Workloads, again); diff != "" {
			t.Fatalf("other prices change more than costs:\n%s", diff)
		}
	})
}
