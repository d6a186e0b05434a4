package router

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
	"github.com/aws/smithy-go"
)

// failing is a container that answers an error.
func failing(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}

// Every error type is read by the AWS SDK for Go as its own Go type, with the
// status and the text that SageMaker gives it.
func TestErrorsThroughTheSDK(t *testing.T) {
	cases := map[string]struct {
		reason string
		setUp  func(h *harness)
		change func(in *sagemakerruntime.InvokeEndpointInput)
		check  func(err error) error
		status int
	}{
		"ModelErrorServer": {
			reason: "A container's 5xx is a ModelError with its status, its text and SageMaker's pattern.",
			setUp:  func(h *harness) { h.pods("blue", addressOf(backend(h.t, failing(500, "tensor on fire")))) },
			status: 424,
			check: func(err error) error {
				return checkModelError(err, 500, "tensor on fire\n",
					`Received server error (500) from primary with message "tensor on fire`, "in account 123456789012")
			},
		},
		"ModelErrorClient": {
			reason: "A container's 4xx is the caller's fault.",
			setUp:  func(h *harness) { h.pods("blue", addressOf(backend(h.t, failing(415, "want csv")))) },
			status: 424,
			check: func(err error) error {
				return checkModelError(err, 415, "want csv\n", "Received client error (415) from primary", "want csv")
			},
		},
		"ModelErrorRedirect": {
			reason: "A redirect of the container is not followed: it is an error of the model.",
			setUp: func(h *harness) {
				h.pods("blue", addressOf(backend(h.t, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
				})))
			},
			status: 424,
			check:  func(err error) error { return checkModelError(err, 307, "", "Received server error (307)", "") },
		},
		"ModelErrorTimeout": {
			reason: "A container that takes too long is a ModelError with status 0.",
			setUp: func(h *harness) {
				h.endpoint.Spec.Variants[0].Pods.InvocationTimeoutSeconds = 1
				h.pods("blue", addressOf(backend(h.t, hangs)))
			},
			status: 424,
			check:  func(err error) error { return checkModelError(err, 0, "timed out", "Received server error (0)", "") },
		},
		"ModelNotReady": {
			reason: "Pods that are loading make ModelNotReadyException.",
			setUp: func(h *harness) {
				h.slices = append(h.slices, podSlice(h.t, "blue", "127.0.0.1:1", false))
			},
			status: 429,
			check:  checkAs[*types.ModelNotReadyException]("loading its model"),
		},
		"ServiceUnavailableNoPod": {
			reason: "No pod at all makes ServiceUnavailable.",
			setUp:  func(*harness) {},
			status: 503,
			check:  checkAs[*types.ServiceUnavailable]("no pod that can answer"),
		},
		"ServiceUnavailableRefused": {
			reason: "A pod that cannot be reached makes ServiceUnavailable.",
			setUp:  func(h *harness) { h.pods("blue", "127.0.0.1:1") },
			status: 503,
			check:  checkAs[*types.ServiceUnavailable]("could not be reached"),
		},
		"ServiceUnavailableNoTraffic": {
			reason: "An Endpoint without traffic exists, but serves nothing.",
			setUp:  func(h *harness) { h.endpoint.Status.Traffic = nil },
			status: 503,
			check:  checkAs[*types.ServiceUnavailable]("no variant that takes traffic yet"),
		},
		"EndpointNotFound": {
			reason: "An unknown endpoint is a ValidationError in SageMaker's words.",
			setUp:  func(*harness) {},
			change: func(in *sagemakerruntime.InvokeEndpointInput) { in.EndpointName = aws.String("nobody") },
			status: 400,
			check:  checkAs[*types.ValidationError]("Endpoint nobody of account 123456789012 not found."),
		},
		"EndpointNameInvalid": {
			reason: "A name that no endpoint can have is refused by its pattern.",
			setUp:  func(*harness) {},
			change: func(in *sagemakerruntime.InvokeEndpointInput) { in.EndpointName = aws.String("no_such/name") },
			status: 400,
			check:  checkAs[*types.ValidationError]("at 'endpointName' failed to satisfy constraint"),
		},
		"VariantNotFound": {
			reason: "A named variant that does not exist is a ValidationError.",
			setUp:  func(*harness) {},
			change: func(in *sagemakerruntime.InvokeEndpointInput) { in.TargetVariant = aws.String("mauve") },
			status: 400,
			check:  checkAs[*types.ValidationError]("Variant mauve of endpoint churn not found."),
		},
		"CustomAttributesTooLong": {
			reason: "A header over SageMaker's limit is refused, and the message says which.",
			setUp:  func(*harness) {},
			change: func(in *sagemakerruntime.InvokeEndpointInput) {
				in.CustomAttributes = aws.String(strings.Repeat("a", 1025))
			},
			status: 400,
			check:  checkAs[*types.ValidationError]("Custom-Attributes has 1025 bytes; at most 1024 are allowed"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			tc.setUp(h)
			h.apply()
			in := input(`{}`)
			if tc.change != nil {
				tc.change(in)
			}
			_, err := h.sdk().InvokeEndpoint(t.Context(), in)
			if err == nil {
				t.Fatalf("%s\nthe call succeeded", tc.reason)
			}
			if err := tc.check(err); err != nil {
				t.Errorf("%s\n%v", tc.reason, err)
			}
			response, ok := errors.AsType[*awshttp.ResponseError](err)
			if !ok || response.HTTPStatusCode() != tc.status {
				t.Errorf("%s\nerror is %v; want HTTP status %d", tc.reason, err, tc.status)
			} else if response.ServiceRequestID() == "" {
				t.Errorf("%s\nthe answer has no x-amzn-RequestId", tc.reason)
			}
		})
	}
}

