package view

import (
	"strings"
	"unicode/utf8"

	"landfall.dev/landfall/internal/verify"
)

// leastDetail is how narrow the last column may become: below that, lines are
// left to the terminal.
const leastDetail = 30

// VerifyReport shows the steps of a report, with what to do below each, in lines
// of so many columns; 0 leaves them as long as they are.
func VerifyReport(r verify.Report, columnCount int) Table {
	t := Table{Columns: columns("STEP", "VERDICT", "DETAIL")}
	room := 0
	if columnCount > 0 {
		room = columnCount - beforeDetail(r)
	}
	for _, step := range gathered(r.Steps) {
		first := []Cell{Text(string(step.Name)), verdict(step.Verdict)}
		text := wrap(step.Detail, room)
		if step.Do != "" {
			text = append(text, wrap("do: "+step.Do, room)...)
		}
		for _, line := range text {
			t.Rows = append(t.Rows, append(first, Text(line)))
			first = []Cell{{}, {}}
		}
	}
	return t
}

// gathered puts steps that were skipped for one reason into one, where they are
// many: a model that never answered is told of once.
func gathered(steps []verify.Step) []verify.Step {
	const many = 3
	skipped := map[string][]string{}
	for _, step := range steps {
		if step.Verdict == verify.Skipped && step.Do == "" {
			skipped[step.Detail] = append(skipped[step.Detail], string(step.Name))
		}
	}
	var out []verify.Step
	for _, step := range steps {
		names := skipped[step.Detail]
		switch {
		case step.Verdict != verify.Skipped || step.Do != "" || len(names) < many:
			out = append(out, step)
		case names[0] == string(step.Name):
			out = append(out, verify.Step{Name: "others", Verdict: verify.Skipped, Detail: step.Detail + ": " + strings.Join(names, ", ")})
		}
	}
	return out
}

func verdict(v verify.Verdict) Cell { return Cell{Text: string(v), Tone: verdictTone(v)} }

// beforeDetail is how wide the columns before the last are, with their gaps.
func beforeDetail(r verify.Report) int {
	const gaps = 2 * 3
	names, verdicts := len("STEP"), len("VERDICT")
	for _, step := range r.Steps {
		names = max(names, utf8.RuneCountInString(string(step.Name)))
		verdicts = max(verdicts, utf8.RuneCountInString(verdict(step.Verdict).String()))
	}
	return names + verdicts + gaps
}

// wrap breaks a text between words into lines of so many columns. A word that is
// longer has a line of its own.
func wrap(text string, room int) []string {
	if room < leastDetail {
		return []string{text}
	}
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		if length > 0 && length+1+size > room {
			lines, line, length = append(lines, line), "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+size
	}
	return append(lines, line)
}

func verdictTone(v verify.Verdict) Tone {
	switch v {
	case verify.Passed:
		return Good
	case verify.Warned, verify.RunsWithNeeds:
		return Warn
	case verify.Failed:
		return Bad
	case verify.Skipped:
		return Faint
	}
	return Plain
}
