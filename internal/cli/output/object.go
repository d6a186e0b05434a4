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
	if slices.Contains(allowed, Format(value)) {
		return Format(value), nil
	}
	words := make([]string, len(allowed))
	for i, format := range allowed {
		words[i] = string(format)
	}
	return "", Usage("give one of those after -o", "unknown output format %q: want %s", value, strings.Join(words, ", "))
}

// Object writes one value as JSON or YAML. Its own marshalling decides on the
// names; every value printed this way carries apiVersion and kind.
func Object(w io.Writer, format Format, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write the result as JSON: %w", err)
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
