package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	yamlv3 "go.yaml.in/yaml/v3"
)

// Header begins every file of Landfall.
type Header struct {
	// APIVersion is the version of the file's form.
	APIVersion string `json:"apiVersion"`
	// Kind is what the file holds.
	Kind string `json:"kind"`
}

// Encode writes a value as YAML, by its JSON tags and in the order of its
// fields. Maps are sorted by key. Equal values give equal bytes.
func Encode(value any) ([]byte, error) {
	var out bytes.Buffer
	if err := Write(&out, value); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Write is Encode for values that are too large to be in memory as YAML: the
// long lists of a struct are written part by part.
func Write(w io.Writer, value any) error {
	first, rest := split(value)
	text, err := json.Marshal(first)
	if err != nil {
		return fmt.Errorf("cannot write %T as JSON: %w", value, err)
	}
	tree, err := treeOf(text)
	if err != nil {
		return fmt.Errorf("cannot order the fields of %T: %w", value, err)
	}
	headerFirst(tree)
	if len(rest) == 0 {
		err = writeTree(w, tree)
	} else {
		err = writeParts(w, tree, rest)
	}
	if err != nil {
		return fmt.Errorf("cannot write %T as YAML: %w", value, err)
	}
	return nil
}

func writeTree(w io.Writer, tree *yamlv3.Node) error {
	encoder := yamlv3.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(tree); err != nil {
		return err
	}
	return encoder.Close()
}

// headerFirst puts apiVersion before kind, which Kubernetes' own types have the
// other way round and nobody writes so.
func headerFirst(tree *yamlv3.Node) {
	const fields = 4 // two names with their values
	c := tree.Content
	if len(c) >= fields && c[0].Value == "kind" && c[2].Value == "apiVersion" {
		c[0], c[1], c[2], c[3] = c[2], c[3], c[0], c[1]
	}
}
