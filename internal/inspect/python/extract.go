package python

import (
	"strings"
)

// extract walks a tree and writes down what matters.
func extract(root *node) Source {
	x := &extractor{aliases: map[string]string{}, constants: map[string]Value{}, objects: map[string]made{}, imported: map[string]bool{}}
	x.collectNames(root, 0)
	for _, full := range x.aliases {
		x.imported[first(full)] = true
	}
	x.collectObjects(root)
	x.walk(root, scope{atStart: true})
	x.source.MainOnly = mainOnly(root, IsHook)
	return x.source
}

// scope is where a node stands.
type scope struct {
	// atStart says that it runs when the module is loaded.
	atStart bool
	// nested says that it stands in a function or class.
	nested bool
	// optional says that it stands in a try block.
	optional bool
}

type extractor struct {
	source      Source
	stringBytes int
	// aliases maps names of the file to what was imported under them.
	aliases map[string]string
	// constants are the names that the module binds exactly once, to a value.
	constants map[string]Value
	// bound counts the bindings of each name, wherever they stand.
	bound map[string]int
	// defaulted is the left side of the last "or" that was met, compared are
	// the expressions that are only compared or tested.
	defaulted *node
	compared  map[*node]bool
	// objects are the names that stand for what a call returned or for another
	// name, imported the first parts of the names that imports bring.
	objects  map[string]made
	imported map[string]bool
}

// collectNames learns what was imported and which names are constants, before
// anything is judged: functions use names that are bound further down.
func (x *extractor) collectNames(n *node, depth int) {
	if depth == 0 {
		x.bound = map[string]int{}
		x.countBindings(n)
	}
	switch n.kind {
	case "import_statement", "import_from_statement":
		for _, imported := range imports(n) {
			x.aliases[imported.Alias] = imported.Module
		}
	case "assignment":
		left, right := n.child("left"), n.child("right")
		if left != nil && right != nil && left.kind == "identifier" && x.bound[left.text] == 1 {
			if value := x.fold(right, 0); value.Known || value.String {
				x.constants[left.text] = value
			}
		}
	}
	for _, c := range n.children {
		x.collectNames(c, depth+1)
	}
}

// countBindings counts every way in which a name gets a value.
func (x *extractor) countBindings(n *node) {
	switch n.kind {
	case "assignment", "augmented_assignment", "for_statement", "for_in_clause":
		x.countTargets(n.child("left"))
	case "named_expression", "function_definition", "class_definition":
		x.countTargets(n.child("name"))
	case "as_pattern_target", "parameters", "lambda_parameters":
		x.countTargets(n)
	}
	for _, c := range n.children {
		x.countBindings(c)
	}
}

func (x *extractor) countTargets(n *node) {
	if n == nil || n.kind == "attribute" || n.kind == "subscript" {
		return
	}
	if n.kind == "identifier" || n.kind == "as_pattern_target" && len(n.children) == 0 {
		x.bound[n.text]++
	}
	for _, c := range n.children {
		x.countTargets(c)
	}
}

// imports returns what an import statement names.
func imports(n *node) []Import {
	prefix := ""
	if module := n.child("module_name"); module != nil && n.kind == "import_from_statement" {
		prefix = module.text + "."
	}
	if prefix == "" && n.kind == "import_from_statement" {
		return nil
	}
	var found []Import
	for _, c := range n.children {
		if c.field != "name" {
			if c.kind == "wildcard_import" {
				found = append(found, Import{Module: strings.TrimSuffix(prefix, "."), Alias: "*", Line: c.line})
			}
			continue
		}
		found = append(found, importsOf(c, prefix)...)
	}
	return found
}

// importsOf returns what one name of an import statement binds.
func importsOf(c *node, prefix string) []Import {
	if c.kind == "aliased_import" {
		if full, short := c.child("name"), c.child("alias"); full != nil && short != nil {
			return []Import{{Module: prefix + full.text, Alias: short.text, Line: c.line}}
		}
	}
	found := []Import{{Module: prefix + c.text, Alias: c.text, Line: c.line}}
	if first, _, dotted := strings.Cut(c.text, "."); dotted && prefix == "" {
		// `import a.b` binds a.
		found = append(found, Import{Module: first, Alias: first, Line: c.line})
	}
	return found
}

