package python

import "errors"

// Source is what a file of Python says.
type Source struct {
	Imports   []Import
	Calls     []Call
	Strings   []String
	Reads     []Read
	Functions []Function
	Bindings  []Binding
	Globals   []Global
	// MainOnly are the lines that run only when the file is started as a
	// program, and not when something imports it.
	MainOnly []Span
	// ByTokens says that the file was scanned token by token, since no whole
	// syntax tree could be made of it. Calls are then found with their
	// constant arguments, and nothing is known of scopes.
	ByTokens bool
	// Why tells the reason for that.
	Why string
	// GaveUp says that the parser ran out of time or memory.
	GaveUp bool
}

// Import is one imported module or name: "boto3", or "os.environ" for
// `from os import environ`.
type Import struct {
	Module string
	// Alias is the name it goes by in the file.
	Alias string
	Line  int
	// Optional says that it stands in a try block, so that the file lives
	// without it.
	Optional bool
}

// Call is a call of a name, with aliases and imports undone: after
// `import boto3 as b`, b.client(...) is boto3.client.
type Call struct {
	// Name is dotted. A part that is no plain name is "()" for a call and
	// "[]" for an element, as in boto3.Session().client; what is no name at
	// all is empty, as in .format.
	Name     string
	Args     []Value
	Keywords map[string]Value
	Line     int
	// AtStart says that the call runs when the module is loaded.
	AtStart bool
	// Defaulted says that "or" follows, with what holds if there is nothing, or
	// that the value is only compared.
	Defaulted bool
	// Receiver is what a method is called on, as far as it is known.
	Receiver Value
	// Service is the service of AWS that the client belongs to, if any: "s3"
	// for a call on what boto3.client("s3") returned.
	Service string
}

// IsHook says that SageMaker's toolkits call a function of that name in a
// script that they import.
func IsHook(name string) bool {
	switch name {
	case "model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn", "input_handler", "output_handler", "handler", "handle":
		return true
	}
	return false
}

// Value is an argument as far as it is known.
type Value struct {
	// Text is the folded constant, with {} for each part that is not known.
	Text string
	// Known says that the whole value is known.
	Known bool
	// String says that it is a string, or a concatenation that holds one.
	String bool
	// Items are the elements of a list or tuple.
	Items []Value
}

// String is a constant string, or a concatenation or f-string with holes.
type String struct {
	Text string
	Line int
	// Doc says that the string stands alone as a statement, as docstrings do.
	Doc bool
	// AtStart says that it is evaluated when the module is loaded.
	AtStart bool
}

// Read is a read or write of an element by a constant key: os.environ["X"].
type Read struct {
	Name, Key string
	Line      int
	// Store says that the element is assigned to.
	Store bool
	// Optional says that a default is given.
	Optional bool
}

// Function is a definition.
type Function struct {
	Name   string
	Params []string
	Line   int
	Async  bool
	// Nested says that it is defined in a class or another function.
	Nested bool
}

// Binding gives a value to a name, an attribute, a parameter or a key.
type Binding struct {
	Name  string
	Value Value
	Line  int
	// AtStart says that it is made when the module is loaded.
	AtStart bool
}

// Global is a `global` statement: a function that changes the module's state.
type Global struct {
	Name string
	Line int
}

// Limits bound the work on one file. A zero limit means the default.
type Limits struct {
	// MaxBytes bounds the source that is parsed; a longer one is scanned by its
	// tokens. Zero means 128 KiB, above which a file is generated or
	// data, and some broken ones would take the parser minutes.
	MaxBytes int
	// TimeoutMicros bounds the parser. Zero means 1 s and 12 µs for each byte, far
	// more than what people write takes: it stays linear for what is made to
	// take long, and a busy machine changes nothing.
	TimeoutMicros uint64
	// MaxDepth bounds the nesting of the tree. Zero means 400 levels.
	MaxDepth int
	// TokensOnly leaves the parser out.
	TokensOnly bool
}

const (
	defaultMaxBytes      = 128 << 10
	defaultMaxDepth      = 400
	timeoutMicros        = 1_000_000
	timeoutMicrosPerByte = 12
)

func (l Limits) withDefaults(lengthBytes int) Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = defaultMaxBytes
	}
	if l.TimeoutMicros == 0 {
		l.TimeoutMicros = timeoutMicros + timeoutMicrosPerByte*uint64(lengthBytes)
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = defaultMaxDepth
	}
	return l
}

// ReadSource reads a file. It never fails: what cannot be parsed is scanned by its
// tokens, and Source says so.
func ReadSource(text []byte, limits Limits) Source {
	limits = limits.withDefaults(len(text))
	if len(text) > limits.MaxBytes {
		return scanned(text, "it is longer than the parser is given")
	}
	if limits.TokensOnly {
		return scanned(text, "the parser has had enough files of this archive")
	}
	tokens := tokenize(text)
	if why := unfit(tokens); why != "" {
		return scanned(text, why)
	}
	root, err := parse(text, limits)
	if err != nil {
		source := scanned(text, err.Error())
		source.GaveUp = errors.Is(err, errCutShort)
		return source
	}
	if lost := root.lost(tokens); lost > 0 {
		return scanned(text, "the parser left out some of it, as it does where the syntax is broken or of Python 2")
	}
	return extract(root)
}

// Bounds of what the parser is given: brackets as deep as Python's own
// tokenizer takes them (MAXLEVEL), and statements of so many tokens that only
// data are longer. Beyond, its time grows with the square of the length.
const (
	maxNesting         = 200
	maxStatementTokens = 10_000
)

// unfit says why a source is not given to the parser, nothing if it is.
func unfit(tokens []token) string {
	depth, length := 0, 0
	for _, t := range tokens {
		length++
		switch {
		case t.kind == tokenNewline && depth == 0:
			length = 0
		case t.kind != tokenOther:
		case t.text == "(" || t.text == "[" || t.text == "{":
			depth++
		case t.text == ")" || t.text == "]" || t.text == "}":
			depth = max(depth-1, 0)
		}
		if depth > maxNesting {
			return "it nests brackets deeper than Python takes"
		}
		if length > maxStatementTokens {
			return "one of its statements is as long as only data are"
		}
	}
	return ""
}

func scanned(text []byte, why string) Source {
	source := scanTokens(tokenize(text))
	source.ByTokens, source.Why = true, why
	return source
}
