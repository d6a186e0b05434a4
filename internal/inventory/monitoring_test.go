package inventory

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMonitoringOf(t *testing.T) {
	type run = map[string]string
	ran := func(day, status string) run {
		return run{"MonitoringExecutionStatus": status, "ScheduledTime": "2026-11-" + day + "T06:00:00Z", "FailureReason": map[string]string{"Failed": "why " + day}[status]}
	}
	cases := map[string]struct {
		kind    ResourceKind
		runs    []run
		want    Monitoring
		trouble string
	}{
		"nothing known": {kind: KindMonitoringSchedule},
		"other kind":    {kind: KindModel, runs: []run{ran("10", "Failed")}},
		"well again": {
			kind: KindMonitoringSchedule, runs: []run{ran("12", "Completed"), ran("11", "Failed"), ran("10", "Failed"), ran("09", "Failed")},
			want: Monitoring{Executions: 4},
		},
		"failing for days, in any order": {
			kind:    KindMonitoringSchedule,
			runs:    []run{ran("09", "Completed"), ran("10", "Failed"), ran("12", "Failed"), ran("11", "Failed"), ran("13", "InProgress")},
			want:    Monitoring{Executions: 4, Failed: 3, Since: "2026-11-10T06:00:00Z", Reason: "why 12"},
			trouble: "the last 3 executions failed, since 2026-11-10T06:00:00Z",
		},
		"once is an accident": {
			kind: KindMonitoringSchedule, runs: []run{ran("12", "Failed"), ran("11", "Completed")},
			want: Monitoring{Executions: 2, Failed: 1, Since: "2026-11-12T06:00:00Z", Reason: "why 12"},
		},
		"violations": {
			kind:    KindMonitoringSchedule,
			runs:    []run{ran("12", "CompletedWithViolations"), ran("11", "CompletedWithViolations"), ran("10", "CompletedWithViolations"), ran("09", "Failed")},
			want:    Monitoring{Executions: 4, Violated: 3, Since: "2026-11-10T06:00:00Z"},
			trouble: "the last 3 executions found violations, since 2026-11-10T06:00:00Z",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			spec, err := json.Marshal(map[string]any{"MonitoringExecutionSummaries": tc.runs})
			if err != nil {
				t.Fatal(err)
			}
			got := MonitoringOf(&Resource{Kind: tc.kind, Spec: spec})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if trouble := got.Trouble(); trouble != tc.trouble {
				t.Errorf("trouble is %q, want %q", trouble, tc.trouble)
			}
		})
	}
}
