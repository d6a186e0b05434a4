package output

import (
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/view"
)

// ColorMode is the value of --color.
type ColorMode string

// The modes of colour.
const (
	// ColorAuto colours terminals only, and not where NO_COLOR is set
	// (no-color.org) or TERM is dumb.
	ColorAuto ColorMode = "auto"
	// ColorAlways colours whatever the output goes to.
	ColorAlways ColorMode = "always"
	// ColorNever never colours.
	ColorNever ColorMode = "never"
)

// ColorModes are the values that --color takes.
func ColorModes() []string {
	return []string{string(ColorAuto), string(ColorAlways), string(ColorNever)}
}

// Set parses the flag's value.
func (m *ColorMode) Set(value string) error {
	for _, mode := range ColorModes() {
		if value == mode {
			*m = ColorMode(value)
			return nil
		}
	}
	return fmt.Errorf("must be one of %s", strings.Join(ColorModes(), ", "))
}

// String returns the flag's value.
func (m *ColorMode) String() string { return string(*m) }

// Type names the flag's values in help texts.
func (m *ColorMode) Type() string { return "auto|always|never" }

// Palette paints text, or leaves it as it is.
type Palette struct{ on bool }

// NewPalette decides on colour for one stream. An explicit mode wins over the
// environment.
func NewPalette(mode ColorMode, terminal bool, getenv func(string) string) Palette {
	switch mode {
	case ColorAlways:
		return Palette{on: true}
	case ColorNever:
		return Palette{}
	case ColorAuto:
	}
	return Palette{on: terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// style is an ANSI SGR parameter (ECMA-48). The eight basic colours follow the
// reader's own terminal theme.
type style string

const (
	good    style = "32"
	busy    style = "36"
	warning style = "33"
	failed  style = "31"
	faint   style = "2"
	heading style = "1"
)

var toneStyles = map[view.Tone]style{
	view.Faint: faint,
	view.Good:  good,
	view.Busy:  busy,
	view.Warn:  warning,
	view.Bad:   failed,
}

// Paint returns text in a style.
func (p Palette) Paint(s style, text string) string {
	if !p.on || s == "" || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// Cell returns a fact with its symbol, painted by its tone.
func (p Palette) Cell(cell view.Cell) string { return p.Paint(toneStyles[cell.Tone], cell.String()) }

// Command returns a command line that the reader may type.
func (p Palette) Command(text string) string { return p.Paint(heading, text) }
