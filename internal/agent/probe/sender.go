package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"landfall.dev/landfall/internal/compare"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

const (
	// dialTimeout is long for one network: a pod that is gone answers nothing.
	dialTimeout = time.Second
	// maxAnswerBytes bounds an answer that is read for comparing.
	maxAnswerBytes = 64 << 20
	// mostInFlight bounds what is under way at a fixed rate, and so memory.
	mostInFlight = 1024
)

// What can become of a request. Names hold nothing of the request itself.
const (
	failureTimeout = "timeout"
	failureRefused = "connection refused"
	failureCut     = "connection cut off"
	failureRoom    = "too many in flight"
	failureOther   = "no answer"
	failureSize    = "answer too large"
)

// sender sends captured requests to one model.
type sender struct {
	client   *http.Client
	url      string
	timeout  time.Duration
	requests []verify.Request
}

func newSender(o Options, requests []verify.Request) *sender {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		MaxIdleConnsPerHost: mostInFlight,
		DisableCompression:  true,
	}
	return &sender{
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		url: strings.TrimRight(o.Target, "/") + naming.InvocationsPath, timeout: seconds(o.RequestTimeoutSeconds), requests: requests,
	}
}

// post sends a request and returns the answer, of which the caller closes the
// body.
func (s *sender) post(ctx context.Context, r verify.Request) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	setHeaders(request, r)
	return s.client.Do(request)
}

func setHeaders(request *http.Request, r verify.Request) {
	// A request that a model may have seen is not sent again.
	request.GetBody = nil
	for name, value := range map[string]string{
		"Content-Type": r.ContentType, "Accept": r.Accept, "X-Amzn-SageMaker-Custom-Attributes": r.CustomAttributes,
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
}

// send sends the request of that index, over and over from the first, and
// returns what went wrong, or nothing.
func (s *sender) send(ctx context.Context, index int64) string {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r := s.requests[index%int64(len(s.requests))]
	response, err := s.post(ctx, r)
	if err != nil {
		return failureOf(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return failureOf(err)
	}
	return statusFailure(response.StatusCode, r)
}

// statusFailure says whether a status is one: those that were captured are not.
func statusFailure(status int, r verify.Request) string {
	if status >= http.StatusOK && status < http.StatusMultipleChoices || r.Expected != nil && r.Expected.Status == status {
		return ""
	}
	return fmt.Sprintf("status %d", status)
}

// answer sends a request and returns the whole answer, or what went wrong.
func (s *sender) answer(ctx context.Context, r verify.Request) (compare.Answer, string) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.post(ctx, r)
	if err != nil {
		return compare.Answer{}, failureOf(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return compare.Answer{}, failureOf(err)
	}
	if len(body) > maxAnswerBytes {
		return compare.Answer{}, failureSize
	}
	return compare.Answer{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Body: body}, ""
}

// failureOf names an error without its text, which may hold an address or what
// a server sent.
func failureOf(err error) string {
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		return failureRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return failureTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failureCut
	default:
		return failureOther
	}
}
