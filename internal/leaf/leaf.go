// Package leaf walks the fields of AWS's answers.
//
// It owns: naming the fields that an answer sets and that a conversion has no
// place for, so that nothing of an account is lost in silence.
//
// It refuses: knowing what any field means.
package leaf

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Ignored names the fields of an answer that are set and not among those that
// have a place, sorted, each behind the words in what. The answer may be a
// struct or a pointer to one.
func Ignored(what string, answer any, places map[string]bool) []string {
	var ignored []string
	for _, path := range Set(reflect.Indirect(reflect.ValueOf(answer))) {
		if !places[path] {
			ignored = append(ignored, what+": "+path)
		}
	}
	slices.Sort(ignored)
	return slices.Compact(ignored)
}

// Places reads a list of paths with white space between.
func Places(list string) map[string]bool {
	places := map[string]bool{}
	for _, path := range strings.Fields(list) {
		places[path] = true
	}
	return places
}

var timeType = reflect.TypeFor[time.Time]()

// metadataField is the SDK's own addition to every answer.
const metadataField = "ResultMetadata"

// Set lists the paths of the fields that are set: not nil, not zero, and
// neither an empty list nor an empty map. List elements share the path "[]";
// the member of a union adds its name.
func Set(value reflect.Value) []string { return set(value, "") }

func set(value reflect.Value, path string) []string {
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return set(value.Elem(), path)
	case reflect.Interface:
		if value.IsNil() {
			return nil
		}
		_, member, _ := strings.Cut(reflect.Indirect(value.Elem()).Type().Name(), "Member")
		return set(value.Elem(), path+"."+member)
	case reflect.Struct:
		if value.Type() == timeType {
			return ifSet(value, path)
		}
		return fields(value, path)
	case reflect.Slice:
		var leaves []string
		for i := range value.Len() {
			leaves = append(leaves, set(value.Index(i), path+"[]")...)
		}
		return leaves
	case reflect.Map:
		if value.Len() == 0 {
			return nil
		}
		return []string{path}
	default:
		return ifSet(value, path)
	}
}

func ifSet(value reflect.Value, path string) []string {
	if value.IsZero() {
		return nil
	}
	return []string{path}
}

func fields(value reflect.Value, path string) []string {
	var leaves []string
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || field.Name == metadataField {
			continue
		}
		name := field.Name
		if path != "" {
			name = path + "." + name
		}
		leaves = append(leaves, set(value.Field(i), name)...)
	}
	return leaves
}
