package router

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/rest"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

// program is a router that runs as landfall-router does, from a snapshot and
// without an API server.
type program struct {
	callers, admin string
	log            *syncBuffer
	stop           context.CancelFunc
	done           chan error
}

func startProgram(t *testing.T, slices []*discoveryv1.EndpointSlice, change ...func(*Options)) *program {
	t.Helper()
	isolateAWS(t)
	options := testOptions()
	options.SnapshotFile = filepath.Join(t.TempDir(), "snapshot.json")
	if slices != nil {
		writeSnapshot(t, options.SnapshotFile, slices)
	}
	for _, c := range change {
		c(&options)
	}
	p := &program{log: &syncBuffer{}, done: make(chan error, 1)}
	r, err := New(t.Context(), options, &rest.Config{Host: "http://127.0.0.1:1"}, slog.New(slog.NewJSONHandler(p.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	callers, admin := loopback(t), loopback(t)
	p.callers, p.admin = "http://"+callers.Addr().String(), "http://"+admin.Addr().String()
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	go func() { p.done <- r.Serve(ctx, callers, admin) }()
	t.Cleanup(func() {
		p.stop()
		testClient(t).CloseIdleConnections()
		if err := <-p.done; err != nil {
			t.Errorf("the router ended with %v", err)
		}
	})
	return p
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func writeSnapshot(t *testing.T, path string, slices []*discoveryv1.EndpointSlice) {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"version": "landfall.dev/router-snapshot/v1alpha1", "time": time.Now(),
		"endpoints": []*v1alpha1.Endpoint{testEndpointObject()}, "endpointSlices": slices,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := testClient(t).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

// With a snapshot, a router starts and serves though the API server is away.
func TestStartsFromSnapshot(t *testing.T) {
	pod := backend(t, says(`"ok"`))
	p := startProgram(t, []*discoveryv1.EndpointSlice{podSlice(t, "blue", addressOf(pod), true)})
	eventually(t, "readiness", func() bool { status, _ := get(t, p.admin+"/readyz"); return status == http.StatusOK })
	h := &harness{t: t, url: p.callers}
	if response, body := h.post(t.Context(), "/ns/shop"+invocations, `{}`, nil); response.StatusCode != http.StatusOK || body != `"ok"` {
		t.Errorf("from the snapshot the answer is %d %q; want 200 \"ok\"", response.StatusCode, body)
	}
	status, body := get(t, p.admin+"/evidence")
	report, err := evidence.DecodeReport(strings.NewReader(body))
	if status != http.StatusOK || err != nil {
		t.Fatalf("evidence answers %d and reads as %v", status, err)
	}
	if report.Router != "router-test" || len(report.Endpoints) != 1 || report.Endpoints[0].TrafficRevision != 1 {
		t.Errorf("evidence is %+v; want router-test with revision 1 of one Endpoint", report)
	}
	if status, page := get(t, p.admin+"/metrics"); status != http.StatusOK || !strings.Contains(page, "landfall_router_synced 0") {
		t.Errorf("metrics answer %d; want landfall_router_synced 0 in them", status)
	}
	if status, _ := get(t, p.admin+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("profiles answer %d though nobody asked for them; want 404", status)
	}
	if status, _ := get(t, p.admin+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz answers %d; want 200", status)
	}
}

// Without a snapshot and without the API server a router is alive but not
// ready; the same holds for a snapshot that makes no sense.
func TestNotReadyWithoutState(t *testing.T) {
	cases := map[string]string{"None": "", "Garbage": "{", "OtherVersion": `{"version":"v0"}`}
	for name, content := range cases {
		t.Run(name, func(t *testing.T) {
			p := startProgram(t, nil, func(o *Options) {
				if content != "" {
					if err := os.WriteFile(o.SnapshotFile, []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
			eventually(t, "liveness", func() bool { status, _ := get(t, p.admin+"/healthz"); return status == http.StatusOK })
			eventually(t, "the snapshot looked at", func() bool { return strings.Contains(p.log.String(), "snapshot") })
			if status, body := get(t, p.admin+"/readyz"); status != http.StatusServiceUnavailable {
				t.Errorf("readyz answers %d %q; want 503", status, body)
			}
		})
	}
}

// A router that is told to stop is unready at once, goes on serving while it
// sheds connections, and loses neither new requests nor one in flight.
func TestDrainLosesNothing(t *testing.T) {
	slow, inFlight := make(chan struct{}), make(chan struct{})
	pod := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == `"slow"` {
			close(inFlight)
			<-slow
		}
		says(`"ok"`)(w, r)
	})
	p := startProgram(t, []*discoveryv1.EndpointSlice{podSlice(t, "blue", addressOf(pod), true)},
		func(o *Options) { o.DrainSeconds = 5 }) // long enough for a busy machine to see it
	eventually(t, "readiness", func() bool { status, _ := get(t, p.admin+"/readyz"); return status == http.StatusOK })
	h := &harness{t: t, url: p.callers}

	var served, failed, shed atomic.Int64
	unready := make(chan struct{})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for {
				select {
				case <-unready: // as a Service stops sending
					return
				default:
				}
				response, body, err := h.tryPost(t.Context(), invocations, `{}`, nil)
				switch {
				case err != nil || response.StatusCode != http.StatusOK || body != `"ok"`:
					failed.Add(1)
				case response.Close:
					shed.Add(1)
					fallthrough
				default:
					served.Add(1)
				}
			}
		})
	}
	slowAnswer := make(chan string, 1)
	go func() {
		_, body, err := h.tryPost(t.Context(), invocations, `"slow"`, nil)
		if err != nil {
			body = err.Error()
		}
		slowAnswer <- body
	}()
	eventually(t, "load", func() bool { return served.Load() > 200 })
	<-inFlight
	p.stop()
	eventually(t, "unreadiness", func() bool { status, _ := get(t, p.admin+"/readyz"); return status == http.StatusServiceUnavailable })
	before := served.Load()
	eventually(t, "requests served while draining", func() bool { return served.Load() > before+20 && shed.Load() > 0 })
	close(unready)
	running.Wait()
	eventually(t, "the listener closed", func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(p.callers, "http://"))
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	close(slow)
	if body := <-slowAnswer; body != `"ok"` {
		t.Errorf("the request in flight at the shutdown got %q; want its answer", body)
	}
	if failed.Load() != 0 {
		t.Errorf("%d of %d requests failed while draining; want none", failed.Load(), failed.Load()+served.Load())
	}
}

// No mode of authentication is assumed, and settings that contradict each other
// are refused with what to change.
func TestOptions(t *testing.T) {
	cases := map[string]struct {
		change func(*Options)
		want   string
	}{
		"NoAuth":          {func(o *Options) { o.Auth = "" }, "--auth is required"},
		"UnknownAuth":     {func(o *Options) { o.Auth = "basic" }, "--auth=basic is not a mode"},
		"NoCredentials":   {func(o *Options) { o.Auth = AuthSigV4 }, "needs --credentials-file"},
		"NeedlessKeys":    {func(o *Options) { o.CredentialsFile = "x" }, "--credentials-file is for --auth=sigv4"},
		"MemoryUnderBody": {func(o *Options) { o.MaxBufferedBytes = 1 }, "--max-buffered-bytes=1 is too small"},
		"NoConcurrency":   {func(o *Options) { o.Mirror.Concurrency = 0 }, "--mirror-concurrency=0 is too small"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			options := testOptions()
			tc.change(&options)
			if err := options.check(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("check() = %v; want %q in it", err, tc.want)
			}
		})
	}
	good := testOptions()
	if err := good.check(); err != nil {
		t.Errorf("check() = %v of good options", err)
	}
}
