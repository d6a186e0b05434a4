package status

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// Applier brings child objects to what they should be by server-side apply.
type Applier struct {
	// Client reads from a cache that holds Landfall's own children only.
	Client client.Client
	// Reader asks the API server, and so sees everybody's objects.
	Reader client.Reader
}

// Applied tells what Apply found and did.
type Applied struct {
	// Kind is the child's kind.
	Kind string
	// Object is the child as the cache has it; nil when the cache has none.
	Object client.Object
	// Written says that a write changed what is stored, so that Object is out of
	// date. A write need not: where an admission webhook always rewrites a field
	// of ours, the answer to asking for it again is what is there already.
	Written bool
}

// Apply makes the child what desired says, writing only when it is not. A child
// of that name that somebody else owns is left alone: the answer is then a
// StallError with the reason ChildConflict. What the API server refuses as
// invalid or forbidden is a StallError with the reason InvalidSpec.
func (a Applier) Apply(ctx context.Context, owner client.Object, desired runtime.ApplyConfiguration) (Applied, error) {
	child, err := childOf(desired)
	if err != nil {
		return Applied{}, err
	}
	found, err := a.find(ctx, owner, child)
	if err != nil {
		return Applied{}, err
	}
	if found {
		same, err := unchanged(child, desired)
		if err != nil {
			return Applied{}, fmt.Errorf("cannot compare %s: %w", child, err)
		}
		if same {
			return Applied{Kind: child.kind, Object: child.object}, nil
		}
	}
	err = a.Client.Apply(ctx, desired, client.FieldOwner(naming.FieldOwner), client.ForceOwnership)
	if err != nil {
		return Applied{}, refused(child, err)
	}
	if !found {
		return Applied{Kind: child.kind, Written: true}, nil
	}
	stored, err := storedVersion(desired)
	if err != nil {
		return Applied{}, fmt.Errorf("cannot tell whether %s changed: %w", child, err)
	}
	return Applied{Kind: child.kind, Object: child.object, Written: stored != child.object.GetResourceVersion()}, nil
}

// storedVersion is the resourceVersion that the API server answered with, which
// the client puts into the apply configuration.
func storedVersion(answered runtime.ApplyConfiguration) (string, error) {
	data, err := json.Marshal(answered)
	if err != nil {
		return "", err
	}
	object := metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(data, &object); err != nil {
		return "", err
	}
	return object.ResourceVersion, nil
}

// find reads the child, and makes sure that it is the owner's. The cache does
// not hold other people's objects, so that what it lacks is looked for again.
func (a Applier) find(ctx context.Context, owner client.Object, child child) (bool, error) {
	err := a.Client.Get(ctx, child.key, child.object)
	if apierrors.IsNotFound(err) {
		err = a.Reader.Get(ctx, child.key, child.object)
	}
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", child, err)
	}
	if metav1.IsControlledBy(child.object, owner) {
		return true, nil
	}
	return false, Stall(v1alpha1.ReasonChildConflict,
		"%s exists and %s; it is left alone: rename or delete it, or rename the Endpoint", child, ownership(child.object))
}

func ownership(object client.Object) string {
	if owner := metav1.GetControllerOf(object); owner != nil {
		return fmt.Sprintf("belongs to %s %s", owner.Kind, owner.Name)
	}
	return "was not made by Landfall"
}

// refused tells what can be mended by trying again from what cannot.
func refused(child child, err error) error {
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err) {
		return Stall(v1alpha1.ReasonInvalidSpec, "the API server refuses %s: %v", child, err)
	}
	return fmt.Errorf("cannot apply %s: %w", child, err)
}

// unchanged says whether the fields that Landfall owns in the live object are
// exactly the desired ones. It compares what managedFields say is ours, so that
// a field someone took over counts as changed, and fields of others do not.
func unchanged(child child, desired runtime.ApplyConfiguration) (bool, error) {
	owned, err := child.owned()
	if err != nil {
		return false, err
	}
	got, err := json.Marshal(owned)
	if err != nil {
		return false, err
	}
	want, err := json.Marshal(desired)
	if err != nil {
		return false, err
	}
	return bytes.Equal(got, want), nil
}
