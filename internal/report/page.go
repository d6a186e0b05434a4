package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Page is everything that the page shows.
type Page struct {
	Accounts     []string
	ScannedAt    string
	LookbackDays int
	// Planned says that decisions are shown beside what was found.
	Planned  bool
	Tiles    []Tile
	Concerns []Group
	Unread   []inventory.Unread
	Callers  []inventory.CallerCoverage
	Data     data
}

// Tile is a figure at the top of the page.
type Tile struct {
	// Value and Label are what is read; Note says where the value comes from.
	Value, Label, Note string
}

// Group holds the concerns of one urgency.
type Group struct {
	Urgency Urgency
	// First are shown at once, Rest when somebody asks.
	First, Rest []*Entry
}

// Entry is what there is to worry about in one workload, or about one operation
// that was not answered, or one concern that several workloads share.
type Entry struct {
	Subjects []Subject
	Concerns []Concern
}

// Subject is what an entry is about.
type Subject struct {
	// Workload is the full key, empty for operations.
	Workload, Name string
}

// shownEntries is what a person reads without losing the thread.
const shownEntries = 8

// Count of everything that an entry is about, each once.
func (g Group) Count() int {
	subjects := map[Subject]bool{}
	for _, entries := range [][]*Entry{g.First, g.Rest} {
		for _, entry := range entries {
			for _, subject := range entry.Subjects {
				subjects[subject] = true
			}
		}
	}
	return len(subjects)
}

// mostNamed is how many workloads of one entry are named at once: the busiest
// tell whether the rest is worth a look.
const mostNamed = 12

// Shared says that the entry is one concern of several workloads.
func (e *Entry) Shared() bool { return len(e.Subjects) > 1 }

// Named are the workloads that are named at once.
func (e *Entry) Named() []Subject { return e.Subjects[:min(len(e.Subjects), mostNamed)] }

// Unnamed are those named when somebody asks.
func (e *Entry) Unnamed() []Subject { return e.Subjects[min(len(e.Subjects), mostNamed):] }

// Build makes the page of an inventory. The plan may be nil.
func Build(d inventory.Document, planned *plan.Document) Page {
	subjects := subjectsOf(d, planned)
	page := Page{
		ScannedAt: minuteOf(d.ScannedAt), LookbackDays: d.LookbackDays, Planned: planned != nil,
		Tiles: tiles(subjects, d), Unread: d.Unread, Callers: d.CallerCoverage,
		Data: dataOf(subjects, graph.Of(d)),
	}
	for _, a := range d.Accounts {
		page.Accounts = append(page.Accounts, strings.TrimSpace(a.ID+" "+a.Region))
	}
	page.Concerns = grouped(concerns(subjects, d))
	return page
}

// sharedBy is from how many workloads on a concern in the same words stands once
// for all of them: read for the third time, it hides what is said only once.
const sharedBy = 3

// grouped puts concerns of one urgency and one subject together, and subjects
// of one concern. Entries are in the order of their first concern.
func grouped(all []Concern) []Group {
	shared := map[string]int{}
	for _, c := range all {
		shared[c.sentence()]++
	}
	var groups []Group
	for _, urgency := range []Urgency{Now, Soon, Sometime} {
		var entries []*Entry
		at := map[string]int{}
		for _, c := range all {
			if c.Urgency != urgency {
				continue
			}
			name, together := c.Workload+" "+c.Subject, shared[c.sentence()] >= sharedBy
			if together {
				name = c.sentence()
			}
			i, known := at[name]
			if !known {
				i = len(entries)
				at[name] = i
				entries = append(entries, &Entry{})
			}
			entries[i].add(c, together)
		}
		if len(entries) > 0 {
			shown := min(len(entries), shownEntries)
			groups = append(groups, Group{Urgency: urgency, First: entries[:shown], Rest: entries[shown:]})
		}
	}
	return groups
}

// sentence is what a concern says, whomever it is about.
func (c Concern) sentence() string { return fmt.Sprint(c.Urgency, c.What, "\n", c.Do) }

// add puts a concern into the entry of its subject, or its subject into the
// entry of the concern.
func (e *Entry) add(c Concern, together bool) {
	if len(e.Subjects) == 0 || together {
		e.Subjects = append(e.Subjects, Subject{Workload: c.Workload, Name: c.Subject})
	}
	if len(e.Concerns) == 0 || !together {
		e.Concerns = append(e.Concerns, c)
	}
}

