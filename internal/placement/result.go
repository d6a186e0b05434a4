package placement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// result turns what was placed into what people and other packages read.
func (p *placer) result() Result {
	slices.SortFunc(p.pools, func(a, b pool) int { return strings.Compare(a.name, b.name) })
	slices.SortStableFunc(p.unplaced, func(a, b Unplaced) int { return a.Key.Compare(b.Key) })
	r := Result{ByWorkload: map[string]Assigned{}, Unplaced: p.unplaced}
	for i := range p.pools {
		each := &p.pools[i]
		r.Pools = append(r.Pools, p.nodePool(each))
		r.Packing = append(r.Packing, Packing{Pool: each.name, Peak: each.peak, Min: each.min})
		total := 0.0
		for _, w := range each.workloads {
			total += p.weightIn(each, w)
		}
		for _, w := range each.workloads {
			r.ByWorkload[w.Key.Full()] = p.assigned(each, w, total)
		}
	}
	return r
}

func (p *placer) nodePool(each *pool) NodePool {
	t := each.nodeType
	np := NodePool{
		Name: each.name, Class: each.class, InstanceType: t.Name, Architecture: t.Architecture,
		Allocatable: t.Allocatable(), MaxPods: t.MaxPods, Spot: each.spot,
		Nodes: each.peak.Nodes, MinNodes: each.min.Nodes,
		PriorityClassName: priorityOf(each.class),
		CostPerMonth:      p.poolCost(each),
		Reasons:           p.poolReasons(each),
	}
	vendor := ""
	if g := each.gpu; g != nil {
		vendor = g.vendor
		np.Allocatable.GPUs *= g.sharing.perGPU
		np.GPU = &PoolGPU{
			Model: t.Accelerator.Model, Count: t.Accelerator.Count, MemoryMiBEach: t.Accelerator.MemoryMiBEach,
			Sharing: g.sharing.kind, Profile: g.sharing.profile, Resource: g.sharing.resource(p.provider, vendor),
		}
		if g.sharing.kind == SharingTimeSlicing {
			np.GPU.Replicas = int(g.sharing.perGPU)
		}
	}
	np.Taints = taints(p.provider, each.name, vendor, each.spot)
	for _, w := range each.workloads {
		np.Workloads = append(np.Workloads, p.shown[w])
	}
	slices.Sort(np.Workloads)
	return np
}

// poolReasons say why this type and this number.
func (p *placer) poolReasons(each *pool) []string {
	reasons := []string{p.whyType(each)}
	if each.min.Pods > 0 {
		reasons = append(reasons, p.whyNodes("at the peak", each.peak), p.whyNodes("all the time", each.min))
	} else {
		reasons = append(reasons, p.whyNodes("at most, if everything runs at once", each.peak), "no node stays: nothing here runs all the time")
	}
	if each.wanted != "" && each.name != each.wanted {
		reasons = append(reasons, fmt.Sprintf("named %s rather than %s: a pool holds one class of work on one kind of node", each.name, each.wanted))
	}
	return reasons
}

func (p *placer) whyType(each *pool) string {
	t := each.nodeType
	kind := fmt.Sprintf("%s (%d vCPU, %s GiB)", t.Name, t.VCPU, number(t.MemoryGiB))
	if each.price == nil {
		return fmt.Sprintf("%s: no price of %s nodes is known; of the types on which the largest pod fits it leaves least unused, or is smaller at hardly more", kind, p.provider)
	}
	if each.min.Pods > 0 {
		return fmt.Sprintf("%s: the smallest of the types that cost least a month, or at most %g %% more, and on which the largest pod fits", kind, near*percent)
	}
	return kind + " costs least a month of the types on which the largest pod fits"
}

// whyNodes says where a number of nodes comes from.
func (p *placer) whyNodes(when string, f Fill) string {
	text := fmt.Sprintf("%s: %s on %s; first-fit decreasing needs %d, and no arrangement fewer than %d",
		when, plural(f.Pods, "pod"), plural(int64(f.Nodes), "node"), f.PackedNodes, f.LeastNodes)
	switch {
	case f.Nodes == f.PackedNodes && f.Surge != "":
		text += fmt.Sprintf("; there is room for one more pod of %s while it is updated", p.short(f.Surge))
	case f.Nodes > f.PackedNodes && f.Surge != "":
		text += fmt.Sprintf("; the rest is room for one more pod of %s while it is updated, and for the gaps that a scheduler leaves which spreads pods", p.short(f.Surge))
	case f.Nodes > f.PackedNodes:
		text += "; the rest is for the gaps that a scheduler leaves which spreads pods"
	}
	return text
}

