package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// Kind sorts failures by what a person would do about them.
type Kind string

// The kinds of failure.
const (
	// KindNotFound means that the bucket or object does not exist.
	KindNotFound Kind = "NotFound"
	// KindAccessDenied means that the store knows the caller and refuses it,
	// or does not know it.
	KindAccessDenied Kind = "AccessDenied"
	// KindNoCredentials means that no credentials were found to ask with.
	KindNoCredentials Kind = "NoCredentials"
	// KindWrongRegion means that the bucket lives in another region.
	KindWrongRegion Kind = "WrongRegion"
	// KindChanged means that the object was replaced while it was read.
	KindChanged Kind = "Changed"
	// KindUnreachable means that the network did not carry the request, or
	// lost the answer.
	KindUnreachable Kind = "Unreachable"
	// KindUnavailable means that the store answered that it cannot serve now.
	KindUnavailable Kind = "Unavailable"
	// KindLocal means that this machine's own disk failed.
	KindLocal Kind = "Local"
	// KindOther is everything else.
	KindOther Kind = "Other"
)

// Error is a failed act on an object store.
type Error struct {
	// Act is what was attempted, such as "read".
	Act string
	// URI is what it was attempted on.
	URI string
	// Kind is what went wrong.
	Kind Kind
	// Err is the store's own error.
	Err error
}

// Error says in one line what failed and why.
func (e *Error) Error() string {
	return fmt.Sprintf("cannot %s %s: %s", e.Act, e.URI, e.Reason())
}

// Unwrap returns the store's own error.
func (e *Error) Unwrap() error { return e.Err }

// Reason says in a few words why the act failed, without naming it.
func (e *Error) Reason() string {
	cause := rootCause(e.Err)
	switch e.Kind {
	case KindNotFound:
		return "it does not exist (" + cause + ")"
	case KindAccessDenied:
		return "access is denied (" + cause + ")"
	case KindNoCredentials:
		return "no credentials were found (" + cause + ")"
	case KindWrongRegion:
		return "the bucket is in another region (" + cause + ")"
	case KindChanged:
		return "it changed while it was read (" + cause + ")"
	case KindUnreachable:
		return "the store cannot be reached (" + cause + ")"
	case KindUnavailable:
		return "the store cannot serve now (" + cause + ")"
	case KindLocal, KindOther:
	}
	return cause
}

// KindOf returns the kind of a failure that this package reported, or
// KindOther.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindOther
}

// errChanged tells that an object is not the one that was looked up.
var errChanged = errors.New("its size or entity tag is another than before")

// errStalled tells that a connection stands still.
var errStalled = errors.New("no data arrived for too long")

// failed makes an Error of a store's error, sorted into its kind.
func failed(act string, at Location, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Act: act, URI: at.String(), Kind: classify(err), Err: err}
}

func classify(err error) Kind {
	switch {
	case withoutCredentials(err):
		return KindNoCredentials
	case errors.Is(err, errDamaged):
		return KindUnreachable
	case errors.Is(err, errUploadGone), errors.Is(err, errNoParts):
		return KindOther
	}
	if kind := classifyAnswer(err); kind != KindOther {
		return kind
	}
	if kind := classifyStatus(err); kind != KindOther {
		return kind
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return KindNotFound
	case gcerrors.PermissionDenied:
		return KindAccessDenied
	case gcerrors.FailedPrecondition:
		return KindChanged
	default:
	}
	return classifyTransport(err)
}

// classifyAnswer sorts what an S3 store answered.
func classifyAnswer(err error) Kind {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchBucket", "NoSuchKey", "NotFound":
			return KindNotFound
		case "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
			return KindAccessDenied
		case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
			return KindWrongRegion
		case "PreconditionFailed":
			return KindChanged
		case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout":
			return KindUnavailable
		}
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return KindOther
	}
	switch status := answer.HTTPStatusCode(); status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		return KindWrongRegion
	default:
		return kindOfStatus(status)
	}
}

// classifyStatus sorts what stores other than S3 answered.
func classifyStatus(err error) Kind {
	var google *googleapi.Error
	var azure *azcore.ResponseError
	var registry *errcode.ErrorResponse
	var status *statusError
	var token *oauth2.RetrieveError
	switch {
	case notFoundInRegistry(err):
		return KindNotFound
	case errors.As(err, &token):
		return KindAccessDenied
	case errors.As(err, &google):
		return kindOfStatus(google.Code)
	case errors.As(err, &azure):
		return kindOfStatus(azure.StatusCode)
	case errors.As(err, &registry):
		return kindOfStatus(registry.StatusCode)
	case errors.As(err, &status):
		return kindOfStatus(status.code)
	}
	return KindOther
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusPreconditionFailed:
		return KindChanged
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindAccessDenied
	case status == http.StatusNotFound:
		return KindNotFound
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return KindUnavailable
	}
	return KindOther
}

// classifyTransport sorts what happened on the way to a store.
func classifyTransport(err error) Kind {
	var network net.Error
	var path *fs.PathError
	switch {
	case errors.Is(err, context.Canceled):
		return KindOther
	case errors.Is(err, errChanged):
		return KindChanged
	case errors.As(err, &path):
		return KindLocal
	case errors.Is(err, errStalled), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EPIPE),
		errors.As(err, &network):
		return KindUnreachable
	}
	return KindOther
}

// credentialStep is how the SDK names the step before signing. It has no error
// type for a chain of providers that all came back empty.
const credentialStep = "get credentials: "

func withoutCredentials(err error) bool {
	var azure *azidentity.AuthenticationFailedError
	return errors.Is(err, errNoCredentials) || errors.As(err, &azure) || strings.Contains(err.Error(), credentialStep) ||
		strings.HasPrefix(err.Error(), azureChain)
}

// azureChain is how Azure's chain of credentials begins its failure, which has
// no exported type.
const azureChain = "DefaultAzureCredential: "

// errNoCredentials tells that nothing was found to ask a store with.
var errNoCredentials = errors.New("nothing to ask with")

// retryable says that the same request may well succeed if it is sent again.
func retryable(err error) bool {
	kind := KindOf(err)
	return kind == KindUnreachable || kind == KindUnavailable
}

// rootCause returns the words of the innermost error that says something: the
// SDK's chains repeat the operation, request ids and attempt counts.
func rootCause(err error) string {
	if _, cause, found := strings.Cut(err.Error(), credentialStep); found {
		return oneLine(cause)
	}
	var azure *azcore.ResponseError
	if errors.As(err, &azure) {
		// Its own words hold the whole answer.
		return strings.TrimSpace(fmt.Sprintf("%d %s", azure.StatusCode, azure.ErrorCode))
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return strings.TrimSuffix(api.ErrorCode()+": "+oneLine(api.ErrorMessage()), ": ")
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return oneLine(network.Error())
	}
	var address *url.Error
	if errors.As(err, &address) {
		return oneLine(address.Error())
	}
	return oneLine(err.Error())
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
