package sagemaker

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// ignoredLeaves names the fields of one of AWS's answers that are set and that
// the inventory has no place for. what begins each name.
func ignoredLeaves(what string, answer any) []string {
	value := reflect.Indirect(reflect.ValueOf(answer))
	places, known := mappedLeaves[value.Type()]
	if !known {
		// A programming error that every test of a scan would show.
		panic(fmt.Sprintf("sagemaker: no mapped fields are listed for %s", value.Type()))
	}
	var ignored []string
	for _, leaf := range leavesOf(value, "") {
		if !places[leaf] {
			ignored = append(ignored, what+": "+leaf)
		}
	}
	slices.Sort(ignored)
	return slices.Compact(ignored)
}

var timeType = reflect.TypeFor[time.Time]()

// metadataField is the SDK's own addition to every answer.
const metadataField = "ResultMetadata"

// leavesOf lists the paths of the fields that are set: not nil, not zero, and
// neither an empty list nor an empty map. List elements share the path "[]".
func leavesOf(value reflect.Value, path string) []string {
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return leavesOf(value.Elem(), path)
	case reflect.Struct:
		if value.Type() == timeType {
			return leafIfSet(value, path)
		}
		return structLeaves(value, path)
	case reflect.Slice:
		var leaves []string
		for i := range value.Len() {
			leaves = append(leaves, leavesOf(value.Index(i), path+"[]")...)
		}
		return leaves
	case reflect.Map:
		if value.Len() == 0 {
			return nil
		}
		return []string{path}
	default:
		return leafIfSet(value, path)
	}
}

func leafIfSet(value reflect.Value, path string) []string {
	if value.IsZero() {
		return nil
	}
	return []string{path}
}

func structLeaves(value reflect.Value, path string) []string {
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
		leaves = append(leaves, leavesOf(value.Field(i), name)...)
	}
	return leaves
}