func plural(count int64, noun string) string {
	if count == 1 {
		return fmt.Sprintf("%d %s", count, noun)
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// short is what people read of a full key.
func (p *placer) short(full string) string {
	for w, shown := range p.shown {
		if w.Key.Full() == full {
			return shown
		}
	}
	return full
}

// shownKeys are what people read of workloads: short keys, and full ones where
// two places have the same.
func shownKeys(workloads []*Workload) map[*Workload]string {
	count := map[string]int{}
	for _, w := range workloads {
		count[w.Key.String()]++
	}
	shown := make(map[*Workload]string, len(workloads))
	for _, w := range workloads {
		shown[w] = w.Key.String()
		if count[w.Key.String()] > 1 {
			shown[w] = w.Key.Full()
		}
	}
	return shown
}

// poolCost is that of a month: nodes that stay, and the hours of work that
// comes and goes.
func (p *placer) poolCost(each *pool) *inventory.Cost {
	if each.price == nil {
		return nil
	}
	jobs := p.jobNodeHours(each.group, each.capacity)
	usd := each.price.USDPerMonth(float64(each.min.Nodes)) + each.price.USDPerHour*jobs
	var parts []string
	if each.min.Nodes > 0 {
		parts = append(parts, fmt.Sprintf("%d × %s all the time", each.min.Nodes, each.nodeType.Name))
	}
	if jobs > 0 {
		parts = append(parts, fmt.Sprintf("%s hours of %s for work that comes and goes, as if each had its nodes to itself", number(jobs), each.nodeType.Name))
	}
	if len(parts) == 0 && slices.ContainsFunc(each.workloads, func(w *Workload) bool { return w.ActiveHoursPerMonth == nil }) {
		return nil // it goes to zero, and how long it is there is not known
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing has run")
	}
	return p.money(each, usd, strings.Join(parts, " and ")+": "+each.price.Basis)
}

func (p *placer) money(each *pool, usd float64, basis string) *inventory.Cost {
	return &inventory.Cost{
		USD: usd, Estimate: true, PricesOf: cmp.Or(each.price.Date, p.prices.Date()), PriceTable: each.price.Table, Basis: basis,
	}
}

func (p *placer) assigned(each *pool, w *Workload, total float64) Assigned {
	a := Assigned{
		Pool: each.name, Size: w.Size, PriorityClassName: workloadPriority(w),
		Spread: int32(perNode(w, w.Replicas.Max)), CostShare: p.costShare(each, w, total),
	}
	if each.gpu != nil {
		a.GPUResource = each.gpu.sharing.resource(p.provider, each.gpu.vendor)
	}
	a.Reasons = append(a.Reasons, fmt.Sprintf("node pool %s: %s work on %s", each.name, strings.ToLower(string(each.class)), each.nodeType.Name))
	a.Reasons = append(a.Reasons, p.notes[w.Key.Full()]...)
	if a.CostShare != nil {
		a.Reasons = append(a.Reasons, "cost: "+a.CostShare.Basis)
	}
	return a
}

// costShare is a workload's part of the pool's cost. The nodes that stay are
// shared by the largest share of a node that each workload's pods take (of CPU,
// memory or GPUs): a pod that takes all GPUs of a node leaves its processors to
// nobody. Work that comes and goes pays its own hours.
//
// total is the sum of weightIn over the pool.
func (p *placer) costShare(each *pool, w *Workload, total float64) *inventory.Cost {
	if each.price == nil {
		return nil
	}
	if w.ActiveHoursPerMonth != nil {
		hours := p.nodeHours(w, each.capacity)
		return p.money(each, hours*each.price.USDPerHour, fmt.Sprintf("%s hours of %s: %s", number(hours), each.nodeType.Name, each.price.Basis))
	}
	own := p.weightIn(each, w)
	if own == 0 {
		// It may run at times; how long is not known.
		return nil
	}
	share := own / total
	nodes := float64(each.min.Nodes)
	return p.money(each, share*nodes*cost.HoursPerMonth*each.price.USDPerHour,
		fmt.Sprintf("%s %% of the %s × %s that always run, by the largest share of CPU, memory or GPUs: %s",
			number(share*percent), number(nodes), each.nodeType.Name, each.price.Basis))
}

// weightIn is what of a pool's nodes the pods of a workload take that always
// run.
func (p *placer) weightIn(each *pool, w *Workload) float64 {
	return float64(w.always()) * dominant(p.need(w), each.capacity)
}
