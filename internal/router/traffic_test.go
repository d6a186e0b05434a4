package router

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
)

// invoke asks the router below its front door: who answered, and how.
func (h *harness) invoke(header exchange.Header) (variant string, answer *exchange.Answer, body string) {
	h.t.Helper()
	request := &exchange.Request{
		ID: "test", Namespace: testNamespace, Endpoint: testEndpoint, Header: header,
		Body: exchange.NewBody([]byte(`{}`)),
	}
	request.Header[exchange.ContentType] = "application/json"
	answer = h.router.server.Invoke(h.t.Context(), request)
	if answer.Body != nil {
		data, err := io.ReadAll(answer.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		body = string(data)
	}
	if err := answer.Close(); err != nil {
		h.t.Fatal(err)
	}
	request.Body.Release()
	return answer.Header[exchange.AnswerInvokedVariant], answer, body
}

func (h *harness) endpointEvidence() evidence.EndpointReport {
	h.t.Helper()
	report := h.router.recorder.Report()
	if len(report.Endpoints) != 1 {
		h.t.Fatalf("evidence has %d Endpoints; want 1", len(report.Endpoints))
	}
	return report.Endpoints[0]
}

func (h *harness) variantEvidence(name string) evidence.VariantReport {
	for _, v := range h.endpointEvidence().Variants {
		if v.Name == name {
			return v
		}
	}
	return evidence.VariantReport{Name: name}
}

// twoColours starts a pod for each variant.
func (h *harness) twoColours() {
	h.pods("blue", addressOf(backend(h.t, says(`"blue"`))))
	h.pods("green", addressOf(backend(h.t, says(`"green"`))))
}

// Over one cycle every share is met exactly, and evidence says the same.
func TestSplitIsExact(t *testing.T) {
	h := newHarness(t)
	h.twoColours()
	h.endpoint.Status.Traffic = shares("blue", 9877, "green", 123)
	h.apply()
	const cycle, workers = 10000, 8
	var counts [2]atomic.Int64
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for range cycle / workers {
				variant, _, body := h.invoke(exchange.Header{})
				if body != `"`+variant+`"` {
					t.Errorf("variant %s is said to have answered %s", variant, body)
				}
				if variant == "green" {
					counts[1].Add(1)
				} else {
					counts[0].Add(1)
				}
			}
		})
	}
	running.Wait()
	if blue, green := counts[0].Load(), counts[1].Load(); blue != 9877 || green != 123 {
		t.Errorf("10000 requests split %d/%d; want 9877/123", blue, green)
	}
	if got := h.variantEvidence("green").Live.Requests; got != 123 {
		t.Errorf("evidence counts %d requests of green; want 123", got)
	}
}

func TestTargetVariant(t *testing.T) {
	h := newHarness(t)
	h.twoColours()
	h.apply()
	var header exchange.Header
	header[exchange.TargetVariant] = "green"
	if variant, _, _ := h.invoke(header); variant != "green" {
		t.Errorf("a request for green, which has no share, was answered by %s", variant)
	}
	h.pods("green")
	h.apply()
	_, answer, _ := h.invoke(header)
	if answer.Fault == nil || answer.Fault.Type != exchange.ServiceUnavailable {
		t.Errorf("a request for green, which has no pods, is answered %+v; want ServiceUnavailable, not another variant", answer)
	}
}

// A request whose connection is refused, or broken before the answer, is
// answered by another pod, and the caller sees nothing of it.
func TestRetriesOnAnotherPod(t *testing.T) {
	cases := map[string]struct {
		reason string
		broken func(t *testing.T) string
	}{
		"Refused": {"A pod that refuses connections.", func(*testing.T) string { return "127.0.0.1:1" }},
		"BrokenBeforeAnswer": {"A pod that dies with the request in hand.", func(t *testing.T) string {
			return addressOf(backend(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler)
			}))
		}},
		"BrokenInAnswer": {"A pod that dies in the middle of a short answer.", func(t *testing.T) string {
			return addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Length", "100")
				_, _ = fmt.Fprint(w, "half")
				panic(http.ErrAbortHandler)
			}))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.pods("blue", tc.broken(t), addressOf(backend(t, says(`"whole"`))))
			h.apply()
			for i := range 20 {
				response, body := h.post(t.Context(), invocations, `{}`, nil)
				if response.StatusCode != http.StatusOK || body != `"whole"` {
					t.Fatalf("%s\nrequest %d is answered %d %q; want the other pod's answer", tc.reason, i, response.StatusCode, body)
				}
			}
			if v := h.variantEvidence("blue"); v.Live.Requests != 20 || v.Live.Errors != 0 {
				t.Errorf("%s\nevidence counts %d requests, %d errors; want 20 and 0", tc.reason, v.Live.Requests, v.Live.Errors)
			}
		})
	}
}

