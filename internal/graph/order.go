package graph

import "slices"

// Components are the strongly connected components of a graph, given by what
// each node depends on: those that something depends on stand before it, and
// nodes that depend on one another stand together, sorted. It is Tarjan's
// algorithm (SIAM J. Comput. 1(2), 1972) without recursion: chains of tens of
// thousands of nodes occur. Nodes are visited in their order.
func Components(out [][]int) [][]int {
	t := tarjan{out: out, number: make([]int, len(out)), low: make([]int, len(out)), onStack: make([]bool, len(out))}
	for at := range out {
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
