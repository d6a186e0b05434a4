package placement

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// workload is one with a pod of that size; tests change what they are about.
func workload(name string, class Class, cpuMillis, memoryMiB int64, pods int32) Workload {
	amounts := Amounts{CPUMillis: cpuMillis, MemoryMiB: memoryMiB}
	return Workload{
		Key: inventory.WorkloadKey{
			Place: inventory.Place{AccountID: "123456789012", Region: "us-east-1"}, Kind: inventory.WorkloadEndpoint, Name: name,
		},
		Class: class, Criticality: inventory.CriticalityMedium,
		Size:     PodSize{Requests: amounts, Limits: amounts},
		Replicas: Bounds{Min: pods, Max: 2 * pods},
	}
}

// with changes a workload.
func with(w Workload, change func(*Workload)) Workload {
	change(&w)
	return w
}

// onGPU gives a workload a GPU, of which it uses so much.
func onGPU(w Workload, model string, memoryMiBEach, usedMiB int, usedPercent float64) Workload {
	w.Size.Requests.GPUs = 1
	w.Size.GPU = &GPUNeed{Vendor: "NVIDIA", Model: model, MemoryMiBEach: memoryMiBEach, UsedMemoryMiB: usedMiB, UsedPercent: usedPercent}
	return w
}

// runs makes a workload one that comes and goes.
func runs(w Workload, hours float64) Workload {
	w.ActiveHoursPerMonth, w.Replicas.Max = &hours, w.Replicas.Min
	return w
}

// summary is what tests compare of a pool.
type summary struct {
	Name, Type, Priority string
	Taints               []string
	Workloads            []string
	Sharing              GPUSharing
	Resource             string
}

func summaries(r Result) []summary {
	var list []summary
	for _, p := range r.Pools {
		s := summary{Name: p.Name, Type: p.InstanceType, Priority: p.PriorityClassName, Taints: p.Taints, Workloads: p.Workloads}
		if p.GPU != nil {
			s.Sharing, s.Resource = p.GPU.Sharing, p.GPU.Resource
		}
		list = append(list, s)
	}
	return list
}

