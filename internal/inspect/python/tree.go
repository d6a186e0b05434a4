package python

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/odvcencio/gotreesitter"
	"github.com/odvcencio/gotreesitter/grammars"
)

// node is a node of the syntax tree, in the vocabulary of tree-sitter's
// grammar for Python. It is our own type so that the parser can be replaced.
type node struct {
	kind string
	// field is what the node is to the one above, such as "function".
	field string
	// text is the source it covers.
	text     string
	start    int
	line     int
	children []*node
}

// child returns the first child that stands in a field, nil without one.
func (n *node) child(field string) *node {
	for _, c := range n.children {
		if c.field == field {
			return c
		}
	}
	return nil
}

// The ways in which a parse fails.
var (
	errTooDeep  = errors.New("it nests too deep")
	errCutShort = errors.New("the parser gave up")
	errSyntax   = errors.New("its syntax is broken or not that of Python 3")
)

// parse makes a tree of a source. A panic of the library is an error here: the
// sources are anybody's.
func parse(text []byte, limits Limits) (root *node, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			root, err = nil, fmt.Errorf("the parser failed: %v", broken)
		}
	}()
	language := grammars.PythonLanguage()
	parser := gotreesitter.NewParser(language)
	parser.SetTimeoutMicros(limits.TimeoutMicros)
	// The library tries again what it could not parse, each time with the whole
	// of that time; the flag ends all tries together.
	var spent uint32
	parser.SetCancellationFlag(&spent)
	timer := time.AfterFunc(time.Duration(limits.TimeoutMicros)*time.Microsecond, func() { atomic.StoreUint32(&spent, 1) })
	defer timer.Stop()
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the parser failed: %w", err)
	}
	defer tree.Release()
	if tree.ParseStopReason() != gotreesitter.ParseStopAccepted {
		return nil, errCutShort
	}
	// One string, of which every node holds a part.
	c := converter{language: language, text: string(text), limits: limits}
	return c.convert(tree.RootNode(), "", 0)
}

// converter copies the library's tree.
type converter struct {
	language *gotreesitter.Language
	text     string
	limits   Limits
}

func (c converter) convert(from *gotreesitter.Node, field string, depth int) (*node, error) {
	if depth > c.limits.MaxDepth {
		return nil, errTooDeep
	}
	if from == nil || from.IsError() || from.IsMissing() {
		return nil, errSyntax
	}
	start, end := int(from.StartByte()), int(from.EndByte())
	if start > end || end > len(c.text) {
		return nil, errSyntax
	}
	n := &node{
		kind: from.Type(c.language), field: field, text: c.text[start:end],
		start: start, line: int(from.StartPoint().Row) + 1,
	}
	for i := range from.ChildCount() {
		child, err := c.convert(from.Child(i), from.FieldNameForChild(i, c.language), depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// lost counts the tokens that no leaf of the tree begins with. The library
// drops text that it cannot place, without saying so.
func (n *node) lost(tokens []token) int {
	starts := map[int]bool{}
	n.leaves(starts)
	lost := 0
	for _, t := range tokens {
		if (t.kind == tokenName || t.kind == tokenString) && !starts[t.start] {
			lost++
		}
	}
	return lost
}

func (n *node) leaves(starts map[int]bool) {
	if len(n.children) == 0 || n.kind == "string" {
		starts[n.start] = true
	}
	for _, c := range n.children {
		c.leaves(starts)
	}
}
