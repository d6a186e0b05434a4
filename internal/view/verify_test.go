package view

import (
	"strings"
	"testing"
	"unicode/utf8"

	"landfall.dev/landfall/internal/verify"
)

func lines(t Table) []string {
	var out []string
	for _, row := range t.Rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, cell.String())
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

func TestVerifyReportFitsTheTerminal(t *testing.T) {
	r := verify.Report{Steps: []verify.Step{
		{Name: verify.StepReady, Verdict: verify.Failed, Detail: strings.Repeat("the container ended ", 20), Do: "see its log"},
		{Name: verify.StepMemory, Verdict: verify.Skipped, Detail: "never ready"},
		{Name: verify.StepAnswers, Verdict: verify.Skipped, Detail: "never ready"},
		{Name: verify.StepStop, Verdict: verify.Skipped, Detail: "never ready"},
	}}
	for _, columns := range []int{80, 120} {
		table := VerifyReport(r, columns)
		for _, row := range table.Rows {
			if n := utf8.RuneCountInString(row[2].Text); n > columns-beforeDetail(r) {
				t.Errorf("at %d columns a detail has %d: %q", columns, n, row[2].Text)
			}
		}
		all := lines(table)
		if last := all[len(all)-1]; last != "others|Skipped|never ready: Memory, Answers, Stop" {
			t.Errorf("the last line is %q", last)
		}
		if !strings.Contains(strings.Join(all, "\n"), "||do: see its log") {
			t.Errorf("what to do has no line of its own:\n%s", strings.Join(all, "\n"))
		}
	}
	if table := VerifyReport(r, 0); len(table.Rows) != 3 {
		t.Errorf("without a terminal %d rows; want one a step, what to do, and the others", len(table.Rows))
	}
}
