package document

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	if len(node.Content) == 0 {
		node.Style = yamlv3.FlowStyle // {} and []
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("cannot read JSON: %w", err)
	}
	return node, nil
}

// scalar leaves the quoting of texts to the encoder of Go values: unlike that
// of nodes, it knows which words other readers take for booleans and numbers.
func scalar(token json.Token) (*yamlv3.Node, error) {
	node := &yamlv3.Node{}
	if number, ok := token.(json.Number); ok {
		node.Kind, node.Value = yamlv3.ScalarNode, number.String()
		return node, nil
	}
	if text, ok := token.(string); ok && (text == mergeKey || strings.ContainsFunc(text, isAwkward)) {
		// The encoder would choose a block, and cannot write every text in one.
		*node = yamlv3.Node{Kind: yamlv3.ScalarNode, Tag: "!!str", Value: text, Style: yamlv3.DoubleQuotedStyle}
		return node, nil
	}
	if err := node.Encode(token); err != nil {
		return nil, fmt.Errorf("cannot write %v as YAML: %w", token, err)
	}
	return node, nil
}

// mergeKey means something in YAML 1.1 that no text of ours does.
const mergeKey = "<<"

// isAwkward finds line breaks, tabs and what no editor shows.
func isAwkward(r rune) bool { return !unicode.IsPrint(r) }
