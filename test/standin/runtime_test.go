package standin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	rt "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	rttypes "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// container is a model server that speaks the SageMaker contract and remembers
// what it was sent.
type container struct {
	*httptest.Server
	mu     sync.Mutex
	header http.Header
	handle http.HandlerFunc
}

func newContainer(t *testing.T, handle http.HandlerFunc) *container {
	t.Helper()
	c := &container{handle: handle}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invocations", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.header = r.Header.Clone()
		c.mu.Unlock()
		c.handle(w, r)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *container) seen() http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.header
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Sagemaker-Custom-Attributes", "from the container")
		w.Header().Set("X-Amzn-Sagemaker-Session-Id", "s1; Expires=2026-01-01T00:00:00Z")
		w.Header().Set("X-Secret", "stays inside")
		fmt.Fprintf(w, text, len(body))
	}
}

const serving = head + `
resources:
  endpoints:
    - describe: {EndpointName: Both, EndpointStatus: InService, EndpointConfigName: both, ProductionVariants: [{VariantName: a, CurrentWeight: 3}, {VariantName: b, CurrentWeight: 1}]}
      backends: {a: "${A}", b: "${B}"}
    - describe: {EndpointName: creating, EndpointStatus: Creating, ProductionVariants: [{VariantName: a}]}
    - describe: {EndpointName: failed, EndpointStatus: Failed}
    - describe: {EndpointName: silent, EndpointStatus: InService, ProductionVariants: [{VariantName: a}]}
    - describe: {EndpointName: async, EndpointStatus: InService, AsyncInferenceConfig: {OutputConfig: {S3OutputPath: s3://b/o}}, ProductionVariants: [{VariantName: a}]}
    - describe: {EndpointName: many, EndpointStatus: InService, EndpointConfigName: many, ProductionVariants: [{VariantName: a}]}
    - describe: {EndpointName: small, EndpointStatus: InService, EndpointConfigName: small, ProductionVariants: [{VariantName: a}]}
      backends: {a: "${A}"}
    - describe: {EndpointName: packed, EndpointStatus: InService, ProductionVariants: [{VariantName: gpu}]}
    - describe: {EndpointName: gone, EndpointStatus: InService, ProductionVariants: [{VariantName: a}]}
      backends: {a: "http://127.0.0.1:1"}
  endpointConfigs:
    - describe: {EndpointConfigName: both, ProductionVariants: [{VariantName: a, ModelName: m}, {VariantName: b, ModelName: m}]}
    - describe: {EndpointConfigName: many, ProductionVariants: [{VariantName: a, ModelName: multi}]}
    - describe: {EndpointConfigName: small, ProductionVariants: [{VariantName: a, ModelName: m, ServerlessConfig: {MemorySizeInMB: 1024, MaxConcurrency: 1}}]}
  models:
    - describe: {ModelName: m, PrimaryContainer: {Mode: SingleModel}}
    - describe: {ModelName: multi, PrimaryContainer: {Mode: MultiModel}}
  inferenceComponents:
    - describe: {InferenceComponentName: ic, EndpointName: packed, VariantName: gpu}
      backendURL: "${B}"
`

func startServing(t *testing.T, extra string, a, b *container, opts standin.Options) (*standintest.Account, *rt.Client) {
	t.Helper()
	account := standintest.StartWith(t, standintest.Parse(t, serving+extra, map[string]string{"A": a.URL, "B": b.URL}), opts)
	return account, rt.NewFromConfig(standintest.WithoutRetries(account.Config()))
}

