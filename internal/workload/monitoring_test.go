package workload

import (
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// TestMonitoringThatFails: an endpoint and its monitoring say that nobody
// watches any more.
func TestMonitoringThatFails(t *testing.T) {
	var runs []any
	for _, day := range []string{"12", "11", "10"} {
		runs = append(runs, fields{"MonitoringExecutionStatus": "Failed", "ScheduledTime": "2026-11-" + day + "T06:00:00Z"})
	}
	d := serving(document(
		job(inventory.KindMonitoringSchedule, "watch", fields{"EndpointName": "churn", "MonitoringExecutionSummaries": runs}),
	), func(*inventory.Endpoint) {})
	const want = "the last 3 executions failed, since 2026-11-10T06:00:00Z"
	for key, detail := range map[string]string{"Endpoint/churn": "schedule watch: " + want, "Monitoring/watch": want} {
		found := ""
		for _, integration := range find(t, d, key).Integrations {
			if integration.Name == "ModelMonitor" {
				found = integration.Detail
			}
		}
		if !strings.HasPrefix(found, detail) {
			t.Errorf("%s: %q, want %q", key, found, detail)
		}
	}
}