func TestPools(t *testing.T) {
	mig := func(name string) Workload {
		return onGPU(workload(name, ClassOnline, 1000, 4096, 2), "H100", 81920, 8000, 10)
	}
	slice := func(name string, class Class) Workload {
		return onGPU(workload(name, class, 500, 2048, 2), "T4", 16384, 3000, 20)
	}
	cases := map[string]struct {
		reason string
		in     Input
		want   []summary
	}{
		"every class its own": {
			reason: "no class shares nodes with another",
			in: Input{Workloads: []Workload{
				workload("serve", ClassOnline, 1000, 2048, 1), runs(workload("score", ClassBatch, 1000, 2048, 1), 10),
				runs(workload("try", ClassExperiment, 1000, 2048, 1), 10), runs(workload("fit", ClassTraining, 1000, 2048, 1), 10),
			}},
			want: []summary{
				{Name: "batch", Type: "c6i.large", Priority: "landfall-batch", Taints: []string{"landfall.dev/pool=batch:NoSchedule"}, Workloads: []string{"Endpoint/score"}},
				{Name: "experiment", Type: "c6i.large", Priority: "landfall-interactive", Taints: []string{"landfall.dev/pool=experiment:NoSchedule"}, Workloads: []string{"Endpoint/try"}},
				{Name: "online", Type: "c6i.large", Priority: "landfall-serving", Taints: []string{"landfall.dev/pool=online:NoSchedule"}, Workloads: []string{"Endpoint/serve"}},
				{Name: "training", Type: "c6i.large", Priority: "landfall-training", Taints: []string{"landfall.dev/pool=training:NoSchedule"}, Workloads: []string{"Endpoint/fit"}},
			},
		},
		"spot where it is allowed": {
			reason: "and never for online work of high or unknown criticality",
			in: Input{Workloads: []Workload{
				with(workload("vital", ClassOnline, 1000, 2048, 1), func(w *Workload) { w.SpotAllowed, w.Criticality = true, inventory.CriticalityHigh }),
				with(workload("unknown", ClassOnline, 1000, 2048, 1), func(w *Workload) { w.SpotAllowed, w.Criticality = true, "" }),
				with(runs(workload("score", ClassBatch, 1000, 2048, 1), 10), func(w *Workload) { w.SpotAllowed = true }),
			}},
			want: []summary{
				{Name: "batch-spot", Type: "c6i.large", Priority: "landfall-batch", Taints: []string{"landfall.dev/pool=batch-spot:NoSchedule", "landfall.dev/spot=true:NoSchedule"}, Workloads: []string{"Endpoint/score"}},
				{Name: "online", Type: "c6i.large", Priority: "landfall-serving", Taints: []string{"landfall.dev/pool=online:NoSchedule"}, Workloads: []string{"Endpoint/unknown", "Endpoint/vital"}},
			},
		},
		"AKS marks spot and GPU nodes": {
			reason: "taints that the provider sets by itself",
			in: Input{Target: Target{Provider: ProviderAKS}, Workloads: []Workload{
				with(runs(onGPU(workload("score", ClassBatch, 1000, 2048, 1), "T4", 16384, 0, 0), 10), func(w *Workload) { w.SpotAllowed = true }),
			}},
			want: []summary{{
				Name: "batch-gpu-t4-spot", Type: "Standard_NC4as_T4_v3", Priority: "landfall-batch", Workloads: []string{"Endpoint/score"},
				Taints:  []string{"landfall.dev/pool=batch-gpu-t4-spot:NoSchedule", "nvidia.com/gpu:NoSchedule", "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"},
				Sharing: SharingNone, Resource: "nvidia.com/gpu",
			}},
		},
		"GKE has no T4 of its own": {
			reason: "another GPU with as much memory will do",
			in:     Input{Target: Target{Provider: ProviderGKE}, Workloads: []Workload{onGPU(workload("see", ClassOnline, 1000, 2048, 1), "T4", 16384, 0, 0)}},
			want: []summary{{
				Name: "online-gpu-l4", Type: "g2-standard-4", Priority: "landfall-serving", Workloads: []string{"Endpoint/see"},
				Taints:  []string{"landfall.dev/pool=online-gpu-l4:NoSchedule", "nvidia.com/gpu=present:NoSchedule"},
				Sharing: SharingNone, Resource: "nvidia.com/gpu",
			}},
		},
		"slices of a GPU": {
			reason: "four pods with a seventh of an H100 each share one GPU",
			in:     Input{Workloads: []Workload{mig("a"), mig("b")}},
			want: []summary{{
				Name: "online-gpu-h100-mig-1g-10gb", Type: "p5.4xlarge", Priority: "landfall-serving", Workloads: []string{"Endpoint/a", "Endpoint/b"},
				Taints:  []string{"landfall.dev/pool=online-gpu-h100-mig-1g-10gb:NoSchedule", "nvidia.com/gpu:NoSchedule"},
				Sharing: SharingMIG, Resource: "nvidia.com/mig-1g.10gb",
			}},
		},
		"taking turns": {
			reason: "for experiments, and never for online work that matters",
			in:     Input{Workloads: []Workload{slice("try", ClassExperiment), slice("serve", ClassOnline)}},
			want: []summary{
				{
					Name: "experiment-gpu-t4-shared-4", Type: "g4dn.xlarge", Priority: "landfall-interactive", Workloads: []string{"Endpoint/try"},
					Taints:  []string{"landfall.dev/pool=experiment-gpu-t4-shared-4:NoSchedule", "nvidia.com/gpu:NoSchedule"},
					Sharing: SharingTimeSlicing, Resource: "nvidia.com/gpu.shared",
				},
				{
					Name: "online-gpu-t4", Type: "g4dn.xlarge", Priority: "landfall-serving", Workloads: []string{"Endpoint/serve"},
					Taints:  []string{"landfall.dev/pool=online-gpu-t4:NoSchedule", "nvidia.com/gpu:NoSchedule"},
					Sharing: SharingNone, Resource: "nvidia.com/gpu",
				},
			},
		},
		"a person's choice": {
			reason: "one name for two classes makes two pools",
			in: Input{Workloads: []Workload{
				with(workload("serve", ClassOnline, 1000, 2048, 1), func(w *Workload) { w.NodePoolName = "Fraud Team" }),
				with(runs(workload("score", ClassBatch, 1000, 2048, 1), 10), func(w *Workload) { w.NodePoolName = "Fraud Team" }),
			}},
			want: []summary{
				{Name: "fraud-team", Type: "c6i.large", Priority: "landfall-batch", Taints: []string{"landfall.dev/pool=fraud-team:NoSchedule"}, Workloads: []string{"Endpoint/score"}},
				{Name: "fraud-team-online", Type: "c6i.large", Priority: "landfall-serving", Taints: []string{"landfall.dev/pool=fraud-team-online:NoSchedule"}, Workloads: []string{"Endpoint/serve"}},
			},
		},
		"arm64": {
			reason: "images of one architecture run on no other",
			in: Input{Workloads: []Workload{
				with(workload("graviton", ClassOnline, 1000, 2048, 2), func(w *Workload) { w.Architecture = "arm64" }),
			}},
			want: []summary{
				{Name: "online-arm64", Type: "c6g.large", Priority: "landfall-serving", Taints: []string{"landfall.dev/pool=online-arm64:NoSchedule"}, Workloads: []string{"Endpoint/graviton"}},
			},
		},
		"Neuron": {
			reason: "models compiled for AWS's chips run on those",
			in: Input{Workloads: []Workload{with(workload("neuron", ClassOnline, 1000, 2048, 1), func(w *Workload) {
				w.Size.Requests.GPUs, w.Size.GPU = 1, &GPUNeed{Vendor: "AWS", Model: "Inferentia2", MemoryMiBEach: 32768}
			})}},
			want: []summary{{
				Name: "online-gpu-inferentia2", Type: "inf2.xlarge", Priority: "landfall-serving", Workloads: []string{"Endpoint/neuron"},
				Taints:  []string{"landfall.dev/pool=online-gpu-inferentia2:NoSchedule", "aws.amazon.com/neuron:NoSchedule"},
				Sharing: SharingNone, Resource: "aws.amazon.com/neuron",
			}},
		},
		"small runs beside a large one": {
			reason: "each pays for the node that it starts",
			in: Input{Workloads: []Workload{
				runs(workload("large", ClassBatch, 60000, 200000, 1), 10),
				runs(workload("small", ClassBatch, 1000, 2048, 1), 100),
			}},
			want: []summary{
				{Name: "batch", Type: "m6i.16xlarge", Priority: "landfall-batch", Taints: []string{"landfall.dev/pool=batch:NoSchedule"}, Workloads: []string{"Endpoint/large"}},
				{Name: "batch-2cpu", Type: "c6i.large", Priority: "landfall-batch", Taints: []string{"landfall.dev/pool=batch-2cpu:NoSchedule"}, Workloads: []string{"Endpoint/small"}},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Place(tc.in)
			if diff := cmp.Diff(tc.want, summaries(got)); diff != "" || len(got.Unplaced) > 0 {
				t.Errorf("%s: unplaced %v (-want +got):\n%s", tc.reason, got.Unplaced, diff)
			}
		})
	}
}

