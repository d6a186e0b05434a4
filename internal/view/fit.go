package view

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// readable is the room that a reason needs to say something.
const readable = 36

// FitLast cuts the texts of the last column so that rows fit into a number of
// characters, with gap characters between columns. 0 columns leave everything.
func FitLast(t Table, width, gap int) Table {
	if width <= 0 || len(t.Columns) == 0 {
		return t
	}
	last := len(t.Columns) - 1
	const least = 20 // below that, a wrapped line is easier to read
	room := max(roomOfLast(t, width, gap), least)
	fitted := Table{Columns: t.Columns}
	for _, row := range t.Rows {
		cut := slices.Clone(row)
		cut[last].Text = shorten(cut[last].Text, room)
		fitted.Rows = append(fitted.Rows, cut)
	}
	return fitted
}

// FitFirst cuts the middle out of the texts of the first column that take more
// than two fifths of a line, where the last column cannot be read otherwise.
// Both ends tell names apart.
func FitFirst(t Table, width, gap int) Table {
	if width <= 0 || len(t.Columns) == 0 || roomOfLast(t, width, gap) >= readable {
		return t
	}
	const fifths, of = 2, 5
	const least = 20 // a name that is shorter says nothing
	most := max(width*fifths/of, least)
	fitted := Table{Columns: t.Columns}
	for _, row := range t.Rows {
		cut := slices.Clone(row)
		if name := []rune(cut[0].Text); len(name) > most {
			head := most / 2 //nolint:mnd // half of it
			cut[0].Text = string(name[:head]) + "…" + string(name[len(name)-(most-head-1):])
		}
		fitted.Rows = append(fitted.Rows, cut)
	}
	return fitted
}

// widest is the width of a column.
func widest(t Table, column int) int {
	most := utf8.RuneCountInString(t.Columns[column].Name)
	for _, row := range t.Rows {
		most = max(most, utf8.RuneCountInString(row[column].String()))
	}
	return most
}

// roomOfLast is what the other columns leave of a line for the last one.
func roomOfLast(t Table, width, gap int) int {
	room := width
	for c := range len(t.Columns) - 1 {
		room -= widest(t, c) + gap
	}
	return room
}

// LeaveOut takes columns away, in the order of their names, until the last one
// has room to be read in a line of so many characters: all that it needs, where
// that is little. It returns the names of those it took. 0 columns leave
// everything.
func LeaveOut(t Table, width, gap int, names ...string) (narrow Table, out []string) {
	for _, name := range names {
		if width <= 0 || roomOfLast(t, width, gap) >= min(readable, widest(t, len(t.Columns)-1)) {
			break
		}
		at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
		if at < 0 {
			continue
		}
		narrow := Table{Columns: slices.Delete(slices.Clone(t.Columns), at, at+1)}
		for _, row := range t.Rows {
			narrow.Rows = append(narrow.Rows, slices.Delete(slices.Clone(row), at, at+1))
		}
		t, out = narrow, append(out, name)
	}
	return t, out
}

// WrapLast breaks the texts of the last columns into several rows each, so that
// rows fit into a number of characters. What the other columns leave is shared
// out evenly, but for what a column does not need. 0 columns leave everything.
func WrapLast(t Table, width, gap, count int) Table {
	if width <= 0 || len(t.Columns) < count {
		return t
	}
	room, first := width, len(t.Columns)-count
	for c := range first {
		room -= widest(t, c) + gap
	}
	rooms := share(t, first, room-gap*(count-1))
	wrapped := Table{Columns: t.Columns}
	for _, row := range t.Rows {
		lines := make([][]string, len(row))
		rows := 1
		for c := first; c < len(row); c++ {
			lines[c] = breakText(row[c].Text, rooms[c-first])
			rows = max(rows, len(lines[c]))
		}
		for r := range rows {
			part := make([]Cell, len(row))
			if r == 0 {
				copy(part, row)
			}
			for c := first; c < len(row); c++ {
				part[c].Text = ""
				if r < len(lines[c]) {
					part[c].Text = lines[c][r]
				}
			}
			wrapped.Rows = append(wrapped.Rows, part)
		}
	}
	return wrapped
}

// share gives each of the columns from the first what it needs, or its part of
// the room.
func share(t Table, first, room int) []int {
	const least = 16 // below that, a wrapped line is easier to read
	rooms := make([]int, len(t.Columns)-first)
	open := len(rooms)
	for again := true; again && open > 0; {
		again = false
		for i := range rooms {
			if need := widest(t, first+i); rooms[i] == 0 && need <= room/open {
				rooms[i], again = max(need, 1), true
				room, open = room-need, open-1
				break
			}
		}
	}
	for i := range rooms {
		if rooms[i] == 0 {
			rooms[i] = max(room/open, least)
		}
	}
	return rooms
}

// breakText breaks a text at spaces. A word that is longer than a line is cut,
// and loses nothing.
func breakText(text string, room int) []string {
	var lines []string
	line := []rune{}
	for word := range strings.FieldsSeq(text) {
		runes := []rune(word)
		if len(line) > 0 && len(line)+1+len(runes) > room {
			lines, line = append(lines, string(line)), line[:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, runes...)
		for len(line) > room {
			lines = append(lines, string(line[:room]))
			line = append([]rune{}, line[room:]...)
		}
	}
	if len(line) > 0 {
		lines = append(lines, string(line))
	}
	return lines
}

func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:most-1]), " ") + "…"
}
