package view_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/view"
)

func table(heads string, rows ...[]string) view.Table {
	var t view.Table
	for head := range strings.FieldsSeq(heads) {
		t.Columns = append(t.Columns, view.Column{Name: head})
	}
	for _, row := range rows {
		var cells []view.Cell
		for _, text := range row {
			cells = append(cells, view.Text(text))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func TestFitFirst(t *testing.T) {
	given := table("NAME REASON", []string{"Experiments/huggingface-embeddings-aws-training-job", strings.Repeat("reason ", 9)}, []string{"Endpoint/a", ""})
	want := [][]string{{"NAME", "REASON"}, {"Experiments/hugg…ws-training-job", strings.Repeat("reason ", 9)}, {"Endpoint/a", ""}}
	if diff := cmp.Diff(want, texts(view.FitFirst(given, 80, 3))); diff != "" {
		t.Errorf("in 80 columns (-want +got):\n%s", diff)
	}
	for _, width := range []int{0, 120} {
		if diff := cmp.Diff(given, view.FitFirst(given, width, 3)); diff != "" {
			t.Errorf("with room enough, in %d columns (-want +got):\n%s", width, diff)
		}
	}
}

func TestWrapLast(t *testing.T) {
	given := table("USD WHAT DO", []string{"~2087", "room on the nodes that always run", "name others"}, []string{"~3", "a-word-that-is-longer-than-its-line", ""})
	want := [][]string{
		{"USD", "WHAT", "DO"},
		{"~2087", "room on the nodes", "name others"}, {"", "that always run", ""},
		{"~3", "a-word-that-is-long", ""}, {"", "er-than-its-line", ""},
	}
	if diff := cmp.Diff(want, texts(view.WrapLast(given, 41, 3, 2))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(given, view.WrapLast(given, 0, 3, 2)); diff != "" {
		t.Errorf("without a width it was broken:\n%s", diff)
	}
}

func TestWrapLastLosesNothingAndFits(t *testing.T) {
	word := rapid.StringMatching(`[a-zä]{1,30}`)
	rapid.Check(t, func(rt *rapid.T) {
		given := table("A B C")
		for range rapid.IntRange(0, 4).Draw(rt, "rows") {
			row := []view.Cell{view.Text("name")}
			for range 2 {
				row = append(row, view.Text(strings.Join(rapid.SliceOfN(word, 0, 12).Draw(rt, "words"), " ")))
			}
			given.Rows = append(given.Rows, row)
		}
		width := rapid.IntRange(50, 160).Draw(rt, "width")
		wrapped := view.WrapLast(given, width, 3, 2)
		for column := 1; column <= 2; column++ {
			if before, after := letters(given, column), letters(wrapped, column); before != after {
				rt.Fatalf("column %d has %q, and wrapped %q", column, before, after)
			}
		}
		widest := make([]int, 3)
		for _, row := range wrapped.Rows {
			for c, cell := range row {
				widest[c] = max(widest[c], utf8.RuneCountInString(cell.Text))
			}
		}
		if line := widest[0] + widest[1] + widest[2] + 6; line > width {
			rt.Fatalf("lines are %d characters long in %d", line, width)
		}
	})
}

// letters are those of a column, without what lies between words.
func letters(t view.Table, column int) string {
	var all strings.Builder
	for _, row := range t.Rows {
		all.WriteString(strings.ReplaceAll(row[column].Text, " ", ""))
	}
	return all.String()
}

func TestPlanChangesThatAreAlike(t *testing.T) {
	var changes []plan.Change
	for i := range 7 {
		name := fmt.Sprintf("Endpoint/e%d", i)
		changes = append(changes, plan.Change{Workload: name, Kind: plan.Updated, Field: "cluster", Computed: "berlin"})
		if i < 2 {
			changes = append(changes, plan.Change{Workload: name, Kind: plan.Updated, Field: "phase", Before: "1", Computed: "2"})
		}
		if i > 0 {
			changes = append(changes, plan.Change{Workload: name, Kind: plan.EditKept, Field: "class", Kept: "Batch", Computed: "Online"})
		}
	}
	want := [][]string{
		{"WORKLOAD", "CHANGE", "FIELD", "BEFORE", "NOW", "COMPUTED"},
		{"7 workloads", "Updated", "cluster", "-", "berlin", "-"},
		{"Endpoint/e0", "Updated", "phase", "1", "2", "-"},
	}
	for i := 1; i < 7; i++ {
		if i == 1 {
			want = append(want, []string{"Endpoint/e1", "Updated", "phase", "1", "2", "-"})
		}
		want = append(want, []string{fmt.Sprintf("Endpoint/e%d", i), "◌ EditKept", "class", "-", "Batch", "Online"})
	}
	if diff := cmp.Diff(want, texts(view.PlanChanges(changes))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