// walk visits a node and those below it.
func (x *extractor) walk(n *node, s scope) {
	switch n.kind {
	case "import_statement", "import_from_statement":
		x.imports(n, s)
		return
	case "function_definition", "lambda":
		x.function(n, s)
		return
	case "class_definition":
		s.nested = true
	case "try_statement":
		s.optional = true
	case "boolean_operator":
		// `f() or default` has a default.
		if left := n.child("left"); left != nil && n.child("operator") != nil && n.child("operator").text == "or" {
			x.defaulted = left
		}
	case "comparison_operator", "not_operator":
		x.compare(n.children...)
	case "if_statement", "elif_clause", "while_statement", "conditional_expression":
		x.compare(n.child("condition"))
	case "call":
		x.call(n, s)
	case "subscript":
		x.read(n, false)
	case "assignment":
		x.assignment(n, s)
	case "global_statement":
		x.global(n)
	case "pair":
		if key := x.fold(n.child("key"), 0); key.Known && key.String {
			x.source.Bindings = append(x.source.Bindings, Binding{Name: key.Text, Value: x.fold(n.child("value"), 0), Line: n.line})
		}
	case "default_parameter", "typed_default_parameter":
		if name := n.child("name"); name != nil {
			x.source.Bindings = append(x.source.Bindings, Binding{Name: name.text, Value: x.fold(n.child("value"), 0), Line: n.line})
		}
	case "string", "concatenated_string":
		x.str(n, s)
		x.within(n, s)
		return
	case "binary_operator":
		if value := x.fold(n, 0); value.String {
			x.addString(value, n, s)
			x.within(n, s)
			return
		}
	}
	for _, c := range n.children {
		if s.doc(n, c) {
			x.source.Strings = append(x.source.Strings, String{Text: x.fold(c, 0).Text, Line: c.line, Doc: true, AtStart: s.atStart})
			continue
		}
		x.walk(c, s)
	}
}

// compare notes expressions whose value is only looked at.
func (x *extractor) compare(nodes ...*node) {
	if x.compared == nil {
		x.compared = map[*node]bool{}
	}
	for _, n := range nodes {
		x.compared[n] = true
	}
}

// doc says that a string is a statement of its own.
func (s scope) doc(parent, n *node) bool {
	if n.kind != "string" && n.kind != "concatenated_string" {
		return false
	}
	return parent.kind == "module" || parent.kind == "block" || parent.kind == "expression_statement"
}

// within walks the calls inside a string's braces or a concatenation, and
// leaves out the strings that the whole is made of.
func (x *extractor) within(n *node, s scope) {
	for _, c := range n.children {
		if c.kind == "string" || c.kind == "concatenated_string" || c.kind == "binary_operator" {
			x.within(c, s)
		} else if c.kind != "string_start" && c.kind != "string_content" && c.kind != "string_end" {
			x.walk(c, s)
		}
	}
}

func (x *extractor) imports(n *node, s scope) {
	seen := map[string]bool{}
	for _, imported := range imports(n) {
		if seen[imported.Module] {
			continue
		}
		seen[imported.Module] = true
		imported.Optional = s.optional
		x.source.Imports = append(x.source.Imports, imported)
	}
}

func (x *extractor) function(n *node, s scope) {
	inner := scope{nested: true, optional: s.optional}
	if name := n.child("name"); name != nil {
		f := Function{Name: name.text, Line: n.line, Nested: s.nested}
		for _, c := range n.children {
			f.Async = f.Async || c.kind == "async"
		}
		if params := n.child("parameters"); params != nil {
			f.Params = parameters(params)
		}
		x.source.Functions = append(x.source.Functions, f)
	}
	for _, c := range n.children {
		if c.field == "parameters" {
			x.walk(c, s) // defaults are evaluated where the function is defined
			continue
		}
		x.walk(c, inner)
	}
}

