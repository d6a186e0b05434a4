package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/blob"
)

// advised makes one line of a failure: what failed, why, what to do.
func advised(err error, o FetchOptions) error {
	var stored *blob.Error
	var unequal *digestError
	var unlike *blob.DigestError
	var bad *archive.RefusedError
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped fetching %s: %w; nothing of it was kept", o.URI, err)
	case errors.As(err, &unequal), errors.As(err, &unlike):
		return fmt.Errorf("refused %s: %w; if the object was replaced on purpose, register it as a new Model", o.URI, err)
	case errors.As(err, &bad):
		return fmt.Errorf("refused %s: %w; %s", o.URI, err, refusalAdvice(bad.Reason))
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("cannot fetch %s: %w; give the node or the volume more room", o.URI, err)
	case errors.As(err, &stored):
		return &storeError{uri: o.URI, stored: stored}
	default:
		return fmt.Errorf("cannot fetch %s: %w", o.URI, err)
	}
}

// storeError adds the advice to a store's failure, naming the address once.
type storeError struct {
	uri    string
	stored *blob.Error
}

func (e *storeError) Error() string {
	why := e.stored.Reason()
	if e.stored.URI != e.uri {
		why = e.stored.Error()
	}
	return fmt.Sprintf("cannot fetch %s: %s; %s", e.uri, why, storeAdvice(e.stored.Kind, e.uri))
}

func (e *storeError) Unwrap() error { return e.stored }

func refusalAdvice(reason archive.Reason) string {
	switch reason {
	case archive.ReasonTooBig:
		return "raise spec.artifact.maxUnpacked of the Model if the size is right"
	case archive.ReasonNotGzip, archive.ReasonNotTar:
		return "pack the model as a gzip-compressed tar, or use compression None with a prefix"
	case archive.ReasonTruncated, archive.ReasonCorrupt, archive.ReasonTrailing:
		return "upload the archive again"
	default:
		return "pack the model again with files and folders only, by relative paths"
	}
}

// asked are the rights that a fetch needs, by the scheme of the address.
var asked = map[string]string{
	blob.SchemeS3:    "s3:GetObject (and s3:ListBucket for a prefix)",
	blob.SchemeGCS:   "storage.objects.get (and storage.objects.list for a prefix)",
	blob.SchemeAzure: "the role Storage Blob Data Reader",
	blob.SchemeOCI:   "pulling from the repository",
}

func storeAdvice(kind blob.Kind, uri string) string {
	switch kind {
	case blob.KindNotFound:
		return "check spec.artifact.uri of the Model"
	case blob.KindAccessDenied:
		scheme, _, _ := strings.Cut(uri, "://")
		return "allow " + asked[scheme] + " to the pod's identity or to the key in spec.artifact.credentialsSecretRef"
	case blob.KindNoCredentials:
		return "set spec.artifact.credentialsSecretRef of the Model, or give the pod's ServiceAccount an identity at the store's cloud"
	case blob.KindWrongRegion:
		return "set spec.artifact.region of the Model to the bucket's region"
	case blob.KindChanged:
		return "wait until the upload is done, and do not replace a Model's object"
	case blob.KindUnreachable:
		return "check spec.artifact.endpointURL, DNS and the network policies towards the store"
	case blob.KindUnavailable:
		return "it is tried again with the next start of the pod"
	case blob.KindLocal:
		return "check the volumes of the pod"
	default:
		return "see the log of the init container"
	}
}
