package router

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// benchBodies are the bodies that requests are benchmarked with.
var benchBodies = map[string]int{"1KiB": 1 << 10, "256KiB": 256 << 10}

// benchPost sends one request and reads its answer.
func benchPost(b *testing.B, client *http.Client, url, body string) {
	response, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		b.Fatal(response.StatusCode, err)
	}
}

// benchTargets are the ways to one and the same container: straight, through
// net/http's own proxy, and through the router.
func benchTargets(b *testing.B, mirrorBasisPoints int32) (targets map[string]string) {
	h := newHarness(b)
	answer := `{"predictions":[` + strings.Repeat("0.125,", 31) + `0.125]}`
	pod := backend(b, says(answer))
	h.pods("blue", addressOf(pod))
	if mirrorBasisPoints > 0 {
		h.pods("green", addressOf(backend(b, says(answer))))
		h.rollout(0, mirrorBasisPoints)
	}
	h.apply()
	to, err := url.Parse(pod.URL)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
	})
	b.Cleanup(proxy.Close)
	return map[string]string{"direct": pod.URL, "reverseproxy": proxy.URL, "router": h.url}
}

// BenchmarkDoorToPod compares, alternating request by request, the router with
// httputil.ReverseProxy; the client's and the container's own cost, which both
// share, is taken out by a direct request. The metric router/reverseproxy is
// what the router adds over what the proxy adds.
func BenchmarkDoorToPod(b *testing.B) {
	for name, size := range benchBodies {
		b.Run(name, func(b *testing.B) { benchInterleaved(b, strings.Repeat("x", size), 0) })
	}
	b.Run("1KiB/mirrored", func(b *testing.B) { benchInterleaved(b, strings.Repeat("x", 1<<10), 10000) })
}

func benchInterleaved(b *testing.B, body string, mirrorBasisPoints int32) {
	targets := benchTargets(b, mirrorBasisPoints)
	client := testClient(b)
	spent := map[string]time.Duration{}
	for target, url := range targets {
		benchPost(b, client, url+invocations, body)
		spent[target] = 0
	}
	b.ResetTimer()
	for range b.N {
		for target, url := range targets {
			start := time.Now()
			benchPost(b, client, url+invocations, body)
			spent[target] += time.Since(start)
		}
	}
	b.StopTimer()
	for target, total := range spent {
		b.ReportMetric(float64(total.Microseconds())/float64(b.N), target+"-us/op")
	}
	added := func(target string) float64 { return float64(spent[target] - spent["direct"]) }
	b.ReportMetric(added("router")/added("reverseproxy"), "router/reverseproxy")
}

// BenchmarkAllocs counts what one request through each way allocates, the
// client and the container included.
func BenchmarkAllocs(b *testing.B) {
	targets := benchTargets(b, 0)
	client := testClient(b)
	body := strings.Repeat("x", 1<<10)
	for _, target := range []string{"direct", "reverseproxy", "router"} {
		b.Run(target, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				benchPost(b, client, targets[target]+invocations, body)
			}
		})
	}
}
