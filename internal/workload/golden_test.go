package workload

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDeriveDemo concludes from the inventory of the demo account, which the
// scan's own tests keep.
func TestDeriveDemo(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "sagemaker", "testdata", "demo.inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventory.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	// Hours of the week have tests of their own, and would drown the rest.
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		for _, v := range e.Variants {
			silence(v.Traffic)
		}
		for _, c := range e.Components {
			silence(c.Traffic)
		}
	}
	got, err := inventory.Encode(inventory.Document{Accounts: d.Accounts, LookbackDays: d.LookbackDays, Workloads: Derive(d)})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "demo.workloads.yaml")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("workloads of the demo account (-want +got):\n%s", diff)
	}
}

func silence(t *inventory.Traffic) {
	if t != nil {
		t.HourOfWeek = nil
	}
}
