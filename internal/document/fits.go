package document

import (
	"reflect"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
)

// visit calls do with each value of a document and the type that it is read
// into, as far as the two go together.
func visit(node *yamlv3.Node, t reflect.Type, do func(*yamlv3.Node, reflect.Type)) {
	if node.Kind == yamlv3.DocumentNode {
		visit(node.Content[0], t, do)
		return
	}
	t = indirect(t)
	do(node, t)
	switch {
	case node.Kind == yamlv3.SequenceNode && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		for _, element := range node.Content {
			visit(element, t.Elem(), do)
		}
	case node.Kind == yamlv3.MappingNode && t.Kind() == reflect.Map:
		for i := 1; i < len(node.Content); i += 2 {
			visit(node.Content[i], t.Elem(), do)
		}
	case node.Kind == yamlv3.MappingNode && t.Kind() == reflect.Struct:
		fields := namedFields(t)
		for i := 1; i < len(node.Content); i += 2 {
			if field, known := fields[node.Content[i-1].Value]; known {
				visit(node.Content[i], field, do)
			}
		}
	}
}

// quoteTexts writes a document anew with quotes around the numbers that stand
// for texts, such as the 2 of "cpu: 2". It returns nothing where there are none,
// or where the document cannot be read.
func quoteTexts(data []byte, t reflect.Type) []byte {
	var tree yamlv3.Node
	if err := yamlv3.Unmarshal(data, &tree); err != nil || tree.Kind != yamlv3.DocumentNode {
		return nil
	}
	quoted := false
	visit(&tree, t, func(node *yamlv3.Node, t reflect.Type) {
		if t.Kind() == reflect.String && isNumeral(node) {
			node.Tag, node.Style, quoted = "!!str", yamlv3.DoubleQuotedStyle, true
		}
	})
	if !quoted {
		return nil
	}
	text, err := yamlv3.Marshal(&tree)
	if err != nil {
		return nil
	}
	return text
}

func isNumeral(node *yamlv3.Node) bool {
	return node.Kind == yamlv3.ScalarNode && slices.Contains([]string{"!!int", "!!float"}, node.Tag)
}

// lineOfMisfit is where the first value stands that its type cannot take, 0
// where none does.
func lineOfMisfit(tree *yamlv3.Node, t, misfit reflect.Type) int {
	line := 0
	if tree.Kind != yamlv3.DocumentNode {
		return 0
	}
	visit(tree, t, func(node *yamlv3.Node, t reflect.Type) {
		if line == 0 && t == indirect(misfit) && !fits(node, t) {
			line = node.Line
		}
	})
	return line
}

// fits says that a value is of the kind that a type takes. Nothing fits all.
func fits(node *yamlv3.Node, t reflect.Type) bool {
	if node.Kind == yamlv3.AliasNode || node.Tag == "!!null" {
		return true
	}
	switch kind := t.Kind(); {
	case kind == reflect.Struct || kind == reflect.Map:
		return node.Kind == yamlv3.MappingNode
	case kind == reflect.Slice || kind == reflect.Array:
		return node.Kind == yamlv3.SequenceNode
	case kind >= reflect.Int && kind <= reflect.Uint64:
		return node.Tag == "!!int"
	case kind == reflect.Float32 || kind == reflect.Float64:
		return isNumeral(node)
	case kind == reflect.Bool:
		return node.Tag == "!!bool"
	case kind == reflect.String:
		return node.Kind == yamlv3.ScalarNode
	}
	return true
}