func TestUnplaced(t *testing.T) {
	cases := map[string]struct {
		workload Workload
		provider Provider
		want     string
	}{
		"no class":      {with(workload("a", ClassOnline, 1, 1, 1), func(w *Workload) { w.Class = "" }), "", `its class is ""`},
		"no CPU":        {workload("a", ClassOnline, 0, 1, 1), "", "0m CPU"},
		"too large":     {workload("a", ClassOnline, 1_000_000, 1024, 1), "", "no node type of eks that is known here gives 1000000m CPU"},
		"GPU and arm64": {with(onGPU(workload("a", ClassOnline, 100, 1024, 1), "A10G", 22888, 0, 0), func(w *Workload) { w.Architecture = "arm64" }), "", "on arm64 with 1 × NVIDIA A10G"},
		"Neuron on GKE": {with(workload("a", ClassOnline, 100, 1024, 1), func(w *Workload) {
			w.Size.Requests.GPUs, w.Size.GPU = 1, &GPUNeed{Vendor: "AWS", Model: "Inferentia2", MemoryMiBEach: 32768}
		}), ProviderGKE, "1 × AWS Inferentia2"},
		"GPU of no kind": {with(workload("a", ClassOnline, 100, 1024, 1), func(w *Workload) { w.Size.Requests.GPUs = 1 }), "", "nothing says of which kind"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Place(Input{Target: Target{Provider: tc.provider}, Workloads: []Workload{tc.workload, workload("fine", ClassOnline, 100, 256, 1)}})
			if len(got.Unplaced) != 1 || !strings.Contains(got.Unplaced[0].Why, tc.want) || got.Unplaced[0].Do == "" {
				t.Errorf("unplaced: %+v, want %q", got.Unplaced, tc.want)
			}
			if len(got.ByWorkload) != 1 {
				t.Errorf("the other workload is not placed: %+v", got.ByWorkload)
			}
		})
	}
}

