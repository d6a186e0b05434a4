package placement

import (
	"cmp"
	"math"
	"slices"
)

// The dimensions of a node.
const (
	dimensionCPU = iota
	dimensionMemory
	dimensionGPU
	dimensionPods
	dimensions
)

// vector is an amount of each dimension.
type vector [dimensions]int64

func vectorOf(a Amounts, pods int64) vector {
	return vector{a.CPUMillis, a.MemoryMiB, a.GPUs, pods}
}

// item is a number of equal pods of one workload.
type item struct {
	// order is the workload's place in the order of keys.
	order int
	need  vector
	count int64
	// perNode is the most of them on one node; 0 means any number.
	perNode int64
}

// times is how often a need fits into what is left.
func times(left, need vector) int64 {
	most := int64(math.MaxInt64)
	for d, amount := range need {
		if amount > 0 {
			most = min(most, max(left[d], 0)/amount)
		}
	}
	return most
}

func (v vector) less(need vector, count int64) vector {
	for d := range v {
		v[d] -= need[d] * count
	}
	return v
}

// dominant is the largest share of a node that a need takes.
func dominant(need, capacity vector) float64 {
	share := 0.0
	for d, amount := range need {
		if amount > 0 {
			share = max(share, float64(amount)/float64(max(capacity[d], 1)))
		}
	}
	return share
}

// bounded is how many pods of an item one empty node takes.
func (i item) bounded(capacity vector) int64 {
	most := times(capacity, i.need)
	if i.perNode > 0 {
		most = min(most, i.perNode)
	}
	return most
}

// packed is the number of nodes that first-fit decreasing needs; false when
// some pod fits on no empty node. Pods come in the order of their dominant
// share of a node, the largest first, and go to the first node with room.
func packed(items []item, capacity vector) (int64, bool) {
	ordered := slices.Clone(items)
	slices.SortStableFunc(ordered, func(a, b item) int {
		return cmp.Or(-cmp.Compare(dominant(a.need, capacity), dominant(b.need, capacity)),
			-slices.Compare(a.need[:], b.need[:]), cmp.Compare(a.order, b.order))
	})
	var nodes []vector
	for _, it := range ordered {
		onEmpty := it.bounded(capacity)
		if it.count > 0 && onEmpty <= 0 {
			return 0, false
		}
		remaining := it.count
		for n := 0; n < len(nodes) && remaining > 0; n++ {
			k := min(remaining, it.bounded(nodes[n]))
			nodes[n] = nodes[n].less(it.need, k)
			remaining -= k
		}
		for remaining > 0 {
			k := min(remaining, onEmpty)
			nodes = append(nodes, capacity.less(it.need, k))
			remaining -= k
		}
	}
	return int64(len(nodes)), true
}

// least is a number of nodes that no arrangement can do without: the sum of
// each dimension, the pods of which no two share a node, and each workload's
// spread.
func least(items []item, capacity vector) int64 {
	bound := int64(0)
	var sum, large vector
	for _, it := range items {
		if it.count == 0 {
			continue
		}
		for d, amount := range it.need {
			sum[d] += amount * it.count
			if 2*amount > capacity[d] {
				large[d] += it.count
			}
		}
		if most := it.bounded(capacity); most > 0 {
			bound = max(bound, ceilDivide(it.count, most))
		}
	}
	for d := range sum {
		if capacity[d] > 0 {
			bound = max(bound, ceilDivide(sum[d], capacity[d]))
		}
		bound = max(bound, large[d])
	}
	return bound
}

func ceilDivide(a, b int64) int64 { return (a + b - 1) / b }
