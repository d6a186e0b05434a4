package compare

import (
	"strconv"
	"unicode/utf8"
)

// walker goes through two answers side by side. It is used again and again, so
// that mirrored traffic costs few allocations.
type walker struct {
	tolerance            Tolerance
	reference, candidate scanner
	path                 []segment
	members              []member

	worst     float64 // relative error of the worst number so far
	worstPath []segment
	differs   bool // a number differs
}

// segment is one part of a path: a field's raw name, or an index.
type segment struct {
	name  []byte
	index int
}

func (w *walker) reset(tolerance Tolerance) {
	*w = walker{tolerance: tolerance, path: w.path[:0], members: w.members[:0], worstPath: w.worstPath[:0]}
}

// maxKept bounds what a walker keeps for the next answers, in entries.
const maxKept = 4096

// forget lets go of the bodies, which the pool would keep alive otherwise, and
// of what an odd large answer made grow.
func (w *walker) forget() {
	if cap(w.members) > maxKept {
		w.members = nil
	}
	clear(w.path[:cap(w.path)])
	clear(w.members[:cap(w.members)])
	clear(w.worstPath[:cap(w.worstPath)])
	w.reference, w.candidate = scanner{}, scanner{}
}

func (w *walker) enterIndex(index int)  { w.path = append(w.path, segment{index: index}) }
func (w *walker) enterName(name []byte) { w.path = append(w.path, segment{name: name}) }
func (w *walker) leave()                { w.path = w.path[:len(w.path)-1] }
func (w *walker) different(k string) Result {
	return Result{Verdict: Different, Kind: k, Path: pathOf(w.path)}
}

// number compares two numbers. A difference does not end the comparison: a worse
// one, or one in shape, may follow.
func (w *walker) number(a, b float64) {
	relative, equal := w.tolerance.distance(a, b)
	if equal || (w.differs && relative <= w.worst) {
		return
	}
	w.differs, w.worst = true, relative
	w.worstPath = append(w.worstPath[:0], w.path...)
}

// numbers is the result when nothing but numbers may differ.
func (w *walker) numbers() Result {
	if !w.differs {
		return Result{Verdict: Equal}
	}
	return Result{Verdict: Different, Kind: KindNumber, Path: pathOf(w.worstPath), RelativeError: w.worst}
}

// pathOf writes a path as `predictions[0].label`. A name that is more than
// letters, digits and a few signs is quoted.
func pathOf(path []segment) string {
	var text []byte
	for _, s := range path {
		switch {
		case s.name == nil:
			text = append(text, '[')
			text = strconv.AppendInt(text, int64(s.index), 10)
			text = append(text, ']')
		case plainName(s.name):
			if len(text) > 0 {
				text = append(text, '.')
			}
			text = append(text, s.name...)
		default:
			text = append(text, '[')
			text = strconv.AppendQuote(text, unquote(s.name))
			text = append(text, ']')
		}
		if len(text) > MaxPathLength {
			return cut(text)
		}
	}
	return string(text)
}

func plainName(name []byte) bool {
	for _, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '_' && c != '-' {
			return false
		}
	}
	return len(name) > 0
}

// cut shortens a path to MaxPathLength without splitting a character.
func cut(text []byte) string {
	const mark = "..."
	end := MaxPathLength - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return string(text[:end]) + mark
}