func checkModelError(err error, status int32, original string, texts ...string) error {
	modelError, ok := errors.AsType[*types.ModelError](err)
	if !ok {
		return fmt.Errorf("error is %T (%w); want a ModelError", err, err)
	}
	if got := aws.ToInt32(modelError.OriginalStatusCode); got != status {
		return fmt.Errorf("OriginalStatusCode is %d; want %d", got, status)
	}
	if !strings.Contains(aws.ToString(modelError.OriginalMessage), original) {
		return fmt.Errorf("OriginalMessage is %q; want %q in it", aws.ToString(modelError.OriginalMessage), original)
	}
	const logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/churn"
	if got := aws.ToString(modelError.LogStreamArn); got != logs {
		return fmt.Errorf("LogStreamArn is %q; want %q", got, logs)
	}
	for _, text := range texts {
		if !strings.Contains(aws.ToString(modelError.Message), text) {
			return fmt.Errorf("Message is %q; want %q in it", aws.ToString(modelError.Message), text)
		}
	}
	return nil
}

// checkAs checks the Go type of an SDK error and its message.
func checkAs[E smithy.APIError](text string) func(error) error {
	return func(err error) error {
		typed, ok := errors.AsType[E](err)
		if !ok {
			return fmt.Errorf("error is %T (%w); want a %T", err, err, *new(E))
		}
		if !strings.Contains(typed.ErrorMessage(), text) {
			return fmt.Errorf("message is %q; want %q in it", typed.ErrorMessage(), text)
		}
		return nil
	}
}

// The codes of errors that SageMaker Runtime does not model reach the SDK too.
func TestUnmodelledErrors(t *testing.T) {
	h := newHarness(t)
	h.apply()
	cases := map[string]struct {
		reason, method, path string
		status               int
		errorType            string
	}{
		"WrongPath":   {"A path of no operation is not found.", http.MethodPost, "/endpoints/churn/invocation", 404, "UnknownOperationException"},
		"Root":        {"So is the root.", http.MethodPost, "/", 404, "UnknownOperationException"},
		"ExtraSlash":  {"Paths match to their end.", http.MethodPost, invocations + "/", 404, "UnknownOperationException"},
		"WrongMethod": {"Only POST invokes.", http.MethodGet, invocations, 405, "UnknownOperationException"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tc.method, h.url+tc.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := testClient(t).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != tc.status || response.Header.Get("X-Amzn-Errortype") != tc.errorType {
				t.Errorf("%s\n%s %s answers %d %s; want %d %s", tc.reason, tc.method, tc.path,
					response.StatusCode, response.Header.Get("X-Amzn-Errortype"), tc.status, tc.errorType)
			}
			if response.Header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("%s\nthe answer has no x-amzn-RequestId", tc.reason)
			}
		})
	}
}

