package status

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/naming"
)

// Write sends the difference between the object as it was read and as it is now
// to its status subresource, if there is one. It fails with a conflict when
// anybody changed the object since it was read, so that two writers, or one
// with an old cache, never overwrite what they have not seen.
func Write(ctx context.Context, c client.Client, read, now client.Object) error {
	if equality.Semantic.DeepEqual(read, now) {
		return nil
	}
	patch := client.MergeFromWithOptions(read, client.MergeFromWithOptimisticLock{})
	if err := c.Status().Patch(ctx, now, patch, client.FieldOwner(naming.StatusFieldOwner)); err != nil {
		return fmt.Errorf("cannot write the status of %s: %w", client.ObjectKeyFromObject(now), err)
	}
	return nil
}
