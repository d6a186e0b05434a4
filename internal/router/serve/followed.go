package serve

import (
	"context"
	"errors"
	"io"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/mirror"
)

// followed is an answer's body whose end is measured.
type followed struct {
	io.ReadCloser
	ctx     context.Context //nolint:containedctx // the caller's, to tell who broke off
	call    call
	variant string
	answer  *exchange.Answer
	copies  []*mirror.Copy
	// ended is when the whole body had been read; zero before.
	ended   time.Time
	readErr error
	closed  bool
}

// Read passes the body on, keeping it for the copies.
func (f *followed) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	for _, prepared := range f.copies {
		prepared.Keep(p[:n])
	}
	switch {
	case errors.Is(err, io.EOF):
		if f.ended.IsZero() {
			f.ended = f.call.server.Now()
		}
	case err != nil:
		f.readErr = err
	}
	return n, err //nolint:wrapcheck // io.Reader's contract is io.EOF itself
}

// Close ends the request: its figures are counted and its copies started.
func (f *followed) Close() error {
	err := f.ReadCloser.Close()
	if f.closed {
		return err
	}
	f.closed = true
	switch {
	case !f.ended.IsZero():
		f.call.measure(f.variant, f.answer.Outcome, f.ended)
		for _, prepared := range f.copies {
			prepared.Submit(f.answer)
		}
		return err
	case f.readErr != nil && f.ctx.Err() == nil:
		f.call.measure(f.variant, exchange.ServiceError, f.call.server.Now())
		f.call.server.failures.Do(func() {
			f.call.server.Log.Warn("an answer broke off", "namespace", f.call.route.Namespace, "endpoint", f.call.route.Name,
				"variant", f.variant, "requestID", f.call.request.ID, "error", f.readErr)
		})
	default:
		f.call.measure(f.variant, exchange.Cancelled, f.call.server.Now())
	}
	for _, prepared := range f.copies {
		prepared.Abandon()
	}
	return err
}
