package evidence

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Merged is what several routers together measured of one Endpoint under one
// revision of its traffic.
type Merged struct {
	// Routers is the number of routers whose reports were given.
	Routers int
	// Applied is the number of them that follow Revision.
	Applied int
	// Revision is the revision that was asked for.
	Revision int64
	// OldestTime and NewestTime are the times of the oldest and the newest
	// report among those applied; zero when there is none.
	OldestTime, NewestTime time.Time
	// SinceTime is when the last of the applied routers applied Revision.
	SinceTime time.Time
	// Variants holds the sums by variant name.
	Variants map[string]VariantReport
	// Comparisons holds the sums by pair, sorted by reference and candidate.
	Comparisons []Comparison
	// Trips are all trips, oldest first.
	Trips []Trip
}

// Comparison returns the sums for the pair; without any when it was never
// compared.
func (m Merged) Comparison(reference, candidate string) Comparison {
	for i := range m.Comparisons {
		if m.Comparisons[i].pair() == (pair{reference, candidate}) {
			return m.Comparisons[i]
		}
	}
	return Comparison{Reference: reference, Candidate: candidate}
}

// Trip returns the first trip of the variant, or nil.
func (m Merged) Trip(variant string) *Trip {
	for i := range m.Trips {
		if m.Trips[i].Variant == variant {
			return &m.Trips[i]
		}
	}
	return nil
}

type pair struct{ reference, candidate string }

func (c *Comparison) pair() pair { return pair{c.Reference, c.Candidate} }

// Merge adds up what the routers measured of one Endpoint under one revision of
// its traffic. Figures of another revision or another UID are left out. Of two
// reports with one router's name only the newer counts, so that nothing counts
// twice. The order of the reports does not matter, and none is changed.
//
// Report.Time is compared with the operator's clock later on: who fetched the
// reports should set it to the time they arrived, lest clocks that differ make
// fresh figures look stale.
func Merge(reports []Report, namespace, name, uid string, revision int64) Merged {
	newest := newestByRouter(reports)
	merged := Merged{Routers: len(newest), Revision: revision, Variants: map[string]VariantReport{}}
	pairs := map[pair]*Comparison{}
	for _, report := range newest {
		for i := range report.Endpoints {
			e := &report.Endpoints[i]
			if e.Namespace != namespace || e.Name != name || e.UID != uid || e.TrafficRevision != revision {
				continue
			}
			addReport(&merged, report.Time, e, pairs)
			break
		}
	}
	for _, c := range pairs {
		merged.Comparisons = append(merged.Comparisons, *c)
	}
	slices.SortFunc(merged.Comparisons, func(a, b Comparison) int {
		return cmp.Or(cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Candidate, b.Candidate))
	})
	slices.SortFunc(merged.Trips, func(a, b Trip) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Message, b.Message))
	})
	return merged
}

func newestByRouter(reports []Report) map[string]*Report {
	newest := make(map[string]*Report, len(reports))
	for i := range reports {
		if seen, ok := newest[reports[i].Router]; !ok || reports[i].Time.After(seen.Time) {
			newest[reports[i].Router] = &reports[i]
		}
	}
	return newest
}

func addReport(m *Merged, reportTime time.Time, e *EndpointReport, pairs map[pair]*Comparison) {
	if m.Applied == 0 || reportTime.Before(m.OldestTime) {
		m.OldestTime = reportTime
	}
	if m.Applied == 0 || reportTime.After(m.NewestTime) {
		m.NewestTime = reportTime
	}
	if e.Since.After(m.SinceTime) {
		m.SinceTime = e.Since
	}
	m.Applied++
	for i := range e.Variants {
		v := &e.Variants[i]
		sum := m.Variants[v.Name]
		sum.Name = v.Name
		sum.Live.add(&v.Live)
		sum.Mirror.add(&v.Mirror)
		m.Variants[v.Name] = sum
	}
	for i := range e.Comparisons {
		c := &e.Comparisons[i]
		sum, ok := pairs[c.pair()]
		if !ok {
			sum = &Comparison{Reference: c.Reference, Candidate: c.Candidate}
			pairs[c.pair()] = sum
		}
		sum.add(c)
	}
	m.Trips = append(m.Trips, e.Trips...)
}

func (o *Outcomes) add(other *Outcomes) {
	o.Requests += other.Requests
	o.Errors += other.Errors
	o.CallerErrors += other.CallerErrors
	o.LatencySeconds.Merge(other.LatencySeconds)
	if t := other.FirstErrorTime; t != nil && (o.FirstErrorTime == nil || t.Before(*o.FirstErrorTime)) {
		o.FirstErrorTime = t
	}
	if t := other.LastTime; t != nil && (o.LastTime == nil || t.After(*o.LastTime)) {
		o.LastTime = t
	}
}

func (c *Comparison) add(other *Comparison) {
	c.Compared += other.Compared
	c.Equal += other.Equal
	c.Different += other.Different
	c.Opaque += other.Opaque
	c.ReferenceFailed += other.ReferenceFailed
	c.Dropped = sumBuckets(c.Dropped, other.Dropped)
	c.Sent = sumBuckets(c.Sent, other.Sent)
	c.Examples = worstExamples(slices.Concat(c.Examples, other.Examples))
}

func sumBuckets(a, b map[SizeBucket]int64) map[SizeBucket]int64 {
	if len(a) == 0 {
		return maps.Clone(b)
	}
	for bucket, count := range b {
		a[bucket] += count
	}
	return a
}

// CompareExamples orders examples worst first: what is not a number before
// what is, larger differences before smaller, then older before newer.
func CompareExamples(a, b Example) int {
	return cmp.Or(
		cmp.Compare(exampleRank(a), exampleRank(b)),
		cmp.Compare(b.RelativeError, a.RelativeError),
		a.Time.Compare(b.Time),
		cmp.Compare(a.RequestID, b.RequestID),
		cmp.Compare(a.Path, b.Path),
	)
}

func exampleRank(e Example) int {
	if e.Kind == "number" {
		return 1
	}
	return 0
}

func worstExamples(examples []Example) []Example {
	slices.SortFunc(examples, CompareExamples)
	if len(examples) > MaxExamples {
		examples = examples[:MaxExamples:MaxExamples]
	}
	return examples
}
