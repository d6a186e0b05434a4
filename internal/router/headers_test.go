package router

import (
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is the router's metrics page.
func (h *harness) metrics() string {
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(h.router.registry, promhttp.HandlerOpts{}).ServeHTTP(recorder,
		httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	return recorder.Body.String()
}

// Only SageMaker's own headers reach a container, and only its known answers
// come back.
func TestHeaderFiltering(t *testing.T) {
	h := newHarness(t)
	got := make(chan http.Header, 1)
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("X-Amzn-Sagemaker-Custom-Attributes", "trace=7")
		w.Header().Set("X-Amzn-Sagemaker-Session-Id", "s-1; Expires=2026-11-21T00:00:00Z")
		w.Header().Set("X-Amzn-Sagemaker-Closed-Session-Id", "s-0")
		w.Header().Set("Server", "gunicorn")
		w.Header().Set("Set-Cookie", "secret=1")
		w.Header().Set("X-Amzn-Requestid", "forged")
		w.Header().Set("X-Amzn-Invoked-Production-Variant", "forged")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("1,2\n"))
	})))
	h.apply()
	header := http.Header{}
	for name, value := range map[string]string{
		"Content-Type": "text/csv", "Accept": "text/csv", "X-Amzn-SageMaker-Custom-Attributes": "a=b, c",
		"X-Amzn-SageMaker-Target-Model": "m.tar.gz", "X-Amzn-SageMaker-Target-Container-Hostname": "c1",
		"X-Amzn-SageMaker-Inference-Id": "i-1", "X-Amzn-SageMaker-Enable-Explanations": "`true`",
		"X-Amzn-SageMaker-Inference-Component": "ic", "X-Amzn-SageMaker-Session-Id": "NEW_SESSION",
		"X-Amzn-SageMaker-Prefix-Aware-Id": "p", "X-Amzn-SageMaker-Target-Variant": "blue",
		"Authorization": "AWS4-HMAC-SHA256 secret", "X-Amz-Security-Token": "secret", "Cookie": "a=b",
		"X-Forwarded-For": "10.1.1.1", "User-Agent": "boto3", "X-Custom": "x", "Traceparent": "00-1-2-3",
	} {
		header.Set(name, value)
	}
	response, body := h.post(t.Context(), invocations, "1,2\n", header)

	want := http.Header{
		"Content-Type": {"text/csv"}, "Accept": {"text/csv"}, "X-Amzn-Sagemaker-Custom-Attributes": {"a=b, c"},
		"X-Amzn-Sagemaker-Target-Model": {"m.tar.gz"}, "X-Amzn-Sagemaker-Target-Container-Hostname": {"c1"},
		"X-Amzn-Sagemaker-Inference-Id": {"i-1"}, "X-Amzn-Sagemaker-Enable-Explanations": {"`true`"},
		"X-Amzn-Sagemaker-Inference-Component": {"ic"}, "X-Amzn-Sagemaker-Session-Id": {"NEW_SESSION"},
		"X-Amzn-Sagemaker-Prefix-Aware-Id": {"p"}, "Content-Length": {"4"},
	}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Errorf("headers at the container: -want, +got:\n%s", diff)
	}
	if response.StatusCode != http.StatusOK || body != "1,2\n" {
		t.Errorf("answer is %d %q; want 200 with the container's body", response.StatusCode, body)
	}
	var names []string
	for name := range response.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	wantNames := []string{
		"Content-Length", "Content-Type", "Date", "X-Amzn-Invoked-Production-Variant", "X-Amzn-Requestid",
		"X-Amzn-Sagemaker-Closed-Session-Id", "X-Amzn-Sagemaker-Custom-Attributes", "X-Amzn-Sagemaker-New-Session-Id",
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("header names of the answer: -want, +got:\n%s", diff)
	}
	for name, value := range map[string]string{
		"x-Amzn-Invoked-Production-Variant": "blue", "X-Amzn-SageMaker-New-Session-Id": "s-1; Expires=2026-11-21T00:00:00Z",
	} {
		if response.Header.Get(name) != value {
			t.Errorf("%s is %q; want %q", name, response.Header.Get(name), value)
		}
	}
	if response.Header.Get("X-Amzn-Requestid") == "forged" {
		t.Error("the container's own x-amzn-RequestId reached the caller")
	}
	if log := h.log.String(); strings.Contains(log, "a=b, c") || strings.Contains(log, "secret") {
		t.Errorf("the log tells what callers sent:\n%s", log)
	}
}

// What the SDK reads from an answer is what the container said.
func TestAnswerThroughTheSDK(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Sagemaker-Custom-Attributes", r.Header.Get("X-Amzn-Sagemaker-Custom-Attributes")+"!")
		says(`{"score":0.5}`)(w, r)
	})))
	h.apply()
	in := input(`{"x":1}`)
	in.CustomAttributes = aws.String("hello")
	out, err := h.sdk().InvokeEndpoint(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	type answer struct{ Body, ContentType, Variant, Attributes string }
	want := answer{`{"score":0.5}`, "application/json", "blue", "hello!"}
	got := answer{
		string(out.Body), aws.ToString(out.ContentType), aws.ToString(out.InvokedProductionVariant),
		aws.ToString(out.CustomAttributes),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("InvokeEndpoint(...): -want, +got:\n%s", diff)
	}
}
