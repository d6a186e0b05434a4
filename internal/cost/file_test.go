package cost

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// head begins a file of prices that is right so far.
const head = "apiVersion: prices.landfall.dev/v1alpha1\nkind: Prices\nname: acme\ndate: 2026-11\nsource: our contract\n"

func tableOf(t *testing.T, texts ...string) *Table {
	t.Helper()
	var files []File
	for _, text := range texts {
		f, err := Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	table, err := Prices().With(files...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestOwnPrices(t *testing.T) {
	table := tableOf(t, head+`
region: eu-west-1
discounts:
  - {types: "m6i.*", use: Node, percent: 25, why: savings plan}
  - {types: "ml.g5.*", region: us-east-1, percent: 10, why: agreement}
prices:
  - {type: ml.m5.xlarge, use: Hosting, perHour: 0.18}
  - {type: ml.c5.xlarge, perHour: 0.15}
  - {type: m5.xlarge, spotPerHour: 0.07}
  - {type: c5.xlarge, perHour: 0.1, region: us-east-1, estimate: true, source: a guess, date: 2026-10-01}
`, strings.Replace(head, "acme", "gke", 1)+`
currency: EUR
usdPerUnit: 1.1
prices:
  - {type: n2-standard-4, perHour: 0.2, spotPerHour: 0.05}
`)
	node := func(spot bool) func(*Table, string) (Price, bool) {
		return func(t *Table, name string) (Price, bool) { return t.Node(name, spot) }
	}
	managed := func(use Use) func(*Table, string) (Price, bool) {
		return func(t *Table, name string) (Price, bool) { return t.SageMaker(name, use) }
	}
	cases := map[string]struct {
		reason, region, name string
		price                func(*Table, string) (Price, bool)
		want                 float64
		estimate             bool
		table, basis         string
	}{
		"own":                     {"the file's region", "eu-west-1", "ml.m5.xlarge", managed(Hosting), 0.18, false, "acme", "prices acme: our contract"},
		"another use":             {"stands in, as among Landfall's own", "eu-west-1", "ml.m5.xlarge", managed(Training), 0.18, true, "acme", "stands in"},
		"every use":               {"no use is every use of SageMaker's", "eu-west-1", "ml.c5.xlarge", managed(Training), 0.15, false, "acme", ""},
		"another region":          {"holds only where it says", "us-east-1", "ml.m5.xlarge", managed(Hosting), 0.23, false, "", "Price List"},
		"a third region":          {"holds only where it says, and does not stand in", "ap-south-1", "c5.xlarge", node(false), 0.17, true, "", "a price of us-east-1"},
		"a region of its own":     {"the price's own region", "us-east-1", "c5.xlarge", node(false), 0.1, true, "acme", "a guess"},
		"spot":                    {"quoted", "eu-west-1", "m5.xlarge", node(true), 0.07, false, "acme", ""},
		"on demand beside spot":   {"Landfall's own stays", "eu-west-1", "m5.xlarge", node(false), 0.192, true, "", ""},
		"a discount":              {"25 % off 0.192", "eu-west-1", "m6i.xlarge", node(false), 0.144, true, "acme", "less 25 % (savings plan)"},
		"no discount elsewhere":   {"it is of eu-west-1", "us-east-1", "m6i.xlarge", node(false), 0.192, false, "", ""},
		"no discount on spot":     {"savings plans are for nodes on demand", "eu-west-1", "m6i.xlarge", node(true), 0.192 * spotShare, true, "", "spot over on demand"},
		"a discount on SageMaker": {"10 % off 1.4084", "us-east-1", "ml.g5.xlarge", managed(Hosting), 1.26756, false, "acme", "less 10 % (agreement)"},
		"another currency":        {"0.2 EUR at 1.1 USD, in every region", "europe-west1", "n2-standard-4", node(false), 0.22, false, "gke", "0.2 EUR at 1.1 USD"},
		"spot of another cloud":   {"0.05 EUR at 1.1 USD", "", "n2-standard-4", node(true), 0.055, false, "gke", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := tc.price(table.In(tc.region), tc.name)
			if !ok || !near(got.USDPerHour, tc.want) || got.Estimate != tc.estimate || got.Table != tc.table || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("%s: %+v, %v; want %v, estimate %v, table %q, and %q in the basis", tc.reason, got, ok, tc.want, tc.estimate, tc.table, tc.basis)
			}
		})
	}
	if price, ok := table.Node("n2-standard-8", false); ok {
		t.Errorf("a price was made up: %+v", price)
	}
	if price, _ := Prices().SageMaker("ml.m5.xlarge", Hosting); !near(price.USDPerHour, 0.23) || Prices().Own() {
		t.Errorf("Landfall's own table changed: %+v", price)
	}
}

func TestLaterFilesWin(t *testing.T) {
	row := "prices: [{type: m5.xlarge, perHour: %d}]\n"
	table := tableOf(t, head+fmt.Sprintf(row, 1), strings.Replace(head, "acme", "newer", 1)+fmt.Sprintf(row, 2))
	if price, _ := table.Node("m5.xlarge", false); price.USDPerHour != 2 || price.Table != "newer" {
		t.Errorf("%+v; want the later file's", price)
	}
	var names []string
	for _, id := range table.Tables() {
		names = append(names, id.Name)
		if !strings.HasPrefix(id.Digest, "sha256:") || id.Date == "" || id.Source == "" {
			t.Errorf("%+v", id)
		}
	}
	if strings.Join(names, " ") != "landfall acme newer" {
		t.Errorf("tables are %s", names)
	}
	f, _ := Decode([]byte(head + fmt.Sprintf(row, 1)))
	if _, err := Prices().With(f, f); err == nil || !strings.Contains(err.Error(), "have the name \"acme\"") {
		t.Errorf("two files of one name: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	prices := func(row string) string { return head + "prices:\n  - {" + row + "}\n" }
	cases := map[string]struct{ text, want string }{
		"another document": {"apiVersion: v1\nkind: Pod\n", "Prices"},
		"unknown field":    {prices("type: m5.large, perHour: 1, perhours: 2"), "unknown field"},
		"twice":            {head + "name: other\n", "\"name\""},
		"empty":            {head, "neither prices nor discounts"},
		"no name":          {strings.Replace(prices("type: m5.large, perHour: 1"), "name: acme\n", "", 1), `name is ""`},
		"our name":         {strings.Replace(prices("type: m5.large, perHour: 1"), "acme", "landfall", 1), `name is "landfall"`},
		"no date":          {strings.Replace(prices("type: m5.large, perHour: 1"), "date: 2026-11\n", "", 1), `date is ""`},
		"no source":        {strings.Replace(prices("type: m5.large, perHour: 1"), "source: our contract\n", "", 1), "source is empty"},
		"no price":         {prices("type: m5.large"), "neither perHour nor spotPerHour"},
		"negative":         {prices("type: m5.large, perHour: -1"), "perHour of m5.large is -1"},
		"no type":          {prices("perHour: 1"), `type is ""`},
		"spot as a type":   {prices("type: m5.large/spot, perHour: 1"), "type is"},
		"unknown use":      {prices("type: m5.large, use: Rent, perHour: 1"), `use of m5.large is "Rent"`},
		"node for hosting": {prices("type: m5.large, use: Hosting, perHour: 1"), "begin with ml."},
		"ml as a node":     {prices("type: ml.m5.large, use: Node, perHour: 1"), "begin with ml."},
		"spot of ml":       {prices("type: ml.m5.large, spotPerHour: 1"), "only nodes"},
		"region":           {prices("type: m5.large, perHour: 1, region: US"), `region of m5.large is "US"`},
		"date of a price":  {prices("type: m5.large, perHour: 1, date: yesterday"), `date of m5.large is "yesterday"`},
		"doubled":          {head + "prices: [{type: m5.large, perHour: 1}, {type: m5.large, perHour: 2}]\n", "prices[0] and prices[1]"},
		"doubled by region": {head + "region: eu-west-1\nprices: [{type: m5.large, perHour: 1}, {type: m5.large, region: eu-west-1, perHour: 2}]\n",
			"prices[0] and prices[1]"},
		"no rate":         {prices("type: m5.large, perHour: 1") + "currency: EUR\n", "what one EUR is worth in USD"},
		"rate of USD":     {prices("type: m5.large, perHour: 1") + "usdPerUnit: 2\n", "leave it out"},
		"currency":        {prices("type: m5.large, perHour: 1") + "currency: euros\nusdPerUnit: 1.1\n", `currency is "euros"`},
		"discount of all": {head + "discounts: [{types: '*', percent: 101, why: x}]\n", "percent is 101"},
		"discount of 0":   {head + "discounts: [{types: '*', percent: 0, why: x}]\n", "percent is 0"},
		"no why":          {head + "discounts: [{types: '*', percent: 5}]\n", "why is empty"},
		"types":           {head + "discounts: [{types: '[', percent: 5, why: x}]\n", `types is "["`},
		"too long":        {head + strings.Repeat("#\n", maxFileBytes), "bytes"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Decode([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v; want one with %q", err, tc.want)
			}
		})
	}
}

func TestDigestIsOfTheContent(t *testing.T) {
	digestOf := func(text string) string {
		f, err := Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sum, err := f.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	one := digestOf(head + "prices: [{type: m5.large, perHour: 1}]\n")
	if again := digestOf("# a comment\n" + head + "prices:\n- perHour: 1.0\n  type: m5.large\n"); again != one {
		t.Error("another layout has another digest")
	}
	if other := digestOf(head + "prices: [{type: m5.large, perHour: 2}]\n"); other == one {
		t.Error("another price has the same digest")
	}
}

// TestTextIsAFile: what is printed can be read, and prices everything alike.
func TestTextIsAFile(t *testing.T) {
	ours := tableOf(t, head+`
discounts: [{types: "m6i.*", percent: 25, why: a plan}]
prices:
  - {type: n2-standard-8, region: europe-west1, perHour: 0.4, spotPerHour: 0.1}
  - {type: m5.xlarge, perHour: 0.15}
  - {type: e2-standard-2, spotPerHour: 0.02, source: 'said: "so", on # demand'}
`)
	for name, table := range map[string]*Table{"Landfall's own": Prices(), "people's": ours} {
		f, err := Decode([]byte(table.Text(nil)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := Prices().With(f)
		if err != nil {
			t.Fatal(err)
		}
		for key := range table.counting() {
			for _, use := range sageMakerUses {
				checkAlike(t, key.instanceType+" "+string(use), func(t *Table) (Price, bool) { return t.In(key.region).SageMaker(key.instanceType, use) }, table, again)
			}
			checkAlike(t, key.instanceType, func(t *Table) (Price, bool) { return t.In(key.region).Node(key.instanceType, false) }, table, again)
		}
	}
	text := Prices().Text([]string{"m5.large", "n2-standard-8"})
	for _, want := range []string{`- {type: "m5.large"`, `#  - {type: "n2-standard-8", perHour: , spotPerHour: }`, `{type: "ml.m5.xlarge", use: Hosting`} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if strings.Contains(text, `"m5.xlarge"`) {
		t.Error("the text has a node that was not asked for")
	}
}

func checkAlike(t *testing.T, what string, price func(*Table) (Price, bool), table, again *Table) {
	t.Helper()
	want, wantOK := price(table)
	got, gotOK := price(again)
	if wantOK != gotOK || math.Abs(want.USDPerHour-got.USDPerHour) > 1e-6 {
		t.Errorf("%s costs %v (%v) when read again, want %v (%v)", what, got.USDPerHour, gotOK, want.USDPerHour, wantOK)
	}
}

// TestOwnPricesAreNeverNegative: whatever discounts and prices there are, no
// price falls below zero, and every price names its table or is Landfall's.
func TestOwnPricesAreNeverNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Float64Range(0, 100).Draw(t, "amount")
		f := File{
			Name: "acme", Date: "2026", Source: "x", Region: rapid.SampledFrom([]string{"", "us-east-1", "eu-west-1"}).Draw(t, "region"),
			Discounts: []Discount{{Types: rapid.SampledFrom([]string{"*", "m5.*", "ml.*"}).Draw(t, "types"), Percent: rapid.Float64Range(0.1, 100).Draw(t, "percent"), Why: "x"}},
			Prices:    []FilePrice{{Type: rapid.SampledFrom([]string{"m5.xlarge", "ml.m5.xlarge", "n2-standard-4"}).Draw(t, "type"), PerHour: &amount}},
		}
		table, err := Prices().With(f)
		if err != nil {
			t.Fatal(err)
		}
		at := table.In(rapid.SampledFrom([]string{"us-east-1", "eu-west-1", ""}).Draw(t, "at"))
		list := Prices().In(at.region)
		for _, name := range []string{"m5.xlarge", "c5.xlarge", "ml.m5.xlarge", "ml.c5.xlarge"} {
			price, ok := at.SageMaker(name, Training)
			old, known := list.SageMaker(name, Training)
			if !strings.HasPrefix(name, managedPrefix) {
				price, ok = at.Node(name, false)
				old, known = list.Node(name, false)
			}
			if ok != known && price.Table == "" || ok && (price.USDPerHour < 0 || price.Basis == "") {
				t.Fatalf("%s: %+v, %v; before %+v", name, price, ok, old)
			}
			if price.Table == "" && ok && !near(price.USDPerHour, old.USDPerHour) {
				t.Fatalf("%s is Landfall's own at %v, and was %v", name, price.USDPerHour, old.USDPerHour)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(head + "prices: [{type: m5.large, perHour: 1, spotPerHour: 0.5}]\n"))
	f.Add([]byte(head + "currency: EUR\nusdPerUnit: 1.1\ndiscounts: [{types: 'm?.*', percent: 5.5, why: x}]\n"))
	f.Add([]byte(head + "region: eu-west-1\nprices:\n- {type: ml.m5.large, use: Hosting, perHour: 1e3, estimate: true}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Decode(data)
		if err != nil {
			return
		}
		table, err := Prices().With(file)
		if err != nil {
			t.Fatalf("accepted, and not usable: %v", err)
		}
		for key, q := range table.layers[0].quotes {
			if !(q.usdPerHour >= 0) || math.IsInf(q.usdPerHour, 0) || key.instanceType == "" {
				t.Fatalf("accepted %+v at %v", q, key)
			}
		}
		if again, err := Decode([]byte(table.Text(nil))); err != nil || again.Name == "" {
			t.Fatalf("what is printed cannot be read: %v", err)
		}
	})
}
