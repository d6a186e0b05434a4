package exchange

import (
	"errors"
	"fmt"
	"net"
)

// FaultType is an error type of the SageMaker Runtime API, as it stands in
// x-amzn-ErrorType.
type FaultType string

// The error types. All but AccessDenied and UnknownOperation are modelled by
// SageMaker Runtime; those two are AWS's own for every service.
const (
	ModelError                  FaultType = "ModelError"
	ModelNotReady               FaultType = "ModelNotReadyException"
	ValidationError             FaultType = "ValidationError"
	InternalFailure             FaultType = "InternalFailure"
	ServiceUnavailable          FaultType = "ServiceUnavailable"
	InternalDependencyException FaultType = "InternalDependencyException"
	AccessDenied                FaultType = "AccessDeniedException"
	UnknownOperation            FaultType = "UnknownOperationException"
)

// Status is the HTTP status that SageMaker gives the type.
func (t FaultType) Status() int {
	switch t {
	case ModelError:
		return 424
	case ModelNotReady:
		return 429
	case ValidationError:
		return 400
	case ServiceUnavailable:
		return 503
	case InternalDependencyException:
		return 530
	case AccessDenied:
		return 403
	case UnknownOperation:
		return 404
	default:
		return 500
	}
}

// Fault is an error answer in SageMaker's terms.
type Fault struct {
	// Type is the error type.
	Type FaultType
	// StatusCode is the HTTP status; 0 means the type's own.
	StatusCode int
	// Message is for people; it holds no secret.
	Message string
	// Original is set for a ModelError.
	Original *Original
}

// Status is the HTTP status of the answer.
func (f *Fault) Status() int {
	if f.StatusCode != 0 {
		return f.StatusCode
	}
	return f.Type.Status()
}

// Original is what a model container answered in place of a success.
type Original struct {
	// Status is the container's status; 0 for a time-out.
	Status int
	// Message is the container's body, cut at MaxOriginalBytes.
	Message string
	// Truncated says that the container said more.
	Truncated bool
}

// MaxOriginalBytes is how much of a container's error body reaches the caller.
const MaxOriginalBytes = 64 << 10

// NewFault returns a fault with a formatted message.
func NewFault(faultType FaultType, format string, args ...any) *Fault {
	return &Fault{Type: faultType, Message: fmt.Sprintf(format, args...)}
}

// Reason says why a variant gave no answer.
type Reason uint8

// The reasons. Only Unreachable may be tried on another pod of the variant; which
// may be tried on another variant, see NoAnswer.Seen.
const (
	// Unreachable: connections were refused, or broke before an answer began.
	Unreachable Reason = iota
	// NoTarget: there is no pod to ask.
	NoTarget
	// Loading: there are pods, but no model is loaded yet.
	Loading
	// TimedOut: the model took longer than the variant allows.
	TimedOut
	// Gone: the caller went away.
	Gone
	// Identity: the router could not sign the request.
	Identity
)

// String is the reason as a metric label.
func (r Reason) String() string {
	return [...]string{"unreachable", "no_target", "loading", "timed_out", "gone", "identity"}[r]
}

// NoAnswer is the error of an Arm.
//
//nolint:errname // it reads as what happened, and *NoAnswer is never mistaken for an answer
type NoAnswer struct {
	// Reason decides what happens next.
	Reason Reason
	// Err is the cause, for the log.
	Err error
	// Seen says that a model may have seen the request, on any attempt, so
	// that it must not be sent to another variant.
	Seen bool
}

// Unanswered is the lack of an answer after a connection failed. Only where none
// was made at all can no model have seen the request.
func Unanswered(err error) *NoAnswer {
	refused, ok := errors.AsType[*net.OpError](err)
	return &NoAnswer{Reason: Unreachable, Err: err, Seen: !ok || refused.Op != "dial"}
}

// Error names reason and cause.
func (n *NoAnswer) Error() string { return fmt.Sprintf("no answer (%s): %v", n.Reason, n.Err) }

// Unwrap returns the cause.
func (n *NoAnswer) Unwrap() error { return n.Err }
