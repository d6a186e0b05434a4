package pods

import (
	"context"
	"fmt"
	"io"
	"strings"

	"landfall.dev/landfall/internal/router/exchange"
)

// eagerBytes is the size up to which an answer of known length is read whole
// before it counts as begun: when a pod dies in the middle of a short answer,
// nobody has seen any of it and another pod can be asked.
const eagerBytes = 64 << 10

// begin reads the start of an answer: all of a short one, and the part of an
// error body that is passed on.
func begin(answer *exchange.Answer) (*exchange.Answer, error) {
	switch {
	case answer.Status < 200 || answer.Status > 299:
		return beginError(answer)
	case answer.LengthBytes >= 0 && answer.LengthBytes <= eagerBytes:
		data := make([]byte, answer.LengthBytes)
		_, err := io.ReadFull(answer.Body, data)
		closeErr := answer.Body.Close()
		if err != nil {
			return nil, broken(err)
		}
		_ = closeErr // the whole body is here
		answer.Body = exchange.NewBytes(data)
	}
	return answer, nil
}

func beginError(answer *exchange.Answer) (*exchange.Answer, error) {
	data, err := io.ReadAll(io.LimitReader(answer.Body, exchange.MaxOriginalBytes+1))
	closeErr := answer.Body.Close()
	if err != nil {
		return nil, broken(err)
	}
	_ = closeErr // nothing more is wanted of it
	truncated := len(data) > exchange.MaxOriginalBytes
	if truncated {
		data = data[:exchange.MaxOriginalBytes]
	}
	answer.Body = nil
	answer.Fault = &exchange.Fault{Type: exchange.ModelError, Original: &exchange.Original{
		Status: answer.Status, Message: strings.ToValidUTF8(string(data), "\uFFFD"), Truncated: truncated,
	}}
	return answer, nil
}

func broken(err error) error {
	return &exchange.NoAnswer{
		Reason: exchange.Unreachable, Seen: true, Err: fmt.Errorf("the connection broke in the middle of the answer: %w", err),
	}
}

// leased is an answer that still counts as outstanding on its pod.
type leased struct {
	answer *exchange.Answer
	member *pod
}

// settle makes the answer the caller's. Its body, once closed, ends the
// request's time limit and its count.
func (l *leased) settle(cancel context.CancelFunc) (*exchange.Answer, error) {
	answer := l.answer
	answer.OriginalStatus = answer.Status
	release := func() { l.member.outstanding.Add(-1); cancel() }
	switch body := answer.Body.(type) {
	case nil:
		release()
		answer.Outcome = exchange.ServiceError
		if answer.Status >= 400 && answer.Status < 500 {
			answer.Outcome = exchange.CallerError
		}
		answer.Status = answer.Fault.Type.Status()
		answer.LengthBytes = 0
	case *exchange.Bytes:
		release()
		answer.Status = 200
	default:
		answer.Status = 200
		answer.Body = exchange.OnClose(body, release)
	}
	return answer, nil
}
