package router

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
)

func (h *harness) comparison() evidence.Comparison {
	h.t.Helper()
	comparisons := h.endpointEvidence().Comparisons
	if len(comparisons) == 0 {
		return evidence.Comparison{}
	}
	if len(comparisons) != 1 || comparisons[0].Reference != "blue" || comparisons[0].Candidate != "green" {
		h.t.Fatalf("comparisons are %+v; want one of green with blue", comparisons)
	}
	return comparisons[0]
}

// Copies reach the target with the caller's request, their answers are compared
// within the gate's tolerance, and no caller sees any of it.
func TestMirrorCompares(t *testing.T) {
	h := newHarness(t)
	h.pods("blue", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "refuse") {
			http.Error(w, "blue refuses", http.StatusBadRequest)
			return
		}
		says(`{"score": 1, "label": "a"}`)(w, r)
	})))
	var copies atomic.Int64
	h.pods("green", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		copies.Add(1)
		switch text := string(body); {
		case strings.Contains(text, "refuse"):
			http.Error(w, "green refuses otherwise", http.StatusBadRequest)
		case strings.Contains(text, "near"):
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, `{"label":"a","score":1.0000001}`)
		case strings.Contains(text, "off"):
			says(`{"score": 1.5, "label": "a"}`)(w, r)
		case strings.Contains(text, "fail"):
			http.Error(w, "green fails", http.StatusInternalServerError)
		default:
			says(`{"score": 1, "label": "a"}`)(w, r)
		}
	})))
	h.rollout(0, 10000)
	h.apply()
	for _, body := range []string{`"same"`, `"near"`, `"off"`, `"fail"`, `"refuse"`} {
		response, text := h.post(t.Context(), invocations, body, http.Header{"Content-Type": {"application/json"}})
		if strings.Contains(text, "green") || response.Header.Get("X-Amzn-Invoked-Production-Variant") != "blue" {
			t.Errorf("the caller saw %q from %q; want blue's answer", text, response.Header.Get("X-Amzn-Invoked-Production-Variant"))
		}
	}
	eventually(t, "five pairs compared", func() bool { return h.comparison().Compared == 5 })
	got := h.comparison()
	if got.Equal != 3 || got.Different != 2 || copies.Load() != 5 || got.Sent[evidence.SizeTo1KiB] != 5 {
		t.Errorf("comparison is %+v with %d copies; want 3 equal, 2 different of 5", got, copies.Load())
	}
	kinds := map[string]string{}
	for _, example := range got.Examples {
		kinds[example.Kind] = example.Path
		if example.RequestID == "" || example.Time.IsZero() {
			t.Errorf("example %+v lacks its request or time", example)
		}
	}
	if diff := cmp.Diff(map[string]string{"number": "score", "status": ""}, kinds); diff != "" {
		t.Errorf("examples by kind: -want, +got:\n%s", diff)
	}
	if m := h.variantEvidence("green"); m.Mirror.Requests != 5 || m.Mirror.Errors != 1 || m.Mirror.CallerErrors != 1 || m.Live.Requests != 0 {
		t.Errorf("evidence of green is %+v; want 5 mirrored with 1 error and 1 caller error, none live", m)
	}
	eventually(t, "all memory of copies given back", func() bool { return h.router.server.Mirror.UsedBytes() == 0 })
}

// The share of copies is exact over a cycle, and sessions are never copied.
func TestMirrorShare(t *testing.T) {
	h := newHarness(t)
	h.twoColours()
	h.rollout(0, 2500)
	h.apply()
	session := exchange.Header{exchange.SessionID: "NEW_SESSION"}
	for range 100 {
		h.invoke(session)
	}
	const cycle = 10000
	for range cycle {
		h.invoke(exchange.Header{})
	}
	sum := func() (sum int64) {
		c := h.comparison()
		for _, counts := range []map[evidence.SizeBucket]int64{c.Sent, c.Dropped} {
			for _, n := range counts {
				sum += n
			}
		}
		return sum
	}
	eventually(t, "2500 copies sent or dropped", func() bool { return sum() == 2500 })
}

