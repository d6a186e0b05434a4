package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// figures are what was measured.
type figures struct {
	MeasuredAt        string  `json:"measuredAt"`
	RequestsPerSecond float64 `json:"requestsPerSecond"`
	// Busiest is the operation with most calls that has a rate, and
	// IdealSeconds what they take at that rate.
	Busiest      string  `json:"busiest"`
	IdealSeconds float64 `json:"idealSeconds"`
	Scan         cost    `json:"scan"`
	// Ratio of the scan's time to the ideal.
	Ratio  float64 `json:"ratio"`
	Plan   cost    `json:"plan"`
	Report cost    `json:"report"`
	// Throttled counts refusals: the scan should stay below the rate.
	Throttled      int64       `json:"throttled"`
	Calls          int64       `json:"calls"`
	Operations     []operation `json:"operations"`
	InventoryBytes int64       `json:"inventoryBytes"`
	ReportBytes    int64       `json:"reportBytes"`
}

type operation struct {
	Name string `json:"name"`
	count
}

// paced says that the account limits an operation.
func paced(name string) bool {
	return len(name) > 10 && name[:10] == "sagemaker:"
}

func figuresOf(rate float64, calls map[string]count, scanned, planned, reported cost) figures {
	f := figures{
		MeasuredAt: time.Now().UTC().Format(time.RFC3339), RequestsPerSecond: rate, Scan: scanned, Plan: planned, Report: reported,
	}
	for name, c := range calls {
		f.Operations = append(f.Operations, operation{name, c})
		f.Calls += c.Calls
		f.Throttled += c.Rejected
	}
	slices.SortFunc(f.Operations, func(a, b operation) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name))
	})
	for _, op := range f.Operations {
		if paced(op.Name) {
			f.Busiest, f.IdealSeconds = op.Name, float64(op.Calls-op.Rejected)/rate
			break
		}
	}
	if f.IdealSeconds > 0 {
		f.Ratio = scanned.Seconds / f.IdealSeconds
	}
	return f
}

const shownOperations = 12

func (f figures) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OPERATION\tCALLS\tREFUSED\tIDEAL")
	for _, op := range f.Operations[:min(len(f.Operations), shownOperations)] {
		ideal := "-"
		if paced(op.Name) {
			ideal = fmt.Sprintf("%.0f s", float64(op.Calls-op.Rejected)/f.RequestsPerSecond)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", op.Name, op.Calls, op.Rejected, ideal)
	}
	fmt.Fprintf(table, "all %d\t%d\t%d\t\n\n", len(f.Operations), f.Calls, f.Throttled)
	fmt.Fprintln(table, "COMMAND\tTIME\tPEAK MEMORY\tAIM")
	fmt.Fprintf(table, "scan\t%.1f s\t%.0f MiB\t1.1 of the ideal %.0f s (%s); 300 MiB\n", f.Scan.Seconds, f.Scan.PeakMiB, f.IdealSeconds, f.Busiest)
	fmt.Fprintf(table, "  ratio\t%.3f\t\t\n", f.Ratio)
	fmt.Fprintf(table, "plan\t%.1f s\t%.0f MiB\t10 s\n", f.Plan.Seconds, f.Plan.PeakMiB)
	fmt.Fprintf(table, "report\t%.1f s\t%.0f MiB\t\n", f.Report.Seconds, f.Report.PeakMiB)
	fmt.Fprintf(table, "  inventory\t%.1f MiB\t\t\n  page\t%.1f MiB\t\t\n", mebibytes(f.InventoryBytes), mebibytes(f.ReportBytes))
	if err := table.Flush(); err != nil {
		return fmt.Errorf("cannot print the figures: %w", err)
	}
	return nil
}

func mebibytes(size int64) float64 { return float64(size) / (1 << 20) }

func (f figures) write(path string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write the figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
