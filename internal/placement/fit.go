package placement

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
)

// pool is a group with its nodes.
type pool struct {
	group

	name string
	candidate
	peak, min Fill
}

// candidate is a node type and what a group costs on it.
type candidate struct {
	nodeType NodeType
	// capacity is what workloads get of a node.
	capacity vector
	// price is nil where it is not known.
	price *cost.Price
	// nodeWeight stands in for the price of an hour where none is known. It
	// only compares nodes.
	nodeWeight float64
	// objective is what to keep small: what a month costs, with a peak of
	// peakShare.
	objective float64
}

// fit finds nodes for a group. Where no single type takes all of its workloads,
// there are several pools; what no type takes is left.
func (p *placer) fit(g group) (pools []pool, left group) {
	for len(g.workloads) > 0 {
		fitting, rest := p.largest(g)
		if len(fitting) == 0 {
			break
		}
		part := g
		part.workloads = fitting
		pools = append(pools, p.split(p.fill(part))...)
		g.workloads = rest
	}
	return pools, g
}

const (
	// splitShare is the most of a node that a run fills which may do better on
	// smaller nodes.
	splitShare = 0.5
	// splitSaves is how much less a month has to cost for a pool of its own.
	splitSaves = 0.1
)

// split takes the small runs out of a pool whose nodes come and go with the
// work: each pays for the node that it starts, and most of a large one would
// stand idle. Work that always runs fills large nodes together, and a person's
// choice is left as it is.
func (p *placer) split(whole pool) []pool {
	if whole.wanted != "" || slices.ContainsFunc(whole.workloads, func(w *Workload) bool { return w.ActiveHoursPerMonth == nil }) {
		return []pool{whole}
	}
	large, small := whole.group, whole.group
	large.workloads, small.workloads = nil, nil
	for _, w := range whole.workloads {
		if dominant(p.need(w), whole.capacity)*float64(w.Replicas.Max) <= splitShare {
			small.workloads = append(small.workloads, w)
		} else {
			large.workloads = append(large.workloads, w)
		}
	}
	if len(small.workloads) == 0 || len(large.workloads) == 0 {
		return []pool{whole}
	}
	small.small = true
	parts := append([]pool{p.fill(large)}, p.split(p.fill(small))...)
	total := 0.0
	for _, part := range parts {
		total += part.objective
	}
	if total > whole.objective*(1-splitSaves) {
		return []pool{whole}
	}
	return parts
}

// largest returns the workloads that fit on the type that takes most of them.
func (p *placer) largest(g group) (fitting, rest []*Workload) {
	for _, t := range p.types {
		if !p.suits(t, g) {
			continue
		}
		capacity := p.capacity(t, g)
		takes := func(w *Workload) bool { return times(capacity, p.need(w)) > 0 }
		var in, out []*Workload
		for _, w := range g.workloads {
			if takes(w) {
				in = append(in, w)
			} else {
				out = append(out, w)
			}
		}
		if len(in) > len(fitting) {
			fitting, rest = in, out
		}
	}
	return fitting, rest
}

// suits says whether a type may make up the nodes of a group at all.
func (p *placer) suits(t NodeType, g group) bool {
	if t.Architecture != g.architecture {
		return false
	}
	if g.gpu == nil {
		return t.Accelerator == nil
	}
	return fitsGPU(t, g.gpu)
}

// capacity is what a node gives to workloads.
func (p *placer) capacity(t NodeType, g group) vector {
	given := vectorOf(t.Allocatable(), t.MaxPods).less(vectorOf(p.system.Requests, p.system.Pods), 1)
	if g.gpu != nil {
		given[dimensionGPU] *= g.gpu.sharing.perGPU
	}
	return given
}

// need of one pod.
func (p *placer) need(w *Workload) vector { return vectorOf(w.Size.Requests, 1) }

// refuse notes the workloads that no type takes.
func (p *placer) refuse(g group) {
	for _, w := range g.workloads {
		r := w.Size.Requests
		what := fmt.Sprintf("%dm CPU and %d MiB on %s", r.CPUMillis, r.MemoryMiB, g.architecture)
		if g.gpu != nil {
			what += fmt.Sprintf(" with %d × %s", r.GPUs, strings.TrimSpace(g.gpu.vendor+" "+g.gpu.model))
		}
		p.unplaced = append(p.unplaced, Unplaced{
			Key: w.Key, Why: fmt.Sprintf("no node type of %s that is known here gives %s to one pod", p.provider, what),
			Do: "lower the requests, choose another architecture or GPU, or leave it where it is",
		})
	}
}