func TestInvokeEndpoint(t *testing.T) {
	a, b := newContainer(t, say(`{"from": "a", "bytes": %d}`)), newContainer(t, say(`{"from": "b", "bytes": %d}`))
	account, client := startServing(t, "", a, b, standin.Options{})
	out, err := client.InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{
		EndpointName: aws.String("Both"), Body: []byte("1,2"), ContentType: aws.String("text/csv"), Accept: aws.String("application/json"),
		TargetVariant: aws.String("b"), CustomAttributes: aws.String("trace=7"), InferenceId: aws.String("id-1"),
		SessionId: aws.String("NEW_SESSION"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"body": string(out.Body), "type": aws.ToString(out.ContentType), "variant": aws.ToString(out.InvokedProductionVariant),
		"attributes": aws.ToString(out.CustomAttributes), "session": aws.ToString(out.NewSessionId),
	}
	want := map[string]string{
		"body": `{"from": "b", "bytes": 3}`, "type": "application/json", "variant": "b",
		"attributes": "from the container", "session": "s1; Expires=2026-01-01T00:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	wantSeen := http.Header{
		"Content-Type": {"text/csv"}, "Accept": {"application/json"}, "Content-Length": {"3"},
		"X-Amzn-Sagemaker-Custom-Attributes": {"trace=7"}, "X-Amzn-Sagemaker-Inference-Id": {"id-1"},
		"X-Amzn-Sagemaker-Session-Id": {"NEW_SESSION"},
	}
	if diff := cmp.Diff(wantSeen, b.seen()); diff != "" {
		t.Errorf("the container must see these headers only (-want +got):\n%s", diff)
	}
	wantCount := map[string]map[string]standin.InvocationCount{"Both": {"b": {Total: 1}}}
	if diff := cmp.Diff(wantCount, account.Server.Requests().Invocations); diff != "" {
		t.Error(diff)
	}
}

func TestWeights(t *testing.T) {
	a, b := newContainer(t, say(`"a%d"`)), newContainer(t, say(`"b%d"`))
	account, client := startServing(t, "", a, b, standin.Options{Seed: 7})
	for range 200 {
		if _, err := client.InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{EndpointName: aws.String("Both"), Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	counts := account.Server.Requests().Invocations["Both"]
	if n := counts["a"].Total; n < 130 || n > 170 || n+counts["b"].Total != 200 {
		t.Errorf("weights 3 to 1 gave %+v", counts)
	}
}

func TestInferenceComponent(t *testing.T) {
	a, b := newContainer(t, say(`"a%d"`)), newContainer(t, say(`"b%d"`))
	_, client := startServing(t, "", a, b, standin.Options{})
	out, err := client.InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{
		EndpointName: aws.String("packed"), InferenceComponentName: aws.String("ic"), Body: []byte("x"),
	})
	if err != nil || string(out.Body) != `"b1"` || aws.ToString(out.InvokedProductionVariant) != "gpu" {
		t.Fatalf("%v %v", out, err)
	}
}

func TestInvokeErrors(t *testing.T) {
	a := newContainer(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such column", http.StatusUnprocessableEntity)
	})
	b := newContainer(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "boom", http.StatusInternalServerError) })
	account, client := startServing(t, "\nlimits: {maxBodyBytes: 1000, maxServerlessBodyBytes: 100}\n", a, b, standin.Options{})
	big := bytes.Repeat([]byte("x"), 1001)
	in := func(endpoint string, body []byte) *rt.InvokeEndpointInput {
		return &rt.InvokeEndpointInput{EndpointName: aws.String(endpoint), Body: body}
	}
	with := func(i *rt.InvokeEndpointInput, change func(*rt.InvokeEndpointInput)) *rt.InvokeEndpointInput {
		change(i)
		return i
	}
	cases := map[string]struct {
		in     *rt.InvokeEndpointInput
		status int
		code   string
		text   string
	}{
		"Missing":       {in("Nobody", []byte("x")), 400, "ValidationError", "Endpoint Nobody of account 123456789012 not found."},
		"OtherCase":     {in("both", []byte("x")), 400, "ValidationError", "Endpoint both of account"},
		"Client":        {with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetVariant = aws.String("a") }), 424, "ModelError", `Received client error (422) from primary with message "no such column`},
		"Server":        {with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetVariant = aws.String("b") }), 424, "ModelError", `Received server error (500) from primary with message "boom`},
		"Variant":       {with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetVariant = aws.String("z") }), 400, "ValidationError", "Variant z"},
		"TargetModel":   {with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetModel = aws.String("m") }), 400, "ValidationError", "not a multi-model"},
		"NoTargetModel": {in("many", []byte("x")), 400, "ValidationError", "TargetModel is required"},
		"MultiModel":    {with(in("many", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetModel = aws.String("m") }), 503, "ServiceUnavailable", "no model server"},
		"NoComponent":   {in("packed", []byte("x")), 400, "ValidationError", "Inference Component Name header is required"},
		"Component":     {with(in("packed", []byte("x")), func(i *rt.InvokeEndpointInput) { i.InferenceComponentName = aws.String("z") }), 400, "ValidationError", "Inference component z"},
		"Creating":      {in("creating", []byte("x")), 429, "ModelNotReadyException", "not ready"},
		"Failed":        {in("failed", []byte("x")), 503, "ServiceUnavailable", "Failed"},
		"Silent":        {in("silent", []byte("x")), 503, "ServiceUnavailable", "no model server"},
		"Gone":          {in("gone", []byte("x")), 503, "ServiceUnavailable", "unavailable"},
		"Async":         {in("async", []byte("x")), 400, "ValidationError", "InvokeEndpointAsync"},
		"Attributes":    {with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.CustomAttributes = aws.String(strings.Repeat("a", 1025)) }), 400, "ValidationError", "1024"},
		"TooLarge":      {in("Both", big), 413, "", ""},
		"Serverless":    {in("small", big[:101]), 413, "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := client.InvokeEndpoint(context.Background(), tc.in)
			var api smithy.APIError
			var status *smithyhttp.ResponseError
			if !errors.As(err, &status) || status.HTTPStatusCode() != tc.status {
				t.Fatalf("got %v, want HTTP %d", err, tc.status)
			}
			if tc.code == "" { // plain text, which the SDK cannot read as an error
				return
			}
			if !errors.As(err, &api) || api.ErrorCode() != tc.code || !strings.Contains(api.ErrorMessage(), tc.text) {
				t.Fatalf("got %v, want %s with %q", err, tc.code, tc.text)
			}
		})
	}
	t.Run("ModelErrorFields", func(t *testing.T) {
		_, err := client.InvokeEndpoint(context.Background(), with(in("Both", []byte("x")), func(i *rt.InvokeEndpointInput) { i.TargetVariant = aws.String("b") }))
		var model *rttypes.ModelError
		if !errors.As(err, &model) {
			t.Fatalf("got %v", err)
		}
		if aws.ToInt32(model.OriginalStatusCode) != 500 || aws.ToString(model.OriginalMessage) != "boom\n" ||
			aws.ToString(model.LogStreamArn) != "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/Both" {
			t.Errorf("%+v", model)
		}
	})
	t.Run("Signature", func(t *testing.T) {
		wrong := rt.NewFromConfig(standintest.WithoutRetries(account.ConfigFor("AKIDTEST", "wrong", "")))
		_, err := wrong.InvokeEndpoint(context.Background(), in("Both", []byte("x")))
		var status *smithyhttp.ResponseError
		var api smithy.APIError
		if !errors.As(err, &status) || status.HTTPStatusCode() != 403 || !errors.As(err, &api) || api.ErrorCode() != "InvalidSignatureException" {
			t.Fatalf("got %v", err)
		}
	})
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	slow := newContainer(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	_, client := startServing(t, "", slow, slow, standin.Options{InvokeTimeout: 50 * time.Millisecond})
	_, err := client.InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{EndpointName: aws.String("Both"), Body: []byte("x")})
	var model *rttypes.ModelError
	if !errors.As(err, &model) || aws.ToInt32(model.OriginalStatusCode) != 0 || !strings.Contains(model.ErrorMessage(), "timed out") {
		t.Fatalf("got %v, want a ModelError with status 0", err)
	}
}

