package evidence_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/evidence"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func reportOf(router string, at time.Time, endpoints ...evidence.EndpointReport) evidence.Report {
	return evidence.Report{Version: evidence.ReportVersion, Router: router, Time: at, Endpoints: endpoints}
}

func churn(revision int64, variants ...evidence.VariantReport) evidence.EndpointReport {
	return evidence.EndpointReport{Namespace: "ns", Name: "churn", UID: "u1", TrafficRevision: revision, Since: day, Variants: variants}
}

func live(name string, requests, failed int64) evidence.VariantReport {
	return evidence.VariantReport{Name: name, Live: evidence.Outcomes{Requests: requests, Errors: failed}}
}

func TestMergeTakesOnlyTheRevisionAskedFor(t *testing.T) {
	other := churn(7, live("a", 100, 100))
	other.UID = "u0"
	elsewhere := churn(7, live("a", 100, 100))
	elsewhere.Namespace = "other"
	reports := []evidence.Report{
		reportOf("r1", day, other, elsewhere, churn(7, live("a", 10, 1))),
		reportOf("r2", day.Add(time.Second), churn(7, live("a", 5, 0))),
		reportOf("r3", day, churn(6, live("a", 1000, 1000))),
		reportOf("r4", day),
	}
	got := evidence.Merge(reports, "ns", "churn", "u1", 7)
	want := evidence.Merged{
		Routers: 4, Applied: 2, Revision: 7,
		OldestTime: day, NewestTime: day.Add(time.Second), SinceTime: day,
		Variants: map[string]evidence.VariantReport{"a": live("a", 15, 1)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Merge (-want +got):\n%s", diff)
	}
}

func TestMergeCountsARouterOnce(t *testing.T) {
	reports := []evidence.Report{
		reportOf("r1", day, churn(1, live("a", 10, 0))),
		reportOf("r1", day.Add(time.Second), churn(1, live("a", 12, 0))),
	}
	got := evidence.Merge(reports, "ns", "churn", "u1", 1)
	if got.Routers != 1 || got.Applied != 1 || got.Variants["a"].Live.Requests != 12 {
		t.Errorf("Merge = %d routers, %d applied, %d requests; want 1, 1, 12", got.Routers, got.Applied, got.Variants["a"].Live.Requests)
	}
}

func TestMergeKeepsTheWorstExamples(t *testing.T) {
	example := func(kind string, relativeError float64) evidence.Example {
		return evidence.Example{Time: day, Kind: kind, RelativeError: relativeError}
	}
	endpoint := func(examples ...evidence.Example) evidence.EndpointReport {
		e := churn(1)
		e.Comparisons = []evidence.Comparison{{Reference: "a", Candidate: "b", Examples: examples}}
		return e
	}
	var many []evidence.Example
	for i := range evidence.MaxExamples {
		many = append(many, example("number", float64(i)/10))
	}
	got := evidence.Merge([]evidence.Report{
		reportOf("r1", day, endpoint(many...)),
		reportOf("r2", day, endpoint(example("number", 2), example("shape", 0))),
	}, "ns", "churn", "u1", 1).Comparison("a", "b").Examples
	if len(got) != evidence.MaxExamples || got[0].Kind != "shape" || got[1].RelativeError != 2 {
		t.Errorf("examples are %+v; want %d of them, the shape first and then the largest number", got, evidence.MaxExamples)
	}
}

func TestMergedLookups(t *testing.T) {
	e := churn(1)
	e.Trips = []evidence.Trip{{Variant: "b", Time: day.Add(time.Second)}, {Variant: "b", Time: day, Message: "first"}}
	m := evidence.Merge([]evidence.Report{reportOf("r1", day, e)}, "ns", "churn", "u1", 1)
	if trip := m.Trip("b"); trip == nil || trip.Message != "first" {
		t.Errorf("Trip(b) = %v, want the first", trip)
	}
	if trip := m.Trip("a"); trip != nil {
		t.Errorf("Trip(a) = %v, want none", trip)
	}
	if diff := cmp.Diff(evidence.Comparison{Reference: "a", Candidate: "b"}, m.Comparison("a", "b")); diff != "" {
		t.Errorf("Comparison of a pair never compared (-want +got):\n%s", diff)
	}
}

func drawOutcomes(t *rapid.T, label string) evidence.Outcomes {
	o := evidence.Outcomes{
		Errors:       rapid.Int64Range(0, 50).Draw(t, label+"Errors"),
		CallerErrors: rapid.Int64Range(0, 50).Draw(t, label+"CallerErrors"),
	}
	latencies := rapid.SliceOfN(rapid.Float64Range(0.001, 10), 0, 20).Draw(t, label+"Latencies")
	for _, v := range latencies {
		o.LatencySeconds.Add(v)
	}
	o.Requests = o.Errors + o.CallerErrors + int64(len(latencies))
	if o.Errors > 0 {
		first := day.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, label+"First")) * time.Second)
		o.FirstErrorTime = &first
	}
	return o
}

