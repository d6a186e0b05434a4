package graph

import "slices"

// Order returns the IDs of all nodes so that nothing stands before what it
// depends on. The members of a circle stand together, sorted; Cycles has them.
func (g *Graph) Order() []string {
	order := make([]string, 0, len(g.Nodes))
	for _, component := range g.components() {
		for _, at := range component {
			order = append(order, g.Nodes[at].ID)
		}
	}
	return order
}

// Cycles returns the circles, each sorted. Files that one job reads and writes
// make no circle by themselves.
func (g *Graph) Cycles() [][]string {
	var cycles [][]string
	for _, component := range g.components() {
		var ids []string
		work := 0
		for _, at := range component {
			ids = append(ids, g.Nodes[at].ID)
			if g.Nodes[at].Kind != KindArtifact {
				work++
			}
		}
		if work > 1 {
			cycles = append(cycles, ids)
		}
	}
	return cycles
}

// components are the strongly connected components, dependencies first, by
// Tarjan's algorithm (SIAM J. Comput. 1(2), 1972) without recursion: chains of
// tens of thousands of nodes occur.
func (g *Graph) components() [][]int {
	t := tarjan{
		out: g.out, number: make([]int, len(g.Nodes)), low: make([]int, len(g.Nodes)), onStack: make([]bool, len(g.Nodes)),
	}
	for at := range g.Nodes {
		if t.number[at] == 0 {
			t.visit(at)
		}
	}
	return t.found
}

type tarjan struct {
	out [][]int
	// number is the order of the first visit, from 1; low the lowest number
	// that can be reached.
	number, low []int
	count       int
	stack       []int
	onStack     []bool
	found       [][]int
}

// frame is a call of the recursive form.
type frame struct{ at, next int }

func (t *tarjan) visit(start int) {
	frames := []frame{t.enter(start)}
	for len(frames) > 0 {
		top := &frames[len(frames)-1]
		if top.next < len(t.out[top.at]) {
			to := t.out[top.at][top.next]
			top.next++
			switch {
			case t.number[to] == 0:
				frames = append(frames, t.enter(to))
			case t.onStack[to]:
				t.low[top.at] = min(t.low[top.at], t.number[to])
			}
			continue
		}
		at := top.at
		frames = frames[:len(frames)-1]
		if len(frames) > 0 {
			below := frames[len(frames)-1].at
			t.low[below] = min(t.low[below], t.low[at])
		}
		if t.low[at] == t.number[at] {
			t.pop(at)
		}
	}
}

func (t *tarjan) enter(at int) frame {
	t.count++
	t.number[at], t.low[at] = t.count, t.count
	t.stack, t.onStack[at] = append(t.stack, at), true
	return frame{at: at}
}

// pop takes a component off the stack.
func (t *tarjan) pop(root int) {
	start := len(t.stack) - 1
	for t.stack[start] != root {
		start--
	}
	component := slices.Clone(t.stack[start:])
	t.stack = t.stack[:start]
	for _, at := range component {
		t.onStack[at] = false
	}
	slices.Sort(component)
	t.found = append(t.found, component)
}
