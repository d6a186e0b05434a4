package output

import (
	"io"
	"strings"
	"time"

	"landfall.dev/landfall/internal/view"
)

// timeWidth is the width of a clock time, 15:04:05.
const timeWidth = len(time.TimeOnly)

// Log writes rows one at a time, each with the time it was written. Columns grow
// with what they hold, since nobody knows the widest cell in advance.
type Log struct {
	w       io.Writer
	palette Palette
	now     func() time.Time
	widths  []int
	headed  bool
}

// NewLog returns a log.
func NewLog(w io.Writer, palette Palette, now func() time.Time) *Log {
	return &Log{w: w, palette: palette, now: now}
}

// Head writes the heads of the columns, once.
func (l *Log) Head(columns []view.Column) {
	if l.headed {
		return
	}
	l.headed = true
	cells := []view.Cell{view.Text("TIME")}
	for _, column := range columns {
		cells = append(cells, view.Text(column.Name))
	}
	l.grow(cells)
	l.widths[0] = max(l.widths[0], timeWidth)
	for i, column := range columns {
		l.widths[i+1] = max(l.widths[i+1], column.UsualWidth)
	}
	_, _ = io.WriteString(l.w, alignRow(l.palette, cells, l.widths)+"\n") // Line reports a broken stream
}

// Line writes a row.
func (l *Log) Line(cells []view.Cell) error {
	row := append([]view.Cell{view.Text(l.now().Format(time.TimeOnly))}, cells...)
	l.grow(row)
	_, err := io.WriteString(l.w, strings.TrimRight(alignRow(l.palette, row, l.widths), " ")+"\n")
	return err
}

func (l *Log) grow(row []view.Cell) {
	for i, width := range columnWidths([][]view.Cell{row}) {
		if i == len(l.widths) {
			l.widths = append(l.widths, 0)
		}
		l.widths[i] = max(l.widths[i], width)
	}
}