func drawReports(t *rapid.T) []evidence.Report {
	var reports []evidence.Report
	for i := range rapid.IntRange(0, 5).Draw(t, "reports") {
		e := churn(rapid.Int64Range(1, 2).Draw(t, "revision"))
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID).Draw(t, "variants") {
			e.Variants = append(e.Variants, evidence.VariantReport{Name: name, Live: drawOutcomes(t, "live"), Mirror: drawOutcomes(t, "mirror")})
		}
		equal, different := rapid.Int64Range(0, 99).Draw(t, "equal"), rapid.Int64Range(0, 99).Draw(t, "different")
		e.Comparisons = []evidence.Comparison{{
			Reference: "a", Candidate: "b", Compared: equal + different, Equal: equal, Different: different,
			Sent: map[evidence.SizeBucket]int64{evidence.SizeTo1KiB: equal},
		}}
		e.Trips = []evidence.Trip{{Variant: "b", Time: day.Add(time.Duration(i) * time.Second)}}
		at := day.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "time")) * time.Second)
		reports = append(reports, reportOf(fmt.Sprintf("r%d", i), at, e))
	}
	return reports
}

func TestMergeDoesNotDependOnOrderOrChangeItsInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reports := drawReports(t)
		before, err := json.Marshal(reports)
		if err != nil {
			t.Fatal(err)
		}
		want := evidence.Merge(reports, "ns", "churn", "u1", 1)
		after, err := json.Marshal(reports)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Error("Merge changed its input")
		}
		shuffled := append([]evidence.Report(nil), reports...)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, evidence.Merge(shuffled, "ns", "churn", "u1", 1)); diff != "" {
			t.Errorf("Merge depends on the order (-want +got):\n%s", diff)
		}
	})
}

func TestReportSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, want := range drawReports(t) {
			data, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := evidence.DecodeReport(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("report changed on its way through JSON (-want +got):\n%s", diff)
			}
		}
	})
}

func TestDecodeReportRefuses(t *testing.T) {
	inEndpoint := func(body string) string {
		return `{"version":"` + evidence.ReportVersion + `","router":"r1","endpoints":[{"namespace":"ns","name":"churn",` + body + `}]}`
	}
	cases := map[string]struct{ body, want string }{
		"not JSON":              {"<html>", "want JSON"},
		"no version":            {`{}`, "same release"},
		"another version":       {`{"version":"landfall.dev/evidence/v2"}`, "same release"},
		"more errors than sent": {inEndpoint(`"variants":[{"name":"a","live":{"requests":1,"errors":2}}]`), "more failed than were made"},
		"negative":              {inEndpoint(`"variants":[{"name":"a","mirror":{"requests":-1}}]`), "count -1"},
		"variant twice":         {inEndpoint(`"variants":[{"name":"a"},{"name":"a"}]`), "listed twice"},
		"pair twice":            {inEndpoint(`"comparisons":[{"reference":"a","candidate":"b"},{"reference":"a","candidate":"b"}]`), "listed twice"},
		"counts that differ":    {inEndpoint(`"comparisons":[{"compared":3,"equal":1,"different":1}]`), "do not add up"},
		"negative bucket":       {inEndpoint(`"comparisons":[{"sent":{"1KiB":-4}}]`), "size bucket"},
		"wrong type":            {inEndpoint(`"trafficRevision":"x"`), "trafficRevision"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := evidence.DecodeReport(strings.NewReader(c.body))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one about %q", err, c.want)
			}
		})
	}
}

// endless is a body that never ends, as from a broken or hostile peer.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestDecodeReportIsBounded(t *testing.T) {
	if _, err := evidence.DecodeReport(io.Reader(endless{})); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error is %v, want one about the size", err)
	}
}

func TestBucketOf(t *testing.T) {
	for size, want := range map[int64]evidence.SizeBucket{
		0: evidence.SizeTo1KiB, 1024: evidence.SizeTo1KiB, 1025: evidence.SizeTo16KiB, 100 << 10: evidence.SizeTo256KiB,
		1 << 20: evidence.SizeTo1MiB, 6 << 20: evidence.SizeTo6MiB, 6<<20 + 1: evidence.SizeOver6MiB,
	} {
		if got := evidence.BucketOf(size); got != want {
			t.Errorf("BucketOf(%d) = %s, want %s", size, got, want)
		}
	}
}

func FuzzDecodeReport(f *testing.F) {
	e := churn(1, evidence.VariantReport{Name: "a", Live: evidence.Outcomes{Requests: 2, LatencySeconds: sketchOf(0.1, 3)}})
	data, err := json.Marshal(reportOf("r1", day, e))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":"` + evidence.ReportVersion + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := evidence.DecodeReport(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := json.Marshal(report)
		if err != nil {
			t.Fatalf("a report that was accepted cannot be written: %v", err)
		}
		if _, err := evidence.DecodeReport(bytes.NewReader(again)); err != nil {
			t.Fatalf("a report that was accepted is refused when written again: %v", err)
		}
	})
}

func FuzzSketch(f *testing.F) {
	data, err := json.Marshal(sketchOf(0.001, 0.1, 20))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`""`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s evidence.Sketch
		if err := s.UnmarshalJSON(data); err != nil {
			return
		}
		q, ok := s.Quantile(0.99)
		if ok != (s.Count() > 0) {
			t.Fatalf("Count is %d, but Quantile answers %v", s.Count(), ok)
		}
		if ok && (q < evidence.MinSeconds*0.97 || q > evidence.MaxSeconds*1.03) {
			t.Fatalf("quantile of %v s is out of range", q)
		}
		s.Add(1)
		s.Merge(s.Clone())
	})
}
