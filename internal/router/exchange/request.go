package exchange

import "context"

// Request is one invocation.
type Request struct {
	// ID is the x-amzn-RequestId that the caller gets.
	ID string
	// Namespace and Endpoint say what is invoked; Endpoint is the name that
	// callers use.
	Namespace, Endpoint string
	// Header holds the headers that SageMaker defines.
	Header Header
	// Body is the payload. Whoever made the Request holds a reference for as
	// long as the answer is being read.
	Body *Body
}

// Arm is a place that answers requests. Do returns an answer, whose body must
// be closed, or a *NoAnswer. It must be safe for concurrent use.
type Arm interface {
	Do(ctx context.Context, request *Request) (*Answer, error)
}
