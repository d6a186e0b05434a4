package plan

import (
	"fmt"
	"path/filepath"
	"slices"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/placement"
	core "landfall.dev/landfall/internal/plan"
)

// noPrices after --prices goes back to Landfall's own.
const noPrices = "none"

// readPrices reads people's own prices: those that are named, or else those
// that the plan was made with before.
func (o *options) readPrices(previous *core.Document) (*cost.Table, map[string]string, error) {
	paths, again := o.prices, false
	if len(paths) == 0 && previous != nil {
		again = true
		for _, table := range previous.Prices {
			if table.File != "" {
				paths = append(paths, filepath.Join(filepath.Dir(o.output), filepath.FromSlash(table.File)))
			}
		}
	}
	if slices.Contains(paths, noPrices) {
		if len(paths) > 1 {
			return nil, nil, output.Usage("give --prices none alone", "--prices none goes with no other --prices")
		}
		return cost.Prices(), nil, nil
	}
	var files []cost.File
	named := map[string]string{}
	for _, path := range paths {
		file, err := o.readPriceFile(path, again)
		if err != nil {
			return nil, nil, err
		}
		files, named[file.Name] = append(files, file), o.besidePlan(path)
	}
	table, err := cost.Prices().With(files...)
	if err != nil {
		return nil, nil, &output.Failure{What: "cannot use the prices", Why: err.Error(), Next: "correct the file that is named", Cause: err}
	}
	return table, named, nil
}

func (o *options) readPriceFile(path string, again bool) (cost.File, error) {
	next := o.session.Program + " plan --print-prices > " + path
	if again {
		next = "the plan was made with these prices: put the file back, name another with --prices, or go back to Landfall's own with --prices " + noPrices
	}
	data, err := o.session.ReadFile(path, next)
	if err != nil {
		return cost.File{}, err
	}
	file, err := cost.Decode(data)
	if err != nil {
		return cost.File{}, o.session.CannotUse("prices", path, "correct what is named; "+o.session.Program+" plan --print-prices writes a file that is right", err)
	}
	return file, nil
}

// besidePlan is how the plan names a file of prices: by the way from the plan
// to the file, so that both can be moved together.
func (o *options) besidePlan(path string) string {
	if o.output == "" || o.output == "-" || path == "-" {
		return ""
	}
	folder, err := filepath.Abs(filepath.Dir(o.output))
	if err != nil {
		return filepath.ToSlash(path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	way, err := filepath.Rel(folder, whole)
	if err != nil {
		return filepath.ToSlash(whole)
	}
	return filepath.ToSlash(way)
}

// printPrices writes the prices in the form in which --prices reads them, with
// the nodes of one provider, or of all.
func (o *options) printPrices() error {
	table, _, err := o.readPrices(nil)
	if err != nil {
		return err
	}
	providers := []placement.Provider{placement.Provider(o.provider)}
	if o.provider == "" {
		providers = []placement.Provider{placement.ProviderEKS, placement.ProviderGKE, placement.ProviderAKS}
	}
	var types []string
	for _, provider := range providers {
		for _, t := range placement.NodeTypes(provider) {
			types = append(types, t.Name)
		}
	}
	if _, err := o.session.Out.Write([]byte(table.Text(types))); err != nil {
		return fmt.Errorf("cannot write the prices: %w", err)
	}
	return nil
}

// tellPrices says what of the prices is not as it was when the plan was last
// made.
func (o *options) tellPrices(before, now []core.PriceTable) {
	for _, table := range now {
		i := slices.IndexFunc(before, func(b core.PriceTable) bool { return b.Name == table.Name })
		switch {
		case i < 0 && table.File != "":
			o.session.Notef("Prices of %s (%s) are new; costs were computed again.", table.Name, table.Date)
		case i >= 0 && before[i].Digest != table.Digest:
			o.session.Notef("Prices of %s changed since the plan was last made (%s, before %s); costs were computed again.", table.Name, table.Date, before[i].Date)
		}
	}
	for _, table := range before {
		if !slices.ContainsFunc(now, func(n core.PriceTable) bool { return n.Name == table.Name }) {
			o.session.Notef("Prices of %s are used no longer; costs were computed again.", table.Name)
		}
	}
}
