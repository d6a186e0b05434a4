package placement

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

const (
	// mostSteps bounds the simulation of a scheduler, in pods times nodes.
	mostSteps = 400_000
	// trials is how many orders of pods and choices between nodes that are
	// equally good have to work beside the two that are always tried. The real
	// scheduler picks at random among equals.
	trials = 60
	// noise is how far the scheduler's other scores (balance of CPU and
	// memory, zones) may outweigh the room on a node.
	noise = 0.2
)

// spread is the number of nodes, from fewest on, on which all pods find room
// when they are placed as kube-scheduler does by default: one after the other,
// each on the emptiest node. That leaves gaps on all nodes where first-fit
// leaves one large gap. The order of names and the worst order, small pods
// first, have to work, and so many random ones. The pod of a rolling update
// comes last.
//
// Very large pools are not simulated; they get a twentieth more.
func spread(items []item, surge *item, capacity vector, fewest int64, trials int) int64 {
	pods := int64(0)
	for _, it := range items {
		pods += it.count
	}
	if surge != nil {
		pods++
	}
	if pods*fewest > mostSteps {
		return fewest + ceilDivide(fewest, 20)
	}
	orders := ordersOf(items, surge, capacity, trials)
	for nodes := fewest; nodes < pods; nodes++ {
		if works(orders, capacity, nodes) {
			return nodes
		}
	}
	return max(fewest, pods)
}

// order is one way in which pods come to the scheduler.
type order struct {
	items []item
	// random breaks ties; nil takes the first.
	random *rand.Rand
}

func works(orders []order, capacity vector, nodes int64) bool {
	for seed, o := range orders {
		if seed >= 2 {
			o.random = random(uint64(seed))
		}
		if !scattered(o, capacity, nodes) {
			return false
		}
	}
	return true
}

// random gives the same numbers for the same seed: a plan must come out the
// same twice.
func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // nothing secret
}

func ordersOf(items []item, surge *item, capacity vector, trials int) []order {
	byName, smallFirst := slices.Clone(items), slices.Clone(items)
	slices.SortStableFunc(byName, func(a, b item) int { return cmp.Compare(a.order, b.order) })
	slices.SortStableFunc(smallFirst, func(a, b item) int {
		return cmp.Or(cmp.Compare(dominant(a.need, capacity), dominant(b.need, capacity)), cmp.Compare(a.order, b.order))
	})
	orders := []order{{items: byName}, {items: smallFirst}}
	for i := range trials {
		shuffled := slices.Clone(byName)
		r := random(uint64(i))
		r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		orders = append(orders, order{items: shuffled})
	}
	if surge != nil {
		for i := range orders {
			orders[i].items = append(orders[i].items, *surge)
		}
	}
	return orders
}

// scattered says whether every pod finds room on so many nodes.
func scattered(o order, capacity vector, nodes int64) bool {
	left := make([]vector, nodes)
	for n := range left {
		left[n] = capacity
	}
	here := make([]int64, nodes)
	for _, it := range o.items {
		clear(here)
		for range it.count {
			best := emptiest(it, left, here, capacity, o.random)
			if best < 0 {
				return false
			}
			left[best] = left[best].less(it.need, 1)
			here[best]++
		}
	}
	return true
}

// emptiest returns the node with the fewest pods of the workload, and among
// those the one with most CPU and memory left; -1 when none has room.
func emptiest(it item, left []vector, here []int64, capacity vector, r *rand.Rand) int {
	best, bestFree := -1, 0.0
	for n := range left {
		if times(left[n], it.need) == 0 || it.perNode > 0 && here[n] >= it.perNode {
			continue
		}
		free := float64(left[n][dimensionCPU])/float64(max(capacity[dimensionCPU], 1)) +
			float64(left[n][dimensionMemory])/float64(max(capacity[dimensionMemory], 1))
		if r != nil {
			free *= 1 + noise*(r.Float64()-0.5)
		}
		if best < 0 || here[n] < here[best] || here[n] == here[best] && free > bestFree {
			best, bestFree = n, free
		}
	}
	return best
}