// Pooled connections that the pod has closed meanwhile never reach the caller
// as errors, even when it is the only pod and all of them are dead.
func TestStaleConnections(t *testing.T) {
	h := newHarness(t)
	pod := backend(t, says(`"alive"`))
	h.pods("blue", addressOf(pod))
	h.apply()
	for range 10 {
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() { h.invoke(exchange.Header{}) })
		}
		running.Wait()
		pod.CloseClientConnections()
		for range 8 {
			if _, answer, body := h.invoke(exchange.Header{}); body != `"alive"` {
				t.Fatalf("a stale connection reached the caller: %+v", answer)
			}
		}
	}
}

// While a rollout is on, requests that the target cannot take are answered by
// the live variant, and both count.
func TestFallsBackToLive(t *testing.T) {
	cases := map[string]struct {
		reason string
		green  func(h *harness)
	}{
		"NoPods":  {"The target has no pods.", func(*harness) {}},
		"Refused": {"The target's pods refuse.", func(h *harness) { h.pods("green", "127.0.0.1:1") }},
		"Loading": {"The target is loading.", func(h *harness) {
			h.slices = append(h.slices, podSlice(h.t, "green", "127.0.0.1:1", false))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.twoColours()
			h.pods("green")
			tc.green(h)
			h.rollout(10000, 0)
			h.apply()
			for range 3 {
				if variant, answer, _ := h.invoke(exchange.Header{}); variant != "blue" || answer.Fault != nil {
					t.Fatalf("%s\nanswered by %s with %+v; want blue", tc.reason, variant, answer.Fault)
				}
			}
			if green, blue := h.variantEvidence("green").Live, h.variantEvidence("blue").Live; green.Errors != 3 || blue.Requests != 3 {
				t.Errorf("%s\nevidence counts %d errors of green and %d requests of blue; want 3 and 3", tc.reason, green.Errors, blue.Requests)
			}
		})
	}
}

// A target that fails loses its traffic within a few answers, keeps having none
// until the traffic has another revision, and says so.
func TestTrip(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, says(`"blue"`))))
	h.pods("green", addressOf(backend(t, failing(500, "no"))))
	h.rollout(5000, 0)
	h.apply()
	failures := 0
	for range 400 {
		if _, answer, _ := h.invoke(exchange.Header{}); answer.Fault != nil {
			failures++
		}
	}
	if failures == 0 || failures > 10 {
		t.Errorf("%d requests failed before the target was taken out; want 1 to 10", failures)
	}
	h.apply() // the same revision: nothing is forgotten
	for range 100 {
		if variant, _, _ := h.invoke(exchange.Header{}); variant != "blue" {
			t.Fatalf("%s answered after the trip; want blue until the revision changes", variant)
		}
	}
	trips := h.endpointEvidence().Trips
	if len(trips) != 1 || trips[0].Variant != "green" || trips[0].Reason != "Errors" || trips[0].FirstBadTime.IsZero() {
		t.Errorf("evidence has trips %+v; want one of green for Errors", trips)
	}
	if !strings.Contains(h.metrics(), `landfall_router_trips_total{endpoint="churn",namespace="shop",variant="green"} 1`) {
		t.Error("landfall_router_trips_total does not count the trip")
	}
	if n := strings.Count(h.log.String(), "took a variant out of the traffic"); n != 1 {
		t.Errorf("the log tells of the trip %d times; want once", n)
	}
	h.rollout(5000, 0)
	h.apply()
	seen := map[string]bool{}
	for range 4 {
		variant, _, _ := h.invoke(exchange.Header{})
		seen[variant] = true
	}
	if !seen["green"] {
		t.Error("green has no traffic under the next revision; the trip should end with the revision")
	}
	if trips := h.endpointEvidence().Trips; len(trips) != 0 {
		t.Errorf("evidence of the next revision begins with trips %+v; want none", trips)
	}
}