// TestDefaultRetries: the SDK tries 503 again by itself.
func TestDefaultRetries(t *testing.T) {
	t.Parallel() // the SDK waits between its tries
	a := newContainer(t, say(`"a%d"`))
	account, _ := startServing(t, "", a, a, standin.Options{Seed: 1})
	if err := account.Server.SetKnobs(knob(standin.VariantKnobs{ErrorRate: 1, ErrorType: "ServiceUnavailable"})); err != nil {
		t.Fatal(err)
	}
	_, err := rt.NewFromConfig(account.Config()).InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{EndpointName: aws.String("Both"), Body: []byte("x")})
	var down *rttypes.ServiceUnavailable
	if !errors.As(err, &down) {
		t.Fatalf("got %v", err)
	}
	if n := account.Server.Requests().Operations["sagemaker:InvokeEndpoint"]; n.Calls != 3 || n.Rejected != 3 {
		t.Errorf("the Go SDK tries 3 times, counted %+v", n)
	}
}

func knob(v standin.VariantKnobs) standin.Knobs {
	return standin.Knobs{Endpoints: map[string]map[string]standin.VariantKnobs{"Both": {standin.AnyVariant: v}}}
}

func TestVariantKnobs(t *testing.T) {
	answer := `{"label": "0.5", "score": 0.5, "count": 2}`
	a := newContainer(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
	account, client := startServing(t, "", a, a, standin.Options{Seed: 3})
	invoke := func() (string, error) {
		out, err := client.InvokeEndpoint(context.Background(), &rt.InvokeEndpointInput{EndpointName: aws.String("Both"), Body: []byte("x")})
		if err != nil {
			return "", err
		}
		return string(out.Body), nil
	}
	if err := account.Server.SetKnobs(knob(standin.VariantKnobs{ErrorRate: 1, ErrorStatus: 503})); err != nil {
		t.Fatal(err)
	}
	var model *rttypes.ModelError
	if _, err := invoke(); !errors.As(err, &model) || aws.ToInt32(model.OriginalStatusCode) != 503 {
		t.Errorf("got %v", err)
	}
	if err := account.Server.SetKnobs(knob(standin.VariantKnobs{ExtraLatencyMillis: 30})); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if got, err := invoke(); err != nil || got != answer || time.Since(begin) < 30*time.Millisecond {
		t.Errorf("%q %v after %v", got, err, time.Since(begin))
	}
	if err := account.Server.SetKnobs(knob(standin.VariantKnobs{Jitter: 0.01})); err != nil {
		t.Fatal(err)
	}
	got, err := invoke()
	if err != nil {
		t.Fatal(err)
	}
	score, rest, _ := strings.Cut(strings.TrimPrefix(got, `{"label": "0.5", "score": `), ",")
	value, parseErr := strconv.ParseFloat(score, 64)
	if parseErr != nil || value == 0.5 || value < 0.49 || value > 0.51 || rest != ` "count": 2}` {
		t.Errorf("jitter moves fractions only, got %s", got)
	}
}