func TestCosts(t *testing.T) {
	serve := workload("serve", ClassOnline, 1500, 2048, 1)
	got := Place(Input{Workloads: []Workload{serve, with(serve, func(w *Workload) { w.Key.Name = "twin" }), runs(workload("score", ClassBatch, 1500, 2048, 3), 20)}})
	batch, online := got.Pools[0], got.Pools[1]
	price := func(p NodePool) float64 {
		price, ok := cost.Prices().Node(p.InstanceType, p.Spot)
		if !ok {
			t.Fatalf("no price of %s", p.InstanceType)
		}
		return price.USDPerHour
	}
	if want := price(online) * 730 * float64(online.MinNodes); math.Abs(online.CostPerMonth.USD-want) > 1e-6 {
		t.Errorf("online costs %+v, want %v", online.CostPerMonth, want)
	}
	for _, name := range []string{"serve", "twin"} {
		share := got.ByWorkload["123456789012/us-east-1/Endpoint/"+name].CostShare
		if share == nil || math.Abs(share.USD-online.CostPerMonth.USD/2) > 1e-6 || !share.Estimate || share.PricesOf == "" {
			t.Errorf("%s pays %+v of %+v", name, share, online.CostPerMonth)
		}
	}
	if want := price(batch) * 20 * 3; math.Abs(batch.CostPerMonth.USD-want) > 1e-6 || batch.MinNodes != 0 {
		t.Errorf("batch costs %+v with %d nodes that stay, want %v", batch.CostPerMonth, batch.MinNodes, want)
	}
	onGKE := Place(Input{Target: Target{Provider: ProviderGKE}, Workloads: []Workload{serve}})
	if p := onGKE.Pools[0]; p.CostPerMonth != nil || !strings.Contains(p.Reasons[0], "no price of gke nodes is known") {
		t.Errorf("a price of GKE's nodes was made up: %+v", p)
	}
	half := 0.5
	own, err := cost.Prices().With(cost.File{
		Name: "ours", Date: "2026", Source: "a contract", Prices: []cost.FilePrice{{Type: onGKE.Pools[0].InstanceType, PerHour: &half}},
	})
	if err != nil {
		t.Fatal(err)
	}
	priced := Place(Input{Target: Target{Provider: ProviderGKE}, Workloads: []Workload{serve}, Prices: own})
	if p := priced.Pools[0]; p.CostPerMonth == nil || p.CostPerMonth.USD != 365*float64(p.MinNodes) || p.CostPerMonth.PriceTable != "ours" {
		t.Errorf("a given price is not taken: %+v", p.CostPerMonth)
	}
}

func TestReasonsNameWhatDecided(t *testing.T) {
	vital := with(onGPU(workload("vital", ClassOnline, 1000, 2048, 2), "T4", 16384, 2000, 10), func(w *Workload) {
		w.SpotAllowed, w.Criticality = true, inventory.CriticalityHigh
	})
	got := Place(Input{Workloads: []Workload{vital}})
	text := strings.Join(append(got.ByWorkload[vital.Key.Full()].Reasons, got.Pools[0].Reasons...), "\n")
	for _, want := range []string{
		"node pool online-gpu-t4", "never stands on spot nodes", "a T4 has no MIG", "g4dn.xlarge (4 vCPU, 16 GiB): the smallest of the types that cost least",
		"at the peak: 4 pods on 5 nodes; first-fit decreasing needs 4, and no arrangement fewer than 4", "room for one more pod of Endpoint/vital while", "cost: 100 % of",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the reasons do not say %q:\n%s", want, text)
		}
	}
}

