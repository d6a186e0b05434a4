package python

import (
	"slices"
	"strings"
)

// scanTokens finds what it can in a row of tokens: imports, calls with their
// constant arguments, and strings. It knows neither scopes nor names that are
// bound, so all it finds counts as running at the start.
func scanTokens(tokens []token) Source {
	s := &scanner{tokens: tokens, aliases: map[string]string{}}
	for s.at < len(s.tokens) {
		s.statement()
	}
	return s.source
}

type scanner struct {
	source  Source
	tokens  []token
	at      int
	aliases map[string]string
}

// text returns the token at a distance, as its text; strings have none.
func (s *scanner) text(distance int) string {
	if i := s.at + distance; i >= 0 && i < len(s.tokens) && s.tokens[i].kind != tokenString {
		return s.tokens[i].text
	}
	return ""
}

func (s *scanner) first() bool {
	return s.at == 0 || s.tokens[s.at-1].kind == tokenNewline || s.text(-1) == ";"
}

func (s *scanner) statement() {
	t := s.tokens[s.at]
	switch {
	case t.kind == tokenName && s.first() && (t.text == "import" || t.text == "from"):
		s.imports()
	case t.kind == tokenName && t.text == "def":
		s.function()
	case t.kind == tokenName && !keywords[t.text]:
		s.name()
	case t.kind == tokenString:
		s.source.Strings = append(s.source.Strings, String{
			Text: t.text, Line: t.line, AtStart: true, Doc: s.first() && s.text(1) == "\n",
		})
		s.at++
	default:
		s.at++
	}
}

// keywords are the names that a parenthesis may follow without a call.
var keywords = map[string]bool{
	"and": true, "assert": true, "await": true, "class": true, "del": true, "elif": true, "except": true, "for": true,
	"if": true, "in": true, "is": true, "lambda": true, "not": true, "or": true, "print": true, "raise": true,
	"return": true, "while": true, "with": true, "yield": true,
}

// dotted reads a name with dots and goes behind it.
func (s *scanner) dotted() string {
	parts := []string{s.text(0)}
	s.at++
	for s.text(0) == "." && s.at+1 < len(s.tokens) && s.tokens[s.at+1].kind == tokenName {
		if len(parts) <= maxNameParts {
			parts = append(parts, s.text(1))
		}
		s.at += 2
	}
	return strings.Join(parts, ".")
}

func (s *scanner) imports() {
	line := s.tokens[s.at].line
	from := s.text(0) == "from"
	s.at++
	prefix := ""
	if from && s.at < len(s.tokens) && s.tokens[s.at].kind == tokenName {
		prefix = s.dotted() + "."
	}
	for s.at < len(s.tokens) && s.tokens[s.at].kind != tokenNewline && s.text(0) != ";" {
		if s.tokens[s.at].kind != tokenName || s.text(0) == "import" {
			s.at++
			continue
		}
		name := s.dotted()
		alias := name
		if s.text(0) == "as" && s.text(1) != "\n" {
			alias = s.text(1)
			s.at += 2
		}
		s.aliases[alias] = prefix + name
		s.source.Imports = append(s.source.Imports, Import{Module: prefix + name, Alias: alias, Line: line})
	}
}

func (s *scanner) function() {
	line := s.tokens[s.at].line
	nested := !s.first()
	s.at++
	if s.at >= len(s.tokens) || s.tokens[s.at].kind != tokenName {
		return
	}
	f := Function{Name: s.text(0), Line: line, Nested: nested}
	s.at++
	for depth := 0; s.at < len(s.tokens) && s.tokens[s.at].kind != tokenNewline; s.at++ {
		switch t := s.text(0); {
		case t == "(":
			depth++
		case t == ")":
			if depth--; depth == 0 {
				s.source.Functions = append(s.source.Functions, f)
				return
			}
		case s.tokens[s.at].kind == tokenName && depth == 1 && (s.text(-1) == "(" || s.text(-1) == ","):
			f.Params = append(f.Params, t)
		}
	}
	s.source.Functions = append(s.source.Functions, f)
}

// name handles a name that is called, indexed or bound.
func (s *scanner) name() {
	line := s.tokens[s.at].line
	first := s.first()
	written := s.dotted()
	name := s.resolve(written)
	switch {
	case s.text(0) == "(":
		call := Call{Name: name, Line: line, AtStart: true}
		s.arguments(&call)
		s.source.Calls = append(s.source.Calls, call)
	case s.text(0) == "[" && s.string(1) != nil && s.text(2) == "]":
		s.source.Reads = append(s.source.Reads, Read{
			Name: name, Key: s.tokens[s.at+1].text, Line: line, Store: s.text(3) == "=" && s.text(4) != "=",
		})
	case s.text(0) == "=" && first && s.string(1) != nil:
		s.source.Bindings = append(s.source.Bindings, Binding{
			Name: written, Value: value(*s.string(1)), Line: line, AtStart: true,
		})
	}
}

func (s *scanner) resolve(name string) string {
	head, rest, _ := strings.Cut(name, ".")
	if full, is := s.aliases[name]; is {
		return full
	}
	if full, is := s.aliases[head]; is && rest != "" {
		return full + "." + rest
	}
	return name
}

// string returns the token at a distance if it is a string.
func (s *scanner) string(distance int) *token {
	if i := s.at + distance; i < len(s.tokens) && s.tokens[i].kind == tokenString {
		return &s.tokens[i]
	}
	return nil
}

// maxArgumentTokens bounds the search for the end of a call, which may never
// come.
const maxArgumentTokens = 200

// arguments looks ahead, and leaves the place where it is: what the call holds
// is scanned in its turn.
func (s *scanner) arguments(call *Call) {
	depth, key := 0, ""
	for i := s.at; i < min(len(s.tokens), s.at+maxArgumentTokens); i++ {
		t := s.tokens[i]
		switch {
		case t.kind == tokenOther && slices.Contains([]string{"(", "[", "{"}, t.text):
			depth++
		case t.kind == tokenOther && slices.Contains([]string{")", "]", "}"}, t.text):
			if depth--; depth == 0 {
				return
			}
		case depth == 1 && t.kind == tokenOther && t.text == ",":
			key = ""
		case depth == 1 && t.kind == tokenName && i+1 < len(s.tokens) && s.tokens[i+1].text == "=":
			key = t.text
		case depth == 1 && (t.kind == tokenString || t.kind == tokenNumber) && key != "":
			if call.Keywords == nil {
				call.Keywords = map[string]Value{}
			}
			call.Keywords[key] = value(t)
		case depth == 1 && (t.kind == tokenString || t.kind == tokenNumber):
			call.Args = append(call.Args, value(t))
		}
	}
}

func value(t token) Value {
	return Value{Text: t.text, Known: !t.format, String: t.kind == tokenString}
}
