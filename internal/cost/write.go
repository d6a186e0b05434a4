package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// heading explains a table that a person starts from.
const heading = `# Prices per hour as Landfall knows them, without taxes: a start for your own. Change
# what you pay otherwise, drop what you leave to Landfall, name the file's table, date
# and source, and give it to: landfall plan --prices FILE
#
# A price without a region holds in every region. A discount is taken off Landfall's
# own prices, so that a savings plan needs one line and no list:
#
# discounts:
#   - {types: "m6i.*", use: Node, percent: 28, why: compute savings plan of 2026}
`

// Text writes the table in the form that Decode reads, discounts taken off. Of
// prices of nodes it has those of the types that are named, and names in a
// comment those that have none; nil stands for all that have a price.
func (t *Table) Text(nodeTypes []string) string {
	var text strings.Builder
	text.WriteString(heading)
	fmt.Fprintf(&text, "apiVersion: %s\nkind: %s\nname: mine\ndate: %q\nsource: %q\nprices:\n", APIVersion, Kind, t.date, "list prices that come with Landfall")
	priced := map[string]bool{}
	for _, p := range t.prices() {
		if !p.managed() {
			if nodeTypes != nil && !slices.Contains(nodeTypes, p.Type) {
				continue
			}
			priced[p.Type] = true
		}
		text.WriteString(p.line())
	}
	missing := slices.DeleteFunc(slices.Clone(nodeTypes), func(name string) bool { return priced[name] })
	if len(missing) > 0 {
		text.WriteString("# No price is known of these nodes; add those that you would use:\n")
	}
	for _, name := range missing {
		fmt.Fprintf(&text, "#  - {type: %q, perHour: , spotPerHour: }\n", name)
	}
	return text.String()
}

// prices are all that count, with discounts taken off, sorted.
func (t *Table) prices() []FilePrice {
	byKey := map[quoteKey]*FilePrice{}
	for key, q := range t.counting() {
		plain, spot := strings.CutSuffix(key.instanceType, spotSuffix)
		at := quoteKey{plain, key.use, key.region}
		p := byKey[at]
		if p == nil {
			p = &FilePrice{Type: plain, Use: key.use, Region: key.region}
			byKey[at] = p
		}
		if spot {
			p.SpotPerHour = &q.usdPerHour
		} else {
			p.PerHour = &q.usdPerHour
		}
		if !spot || p.PerHour == nil {
			p.Source, p.Date, p.Estimate = q.source, q.date, q.estimate
		}
	}
	sorted := slices.SortedFunc(maps.Keys(byKey), func(a, b quoteKey) int {
		return cmp.Or(cmp.Compare(slices.Index(allUses, a.use), slices.Index(allUses, b.use)),
			strings.Compare(a.instanceType, b.instanceType), strings.Compare(a.region, b.region))
	})
	all := make([]FilePrice, 0, len(sorted))
	for _, key := range sorted {
		all = append(all, *byKey[key])
	}
	return all
}

// counting are the quotes that nothing stands before.
func (t *Table) counting() map[quoteKey]quote {
	all := make(map[quoteKey]quote, len(t.quotes))
	for key, q := range t.quotes {
		price := q.price("")
		less := t.In(key.region).discounted(price, key.instanceType, key.use)
		q.source += strings.TrimPrefix(less.Basis, price.Basis)
		q.usdPerHour = less.USDPerHour
		all[key] = q
	}
	for _, l := range t.layers {
		for key := range l.quotes {
			if key.region != "" {
				continue
			}
			maps.DeleteFunc(all, func(other quoteKey, _ quote) bool {
				return other.instanceType == key.instanceType && other.use == key.use
			})
		}
		maps.Copy(all, l.quotes)
	}
	return all
}

// line writes a price as one line of YAML.
func (p FilePrice) line() string {
	parts := []string{"type: " + strconv.Quote(p.Type)}
	if p.Use != Node {
		parts = append(parts, "use: "+string(p.Use))
	}
	if p.Region != "" {
		parts = append(parts, "region: "+strconv.Quote(p.Region))
	}
	if p.PerHour != nil {
		parts = append(parts, "perHour: "+usd(*p.PerHour))
	}
	if p.SpotPerHour != nil {
		parts = append(parts, "spotPerHour: "+usd(*p.SpotPerHour))
	}
	if p.Estimate {
		parts = append(parts, "estimate: true")
	}
	if p.Source != "" {
		parts = append(parts, "source: "+strconv.Quote(p.Source))
	}
	if p.Date != "" {
		parts = append(parts, "date: "+strconv.Quote(p.Date))
	}
	return "  - {" + strings.Join(parts, ", ") + "}\n"
}
