package standin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// maxAnswerBytes bounds a container's whole answer. SageMaker does not
	// document a limit of its own for it; this keeps the stand-in alive.
	maxAnswerBytes = 64 << 20
	// maxErrorBytes bounds what a ModelError repeats of a container's answer.
	maxErrorBytes = 4096
)

// forwardedHeaders are all that reaches a container; SageMaker strips the
// rest. The session header is the one it also renames on the way back.
var forwardedHeaders = []string{
	"Content-Type", "Accept", headerAttributes, headerSession,
	"X-Amzn-Sagemaker-Inference-Id", "X-Amzn-Sagemaker-Target-Container-Hostname",
}

func newBackendClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			// Containers are named in the account file: no proxy, no gzip
			// that the caller did not ask for.
			DisableCompression: true, MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *region) callBackend(ctx context.Context, in invocation) (*http.Response, error) {
	url := strings.TrimSuffix(in.backend, "/") + "/invocations"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(in.body))
	if err != nil {
		return nil, fmt.Errorf("build the request to the container: %w", err)
	}
	for _, name := range forwardedHeaders {
		if value := in.header.Get(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	if accept := in.header.Get("X-Amzn-Sagemaker-Accept"); accept != "" { // the streaming call's Accept
		req.Header.Set("Accept", accept)
	}
	req.Header.Set("User-Agent", "") // an empty value keeps Go from adding its own
	resp, err := s.backends.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call the container: %w", err)
	}
	return resp, nil
}

// modelError reports a container's answer outside 2xx.
func (s *region) modelError(in invocation, resp *http.Response) *apiError {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes))
	if err != nil {
		return s.backendFailed(in, err)
	}
	return s.containerError(in, resp.StatusCode, string(body))
}

// answerWhole sends a container's answer on as InvokeEndpoint does.
func (s *region) answerWhole(w http.ResponseWriter, in invocation, resp *http.Response) *apiError {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return s.backendFailed(in, err)
	}
	if len(body) > maxAnswerBytes {
		return s.containerError(in, resp.StatusCode, "the answer is too large")
	}
	setAnswerHeaders(w.Header(), in, resp)
	if value := resp.Header.Get("Content-Type"); value != "" {
		w.Header().Set("Content-Type", value)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(s.jitter(body, in.knobs.Jitter)) // a failed write means the caller has gone
	return nil
}

// setAnswerHeaders passes on what a container may say to the caller.
func setAnswerHeaders(out http.Header, in invocation, resp *http.Response) {
	out.Set(headerVariant, in.variant)
	if value := resp.Header.Get(headerAttributes); value != "" {
		out.Set(headerAttributes, value)
	}
	if value := resp.Header.Get(headerSession); value != "" {
		out.Set("X-Amzn-Sagemaker-New-Session-Id", value)
	}
	if value := resp.Header.Get("X-Amzn-Sagemaker-Closed-Session-Id"); value != "" {
		out.Set("X-Amzn-Sagemaker-Closed-Session-Id", value)
	}
}
