package python

import (
	"slices"
	"strings"
)

// Span is a range of lines, both ends included.
type Span struct{ First, Last int }

// mainOnly returns the lines that run only when the file is started as a
// program: what stands under `if __name__ == "__main__"`, and the functions
// that are reached from there and not from the module itself or from roots.
func mainOnly(root *node, roots func(name string) bool) []Span {
	functions := map[string]*node{}
	var guards []*node
	used, usedByMain := map[string]bool{}, map[string]bool{}
	for _, statement := range root.children {
		definition := statement
		if statement.kind == "decorated_definition" {
			definition = statement.child("definition")
		}
		switch {
		case isGuard(statement):
			guards = append(guards, statement)
			identifiers(statement, usedByMain)
		case definition != nil && definition.kind == "function_definition" && definition.child("name") != nil:
			name := definition.child("name").text
			functions[name] = statement
			// A decorator may register the function, as routes of web servers do.
			if roots(name) || statement != definition {
				used[name] = true
			}
		default:
			identifiers(statement, used)
		}
	}
	if guards == nil {
		return nil
	}
	reach(used, functions)
	reach(usedByMain, functions)
	var spans []Span
	for _, guard := range guards {
		spans = append(spans, guard.span())
	}
	for name, function := range functions {
		if usedByMain[name] && !used[name] {
			spans = append(spans, function.span())
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.First - b.First })
	return spans
}

func (n *node) span() Span { return Span{n.line, n.line + strings.Count(n.text, "\n")} }

// isGuard recognises `if __name__ == "__main__":`.
func isGuard(n *node) bool {
	if n.kind != "if_statement" {
		return false
	}
	condition := n.child("condition")
	return condition != nil && strings.Contains(condition.text, "__name__") && strings.Contains(condition.text, "__main__")
}

// identifiers adds the names that stand in a tree.
func identifiers(n *node, names map[string]bool) {
	if n.kind == "identifier" {
		names[n.text] = true
	}
	for _, c := range n.children {
		identifiers(c, names)
	}
}

// reach adds what the functions that are used use themselves.
func reach(used map[string]bool, functions map[string]*node) {
	var open []string
	for name := range used {
		open = append(open, name)
	}
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		if functions[name] == nil {
			continue
		}
		more := map[string]bool{}
		identifiers(functions[name], more)
		for next := range more {
			if !used[next] {
				used[next] = true
				open = append(open, next)
			}
		}
	}
}
