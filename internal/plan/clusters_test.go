package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// twoRegions is an inventory of one account in two regions, with two endpoints
// of one name.
func twoRegions() inventory.Document {
	inv := account(named("churn", "m"), named("fraud", "n"), named("churn", "m"))
	for i, region := range []string{"us-east-1", "us-east-1", "eu-west-1"} {
		inv.Endpoints[i].Place = inventory.Place{AccountID: "123456789012", Region: region}
	}
	inv.Accounts = []inventory.Account{{ID: "123456789012", Region: "eu-west-1"}, {ID: "123456789012", Region: "us-east-1"}}
	return inv
}

func clustersOf(d Document) map[string]string {
	found := map[string]string{}
	for _, w := range d.Workloads {
		found[w.Full()] = w.Cluster
	}
	return found
}

const (
	churnThere = "123456789012/eu-west-1/Endpoint/churn"
	churnHere  = "123456789012/us-east-1/Endpoint/churn"
	fraudHere  = "123456789012/us-east-1/Endpoint/fraud"
)

func TestOneClusterForTwoRegionsIsSaid(t *testing.T) {
	d, _ := built(t, twoRegions(), nil, Options{})
	if text := strings.Join(d.Notes, "\n"); !strings.Contains(text, "one cluster is planned in us-east-1 for workloads of 2 regions: eu-west-1 (1), us-east-1 (2)") ||
		!strings.Contains(text, "--cluster-per region") {
		t.Errorf("the notes are %q", text)
	}
	far := d.Named(churnThere)[0]
	if text := strings.Join(far.Placement, "\n"); !strings.Contains(text, "SageMaker runs it in eu-west-1, and the cluster is in us-east-1") {
		t.Errorf("%s says of where it runs: %s", far.Full(), text)
	}
	if text := strings.Join(d.Named(churnHere)[0].Placement, "\n"); strings.Contains(text, "far from") {
		t.Errorf("a workload beside its cluster is far: %s", text)
	}
	one := account(named("churn", "m"))
	if d, _ := built(t, one, nil, Options{}); len(d.Notes) != 0 {
		t.Errorf("one region has notes: %q", d.Notes)
	}
}

// Most of the account's workloads are in the region that comes second.
func TestAClusterForAnAccountIsWhereMostOfItIs(t *testing.T) {
	d, _ := built(t, twoRegions(), nil, Options{Split: SplitAccount})
	want := []Cluster{{Name: "123456789012", Target: placement.Target{Region: "us-east-1"}, Places: []Places{{AccountID: "123456789012"}}}}
	if diff := cmp.Diff(want, d.Clusters); diff != "" {
		t.Errorf("clusters (-want +got):\n%s", diff)
	}
	if text := strings.Join(d.Notes, "\n"); !strings.Contains(text, "change the places under clusters") || strings.Contains(text, "--cluster-per") {
		t.Errorf("the notes are %q", text)
	}
}

