package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	yamlv3 "go.yaml.in/yaml/v3"
)

// treeOf reads JSON as a tree of YAML nodes, which keeps the order of the
// fields that a map would lose.
func treeOf(text []byte) (*yamlv3.Node, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return nextNode(decoder)
}

func nextNode(decoder *json.Decoder) (*yamlv3.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("cannot read JSON: %w", err)
	}
	delimiter, compound := token.(json.Delim)
	if !compound {
		return scalar(token)
	}
	node := &yamlv3.Node{Kind: yamlv3.SequenceNode, Tag: "!!seq"}
	if delimiter == '{' {
		node = &yamlv3.Node{Kind: yamlv3.MappingNode, Tag: "!!map"}
	}
	for decoder.More() {
		inner, err := nextNode(decoder)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, inner)
	}
	if len(node.Content) == 0 || isProfile(node) {
		node.Style = yamlv3.FlowStyle // {} and []
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("cannot read JSON: %w", err)
	}
	return node, nil
}

// minProfile is how many numbers a list has that nobody reads one by one.
const minProfile = 24

// isProfile says that a list is a long one of numbers, such as one for each
// hour of a week. It goes on one line.
func isProfile(node *yamlv3.Node) bool {
	return node.Kind == yamlv3.SequenceNode && len(node.Content) >= minProfile &&
		!slices.ContainsFunc(node.Content, func(n *yamlv3.Node) bool { return n.Kind != yamlv3.ScalarNode || n.Tag != "" })
}

// scalar makes the node of a value. Texts carry their tag, so that the encoder
// quotes those that would read as something else.
func scalar(token json.Token) (*yamlv3.Node, error) {
	node := &yamlv3.Node{Kind: yamlv3.ScalarNode}
	switch value := token.(type) {
	case json.Number:
		node.Value = value.String()
	case string:
		node.Tag, node.Value = "!!str", value
		if value == mergeKey || readsOtherwise(value) || strings.ContainsFunc(value, isAwkward) {
			// The encoder would choose a block for some of these, and cannot
			// write every text in one.
			node.Style = yamlv3.DoubleQuotedStyle
		}
	case bool:
		node.Tag, node.Value = "!!bool", strconv.FormatBool(value)
	case nil:
		node.Tag, node.Value = "!!null", "null"
	default:
		return nil, fmt.Errorf("cannot write %v as YAML: it is no value of JSON", token)
	}
	return node, nil
}

// readsOtherwise finds texts that older readers of YAML take for a boolean or
// for a number in base 60. The encoder of nodes does not know them.
func readsOtherwise(text string) bool {
	const longest = len("false")
	if len(text) <= longest {
		switch strings.ToLower(text) {
		case "y", "yes", "on", "n", "no", "off":
			return true
		}
	}
	return strings.IndexByte(text, ':') > 0 && base60Form.MatchString(text)
}

var base60Form = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`)

// mergeKey means something in YAML 1.1 that no text of ours does.
const mergeKey = "<<"

// isAwkward finds line breaks, tabs and what no editor shows.
func isAwkward(r rune) bool { return !unicode.IsPrint(r) }
