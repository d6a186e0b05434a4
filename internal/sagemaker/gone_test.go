package sagemaker

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
)

// TestDeletedMeanwhile: what is gone between list and description is left out,
// and is no failure.
func TestDeletedMeanwhile(t *testing.T) {
	account := everyKind(t)
	newClient(t, account)
	calm := faultyScan(t, account, nil)
	operations := map[string]standin.OperationKnobs{}
	names := map[inventory.ResourceKind]string{}
	for _, r := range calm.Resources {
		if k := kindOf(r.Kind); k.described() && k.within == "" && k.title == nil && r.Detail == inventory.Described {
			names[r.Kind] = r.Name
			operations["sagemaker:"+k.describe.operation] = standin.OperationKnobs{Gone: []string{r.Name}}
		}
	}
	got := faultyScan(t, account, operations)
	if len(got.Unread) != 0 {
		t.Errorf("unread: %+v", got.Unread)
	}
	gone := 0
	for kind, name := range names {
		if !slices.ContainsFunc(got.Resources, func(r inventory.Resource) bool { return r.Kind == kind && r.Name == name }) {
			gone++
		}
	}
	if gone < len(names)/2 || len(names) < 20 {
		t.Errorf("%d of %d deleted resources are left out (%v)", gone, len(names), slices.Sorted(maps.Values(names)))
	}
}

// TestParentsDeletedMeanwhile: nor is it a failure that a resource is gone when
// it is asked for its parts or its tags.
func TestParentsDeletedMeanwhile(t *testing.T) {
	account := someOfEveryKind(t, keptOfTiny, keptOfTiny)
	newClient(t, account)
	gone := standin.OperationKnobs{Fail: &standin.Failure{Code: "ResourceNotFound", Message: "it does not exist"}}
	operations := map[string]standin.OperationKnobs{"sagemaker:ListTags": gone}
	for _, k := range table {
		if k.parent != "" {
			operations["sagemaker:"+k.list.operation] = gone
		}
		for _, detail := range k.details {
			operations["sagemaker:"+detail.operation] = gone
		}
	}
	if got := faultyScan(t, account, operations); len(operations) < 10 || len(got.Unread) != 0 {
		t.Errorf("of %d operations unread: %v", len(operations), codes(got.Unread))
	}
}

// TestListsThatARegionDoesNotHave: they are no failure, there is nothing to read,
// and whatever else there is stays.
func TestListsThatARegionDoesNotHave(t *testing.T) {
	account := someOfEveryKind(t, keptOfTiny, keptOfTiny)
	newClient(t, account)
	calm := faultyScan(t, account, nil)
	operations := map[string]standin.OperationKnobs{}
	for _, operation := range operationsOfTable() {
		if strings.HasPrefix(operation, "sagemaker:List") && rootOf(operation) != inventory.KindEndpoint {
			operations[operation] = standin.OperationKnobs{Fail: &standin.Failure{Code: "UnknownOperationException", Message: "unknown"}}
		}
	}
	got := faultyScan(t, account, operations)
	if len(operations) < 50 || len(got.Unread) != 0 || len(got.Endpoints) != len(calm.Endpoints) || len(got.Lineage) != 0 {
		t.Errorf("%d lists are not offered: %d endpoints, unread %v", len(operations), len(got.Endpoints), codes(got.Unread))
	}
	// What belongs to a description is left out of it, and nothing else is.
	for operation := range operations {
		if !slices.ContainsFunc(table, func(k kind) bool {
			return slices.ContainsFunc(k.details, func(d lister) bool { return "sagemaker:"+d.operation == operation })
		}) {
			delete(operations, operation)
		}
	}
	got = faultyScan(t, account, operations)
	if diff := cmp.Diff(count(calm), count(got)); diff != "" || len(operations) == 0 || len(got.Unread) != 0 {
		t.Errorf("%d details are not offered: unread %v, resources (-want +got):\n%s", len(operations), codes(got.Unread), diff)
	}
}
