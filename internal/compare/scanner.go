package compare

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// maxDepth is how deep arrays and objects may be nested; what is deeper counts
// as not decodable.
const maxDepth = 500

// scanner reads JSON (RFC 8259) from its beginning to its end without making
// values of it. Beyond the standard it takes NaN, Infinity and -Infinity for
// numbers, as Python's json module writes them.
//
// Every method but value expects text that value has found valid.
type scanner struct {
	data []byte
	pos  int
}

// document says whether the text is one JSON value and nothing else.
func (s *scanner) document() bool {
	s.space()
	if !s.value(0) {
		return false
	}
	s.space()
	return s.pos == len(s.data)
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// take skips one byte if it is the next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// value passes one value and says whether it is valid.
func (s *scanner) value(depth int) bool {
	switch s.peek() {
	case '{':
		return depth < maxDepth && s.object(depth)
	case '[':
		return depth < maxDepth && s.array(depth)
	case '"':
		return s.text()
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	case 'N':
		return s.literal("NaN")
	case 'I':
		return s.literal("Infinity")
	default:
		return s.number()
	}
}

func (s *scanner) object(depth int) bool {
	s.pos++
	s.space()
	if s.take('}') {
		return true
	}
	for {
		s.space()
		if s.peek() != '"' || !s.text() {
			return false
		}
		s.space()
		if !s.take(':') {
			return false
		}
		s.space()
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) array(depth int) bool {
	s.pos++
	s.space()
	if s.take(']') {
		return true
	}
	for {
		s.space()
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) literal(word string) bool {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

func (s *scanner) text() bool {
	s.pos++
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < ' ':
			return false
		default:
			s.pos++
		}
	}
	return false
}

func (s *scanner) escape() bool {
	s.pos++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	case 'u':
		s.pos++
		for range 4 {
			if !isHex(s.peek()) {
				return false
			}
			s.pos++
		}
		return true
	}
	return false
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *scanner) number() bool {
	s.take('-')
	if s.peek() == 'I' {
		return s.literal("Infinity")
	}
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

// raw passes one value and returns its text.
func (s *scanner) raw() []byte {
	start := s.pos
	s.value(0)
	return s.data[start:s.pos]
}

// name passes a name and the colon after it, and returns the name as it is
// written, without the quotes.
func (s *scanner) name() []byte {
	start := s.pos + 1
	s.text()
	name := s.data[start : s.pos-1 : s.pos-1]
	s.space()
	s.take(':')
	s.space()
	return name
}

// next passes the comma before the next element, or the end of the array or
// object, of which it returns false.
func (s *scanner) next(end byte) bool {
	s.space()
	if s.take(end) {
		return false
	}
	s.take(',')
	s.space()
	return true
}

// sameText compares two texts as they are written, without their quotes: `\u0041`
// is `A`.
func sameText(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return false
	}
	return unquote(a) == unquote(b)
}

// unquote resolves the escapes of a text as it is written, without its quotes.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return string(raw) // no name that value found valid comes here
	}
	return text
}

// floatOf reads a number that value found valid. One too large for a float64
// reads as an infinity.
func floatOf(raw []byte) float64 {
	value, _ := strconv.ParseFloat(string(raw), 64)
	return value
}
