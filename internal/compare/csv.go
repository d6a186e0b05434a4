package compare

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// compareCSV compares rows by position and fields by position: numbers by value
// when both are one, anything else as text. Empty rows do not count. Quoting
// follows RFC 4180.
func compareCSV(w *walker, reference, candidate []byte) Result {
	a, b := newRows(reference), newRows(candidate)
	if result, is := undecodable(a.valid(), b.valid()); is {
		return result
	}
	for i := 0; ; i++ {
		more, moreToo := a.next(), b.next()
		if !more && !moreToo {
			return w.numbers()
		}
		w.enterIndex(i)
		if more != moreToo {
			return w.different(KindShape)
		}
		if result, ended := w.row(&a, &b); ended {
			return result
		}
		w.leave()
	}
}

func (w *walker) row(a, b *rows) (Result, bool) {
	var first Result
	for i := 0; ; i++ {
		x, more := a.field()
		y, moreToo := b.field()
		if more != moreToo {
			return w.different(KindShape), true
		}
		if !more {
			return first, first.Verdict != ""
		}
		w.enterIndex(i)
		if !w.word(x, y) && first.Verdict == "" {
			first = w.different(KindText)
		}
		w.leave()
	}
}

// word compares two words: numbers by value, others as they are. It is false
// when they are different texts.
func (w *walker) word(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, isNumber := numberOf(a)
	y, isNumberToo := numberOf(b)
	if !isNumber || !isNumberToo {
		return false
	}
	w.number(x, y)
	return true
}

// numberOf reads a decimal number, NaN or an infinity, with blanks around it.
// Go's hexadecimal floats and digit separators are no numbers here.
func numberOf(word []byte) (float64, bool) {
	word = bytes.TrimSpace(word)
	if len(word) == 0 || len(word) > 400 {
		return 0, false
	}
	for _, c := range word {
		switch c {
		case 'x', 'X', 'p', 'P', '_':
			return 0, false
		}
	}
	value, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		// Digits beyond the range are a number all the same, an infinity.
		return value, value != 0
	}
	return value, true
}

// rows reads CSV row by row. Without a quote in the text, a row is a line and a
// field is what stands between commas, and nothing is copied.
type rows struct {
	body []byte
	// quoted holds the rows of a text with quotes; nil otherwise.
	quoted [][]string
	broken bool

	line   []byte
	fields []string
	ended  bool // the row at hand has no more fields
}

func newRows(body []byte) rows {
	r := rows{body: body}
	if bytes.IndexByte(body, '"') < 0 {
		return r
	}
	reader := csv.NewReader(bytes.NewReader(body))
	reader.FieldsPerRecord = -1 // rows of different lengths are compared, not refused
	records, err := reader.ReadAll()
	r.quoted, r.broken = records, err != nil
	r.body = nil
	return r
}

func (r *rows) valid() bool { return !r.broken }

func (r *rows) next() bool {
	r.ended = false
	if len(r.quoted) > 0 {
		r.fields, r.quoted = r.quoted[0], r.quoted[1:]
		return true
	}
	r.fields = nil
	for len(r.body) > 0 {
		r.line, r.body, _ = bytes.Cut(r.body, []byte{'\n'})
		if r.line = bytes.TrimSuffix(r.line, []byte{'\r'}); len(r.line) > 0 {
			return true
		}
	}
	return false
}

func (r *rows) field() ([]byte, bool) {
	if r.ended {
		return nil, false
	}
	if r.fields != nil {
		field := r.fields[0]
		r.fields = r.fields[1:]
		r.ended = len(r.fields) == 0
		return []byte(field), true
	}
	field, rest, found := bytes.Cut(r.line, []byte{','})
	r.line, r.ended = rest, !found
	return field, true
}
