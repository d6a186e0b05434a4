package cost

import (
	"fmt"
	"maps"
	"strings"
	"sync"
)

// ownName is that of the table that comes with Landfall.
const ownName = "landfall"

// TableID names a table of prices, so that a plan can tell which one it was
// made with.
type TableID struct {
	Name string `json:"name"`
	// Date is that of the prices; of Landfall's own the newest quote's.
	Date string `json:"date"`
	// Digest is that of what the table says.
	Digest string `json:"digest"`
	// Source says where the prices are from.
	Source string `json:"source,omitempty"`
}

// layer is one file of prices.
type layer struct {
	id        TableID
	quotes    map[quoteKey]quote
	discounts []Discount
}

// With returns the table with people's own prices before its own. Of two files
// that price the same, the later one counts.
func (t *Table) With(files ...File) (*Table, error) {
	wider := *t
	wider.layers = append([]layer(nil), t.layers...)
	for _, f := range files {
		if err := f.validate(); err != nil {
			return nil, fmt.Errorf("prices %s: %w", f.Name, err)
		}
		for _, other := range wider.layers {
			if other.id.Name == f.Name {
				return nil, fmt.Errorf("two files of prices have the name %q; give each its own", f.Name)
			}
		}
		text, err := f.Digest()
		if err != nil {
			return nil, err
		}
		wider.layers = append(wider.layers, f.layer(TableID{Name: f.Name, Date: f.Date, Digest: text, Source: f.Source}))
	}
	return &wider, nil
}

// Tables names the tables that prices come from: Landfall's own, then people's
// in the order in which they were given.
func (t *Table) Tables() []TableID {
	all := []TableID{{Name: ownName, Date: t.date, Digest: ownDigest(), Source: "list prices that come with Landfall"}}
	for _, l := range t.layers {
		all = append(all, l.id)
	}
	return all
}

// Own says that there are prices of people's own.
func (t *Table) Own() bool { return len(t.layers) > 0 }

var ownDigest = sync.OnceValue(func() string { return digest([]byte(pricesCSV)) })

// layer takes a file apart.
func (f File) layer(id TableID) layer {
	l := layer{id: id, quotes: map[quoteKey]quote{}}
	for _, d := range f.Discounts {
		d.Region = f.regionOf(d.Region)
		l.discounts = append(l.discounts, d)
	}
	for _, p := range f.Prices {
		for _, use := range p.uses() {
			key := quoteKey{p.Type, use, f.regionOf(p.Region)}
			if p.PerHour != nil {
				l.quotes[key] = f.quote(p, *p.PerHour)
			}
			if p.SpotPerHour != nil {
				key.instanceType += spotSuffix
				l.quotes[key] = f.quote(p, *p.SpotPerHour)
			}
		}
	}
	return l
}

// quote converts a price to USD.
func (f File) quote(p FilePrice, perHour float64) quote {
	q := quote{usdPerHour: perHour, source: p.Source, date: p.Date, estimate: p.Estimate, table: f.Name}
	if q.source == "" {
		q.source = f.Source
	}
	if q.date == "" {
		q.date = f.Date
	}
	if f.Currency != "" && f.Currency != currencyUSD {
		q.usdPerHour = perHour * f.USDPerUnit
		q.source = fmt.Sprintf("%s; %s %s at %s USD", q.source, usd(perHour), f.Currency, usd(f.USDPerUnit))
	}
	return q
}

// own finds a price in people's files: the later file first, and in each that
// of the region before that of every region.
func (t *Table) own(instanceType string, use Use, region string) (quote, bool) {
	for i := len(t.layers) - 1; i >= 0; i-- {
		for _, where := range []string{region, ""} {
			if found, ok := t.layers[i].quotes[quoteKey{instanceType, use, where}]; ok {
				return found, true
			}
		}
	}
	return quote{}, false
}

// discounted takes off a price of Landfall's own what people do not pay.
func (t *Table) discounted(price Price, instanceType string, use Use) Price {
	if price.Table != "" {
		return price
	}
	for i := len(t.layers) - 1; i >= 0; i-- {
		for _, d := range t.layers[i].discounts {
			if !d.matches(instanceType, use, t.region) {
				continue
			}
			price.USDPerHour *= 1 - d.Percent/percent
			price.Table = t.layers[i].id.Name
			price.Basis += fmt.Sprintf(", less %s %% (%s)", usd(d.Percent), strings.Join(strings.Fields(d.Why), " "))
			return price
		}
	}
	return price
}

// Regions are those that people's prices of nodes of some types are for. An
// empty one stands for prices of every region.
func (t *Table) Regions(types []string) map[string]bool {
	wanted := make(map[string]bool, len(types))
	for _, name := range types {
		wanted[name] = true
	}
	regions := map[string]bool{}
	for _, l := range t.layers {
		for key := range maps.Keys(l.quotes) {
			if key.use == Node && wanted[strings.TrimSuffix(key.instanceType, spotSuffix)] {
				regions[key.region] = true
			}
		}
	}
	return regions
}
