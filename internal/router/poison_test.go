package router

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/router/arm/sagemaker"
	"landfall.dev/landfall/internal/router/exchange"
)

// A request that makes the container hang up is tried a few times and no more,
// however many connections to its pod are pooled: each try may cost a worker.
func TestPoisonousRequest(t *testing.T) {
	const pooled = 24
	arms := map[string]func(h *harness, handler http.HandlerFunc){
		"Pods": func(h *harness, handler http.HandlerFunc) { h.pods("blue", addressOf(backend(h.t, handler))) },
		"SageMaker": func(h *harness, _ http.HandlerFunc) {
			managed(h, v1alpha1.SageMakerVariant{EndpointName: "C", Region: "us-west-2"})
		},
	}
	for name, arm := range arms {
		t.Run(name, func(t *testing.T) {
			var poison atomic.Bool
			var visits atomic.Int64
			var together sync.WaitGroup
			together.Add(pooled)
			handler := func(w http.ResponseWriter, r *http.Request) {
				if poison.Load() {
					visits.Add(1)
					_, _ = io.Copy(io.Discard, r.Body)
					panic(http.ErrAbortHandler)
				}
				together.Done()
				together.Wait() // so that each has a connection of its own
				says(`"ok"`)(w, r)
			}
			t.Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", backend(t, handler).URL)
			h := newHarness(t)
			arm(h, handler)
			h.apply()
			var running sync.WaitGroup
			for range pooled {
				running.Go(func() { h.invoke(exchange.Header{}) })
			}
			running.Wait()
			poison.Store(true)
			if _, answer, _ := h.invoke(exchange.Header{}); answer.Fault == nil || answer.Status != http.StatusServiceUnavailable {
				t.Errorf("the answer is %+v; want ServiceUnavailable", answer)
			}
			if n := visits.Load(); n > 3 {
				t.Errorf("the container saw the request %d times; want at most 3", n)
			}
		})
	}
}

// A request that a model may have seen is not sent to another variant: what
// brought the target's container down must not reach the live one. One that no
// model can have seen is.
func TestSeenRequestsStayWithTheirVariant(t *testing.T) {
	hangUp := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}
	breakOff := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	}
	onceThenGone := func(h *harness) {
		var pod *httptest.Server
		pod = backend(h.t, func(w http.ResponseWriter, r *http.Request) {
			_ = pod.Listener.Close() // the next attempt is refused
			hangUp(w, r)
		})
		h.pods("green", addressOf(pod))
	}
	onSageMaker := func(handler http.HandlerFunc) func(h *harness) {
		return func(h *harness) {
			h.t.(*testing.T).Setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", backend(h.t, handler).URL)
			h.router.aws = loadAWS(h.t)
			h.endpoint.Spec.Variants[1] = v1alpha1.Variant{
				Name: "green", SageMaker: &v1alpha1.SageMakerVariant{EndpointName: "C", Region: "us-west-2"},
			}
		}
	}
	cases := map[string]struct {
		reason string
		green  func(h *harness)
		want   string
	}{
		"HangsUp":            {"The container read it.", func(h *harness) { h.pods("green", addressOf(backend(h.t, hangUp))) }, "green"},
		"BreaksOff":          {"The container began to answer.", func(h *harness) { h.pods("green", addressOf(backend(h.t, breakOff))) }, "green"},
		"HangsUpThenRefuses": {"One attempt reached it, whatever befell the others.", onceThenGone, "green"},
		"SageMakerHangsUp":   {"SageMaker may have seen it.", onSageMaker(hangUp), "green"},
		"Refused":            {"Nobody read it.", func(h *harness) { h.pods("green", "127.0.0.1:1") }, "blue"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.pods("blue", addressOf(backend(t, says(`"blue"`))))
			tc.green(h)
			h.rollout(10000, 0)
			h.apply()
			if variant, answer, _ := h.invoke(exchange.Header{}); variant != tc.want {
				t.Errorf("%s\nanswered by %s with %+v; want %s", tc.reason, variant, answer.Fault, tc.want)
			}
		})
	}
}

func loadAWS(t testing.TB) *sagemaker.Client {
	t.Helper()
	client, err := sagemaker.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
