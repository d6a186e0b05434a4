package cost

import (
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// managedPrefix begins the names of SageMaker's instance types.
const managedPrefix = "ml."

// SageMaker returns the price of an instance type such as ml.m5.xlarge for a
// use. A price that is not quoted is taken from another use of the same type,
// or derived from EC2's by the ratio of the family, and marked as an estimate;
// false means that nothing tells.
func (t *Table) SageMaker(instanceType string, use Use) (Price, bool) {
	price, ok := t.sageMakerList(instanceType, use)
	if !ok {
		return Price{}, false
	}
	return t.discounted(price, instanceType, use), true
}

// sageMakerList is the price before discounts.
func (t *Table) sageMakerList(instanceType string, use Use) (Price, bool) {
	for _, find := range []func(string, Use, string) (Price, bool){t.quoted, t.ofAnotherUse, t.byRatio} {
		if price, ok := find(instanceType, use, t.region); ok {
			return price, true
		}
	}
	if t.region == homeRegion {
		return Price{}, false
	}
	// People's own prices hold where they say, and do not stand in elsewhere.
	home := &Table{quotes: t.quotes, date: t.date, region: homeRegion}
	price, ok := home.sageMakerList(instanceType, use)
	return t.fromHome(price), ok
}

// Node returns the price of a node: an EC2 type such as m5.xlarge (ml. in
// front is ignored) or any type that a file of prices has. The price of spot
// nodes is always an estimate unless a file gives it.
func (t *Table) Node(instanceType string, spot bool) (Price, bool) {
	instanceType = strings.TrimPrefix(instanceType, managedPrefix)
	if !spot {
		price, ok := t.nodeHereOrHome(instanceType)
		return t.discounted(price, instanceType, Node), ok
	}
	if price, ok := t.nodeHereOrHome(instanceType + spotSuffix); ok {
		return price, true
	}
	price, ok := t.nodeHereOrHome(instanceType)
	if !ok {
		return Price{}, false
	}
	return spotPrice(instanceType, price), true
}

// spotSuffix marks prices of spot nodes among the quotes.
const spotSuffix = "/spot"

func (t *Table) nodeHereOrHome(instanceType string) (Price, bool) {
	if price, ok := t.quoted(instanceType, Node, t.region); ok {
		return price, true
	}
	if t.region == homeRegion {
		return Price{}, false
	}
	price, ok := t.listed(instanceType, Node, homeRegion)
	return t.fromHome(price), ok
}

// fromHome marks a price of us-east-1 that stands in for another region's.
func (t *Table) fromHome(price Price) Price {
	price.Estimate = true
	price.Basis += fmt.Sprintf("; a price of %s, since none of %s is known", homeRegion, t.region)
	return price
}

// quoted is a price that somebody quotes: people's own before Landfall's.
func (t *Table) quoted(instanceType string, use Use, region string) (Price, bool) {
	if found, ok := t.own(instanceType, use, region); ok {
		return found.price(fmt.Sprintf("%s of %s", describeOwn(use), instanceType)), true
	}
	return t.listed(instanceType, use, region)
}

// listed is a price of Landfall's own table.
func (t *Table) listed(instanceType string, use Use, region string) (Price, bool) {
	found, ok := t.quotes[quoteKey{instanceType, use, region}]
	if !ok {
		return Price{}, false
	}
	return found.price(fmt.Sprintf("%s of %s", describe(use), instanceType)), true
}

func (q quote) price(of string) Price {
	basis := fmt.Sprintf("%s at %s USD an hour", of, usd(q.usdPerHour))
	source := q.source
	if q.table != "" {
		source = "prices " + q.table + ": " + source
	}
	if source != "" {
		basis += fmt.Sprintf(" (%s)", source)
	}
	return Price{USDPerHour: q.usdPerHour, Estimate: q.estimate, Basis: basis, Date: q.date, Table: q.table}
}

func (t *Table) ofAnotherUse(instanceType string, use Use, region string) (Price, bool) {
	for _, other := range sageMakerUses {
		if other == use {
			continue
		}
		if price, ok := t.quoted(instanceType, other, region); ok {
			price.Estimate = true
			price.Basis += fmt.Sprintf(", which stands in for %s: uses that are both quoted cost the same", strings.ToLower(string(use)))
			return price, true
		}
	}
	return Price{}, false
}

func (t *Table) byRatio(instanceType string, _ Use, region string) (Price, bool) {
	ec2Type, isML := strings.CutPrefix(instanceType, managedPrefix)
	found, known := ratioOf(ec2Type)
	if !isML || !known {
		return Price{}, false
	}
	price, ok := t.listed(ec2Type, Node, region) // what people pay for EC2 says nothing about SageMaker
	if !ok {
		return Price{}, false
	}
	price.USDPerHour *= found.ratio
	price.Estimate = true
	price.Basis += fmt.Sprintf(", times %.2f: SageMaker's price over EC2's for %s", found.ratio, found.of)
	return price, true
}

// Spot nodes cost this share of those on demand in OpenCost's default prices:
// 0.006655 of 0.031611 USD an hour and core, and the same of memory.
const spotShare = 0.006655 / 0.031611

// spotPrice estimates. OpenCost's defaults name no price of spot GPUs that we
// could verify, so a GPU's price on demand stands as the upper bound.
func spotPrice(instanceType string, onDemand Price) Price {
	onDemand.Estimate = true
	if instance := inventory.InstanceOf(managedPrefix + instanceType); instance != nil && instance.Accelerator != nil {
		onDemand.Basis += "; on demand, since no price of spot nodes with accelerators is known: they cost less"
		return onDemand
	}
	onDemand.USDPerHour *= spotShare
	onDemand.Basis += fmt.Sprintf(", times %.2f: spot over on demand in OpenCost's default prices", spotShare)
	return onDemand
}

// describe names a use within a sentence.
func describe(use Use) string {
	if use == Node {
		return "EC2's price"
	}
	return "SageMaker's price for " + strings.ToLower(string(use))
}

// describeOwn names a use in a table that may be of any provider's prices.
func describeOwn(use Use) string {
	if use == Node {
		return "a node"
	}
	return "SageMaker's price for " + strings.ToLower(string(use))
}

// usd writes an amount without needless zeros.
func usd(amount float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", amount), "0"), ".")
}
