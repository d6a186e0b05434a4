package cost

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxUSDPerHour is far above what any instance costs.
const maxUSDPerHour = 10_000

const percent = 100.0

// The columns of a table.
const (
	columnType   = "type"
	columnUse    = "use"
	columnRegion = "region"
	columnUSD    = "usdPerHour"
	columnSource = "source"
	columnDate   = "date"
)

var (
	allColumns      = []string{columnType, columnUse, columnRegion, columnUSD, columnSource, columnDate}
	requiredColumns = []string{columnType, columnUse, columnUSD}
	allUses         = append([]Use{Node}, sageMakerUses...)

	typeForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)
	regionForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	dateForm   = regexp.MustCompile(`^[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?$`)
)

// parseTable reads the table that comes with Landfall, seen from us-east-1.
func parseTable(text string) (*Table, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment = '#'
	columns, err := readColumns(reader)
	if err != nil {
		return nil, err
	}
	table := &Table{quotes: map[quoteKey]quote{}, region: homeRegion}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the table of prices: %w", err)
		}
		line, _ := reader.FieldPos(0)
		if err := table.add(columns, cells); err != nil {
			return nil, fmt.Errorf("line %d of the table of prices: %w", line, err)
		}
	}
}

func readColumns(reader *csv.Reader) ([]string, error) {
	columns, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the table of prices is empty; want a line with the columns %s", strings.Join(requiredColumns, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the table of prices: %w", err)
	}
	for i, column := range columns {
		if !slices.Contains(allColumns, column) {
			return nil, fmt.Errorf("the table of prices has the column %q; want some of %s", column, strings.Join(allColumns, ", "))
		}
		if slices.Contains(columns[:i], column) {
			return nil, fmt.Errorf("the table of prices has the column %q twice", column)
		}
	}
	for _, column := range requiredColumns {
		if !slices.Contains(columns, column) {
			return nil, fmt.Errorf("the table of prices has no column %q", column)
		}
	}
	return columns, nil
}

// add checks one line and adds it.
func (t *Table) add(columns, cells []string) error {
	row := make(map[string]string, len(columns))
	for i, column := range columns {
		row[column] = strings.TrimSpace(cells[i])
	}
	key, err := parseKey(row)
	if err != nil {
		return err
	}
	amount, err := strconv.ParseFloat(row[columnUSD], 64)
	if err != nil || math.IsNaN(amount) || amount < 0 || amount > maxUSDPerHour {
		return fmt.Errorf("usdPerHour is %q; want a number from 0 to %d", row[columnUSD], maxUSDPerHour)
	}
	if date := row[columnDate]; date != "" && !dateForm.MatchString(date) {
		return fmt.Errorf("date is %q; want YYYY, YYYY-MM or YYYY-MM-DD", date)
	}
	if _, twice := t.quotes[key]; twice {
		return fmt.Errorf("a second price of %s for %s in %s", key.instanceType, key.use, key.region)
	}
	t.quotes[key] = quote{usdPerHour: amount, source: row[columnSource], date: row[columnDate]}
	t.date = max(t.date, row[columnDate])
	return nil
}

func parseKey(row map[string]string) (quoteKey, error) {
	key := quoteKey{instanceType: row[columnType], use: Use(row[columnUse]), region: row[columnRegion]}
	if key.region == "" {
		key.region = homeRegion
	}
	if !typeForm.MatchString(key.instanceType) {
		return quoteKey{}, fmt.Errorf("type is %q; want an instance type such as ml.m5.xlarge or m5.xlarge", key.instanceType)
	}
	if !slices.Contains(allUses, key.use) {
		return quoteKey{}, fmt.Errorf("use is %q; want one of %v", key.use, allUses)
	}
	if !regionForm.MatchString(key.region) {
		return quoteKey{}, fmt.Errorf("region is %q; want one such as us-east-1", key.region)
	}
	return key, nil
}
