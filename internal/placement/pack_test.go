package placement

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPackingEqualPodsIsArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := vector{rapid.Int64Range(1000, 64000).Draw(t, "cpu"), rapid.Int64Range(1024, 1<<18).Draw(t, "memory"), 0, rapid.Int64Range(1, 250).Draw(t, "pods")}
		need := vector{rapid.Int64Range(1, capacity[0]).Draw(t, "needCPU"), rapid.Int64Range(1, capacity[1]).Draw(t, "needMemory"), 0, 1}
		count := rapid.Int64Range(1, 2000).Draw(t, "count")
		each := min(capacity[0]/need[0], capacity[1]/need[1], capacity[3])
		want := (count + each - 1) / each
		items := []item{{need: need, count: count}}
		got, ok := packed(items, capacity)
		if !ok || got != want {
			t.Fatalf("%d pods of %v on nodes of %v: %d nodes, want %d", count, need, capacity, got, want)
		}
		if bound := least(items, capacity); bound > got {
			t.Fatalf("proven %d where %d do", bound, got)
		}
	})
}

// drawItems are pods of several workloads, each of which fits on an empty node.
func drawItems(t *rapid.T, capacity vector) []item {
	count := rapid.IntRange(1, 12).Draw(t, "workloads")
	items := make([]item, 0, count)
	for i := range count {
		it := item{order: i, need: vector{
			rapid.Int64Range(1, capacity[0]).Draw(t, "cpu"), rapid.Int64Range(1, capacity[1]).Draw(t, "memory"),
			rapid.Int64Range(0, capacity[2]).Draw(t, "gpu"), 1,
		}, count: rapid.Int64Range(0, 20).Draw(t, "pods")}
		if it.count >= 2 && rapid.Bool().Draw(t, "apart") {
			it.perNode = (it.count + 1) / 2
		}
		items = append(items, it)
	}
	return items
}

func TestPackingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := vector{
			rapid.Int64Range(500, 64000).Draw(t, "nodeCPU"), rapid.Int64Range(500, 1<<18).Draw(t, "nodeMemory"),
			rapid.Int64Range(0, 8).Draw(t, "nodeGPU"), rapid.Int64Range(1, 110).Draw(t, "nodePods"),
		}
		items := drawItems(t, capacity)
		nodes, ok := packed(items, capacity)
		if !ok {
			t.Fatalf("%+v fit on no node of %v", items, capacity)
		}
		pods := int64(0)
		for _, it := range items {
			pods += it.count
		}
		if bound := least(items, capacity); nodes < bound || nodes > pods || (nodes == 0) != (pods == 0) {
			t.Fatalf("%d pods on %d nodes, at least %d", pods, nodes, bound)
		}
		// Where each workload may stand alone, one node per pod always does.
		scheduled := spread(items, nil, capacity, nodes, 3)
		if scheduled < nodes || scheduled > max(pods, nodes) || !works(ordersOf(items, nil, capacity, 3), capacity, scheduled) {
			t.Fatalf("%d nodes for a scheduler, %d packed, %d pods", scheduled, nodes, pods)
		}
		// One more workload never takes fewer nodes away from the bound.
		if more := least(append(items, drawItems(t, capacity)...), capacity); more < least(items, capacity) {
			t.Fatalf("more pods need %d nodes, fewer %d", more, least(items, capacity))
		}
	})
}

func TestPackingKeepsReplicasApart(t *testing.T) {
	capacity := vector{4000, 8000, 0, 50}
	items := []item{{need: vector{100, 100, 0, 1}, count: 2, perNode: 1}}
	if nodes, ok := packed(items, capacity); !ok || nodes != 2 {
		t.Errorf("two small replicas stand on %d nodes", nodes)
	}
	if bound := least(items, capacity); bound != 2 {
		t.Errorf("%d nodes are said to be the least", bound)
	}
}

func TestPackingRefusesWhatIsTooLarge(t *testing.T) {
	if _, ok := packed([]item{{need: vector{5000, 1, 0, 1}, count: 1}}, vector{4000, 8000, 0, 50}); ok {
		t.Error("a pod of 5 cores stands on a node of 4")
	}
	if _, ok := packed([]item{{need: vector{5000, 1, 0, 1}}}, vector{4000, 8000, 0, 50}); !ok {
		t.Error("no pods need a node")
	}
}

// TestSpreadLeavesGaps: six pods of 3 and four of 5 fill four nodes of 10 when
// they are packed, and a scheduler that spreads leaves no room for a 5 there.
func TestSpreadLeavesGaps(t *testing.T) {
	capacity := vector{10, 1000, 0, 50}
	items := []item{
		{order: 0, need: vector{3, 1, 0, 1}, count: 6},
		{order: 1, need: vector{5, 1, 0, 1}, count: 4},
	}
	nodes, _ := packed(items, capacity)
	if nodes != 4 {
		t.Fatalf("packed on %d nodes", nodes)
	}
	if got := spread(items, nil, capacity, nodes, trials); got <= nodes {
		t.Errorf("%d nodes for a scheduler that spreads", got)
	}
	surge := item{need: vector{5, 1, 0, 1}, count: 1}
	if with, without := spread(items, &surge, capacity, nodes, trials), spread(items, nil, capacity, nodes, trials); with < without {
		t.Errorf("%d nodes with a rolling update, %d without", with, without)
	}
}

func TestSpreadOfVeryManyPods(t *testing.T) {
	items := []item{{need: vector{1, 1, 0, 1}, count: 100_000}}
	if got := spread(items, nil, vector{100, 100, 0, 100}, 1000, trials); got != 1050 {
		t.Errorf("%d nodes, want a twentieth more than 1000", got)
	}
}
