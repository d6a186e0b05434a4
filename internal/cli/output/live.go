package output

import (
	"fmt"
	"io"
	"strings"
)

// Screen redraws a block of lines in place on a terminal: only lines that
// changed are written again, so that nothing flickers.
type Screen struct {
	w     io.Writer
	shown []string
	// size returns the terminal's columns and rows. A longer line would wrap
	// and a higher block would scroll, and both would break the count of
	// lines, so they are cut.
	size func() (columns, rows int)
}

// NewScreen returns a screen that starts at the cursor.
func NewScreen(w io.Writer, size func() (columns, rows int)) *Screen {
	return &Screen{w: w, size: size}
}

// Draw replaces the block by another text.
func (s *Screen) Draw(text string) error {
	next := strings.Split(strings.TrimRight(text, "\n"), "\n")
	columns, rows := s.size()
	if hidden := len(next) - (rows - 1); rows > 2 && hidden > 0 {
		next = append(next[:rows-2], fmt.Sprintf("… %d more lines", hidden+1))
	}
	for i := range next {
		next[i] = cut(next[i], columns)
	}
	var out strings.Builder
	if len(s.shown) > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", len(s.shown))
	}
	for i, line := range next {
		if i >= len(s.shown) || s.shown[i] != line {
			out.WriteString("\r\x1b[2K" + line)
		}
		out.WriteString("\r\n")
	}
	if len(next) < len(s.shown) {
		out.WriteString("\x1b[J")
	}
	s.shown = next
	_, err := io.WriteString(s.w, out.String())
	return err
}

// cut shortens a line to a number of columns, not counting escape sequences,
// and closes whatever style is open at the cut.
func cut(line string, columns int) string {
	if columns <= 1 || visible(line) <= columns {
		return line
	}
	var out strings.Builder
	count, escape := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			if count++; count == columns {
				out.WriteString("…")
				if strings.Contains(line, "\x1b[") {
					out.WriteString("\x1b[0m")
				}
				return out.String()
			}
		}
		out.WriteRune(r)
	}
	return out.String()
}

func visible(line string) int {
	count, escape := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			count++
		}
	}
	return count
}
