package python

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// tokenKind tells tokens apart as far as the scan needs.
type tokenKind int

const (
	tokenName tokenKind = iota + 1
	tokenNumber
	tokenString
	tokenOther // one character of an operator or bracket
	tokenNewline
)

// token is a token of Python. Comments and blanks are none.
type token struct {
	kind tokenKind
	// text is the name, the operator's character, or a string's content.
	text string
	// format says that a string is an f-string.
	format      bool
	start, line int
}

// lexer splits Python into tokens. It accepts everything.
type lexer struct {
	text   []byte
	at     int
	line   int
	tokens []token
}

func tokenize(text []byte) []token {
	l := &lexer{text: text, line: 1}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		l.at = 3
	}
	for l.at < len(l.text) {
		l.next()
	}
	return l.tokens
}

func (l *lexer) add(kind tokenKind, start int, text string) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, start: start, line: l.line})
}

func (l *lexer) next() {
	c, start := l.text[l.at], l.at
	switch {
	case c == '\n':
		l.add(tokenNewline, start, "\n")
		l.at++
		l.line++
	case c == '#':
		l.comment()
	case nameStart(c):
		for l.at < len(l.text) && (nameStart(l.text[l.at]) || digit(l.text[l.at])) {
			l.at++
		}
		name := string(l.text[start:l.at])
		if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && stringPrefix(name) {
			l.str(start, strings.ToLower(name))
			return
		}
		l.add(tokenName, start, name)
	case c == '"' || c == '\'':
		l.str(start, "")
	case digit(c) || c == '.' && l.at+1 < len(l.text) && digit(l.text[l.at+1]):
		for l.at < len(l.text) && (nameStart(l.text[l.at]) || digit(l.text[l.at]) || l.text[l.at] == '.') {
			l.at++
		}
		l.add(tokenNumber, start, string(l.text[start:l.at]))
	case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\\':
		l.at++
	default:
		l.at++
		l.add(tokenOther, start, string(rune(c)))
	}
}

// comment goes to the end of the line.
func (l *lexer) comment() {
	if end := bytes.IndexByte(l.text[l.at:], '\n'); end >= 0 {
		l.at += end
		return
	}
	l.at = len(l.text)
}

// str reads a string whose quote is at the present place. One that does not
// end is ended by its line, or by the file when it has three quotes.
func (l *lexer) str(start int, prefix string) {
	quote := l.text[l.at]
	triple := bytes.HasPrefix(l.text[l.at:], []byte{quote, quote, quote})
	end := []byte{quote}
	if triple {
		end = []byte{quote, quote, quote}
	}
	l.at += len(end)
	from, line := l.at, l.line
	depth := 0
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\\':
			if l.at+1 < len(l.text) && l.text[l.at+1] == '\n' {
				l.line++
			}
			l.at++
		case c == '\n':
			if !triple && depth == 0 {
				l.tokens = append(l.tokens, l.literal(start, from, l.at, line, prefix))
				return
			}
			l.line++
		case strings.Contains(prefix, "f") && (c == '{' || c == '}'):
			depth = max(depth+braces(c), 0)
		case bytes.HasPrefix(l.text[l.at:], end):
			if depth > 0 && !triple && l.nested(quote) {
				break
			}
			l.tokens = append(l.tokens, l.literal(start, from, l.at, line, prefix))
			l.at += len(end)
			return
		}
		l.at++
	}
	l.at = min(l.at, len(l.text))
	l.tokens = append(l.tokens, l.literal(start, from, l.at, line, prefix))
}

func braces(c byte) int {
	if c == '{' {
		return 1
	}
	return -1
}

// nested says that a quote within the braces of an f-string opens or closes a
// string there, as Python 3.12 allows: the f-string's own quote still follows
// on the line.
func (l *lexer) nested(quote byte) bool {
	rest := l.text[l.at+1:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	closing := bytes.IndexByte(rest, '}')
	return closing >= 0 && bytes.IndexByte(rest[closing:], quote) >= 0
}

func (l *lexer) literal(start, from, to, line int, prefix string) token {
	text := string(l.text[from:min(to, len(l.text))])
	if !strings.Contains(prefix, "r") {
		text = unescape(text)
	}
	format := strings.Contains(prefix, "f")
	if format {
		text = holes(text)
	}
	return token{kind: tokenString, text: text, format: format, start: start, line: line}
}

// holes replaces what stands in the braces of an f-string by {}.
func holes(text string) string {
	var out strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case (c == '{' || c == '}') && depth == 0 && i+1 < len(text) && text[i+1] == c:
			out.WriteByte(c)
			i++
		case c == '{':
			if depth++; depth == 1 {
				out.WriteString("{}")
			}
		case c == '}':
			depth = max(depth-1, 0)
		case depth == 0:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// escapes are those that matter in addresses, names and commands.
var escapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "\r", "\\\n", "")

func unescape(text string) string { return escapes.Replace(text) }

func stringPrefix(name string) bool {
	switch strings.ToLower(name) {
	case "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt":
		return true
	}
	return false
}

func nameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
