package sigv4

// StatusCode is the HTTP status for every Error of this package on REST
// services such as SageMaker Runtime. AWS documents 403 for most of the codes
// and third-party reports show it; nobody has recorded what SageMaker Runtime
// itself answers, so this number is unverified.
const StatusCode = 403

// Code is an AWS error code, as it stands in x-amzn-ErrorType or __type.
type Code string

// The codes Verify answers with.
const (
	// CodeMissingToken: the request has no SigV4 Authorization header.
	CodeMissingToken Code = "MissingAuthenticationTokenException"
	// CodeIncompleteSignature: the header or the date is there but unusable.
	CodeIncompleteSignature Code = "IncompleteSignatureException"
	// CodeUnrecognizedClient: no such access key.
	CodeUnrecognizedClient Code = "UnrecognizedClientException"
	// CodeInvalidSignature: the signature, its scope or its time is wrong.
	CodeInvalidSignature Code = "InvalidSignatureException"
	// CodeExpiredToken: the session token is absent, wrong or outlived.
	CodeExpiredToken Code = "ExpiredTokenException"
)

// Error is a refused request. Its text is safe to send to the caller: it
// holds no secret and no signature.
type Error struct {
	// Code tells SDKs which exception to raise.
	Code Code
	// Message is for people.
	Message string
}

// Error gives code and message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func refuse(code Code, message string) *Error { return &Error{Code: code, Message: message} }
