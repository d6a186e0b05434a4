package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/spelling"
)

// explain puts a refusal of the strict reader into words that name the line and
// the field. It reads the document again, which an error is worth: as it was
// written, for its lines, and as it was read.
func explain(written, read []byte, into any, err error) error {
	text, jsonErr := yaml.YAMLToJSON(read)
	if jsonErr != nil || strings.Contains(err.Error(), "already set in map") {
		return plain(err)
	}
	var lines yamlv3.Node
	// What one reader takes and the other does not has no lines: they only help.
	_ = yamlv3.Unmarshal(written, &lines)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		message := fmt.Sprintf("%s is %s; want %s", writtenPath(wrong.Field), wrong.Value, nameOf(wrong.Type))
		if line := lineOfMisfit(&lines, reflect.TypeOf(into).Elem(), wrong.Type); line > 0 {
			message = fmt.Sprintf("line %d: %s", line, message)
		}
		return errors.New(message)
	}
	target := reflect.TypeOf(into).Elem()
	strict, valueErr := kjson.UnmarshalStrict(text, reflect.New(target).Interface(), kjson.DisallowUnknownFields)
	if valueErr != nil || len(strict) == 0 {
		return plain(err)
	}
	var unknown []error
	for _, one := range strict {
		field, ok := errors.AsType[kjson.FieldError](one)
		if !ok {
			continue
		}
		unknown = append(unknown, unknownField(field.FieldPath(), target, &lines))
	}
	return errors.Join(unknown...)
}

// writtenPath takes embedded structs out of a path, whose names stand in no
// document. The names that do begin in lower case.
func writtenPath(path string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(path, "."), func(step string) bool {
		return step != "" && step[0] >= 'A' && step[0] <= 'Z'
	}), ".")
}

func unknownField(path string, target reflect.Type, lines *yamlv3.Node) error {
	steps := stepsOf(path)
	message := fmt.Sprintf("unknown field %q", path)
	if line := lineOf(lines, steps); line > 0 {
		message = fmt.Sprintf("line %d: %s", line, message)
	}
	if last := len(steps) - 1; last >= 0 { // a name may be empty, or of brackets only
		if meant := spelling.Nearest(steps[last], fieldsAt(target, steps[:last])); meant != "" {
			message += "; did you mean " + meant + "?"
		}
	}
	return errors.New(message)
}

// stepsOf cuts workloads[3].size.cpu into its names and numbers.
func stepsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// lineOf is where a field stands, 0 where that is not known.
func lineOf(node *yamlv3.Node, steps []string) int {
	if node.Kind == yamlv3.DocumentNode {
		node = node.Content[0]
	}
	line := 0
	for _, step := range steps {
		switch node.Kind {
		case yamlv3.MappingNode:
			at := slices.IndexFunc(node.Content, func(n *yamlv3.Node) bool { return n.Value == step })
			if at < 0 || at+1 >= len(node.Content) {
				return line
			}
			line, node = node.Content[at].Line, node.Content[at+1]
		case yamlv3.SequenceNode:
			at, err := strconv.Atoi(step)
			if err != nil || at >= len(node.Content) {
				return line
			}
			node = node.Content[at]
		default:
			return line
		}
	}
	return line
}

// fieldsAt lists the fields that a document may have at a path.
func fieldsAt(t reflect.Type, steps []string) []string {
	for _, step := range steps {
		t = indirect(t)
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			inner, ok := namedFields(t)[step]
			if !ok {
				return nil
			}
			t = inner
		default:
			return nil
		}
	}
	if t = indirect(t); t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for name := range namedFields(t) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// namedFields are the fields of a struct by their names in JSON, with those of
// embedded structs.
func namedFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}

// nameOf is a type in the words of people who write YAML.
func nameOf(t reflect.Type) string {
	switch kind := indirect(t).Kind(); {
	case kind == reflect.Struct || kind == reflect.Map:
		return "fields"
	case kind == reflect.Slice || kind == reflect.Array:
		return "a list"
	case kind == reflect.Bool:
		return "true or false"
	case kind >= reflect.Int && kind <= reflect.Uint64:
		return "a whole number"
	case kind == reflect.Float32 || kind == reflect.Float64:
		return "a number"
	case kind == reflect.String:
		return "a text"
	}
	return t.String()
}

// plain leaves out the names that the readers give their own work.
func plain(err error) error {
	text := err.Error()
	for _, prefix := range []string{
		"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "yaml: ", "json: ", "unmarshal errors:",
	} {
		text = strings.TrimPrefix(text, prefix)
	}
	text = strings.TrimSpace(text)
	switch {
	case strings.Contains(text, "already set in map"):
		text = strings.NewReplacer("key ", "the field ", "already set in map", "stands there twice").Replace(text)
	case strings.Contains(text, "unexpected end of stream"), strings.Contains(text, "could not find expected"):
		text += "; was the file cut off?"
	}
	if text == err.Error() {
		return err
	}
	return &readError{text: text, cause: err}
}

// readError is a reader's error in fewer words.
type readError struct {
	text  string
	cause error
}

// Error says what is wrong.
func (e *readError) Error() string { return e.text }

// Unwrap returns the reader's own error.
func (e *readError) Unwrap() error { return e.cause }
