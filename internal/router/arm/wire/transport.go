// Package wire carries requests to one pod over HTTP/1.1 with net/http.
//
// It owns connections, the mapping between headers on the wire and the fields
// of package exchange, and what a broken connection means. It refuses choices:
// which pod, whether to try again, what an error status means to the caller.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/router/arm/pods"
	"landfall.dev/landfall/internal/router/exchange"
)

// Limits of a connection to a pod.
const (
	// dialTimeout: SageMaker wants sockets accepted within 250 ms; within a
	// cluster a second is ample, and a vanished pod costs no more than that.
	dialTimeout = time.Second
	// idleTimeout is below the 75 s common in servers; those with less close
	// first, which costs an attempt of the pool's.
	idleTimeout = 60 * time.Second
	// maxIdle is how many idle connections to one pod are kept.
	maxIdle = 256
	// maxAnswerHeaderBytes bounds what a container's header may take.
	maxAnswerHeaderBytes = 64 << 10
	bufferBytes          = 16 << 10
)

// Transport is the connections to one pod.
type Transport struct {
	url  *url.URL
	http *http.Transport
}

// Dial returns a Transport to an address, host:port. Connections are made when
// they are needed.
func Dial(address string) pods.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	return &Transport{
		url: &url.URL{Scheme: "http", Host: address, Path: naming.InvocationsPath},
		http: &http.Transport{
			DialContext:            dialer.DialContext,
			MaxIdleConns:           maxIdle,
			MaxIdleConnsPerHost:    maxIdle,
			IdleConnTimeout:        idleTimeout,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxAnswerHeaderBytes,
			WriteBufferSize:        bufferBytes,
			ReadBufferSize:         bufferBytes,
		},
	}
}

// Close drops idle connections.
func (t *Transport) Close() { t.http.CloseIdleConnections() }

// Do implements exchange.Arm.
func (t *Transport) Do(ctx context.Context, request *exchange.Request) (*exchange.Answer, error) {
	outgoing := (&http.Request{
		Method: http.MethodPost, URL: t.url, Host: t.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header(request),
	}).WithContext(ctx)
	SetBody(outgoing, request.Body)
	response, err := t.http.RoundTrip(outgoing) //nolint:bodyclose // the answer's reader closes it
	if err != nil {
		if ctx.Err() == nil {
			// Where one pooled connection was dead the others likely are:
			// the next attempt must not meet another. (net/http by itself
			// would go through all of them if it were told that requests are
			// idempotent, and a poisonous one would meet every worker.)
			t.http.CloseIdleConnections()
		}
		return nil, noAnswer(ctx, err)
	}
	return &exchange.Answer{
		Status: response.StatusCode, LengthBytes: response.ContentLength,
		Header: answerHeader(response.Header), Body: response.Body,
	}, nil
}

// noAnswer says what a failed round trip means.
func noAnswer(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return &exchange.NoAnswer{Reason: exchange.TimedOut, Err: err}
		}
		return &exchange.NoAnswer{Reason: exchange.Gone, Err: err}
	}
	return exchange.Unanswered(fmt.Errorf("asking the pod: %w", err))
}

func header(request *exchange.Request) http.Header {
	h := make(http.Header, 5)
	for field := range exchange.FieldCount {
		if value := request.Header[field]; value != "" {
			h[field.Name()] = []string{value}
		}
	}
	h["User-Agent"] = nil // keeps net/http from adding its own
	return h
}

// A container may say these; anything else stays in the cluster.
func answerHeader(h http.Header) exchange.AnswerHeader {
	return exchange.AnswerHeader{
		exchange.AnswerContentType:      h.Get("Content-Type"),
		exchange.AnswerContentEncoding:  h.Get("Content-Encoding"),
		exchange.AnswerCustomAttributes: h.Get(exchange.AnswerCustomAttributes.Name()),
		// A container starts a session with the request header's name, which
		// SageMaker renames for the caller.
		exchange.AnswerNewSessionID:    h.Get(exchange.SessionID.Name()),
		exchange.AnswerClosedSessionID: h.Get(exchange.AnswerClosedSessionID.Name()),
	}
}
