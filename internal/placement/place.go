package placement

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
)

// Place decides which nodes every workload runs on: pools by class, hardware
// and readiness to lose a node, the type of each pool's nodes, and how many it
// takes.
//
//   - Work of two classes never shares a pool, and every pool's taint keeps
//     other work away.
//   - A pool is made of one type: that which costs least a month for what runs
//     there, among the provider's types on which the largest pod fits; where no
//     price is known, that which wastes least. Work that always runs gets the
//     smallest nodes that cost at most 5 % more than that.
//   - Nodes are counted by first-fit decreasing over CPU, memory, GPUs and
//     pods, then raised until a scheduler that spreads pods finds room for all
//     of them too. Replicas of one workload stand on two nodes at least.
//   - Where work always runs, the most nodes have room for one more pod of the
//     largest workload, so that a rolling update finds a node. Those that stay
//     have none: nodes that stand idle all month for it are waste.
//   - Workloads share GPUs, by MIG or by taking turns, where that is cheaper
//     than whole ones and does no harm.
func Place(in Input) Result {
	p := newPlacer(in)
	for _, g := range p.groups() {
		p.place(g)
	}
	return p.result()
}

// placer places the workloads of one input.
type placer struct {
	provider  Provider
	system    System
	prices    *cost.Table
	types     []NodeType
	workloads []*Workload
	pools     []pool
	names     map[string]bool
	unplaced  []Unplaced
	// shown is what people read of a workload's key.
	shown map[*Workload]string
	// notes are reasons about single workloads, by their full keys.
	notes map[string][]string
}

func newPlacer(in Input) *placer {
	p := &placer{
		provider: cmp.Or(in.Target.Provider, ProviderEKS), system: in.System, prices: in.Prices,
		names: map[string]bool{}, notes: map[string][]string{},
	}
	p.types = NodeTypes(p.provider)
	if only := in.Target.NodeTypes; len(only) > 0 {
		p.types = slices.DeleteFunc(p.types, func(t NodeType) bool { return !slices.Contains(only, t.Name) })
	}
	if p.system == (System{}) {
		p.system = DefaultSystem()
	}
	if p.prices == nil {
		p.prices = cost.Prices().In(in.Target.Region)
	}
	for i := range in.Workloads {
		w := in.Workloads[i]
		w.Architecture = cmp.Or(w.Architecture, architectureX86)
		w.Replicas.Min = max(w.Replicas.Min, 0)
		w.Replicas.Max = max(w.Replicas.Max, w.Replicas.Min, 1)
		p.workloads = append(p.workloads, &w)
	}
	slices.SortStableFunc(p.workloads, func(a, b *Workload) int { return a.Key.Compare(b.Key) })
	p.shown = shownKeys(p.workloads)
	return p
}

// group is a set of workloads that may share nodes.
type group struct {
	// wanted is the name of a person's choice; empty without.
	wanted       string
	class        Class
	architecture string
	spot         bool
	// gpu is nil for nodes without.
	gpu *gpuGroup
	// small runs were taken out of a pool of larger nodes.
	small     bool
	workloads []*Workload
}

// gpuGroup is what workloads that share GPU nodes have in common.
type gpuGroup struct {
	vendor, model string
	memoryMiB     int
	sharing       sharing
	// otherModels is true where the provider has no node type with the model.
	otherModels bool
}

// groupKey names a group; its order is that in which pools get their names.
type groupKey struct {
	class                     Class
	wanted, architecture, gpu string
	spot                      bool
}

func (k groupKey) compare(other groupKey) int {
	order := func(k groupKey) string {
		return fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%t", k.class, k.wanted, k.architecture, k.gpu, k.spot)
	}
	return strings.Compare(order(k), order(other))
}

// groups sorts the workloads into groups.
func (p *placer) groups() []group {
	byKey := map[groupKey]*group{}
	for _, w := range p.workloads {
		if why, do := refused(w); why != "" {
			p.unplaced = append(p.unplaced, Unplaced{Key: w.Key, Why: why, Do: do})
			continue
		}
		spot, why := onSpot(w)
		p.note(w, why)
		key := groupKey{class: w.Class, wanted: w.NodePoolName, architecture: w.Architecture, spot: spot}
		gpu := p.gpuOf(w)
		if gpu != nil {
			key.gpu = fmt.Sprintf("%s/%s/%09d", gpu.vendor, gpu.model, gpu.memoryMiB)
		}
		if byKey[key] == nil {
			byKey[key] = &group{wanted: w.NodePoolName, class: w.Class, architecture: w.Architecture, spot: spot, gpu: gpu}
		}
		byKey[key].workloads = append(byKey[key].workloads, w)
	}
	keys := slices.SortedFunc(maps.Keys(byKey), groupKey.compare)
	groups := make([]group, 0, len(keys))
	for _, key := range keys {
		groups = append(groups, *byKey[key])
	}
	return groups
}

// mostPacked pods of one workload are counted at most: ten times what Replicas
// ever asks for. A number far above is a mistake, and takes its time to pack.
const mostPacked = 10 * mostReplicas