func TestAClusterForEachRegion(t *testing.T) {
	d, _ := built(t, twoRegions(), nil, Options{Split: SplitRegion})
	want := []Cluster{
		{Name: "eu-west-1", Target: placement.Target{Region: "eu-west-1"}, Places: []Places{{Region: "eu-west-1"}}},
		{Name: "us-east-1", Target: placement.Target{Region: "us-east-1"}, Places: []Places{{Region: "us-east-1"}}},
	}
	if diff := cmp.Diff(want, d.Clusters); diff != "" {
		t.Errorf("clusters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{churnThere: "eu-west-1", churnHere: "us-east-1", fraudHere: "us-east-1"}, clustersOf(d)); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	if len(d.NodePools) != 2 || d.NodePools[0].Name != "online" || d.NodePools[1].Name != "online" ||
		!slices.Equal(d.NodePools[0].Workloads, []string{churnThere}) || !slices.Equal(d.NodePools[1].Workloads, []string{churnHere, "Endpoint/fraud"}) {
		t.Errorf("node pools are %+v", d.NodePools)
	}
	if len(d.Notes) != 0 {
		t.Errorf("each has its own cluster, and the notes are %q", d.Notes)
	}
	again, changes := built(t, twoRegions(), reread(t, d), Options{})
	if diff := cmp.Diff(d, again); diff != "" || len(changes) != 0 {
		t.Errorf("planning again changes %v:\n%s", changes, diff)
	}
	back, _ := built(t, twoRegions(), reread(t, d), Options{Split: SplitNone})
	if len(back.Clusters) != 0 || len(back.NodePools) != 1 || clustersOf(back)[churnThere] != "" {
		t.Errorf("none does not go back to one cluster: %+v", clustersOf(back))
	}
}

// TestClustersArePeoplesOwn: what people write under clusters, and which
// cluster they send a workload to, stays.
func TestClustersArePeoplesOwn(t *testing.T) {
	first, _ := built(t, twoRegions(), nil, Options{Split: SplitRegion})
	edited := reread(t, first)
	edited.Clusters[0].Name, edited.Clusters[0].Provider, edited.Clusters[0].Region = "berlin", placement.ProviderGKE, "europe-west3"
	edited.Clusters[0].NodeTypes = []string{"n2-standard-8"}
	edited.Named(fraudHere)[0].Cluster = "berlin"
	d, changes := built(t, twoRegions(), reread(t, *edited), Options{Split: SplitRegion})
	if len(d.Clusters) != 2 || d.Clusters[0].Name != "berlin" {
		t.Fatalf("clusters are %+v", d.Clusters)
	}
	if diff := cmp.Diff(map[string]string{churnThere: "berlin", churnHere: "us-east-1", fraudHere: "berlin"}, clustersOf(d)); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	kept := slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == EditKept && c.Field == "cluster" && c.Kept == "berlin" })
	if !kept {
		t.Errorf("the edit is not told: %+v", changes)
	}
	for _, p := range d.NodePools {
		if p.Cluster == "berlin" && p.InstanceType != "n2-standard-8" {
			t.Errorf("the pool %s is made of %s, and only n2-standard-8 may be", p.Name, p.InstanceType)
		}
	}
	if target := d.TargetOf("berlin"); target.Provider != placement.ProviderGKE || target.Region != "europe-west3" {
		t.Errorf("berlin is %+v", target)
	}
	part := d.ForCluster("berlin")
	if len(part.Workloads) != 2 || len(part.NodePools) != 1 || part.Target.Provider != placement.ProviderGKE || len(part.Clusters) != 0 {
		t.Errorf("the part for berlin is %+v", part)
	}
	for _, phase := range part.Phases {
		for _, label := range phase.Workloads {
			if len(part.Named(label)) != 1 || !slices.Contains([]string{"Endpoint/churn", "Endpoint/fraud"}, label) {
				t.Errorf("phase %d of the part names %s", phase.Number, label)
			}
		}
	}
}

