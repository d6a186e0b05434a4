package sagemaker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/inventory"
)

// failures collects what could not be read.
type failures struct {
	mu   sync.Mutex
	seen map[string]*inventory.Unread
}

func newFailures() *failures { return &failures{seen: map[string]*inventory.Unread{}} }

// record notes a failed operation, such as sagemaker:DescribeModel, on a
// resource (empty for lists). It returns an error only where going on makes no
// sense: nobody waits for the answer, or the credentials are no good.
func (f *failures) record(ctx context.Context, operation, resource string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	code, message := errorCode(err)
	if slices.Contains(hopelessCodes, code) || withoutCredentials(err) {
		return fmt.Errorf("cannot call %s: %s", operation, shortReason(err))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := operation + "/" + code
	unread, known := f.seen[key]
	if !known {
		unread = &inventory.Unread{Operation: operation, Code: code}
		if denied(code) {
			unread.Action = missingAction(operation, message)
		}
		f.seen[key] = unread
	}
	// The reason told is the first resource's in order of name, however the
	// answers arrive.
	if len(unread.Resources) == 0 || resource < slices.Min(unread.Resources) {
		unread.Reason, _ = inventory.MaskText(message)
	}
	if resource != "" {
		unread.Resources = append(unread.Resources, resource)
	}
	return nil
}

func (f *failures) list() []inventory.Unread {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []inventory.Unread
	for _, unread := range f.seen {
		list = append(list, *unread)
	}
	return list
}

// hopelessCodes fail every call alike.
var hopelessCodes = []string{
	"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId",
	"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"IncompleteSignature", "IncompleteSignatureException",
}

// codeTransport stands for failures on the way to AWS.
const codeTransport = "TransportError"

func errorCode(err error) (code, message string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode(), strings.Join(strings.Fields(api.ErrorMessage()), " ")
	}
	return codeTransport, strings.Join(strings.Fields(err.Error()), " ")
}

func denied(code string) bool {
	return code == "AccessDeniedException" || code == "AccessDenied" || code == "UnauthorizedOperation" || code == "Forbidden"
}

var performForm = regexp.MustCompile(`not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)`)

// missingAction prefers what AWS says: some operations need the action of
// another.
func missingAction(operation, message string) string {
	if found := performForm.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return operation
}

// gone recognises that a resource does not exist. The Describe operations of
// hosting declare no error for that: they answer with a ValidationException
// and these words.
func gone(err error) bool {
	code, message := errorCode(err)
	return strings.HasPrefix(code, "ResourceNotFound") ||
		(code == "ValidationException" && strings.Contains(message, "Could not find"))
}

func withoutCredentials(err error) bool { return strings.Contains(err.Error(), "get credentials: ") }

// shortReason leaves out the SDK's own wrapping.
func shortReason(err error) string {
	if _, cause, found := strings.Cut(err.Error(), "get credentials: "); found {
		// The cause may hold what a credential process wrote.
		cause, _ = inventory.MaskText(cause)
		return "no AWS credentials were found (" + cause + "); sign in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
	}
	code, message := errorCode(err)
	// Some services repeat the signed request, session token included.
	message, _, _ = strings.Cut(message, " The Canonical String for this request should have been")
	if code == codeTransport {
		return message
	}
	return code + ": " + message
}
