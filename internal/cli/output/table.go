package output

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall.dev/landfall/internal/view"
)

// columnGap is the space between columns, as wide as kubectl's.
const columnGap = "   "

// Table writes a table: upper-case heads, no borders, columns as wide as their
// widest cell, no space at the ends of lines.
func Table(w io.Writer, palette Palette, table view.Table, heads bool) error {
	rows := table.Rows
	if heads {
		head := make([]view.Cell, len(table.Columns))
		for i, column := range table.Columns {
			head[i] = view.Text(column.Name)
		}
		rows = append([][]view.Cell{head}, rows...)
	}
	_, err := io.WriteString(w, align(palette, rows, nil))
	return err
}

// align lays rows out in columns. Each row may have a prefix, which comes
// before its first column and counts for nothing.
func align(palette Palette, rows [][]view.Cell, prefixes []string) string {
	widths := columnWidths(rows)
	var text strings.Builder
	for r, row := range rows {
		if prefixes != nil {
			text.WriteString(palette.Paint(faint, prefixes[r]))
		}
		text.WriteString(alignRow(palette, row, widths))
		text.WriteByte('\n')
	}
	return text.String()
}

func alignRow(palette Palette, row []view.Cell, widths []int) string {
	var line strings.Builder
	pending := ""
	for c, cell := range row {
		shown := clean(cell)
		if shown.String() != "" {
			line.WriteString(pending)
			pending = ""
			line.WriteString(palette.Cell(shown))
		}
		pending += strings.Repeat(" ", widths[c]-width(shown.String())) + columnGap
	}
	return line.String()
}

func columnWidths(rows [][]view.Cell) []int {
	var widths []int
	for _, row := range rows {
		for c, cell := range row {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], width(clean(cell).String()))
		}
	}
	return widths
}

// width counts characters. Everything Landfall writes itself is one column
// wide; names come from Kubernetes and AWS, which allow ASCII only.
func width(text string) int { return utf8.RuneCountInString(text) }

// clean keeps control characters out of the terminal: messages may quote what
// a container wrote.
func clean(cell view.Cell) view.Cell {
	cell.Text = Sanitize(cell.Text)
	return cell
}

// Sanitize returns text in one line and without control characters.
func Sanitize(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
}
