package python

import "strings"

// maxFoldDepth bounds the folding of nested concatenations, maxFoldBytes the
// text that comes of it, since names may double one another, and
// maxStringBytes all texts of a file together: beyond, long ones are left out.
const (
	maxFoldDepth   = 60
	maxFoldBytes   = 4 << 10
	maxStringBytes = 1 << 20
	shortBytes     = 256
)

// hole stands for a part of a string that is not known.
const hole = "{}"

// fold works out the value of an expression as far as constants go.
func (x *extractor) fold(n *node, depth int) Value {
	unknown := Value{Text: hole}
	if n == nil || depth > maxFoldDepth {
		return unknown
	}
	switch n.kind {
	case "string":
		return x.foldString(n, depth)
	case "concatenated_string":
		value := Value{Known: true, String: true}
		for _, c := range n.children {
			if c.kind == "string" {
				value = value.plus(x.fold(c, depth+1))
			}
		}
		return value
	case "binary_operator":
		return x.foldOperator(n, depth)
	case "integer", "float", "true", "false", "none":
		return Value{Text: n.text, Known: true}
	case "unary_operator":
		return Value{Text: n.text, Known: len(n.children) == 2 && n.children[1].kind == "integer"}
	case "identifier", "attribute":
		return x.foldName(n, depth)
	case "parenthesized_expression":
		for _, c := range n.children {
			if c.kind != "(" && c.kind != ")" && c.kind != "comment" {
				return x.fold(c, depth+1)
			}
		}
	case "list", "tuple":
		return x.foldList(n, depth)
	case "call":
		return x.foldCall(n, depth)
	}
	return unknown
}

// foldName is the constant that a name stands for, or the folder of a path.
func (x *extractor) foldName(n *node, depth int) Value {
	if n.kind == "attribute" {
		if attribute := n.child("attribute"); attribute != nil && attribute.text == "parent" {
			if value := x.fold(n.child("object"), depth+1); value.String {
				return folder(value)
			}
		}
		return Value{Text: hole}
	}
	if value, is := x.constants[n.text]; is {
		return value
	}
	if value, is := places[n.text]; is && x.bound[n.text] <= 1 {
		return value
	}
	return Value{Text: hole}
}

// plus joins two values as strings.
func (v Value) plus(w Value) Value {
	if len(v.Text)+len(w.Text) > maxFoldBytes {
		return Value{Text: v.Text, String: v.String || w.String}
	}
	return Value{Text: v.Text + w.Text, Known: v.Known && w.Known, String: v.String || w.String}
}

func (x *extractor) foldString(n *node, depth int) Value {
	value, prefix := Value{Known: true, String: true}, ""
	for _, c := range n.children {
		switch c.kind {
		case "string_start":
			prefix = strings.ToLower(strings.TrimRight(c.text, `"'`))
		case "string_content", "escape_sequence":
			text := c.text
			if strings.Contains(prefix, "f") {
				text = strings.NewReplacer("{{", "{", "}}", "}").Replace(text)
			}
			if !strings.Contains(prefix, "r") {
				text = unescape(text)
			}
			value = value.plus(Value{Text: text, Known: true, String: true})
		case "interpolation":
			value = value.plus(x.fold(c.child("expression"), depth+1))
		}
	}
	return value
}

func (x *extractor) foldOperator(n *node, depth int) Value {
	operator, left, right := n.child("operator"), n.child("left"), n.child("right")
	if operator == nil || left == nil || right == nil {
		return Value{Text: hole}
	}
	a := x.fold(left, depth+1)
	switch operator.text {
	case "+":
		b := x.fold(right, depth+1)
		if a.String || b.String {
			return a.plus(b)
		}
	case "%":
		if a.String {
			return x.fill(a, verbs, n.child("right"), depth)
		}
	case "/":
		// pathlib joins with it.
		b := x.fold(right, depth+1)
		if a.String && b.String {
			return a.plus(Value{Text: "/", Known: true, String: true}).plus(b)
		}
	}
	return Value{Text: hole}
}

// verbs are the places of a %-format that hold other values.
var verbs = []string{"%s", "%d", "%r"}

