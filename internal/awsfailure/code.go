package awsfailure

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/inventory"
)

// hopelessCodes fail every call alike.
var hopelessCodes = []string{
	"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId",
	"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"IncompleteSignature", "IncompleteSignatureException",
}

// CodeTransport stands for failures on the way to AWS.
const CodeTransport = "TransportError"

// CodeNoCredentials stands for calls that were not made, for want of
// credentials.
const CodeNoCredentials = "NoCredentials"

// refusal is an error of AWS with what people may read of it: some services
// repeat the signed request, session token included.
type refusal struct{ code, message string }

func refusalOf(err error) *refusal {
	if withoutCredentials(err) {
		return &refusal{CodeNoCredentials, Reason(err)}
	}
	code, _ := Code(err)
	return &refusal{code, strings.TrimPrefix(Reason(err), code+": ")}
}

// Error implements error.
func (r *refusal) Error() string {
	if r.code == CodeNoCredentials {
		return r.message
	}
	return r.code + ": " + r.message
}

// ErrorCode implements smithy.APIError.
func (r *refusal) ErrorCode() string { return r.code }

// ErrorMessage implements smithy.APIError.
func (r *refusal) ErrorMessage() string { return r.message }

// ErrorFault implements smithy.APIError.
func (r *refusal) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// Refused says that AWS does not accept the credentials or the signature, as
// where a region is not enabled for an account.
func Refused(err error) bool {
	code, _ := Code(err)
	return slices.Contains(hopelessCodes, code)
}

// Code returns AWS's error code and message, the message on one line.
func Code(err error) (code, message string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode(), strings.Join(strings.Fields(api.ErrorMessage()), " ")
	}
	return CodeTransport, strings.Join(strings.Fields(err.Error()), " ")
}

// deniedCodes say that a permission is missing. Services differ in the word.
var deniedCodes = []string{"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "Forbidden", "UnauthorizedException"}

// Denied says that a permission is missing.
func Denied(err error) bool {
	code, _ := Code(err)
	return slices.Contains(deniedCodes, code)
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

// Gone recognises that a resource does not exist. The Describe operations of
// SageMaker's hosting declare no error for that: they answer with a
// ValidationException and these words.
func Gone(err error) bool {
	code, message := Code(err)
	return strings.HasPrefix(code, "ResourceNotFound") ||
		(code == "ValidationException" && strings.Contains(message, "Could not find"))
}

func withoutCredentials(err error) bool { return strings.Contains(err.Error(), "get credentials: ") }

// Reason tells an error to people, without the SDK's own wrapping.
func Reason(err error) string {
	if _, cause, found := strings.Cut(err.Error(), "get credentials: "); found {
		// The cause may hold what a credential process wrote.
		cause, _ = inventory.MaskText(cause)
		return "no AWS credentials were found (" + cause + "); sign in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
	}
	code, message := Code(err)
	// Some services repeat the signed request, session token included.
	message, _, _ = strings.Cut(message, " The Canonical String for this request should have been")
	if code == CodeTransport {
		return message
	}
	return code + ": " + message
}
