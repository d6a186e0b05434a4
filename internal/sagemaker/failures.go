package sagemaker

import (
	"context"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// failures collects what could not be read.
type failures struct{ log awsfailure.Log }

func newFailures() *failures { return &failures{} }

// record notes a failed operation on a resource (empty for lists). It returns
// an error only where going on makes no sense.
func (f *failures) record(ctx context.Context, operation, resource string, err error) error {
	return f.log.Record(ctx, operation, resource, err)
}

func (f *failures) list(place inventory.Place) []inventory.Unread { return f.log.List(place) }
