package answer

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// Spec writes one of the SDK's structs as a JSON object in AWS's field names,
// sorted, so that reading and writing it again changes nothing. Fields without a value, false and empty texts are
// left out; a number 0 that AWS gave is kept. Times are RFC 3339 in UTC. Values
// that may be secret read "***", and masked names their fields. omit names
// fields of the top level to leave out.
func Spec(value any, omit map[string]bool) (spec inventory.Spec, masked []string) {
	w := &writer{}
	w.fields(reflect.Indirect(reflect.ValueOf(value)), "", omit)
	slices.Sort(w.masked)
	return inventory.Spec(w.out.Bytes()), slices.Compact(w.masked)
}

// List writes a list of the SDK's structs as an object with one field.
func List(member string, list reflect.Value) (fields inventory.Spec, masked []string) {
	w := &writer{}
	w.out.WriteByte('{')
	if list.IsValid() && list.Len() > 0 {
		w.text(member)
		w.out.WriteByte(':')
		w.list(list, member)
	}
	w.out.WriteByte('}')
	slices.Sort(w.masked)
	return inventory.Spec(w.out.Bytes()), slices.Compact(w.masked)
}

// Join returns an object with the fields of two, sorted.
func Join(spec, more inventory.Spec) inventory.Spec {
	const empty = len("{}")
	switch {
	case len(more) <= empty:
		return spec
	case len(spec) <= empty:
		return more
	}
	entries := append(entriesOf(json.RawMessage(spec)), entriesOf(json.RawMessage(more))...)
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	joined := inventory.Spec("{")
	for i, entry := range entries {
		if i > 0 {
			joined = append(joined, ',')
		}
		joined = append(append(append(joined, entry.rawKey...), ':'), entry.value...)
	}
	return append(joined, '}')
}

// writer writes JSON.
type writer struct {
	out    bytes.Buffer
	masked []string
}

// metadataField is the SDK's own addition to every answer.
const metadataField = "ResultMetadata"

// value writes a value, and says whether there was one. field is the name of
// the field that it stands in, hint that of the variable, if there is one.
func (w *writer) value(value reflect.Value, path, field, hint string) bool {
	switch value.Kind() {
	case reflect.Pointer:
		return w.pointed(value, path, field, hint)
	case reflect.Interface:
		return w.union(value, path, field, hint)
	case reflect.Struct:
		if at, isTime := value.Interface().(time.Time); isTime {
			return w.time(at)
		}
		return w.fields(value, path, nil)
	case reflect.Slice:
		return w.list(value, path)
	case reflect.Map:
		return w.dictionary(value, path)
	case reflect.String:
		return w.string(value, path, field, hint)
	case reflect.Bool:
		if value.Bool() {
			w.out.WriteString("true")
		}
		return value.Bool()
	default:
		if value.IsZero() {
			return false
		}
		w.number(value)
		return true
	}
}

// pointed keeps a number that is 0: AWS gave it.
func (w *writer) pointed(value reflect.Value, path, field, hint string) bool {
	if value.IsNil() {
		return false
	}
	if value.Elem().CanInt() || value.Elem().CanFloat() {
		w.number(value.Elem())
		return true
	}
	return w.value(value.Elem(), path, field, hint)
}

func (w *writer) number(value reflect.Value) {
	if value.CanFloat() && (math.IsNaN(value.Float()) || math.IsInf(value.Float(), 0)) {
		w.out.WriteString("null") // JSON has no such number
		return
	}
	text, err := json.Marshal(value.Interface())
	if err != nil {
		text = []byte("null")
	}
	w.out.Write(text)
}

func (w *writer) time(t time.Time) bool {
	if t.IsZero() {
		return false
	}
	w.text(t.UTC().Format(time.RFC3339))
	return true
}

// fields writes a struct, and says whether any field has a value. The writer is
// as it was where none has, but for the braces of the top level.
func (w *writer) fields(value reflect.Value, path string, omit map[string]bool) bool {
	mark, wrote := w.out.Len(), false
	w.out.WriteByte('{')
	hint := nameOf(value)
	for _, field := range fieldsOf(value.Type()) {
		if omit[field.Name] {
			continue
		}
		before := w.out.Len()
		if wrote {
			w.out.WriteByte(',')
		}
		w.text(field.Name)
		w.out.WriteByte(':')
		given := ""
		if isValueField(field.Name) {
			given = hint
		}
		if !w.value(value.FieldByIndex(field.Index), below(path, field.Name), field.Name, given) {
			w.out.Truncate(before)
			continue
		}
		wrote = true
	}
	w.out.WriteByte('}')
	if !wrote && path != "" {
		w.out.Truncate(mark)
	}
	return wrote
}

