package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// jsonPathPrefix begins the value of -o that names a place in a result, as in
// kubectl: jsonpath={.status.traffic}.
const jsonPathPrefix = "jsonpath="

// IsStructured says that a result is written for programs as a whole.
func (f Format) IsStructured() bool {
	return f == FormatJSON || f == FormatYAML || f.isJSONPath()
}

func (f Format) isJSONPath() bool { return strings.HasPrefix(string(f), jsonPathPrefix) }

// parseJSONPath reads the expression of a format. As in kubectl, the braces
// around the whole may be left out, and a place that is not there is nothing.
func (f Format) parseJSONPath() (*jsonpath.JSONPath, error) {
	text := strings.TrimPrefix(string(f), jsonPathPrefix)
	if !strings.Contains(text, "{") {
		text = "{." + strings.TrimPrefix(text, ".") + "}"
	}
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(text); err != nil {
		return nil, err
	}
	return path, nil
}

// writeJSONPath writes what an expression finds in a value. The names are those
// of JSON, so the value goes through it.
func writeJSONPath(w io.Writer, format Format, text []byte) error {
	path, err := format.parseJSONPath()
	if err != nil {
		return fmt.Errorf("cannot read the expression %s: %w", format, err)
	}
	var content any
	if err := json.Unmarshal(text, &content); err != nil {
		return fmt.Errorf("cannot read the result: %w", err)
	}
	if err := path.Execute(w, content); err != nil {
		return &Failure{What: "cannot write the result as " + string(format), Why: err.Error(), Next: "-o json shows what there is", Code: ExitUsage, Cause: err}
	}
	return nil
}