func subjectsOf(d inventory.Document, planned *plan.Document) []subject {
	endpoints := map[inventory.WorkloadKey]*inventory.Endpoint{}
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		endpoints[inventory.WorkloadKey{Place: e.Place, Kind: inventory.WorkloadEndpoint, Name: e.Name}] = e
	}
	decided := map[inventory.WorkloadKey]*plan.Workload{}
	if planned != nil {
		for i := range planned.Workloads {
			decided[planned.Workloads[i].WorkloadKey] = &planned.Workloads[i]
		}
	}
	watched, trails := alarmsByEndpoint(d), map[inventory.Place]bool{}
	for _, c := range d.CallerCoverage {
		trails[c.Place] = c.CloudTrail.Read
	}
	subjects := make([]subject, 0, len(d.Workloads))
	for _, w := range d.Workloads {
		subjects = append(subjects, subject{
			Workload: w, endpoint: endpoints[w.WorkloadKey], planned: decided[w.WorkloadKey], alarms: watched[w.WorkloadKey], trailRead: trails[w.Place],
		})
	}
	slices.SortStableFunc(subjects, func(a, b subject) int { return a.Compare(b.WorkloadKey) })
	return subjects
}

// alarmsByEndpoint counts the alarms that name an endpoint in a dimension.
func alarmsByEndpoint(d inventory.Document) map[inventory.WorkloadKey]int {
	counts := map[inventory.WorkloadKey]int{}
	for _, a := range d.Alarms {
		metrics := []*inventory.CustomMetric{a.Metric}
		for _, e := range a.Expressions {
			metrics = append(metrics, e.Metric)
		}
		seen := map[string]bool{"": true}
		for _, m := range metrics {
			if m == nil || seen[m.Dimensions["EndpointName"]] {
				continue
			}
			name := m.Dimensions["EndpointName"]
			seen[name] = true
			counts[inventory.WorkloadKey{Place: a.Place, Kind: inventory.WorkloadEndpoint, Name: name}]++
		}
	}
	return counts
}

func tiles(subjects []subject, d inventory.Document) []Tile {
	var endpoints, critical int
	var requests float64
	for _, s := range subjects {
		if s.Kind == inventory.WorkloadEndpoint {
			endpoints++
		}
		if s.critical() {
			critical++
		}
		requests += s.importance()
	}
	all := []Tile{
		{Value: strconv.Itoa(len(subjects)), Label: "workloads", Note: fmt.Sprintf("of %d resources", len(d.Resources)+len(d.Endpoints))},
		{Value: strconv.Itoa(endpoints), Label: "endpoints", Note: compact(requests) + " requests a day"},
		{Value: strconv.Itoa(critical), Label: "of high criticality", Note: "reasons stand with each"},
	}
	return append(append(all, costTile(subjects)), decisionTiles(subjects)...)
}

// costTile sums what has a price, and says how much has none.
func costTile(subjects []subject) Tile {
	var sum inventory.Cost
	unpriced := 0
	for _, s := range subjects {
		if len(s.Unpriced) > 0 {
			unpriced++
		}
		if s.CostPerMonth == nil {
			continue
		}
		sum.USD += s.CostPerMonth.USD
		sum.Estimate = sum.Estimate || s.CostPerMonth.Estimate
		sum.PricesOf = max(sum.PricesOf, s.CostPerMonth.PricesOf)
	}
	note := fmt.Sprintf("%d workloads cost what is not known", unpriced)
	if sum.PricesOf != "" {
		note = "prices of " + sum.PricesOf + "; " + note
	}
	if sum.Estimate {
		note = "estimate; " + note
	}
	return Tile{Value: "$" + compact(sum.USD), Label: "a month", Note: note}
}

func decisionTiles(subjects []subject) []Tile {
	counts := map[plan.Decision]int{}
	for _, s := range subjects {
		if s.planned != nil {
			counts[s.planned.Decision]++
		}
	}
	if len(counts) == 0 {
		return nil
	}
	var words []string
	for _, decision := range plan.Decisions {
		if counts[decision] > 0 && decision != plan.Move {
			words = append(words, fmt.Sprintf("%d %s", counts[decision], decision))
		}
	}
	return []Tile{{Value: strconv.Itoa(counts[plan.Move]), Label: "can move now", Note: strings.Join(words, ", ")}}
}

// minuteOf writes a time (RFC 3339, UTC) as people do.
func minuteOf(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.UTC().Format("2006-01-02 15:04") + " UTC"
}

// compact writes a number with three digits or fewer and a letter.
func compact(value float64) string {
	for _, step := range []struct {
		least  float64
		letter string
	}{{1e9, "B"}, {1e6, "M"}, {1e3, "k"}} {
		if value >= step.least {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", value/step.least), ".0") + step.letter
		}
	}
	return fmt.Sprintf("%.0f", value)
}
