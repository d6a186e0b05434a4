package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

func TestTraffic(t *testing.T) {
	latency := func(p float64) *inventory.Latency { return &inventory.Latency{P50: p, P95: 2 * p, P99: 3 * p} }
	cases := map[string]struct {
		variants []*inventory.Traffic
		want     *inventory.Traffic
	}{
		"None":    {[]*inventory.Traffic{nil, nil}, nil},
		"OneOnly": {[]*inventory.Traffic{nil, {Requests: 7}}, &inventory.Traffic{Requests: 7}},
		// Latency at 33.3 ms: of the first all, of the second 0.5 + 0.45 x 13.3 / 20
		// = 0.8; 0.75 x 1 + 0.25 x 0.8 = 0.95. Errors: 100 x 0.04 / 400 = 0.01.
		"Two": {[]*inventory.Traffic{
			{Requests: 300, RequestsPerDay: 30, PeakRequestsPerMinute: 3, HourOfWeek: []float64{1, 2}, LatencyMilliseconds: latency(10), ColdStarts: &inventory.ColdStarts{Count: 2, SetupMilliseconds: *latency(10)}},
			{Requests: 100, RequestsPerDay: 10, PeakRequestsPerMinute: 2, HourOfWeek: []float64{3, 4, 5}, LatencyMilliseconds: latency(20), ServerErrorShare: 0.04, ModelErrorShare: 0.02, ColdStarts: &inventory.ColdStarts{Count: 1, SetupMilliseconds: *latency(4)}},
		}, &inventory.Traffic{
			Requests: 400, RequestsPerDay: 40, PeakRequestsPerMinute: 5, HourOfWeek: []float64{4, 6, 5},
			LatencyMilliseconds: &inventory.Latency{P50: 11.5625, P95: 33.3333, P99: 45}, ServerErrorShare: 0.01, ModelErrorShare: 0.005,
			ColdStarts: &inventory.ColdStarts{Count: 3, SetupMilliseconds: inventory.Latency{P50: 6.8235, P95: 19.4444, P99: 28.75}},
		}},
		"NoRequests":   {[]*inventory.Traffic{{}, {}}, &inventory.Traffic{}},
		"OneLatency":   {[]*inventory.Traffic{{Requests: 1, LatencyMilliseconds: latency(10)}, {}}, &inventory.Traffic{Requests: 1, LatencyMilliseconds: latency(10)}},
		"OtherLatency": {[]*inventory.Traffic{{}, {Requests: 1, LatencyMilliseconds: latency(10)}}, &inventory.Traffic{Requests: 1, LatencyMilliseconds: latency(10)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var e inventory.Endpoint
			for _, v := range tc.variants {
				e.Variants = append(e.Variants, inventory.Variant{Traffic: v})
			}
			if diff := cmp.Diff(tc.want, traffic(&e)); diff != "" {
				t.Errorf("traffic (-want +got):\n%s", diff)
			}
		})
	}
}

// nightly is a training job that began at a day's midnight, for so many hours.
func nightly(name, day, end string, f fields) inventory.Resource {
	r := job(inventory.KindTrainingJob, name, f)
	r.CreatedAt, r.EndedAt = day+"T00:00:00Z", day+"T"+end+"Z"
	return r
}

func TestRuns(t *testing.T) {
	two := fields{"ResourceConfig": fields{"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}}
	failed := nightly("churn-20261101", "2026-11-01", "01:00:00", nil)
	failed.Status = "Failed"
	d := document(
		failed,
		nightly("churn-20261118", "2026-11-18", "03:00:00", two),
		nightly("churn-20261119", "2026-11-19", "02:00:00", nil),
	)
	// Durations are 1, 3 and 2 hours: median 2. Two runs in 14 days, two
	// instances: 2 x 2 x 2 x 730 / (14 x 24) = 17.3810 instance hours.
	want := &inventory.Runs{
		Count: 3, Failed: 1, InLookback: 2, FirstRunAt: "2026-11-01T00:00:00Z", LastRunAt: "2026-11-19T00:00:00Z",
		MedianHours: 2, InstanceHoursPerMonth: 17.381, InstanceType: "ml.m5.xlarge", InstanceCount: 2,
	}
	if diff := cmp.Diff(want, find(t, d, "Training/churn").Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

func TestRunsOfOtherKinds(t *testing.T) {
	schedule := job(inventory.KindMonitoringSchedule, "watch", nil)
	schedule.ARN = arnHere + "monitoring-schedule/watch"
	d := document(
		schedule, job(inventory.KindProcessingJob, "x", fields{"MonitoringScheduleArn": schedule.ARN}),
		job(inventory.KindNotebookInstance, "nb", nil),
	)
	if runs := find(t, d, "Monitoring/watch").Runs; runs == nil || runs.Count != 1 || runs.StartedBy != "monitoring schedule watch" {
		t.Errorf("runs of monitoring are %+v", runs)
	}
	if runs := find(t, d, "Notebook/nb").Runs; runs != nil {
		t.Errorf("a notebook has runs: %+v", runs)
	}
}

// TestPaidHours takes the billed time of spot training, and the time that
// instances ran rather than that since the job was asked for.
func TestPaidHours(t *testing.T) {
	cases := map[string]struct {
		job  inventory.Resource
		want float64
		ok   bool
	}{
		"Spot": {nightly("a", "2026-11-18", "04:00:00", fields{"EnableManagedSpotTraining": true, "BillableTimeInSeconds": 5400}), 1.5, true},
		"Started": {nightly("a", "2026-11-18", "04:00:00", fields{
			"TrainingStartTime": "2026-11-18T01:00:00Z",
		}), 3, true},
		"Listed":  {nightly("a", "2026-11-18", "04:00:00", nil), 4, true},
		"Running": {job(inventory.KindTrainingJob, "a", nil), 0, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			hours, ok := paidHours(part{Resource: &tc.job, spec: describe(tc.job.Spec)})
			if hours != tc.want || ok != tc.ok {
				t.Errorf("paid hours are %v, %v; want %v, %v", hours, ok, tc.want, tc.ok)
			}
		})
	}
}
