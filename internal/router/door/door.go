// Package door is the SageMaker Runtime front door: it speaks InvokeEndpoint to
// callers exactly as SageMaker does.
//
// It owns reading requests (path, headers, body, their limits), asking who
// calls, and writing answers and errors in SageMaker's form. It refuses to
// decide who answers: that is its Invoker's.
package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"landfall.dev/landfall/internal/router/auth"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/sigv4"
)

// Invoker answers requests. The answer is never nil, and is closed by the door.
// The request's body stays valid until then.
type Invoker interface {
	Invoke(ctx context.Context, request *exchange.Request) *exchange.Answer
}

// Config is what a Door needs; every field must be set unless it says
// otherwise.
type Config struct {
	// Auth decides who may call.
	Auth auth.Authenticator
	// AccountID and Region appear in messages and ARNs, where SageMaker has
	// those of the endpoint.
	AccountID, Region string
	// MaxBodyBytes bounds one request's body.
	MaxBodyBytes int64
	// Memory bounds all bodies together.
	Memory *exchange.Budget
	// Draining says that connections should be closed after their answer.
	Draining func() bool
	// Refused, unless nil, is told the type of each fault the door answers by
	// itself.
	Refused func(exchange.FaultType)
	// Now is the clock.
	Now func() time.Time
}

// Door is an http.Handler for SageMaker Runtime's paths.
type Door struct {
	Config
	invoker Invoker
}

// New returns a door in front of invoker.
func New(config Config, invoker Invoker) *Door { return &Door{Config: config, invoker: invoker} }

const (
	// bodyReadTimeout is how long a caller may take to send a body: as long
	// as SageMaker allows for the whole invocation.
	bodyReadTimeout = 60 * time.Second
	// maxDrainBytes is how much of a body that is refused, unread or for its
	// size, is read and dropped, so that clients which write all before they
	// read find the answer instead of a broken connection.
	maxDrainBytes = 64 << 20
)

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := d.reply(w)
	where, fault := parse(r)
	if fault != nil {
		d.refuse(reply, where.endpoint, fault)
		return
	}
	caller := auth.Caller{Signed: sigv4.FromHTTP(r), Namespace: where.namespace, Now: d.Now()}
	if fault := d.Auth.Screen(caller); fault != nil {
		d.discard(w, r)
		d.refuse(reply, where.endpoint, fault)
		return
	}
	body, err := d.readBody(w, r)
	if err != nil {
		d.refuseBody(reply, r, err)
		return
	}
	defer body.Release()
	caller.Body, caller.Now = body, d.Now()
	request, fault := d.admit(r, where, caller)
	if fault != nil {
		d.refuse(reply, where.endpoint, fault)
		return
	}
	request.ID = reply.requestID
	answer := d.invoker.Invoke(r.Context(), request)
	defer answer.Close() // what reading the body did not show, closing it does not change
	if answer.Fault != nil {
		reply.fault(answer.Header, where.endpoint, answer.Fault)
		return
	}
	reply.answer(answer)
}

// parse reads where a request goes.
func parse(r *http.Request) (target, *exchange.Fault) {
	where, ok := parsePath(r.URL.EscapedPath())
	if !ok {
		return target{}, exchange.NewFault(exchange.UnknownOperation,
			"The path is not one of this service. Want /endpoints/NAME/invocations or /ns/NAMESPACE/endpoints/NAME/invocations.")
	}
	if r.Method != http.MethodPost {
		fault := exchange.NewFault(exchange.UnknownOperation, "InvokeEndpoint takes POST requests only, not this method.")
		fault.StatusCode = http.StatusMethodNotAllowed
		return target{}, fault
	}
	return where, nil
}

// admit checks who calls, and then what they ask for.
func (d *Door) admit(r *http.Request, where target, caller auth.Caller) (*exchange.Request, *exchange.Fault) {
	namespace, fault := d.Auth.Authenticate(caller)
	if fault != nil {
		return nil, fault
	}
	if fault := where.check(); fault != nil {
		return nil, fault
	}
	request := &exchange.Request{Namespace: namespace, Endpoint: where.endpoint, Body: caller.Body}
	if fault := readHeader(r.Header, &request.Header); fault != nil {
		return nil, fault
	}
	return request, nil
}

func (d *Door) readBody(w http.ResponseWriter, r *http.Request) (*exchange.Body, error) {
	if r.ContentLength == 0 {
		return exchange.NewBody(nil), nil
	}
	defer limitReading(w)()
	body, err := exchange.ReadBody(r.Body, r.ContentLength, d.MaxBodyBytes, d.Memory)
	if errors.Is(err, exchange.ErrTooLarge) || errors.Is(err, exchange.ErrNoMemory) {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrainBytes) // as much as comes
	}
	return body, err
}

// discard reads a body that is refused unseen.
func (d *Door) discard(w http.ResponseWriter, r *http.Request) {
	defer limitReading(w)()
	_, _ = io.CopyN(io.Discard, r.Body, maxDrainBytes) // as much as comes
}

// limitReading starts the time that a body may take, and returns what ends it:
// the server watches the connection while the model works, which the deadline
// must not end. Errors mean a connection without deadlines, such as a test's; the
// server's other limits still hold.
func limitReading(w http.ResponseWriter) (lift func()) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyReadTimeout))
	return func() { _ = control.SetReadDeadline(time.Time{}) }
}

func (d *Door) refuseBody(reply *reply, r *http.Request, err error) {
	switch {
	case errors.Is(err, exchange.ErrTooLarge):
		d.count("RequestEntityTooLarge")
		reply.tooLarge(d.MaxBodyBytes)
	case errors.Is(err, exchange.ErrNoMemory):
		d.refuse(reply, "", exchange.NewFault(exchange.ServiceUnavailable,
			"The router holds as many request bodies as it may. Try again."))
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is left to read an answer
	default:
		d.refuse(reply, "", exchange.NewFault(exchange.ValidationError, "The request's body could not be read to its end."))
	}
}

func (d *Door) refuse(reply *reply, endpoint string, fault *exchange.Fault) {
	d.count(fault.Type)
	reply.fault(exchange.AnswerHeader{}, endpoint, fault)
}

func (d *Door) count(faultType exchange.FaultType) {
	if d.Refused != nil {
		d.Refused(faultType)
	}
}
