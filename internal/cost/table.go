package cost

import (
	_ "embed"
	"sync"
)

// HoursPerMonth is the number of hours that a month is counted as: 8760 hours
// of a year over 12.
const HoursPerMonth = 730

// homeRegion is where most known prices are quoted.
const homeRegion = "us-east-1"

// Use is what an instance is paid for.
type Use string

// The uses. Node is a machine of EC2 or of another provider that a cluster
// runs on; the others are components of SageMaker's price list.
const (
	Node       Use = "Node"
	Hosting    Use = "Hosting"
	Training   Use = "Training"
	Processing Use = "Processing"
	Transform  Use = "Transform"
	Notebook   Use = "Notebook"
	Studio     Use = "Studio"
)

// sageMakerUses are SageMaker's, in the order in which one stands in for
// another whose price is not quoted. Where two are quoted for one type they
// are equal to three decimals.
var sageMakerUses = []Use{Hosting, Training, Processing, Transform, Notebook, Studio}

// Price is what one instance costs.
type Price struct {
	// USDPerHour is the list price without discounts and taxes.
	USDPerHour float64
	// Estimate is true where the price was derived rather than quoted.
	Estimate bool
	// Basis says where the price comes from, and how it was derived.
	Basis string
	// Date is that of the quote: a year, a month or a day (YYYY-MM-DD).
	Date string
	// Table is the name of the people's own table that the price, or a discount
	// on it, is from. Empty means Landfall's own.
	Table string
}

// USDPerMonth is the price of so many instances for a month of 730 hours.
func (p Price) USDPerMonth(instances float64) float64 {
	return p.USDPerHour * HoursPerMonth * instances
}

// Table holds prices, seen from one region.
type Table struct {
	// quotes and date are of Landfall's own prices.
	quotes map[quoteKey]quote
	date   string
	// layers are people's own prices, the later ones before the earlier.
	layers []layer
	region string
}

// quoteKey names a price.
type quoteKey struct {
	instanceType string
	use          Use
	region       string
}

// quote is one line of a table.
type quote struct {
	usdPerHour float64
	source     string
	date       string
	// estimate says that people do not know it for sure; table is the name of
	// theirs.
	estimate bool
	table    string
}

//go:embed data/prices.csv
var pricesCSV string

var embedded = sync.OnceValue(func() *Table {
	table, err := parseTable(pricesCSV)
	if err != nil {
		panic("cost: the embedded table of prices is broken: " + err.Error())
	}
	return table
})

// Prices returns the embedded table, seen from us-east-1.
func Prices() *Table { return embedded() }

// In returns the table as seen from a region: people's own prices of that region
// or of every region come first, then those quoted there, and those of us-east-1
// stand in as estimates. An empty region is us-east-1.
func (t *Table) In(region string) *Table {
	seen := *t
	seen.region = region
	if region == "" {
		seen.region = homeRegion
	}
	return &seen
}

// Date is the newest date of a quote in Landfall's own table.
func (t *Table) Date() string { return t.date }