// Figures restart with the revision and with the Endpoint's UID, and are kept
// over any other change.
func TestEvidenceRestarts(t *testing.T) {
	h := newHarness(t)
	h.twoColours()
	h.apply()
	requests := func() int64 { return h.variantEvidence("blue").Live.Requests }
	h.invoke(exchange.Header{})
	h.pods("blue", addressOf(backend(t, says(`"blue"`))))
	h.apply()
	h.invoke(exchange.Header{})
	if got := requests(); got != 2 {
		t.Errorf("after a change of pods evidence counts %d requests; want 2", got)
	}
	h.endpoint.Status.TrafficRevision++
	h.apply()
	if got := requests(); got != 0 {
		t.Errorf("after a change of revision evidence counts %d requests; want 0", got)
	}
	h.invoke(exchange.Header{})
	h.endpoint.UID = "uid-2"
	h.apply()
	if got := requests(); got != 0 {
		t.Errorf("after a change of UID evidence counts %d requests; want 0", got)
	}
}

// A large answer of unknown length is streamed: its beginning arrives before
// its end exists. Large bodies pass both ways unchanged.
func TestStreaming(t *testing.T) {
	h := newHarness(t)
	goOn := make(chan struct{})
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		<-goOn
		_, _ = io.WriteString(w, "last")
	})))
	h.apply()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+invocations, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	response, err := testClient(t).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 6)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first " {
		t.Fatalf("the beginning is %q (%v); want it before the end is written", first, err)
	}
	close(goOn)
	rest, err := io.ReadAll(response.Body)
	if err != nil || string(rest) != "last" {
		t.Errorf("the rest is %q (%v); want \"last\"", rest, err)
	}

	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })))
	h.apply()
	large := strings.Repeat("0123456789abcdef", 20<<16)
	if _, body := h.post(t.Context(), invocations, large, nil); body != large {
		t.Errorf("a body of %d bytes came back as %d bytes, or changed", len(large), len(body))
	}
}

// An answer that breaks off must not look complete to the caller.
func TestBrokenStream(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})))
	h.apply()
	if _, body, err := h.tryPost(t.Context(), invocations, `{}`, nil); err == nil {
		t.Errorf("the caller took %d bytes of a broken answer for all of it", len(body))
	}
	eventually(t, "the broken answer counted as an error", func() bool { return h.variantEvidence("blue").Live.Errors == 1 })
}

// Under load, pods that are killed and replaced cost no caller an answer.
func TestNoLossWhilePodsChange(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, says(`"ok"`))), addressOf(backend(t, says(`"ok"`))))
	h.apply()
	ctx, stop := context.WithCancel(t.Context())
	var failed, served atomic.Int64
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for ctx.Err() == nil {
				if _, answer, _ := h.invoke(exchange.Header{}); answer.Fault != nil {
					failed.Add(1)
				} else {
					served.Add(1)
				}
			}
		})
	}
	stable := addressOf(backend(t, says(`"ok"`)))
	for round := range 20 {
		victim := httptest.NewServer(says(`"ok"`))
		h.pods("blue", stable, addressOf(victim))
		h.apply()
		seen := served.Load()
		eventually(t, "requests going on", func() bool { return served.Load() > seen+50 })
		kill(victim)
		seen = served.Load()
		eventually(t, "requests going on after the kill", func() bool { return served.Load() > seen+50 })
		if round%2 == 0 {
			h.pods("blue", stable)
			h.apply()
		}
		victim.Close()
	}
	stop()
	running.Wait()
	if failed.Load() != 0 {
		t.Errorf("%d of %d requests failed while pods were killed; want none", failed.Load(), failed.Load()+served.Load())
	}
}

// kill ends a server as SIGKILL does: the listener and all connections at once.
func kill(server *httptest.Server) {
	_ = server.Listener.Close()
	server.CloseClientConnections()
}
