package standin

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// maxIncludes bounds files that include one another.
const maxIncludes = 8

// include merges the files that "include" lists into an account's JSON: maps
// are merged, lists come one after the other, the included first, and where
// both have a plain value that of the including file counts. Paths are
// relative to dir, those in included files too. Further accounts may include
// files likewise.
func include(text []byte, dir string) ([]byte, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return text, nil //nolint:nilerr // what is no map is refused with its own message later
	}
	merged, err := includeAll(fields, dir, maxIncludes)
	if err != nil {
		return nil, err
	}
	accounts, _ := merged["accounts"].([]any)
	for i, item := range accounts {
		inner, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if accounts[i], err = includeAll(inner, dir, maxIncludes); err != nil {
			return nil, fmt.Errorf("accounts[%d].%w", i, err)
		}
	}
	text, err = json.Marshal(merged)
	if err != nil {
		return nil, fmt.Errorf("write the merged account: %w", err)
	}
	return text, nil
}

// Merged gives an account file as one YAML text, with all that it includes in
// it: for places that take a single file. Variables stay as they are written.
func Merged(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read account file: %w", err)
	}
	text, err := yaml.YAMLToJSONStrict(data)
	if err == nil {
		text, err = include(text, filepath.Dir(path))
	}
	if err == nil {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return nil, fmt.Errorf("account file %s: %w", path, err)
	}
	return text, nil
}

func includeAll(fields map[string]any, dir string, depth int) (map[string]any, error) {
	names, _ := fields["include"].([]any)
	if fields["include"] != nil && names == nil {
		return nil, fmt.Errorf("include: %v is not a list of files", fields["include"])
	}
	delete(fields, "include")
	if depth == 0 && len(names) > 0 {
		return nil, fmt.Errorf("include: files include one another more than %d deep", maxIncludes)
	}
	base := map[string]any{}
	for i, name := range names {
		path, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("include[%d]: %v is not a file name", i, name)
		}
		inner, err := readFields(filepath.Join(dir, path))
		if err == nil {
			inner, err = includeAll(inner, dir, depth-1)
		}
		if err != nil {
			return nil, fmt.Errorf("include[%d]: %w", i, err)
		}
		base = merge(base, inner)
	}
	return merge(base, fields), nil
}

func readFields(path string) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the included file: %w", err)
	}
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("%s is not YAML: %w", path, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("%s holds no account: %w", path, err)
	}
	return fields, nil
}

func merge(base, over map[string]any) map[string]any {
	for name, value := range over {
		switch held := base[name].(type) {
		case map[string]any:
			if inner, ok := value.(map[string]any); ok {
				value = merge(held, inner)
			}
		case []any:
			if list, ok := value.([]any); ok {
				value = append(append([]any{}, held...), list...)
			}
		}
		base[name] = value
	}
	return base
}
