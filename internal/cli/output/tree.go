package output

import (
	"io"
	"strings"

	"landfall.dev/landfall/internal/view"
)

// Endpoint writes the view of one Endpoint: its row, its variants and gates as
// a tree, what needs a reader, and what comes next. Program is the name the
// reader called; scope are the flags that name the cluster and namespace again.
func Endpoint(w io.Writer, palette Palette, endpoint view.Endpoint, program, scope string) error {
	var text strings.Builder
	if err := Table(&text, palette, endpoint.Summary, true); err != nil {
		return err
	}
	prefixes := make([]string, len(endpoint.Branches))
	for i := range prefixes {
		prefixes[i] = "├─ "
	}
	if len(prefixes) > 0 {
		prefixes[len(prefixes)-1] = "└─ "
	}
	text.WriteString(align(palette, endpoint.Branches, prefixes))
	for _, note := range endpoint.Notes {
		text.WriteString(palette.Cell(clean(note)) + "\n")
	}
	if next := Next(palette, endpoint.Next, program, scope); next != "" {
		text.WriteString(next + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// Next returns the line that says what comes next, or nothing.
func Next(palette Palette, next view.Next, program, scope string) string {
	line := Sanitize(next.Message)
	if len(next.Command) > 0 {
		command := program + " " + strings.Join(next.Command, " ") + scope
		if line != "" {
			line += ": "
		}
		line += palette.Command(command)
	}
	if line == "" {
		return ""
	}
	return palette.Paint(heading, "Next:") + " " + line
}
