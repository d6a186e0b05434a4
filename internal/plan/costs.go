package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// costs compares a month on SageMaker with one in the cluster; nil where there
// is nothing to compare.
func (b *builder) costs(pools []placement.NodePool) *Costs {
	if len(b.entries) == 0 {
		return nil
	}
	c := &Costs{}
	compared := 0
	parts := map[string]*ClusterCosts{}
	for _, e := range b.entries {
		switch {
		case e.compared():
			compared++
			add(&c.SageMaker, *e.SageMakerCost)
			add(&c.Cluster, *e.ClusterCost)
			if parts[e.Cluster] == nil {
				parts[e.Cluster] = &ClusterCosts{Name: cmp.Or(e.Cluster, DefaultCluster)}
			}
			add(&parts[e.Cluster].SageMaker, *e.SageMakerCost)
			add(&parts[e.Cluster].Cluster, *e.ClusterCost)
		case moves(e.Decision) || e.SageMakerCost == nil:
		case e.Decision == Retire:
			c.RetiredUSD += e.SageMakerCost.USD
		case e.Decision == Keep || e.Decision == Blocked:
			c.StaysUSD += e.SageMakerCost.USD
		}
		if e.unpriced() {
			c.Unpriced = append(c.Unpriced, b.labels[e.Full()])
		}
	}
	c.SageMaker.Basis = fmt.Sprintf("a month of the %d workloads that move, now or later, and whose costs on both sides are known", compared)
	c.Cluster.Basis = "the same workloads' shares of the node pools; without what a cluster costs beside its nodes"
	c.SageMaker.USD, c.Cluster.USD = cents(c.SageMaker.USD), cents(c.Cluster.USD)
	c.StaysUSD, c.RetiredUSD = cents(c.StaysUSD), cents(c.RetiredUSD)
	if len(b.options.Clusters) > 0 {
		for _, name := range b.clusterNames() {
			if part := parts[name]; part != nil {
				part.SageMaker.USD, part.Cluster.USD = cents(part.SageMaker.USD), cents(part.Cluster.USD)
				c.Clusters = append(c.Clusters, *part)
			}
		}
	}
	c.Why = b.contributors(pools, c.Cluster.USD)
	return c
}

// compared says that a workload moves and costs something known on both sides.
func (e *entry) compared() bool {
	return moves(e.Decision) && e.SageMakerCost != nil && e.ClusterCost != nil
}

// unpriced says that a workload costs money, on SageMaker or in the cluster,
// that is in no sum, or not all of it. What is retired ends, whatever it costs.
func (e *entry) unpriced() bool {
	switch {
	case e.Decision == Retire:
		return false
	case len(e.Unpriced) > 0:
		return true
	case e.SageMakerCost == nil:
		return paidByHours[e.Kind] // an inventory may come from elsewhere, and not name it
	}
	return moves(e.Decision) && e.SageMakerCost.USD > 0 && e.ClusterCost == nil
}

// paidByHours are the kinds that cost something whatever else is known.
var paidByHours = map[inventory.WorkloadKind]bool{
	inventory.WorkloadEndpoint: true, inventory.WorkloadTraining: true, inventory.WorkloadTuning: true, inventory.WorkloadAutoML: true,
	inventory.WorkloadProcessing: true, inventory.WorkloadTransform: true, inventory.WorkloadPipeline: true, inventory.WorkloadMonitoring: true,
	inventory.WorkloadNotebook: true, inventory.WorkloadStudio: true, inventory.WorkloadCluster: true,
}

func add(sum *inventory.Cost, part inventory.Cost) {
	sum.USD += part.USD
	sum.Estimate = sum.Estimate || part.Estimate
	if sum.PricesOf == "" || part.PricesOf != "" && part.PricesOf < sum.PricesOf {
		sum.PricesOf = part.PricesOf // the oldest price says how old the sum is
	}
	for table := range strings.SplitSeq(part.PriceTable, ", ") {
		if table != "" && !slices.Contains(strings.Split(sum.PriceTable, ", "), table) {
			tables := append(strings.FieldsFunc(sum.PriceTable, func(r rune) bool { return r == ',' || r == ' ' }), table)
			slices.Sort(tables)
			sum.PriceTable = strings.Join(tables, ", ")
		}
	}
}

func cents(usd float64) float64 { return math.Round(usd*100) / 100 }

const (
	// mostContributors are named: what comes after them changes little.
	mostContributors = 6
	// leastShare of the cluster's cost makes a part worth naming.
	leastShare = 0.01
	// mostNamed workloads of a contributor are named before they are counted.
	mostNamed = 4
)

// contributors are what of the cluster's cost a person may change.
func (b *builder) contributors(pools []placement.NodePool, clusterUSD float64) []Contributor {
	all := append(b.idleRoom(pools), b.moreReplicas(), b.notMeasured(), b.withoutCheckpoints())
	all = slices.DeleteFunc(all, func(c Contributor) bool { return c.USD < max(leastShare*clusterUSD, 1) })
	for i := range all {
		all[i].USD = cents(all[i].USD)
	}
	slices.SortStableFunc(all, func(a, b Contributor) int { return -cmp.Compare(a.USD, b.USD) })
	if len(all) == 0 {
		return nil
	}
	return all[:min(len(all), mostContributors)]
}

