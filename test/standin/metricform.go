package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// formWire is CloudWatch's query protocol: members are numbered parts of the
// name, as in MetricDataQueries.member.1.Id.
func formWire(form url.Values) metricWire {
	operation := form.Get("Action")
	return metricWire{
		operation: operation, answer: answerMetricsXML, refuse: writeXMLError,
		object: func([]byte) ([]byte, error) {
			tree := map[string]any{}
			for name := range form {
				if name != "Action" && name != "Version" {
					plant(tree, strings.Split(name, "."), form.Get(name))
				}
			}
			text, err := json.Marshal(harvest(tree))
			if err != nil {
				return nil, fmt.Errorf("turn the form into JSON: %w", err)
			}
			return text, nil
		},
		fields: func(w http.ResponseWriter, fields map[string]any, output reflect.Type) {
			result := toXML(operation+"Result", fields, output)
			writeXML(w, http.StatusOK, xmlNode{name: operation + "Response", inner: []xmlNode{result}})
		},
	}
}

func plant(tree map[string]any, path []string, value string) {
	if len(path) == 1 {
		tree[path[0]] = value
		return
	}
	inner, ok := tree[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		tree[path[0]] = inner
	}
	plant(inner, path[1:], value)
}

// harvest turns {"member": {"1": x, "2": y}} into [x, y].
func harvest(value any) any {
	tree, ok := value.(map[string]any)
	if !ok {
		return value
	}
	if members, ok := tree["member"].(map[string]any); ok && len(tree) == 1 {
		list := []any{}
		for i := 1; members[strconv.Itoa(i)] != nil; i++ {
			list = append(list, harvest(members[strconv.Itoa(i)]))
		}
		return list
	}
	out := map[string]any{}
	for name, inner := range tree {
		out[name] = harvest(inner)
	}
	return out
}

// coerce gives the texts of a form the SDK's types; what is no form passes.
func coerce(value any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if f, ok := fieldOf(t, name); ok {
				v[name] = coerce(inner, f)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = coerce(item, elementOf(t))
		}
	case string:
		return coerceText(v, t)
	}
	return value
}

func coerceText(text string, t reflect.Type) any {
	switch t.Kind() { //nolint:exhaustive // texts and lists stay as they are
	case reflect.Int32, reflect.Int64, reflect.Float64:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case reflect.Bool:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}

func answerFieldsJSON(w http.ResponseWriter, fields map[string]any, _ reflect.Type) {
	writeJSON(w, http.StatusOK, contentJSON10, fields)
}

func answerFieldsCBOR(w http.ResponseWriter, fields map[string]any, output reflect.Type) {
	writeBytes(w, http.StatusOK, contentCBOR, cbor.Encode(toCBOR(fields, output)))
}

// toCBOR writes a wire-shape value; t is the SDK's type of it, which tells
// times from numbers.
func toCBOR(value any, t reflect.Type) cbor.Value {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := value.(type) {
	case map[string]any:
		out := cbor.Map{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := t
			if f, ok := fieldOf(t, name); ok {
				inner = f
			}
			out[name] = toCBOR(v[name], inner)
		}
		return out
	case []any:
		out := cbor.List{}
		for _, item := range v {
			out = append(out, toCBOR(item, elementOf(t)))
		}
		return out
	case string:
		return cbor.String(v)
	case bool:
		return cbor.Bool(v)
	}
	n, _ := number(value)
	switch {
	case t == timeType:
		return &cbor.Tag{ID: 1, Value: cbor.Float64(n)}
	case t.Kind() == reflect.Float64:
		return cbor.Float64(n)
	case n < 0:
		return cbor.NegInt(uint64(-n))
	}
	return cbor.Uint(uint64(n))
}

// flexTime reads epoch seconds and ISO 8601 text.
type flexTime time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (t *flexTime) UnmarshalJSON(text []byte) error {
	if seconds, err := strconv.ParseFloat(string(text), 64); err == nil {
		*t = flexTime(time.UnixMilli(int64(seconds * 1000)).UTC())
		return nil
	}
	at, err := time.Parse(`"`+time.RFC3339+`"`, string(text))
	if err != nil {
		return fmt.Errorf("%s is not a time", text)
	}
	*t = flexTime(at)
	return nil
}

// MarshalJSON implements json.Marshaler, for the digest of a request.
func (t flexTime) MarshalJSON() ([]byte, error) { return json.Marshal(time.Time(t)) }

// flexInt reads a number, also when the form made it text.
type flexInt int

// UnmarshalJSON implements json.Unmarshaler.
func (n *flexInt) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	if err != nil || value != float64(int(value)) {
		return fmt.Errorf("%s is not a whole number", text)
	}
	*n = flexInt(value)
	return nil
}

// flexBool reads true and false, also when the form made them text.
type flexBool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *flexBool) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseBool(string(bytes.Trim(text, `"`)))
	if err != nil {
		return fmt.Errorf("%s is not true or false", text)
	}
	*b = flexBool(value)
	return nil
}
