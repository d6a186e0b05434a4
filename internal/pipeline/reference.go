package pipeline

import (
	"regexp"
	"slices"
	"strings"
)

// Keys of the objects that stand for values (SageMaker Pipelines' definition
// schema).
const (
	keyGet     = "Get"
	keyJoin    = "Std:Join"
	keyJSONGet = "Std:JsonGet"
)

// reference is the text of a Get, such as Steps.Train.ModelArtifacts.
type reference string

var (
	referenceForm = regexp.MustCompile(`^(Parameters|Steps|Execution)\.([^.\[]+)\.?(.*)$`)
	outputForm    = regexp.MustCompile(`^ProcessingOutputConfig\.Outputs\[['"](.+)['"]\]\.S3Output\.S3Uri$`)
	fileForm      = regexp.MustCompile(`^PropertyFiles\.(.+)$`)
)

// modelPath is where a training step's model is found.
const modelPath = "ModelArtifacts.S3ModelArtifacts"

// cut takes a reference apart: its root, the name behind it, and the rest.
func (r reference) cut() (root, name, rest string) {
	parts := referenceForm.FindStringSubmatch(string(r))
	if parts == nil {
		return "", "", string(r)
	}
	return parts[1], parts[2], parts[3]
}

// single returns the value of an object with one known key.
func single(value any, key string) (any, bool) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return nil, false
	}
	inner, ok := object[key]
	return inner, ok
}

// referenceOf returns the reference that a value is.
func referenceOf(value any) (reference, bool) {
	inner, ok := single(value, keyGet)
	text, isText := inner.(string)
	return reference(text), ok && isText
}

// references are all Gets in a step, in order and each once.
func (s Step) references() []reference {
	found := map[reference]bool{}
	collect(s.Arguments, found)
	collect(s.Conditions, found)
	collect(s.Rest, found)
	var references []reference
	for r := range found {
		references = append(references, r)
	}
	slices.Sort(references)
	return references
}

func collect(value any, found map[reference]bool) {
	if r, ok := referenceOf(value); ok {
		found[r] = true
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			collect(inner, found)
		}
	case []any:
		for _, inner := range value {
			collect(inner, found)
		}
	}
}

// at returns the value at a path of field names in arguments.
func at(value any, path ...string) any {
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// list returns the objects of a list at a path.
func list(value any, path ...string) []map[string]any {
	items, ok := at(value, path...).([]any)
	if !ok {
		return nil
	}
	var objects []map[string]any
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// fields returns the names of an object, sorted.
func fields(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// slug turns a text into a name of Kubernetes: lower-case letters, digits and
// hyphens, of at most 50 characters.
func slug(text string) string {
	const most = 50
	var out strings.Builder
	for _, c := range strings.ToLower(text) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			out.WriteRune(c)
		} else if out.Len() > 0 && !strings.HasSuffix(out.String(), "-") {
			out.WriteByte('-')
		}
	}
	name := out.String()
	if name == "" {
		return "step"
	}
	return strings.Trim(name[:min(len(name), most)], "-")
}
