package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// shapeError says where a value departs from AWS's shape.
type shapeError struct {
	path, message string
	value         any
}

func (e *shapeError) Error() string { return e.path + ": " + e.message }

var timeType = reflect.TypeFor[time.Time]()

// conform checks a decoded JSON value against one of the SDK's Go types, whose
// field names are the wire names in SageMaker and Application Auto Scaling,
// and returns it in wire form: times written as text become epoch seconds.
// Unions, which Go models as interfaces, pass unchecked.
func conform(path string, value any, t reflect.Type) (any, *shapeError) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if value == nil {
		return nil, &shapeError{path, "must not be null", nil}
	}
	if t == timeType {
		return conformTime(path, value)
	}
	switch t.Kind() {
	case reflect.Struct:
		fields, ok := value.(map[string]any)
		if !ok {
			return nil, &shapeError{path, "must be a map of fields", value}
		}
		return conformFields(path, fields, t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return conformString(path, value, t)
		}
		return conformSlice(path, value, t)
	case reflect.Map:
		return conformMap(path, value, t)
	case reflect.String:
		return conformString(path, value, t)
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			return nil, &shapeError{path, fmt.Sprintf("%v must be true or false", value), value}
		}
		return value, nil
	case reflect.Int32, reflect.Int64:
		return conformInteger(path, value)
	case reflect.Float32, reflect.Float64:
		if _, ok := number(value); !ok {
			return nil, &shapeError{path, fmt.Sprintf("%v must be a number", value), value}
		}
		return value, nil
	default:
		return value, nil
	}
}

// conformFields checks the fields of an SDK struct.
func conformFields(path string, fields map[string]any, t reflect.Type) (map[string]any, *shapeError) {
	out := make(map[string]any, len(fields))
	for name, inner := range fields {
		at := child(path, name)
		field, known := t.FieldByName(name)
		if !known || !field.IsExported() || name == "ResultMetadata" {
			return nil, &shapeError{at, "unknown field; " + t.Name() + " has " + strings.Join(wireFields(t), ", "), inner}
		}
		conformed, err := conform(at, inner, field.Type)
		if err != nil {
			return nil, err
		}
		out[name] = conformed
	}
	return out, nil
}

// wireFields lists the wire names of an SDK struct.
func wireFields(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			names = append(names, f.Name)
		}
	}
	return names
}

func conformSlice(path string, value any, t reflect.Type) (any, *shapeError) {
	list, ok := value.([]any)
	if !ok {
		return nil, &shapeError{path, "must be a list", value}
	}
	out := make([]any, len(list))
	for i, inner := range list {
		conformed, err := conform(fmt.Sprintf("%s[%d]", path, i), inner, t.Elem())
		if err != nil {
			return nil, err
		}
		out[i] = conformed
	}
	return out, nil
}

func conformMap(path string, value any, t reflect.Type) (any, *shapeError) {
	entries, ok := value.(map[string]any)
	if !ok {
		return nil, &shapeError{path, "must be a map", value}
	}
	out := make(map[string]any, len(entries))
	for key, inner := range entries {
		conformed, err := conform(child(path, key), inner, t.Elem())
		if err != nil {
			return nil, err
		}
		out[key] = conformed
	}
	return out, nil
}

// conformString also checks enums, which the SDK marks with a Values method.
func conformString(path string, value any, t reflect.Type) (any, *shapeError) {
	text, ok := value.(string)
	if !ok {
		return nil, &shapeError{path, fmt.Sprintf("%v must be text (quote it in YAML)", value), value}
	}
	allowed := enumValues(t)
	if len(allowed) > 0 && !slices.Contains(allowed, text) {
		return nil, &shapeError{path, "Member must satisfy enum value set: [" + strings.Join(allowed, ", ") + "]", value}
	}
	return text, nil
}

func enumValues(t reflect.Type) []string {
	method := reflect.Zero(t).MethodByName("Values")
	if !method.IsValid() {
		return nil
	}
	list := method.Call(nil)[0]
	out := make([]string, list.Len())
	for i := range out {
		out[i] = list.Index(i).String()
	}
	return out
}

func conformInteger(path string, value any) (any, *shapeError) {
	n, ok := number(value)
	if !ok || n != float64(int64(n)) {
		return nil, &shapeError{path, fmt.Sprintf("%v must be a whole number", value), value}
	}
	return int64(n), nil
}

// conformTime accepts epoch seconds, as AWS sends, and RFC 3339, as people
// write in the account file.
func conformTime(path string, value any) (any, *shapeError) {
	if seconds, ok := number(value); ok {
		return seconds, nil
	}
	if text, ok := value.(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return epochSeconds(at), nil
		}
	}
	return nil, &shapeError{path, fmt.Sprintf("%v must be a time such as 2026-01-31T23:59:59Z", value), value}
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	}
	return 0, false
}

func epochSeconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