// A shadow that hangs changes nothing for callers: answers stay right and wait
// for no copy, memory and queue stay within their bounds, and what was not copied is counted
// by size. Copies for it end with the revision.
func TestHungShadow(t *testing.T) {
	h := newHarness(t, func(o *Options) {
		o.Mirror.MaxBytes, o.Mirror.Concurrency, o.Mirror.Queue = 64<<10, 4, 8
	})
	var arrived, ended atomic.Int64
	h.pods("blue", addressOf(backend(t, says(`"blue"`))))
	h.pods("green", addressOf(backend(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		hangs(w, r)
		ended.Add(1)
	})))
	h.rollout(0, 10000)
	h.apply()
	const requests = 300
	for range requests {
		if variant, answer, body := h.invoke(exchange.Header{}); variant != "blue" || answer.Fault != nil || body != `"blue"` {
			t.Fatalf("the caller got %q from %s beside a hung shadow", body, variant)
		}
		if used := h.router.server.Mirror.UsedBytes(); used > 64<<10 {
			t.Fatalf("copies hold %d bytes; want at most %d", used, 64<<10)
		}
	}
	if n := ended.Load(); n != 0 {
		t.Errorf("%d copies ended before the callers had their answers: somebody waited for them", n)
	}
	// A body beyond the bytes is dropped and counted by its size.
	h.post(t.Context(), invocations, strings.Repeat("x", 100<<10), nil)
	c := h.comparison()
	if arrived.Load() > 2 || c.Dropped[evidence.SizeTo1KiB] < requests-2-8 || c.Dropped[evidence.SizeTo256KiB] != 1 {
		t.Errorf("%d copies arrived, dropped are %v; want at most 2 (half of the concurrency), the rest dropped or waiting",
			arrived.Load(), c.Dropped)
	}
	h.endpoint.Status.TrafficRevision++
	h.endpoint.Status.Traffic = shares("blue", 10000)
	h.apply()
	eventually(t, "the copies that ran cancelled", func() bool { return ended.Load() == arrived.Load() })
	eventually(t, "all memory of copies given back", func() bool { return h.router.server.Mirror.UsedBytes() == 0 })
}

// What copies hold is theirs: callers keep all the memory for bodies, and copies
// take no more than they may, counting what buffers take rather than what is in
// them.
func TestHungShadowLeavesCallersTheirMemory(t *testing.T) {
	h := newHarness(t, func(o *Options) {
		o.MaxBodyBytes, o.MaxBufferedBytes, o.Mirror.MaxBytes = 1<<20, 5<<20/2, 5<<20/2
	})
	h.pods("blue", addressOf(backend(t, says(`"blue"`))))
	h.pods("green", addressOf(backend(t, hangs)))
	h.rollout(0, 10000)
	h.apply()
	for range 8 {
		response, text := h.post(t.Context(), invocations, strings.Repeat("x", 600<<10), nil)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("beside a hung shadow a caller gets %d %s", response.StatusCode, text)
		}
		eventually(t, "the caller's memory given back", func() bool { return h.router.memory.UsedBytes() == 0 })
	}
	eventually(t, "2 copies sent, whose buffers are 1 MiB each, and 6 dropped", func() bool {
		c := h.comparison()
		return c.Sent[evidence.SizeTo1MiB] == 2 && c.Dropped[evidence.SizeTo1MiB] == 6
	})
	h.router.server.Close() // ends the copies, which would outlast the test
}

// One hung shadow leaves room for the copies of other Endpoints.
func TestHungShadowLeavesRoom(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Mirror.Concurrency, o.Mirror.Queue = 4, 8 })
	h.pods("blue", addressOf(backend(t, says(`"blue"`))))
	h.pods("green", addressOf(backend(t, hangs)))
	h.endpoint.Spec.Variants = append(h.endpoint.Spec.Variants, *h.endpoint.Spec.Variants[1].DeepCopy())
	h.endpoint.Spec.Variants[2].Name = "red"
	h.pods("red", addressOf(backend(t, says(`"blue"`))))
	h.endpoint.Status.Traffic = shares("blue", 10000, "green", 0, "red", 0)
	h.endpoint.Status.Traffic[1].MirrorBasisPoints = 10000
	h.endpoint.Status.Traffic[2].MirrorBasisPoints = 10000
	h.apply()
	for range 50 {
		h.invoke(exchange.Header{})
		eventually(t, "red's copy compared beside a hung green", func() bool {
			for _, c := range h.endpointEvidence().Comparisons {
				if c.Candidate == "red" {
					return c.Equal > 0
				}
			}
			return false
		})
	}
	h.router.server.Close() // ends green's copies, which would outlast the test
}
