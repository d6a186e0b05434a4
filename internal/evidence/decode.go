package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxReportBytes bounds a report that is read: room for a few hundred Endpoints
// with four full sketches each.
const MaxReportBytes = 32 << 20

// DecodeReport reads the JSON form of a Report. It refuses other versions,
// reports over MaxReportBytes, and figures that contradict themselves, since
// rollouts are decided on them. Fields it does not know are skipped: a newer
// router may tell more under the same version.
func DecodeReport(r io.Reader) (*Report, error) {
	limited := &io.LimitedReader{R: r, N: MaxReportBytes + 1}
	data, err := io.ReadAll(limited)
	if err != nil {
		return nil, fmt.Errorf("reading evidence report: %w", err)
	}
	if len(data) > MaxReportBytes {
		return nil, fmt.Errorf("evidence report is larger than %d bytes", MaxReportBytes)
	}
	var head struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("reading evidence report: want JSON: %w", err)
	}
	if head.Version != ReportVersion {
		return nil, fmt.Errorf("evidence report has version %.100q; want %q: run the same release of router and operator", head.Version, ReportVersion)
	}
	report := new(Report)
	if err := json.Unmarshal(data, report); err != nil {
		return nil, fmt.Errorf("reading evidence report: %w", err)
	}
	for i := range report.Endpoints {
		if err := report.Endpoints[i].check(); err != nil {
			e := &report.Endpoints[i]
			return nil, fmt.Errorf("evidence report of router %.100q, endpoint %.100s/%.100s: %w", report.Router, e.Namespace, e.Name, err)
		}
	}
	return report, nil
}

func (e *EndpointReport) check() error {
	variants := make(map[string]bool, len(e.Variants))
	for i := range e.Variants {
		v := &e.Variants[i]
		if variants[v.Name] {
			return fmt.Errorf("variant %.100q is listed twice", v.Name)
		}
		variants[v.Name] = true
		if err := errors.Join(v.Live.check(), v.Mirror.check()); err != nil {
			return fmt.Errorf("variant %.100q: %w", v.Name, err)
		}
	}
	pairs := make(map[pair]bool, len(e.Comparisons))
	for i := range e.Comparisons {
		c := &e.Comparisons[i]
		if pairs[c.pair()] {
			return fmt.Errorf("comparison of %.100q with %.100q is listed twice", c.Candidate, c.Reference)
		}
		pairs[c.pair()] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("comparison of %.100q with %.100q: %w", c.Candidate, c.Reference, err)
		}
	}
	return nil
}

func (o *Outcomes) check() error {
	if err := checkCounts(o.Requests, o.Errors, o.CallerErrors); err != nil {
		return err
	}
	if o.Errors+o.CallerErrors > o.Requests {
		return fmt.Errorf("%d errors and %d caller errors among %d requests: more failed than were made", o.Errors, o.CallerErrors, o.Requests)
	}
	if n := o.LatencySeconds.Count(); n > o.Requests {
		return fmt.Errorf("%d latencies of %d requests: more than were made", n, o.Requests)
	}
	return nil
}

func (c *Comparison) check() error {
	if err := checkCounts(c.Compared, c.Equal, c.Different, c.Opaque, c.ReferenceFailed); err != nil {
		return err
	}
	if c.Equal+c.Different != c.Compared {
		return fmt.Errorf("%d equal and %d different do not add up to %d compared", c.Equal, c.Different, c.Compared)
	}
	for _, counts := range []map[SizeBucket]int64{c.Dropped, c.Sent} {
		for bucket, count := range counts {
			if err := checkCounts(count); err != nil {
				return fmt.Errorf("size bucket %.20q: %w", bucket, err)
			}
		}
	}
	return nil
}

func checkCounts(counts ...int64) error {
	for _, count := range counts {
		if count < 0 || count > maxCount {
			return fmt.Errorf("count %d is outside 0 to %d", count, int64(maxCount))
		}
	}
	return nil
}
