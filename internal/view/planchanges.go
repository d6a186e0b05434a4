package view

import (
	"fmt"

	"landfall.dev/landfall/internal/plan"
)

// mostAlike is how many workloads with the same change are listed one by one.
const mostAlike = 5

// PlanChanges returns the table of what became of an earlier plan. What is
// the same for many workloads is one line, unless a person edited it.
func PlanChanges(changes []plan.Change) Table {
	table := Table{Columns: columns("WORKLOAD", "CHANGE", "FIELD", "BEFORE", "NOW", "COMPUTED")}
	tones := map[plan.ChangeKind]Tone{plan.Added: Good, plan.Missing: Warn, plan.EditKept: Busy}
	alike := map[plan.Change]int{}
	for _, change := range changes {
		alike[ofAny(change)]++
	}
	for _, change := range changes {
		if count := alike[ofAny(change)]; change.Kind == plan.Updated && count > mostAlike {
			change.Workload, alike[ofAny(change)] = fmt.Sprintf("%d workloads", count), told
		} else if count == told {
			continue
		}
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

// told takes the place of a number of changes that have their line.
const told = -1

// ofAny is a change without the workload that it is of.
func ofAny(c plan.Change) plan.Change {
	c.Workload = ""
	return c
}
