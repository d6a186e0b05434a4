package standin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
)

// variable matches the only two forms that are replaced; any other "$" stays.
var variable = regexp.MustCompile(`\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// expand replaces ${NAME} and $$ in one text.
func expand(text string, getenv func(string) (string, bool)) (string, error) {
	var missing string
	out := variable.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$$" {
			return "$"
		}
		name := match[2 : len(match)-1]
		value, ok := getenv(name)
		if !ok {
			missing = name
		}
		return value
	})
	if missing != "" {
		return "", fmt.Errorf("the environment variable %s is not set (an empty value is allowed; $$ writes a plain $)", missing)
	}
	return out, nil
}

// expandAccount expands every text value of the account, however deep.
func expandAccount(a *Account, getenv func(string) (string, bool)) error {
	return expandValue("", reflect.ValueOf(a).Elem(), getenv)
}

func expandValue(path string, v reflect.Value, getenv func(string) (string, bool)) error {
	switch v.Kind() {
	case reflect.String:
		out, err := expand(v.String(), getenv)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		v.SetString(out)
	case reflect.Struct:
		return expandStruct(path, v, getenv)
	case reflect.Slice:
		for i := range v.Len() {
			if err := expandValue(fmt.Sprintf("%s[%d]", path, i), v.Index(i), getenv); err != nil {
				return err
			}
		}
	case reflect.Map:
		return expandMap(path, v, getenv)
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		inner := reflect.New(v.Elem().Type()).Elem()
		inner.Set(v.Elem())
		if err := expandValue(path, inner, getenv); err != nil {
			return err
		}
		v.Set(inner)
	default: // numbers and booleans hold no text
	}
	return nil
}

func expandStruct(path string, v reflect.Value, getenv func(string) (string, bool)) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if err := expandValue(child(path, jsonName(field)), v.Field(i), getenv); err != nil {
			return err
		}
	}
	return nil
}

func expandMap(path string, v reflect.Value, getenv func(string) (string, bool)) error {
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		if err := expandValue(child(path, key.String()), value, getenv); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return nil
}

func child(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func jsonName(field reflect.StructField) string {
	tag := field.Tag.Get("json")
	for i := range len(tag) {
		if tag[i] == ',' {
			return tag[:i]
		}
	}
	return tag
}

// clone copies a wire-shape value deeply.
func clone(fields map[string]any) map[string]any {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("a wire value must be JSON: %v", err)) // it came from JSON
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		panic(fmt.Sprintf("JSON just written must be read: %v", err))
	}
	return out
}
