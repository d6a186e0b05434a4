package cost

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/document"
)

// Header of every file of prices.
const (
	APIVersion = "prices.landfall.dev/v1alpha1"
	Kind       = "Prices"
)

// Limits of files that people give.
const (
	maxFileBytes = 4 << 20
	maxPrices    = 20_000
	maxDiscounts = 1_000
	maxPerHour   = 1_000_000
)

// currencyUSD is the currency of everything that Landfall shows.
const currencyUSD = "USD"

var (
	nameForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	globForm     = regexp.MustCompile(`^[A-Za-z0-9*?][A-Za-z0-9*?._-]{0,99}$`)
)

// File is the form in which people give prices of their own: what they have
// negotiated, what a savings plan leaves, and the nodes of other clouds. They
// win over Landfall's own; what no file names keeps its price there, or stays
// unknown.
type File struct {
	document.Header `json:",inline"`
	// Name tells the table apart in plans: letters, digits and '-', '_', '.'.
	Name string `json:"name"`
	// Date is that of the prices: YYYY, YYYY-MM or YYYY-MM-DD.
	Date string `json:"date"`
	// Source says where the prices are from, in a line.
	Source string `json:"source"`
	// Currency of the prices, such as EUR. Empty means USD.
	Currency string `json:"currency,omitempty"`
	// USDPerUnit is what one unit of another currency is worth in USD. It must
	// be there for any currency but USD.
	USDPerUnit float64 `json:"usdPerUnit,omitempty"`
	// Region of the prices and discounts that name none. Empty means that they
	// hold in every region.
	Region string `json:"region,omitempty"`
	// Discounts are taken off Landfall's own prices, never off those below.
	Discounts []Discount `json:"discounts,omitempty"`
	// Prices per hour.
	Prices []FilePrice `json:"prices,omitempty"`
}

// FilePrice is what one instance costs.
type FilePrice struct {
	// Type of the instance, as its provider calls it: ml.m5.xlarge for
	// SageMaker, m5.xlarge, n2-standard-8 or Standard_D8s_v5 for a node.
	Type string `json:"type"`
	// Use is Node, Hosting, Training, Processing, Transform, Notebook or
	// Studio. Empty means Node for nodes, and every use of SageMaker's for
	// types that begin with ml.
	Use Use `json:"use,omitempty"`
	// Region that the price holds in. Empty means the file's.
	Region string `json:"region,omitempty"`
	// PerHour is the price of an hour; nil where only that of spot is given.
	PerHour *float64 `json:"perHour,omitempty"`
	// SpotPerHour is that of a spot node; nil leaves it to an estimate.
	SpotPerHour *float64 `json:"spotPerHour,omitempty"`
	// Estimate says that the price is no quote.
	Estimate bool `json:"estimate,omitempty"`
	// Source and Date are those of this price. Empty means the file's.
	Source string `json:"source,omitempty"`
	Date   string `json:"date,omitempty"`
}

// Discount is what a commitment takes off Landfall's own prices: a savings
// plan, a private agreement. It never counts for spot nodes.
type Discount struct {
	// Types that it is for, with * and ? as in names of files: m6i.*, ml.*.
	Types string `json:"types"`
	// Use that it is for. Empty means every use.
	Use Use `json:"use,omitempty"`
	// Region that it holds in. Empty means the file's.
	Region string `json:"region,omitempty"`
	// Percent is taken off, above 0 and at most 100.
	Percent float64 `json:"percent"`
	// Why names the commitment.
	Why string `json:"why"`
}

// Decode reads a file of prices and says what is wrong with it.
func Decode(data []byte) (File, error) {
	if len(data) > maxFileBytes {
		return File{}, fmt.Errorf("the prices have %d bytes; want at most %d", len(data), maxFileBytes)
	}
	var f File
	if err := document.Decode(data, document.Header{APIVersion: APIVersion, Kind: Kind}, &f); err != nil {
		return File{}, err
	}
	if err := f.validate(); err != nil {
		return File{}, err
	}
	return f, nil
}

// Digest tells two tables of one name apart: "sha256:" and the hash of what
// the file says, whatever its layout and comments.
func (f File) Digest() (string, error) {
	f.Header = document.Header{APIVersion: APIVersion, Kind: Kind}
	text, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("cannot write the prices %s as JSON: %w", f.Name, err)
	}
	return digest(text), nil
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (f File) validate() error {
	switch {
	case !nameForm.MatchString(f.Name) || f.Name == ownName:
		return fmt.Errorf("name is %q; want letters, digits and '-', '_' or '.', and not %s", f.Name, ownName)
	case f.Date == "" || !dateForm.MatchString(f.Date):
		return fmt.Errorf("date is %q; want that of the prices as YYYY, YYYY-MM or YYYY-MM-DD", f.Date)
	case strings.TrimSpace(f.Source) == "":
		return errors.New("source is empty; want where the prices are from, in a line")
	case f.Region != "" && !regionForm.MatchString(f.Region):
		return fmt.Errorf("region is %q; want one such as us-east-1, or none for every region", f.Region)
	case len(f.Prices) > maxPrices || len(f.Discounts) > maxDiscounts:
		return fmt.Errorf("the file has %d prices and %d discounts; want at most %d and %d", len(f.Prices), len(f.Discounts), maxPrices, maxDiscounts)
	case len(f.Prices)+len(f.Discounts) == 0:
		return errors.New("the file has neither prices nor discounts")
	}
	if err := f.validateCurrency(); err != nil {
		return err
	}
	for i, d := range f.Discounts {
		if err := d.validate(); err != nil {
			return fmt.Errorf("discounts[%d]: %w", i, err)
		}
	}
	seen := map[quoteKey]int{}
	for i, p := range f.Prices {
		if err := p.validate(); err != nil {
			return fmt.Errorf("prices[%d]: %w", i, err)
		}
		key := quoteKey{p.Type, p.Use, f.regionOf(p.Region)}
		if first, twice := seen[key]; twice {
			return fmt.Errorf("prices[%d] and prices[%d] are both of %s, use %q, region %q; want one", first, i, p.Type, p.Use, key.region)
		}
		seen[key] = i
	}
	return nil
}

