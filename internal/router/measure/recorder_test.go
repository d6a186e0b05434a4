package measure

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
)

var (
	start = time.Unix(1000, 0).UTC()
	churn = Identity{Namespace: "shop", Name: "churn", UID: "u1", Revision: 4}
)

func recorder() *Recorder {
	return New("router-1", prometheus.NewRegistry(), func() time.Time { return start })
}

// Each outcome counts where the gates look for it.
func TestOutcomes(t *testing.T) {
	r := recorder()
	epoch := r.Follow([]Identity{churn})[churn]
	for i, outcome := range []exchange.Outcome{
		exchange.OK, exchange.CallerError, exchange.ServiceError, exchange.ServiceError, exchange.Cancelled,
	} {
		epoch.Live("blue", Sample{Outcome: outcome, Latency: time.Second, End: start.Add(time.Duration(i) * time.Second)})
	}
	got := r.Report().Endpoints[0].Variants[0].Live
	if got.Requests != 4 || got.Errors != 2 || got.CallerErrors != 1 || got.LatencySeconds.Count() != 2 {
		t.Errorf("counts are %+v with %d latencies; want 4 requests, 2 errors, 1 caller error, 2 latencies", got, got.LatencySeconds.Count())
	}
	if !got.FirstErrorTime.Equal(start.Add(2*time.Second)) || !got.LastTime.Equal(start.Add(3*time.Second)) {
		t.Errorf("first error at %v, last answer at %v; want +2s and +3s", got.FirstErrorTime, got.LastTime)
	}
}

// The examples kept are the worst, however many come in whatever order.
func TestExamplesAreTheWorst(t *testing.T) {
	r := recorder()
	epoch := r.Follow([]Identity{churn})[churn]
	for i := range 50 {
		relativeError := float64((i*37)%50) / 100
		epoch.Compared("blue", "green", Different, evidence.Example{Time: start, Kind: "number", RelativeError: relativeError})
	}
	examples := r.Report().Endpoints[0].Comparisons[0].Examples
	var got []float64
	for _, example := range examples {
		got = append(got, example.RelativeError)
	}
	if diff := cmp.Diff([]float64{.49, .48, .47, .46, .45, .44, .43, .42}, got); diff != "" {
		t.Errorf("examples by error: -want, +got:\n%s", diff)
	}
}

// A report is what the operator reads, and later figures do not change it.
func TestReportIsReadable(t *testing.T) {
	r := recorder()
	epoch := r.Follow([]Identity{churn})[churn]
	epoch.Live("blue", Sample{Latency: time.Millisecond, End: start})
	epoch.Mirrored("green", Sample{Latency: time.Millisecond, End: start})
	epoch.Compared("blue", "green", Equal, evidence.Example{})
	epoch.Compared("blue", "green", Opaque, evidence.Example{})
	epoch.Compared("blue", "green", ReferenceFailed, evidence.Example{})
	epoch.Copied("blue", "green", 100, false)
	epoch.Copied("blue", "green", 100<<10, true)
	epoch.Tripped(evidence.Trip{Variant: "green", Reason: "Errors", Time: start, FirstBadTime: start})
	report := r.Report()
	for range 10 {
		epoch.Copied("blue", "green", 100, false)
		epoch.Live("blue", Sample{Latency: time.Second, End: start})
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	read, err := evidence.DecodeReport(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	merged := evidence.Merge([]evidence.Report{*read}, "shop", "churn", "u1", 4)
	c := merged.Comparison("blue", "green")
	if merged.Applied != 1 || merged.Variants["blue"].Live.Requests != 1 || c.Equal != 1 || c.Opaque != 1 || c.ReferenceFailed != 1 ||
		c.Sent[evidence.SizeTo1KiB] != 1 || c.Dropped[evidence.SizeTo256KiB] != 1 || merged.Trip("green") == nil {
		t.Errorf("the operator reads %+v with %+v; want one of each", merged, c)
	}
}

// Series of an Endpoint that is gone go with it.
func TestFollowForgets(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := New("router-1", registry, func() time.Time { return start })
	other := Identity{Namespace: "shop", Name: "other", UID: "u2", Revision: 1}
	for _, epoch := range r.Follow([]Identity{churn, other}) {
		epoch.Live("blue", Sample{End: start})
	}
	r.Follow([]Identity{other})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "endpoint" {
					seen[label.GetValue()] = true
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"other": true}, seen); diff != "" {
		t.Errorf("Endpoints with series: -want, +got:\n%s", diff)
	}
}