// fill puts values into the places of a format, one after the other.
func (x *extractor) fill(format Value, places []string, from *node, depth int) Value {
	values := []Value{x.fold(from, depth+1)}
	if from != nil && from.kind == "tuple" {
		values = x.foldList(from, depth).Items
	}
	return filled(format, places, values)
}

func filled(format Value, places []string, values []Value) Value {
	out, rest := Value{Known: format.Known, String: true}, format.Text
	for {
		at, width := -1, 0
		for _, place := range places {
			if i := strings.Index(rest, place); i >= 0 && (at < 0 || i < at) {
				at, width = i, len(place)
			}
		}
		if at < 0 {
			return out.plus(Value{Text: rest, Known: true, String: true})
		}
		out = out.plus(Value{Text: rest[:at], Known: true, String: true})
		value := Value{Text: hole}
		if len(values) > 0 {
			value, values = values[0], values[1:]
		}
		out, rest = out.plus(value), rest[at+width:]
	}
}

// maxItems bounds the elements of a list that are folded: data are no program.
const maxItems = 64

func (x *extractor) foldList(n *node, depth int) Value {
	value := Value{Known: true}
	for _, c := range n.children {
		switch c.kind {
		case "[", "]", "(", ")", ",", "comment":
			continue
		}
		if len(value.Items) == maxItems {
			value.Known = false
			break
		}
		item := x.fold(c, depth+1)
		value.Known = value.Known && item.Known
		value.Items = append(value.Items, item)
	}
	return value
}

// foldCall knows the calls that put strings together, and those that only wrap
// one.
func (x *extractor) foldCall(n *node, depth int) Value {
	function, arguments := n.child("function"), n.child("arguments")
	if function == nil || arguments == nil {
		return Value{Text: hole}
	}
	args := x.foldList(arguments, depth).Items
	if value, is := x.foldMethod(function, args, depth); is {
		return value
	}
	switch x.name(function, 0) {
	case "os.path.join", "pathlib.Path", "pathlib.PurePosixPath", "pathlib.PosixPath", "posixpath.join":
		return joined(args)
	case "os.path.dirname":
		if len(args) == 1 && args[0].String {
			return folder(args[0])
		}
	case "os.path.expanduser", "os.path.abspath", "os.path.realpath", "os.fspath", "str":
		if len(args) == 1 {
			return args[0]
		}
	case "torch.device":
		if len(args) >= 1 {
			return args[0]
		}
	case "os.environ.get", "os.getenv", "environ.get", "getenv":
		// What is not set in the environment has the default.
		if len(args) == 2 && args[1].String {
			return Value{Text: args[1].Text, String: true}
		}
	}
	return Value{Text: hole}
}

// foldMethod knows the methods of strings and paths that return another one.
func (x *extractor) foldMethod(function *node, args []Value, depth int) (Value, bool) {
	attribute := function.child("attribute")
	if function.kind != "attribute" || attribute == nil {
		return Value{}, false
	}
	object := x.fold(function.child("object"), depth+1)
	if !object.String {
		return Value{}, false
	}
	switch attribute.text {
	case "format":
		return filled(object, []string{hole}, args), true
	case "joinpath":
		return joined(append([]Value{object}, args...)), true
	case "resolve", "absolute", "expanduser", "as_posix", "strip":
		return object, true
	}
	return Value{}, false
}

// places are names whose meaning SageMaker fixes: the file lies with the
// model's code, and the toolkits call model_fn with the model's folder.
var places = map[string]Value{
	"__file__":  {Text: "/opt/ml/model/code/" + hole, String: true},
	"model_dir": {Text: "/opt/ml/model", String: true},
}

// folder is the folder of a path.
func folder(v Value) Value {
	if i := strings.LastIndexByte(strings.TrimSuffix(v.Text, "/"), '/'); i > 0 {
		return Value{Text: v.Text[:i], Known: v.Known, String: true}
	}
	return Value{Text: hole, String: true}
}

func joined(args []Value) Value {
	value := Value{Known: true, String: len(args) > 0}
	for i, arg := range args {
		if i > 0 && !strings.HasSuffix(value.Text, "/") {
			value = value.plus(Value{Text: "/", Known: true})
		}
		if strings.HasPrefix(arg.Text, "/") {
			value = Value{Known: true, String: true} // an absolute part starts anew
		}
		value = value.plus(arg)
	}
	return value
}