// A 30 MiB body gets SageMaker's refusal, readable for a client that writes all
// before it reads, and the same connection-level client can go on.
func TestOversizeBody(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, says(`{}`))))
	h.apply()
	big := strings.Repeat("x", 30<<20)
	response, text := h.post(t.Context(), invocations, big, nil)
	if response.StatusCode != http.StatusRequestEntityTooLarge ||
		text != "HTTP content length exceeded 26214400 bytes." {
		t.Errorf("a body of 30 MiB answers %d %q; want 413 with SageMaker's text", response.StatusCode, text)
	}
	_, err := h.sdk().InvokeEndpoint(t.Context(), input(big))
	if tooLarge, ok := errors.AsType[*awshttp.ResponseError](err); !ok || tooLarge.HTTPStatusCode() != 413 {
		t.Errorf("the SDK reads a body of 30 MiB as %v; want a response error with status 413", err)
	}
	if _, err := h.sdk().InvokeEndpoint(t.Context(), input(strings.Repeat("x", 25<<20))); err != nil {
		t.Errorf("a body of exactly the limit fails: %v", err)
	}
	if used := h.router.memory.UsedBytes(); used != 0 {
		eventually(t, "all body memory given back", func() bool { return h.router.memory.UsedBytes() == 0 })
	}
}

// When bodies take all the memory they may, callers are told to try again.
func TestBodyMemoryIsBounded(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.MaxBodyBytes, o.MaxBufferedBytes = 1<<20, 2<<20 })
	release := make(chan struct{})
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
		says(`{}`)(w, r)
	})))
	h.apply()
	const callers = 8
	answers := make(chan int, callers)
	for range callers {
		go func() {
			response, _, err := h.tryPost(t.Context(), invocations, strings.Repeat("x", 900<<10), nil)
			if err != nil {
				answers <- 0
				return
			}
			answers <- response.StatusCode
		}()
	}
	refused := <-answers
	if refused != http.StatusServiceUnavailable {
		t.Errorf("the first answer under spent memory is %d; want 503", refused)
	}
	close(release)
	served := 0
	for range callers - 1 {
		if <-answers == http.StatusOK {
			served++
		}
	}
	if served == 0 {
		t.Error("none of the requests within the memory was served")
	}
	eventually(t, "all body memory given back", func() bool { return h.router.memory.UsedBytes() == 0 })
}

// A caller that goes away cancels the request at the container, and does not
// count against the variant.
func TestCancelledCallerCancelsUpstream(t *testing.T) {
	h := newHarness(t)
	arrived, cancelled := make(chan struct{}), make(chan struct{})
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		hangs(w, r)
		close(cancelled)
	})))
	h.apply()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := h.tryPost(ctx, invocations, `{}`, nil)
		done <- err
	}()
	<-arrived
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller sees %v; want its own cancellation", err)
	}
	select {
	case <-cancelled:
	case <-time.After(patience):
		t.Fatal("the container's request was not cancelled")
	}
	eventually(t, "the cancellation counted as such", func() bool {
		return strings.Contains(h.metrics(), `landfall_router_requests_total{endpoint="churn",namespace="shop",outcome="cancelled",variant="blue"} 1`)
	})
	for _, v := range h.router.recorder.Report().Endpoints[0].Variants {
		if v.Live.Requests != 0 {
			t.Errorf("evidence counts %d requests; want none: a caller who left says nothing about the variant", v.Live.Requests)
		}
	}
}
