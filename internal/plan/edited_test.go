package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// A workload that moves and has no phase would be in no phase of the plan, and
// in no tree that is rendered from it.
func TestAPhaseTakenAwayIsLeftToLandfall(t *testing.T) {
	inv := account(named("churn", "m"), named("fraud", "n"))
	first, _ := built(t, inv, nil, Options{})
	edited := reread(t, first)
	edited.Named("fraud")[0].Phase = 0
	next, changes := built(t, inv, edited, Options{})
	if diff := cmp.Diff(encoded(t, first), encoded(t, next)); diff != "" || len(changes) != 0 {
		t.Errorf("the plan differs, with changes %v:\n%s", changes, diff)
	}
}

func TestAPhaseBeforeWhatItDependsOnIsSaid(t *testing.T) {
	inv := account(named("churn", "m"), named("fraud", "n"))
	inv.Workloads = workloadsOf(inv)
	churn, fraud := keyOf(inv.Endpoints[0]).Full(), keyOf(inv.Endpoints[1]).Full()
	r := relations{dependencies: map[string][]string{fraud: {churn}}}
	first, _ := related(t, inv, r, nil)
	edited := reread(t, first)
	edited.Named("churn")[0].Phase = 5
	edited.Named("fraud")[0].Phase = 3
	for range 2 {
		next, _ := related(t, inv, r, edited)
		const want = "Endpoint/fraud is to move in phase 3, before Endpoint/churn, on which it depends and which moves in phase 5; a person chose so"
		if !slices.Contains(next.Notes, want) {
			t.Errorf("the notes are %q", next.Notes)
		}
		edited = reread(t, next)
	}
}

// Node pools are computed anew each time, and what was written into one is not
// lost without a word.
func TestWhatWasWrittenIntoANodePoolIsTold(t *testing.T) {
	inv := account(named("churn", "m"))
	first, _ := built(t, inv, nil, Options{})
	edited := reread(t, first)
	pool := &edited.NodePools[0]
	own := pool.InstanceType
	pool.InstanceType, pool.Nodes = "m6i.metal", pool.Nodes+7
	next, changes := built(t, inv, edited, Options{})
	want := []Change{
		{Workload: "NodePool/" + pool.Name, Kind: Updated, Field: "instanceType", Before: "m6i.metal", Computed: own},
		{Workload: "NodePool/" + pool.Name, Kind: Updated, Field: "nodes", Before: show(pool.Nodes), Computed: show(pool.Nodes - 7)},
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(encoded(t, first), encoded(t, next)); diff != "" {
		t.Errorf("the plan differs:\n%s", diff)
	}
}

func TestMemoryInAnotherUnitIsRefused(t *testing.T) {
	d, _ := built(t, account(named("churn", "m")), nil, Options{})
	for _, amount := range []string{"512m", "512", "512k"} {
		w := &d.Workloads[0]
		w.Resources = Resources{Requests: Amounts{CPU: "1", Memory: amount}}
		if err := validate(d); err == nil || !strings.Contains(err.Error(), "less than 1 MiB; want an amount such as 512Mi") {
			t.Errorf("memory of %s gives %v", amount, err)
		}
	}
}

func TestNodesWithoutAPriceAreNamed(t *testing.T) {
	inv := account(named("churn", "m"))
	gke := Options{Target: placement.Target{Provider: placement.ProviderGKE, Region: "europe-west1", NodeTypes: []string{"n2-standard-8"}}}
	d, _ := built(t, inv, nil, gke)
	if text := strings.Join(d.Notes, "\n"); !strings.Contains(text, "nothing tells the price of n2-standard-8") || !strings.Contains(text, "--print-prices --provider gke") {
		t.Errorf("the notes are %q", d.Notes)
	}
	hour := 0.31
	table, err := cost.Prices().With(cost.File{Name: "acme", Date: "2026-11", Source: "contract", Prices: []cost.FilePrice{{Type: "n2-standard-8", PerHour: &hour}}})
	if err != nil {
		t.Fatal(err)
	}
	gke.Prices = table
	if d, _ = built(t, inv, nil, gke); len(d.Notes) != 0 {
		t.Errorf("with a price the notes are %q", d.Notes)
	}
	if d, _ = built(t, inv, nil, Options{}); len(d.Notes) != 0 {
		t.Errorf("with prices of our own the notes are %q", d.Notes)
	}
}

// The first reason is what tables show.
func TestAnIdleGPUIsTheFirstReason(t *testing.T) {
	inv := account(endpoint(func(e *inventory.Endpoint) {
		e.Variants[0].InstanceType = "ml.g5.xlarge"
		e.Variants[0].Instance = &inventory.Instance{VCPU: 4, MemoryGiB: 16, Accelerator: &inventory.Accelerator{Vendor: "NVIDIA", Model: "A10G", Count: 1, MemoryMiBEach: 24576}}
		e.Variants[0].Usage = &inventory.Usage{CPU: &inventory.Use{Median: 10, Max: 20}, GPU: &inventory.Use{Median: 0, Max: 2}, GPUMemory: &inventory.Use{Median: 1, Max: 2}}
	}))
	d, _ := built(t, inv, nil, Options{})
	if w := d.Workloads[0]; w.Decision != Move || !strings.HasPrefix(w.Reasons[0], "its pods get no GPU") || w.Resources.Requests.GPU != 0 {
		t.Errorf("%s for %q with %+v", w.Decision, w.Reasons, w.Resources)
	}
}
