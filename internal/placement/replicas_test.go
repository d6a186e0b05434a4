package placement

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

// week has the same traffic in every hour, and a rise to the busiest at noon of
// the first day.
func week(usual, busiest float64) []float64 {
	hours := make([]float64, 168)
	for i := range hours {
		hours[i] = usual
	}
	hours[12] = busiest
	return hours
}

func TestReplicas(t *testing.T) {
	sized := PodSize{Load: Load{RequestsPerSecond: 20, SafeRequestsPerSecond: 14, BurstRequestsPerSecond: 20}}
	anHour := ScaleUp{MetricLagSeconds: -1, NodeStartSeconds: -1, PodStartSeconds: -1, ImagePullSeconds: -1, ModelLoadSeconds: 3600}
	cases := map[string]struct {
		reason   string
		demand   Demand
		min, max int32
		says     string
	}{
		"one pod is enough": {
			reason: "14 carry 10, and 20 carry twice of it", demand: Demand{Size: sized, PeakRequestsPerSecond: 10}, min: 1, max: 1,
			says: "14 requests/s for each pod, an estimate until landfall verify has measured it",
		},
		"the peak needs several": {
			reason: "100/14 and 200/20", demand: Demand{Size: sized, PeakRequestsPerSecond: 100}, min: 8, max: 10,
		},
		"the room of the safe load bears growth": {
			reason: "half of the busiest hour more in an hour, 340 s: 4.7 %; 14 × 1.047 is less than the 20 that one pod bears",
			demand: Demand{Size: sized, PeakRequestsPerSecond: 14, HourOfWeek: week(500, 1000)}, min: 1, max: 2,
			says: "may grow by 4.72 % in the 340 s until another pod answers, which they bear at up to 20 requests/s each",
		},
		"traffic grows while pods start": {
			reason: "nine tenths more in an hour: 14 × 1.9 is more than 20",
			demand: Demand{Size: sized, PeakRequestsPerSecond: 14, HourOfWeek: week(100, 1000), ScaleUp: anHour}, min: 2, max: 2,
		},
		"a slow model": {
			reason: "an hour to load: traffic may grow by half, and 8 pods bear 160",
			demand: Demand{Size: sized, PeakRequestsPerSecond: 100, HourOfWeek: week(500, 1000), ScaleUp: anHour}, min: 8, max: 10,
		},
		"growth is bounded": {
			reason: "a day to load is no reason for more than twice the peak",
			demand: Demand{Size: sized, PeakRequestsPerSecond: 140, HourOfWeek: week(0, 1000), ScaleUp: ScaleUp{ModelLoadSeconds: 86400}}, min: 14, max: 14,
		},
		"one instance was seen to carry the peak": {
			reason: "no more pods than instances where nothing tells what a pod bears above the peak",
			demand: Demand{Size: PodSize{Load: Load{RequestsPerSecond: 10, SafeRequestsPerSecond: 10}}, PeakRequestsPerSecond: 30, HourOfWeek: week(0, 1000)}, min: 3, max: 6,
		},
		"a week of silence": {
			reason: "no hour with traffic, no growth", demand: Demand{Size: sized, PeakRequestsPerSecond: 14, HourOfWeek: week(0, 0)}, min: 1, max: 2,
		},
		"high criticality": {
			reason: "survives a node", demand: Demand{Size: sized, PeakRequestsPerSecond: 1, Criticality: inventory.CriticalityHigh}, min: 2, max: 2,
			says: "at least 2, because its criticality is high",
		},
		"proven by landfall verify": {
			reason: "all of what was proven counts", min: 2, max: 4,
			demand: Demand{Size: PodSize{Load: Load{RequestsPerSecond: 50, Concurrency: 100, Proven: true}}, PeakRequestsPerSecond: 100, LatencyP95Milliseconds: 10},
			says:   "50 requests/s for each pod, from landfall verify",
		},
		"only the concurrency is proven": {
			reason: "4 at a time, 200 ms each, are 20 a second", min: 5, max: 10,
			demand: Demand{Size: PodSize{Load: Load{Concurrency: 4, Proven: true}}, PeakRequestsPerSecond: 100, LatencyP95Milliseconds: 200},
		},
		"traffic is not known": {
			reason: "as many as instances", demand: Demand{Instances: 3}, min: 3, max: 6, says: "the traffic of one instance is not known",
		},
		"nothing is known": {
			reason: "one", demand: Demand{}, min: 1, max: 2, says: "neither the traffic nor the number of instances is known",
		},
		"figures that are wrong": {
			reason: "nobody plans a data center", demand: Demand{Size: PodSize{Load: Load{RequestsPerSecond: 1e-9, SafeRequestsPerSecond: 1e-9}}, PeakRequestsPerSecond: 1e9}, min: mostReplicas, max: mostReplicas,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Replicas(tc.demand)
			if got.Min != tc.min || got.Max != tc.max {
				t.Errorf("%s: %d to %d, want %d to %d: %v", tc.reason, got.Min, got.Max, tc.min, tc.max, got.Reasons)
			}
			if text := strings.Join(got.Reasons, "\n"); !strings.Contains(text, tc.says) || text == "" {
				t.Errorf("the reasons do not say %q:\n%s", tc.says, text)
			}
		})
	}
}

// TestReplicasCarryThePeak: the fewest pods carry the measured peak, the most
// twice of it, and more traffic never takes fewer pods.
func TestReplicasCarryThePeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each := rapid.Float64Range(1, 100).Draw(t, "load")
		d := Demand{
			Size: PodSize{Load: Load{
				RequestsPerSecond: each, SafeRequestsPerSecond: each * rapid.Float64Range(0.5, 1).Draw(t, "safe"),
				BurstRequestsPerSecond: each * rapid.SampledFrom([]float64{0, 1, 1.5}).Draw(t, "burst"),
			}},
			PeakRequestsPerSecond: rapid.Float64Range(0.01, 300).Draw(t, "peak"),
			HourOfWeek:            week(rapid.Float64Range(0, 100).Draw(t, "usual"), 100),
			ScaleUp:               ScaleUp{ModelLoadSeconds: rapid.Float64Range(-1, 4000).Draw(t, "seconds")},
		}
		got := Replicas(d)
		if float64(got.Min)*d.Size.Load.SafeRequestsPerSecond < d.PeakRequestsPerSecond*(1-tolerance) || float64(got.Max)*each < LoadFactor*d.PeakRequestsPerSecond*(1-tolerance) {
			t.Fatalf("%d to %d pods of %v requests/s for %v", got.Min, got.Max, each, d.PeakRequestsPerSecond)
		}
		more := d
		more.PeakRequestsPerSecond *= rapid.Float64Range(1, 3).Draw(t, "factor")
		if again := Replicas(more); again.Min < got.Min || again.Max < got.Max || got.Max < got.Min {
			t.Fatalf("%d to %d pods, and %d to %d for more", got.Min, got.Max, again.Min, again.Max)
		}
	})
}

func TestScaleUp(t *testing.T) {
	if got := (ScaleUp{}).Seconds(); got != 340 {
		t.Errorf("defaults take %v s", got)
	}
	given := ScaleUp{MetricLagSeconds: 30, NodeStartSeconds: -1, PodStartSeconds: 5, ImagePullSeconds: 20, ModelLoadSeconds: 300}
	if got := given.Seconds(); got != 355 {
		t.Errorf("given parts take %v s, want 355", got)
	}
}
