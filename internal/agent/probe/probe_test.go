package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/compare"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

// model answers by what a request says.
func model(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.Method != http.MethodPost || r.URL.Path != naming.InvocationsPath || r.Header.Get("Content-Type") != "text/csv" {
			t.Errorf("%s %s with %v", r.Method, r.URL.Path, r.Header)
		}
		switch string(body) {
		case "fail":
			w.WriteHeader(http.StatusInternalServerError)
		case "cut":
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"score": 0.25, "secret": "` + string(body) + `"}`))
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func request(body, answer string) verify.Request {
	r := verify.Request{ContentType: "text/csv", Body: []byte(body)}
	if answer != "" {
		r.Expected = &compare.Answer{Status: http.StatusOK, ContentType: "application/json", Body: []byte(answer)}
	}
	return r
}

// play runs a phase and returns what it wrote.
func play(t *testing.T, server *httptest.Server, requests []verify.Request, args ...string) ([]verify.Observation, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "requests.jsonl.gz")
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	if err := verify.WriteRequests(compressed, requests); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := Parse(append([]string{naming.AgentProbeTarget, server.URL, naming.AgentProbeRequests, path}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Run(t.Context(), options, &out); err != nil {
		t.Fatal(err)
	}
	var observations []verify.Observation
	for line := range strings.Lines(out.String()) {
		o, is, err := verify.ParseObservation([]byte(line))
		if err != nil || !is {
			t.Fatalf("line %q: %v", line, err)
		}
		observations = append(observations, o)
	}
	if first, last := observations[0], observations[len(observations)-1]; !first.Started || !last.Done {
		t.Errorf("observations begin with %+v and end with %+v", first, last)
	}
	return observations, out.String()
}

func TestAnswersAreComparedAndNeverWritten(t *testing.T) {
	observations, text := play(t, model(t), []verify.Request{
		request("alpha", `{"secret":"alpha","score":0.25}`),
		request("beta", `{"score": 0.5, "secret": "beta"}`),
		request("gamma", `{"score": 0.5, "secret": "gamma"}`),
		request("delta", ""),
		request("fail", ""),
		request("cut", `{}`),
	}, naming.AgentProbePhase, "answers")
	want := &verify.AnswerFigures{
		Sent: 6, Equal: 1, Different: 2, Uncompared: 1, Failed: 2,
		Differences: []verify.Difference{{Path: "score", Kind: compare.KindNumber, Count: 2, LargestRelativeError: 0.5}},
		Failures:    map[string]int{"status 500": 1, failureCut: 1},
	}
	got := observations[len(observations)-1].Answers
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	for _, secret := range []string{"alpha", "beta", "gamma", "127.0.0.1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
}

func TestRampTellsEachStep(t *testing.T) {
	observations, _ := play(t, model(t), []verify.Request{request("a", "")},
		naming.AgentProbePhase, "ramp", naming.AgentProbeSeconds, "0.05", naming.AgentProbeConcurrency, "2", naming.AgentProbeLatencyFloor, "10000")
	var steps []verify.Load
	for _, o := range observations {
		if o.Load != nil {
			steps = append(steps, *o.Load)
		}
	}
	if len(steps) != 2 || steps[0].Concurrency != 1 || steps[1].Concurrency != 2 || steps[0].Requests == 0 || steps[0].Errors != 0 {
		t.Errorf("steps = %+v; want one at a time and two at a time, without errors", steps)
	}
}

func TestPeakOfAModelThatIsGone(t *testing.T) {
	server := model(t)
	server.Close()
	observations, _ := play(t, server, []verify.Request{request("a", "")},
		naming.AgentProbePhase, "peak", naming.AgentProbeSeconds, "0.2", naming.AgentProbeRate, "50")
	load := observations[len(observations)-1].Load
	if load == nil || load.Requests != 10 || load.Failures[failureRefused] != 10 {
		t.Errorf("load = %+v; want 10 refused requests", load)
	}
}

// pipes is a network of its own, on which a test's clock stands still while
// somebody works.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, syscall.ECONNREFUSED
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A server that finishes what it has begun answers the requests in flight; one
// that closes its connections does not. Time is not real.
func TestThroughStop(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(context.Context, *http.Server) error
		want int64
	}{
		"graceful": {stop: func(ctx context.Context, s *http.Server) error { return s.Shutdown(ctx) }, want: stopConcurrency},
		"abrupt":   {stop: func(_ context.Context, s *http.Server) error { return s.Close() }, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var underWay atomic.Int64
				network := newPipes()
				server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					underWay.Add(1)
					defer underWay.Add(-1)
					_, _ = io.ReadAll(r.Body)
					time.Sleep(100 * time.Millisecond)
					w.WriteHeader(http.StatusOK)
				})}
				go func() { _ = server.Serve(network) }()
				s := newSender(Options{Target: "http://model", RequestTimeoutSeconds: 5}, []verify.Request{{Body: []byte("xyz")}})
				s.client.Transport.(*http.Transport).DialContext = network.dial
				defer s.client.CloseIdleConnections()
				inFlight := make(chan int64, 1)
				go func() {
					time.Sleep(5 * time.Second)
					inFlight <- underWay.Load()
					_ = c.stop(t.Context(), server)
				}()
				counts := throughStop(t.Context(), s, usualStop)
				if counts.InFlight != stopConcurrency || counts.InFlightAnswered != c.want || counts.Answered != 60 || counts.Failed != 0 {
					t.Errorf("counts = %+v; want 60 answered, and %d of %d in flight", counts, c.want, stopConcurrency)
				}
				if got := <-inFlight; got != stopConcurrency {
					t.Errorf("the server worked on %d requests when it was stopped; want %d", got, stopConcurrency)
				}
			})
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := []string{naming.AgentProbePhase, "peak", naming.AgentProbeTarget, "http://10.0.0.7:8080", naming.AgentProbeRequests, "r.gz", naming.AgentProbeRate, "5"}
	if _, err := Parse(good, io.Discard); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"phase":       {[]string{naming.AgentProbePhase, "nap"}, `--phase is "nap"`},
		"target":      {[]string{naming.AgentProbeTarget, "https://x/y"}, "--target is"},
		"requests":    {[]string{naming.AgentProbeRequests, ""}, "--requests is missing"},
		"seconds":     {[]string{naming.AgentProbeSeconds, "0"}, "--seconds is 0"},
		"not a time":  {[]string{naming.AgentProbeSeconds, "NaN"}, "--seconds is NaN"},
		"concurrency": {[]string{naming.AgentProbeConcurrency, "100000"}, "--concurrency is 100000"},
		"rate":        {[]string{naming.AgentProbeRate, "-1"}, "--requests-per-second is -1"},
		"words":       {[]string{"more"}, `unexpected argument "more"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(append(append([]string(nil), good...), c.args...), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want %q", err, c.want)
			}
		})
	}
}
