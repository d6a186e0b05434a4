package view

import "landfall.dev/landfall/internal/verify"

// VerifyReport shows the steps of a report, with what to do below each.
func VerifyReport(r verify.Report) Table {
	t := Table{Columns: columns("STEP", "VERDICT", "DETAIL")}
	for _, step := range r.Steps {
		t.Rows = append(t.Rows, []Cell{Text(string(step.Name)), {Text: string(step.Verdict), Tone: verdictTone(step.Verdict)}, Text(step.Detail)})
		if step.Do != "" {
			t.Rows = append(t.Rows, []Cell{{}, {}, Text("do: " + step.Do)})
		}
	}
	return t
}

func verdictTone(v verify.Verdict) Tone {
	switch v {
	case verify.Passed:
		return Good
	case verify.Warned:
		return Warn
	case verify.Failed:
		return Bad
	case verify.Skipped:
		return Faint
	}
	return Plain
}
