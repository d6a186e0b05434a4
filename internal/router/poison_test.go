package router

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"landfall.dev/landfall/api/v1alpha1"
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