// items are the pods of a group: those at the peak, or those that always run.
func (p *placer) items(g group, peak bool) []item {
	items := make([]item, 0, len(g.workloads))
	for order, w := range g.workloads {
		count := w.Replicas.Max
		if !peak {
			count = w.always()
		}
		items = append(items, item{order: order, need: p.need(w), count: int64(count), perNode: perNode(w, count)})
	}
	return items
}

// always is how many pods run all the time.
func (w *Workload) always() int32 {
	if w.ActiveHoursPerMonth != nil {
		return 0
	}
	return w.Replicas.Min
}

// perNode spreads replicas over two nodes.
func perNode(w *Workload, count int32) int64 {
	if w.always() < 2 || count < 2 {
		return 0
	}
	return int64(count+1) / 2
}

// surge is the largest workload that always runs, measured by its share of a
// node; nil without.
func (p *placer) surge(g group, capacity vector) *Workload {
	var largest *Workload
	for _, w := range g.workloads {
		if w.always() > 0 && (largest == nil || dominant(p.need(w), capacity) > dominant(p.need(largest), capacity)) {
			largest = w
		}
	}
	return largest
}

// surgeItem is the pod of a rolling update; nil without.
func (p *placer) surgeItem(w *Workload) *item {
	if w == nil {
		return nil
	}
	return &item{need: p.need(w), count: 1}
}

// fill chooses the type of a group's nodes and counts them. Every workload fits
// on some type that takes all of them.
func (p *placer) fill(g group) pool {
	chosen := pool{group: g, candidate: p.choose(g)}
	surge := p.surge(g, chosen.capacity)
	// While a pod is updated, its pool may start the node for it: the pods
	// before it answer on. A node that stands idle all month for that is waste.
	chosen.min = p.count(p.items(g, false), nil, chosen.capacity, trials)
	chosen.peak = p.count(p.items(g, true), surge, chosen.capacity, trials)
	chosen.peak.Nodes = max(chosen.peak.Nodes, chosen.min.Nodes)
	return chosen
}

// candidates are the types that take all workloads of a group. Where some have
// a price, those without have to stand back.
func (p *placer) candidates(g group) []candidate {
	var priced, unpriced []candidate
	for _, t := range p.types {
		if !p.suits(t, g) {
			continue
		}
		c := candidate{nodeType: t, capacity: p.capacity(t, g), nodeWeight: weight(t)}
		if slices.ContainsFunc(g.workloads, func(w *Workload) bool { return times(c.capacity, p.need(w)) == 0 }) {
			continue
		}
		if price, ok := p.prices.Node(t.Name, g.spot); ok {
			c.price, c.nodeWeight = &price, price.USDPerHour
			priced = append(priced, c)
			continue
		}
		unpriced = append(unpriced, c)
	}
	if len(priced) > 0 {
		return priced
	}
	return unpriced
}

// weight compares nodes whose prices are not known: by what their processors,
// memory and GPUs are worth beside one another. GPUs count by their memory.
func weight(t NodeType) float64 {
	gpus := 0.0
	if t.Accelerator != nil {
		const ordinaryMiB = 24 * mebibytesPerGiB
		gpus = float64(t.Accelerator.Count) * float64(t.Accelerator.MemoryMiBEach) / ordinaryMiB
	}
	return cost.ByResources(float64(t.VCPU), t.MemoryGiB, gpus).USDPerHour
}

// peakShare is the part of a month for which all nodes of the peak are counted
// when types are compared: types on which the peak leaves large gaps stand
// back. It is no part of any cost that is shown.
const peakShare = 0.02

// judge computes what a group costs on a type, with so many trials of how a
// scheduler may spread its pods.
func (p *placer) judge(g group, c *candidate, trials int) {
	surge := p.surge(g, c.capacity)
	always := p.count(p.items(g, false), nil, c.capacity, trials)
	peak := p.count(p.items(g, true), surge, c.capacity, trials)
	c.objective = p.weigh(g, c, float64(always.Nodes), float64(peak.Nodes))
}

// lowest is a bound of what judge computes.
func (p *placer) lowest(g group, c *candidate) float64 {
	always, peak := least(p.items(g, false), c.capacity), least(p.items(g, true), c.capacity)
	return p.weigh(g, c, float64(always), float64(peak))
}

