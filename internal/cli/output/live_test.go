package output_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/cli/output"
)

// terminal is a model of the few things a Screen asks of one: lines, carriage
// return, cursor up, erase line, erase below.
type terminal struct {
	lines []string
	row   int
}

func (t *terminal) write(text string) error {
	for len(text) > 0 {
		switch {
		case strings.HasPrefix(text, "\r\n"):
			t.row++
			text = text[2:]
		case text[0] == '\r':
			text = text[1:]
		case strings.HasPrefix(text, "\x1b[2K"):
			t.set("")
			text = text[4:]
		case strings.HasPrefix(text, "\x1b[J"):
			t.lines = t.lines[:min(t.row, len(t.lines))]
			text = text[3:]
		case strings.HasPrefix(text, "\x1b["):
			var up int
			if _, err := fmt.Sscanf(text, "\x1b[%dA", &up); err != nil {
				return fmt.Errorf("unknown sequence %q", text)
			}
			if t.row -= up; t.row < 0 {
				return errors.New("the cursor leaves the block at the top")
			}
			text = text[strings.IndexByte(text, 'A')+1:]
		default:
			end := strings.IndexAny(text, "\r\x1b")
			if end < 0 {
				end = len(text)
			}
			t.set(text[:end])
			text = text[end:]
		}
	}
	return nil
}

func (t *terminal) set(line string) {
	for len(t.lines) <= t.row {
		t.lines = append(t.lines, "")
	}
	t.lines[t.row] = line
}

// Whatever is drawn after whatever, the terminal shows the last drawing.
func TestScreenShowsTheLastDrawing(t *testing.T) {
	const columns, rows = 20, 8
	rapid.Check(t, func(t *rapid.T) {
		var stream bytes.Buffer
		screen := output.NewScreen(&stream, func() (int, int) { return columns, rows })
		shown := &terminal{}
		for range rapid.IntRange(1, 6).Draw(t, "drawings") {
			lines := rapid.SliceOfN(rapid.StringMatching(`[a-zé✔]{1,25}`), 1, 12).Draw(t, "lines")
			if err := screen.Draw(strings.Join(lines, "\n") + "\n"); err != nil {
				t.Fatal(err)
			}
			if err := shown.write(stream.String()); err != nil {
				t.Fatal(err)
			}
			stream.Reset()
			checkDrawing(t, shown.lines, lines, columns, rows)
		}
	})
}

func checkDrawing(t *rapid.T, shown, want []string, columns, rows int) {
	if len(shown) >= rows {
		t.Fatalf("%d lines on a terminal of %d rows would scroll", len(shown), rows)
	}
	if len(want) < rows && len(shown) != len(want) {
		t.Fatalf("shows %d lines, want %d: %q", len(shown), len(want), shown)
	}
	for i, line := range shown {
		if utf8.RuneCountInString(line) > columns {
			t.Fatalf("line %q is wider than %d columns and would wrap", line, columns)
		}
		hidden := i == len(shown)-1 && len(want) >= rows
		if !hidden && !strings.HasPrefix(want[i], strings.TrimSuffix(line, "…")) {
			t.Fatalf("line %d shows %q, want %q", i, line, want[i])
		}
	}
}
