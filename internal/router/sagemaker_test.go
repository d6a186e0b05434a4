package router

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
	"github.com/aws/smithy-go"
	smithymiddleware "github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/router/arm/sagemaker"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/table"
	"landfall.dev/landfall/internal/sigv4"
)

// standIn is a SageMaker Runtime that checks the router's own signature.
func standIn(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	verifier := sigv4.Verifier{
		Service: "sagemaker", Region: "us-west-2",
		Lookup: func(id string) (sigv4.Credentials, bool) {
			return sigv4.Credentials{AccessKeyID: id, SecretAccessKey: "router-secret"}, id == "AKIDROUTER"
		},
	}
	return backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		if _, err := verifier.Verify(sigv4.FromHTTP(r), hex.EncodeToString(sum[:]), time.Now()); err != nil {
			t.Errorf("the router's signature is refused: %v", err)
		}
		answer(w, r)
	}).URL
}

// managed makes blue a variant on SageMaker.
func managed(h *harness, target v1alpha1.SageMakerVariant) {
	h.endpoint.Spec.Variants[0] = v1alpha1.Variant{Name: "blue", SageMaker: &target}
}

// Requests to SageMaker are signed with the router's identity, whatever the
// caller signed with, and its answers pass through under Landfall's variant.
func TestSageMakerArm(t *testing.T) {
	var got http.Header
	var path string
	t.Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", standIn(t, func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header.Clone(), r.URL.Path
		w.Header().Set("X-Amzn-Invoked-Production-Variant", "AllTraffic")
		w.Header().Set("X-Amzn-Sagemaker-Custom-Attributes", "back")
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "0.25\n")
	}))
	h := newHarness(t)
	managed(h, v1alpha1.SageMakerVariant{EndpointName: "Churn-Prod", Region: "us-west-2", InferenceComponentName: "ic-1"})
	h.apply()
	in := input("1,2\n")
	in.CustomAttributes, in.SessionId = aws.String("there"), aws.String("s-1")
	var requestID, sageMakerVariant string
	out, err := h.sdk().InvokeEndpoint(t.Context(), in, func(o *sagemakerruntime.Options) {
		o.APIOptions = append(o.APIOptions, readHeaders(map[string]*string{
			"x-amzn-RequestId": &requestID, "X-Landfall-SageMaker-Variant": &sageMakerVariant,
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
	type answer struct{ Body, Type, Variant, Attributes, SageMakerVariant, Path string }
	want := answer{"0.25\n", "text/csv", "blue", "back", "AllTraffic", "/endpoints/Churn-Prod/invocations"}
	if diff := cmp.Diff(want, answer{
		string(out.Body), aws.ToString(out.ContentType), aws.ToString(out.InvokedProductionVariant),
		aws.ToString(out.CustomAttributes), sageMakerVariant, path,
	}); diff != "" {
		t.Errorf("InvokeEndpoint(...): -want, +got:\n%s", diff)
	}
	for name, value := range map[string]string{
		"X-Amzn-SageMaker-Custom-Attributes": "there", "X-Amzn-SageMaker-Session-Id": "s-1",
		"X-Amzn-SageMaker-Inference-Component": "ic-1", "Content-Type": "application/json",
	} {
		if got.Get(name) != value {
			t.Errorf("SageMaker got %s: %q; want %q", name, got.Get(name), value)
		}
	}
	if authorization := got.Get("Authorization"); strings.Contains(authorization, testKey) {
		t.Errorf("the caller's own signature went to SageMaker: %s", authorization)
	}
}

// readHeaders copies headers of an answer for a test.
func readHeaders(into map[string]*string) func(*smithymiddleware.Stack) error {
	return func(stack *smithymiddleware.Stack) error {
		return withHeaders(stack, into)
	}
}

// SageMaker's errors reach the caller as they came, and count by whose fault
// they are.
func TestSageMakerErrorsPassThrough(t *testing.T) {
	cases := map[string]struct {
		reason             string
		status             int
		errorType, body    string
		check              func(error) error
		errors, callerErrs int64
	}{
		"ModelErrorServer": {
			"A ModelError with an original 5xx is the service's fault.", 424, "ModelError:http://internal.amazon.com/",
			`{"Message":"Received server error (500) from primary","OriginalStatusCode":500,"OriginalMessage":"boom","LogStreamArn":"arn:x"}`,
			func(err error) error {
				modelError, ok := errors.AsType[*types.ModelError](err)
				if !ok || aws.ToInt32(modelError.OriginalStatusCode) != 500 || aws.ToString(modelError.LogStreamArn) != "arn:x" {
					return errors.New("want SageMaker's own ModelError")
				}
				return nil
			}, 1, 0,
		},
		"ModelErrorClient": {
			"A ModelError with an original 4xx is the caller's.", 424, "ModelError",
			`{"Message":"m","OriginalStatusCode":415,"OriginalMessage":"csv"}`, checkAs[*types.ModelError]("m"), 0, 1,
		},
		"Validation": {
			"A ValidationError is the caller's.", 400, "ValidationError", `{"Message":"not found."}`,
			checkAs[*types.ValidationError]("not found."), 0, 1,
		},
		"Throttling": {
			"Throttling is the service's, though it comes as a 400.", 400, "ThrottlingException", `{"message":"Rate exceeded"}`,
			func(err error) error {
				if apiErr, ok := errors.AsType[smithy.APIError](err); !ok || apiErr.ErrorCode() != "ThrottlingException" {
					return errors.New("want ThrottlingException")
				}
				return nil
			}, 1, 0,
		},
		"NotReady": {
			"A model that is not ready is the service's.", 429, "ModelNotReadyException", `{"Message":"wait"}`,
			checkAs[*types.ModelNotReadyException]("wait"), 1, 0,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", standIn(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-Errortype", tc.errorType)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			h := newHarness(t)
			managed(h, v1alpha1.SageMakerVariant{EndpointName: "Churn-Prod", Region: "us-west-2"})
			h.apply()
			_, err := h.sdk().InvokeEndpoint(t.Context(), input("1"))
			if failure := tc.check(err); failure != nil {
				t.Errorf("%s\nerror is %v: %v", tc.reason, err, failure)
			}
			if live := h.variantEvidence("blue").Live; live.Errors != tc.errors || live.CallerErrors != tc.callerErrs {
				t.Errorf("%s\nevidence counts %d errors, %d caller errors; want %d, %d",
					tc.reason, live.Errors, live.CallerErrors, tc.errors, tc.callerErrs)
			}
		})
	}
}

// Callers that named a production variant of SageMaker's before go on doing so.
func TestSageMakerTargetVariant(t *testing.T) {
	cases := map[string]struct {
		reason, variantName, ask, want string
	}{
		"Fixed":   {"The variant that the Endpoint fixes is asked for.", "prod-a", "", "prod-a"},
		"ByName":  {"A production variant that the Endpoint knows selects it.", "prod-a", "prod-a", "prod-a"},
		"Through": {"One it does not know goes to SageMaker to decide.", "", "prod-b", "prod-b"},
		"Own":     {"Landfall's own name is not SageMaker's.", "", "blue", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ""
			t.Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", standIn(t, func(_ http.ResponseWriter, r *http.Request) {
				got = r.Header.Get("X-Amzn-Sagemaker-Target-Variant")
			}))
			h := newHarness(t)
			managed(h, v1alpha1.SageMakerVariant{EndpointName: "C", Region: "us-west-2", VariantName: tc.variantName})
			h.apply()
			in := input("1")
			if tc.ask != "" {
				in.TargetVariant = aws.String(tc.ask)
			}
			out, err := h.sdk().InvokeEndpoint(t.Context(), in)
			if err != nil || got != tc.want {
				t.Fatalf("%s\nSageMaker was asked for variant %q (%v); want %q", tc.reason, got, err, tc.want)
			}
			if aws.ToString(out.InvokedProductionVariant) != "blue" {
				t.Errorf("%s\nthe caller is told of variant %q; want blue", tc.reason, aws.ToString(out.InvokedProductionVariant))
			}
		})
	}
}

