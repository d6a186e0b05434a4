package placement

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

// drawWorkloads are some of all classes.
func drawWorkloads(t *rapid.T) []Workload {
	count := rapid.IntRange(0, 25).Draw(t, "count")
	list := make([]Workload, 0, count)
	for i := range count {
		class := rapid.SampledFrom([]Class{ClassOnline, ClassBatch, ClassExperiment, ClassTraining}).Draw(t, "class")
		w := workload(fmt.Sprintf("w%02d", i), class, rapid.Int64Range(1, 70000).Draw(t, "cpu"), rapid.Int64Range(1, 300_000).Draw(t, "memory"), rapid.Int32Range(0, 9).Draw(t, "pods"))
		w.Criticality = rapid.SampledFrom(inventory.CriticalityLevels).Draw(t, "criticality")
		w.SpotAllowed = rapid.Bool().Draw(t, "spot")
		w.NodePoolName = rapid.SampledFrom([]string{"", "", "", "team", "online"}).Draw(t, "pool")
		if class != ClassOnline {
			w = runs(w, rapid.Float64Range(0, 730).Draw(t, "hours"))
		}
		if rapid.IntRange(0, 3).Draw(t, "gpu") == 0 {
			model := rapid.SampledFrom([]GPUNeed{{Model: "T4", MemoryMiBEach: 16384}, {Model: "H100", MemoryMiBEach: 81920}, {Model: "A100", MemoryMiBEach: 40960}}).Draw(t, "model")
			w = onGPU(w, model.Model, model.MemoryMiBEach, rapid.IntRange(0, 20000).Draw(t, "used"), rapid.Float64Range(0, 100).Draw(t, "percent"))
		}
		list = append(list, w)
	}
	return list
}

func TestPlaceHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Input{
			Target:    Target{Provider: rapid.SampledFrom([]Provider{ProviderEKS, ProviderGKE, ProviderAKS, ProviderOther}).Draw(t, "provider")},
			Workloads: drawWorkloads(t),
		}
		got := Place(in)
		if len(got.ByWorkload)+len(got.Unplaced) != len(in.Workloads) || len(got.Packing) != len(got.Pools) {
			t.Fatalf("%d workloads, %d placed, %d unplaced", len(in.Workloads), len(got.ByWorkload), len(got.Unplaced))
		}
		for i := range got.Pools {
			checkPool(t, in, got, i)
		}
		shuffled := in
		shuffled.Workloads = rapid.Permutation(in.Workloads).Draw(t, "order")
		if diff := cmp.Diff(got, Place(shuffled)); diff != "" {
			t.Fatalf("another order, another plan:\n%s", diff)
		}
	})
}

// checkPool checks one pool: names, classes, room for each pod, counts, money.
func checkPool(t *rapid.T, in Input, got Result, i int) {
	t.Helper()
	pool, packing := got.Pools[i], got.Packing[i]
	if i > 0 && got.Pools[i-1].Name >= pool.Name || pool.Name != label(pool.Name) || packing.Pool != pool.Name {
		t.Fatalf("pool %q after %q", pool.Name, got.Pools[max(i-1, 0)].Name)
	}
	room := vectorOf(pool.Allocatable, pool.MaxPods).less(vectorOf(DefaultSystem().Requests, DefaultSystem().Pods), 1)
	pods, shares := int64(0), 0.0
	for _, w := range in.Workloads {
		a, ok := got.ByWorkload[w.Key.Full()]
		if !ok || a.Pool != pool.Name {
			continue
		}
		if w.Class != pool.Class {
			t.Fatalf("%s work in pool %s of %s work", w.Class, pool.Name, pool.Class)
		}
		if w.Class == ClassOnline && pool.Spot && (w.Criticality == inventory.CriticalityHigh || w.Criticality == inventory.CriticalityUnknown) {
			t.Fatalf("%s is %s and stands on spot nodes", w.Key, w.Criticality)
		}
		if times(room, vectorOf(a.Size.Requests, 1)) < 1 {
			t.Fatalf("a pod of %+v does not fit on %+v", a.Size.Requests, pool)
		}
		if (a.GPUResource == "") != (a.Size.Requests.GPUs == 0) || a.GPUResource != "" && a.GPUResource != pool.GPU.Resource {
			t.Fatalf("%d × %q in %+v", a.Size.Requests.GPUs, a.GPUResource, pool.GPU)
		}
		pods += int64(max(w.Replicas.Max, w.Replicas.Min, 1))
		if a.CostShare != nil {
			shares += a.CostShare.USD
		}
	}
	if packing.Peak.Pods != pods || pods == 0 || pool.Nodes < 1 || pool.Nodes < pool.MinNodes || pool.Nodes != packing.Peak.Nodes {
		t.Fatalf("%d pods, %+v in %+v", pods, packing, pool)
	}
	for _, fill := range []Fill{packing.Peak, packing.Min} {
		if fill.LeastNodes > fill.PackedNodes || fill.PackedNodes > fill.Nodes || (fill.Pods == 0) != (fill.Nodes == 0) {
			t.Fatalf("%+v", fill)
		}
	}
	if pool.CostPerMonth != nil && math.Abs(shares-pool.CostPerMonth.USD) > 1e-6*max(1, shares) {
		t.Fatalf("the shares make %v, the pool costs %+v", shares, pool.CostPerMonth)
	}
	if !slices.Contains(pool.Taints, "landfall.dev/pool="+pool.Name+":NoSchedule") || pool.Labels()[LabelPool] != pool.Name {
		t.Fatalf("taints %v, labels %v", pool.Taints, pool.Labels())
	}
}