func (f File) validateCurrency() error {
	foreign := f.Currency != "" && f.Currency != currencyUSD
	switch {
	case foreign && !currencyForm.MatchString(f.Currency):
		return fmt.Errorf("currency is %q; want three capital letters such as EUR", f.Currency)
	case foreign && !(f.USDPerUnit > 0 && f.USDPerUnit <= maxPerHour):
		return fmt.Errorf("usdPerUnit is %g; want what one %s is worth in USD: costs are compared in USD", f.USDPerUnit, f.Currency)
	case !foreign && f.USDPerUnit != 0 && f.USDPerUnit != 1:
		return fmt.Errorf("usdPerUnit is %g for prices in USD; leave it out, or name the currency", f.USDPerUnit)
	}
	return nil
}

func (p FilePrice) validate() error {
	switch {
	case !typeForm.MatchString(p.Type) || strings.HasSuffix(p.Type, spotSuffix):
		return fmt.Errorf("type is %q; want an instance type such as ml.m5.xlarge or n2-standard-8", p.Type)
	case p.Use != "" && !slices.Contains(allUses, p.Use):
		return fmt.Errorf("use of %s is %q; want one of %v, or none", p.Type, p.Use, allUses)
	case p.Use != "" && (p.Use == Node) == p.managed():
		return fmt.Errorf("use of %s is %s; types that begin with ml. are SageMaker's, all others are nodes", p.Type, p.Use)
	case p.Region != "" && !regionForm.MatchString(p.Region):
		return fmt.Errorf("region of %s is %q; want one such as us-east-1", p.Type, p.Region)
	case p.PerHour == nil && p.SpotPerHour == nil:
		return fmt.Errorf("%s has neither perHour nor spotPerHour", p.Type)
	case p.SpotPerHour != nil && p.managed():
		return fmt.Errorf("%s has spotPerHour; only nodes have a price of spot", p.Type)
	case p.Date != "" && !dateForm.MatchString(p.Date):
		return fmt.Errorf("date of %s is %q; want YYYY, YYYY-MM or YYYY-MM-DD", p.Type, p.Date)
	}
	for name, amount := range map[string]*float64{"perHour": p.PerHour, "spotPerHour": p.SpotPerHour} {
		if amount != nil && !(*amount >= 0 && *amount <= maxPerHour) {
			return fmt.Errorf("%s of %s is %g; want a number from 0 to %d", name, p.Type, *amount, maxPerHour)
		}
	}
	return nil
}

// managed says that SageMaker runs the instance.
func (p FilePrice) managed() bool { return strings.HasPrefix(p.Type, managedPrefix) }

func (d Discount) validate() error {
	switch {
	case !globForm.MatchString(d.Types):
		return fmt.Errorf("types is %q; want types with * and ?, such as m6i.*", d.Types)
	case d.Use != "" && !slices.Contains(allUses, d.Use):
		return fmt.Errorf("use is %q; want one of %v, or none", d.Use, allUses)
	case d.Region != "" && !regionForm.MatchString(d.Region):
		return fmt.Errorf("region is %q; want one such as us-east-1", d.Region)
	case math.IsNaN(d.Percent) || d.Percent <= 0 || d.Percent > percent:
		return fmt.Errorf("percent is %g; want more than 0 and at most 100", d.Percent)
	case strings.TrimSpace(d.Why) == "":
		return errors.New("why is empty; want the name of the commitment")
	}
	return nil
}

// regionOf is where a price of the file holds; empty means everywhere.
func (f File) regionOf(own string) string {
	if own != "" {
		return own
	}
	return f.Region
}

// uses that a price is for.
func (p FilePrice) uses() []Use {
	switch {
	case p.Use != "":
		return []Use{p.Use}
	case p.managed():
		return sageMakerUses
	default:
		return []Use{Node}
	}
}

// matches says that a discount is for a type and a use in a region.
func (d Discount) matches(instanceType string, use Use, region string) bool {
	fits, err := path.Match(d.Types, instanceType)
	return err == nil && fits && (d.Use == "" || d.Use == use) && (d.Region == "" || d.Region == region)
}
