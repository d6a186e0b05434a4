package inventory

import (
	"cmp"
	"fmt"
	"slices"
)

// Monitoring is how the newest executions of a monitoring schedule went. A scan
// keeps the last 50 in the schedule's Spec.
type Monitoring struct {
	// Executions that ended, of those that are known.
	Executions int
	// Failed counts how many of the newest failed in a row, and Violated how many
	// found data or predictions to be other than they should.
	Failed, Violated int
	// Since is when the first of that row was due (RFC 3339, UTC).
	Since string
	// Reason is AWS's, of the newest execution.
	Reason string
}

// monitoringTrouble is how many executions in a row are worth telling: one may
// have failed by accident.
const monitoringTrouble = 3

type monitoringExecution struct {
	MonitoringExecutionStatus, ScheduledTime, CreationTime, FailureReason string
}

// MonitoringOf reads the executions in a monitoring schedule's description.
// Nothing is known of a resource of another kind, or one that was only listed.
func MonitoringOf(r *Resource) Monitoring {
	var spec struct{ MonitoringExecutionSummaries []monitoringExecution }
	if r.Kind != KindMonitoringSchedule || r.Spec.Into(&spec) != nil {
		return Monitoring{}
	}
	ended := slices.DeleteFunc(spec.MonitoringExecutionSummaries, func(e monitoringExecution) bool {
		return !slices.Contains([]string{"Completed", "CompletedWithViolations", "Failed"}, e.MonitoringExecutionStatus)
	})
	slices.SortStableFunc(ended, func(a, b monitoringExecution) int {
		return cmp.Or(cmp.Compare(b.ScheduledTime, a.ScheduledTime), cmp.Compare(b.CreationTime, a.CreationTime))
	})
	m := Monitoring{Executions: len(ended)}
	for _, e := range ended {
		if status := ended[0].MonitoringExecutionStatus; status == "Completed" || e.MonitoringExecutionStatus != status {
			break
		}
		m.Since = cmp.Or(e.ScheduledTime, e.CreationTime)
		if e.MonitoringExecutionStatus == "Failed" {
			m.Failed++
		} else {
			m.Violated++
		}
	}
	if len(ended) > 0 {
		m.Reason = ended[0].FailureReason
	}
	return m
}

// Trouble says what is wrong with a schedule that does not do its work, or
// whose findings nobody acts on; empty where nothing is.
func (m Monitoring) Trouble() string {
	what, count := "failed", m.Failed
	if m.Violated > 0 {
		what, count = "found violations", m.Violated
	}
	if count < monitoringTrouble {
		return ""
	}
	return fmt.Sprintf("the last %d executions %s, since %s", count, what, m.Since)
}
