package view

import (
	"landfall.dev/landfall/internal/export"
)

var severityTones = map[export.Severity]Tone{
	export.SeverityError: Bad, export.SeverityWarning: Warn, export.SeverityInfo: Plain,
}

// Findings returns the table of what SageMaker did quietly and the cluster does
// not. Where a finding shows and what to do about it stand below it.
func Findings(found []export.Finding) Table {
	table := Table{Columns: columns("SEVERITY", "FINDING", "MESSAGE")}
	for _, finding := range found {
		table.Rows = append(table.Rows, []Cell{
			{string(finding.Severity), severityTones[finding.Severity]}, Text(finding.ID), Text(finding.Message),
		})
		for _, more := range []struct{ label, text string }{{"at: ", finding.Where}, {"do: ", finding.Do}} {
			if more.text != "" {
				table.Rows = append(table.Rows, []Cell{Text(""), Text(""), {more.label + more.text, Faint}})
			}
		}
	}
	return table
}