func parameters(n *node) []string {
	var names []string
	for _, c := range n.children {
		switch c.kind {
		case "identifier":
			names = append(names, c.text)
		case "default_parameter", "typed_default_parameter":
			if name := c.child("name"); name != nil {
				names = append(names, name.text)
			}
		case "typed_parameter", "list_splat_pattern", "dictionary_splat_pattern":
			names = append(names, strings.TrimSpace(strings.Split(c.text, ":")[0]))
		}
	}
	return names
}

func (x *extractor) call(n *node, s scope) {
	name := x.name(n.child("function"), 0)
	if name == "" {
		return
	}
	function := n.child("function")
	call := Call{
		Name: name, Line: n.line, AtStart: s.atStart, Defaulted: x.defaulted == n || x.compared[n], Service: x.service(function, 0),
	}
	if function.kind == "attribute" {
		call.Receiver = x.fold(function.child("object"), 0)
	}
	arguments := n.child("arguments")
	if arguments == nil {
		return
	}
	for _, c := range arguments.children {
		switch c.kind {
		case "keyword_argument":
			key, value := c.child("name"), c.child("value")
			if key != nil && value != nil {
				if call.Keywords == nil {
					call.Keywords = map[string]Value{}
				}
				call.Keywords[key.text] = x.fold(value, 0)
			}
		case "(", ")", ",", "comment":
		default:
			call.Args = append(call.Args, x.fold(c, 0))
		}
	}
	x.source.Calls = append(x.source.Calls, call)
}

// maxNameParts bounds a dotted name: a chain of calls can be as long as a file.
const maxNameParts = 12

// name returns the dotted name of an expression with imports undone, or
// nothing for what is no name.
func (x *extractor) name(n *node, depth int) string {
	if n == nil || depth > maxNameParts {
		return ""
	}
	switch n.kind {
	case "identifier":
		if full, is := x.aliases[n.text]; is {
			return full
		}
		if origin := x.origin(n).name; origin != "" && first(origin) != n.text {
			return origin
		}
		return n.text
	case "attribute":
		attribute := n.child("attribute")
		if attribute == nil {
			return ""
		}
		if origin := x.origin(n).name; origin != "" {
			return origin
		}
		return x.name(n.child("object"), depth+1) + "." + attribute.text
	case "call":
		return x.name(n.child("function"), depth+1) + "()"
	case "subscript":
		return x.name(n.child("value"), depth+1) + "[]"
	}
	return ""
}

// read notes an element by a constant key.
func (x *extractor) read(n *node, store bool) {
	name, key := x.name(n.child("value"), 0), n.child("subscript")
	if name == "" || key == nil {
		return
	}
	if value := x.fold(key, 0); value.Known && value.String {
		x.source.Reads = append(x.source.Reads, Read{Name: name, Key: value.Text, Line: n.line, Store: store})
	}
}

func (x *extractor) assignment(n *node, s scope) {
	left, right := n.child("left"), n.child("right")
	if left == nil || right == nil {
		return
	}
	if left.kind == "subscript" {
		x.read(left, true)
		left.kind = "stored" // so that it is not noted again as a read
		return
	}
	if left.kind == "identifier" || left.kind == "attribute" {
		x.source.Bindings = append(x.source.Bindings, Binding{
			Name: left.text[strings.LastIndexByte(left.text, '.')+1:], Value: x.fold(right, 0), Line: n.line, AtStart: s.atStart && !s.nested,
		})
	}
}

func (x *extractor) global(n *node) {
	for _, c := range n.children {
		if c.kind == "identifier" {
			x.source.Globals = append(x.source.Globals, Global{Name: c.text, Line: c.line})
		}
	}
}

func (x *extractor) str(n *node, s scope) { x.addString(x.fold(n, 0), n, s) }

func (x *extractor) addString(value Value, n *node, s scope) {
	if x.stringBytes += len(value.Text); x.stringBytes > maxStringBytes && len(value.Text) > shortBytes {
		return
	}
	x.source.Strings = append(x.source.Strings, String{Text: value.Text, Line: n.line, AtStart: s.atStart})
}