func TestBadClustersAreRefused(t *testing.T) {
	first, _ := built(t, twoRegions(), nil, Options{Split: SplitRegion})
	cases := map[string]struct {
		edit func(*Document)
		want string
	}{
		"no name":           {func(d *Document) { d.Clusters[0].Name = "" }, `clusters[0].name is ""`},
		"a name of ours":    {func(d *Document) { d.Clusters[0].Name = "default" }, `"default"`},
		"a path":            {func(d *Document) { d.Clusters[0].Name = "../x" }, `clusters[0].name is "../x"`},
		"doubled":           {func(d *Document) { d.Clusters[1].Name = d.Clusters[0].Name }, "as that of another"},
		"everywhere":        {func(d *Document) { d.Clusters[0].Places = []Places{{}} }, "without account and region"},
		"provider":          {func(d *Document) { d.Clusters[0].Provider = "ovh" }, "clusters[0].provider"},
		"node types":        {func(d *Document) { d.Clusters[0].NodeTypes = []string{"n2-standard-8"} }, "no type of eks"},
		"the target's":      {func(d *Document) { d.Target.NodeTypes = []string{"x"} }, "target.nodeTypes"},
		"a missing cluster": {func(d *Document) { d.Named(fraudHere)[0].Cluster = "paris" }, `cluster is "paris"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			edited := reread(t, first)
			tc.edit(edited)
			data, err := Encode(*edited)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(data); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v; want one with %q", err, tc.want)
			}
		})
	}
}

// scattered draws an account of all kinds of workloads in several places.
func scattered(t *rapid.T) inventory.Document {
	inv, _ := drawnAccount(t, "account")
	inv.Accounts = nil
	for _, id := range []string{"123456789012", "210987654321"} {
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			inv.Accounts = append(inv.Accounts, inventory.Account{ID: id, Region: region})
		}
	}
	for i := range inv.Workloads {
		w := &inv.Workloads[i]
		place := rapid.SampledFrom(inv.Accounts).Draw(t, "place").Place()
		if e := inv.FindEndpoint(w.Place, w.Name); e != nil && w.Kind == inventory.WorkloadEndpoint {
			e.Place = place
		}
		for at := range inv.Resources {
			if inv.Resources[at].Name == w.Name {
				inv.Resources[at].Place = place
			}
		}
		w.Place = place
	}
	return inv
}

// TestClustersShareNothing: whatever the places and clusters, every workload
// that runs stands in one pool of its own cluster, the parts hold every workload
// once, and planning again changes nothing.
func TestClustersShareNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := scattered(t)
		options := Options{Split: rapid.SampledFrom(Splits).Draw(t, "split")}
		d, _, err := Build(inv, nil, options)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		names := map[string]bool{"": true}
		for _, c := range d.Clusters {
			names[c.Name] = true
		}
		for name := range names {
			part := d.ForCluster(name)
			count += len(part.Workloads)
			if err := validate(part); err != nil {
				t.Fatalf("the part for %q: %v", name, err)
			}
			for _, p := range part.NodePools {
				for _, label := range p.Workloads {
					if len(part.Named(label)) != 1 {
						t.Fatalf("pool %s of %q holds %s, which runs elsewhere", p.Name, name, label)
					}
				}
			}
		}
		if count != len(d.Workloads) {
			t.Fatalf("%d workloads are in the parts, %d in the plan", count, len(d.Workloads))
		}
		again, changes, err := Build(inv, &d, Options{})
		if err != nil || len(changes) != 0 {
			t.Fatalf("planning again: %v, %+v", err, changes)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("planning again (-first +again):\n%s", diff)
		}
	})
}

func TestOwnPricesPriceThePlan(t *testing.T) {
	half, cheap := 0.5, 0.01
	ours, err := cost.Prices().With(cost.File{
		Name: "ours", Date: "2026-11", Source: "a contract", Region: "europe-west1",
		Prices: []cost.FilePrice{{Type: "n2-standard-8", PerHour: &half}, {Type: "ml.m5.xlarge", Region: "us-east-1", PerHour: &cheap}},
	})
	if err != nil {
		t.Fatal(err)
	}
	inv := twoRegions()
	gke := Options{Target: placement.Target{Provider: placement.ProviderGKE, Region: "europe-west1"}, Prices: ours, PriceFiles: map[string]string{"ours": "prices.yaml"}}
	d, _ := built(t, inv, nil, gke)
	if len(d.Prices) != 2 || d.Prices[1].Name != "ours" || d.Prices[1].File != "prices.yaml" || !strings.HasPrefix(d.Prices[1].Digest, "sha256:") {
		t.Errorf("the plan was priced with %+v", d.Prices)
	}
	w := d.Named(fraudHere)[0]
	if w.ClusterCost == nil || w.ClusterCost.PriceTable != "ours" || d.NodePools[0].InstanceType != "n2-standard-8" {
		t.Errorf("%s costs %+v on %s", w.Full(), w.ClusterCost, d.NodePools[0].InstanceType)
	}
	if w.SageMakerCost == nil || w.SageMakerCost.PriceTable != "ours" {
		t.Errorf("SageMaker costs %+v; the inventory's costs were not computed again", w.SageMakerCost)
	}
	if d.Costs.Cluster.PriceTable != "ours" || len(d.Notes) != 1 {
		t.Errorf("costs %+v, notes %q; want a note on the regions alone", d.Costs.Cluster, d.Notes)
	}
	gke.Target.Region = "us-central1"
	elsewhere, _ := built(t, inv, nil, gke)
	if elsewhere.Named(fraudHere)[0].ClusterCost != nil {
		t.Error("a price of another region was taken")
	}
	if text := strings.Join(elsewhere.Notes, "\n"); !strings.Contains(text, "are of europe-west1, and the cluster's region is us-central1") {
		t.Errorf("nothing says why the prices have no effect: %q", text)
	}
}