// fieldsOf returns the fields of a struct by name.
func fieldsOf(of reflect.Type) []reflect.StructField {
	if known, ok := sortedFields.Load(of); ok {
		if fields, ok := known.([]reflect.StructField); ok {
			return fields
		}
	}
	var list []reflect.StructField
	for i := range of.NumField() {
		if field := of.Field(i); field.IsExported() && field.Name != metadataField {
			list = append(list, field)
		}
	}
	slices.SortFunc(list, func(a, b reflect.StructField) int { return strings.Compare(a.Name, b.Name) })
	sortedFields.Store(of, list)
	return list
}

// sortedFields keeps what fieldsOf found.
var sortedFields sync.Map

// nameOf returns what names the value of a pair, such as an environment
// variable's name.
func nameOf(value reflect.Value) string {
	for _, name := range pairNames {
		if field := value.FieldByName(name); field.IsValid() {
			if field = reflect.Indirect(field); field.IsValid() && field.Kind() == reflect.String {
				return field.String()
			}
		}
	}
	return ""
}

var (
	pairNames  = []string{"Name", "Key", "name", "key"}
	pairValues = []string{"Value", "DefaultValue", "StringValue", "value", "defaultValue"}
)

func isValueField(name string) bool { return slices.Contains(pairValues, name) }

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (w *writer) list(value reflect.Value, path string) bool {
	if value.Len() == 0 {
		return false
	}
	field := path[strings.LastIndexByte(path, '.')+1:]
	flag := ""
	w.out.WriteByte('[')
	for i := range value.Len() {
		if i > 0 {
			w.out.WriteByte(',')
		}
		element := value.Index(i)
		if !w.value(element, path+"[]", field, flag) {
			w.empty(element)
		}
		flag = flagName(element)
	}
	w.out.WriteByte(']')
	return true
}

// empty keeps the place of a list's element that has no value.
func (w *writer) empty(element reflect.Value) {
	switch element.Kind() {
	case reflect.String:
		w.out.WriteString(`""`)
	case reflect.Struct:
		w.out.WriteString("{}")
	default:
		w.out.WriteString("null")
	}
}

// flagName returns the name of a flag whose value is the next argument.
func flagName(element reflect.Value) string {
	if element.Kind() != reflect.String {
		return ""
	}
	return flagOf(element.String())
}

func flagOf(argument string) string {
	if !strings.HasPrefix(argument, "-") || strings.Contains(argument, "=") {
		return ""
	}
	return strings.TrimLeft(argument, "-")
}

func (w *writer) dictionary(value reflect.Value, path string) bool {
	if value.Len() == 0 {
		return false
	}
	keys := value.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	w.out.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.text(key.String())
		w.out.WriteByte(':')
		if !w.value(value.MapIndex(key), path+"."+key.String(), "", key.String()) {
			w.empty(reflect.Indirect(value.MapIndex(key)))
		}
	}
	w.out.WriteByte('}')
	return true
}

// union writes a union as AWS does: an object with the member's name.
func (w *writer) union(value reflect.Value, path, field, hint string) bool {
	if value.IsNil() {
		return false
	}
	member := reflect.Indirect(value.Elem())
	name, known := strings.CutPrefix(member.Type().Name(), value.Type().Name()+"Member")
	inner := member.FieldByName("Value")
	if !known || !inner.IsValid() {
		return false // the SDK's own UnknownUnionMember: Unknown names it
	}
	w.out.WriteByte('{')
	w.text(name)
	w.out.WriteByte(':')
	if !w.value(inner, below(path, name), field, hint) {
		w.empty(inner)
	}
	w.out.WriteByte('}')
	return true
}

// string writes a text, masked; the values of enumerations are no secrets.
func (w *writer) string(value reflect.Value, path, field, hint string) bool {
	text := value.String()
	if text == "" {
		return false
	}
	if value.Type() == reflect.TypeFor[string]() {
		var masked bool
		if text, masked = mask(text, field, hint); masked {
			w.masked = append(w.masked, path)
		}
	}
	w.text(text)
	return true
}

// text writes a JSON string without the escapes that only HTML needs.
func (w *writer) text(text string) {
	encoder := json.NewEncoder(&w.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		w.out.WriteString(`""`)
		return
	}
	w.out.Truncate(w.out.Len() - 1) // the line break that Encode adds
}
