package view

import (
	"strconv"

	"landfall.dev/landfall/internal/export"
)

var severityTones = map[export.Severity]Tone{
	export.SeverityError: Bad, export.SeverityWarning: Warn, export.SeverityInfo: Plain,
}

// Findings returns the table of what SageMaker did quietly and the cluster does
// not. Where a finding shows, the evidence and what to do about it stand
// below it.
func Findings(found []export.Finding) Table {
	table := Table{Columns: columns("SEVERITY", "FINDING", "MESSAGE")}
	for _, finding := range found {
		table.Rows = append(table.Rows, []Cell{
			{string(finding.Severity), severityTones[finding.Severity]}, Text(finding.ID), Text(finding.Message),
		})
		for _, more := range []struct{ label, text string }{{"at: ", findingPlace(finding)}, {"    ", finding.Quote}, {"do: ", finding.Do}} {
			if more.text != "" {
				table.Rows = append(table.Rows, []Cell{Text(""), Text(""), {more.label + more.text, Faint}})
			}
		}
	}
	return table
}

// findingPlace is where a finding shows: file and line where it has them, as editors
// take them.
func findingPlace(finding export.Finding) string {
	switch {
	case finding.File == "":
		return finding.Where
	case finding.Line == 0:
		return finding.File
	}
	return finding.File + ":" + strconv.Itoa(finding.Line)
}
