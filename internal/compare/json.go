package compare

import (
	"bytes"
	"cmp"
	"slices"
)

// compareJSON compares two JSON documents. Numbers compare by value, texts by
// their characters, objects by name whatever the order, arrays by position. Of
// a name that comes twice in an object, the first is compared with the first.
func compareJSON(w *walker, reference, candidate []byte) Result {
	w.reference, w.candidate = scanner{data: reference}, scanner{data: candidate}
	if result, is := undecodable(w.reference.document(), w.candidate.document()); is {
		return result
	}
	w.reference.pos, w.candidate.pos = 0, 0
	w.reference.space()
	w.candidate.space()
	if result, ended := w.value(); ended {
		return result
	}
	return w.numbers()
}

// compareJSONLines compares documents that stand one on a line. Empty lines do
// not count.
func compareJSONLines(w *walker, reference, candidate []byte) Result {
	if result, is := undecodable(validLines(reference), validLines(candidate)); is {
		return result
	}
	for i := 0; ; i++ {
		var a, b []byte
		a, reference = nextLine(reference)
		b, candidate = nextLine(candidate)
		if a == nil && b == nil {
			return w.numbers()
		}
		w.enterIndex(i)
		if a == nil || b == nil {
			return w.different(KindShape)
		}
		w.reference, w.candidate = scanner{data: a}, scanner{data: b}
		if result, ended := w.value(); ended {
			return result
		}
		w.leave()
	}
}

func validLines(body []byte) bool {
	for {
		var line []byte
		if line, body = nextLine(body); line == nil {
			return true
		}
		if s := (scanner{data: line}); !s.document() {
			return false
		}
	}
}

// nextLine returns the next line that is not empty, trimmed, and what follows
// it; nil at the end.
func nextLine(body []byte) (line, rest []byte) {
	for len(body) > 0 {
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, body
		}
	}
	return nil, nil
}

// Types of JSON values, as far as they matter for the shape.
const (
	typeObject = iota
	typeArray
	typeText
	typeBool
	typeNull
	typeNumber
)

func typeOf(first byte) int {
	switch first {
	case '{':
		return typeObject
	case '[':
		return typeArray
	case '"':
		return typeText
	case 't', 'f':
		return typeBool
	case 'n':
		return typeNull
	}
	return typeNumber
}

// value compares the values at hand and passes both. It ends with a result at a
// difference other than in a number.
func (w *walker) value() (Result, bool) {
	kind := typeOf(w.reference.peek())
	if kind != typeOf(w.candidate.peek()) {
		return w.different(KindShape), true
	}
	switch kind {
	case typeObject:
		return w.object()
	case typeArray:
		return w.array()
	}
	a, b := w.reference.raw(), w.candidate.raw()
	switch {
	case bytes.Equal(a, b):
	case kind == typeNumber:
		w.number(floatOf(a), floatOf(b))
	case kind == typeText && sameText(a[1:len(a)-1], b[1:len(b)-1]):
	default:
		return w.different(KindText), true
	}
	return Result{}, false
}

func (w *walker) array() (Result, bool) {
	w.reference.pos++
	w.candidate.pos++
	for i := 0; ; i++ {
		more, moreToo := w.element(&w.reference, i), w.element(&w.candidate, i)
		if more != moreToo {
			return w.different(KindShape), true
		}
		if !more {
			return Result{}, false
		}
		w.enterIndex(i)
		if result, ended := w.value(); ended {
			return result, true
		}
		w.leave()
	}
}

// element goes to the i-th element of an array; false at the end.
func (w *walker) element(s *scanner, i int) bool {
	if i > 0 {
		return s.next(']')
	}
	s.space()
	return !s.take(']')
}

// object compares two objects. As long as the names come in the same order,
// which is the rule, it compares them as they come.
func (w *walker) object() (Result, bool) {
	w.reference.pos++
	w.candidate.pos++
	w.reference.space()
	w.candidate.space()
	more, moreToo := !w.reference.take('}'), !w.candidate.take('}')
	for more && moreToo {
		atReference, atCandidate := w.reference.pos, w.candidate.pos
		name := w.reference.name()
		if !sameText(name, w.candidate.name()) {
			w.reference.pos, w.candidate.pos = atReference, atCandidate
			return w.unordered()
		}
		w.enterName(name)
		if result, ended := w.value(); ended {
			return result, true
		}
		w.leave()
		more, moreToo = w.reference.next('}'), w.candidate.next('}')
	}
	switch {
	case more:
		w.enterName(w.reference.name())
		return w.different(KindMissing), true
	case moreToo:
		w.enterName(w.candidate.name())
		return w.different(KindExtra), true
	}
	return Result{}, false
}

// member is a name of an object, as it is written, and where its value begins.
type member struct {
	name []byte
	at   int
}

// unordered compares what is left of two objects whose names come in different
// orders.
func (w *walker) unordered() (Result, bool) {
	base := len(w.members)
	endReference := w.collect(&w.reference)
	middle := len(w.members)
	endCandidate := w.collect(&w.candidate)
	end := len(w.members)
	// What is nested appends behind end, and may move the whole slice.
	i, j := base, middle
	for i < middle || j < end {
		var order int
		switch {
		case i == middle:
			order = 1
		case j == end:
			order = -1
		default:
			order = compareNames(w.members[i].name, w.members[j].name)
		}
		if order < 0 {
			w.enterName(w.members[i].name)
			return w.different(KindMissing), true
		}
		if order > 0 {
			w.enterName(w.members[j].name)
			return w.different(KindExtra), true
		}
		w.reference.pos, w.candidate.pos = w.members[i].at, w.members[j].at
		w.enterName(w.members[i].name)
		if result, ended := w.value(); ended {
			return result, true
		}
		w.leave()
		i, j = i+1, j+1
	}
	w.members = w.members[:base]
	w.reference.pos, w.candidate.pos = endReference, endCandidate
	return Result{}, false
}

// collect appends the members that are left of an object, sorted by name, and
// returns where the object ends.
func (w *walker) collect(s *scanner) int {
	start := len(w.members)
	for more := true; more; more = s.next('}') {
		name := s.name()
		w.members = append(w.members, member{name: name, at: s.pos})
		s.raw()
	}
	slices.SortStableFunc(w.members[start:], func(a, b member) int { return compareNames(a.name, b.name) })
	return s.pos
}

func compareNames(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Compare(a, b)
	}
	return cmp.Compare(unquote(a), unquote(b))
}
