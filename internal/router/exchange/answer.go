package exchange

import (
	"bytes"
	"io"
)

// Outcome classes an answer the way gates count it.
type Outcome uint8

// The outcomes. A caller who went away before the answer leaves Cancelled,
// which says nothing about the variant.
const (
	OK Outcome = iota
	CallerError
	ServiceError
	Cancelled
)

// String is the outcome as a metric label.
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case CallerError:
		return "caller_error"
	case ServiceError:
		return "service_error"
	default:
		return "cancelled"
	}
}

// Answer is what a variant answered, or the fault the caller gets.
type Answer struct {
	// Status is the HTTP status that the caller sees.
	Status int
	// Outcome says whose fault a failure is.
	Outcome Outcome
	// OriginalStatus is the model container's own status; 0 when there was
	// none.
	OriginalStatus int
	// Header holds what may reach the caller.
	Header AnswerHeader
	// Body is the payload; nil when Fault is set. A read error means that the
	// answer is incomplete.
	Body io.ReadCloser
	// LengthBytes is the body's length, negative when unknown.
	LengthBytes int64
	// Fault, when set, is sent in place of Body.
	Fault *Fault
}

// Close closes the body, if there is one.
func (a *Answer) Close() error {
	if a.Body == nil {
		return nil
	}
	return a.Body.Close()
}

// Bytes is a body that is already in memory.
type Bytes struct{ bytes.Reader }

// NewBytes returns a body that reads data.
func NewBytes(data []byte) *Bytes {
	b := &Bytes{}
	b.Reset(data)
	return b
}

// Close does nothing.
func (*Bytes) Close() error { return nil }
