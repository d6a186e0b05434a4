package sagemaker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"landfall.dev/landfall/internal/router/arm/wire"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/table"
)

const (
	// maxAttempts: a connection that breaks before an answer, such as a pooled
	// one that SageMaker has closed, is tried once more. Errors that SageMaker
	// answers are the caller's SDK's to retry.
	maxAttempts = 2
	// maxErrorBytes is how much of an error answer is read to see whose
	// fault it was; the caller gets all of it.
	maxErrorBytes = 256 << 10
)

// Arm is one variant on SageMaker. It is safe for concurrent use.
type Arm struct {
	client  *Client
	target  table.SageMaker
	url     *url.URL
	timeout time.Duration
}

// Do implements exchange.Arm.
func (a *Arm) Do(ctx context.Context, request *exchange.Request) (*exchange.Answer, error) {
	callerDone := ctx.Done()
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	var err error
	seen := false
	for range maxAttempts {
		var response *http.Response
		response, err = a.once(ctx, request) //nolint:bodyclose // the answer's reader closes it
		if err == nil {
			var answer *exchange.Answer
			if answer, err = a.answer(response, cancel); err == nil {
				return answer, nil
			}
			break // SageMaker has seen the request through
		}
		none := classify(ctx, callerDone, err)
		seen = seen || none.Seen
		if none.Reason != exchange.Unreachable {
			break
		}
	}
	defer cancel()
	none := classify(ctx, callerDone, err)
	none.Seen = seen || none.Seen
	return nil, none
}

func classify(ctx context.Context, callerDone <-chan struct{}, err error) *exchange.NoAnswer {
	select {
	case <-callerDone:
		return &exchange.NoAnswer{Reason: exchange.Gone, Err: err}
	default:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &exchange.NoAnswer{Reason: exchange.TimedOut, Err: err}
	}
	if none, ok := errors.AsType[*exchange.NoAnswer](err); ok {
		return none
	}
	return exchange.Unanswered(err)
}

func (a *Arm) once(ctx context.Context, request *exchange.Request) (*http.Response, error) {
	address := *a.url // the signer writes to it
	outgoing := (&http.Request{
		Method: http.MethodPost, URL: &address, Host: address.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header(request),
	}).WithContext(ctx)
	wire.SetBody(outgoing, request.Body)
	if err := a.client.sign(ctx, outgoing, request.Body.SHA256(), a.target.Region); err != nil {
		outgoing.Body.Close()
		return nil, err
	}
	response, err := a.client.transport.RoundTrip(outgoing)
	if err != nil {
		if ctx.Err() == nil {
			// The next attempt must not meet another dead pooled connection.
			a.client.transport.CloseIdleConnections()
		}
		return nil, fmt.Errorf("asking SageMaker endpoint %s in %s: %w", a.target.EndpointName, a.target.Region, err)
	}
	return response, nil
}

// header passes the caller's fields on. What the variant itself fixes comes
// before what the caller asks for.
func (a *Arm) header(request *exchange.Request) http.Header {
	fields := request.Header
	if a.target.VariantName != "" {
		fields[exchange.TargetVariant] = a.target.VariantName
	}
	if a.target.InferenceComponent != "" {
		fields[exchange.InferenceComponent] = a.target.InferenceComponent
	}
	h := http.Header{"User-Agent": {"landfall-router"}}
	for field, value := range fields {
		if value != "" {
			h[exchange.Field(field).Name()] = []string{value}
		}
	}
	return h
}

// answer passes SageMaker's answer on, and classes it.
func (a *Arm) answer(response *http.Response, cancel context.CancelFunc) (*exchange.Answer, error) {
	h := response.Header
	answer := &exchange.Answer{
		Status: response.StatusCode, OriginalStatus: response.StatusCode, LengthBytes: response.ContentLength,
		Header: exchange.AnswerHeader{
			exchange.AnswerContentType:      h.Get("Content-Type"),
			exchange.AnswerContentEncoding:  h.Get("Content-Encoding"),
			exchange.AnswerCustomAttributes: h.Get(exchange.AnswerCustomAttributes.Name()),
			exchange.AnswerNewSessionID:     h.Get(exchange.AnswerNewSessionID.Name()),
			exchange.AnswerClosedSessionID:  h.Get(exchange.AnswerClosedSessionID.Name()),
			exchange.AnswerErrorType:        h.Get(exchange.AnswerErrorType.Name()),
			exchange.AnswerSageMakerVariant: h.Get(exchange.AnswerInvokedVariant.Name()),
		},
		Body: exchange.OnClose(response.Body, cancel),
	}
	if response.StatusCode < 300 {
		return answer, nil
	}
	start, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	if err != nil {
		_ = answer.Close() // the read error says what happened
		return nil, fmt.Errorf("reading SageMaker's error answer: %w", err)
	}
	answer.Outcome, answer.OriginalStatus = judge(response.StatusCode, answer.Header[exchange.AnswerErrorType], start)
	if len(start) < maxErrorBytes {
		answer.LengthBytes = int64(len(start))
	}
	answer.Body = &joined{Reader: io.MultiReader(bytes.NewReader(start), response.Body), Closer: answer.Body}
	return answer, nil
}

// joined reads on after what was read already.
type joined struct {
	io.Reader
	io.Closer
}

// judge says whose fault an error answer is, and the container's own status.
func judge(status int, errorType string, body []byte) (exchange.Outcome, int) {
	var parsed struct {
		Type               string `json:"__type"`
		OriginalStatusCode int    `json:"OriginalStatusCode"`
	}
	// A body that is not JSON leaves the fields at zero, which is the
	// service's fault for 424 and decided by the status for the rest.
	_ = json.Unmarshal(body, &parsed)
	if errorType == "" {
		errorType = parsed.Type
	}
	switch {
	case status == exchange.ModelError.Status():
		if parsed.OriginalStatusCode >= 400 && parsed.OriginalStatusCode < 500 {
			return exchange.CallerError, parsed.OriginalStatusCode
		}
		return exchange.ServiceError, parsed.OriginalStatusCode
	case strings.Contains(errorType, "Throttling"):
		return exchange.ServiceError, status
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
		return exchange.CallerError, status
	default:
		// 403 and 404 among them: it is the router's identity and address
		// that SageMaker turns down there, not the caller's.
		return exchange.ServiceError, status
	}
}
