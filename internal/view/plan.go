package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/plan"
)

// Plan returns the table of decisions. A workload's further reasons, and what
// stands in its way, follow in rows of their own.
func Plan(d plan.Document) Table {
	table := Table{Columns: columns("WORKLOAD", "DECISION", "PHASE", "REPLICAS", "CPU", "MEMORY", "REASON")}
	for i := range d.Workloads {
		workload := &d.Workloads[i]
		said := append([]string{}, workload.Reasons...)
		for _, blocker := range workload.Blockers {
			said = append(said, blockerWords(blocker, workload.Reasons)...)
		}
		first := none
		if len(said) > 0 {
			first, said = said[0], said[1:]
		}
		table.Rows = append(table.Rows, []Cell{
			Text(workload.String()), decision(workload.Decision), Text(phase(workload.Phase)), Text(replicas(workload.Replicas)),
			Text(orNone(workload.Resources.Requests.CPU)), Text(orNone(workload.Resources.Requests.Memory)), Text(first),
		})
		for _, more := range said {
			table.Rows = append(table.Rows, []Cell{Text(""), Text(""), Text(""), Text(""), Text(""), Text(""), Text(more)})
		}
	}
	return table
}

// blockerWords says what stands in the way, unless a reason says so already, and
// what would help.
func blockerWords(blocker plan.Blocker, reasons []string) []string {
	var words []string
	if what := blocker.Thing + ": " + blocker.Why; !slices.Contains(reasons, what) {
		words = append(words, what)
	}
	if blocker.Do != "" {
		words = append(words, "to unblock: "+blocker.Do)
	}
	return words
}

var decisionTones = map[plan.Decision]Tone{
	plan.Move: Good, plan.MoveLater: Busy, plan.Keep: Plain, plan.Retire: Faint, plan.Blocked: Bad, plan.Elsewhere: Plain,
}

func decision(d plan.Decision) Cell { return Cell{string(d), decisionTones[d]} }

func phase(number int) string {
	if number == 0 {
		return none
	}
	return strconv.Itoa(number)
}

func replicas(r plan.Replicas) string {
	switch {
	case r.Min == 0 && r.Max == 0:
		return none
	case r.Max == 0 || r.Max == r.Min:
		return strconv.Itoa(int(r.Min))
	}
	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

// Decisions counts the workloads by decision: 6 Move, 9 MoveLater.
func Decisions(d plan.Document) string {
	var words []string
	for _, kind := range plan.Decisions {
		count := 0
		for i := range d.Workloads {
			if d.Workloads[i].Decision == kind {
				count++
			}
		}
		if count > 0 {
			words = append(words, fmt.Sprintf("%d %s", count, kind))
		}
	}
	return strings.Join(words, ", ")
}

// PlanChanges returns the table of what became of an earlier plan.
func PlanChanges(changes []plan.Change) Table {
	table := Table{Columns: columns("WORKLOAD", "CHANGE", "FIELD", "BEFORE", "NOW", "COMPUTED")}
	tones := map[plan.ChangeKind]Tone{plan.Added: Good, plan.Missing: Warn, plan.EditKept: Busy}
	for _, change := range changes {
		now, computed := change.Computed, ""
		if change.Kind == plan.EditKept {
			now, computed = change.Kept, change.Computed
		}
		table.Rows = append(table.Rows, []Cell{
			Text(change.Workload), {string(change.Kind), tones[change.Kind]}, Text(orNone(change.Field)),
			Text(orNone(change.Before)), Text(orNone(now)), Text(orNone(computed)),
		})
	}
	return table
}