// Without credentials of its own the router says so, and holds nothing back from
// the log but secrets.
func TestSageMakerWithoutIdentity(t *testing.T) {
	h := newHarness(t)
	h.router.aws = noIdentity()
	managed(h, v1alpha1.SageMakerVariant{EndpointName: "C", Region: "us-west-2"})
	h.apply()
	_, err := h.sdk().InvokeEndpoint(t.Context(), input("1"))
	if failure := checkAs[*types.InternalDependencyException]("could not sign")(err); failure != nil {
		t.Error(failure)
	}
}

// An error answer of SageMaker that breaks off for the caller's own reasons is no
// failure of SageMaker's, and nobody is asked in its place.
func TestSageMakerErrorBreaksOff(t *testing.T) {
	cases := map[string]struct {
		reason string
		breaks func(cancel context.CancelFunc, w http.ResponseWriter, r *http.Request)
		want   exchange.Reason
	}{
		"CallerGone": {"The caller went away.", func(cancel context.CancelFunc, _ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}, exchange.Gone},
		"TimedOut": {"It took too long.", func(_ context.CancelFunc, _ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, exchange.TimedOut},
		"Broken": {"The connection broke.", func(context.CancelFunc, http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, exchange.Unreachable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			t.Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", standIn(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusFailedDependency)
				_, _ = io.WriteString(w, `{"Message":`)
				w.(http.Flusher).Flush()
				tc.breaks(cancel, w, r)
			}))
			isolateAWS(t)
			client, err := sagemaker.Load(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			timeout := time.Minute
			if tc.want == exchange.TimedOut {
				timeout = 100 * time.Millisecond
			}
			arm, err := client.Arm(table.SageMaker{EndpointName: "C", Region: "us-west-2"}, timeout)
			if err != nil {
				t.Fatal(err)
			}
			_, err = arm.Do(ctx, &exchange.Request{Body: exchange.NewBody([]byte(`{}`))})
			if none, ok := errors.AsType[*exchange.NoAnswer](err); !ok || none.Reason != tc.want {
				t.Errorf("%s\nerror is %v; want %s", tc.reason, err, tc.want)
			}
		})
	}
}