// refused says what keeps a workload from any pool.
func refused(w *Workload) (why, do string) {
	r := w.Size.Requests
	switch {
	case !slices.Contains([]Class{ClassOnline, ClassBatch, ClassExperiment, ClassTraining}, w.Class):
		return fmt.Sprintf("its class is %q", w.Class), "set the class to Online, Batch, Experiment or Training"
	case r.CPUMillis <= 0 || r.MemoryMiB <= 0 || r.GPUs < 0:
		return fmt.Sprintf("its pods ask for %dm CPU, %d MiB of memory and %d GPUs", r.CPUMillis, r.MemoryMiB, r.GPUs),
			"set requests above 0"
	case w.Replicas.Max > mostPacked:
		return fmt.Sprintf("it asks for up to %d pods", w.Replicas.Max), fmt.Sprintf("set replicas.max to %d at most", mostPacked)
	case r.GPUs > 0 && w.Size.GPU == nil:
		return "its pods ask for GPUs and nothing says of which kind", "name the GPU's vendor and model"
	}
	return "", ""
}

// gpuOf returns what a workload needs of GPUs; nil without.
func (p *placer) gpuOf(w *Workload) *gpuGroup {
	if w.Size.Requests.GPUs == 0 {
		return nil
	}
	need := w.Size.GPU
	g := &gpuGroup{vendor: cmp.Or(need.Vendor, vendorNVIDIA), model: need.Model, memoryMiB: need.MemoryMiBEach, sharing: whole}
	exact := func(t NodeType) bool { return t.Architecture == w.Architecture && fitsGPU(t, g) }
	if g.model == "" || slices.ContainsFunc(p.types, exact) {
		return g
	}
	g.otherModels = true
	p.note(w, fmt.Sprintf("no node type of %s has a %s: any %s GPU with its memory will do", p.provider, g.model, g.vendor))
	return g
}

func (p *placer) note(w *Workload, text string) {
	if text != "" {
		p.notes[w.Key.Full()] = append(p.notes[w.Key.Full()], text)
	}
}

// place turns a group into pools.
func (p *placer) place(g group) {
	pools, left := p.fit(g)
	if shared := p.shares(g); slices.ContainsFunc(shared, func(s group) bool { return s.gpu.sharing != whole }) {
		apart := p.apart(shared)
		if !cheaper(apart, pools) {
			for _, w := range g.workloads {
				p.note(w, "a whole GPU: sharing GPUs would not make these nodes cheaper")
			}
			p.keep(pools)
			p.refuse(left)
			return
		}
		pools = apart
	}
	p.explainSharing(pools)
	p.keep(pools)
	p.refuse(left)
}

// apart gives each way of sharing its own pools.
func (p *placer) apart(shared []group) []pool {
	var pools []pool
	for _, s := range shared {
		found, _ := p.fit(s)
		pools = append(pools, found...)
	}
	return pools
}

// explainSharing notes why each workload gets the share of a GPU that it gets.
func (p *placer) explainSharing(pools []pool) {
	for _, each := range pools {
		if each.gpu == nil {
			continue
		}
		for _, w := range each.workloads {
			_, why := share(w)
			p.note(w, why)
		}
	}
}

// shares splits a GPU group by the way in which its workloads could share.
func (p *placer) shares(g group) []group {
	if g.gpu == nil || g.gpu.otherModels {
		return nil
	}
	bySharing := map[sharing][]*Workload{}
	for _, w := range g.workloads {
		s, _ := share(w)
		bySharing[s] = append(bySharing[s], w)
	}
	keys := slices.SortedFunc(maps.Keys(bySharing), func(a, b sharing) int {
		return cmp.Or(strings.Compare(a.suffix(), b.suffix()))
	})
	groups := make([]group, 0, len(keys))
	for _, key := range keys {
		one, gpu := g, *g.gpu
		gpu.sharing = key
		one.gpu, one.workloads = &gpu, bySharing[key]
		groups = append(groups, one)
	}
	return groups
}

// keep names the pools and adds them to the result.
func (p *placer) keep(pools []pool) {
	for _, each := range pools {
		each.name = p.name(each)
		p.pools = append(p.pools, each)
	}
}

// name returns a name that no other pool has.
func (p *placer) name(g pool) string {
	full := strings.ToLower(string(g.class))
	if g.architecture != architectureX86 {
		full += "-" + g.architecture
	}
	if g.gpu != nil {
		full += "-gpu"
		if model := g.shownGPU(); model != "" {
			full += "-" + label(model)
		}
		full += g.gpu.sharing.suffix()
	}
	if g.small {
		full += fmt.Sprintf("-%dcpu", g.nodeType.VCPU)
	}
	if g.spot {
		full += "-spot"
	}
	wanted := cmp.Or(label(g.wanted), full)
	candidates := []string{clip(wanted)}
	if wanted != full {
		candidates = append(candidates, clip(wanted+"-"+full))
	}
	for _, candidate := range candidates {
		if !p.names[candidate] {
			p.names[candidate] = true
			return candidate
		}
	}
	last := candidates[len(candidates)-1]
	for number := 2; ; number++ {
		if numbered := fmt.Sprintf("%s-%d", last, number); !p.names[numbered] {
			p.names[numbered] = true
			return numbered
		}
	}
}

// shownGPU is the model of GPU that the pool's nodes have, which another may
// stand in for; that which its work wants as long as no node is chosen.
func (g *pool) shownGPU() string {
	if g.nodeType.Accelerator != nil {
		return g.nodeType.Accelerator.Model
	}
	return g.gpu.model
}

// mostNameLength leaves room for a number in the 63 characters of a label's
// value.
const mostNameLength = 58

func clip(name string) string {
	return strings.Trim(name[:min(len(name), mostNameLength)], "-")
}

// label makes a text fit for a label's value: lower-case letters, digits and
// dashes.
func label(text string) string {
	return clip(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text)))
}