// idleRoom is what of the nodes that always run no pod asks for.
func (b *builder) idleRoom(pools []placement.NodePool) []Contributor {
	var found []Contributor
	for _, p := range pools {
		if p.CostPerMonth == nil || p.MinNodes == 0 {
			continue
		}
		asked := placement.Amounts{}
		for _, e := range b.entries {
			if e.pool != p.Name || e.Cluster != p.Cluster || e.Needs == nil || e.Needs.ActiveHoursPerMonth != nil {
				continue
			}
			requests, err := e.Resources.Requests.amounts()
			if err != nil {
				continue // Decode has refused amounts that cannot be read
			}
			asked.CPUMillis += requests.CPUMillis * int64(e.Replicas.Min)
			asked.MemoryMiB += requests.MemoryMiB * int64(e.Replicas.Min)
			asked.GPUs += requests.GPUs * int64(e.Replicas.Min)
		}
		free := 1 - fullest(asked, p)
		words := fmt.Sprintf("room on the %d × %s of the node pool %s that always run: %.0f %% of CPU and %.0f %% of memory are asked for",
			p.MinNodes, p.InstanceType, p.Name, shareOf(asked.CPUMillis, p.Allocatable.CPUMillis, p)*fullPercent, shareOf(asked.MemoryMiB, p.Allocatable.MemoryMiB, p)*fullPercent)
		if p.Cluster != "" {
			words += ", in the cluster " + p.Cluster
		}
		found = append(found, Contributor{
			What: words, USD: p.CostPerMonth.USD * max(free, 0),
			Do: "name other nodes under target.nodeTypes, or join pools with nodePoolName; smaller requests, once landfall verify has measured them, take fewer nodes",
		})
	}
	return found
}

func shareOf(asked, ofOne int64, p placement.NodePool) float64 {
	if ofOne <= 0 {
		return 0
	}
	return min(float64(asked)/float64(ofOne*int64(p.MinNodes)), 1)
}

// fullest is the share of what is asked for most of.
func fullest(asked placement.Amounts, p placement.NodePool) float64 {
	return max(shareOf(asked.CPUMillis, p.Allocatable.CPUMillis, p), shareOf(asked.MemoryMiB, p.Allocatable.MemoryMiB, p), shareOf(asked.GPUs, p.Allocatable.GPUs, p))
}

// MoreReplicasUSD is what of a workload's share of the cluster its pods cost
// that SageMaker has no instances for.
func (w Workload) MoreReplicasUSD() float64 {
	if w.Room == nil || w.Room.Instances <= 0 || w.ClusterCost == nil || w.Replicas.Min <= w.Room.Instances {
		return 0
	}
	return w.ClusterCost.USD * float64(w.Replicas.Min-w.Room.Instances) / float64(w.Replicas.Min)
}

func (b *builder) moreReplicas() Contributor {
	usd, who := b.sum(func(e *entry) float64 { return e.MoreReplicasUSD() })
	return Contributor{
		What: "pods beyond the instances that serve now: " + who, USD: usd,
		Do: "lower replicas.min: to 1 where a minute without answers may be after the loss of a node, or to what landfall verify shows to carry the peak",
	}
}

// notMeasured is what the pods cost that are as large as the instance, for want
// of anything better.
func (b *builder) notMeasured() Contributor {
	usd, who := b.sum(func(e *entry) float64 {
		if e.Room == nil || e.Room.Measured {
			return 0
		}
		return e.ClusterCost.USD
	})
	return Contributor{
		What: "pods as large as the instance, since no use was measured: " + who, USD: usd,
		Do: "measure them with landfall verify, or write what they need into resources",
	}
}

// withoutCheckpoints is what training costs on demand that spot nodes would
// save.
func (b *builder) withoutCheckpoints() Contributor {
	prices := b.options.prices()
	usd, who := b.sum(func(e *entry) float64 {
		if e.Class != placement.ClassTraining || e.Needs == nil || e.Needs.Checkpoints {
			return 0
		}
		for _, p := range b.pools {
			if p.Name != e.pool || p.Cluster != e.Cluster || p.Spot {
				continue
			}
			table := prices.In(b.targetNamed(e.Cluster).Region)
			spot, known := table.Node(p.InstanceType, true)
			onDemand, _ := table.Node(p.InstanceType, false)
			if known && onDemand.USDPerHour > 0 {
				return e.ClusterCost.USD * (1 - spot.USDPerHour/onDemand.USDPerHour)
			}
		}
		return 0
	})
	return Contributor{
		What: "training on demand, since it writes no checkpoints: " + who, USD: usd, Do: "write checkpoints: it may run on spot nodes then",
	}
}

// sum adds up a part of the workloads that are compared, and names those that
// have most of it.
func (b *builder) sum(part func(*entry) float64) (usd float64, who string) {
	type share struct {
		label string
		usd   float64
	}
	var shares []share
	for _, e := range b.entries {
		if !e.compared() {
			continue
		}
		if own := part(e); own > 0 {
			usd += own
			shares = append(shares, share{b.labels[e.Full()], own})
		}
	}
	slices.SortStableFunc(shares, func(a, b share) int { return -cmp.Compare(a.usd, b.usd) })
	var names []string
	for i, s := range shares {
		if i == mostNamed {
			names = append(names, fmt.Sprintf("and %d more", len(shares)-mostNamed))
			break
		}
		names = append(names, s.label)
	}
	return usd, strings.Join(names, ", ")
}
