package sagemaker

import (
	"fmt"
	"reflect"

	"landfall.dev/landfall/internal/leaf"
)

// ignoredLeaves names the fields of one of AWS's answers that are set and that
// the inventory has no place for. what begins each name.
func ignoredLeaves(what string, answer any) []string {
	kind := reflect.Indirect(reflect.ValueOf(answer)).Type()
	places, known := mappedLeaves[kind]
	if !known {
		// A programming error that every test of a scan would show.
		panic(fmt.Sprintf("sagemaker: no mapped fields are listed for %s", kind))
	}
	return leaf.Ignored(what, answer, places)
}
