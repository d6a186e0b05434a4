package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// partLength is how many elements of a list are written at once: an encoder
// takes 400 KB to begin with, and an element of an inventory a few.
const partLength = 128

// split cuts the long lists of a struct to their first part. rest are the whole
// lists by their names. Other values stay as they are, and so do lists of
// numbers, which may stand on one line.
func split(value any) (first any, rest map[string]reflect.Value) {
	given := reflect.Indirect(reflect.ValueOf(value))
	if _, ownForm := value.(json.Marshaler); ownForm || given.Kind() != reflect.Struct {
		return value, nil
	}
	copied := reflect.New(given.Type()).Elem()
	copied.Set(given)
	for i := range copied.NumField() {
		field := copied.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Type.Kind() != reflect.Slice || isNumber(field.Type.Elem()) || field.Anonymous || name == "" || given.Field(i).Len() <= partLength {
			continue
		}
		if rest == nil {
			rest = map[string]reflect.Value{}
		}
		rest[name] = given.Field(i)
		copied.Field(i).Set(given.Field(i).Slice(0, partLength))
	}
	if rest == nil {
		return value, nil
	}
	return copied.Interface(), rest
}

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 }

// writeParts writes the fields of a mapping one by one, and behind the first
// part of a list the others. The bytes are those of the whole.
func writeParts(w io.Writer, tree *yamlv3.Node, rest map[string]reflect.Value) error {
	for i := 0; i+1 < len(tree.Content); i += 2 {
		name := tree.Content[i]
		if err := writeTree(w, mapping(name, tree.Content[i+1])); err != nil {
			return err
		}
		list, long := rest[name.Value]
		if !long {
			continue
		}
		for from := partLength; from < list.Len(); from += partLength {
			part := list.Slice(from, min(from+partLength, list.Len()))
			if err := writePart(w, name, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// writePart writes further elements of a list, without its name.
func writePart(w io.Writer, name *yamlv3.Node, part reflect.Value) error {
	text, err := json.Marshal(part.Interface())
	if err != nil {
		return fmt.Errorf("cannot write a part of %s as JSON: %w", name.Value, err)
	}
	tree, err := treeOf(text)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := writeTree(&out, mapping(name, tree)); err != nil {
		return err
	}
	_, elements, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	_, err = w.Write(elements)
	return err
}

func mapping(name, value *yamlv3.Node) *yamlv3.Node {
	return &yamlv3.Node{Kind: yamlv3.MappingNode, Tag: "!!map", Content: []*yamlv3.Node{name, value}}
}
