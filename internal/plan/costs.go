package plan

import (
	"fmt"
	"math"

	"landfall.dev/landfall/internal/inventory"
)

// costs compares a month on SageMaker with one in the cluster; nil where there
// is nothing to compare.
func (b *builder) costs() *Costs {
	c := &Costs{}
	compared := 0
	for _, e := range b.entries {
		switch {
		case moves(e.Decision) && e.SageMakerCost != nil && e.ClusterCost != nil:
			compared++
			add(&c.SageMaker, *e.SageMakerCost)
			add(&c.Cluster, *e.ClusterCost)
		case moves(e.Decision):
			if e.costs() {
				c.Unpriced = append(c.Unpriced, b.labels[e.Full()])
			}
		case e.SageMakerCost == nil:
			if e.Decision != Retire && e.costs() {
				c.Unpriced = append(c.Unpriced, b.labels[e.Full()])
			}
		case e.Decision == Retire:
			c.RetiredUSD += e.SageMakerCost.USD
		case e.Decision == Keep || e.Decision == Blocked:
			c.StaysUSD += e.SageMakerCost.USD
		}
	}
	if len(b.entries) == 0 {
		return nil
	}
	c.SageMaker.Basis = fmt.Sprintf("a month of the %d workloads that move, now or later, and whose costs on both sides are known", compared)
	c.Cluster.Basis = "the same workloads' shares of the node pools; without what a cluster costs beside its nodes"
	c.SageMaker.USD, c.Cluster.USD = cents(c.SageMaker.USD), cents(c.Cluster.USD)
	c.StaysUSD, c.RetiredUSD = cents(c.StaysUSD), cents(c.RetiredUSD)
	return c
}

// costs says that a workload can be expected to cost something by itself.
func (e *entry) costs() bool {
	switch e.Kind { //nolint:exhaustive // the others cost something
	case inventory.WorkloadModel, inventory.WorkloadRegistry, inventory.WorkloadExperiments,
		inventory.WorkloadHub, inventory.WorkloadEdge, inventory.WorkloadInferenceExperiment:
		return e.SageMakerCost != nil && e.SageMakerCost.USD > 0
	}
	return true
}

func add(sum *inventory.Cost, part inventory.Cost) {
	sum.USD += part.USD
	sum.Estimate = sum.Estimate || part.Estimate
	if sum.PricesOf == "" || part.PricesOf != "" && part.PricesOf < sum.PricesOf {
		sum.PricesOf = part.PricesOf // the oldest price says how old the sum is
	}
}

func cents(usd float64) float64 { return math.Round(usd*100) / 100 }