func TestTuningWaitsForEverythingElse(t *testing.T) {
	tuning := runs(workload("search", ClassTraining, 1000, 2048, 4), 10)
	tuning.Key.Kind = inventory.WorkloadTuning
	got := Place(Input{Workloads: []Workload{tuning}})
	if a := got.ByWorkload[tuning.Key.Full()]; a.PriorityClassName != "landfall-tuning" || got.Pools[0].PriorityClassName != "landfall-training" {
		t.Errorf("tuning has the priority %s in a pool of %s", a.PriorityClassName, got.Pools[0].PriorityClassName)
	}
	values := map[string]int32{}
	for _, p := range PriorityClasses() {
		values[p.Name] = p.Value
	}
	want := map[string]int32{"landfall-serving": 100000, "landfall-interactive": 50000, "landfall-training": 10000, "landfall-batch": 5000, "landfall-tuning": 1000}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("priorities (-want +got):\n%s", diff)
	}
}

// TestPlaceManyWorkloads: a plan for a large account must not keep people
// waiting; the test would time out if packing were quadratic in pods.
func TestPlaceManyWorkloads(t *testing.T) {
	var list []Workload
	for i := range 2000 {
		class := []Class{ClassOnline, ClassBatch, ClassTraining}[i%3]
		w := workload(fmt.Sprintf("w%04d", i), class, int64(200+i*37%15000), int64(500+i*91%60000), int32(1+i%6))
		if class != ClassOnline {
			w = runs(w, float64(i%100))
		}
		list = append(list, w)
	}
	got := Place(Input{Workloads: list})
	if len(got.ByWorkload) != len(list) {
		t.Errorf("%d of %d are placed", len(got.ByWorkload), len(list))
	}
}

func TestKeysThatCollideAreWrittenInFull(t *testing.T) {
	here, there := workload("churn", ClassOnline, 1000, 2048, 2), workload("churn", ClassOnline, 1000, 2048, 2)
	there.Key.Region = "eu-west-1"
	got := Place(Input{Workloads: []Workload{here, there, workload("other", ClassOnline, 100, 256, 1)}})
	want := []string{"123456789012/eu-west-1/Endpoint/churn", "123456789012/us-east-1/Endpoint/churn", "Endpoint/other"}
	if diff := cmp.Diff(want, got.Pools[0].Workloads); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCostOfWorkThatSleeps: where nothing always runs and nobody knows for how
// long it does, there is no cost rather than a cost of nothing.
func TestCostOfWorkThatSleeps(t *testing.T) {
	sleeps := with(workload("sleeps", ClassOnline, 1000, 2048, 0), func(w *Workload) { w.Replicas.Max = 3 })
	got := Place(Input{Workloads: []Workload{sleeps}})
	if p := got.Pools[0]; p.CostPerMonth != nil || p.MinNodes != 0 || p.Nodes < 1 || got.ByWorkload[sleeps.Key.Full()].CostShare != nil {
		t.Errorf("pool %+v", p)
	}
	never := Place(Input{Workloads: []Workload{runs(workload("never", ClassBatch, 1000, 2048, 1), 0)}})
	if c := never.Pools[0].CostPerMonth; c == nil || c.USD != 0 || !strings.HasPrefix(c.Basis, "nothing has run") {
		t.Errorf("work that never ran costs %+v", c)
	}
}

// TestRoomForUpdatesIsNotPaidAllMonth: the pod of a rolling update has room at
// the most nodes of a pool, and none that stands idle all month for it.
func TestRoomForUpdatesIsNotPaidAllMonth(t *testing.T) {
	llm := onGPU(workload("llm", ClassOnline, 2000, 8192, 2), "A10G", 22888, 0, 0)
	llm.Replicas.Max = 2
	got := Place(Input{Workloads: []Workload{llm}})
	if len(got.Pools) != 1 {
		t.Fatalf("%d pools, want 1", len(got.Pools))
	}
	pool, packing := got.Pools[0], got.Packing[0]
	if pool.MinNodes != 2 || pool.Nodes != 3 || packing.Min.Surge != "" || packing.Peak.Surge == "" {
		t.Errorf("%d to %d nodes for two pods of a GPU each, %+v; want 2 to 3, the third for updates", pool.MinNodes, pool.Nodes, packing)
	}
}