func (p *placer) weigh(g group, c *candidate, always, peak float64) float64 {
	hours := cost.HoursPerMonth*(always+peakShare*peak) + p.jobNodeHours(g, c.capacity)
	return hours * c.nodeWeight
}

// jobNodeHours are the hours of a month in which nodes run for work that comes
// and goes, as if each had its nodes to itself.
func (p *placer) jobNodeHours(g group, capacity vector) float64 {
	hours := 0.0
	for _, w := range g.workloads {
		hours += p.nodeHours(w, capacity)
	}
	return hours
}

func (p *placer) nodeHours(w *Workload, capacity vector) float64 {
	if w.ActiveHoursPerMonth == nil {
		return 0
	}
	onEmpty := max(times(capacity, p.need(w)), 1)
	return max(*w.ActiveHoursPerMonth, 0) * float64(ceilDivide(int64(w.Replicas.Max), onEmpty))
}

// tolerance keeps the noise of floating point out of comparisons.
const tolerance = 1e-9

// near is how much dearer than the cheapest a type may be and still be chosen
// because its nodes are smaller: the loss of one takes less with it.
const near = 0.05

// choose judges every type that may be near the cheapest, roughly first, and
// those that are left as their nodes are counted in the end. Work that always
// runs gets the smallest nodes of those; runs, which lose nothing but
// themselves, the cheapest.
func (p *placer) choose(g group) candidate {
	margin := tolerance
	if slices.ContainsFunc(g.workloads, func(w *Workload) bool { return w.always() > 0 }) {
		margin = near
	}
	var judged []candidate
	cheapest := math.Inf(1)
	for _, c := range p.candidates(g) {
		if p.lowest(g, &c) > cheapest*(1+margin) {
			continue
		}
		p.judge(g, &c, 0)
		cheapest = min(cheapest, c.objective)
		judged = append(judged, c)
	}
	judged = within(judged, margin)
	for i := range judged {
		p.judge(g, &judged[i], trials)
	}
	return slices.MinFunc(within(judged, margin), candidate.compare)
}

// within are the candidates that cost little more than the cheapest.
func within(judged []candidate, margin float64) []candidate {
	cheapest := math.Inf(1)
	for _, c := range judged {
		cheapest = min(cheapest, c.objective)
	}
	return slices.DeleteFunc(judged, func(c candidate) bool { return c.objective > cheapest*(1+margin) })
}

// compare orders candidates of about the same cost, the better one first: the
// smaller node, the cheaper one, the newer generation, the name.
func (c candidate) compare(other candidate) int {
	if order := cmp.Or(cmp.Compare(c.nodeType.VCPU, other.nodeType.VCPU), cmp.Compare(c.nodeType.MemoryGiB, other.nodeType.MemoryGiB)); order != 0 {
		return order
	}
	if a, b := c.objective, other.objective; a < b*(1-tolerance) || b < a*(1-tolerance) {
		return cmp.Compare(a, b)
	}
	return cmp.Or(-cmp.Compare(generation(c.nodeType.Name), generation(other.nodeType.Name)),
		strings.Compare(c.nodeType.Name, other.nodeType.Name))
}

// generation is the first number in a type's name: 6 of m6i.large.
func generation(name string) int {
	for _, r := range name {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
	}
	return 0
}

// count packs pods on nodes of a capacity.
func (p *placer) count(items []item, surge *Workload, capacity vector, trials int) Fill {
	fill := Fill{LeastNodes: int32(least(items, capacity))}
	for _, it := range items {
		fill.Pods += it.count
	}
	alone, _ := packed(items, capacity)
	fill.PackedNodes = int32(alone)
	if fill.Pods == 0 {
		return fill
	}
	one := p.surgeItem(surge)
	if one != nil {
		fill.Surge = surge.Key.Full()
	}
	fill.Nodes = int32(spread(items, one, capacity, alone, trials))
	return fill
}

// cheaper says that one set of pools costs less than another and leaves out no
// workload that the other has.
func cheaper(pools, others []pool) bool {
	total := func(pools []pool) (workloads int, objective float64) {
		for _, each := range pools {
			workloads += len(each.workloads)
			objective += each.objective
		}
		return workloads, objective
	}
	count, amount := total(pools)
	otherCount, otherAmount := total(others)
	return count >= otherCount && amount < otherAmount*(1-tolerance)
}
