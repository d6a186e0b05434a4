package output

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Format is the value of -o.
type Format string

// The formats of results.
const (
	FormatTable Format = "table"
	FormatWide  Format = "wide"
	FormatJSON  Format = "json"
	FormatYAML  Format = "yaml"
	FormatName  Format = "name"
)

// ParseFormat reads the value of -o, which must be one of those allowed.
func ParseFormat(value string, allowed ...Format) (Format, error) {
	format := Format(value)
	if slices.Contains(allowed, format) {
		return format, nil
	}
	if format.isJSONPath() && slices.Contains(allowed, FormatJSON) {
		if _, err := format.parseJSONPath(); err != nil {
			return "", Usage("as in -o jsonpath='{.metadata.name}'", "cannot read -o %s: %v", value, err)
		}
		return format, nil
	}
	return "", Usage("give one of those after -o", "unknown output format %q: want %s", value, strings.Join(Words(allowed), ", "))
}

// Words are formats as they are typed.
func Words(formats []Format) []string {
	words := make([]string, 0, len(formats)+1)
	for _, format := range formats {
		words = append(words, string(format))
	}
	if slices.Contains(formats, FormatJSON) {
		words = append(words, jsonPathPrefix+"…")
	}
	return words
}

// Object writes one value as JSON or YAML, or what a JSONPath finds in it. Its own marshalling decides on the
// names; every value printed this way carries apiVersion and kind.
func Object(w io.Writer, format Format, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write the result as JSON: %w", err)
	}
	if format.isJSONPath() {
		return writeJSONPath(w, format, data)
	}
	if format == FormatYAML {
		if data, err = yaml.JSONToYAML(data); err != nil {
			return fmt.Errorf("cannot write the result as YAML: %w", err)
		}
	} else {
		data = append(data, '\n')
	}
	_, err = w.Write(data)
	return err
}

// SchemaVersion is the apiVersion of results that are no Kubernetes objects.
const SchemaVersion = "cli.landfall.dev/v1alpha1"
