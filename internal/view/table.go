package view

// Tone says how a fact should feel. Whoever renders it may colour it, but the
// word and the symbol always carry the meaning on their own.
type Tone int

// The tones, from nothing to say to something is wrong.
const (
	// Plain is a fact without a judgement.
	Plain Tone = iota
	// Faint is a fact that matters least.
	Faint
	// Good is a fact that is as it should be.
	Good
	// Busy is a fact that is about to change by itself.
	Busy
	// Warn is a fact that someone should know of.
	Warn
	// Bad is a fact that someone has to act on.
	Bad
)

// Symbol returns the character that stands before a judged fact, and nothing
// for facts without a judgement.
func (t Tone) Symbol() string {
	switch t {
	case Good:
		return "✔"
	case Busy:
		return "◌"
	case Warn:
		return "⚠"
	case Bad:
		return "✖"
	case Plain, Faint:
		return ""
	}
	return ""
}

// Cell is one fact.
type Cell struct {
	Text string
	Tone Tone
}

// String returns the fact with its symbol, as it stands in a table.
func (c Cell) String() string {
	symbol := c.Tone.Symbol()
	switch {
	case symbol == "":
		return c.Text
	case c.Text == "":
		return symbol
	default:
		return symbol + " " + c.Text
	}
}

// Text returns a fact without a judgement.
func Text(text string) Cell { return Cell{Text: text} }

// Column heads a column of a Table.
type Column struct {
	// Name in upper case, without spaces where scripts may cut by them.
	Name string
	// Wide columns are shown on request only.
	Wide bool
	// UsualWidth is as wide as its cells commonly get, for rows that are
	// written before the widest is known. 0 means the width of Name.
	UsualWidth int
}

// Table is rows of facts under columns. Each row has as many cells as there are
// columns.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Narrow returns the table without its wide columns.
func (t Table) Narrow() Table {
	var narrow Table
	for _, column := range t.Columns {
		if !column.Wide {
			narrow.Columns = append(narrow.Columns, column)
		}
	}
	for _, row := range t.Rows {
		var cells []Cell
		for i, cell := range row {
			if !t.Columns[i].Wide {
				cells = append(cells, cell)
			}
		}
		narrow.Rows = append(narrow.Rows, cells)
	}
	return narrow
}

// none stands where there is nothing to show, so that columns stay countable.
const none = "-"

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

func columns(names ...string) []Column {
	heads := make([]Column, len(names))
	for i, name := range names {
		heads[i] = Column{Name: name}
	}
	return heads
}

func wide(names ...string) []Column {
	heads := columns(names...)
	for i := range heads {
		heads[i].Wide = true
	}
	return heads
}
