package standin

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Options are what a test may want to hold still. The zero value serves.
type Options struct {
	// Logger gets one line per refused request; default none.
	Logger *slog.Logger
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Seed makes the choice of variants, failures and jitter repeatable;
	// 0 means a different run each time.
	Seed uint64
	// InvokeTimeout replaces the accounts' limits in tests, also that of
	// streams; 0 keeps them.
	InvokeTimeout time.Duration
}

// Server is the running accounts of a file. It is an http.Handler for all AWS
// APIs; which one is meant follows from the target header, the path and the
// form, and which account and region from the signature.
type Server struct {
	// regions are the accounts in their regions, in the file's order.
	regions  []*region
	keys     keyring
	knobs    knobPanel
	counters counters
	s3       http.Handler
	backends *http.Client
	logger   *slog.Logger
	now      func() time.Time

	invokeTimeout time.Duration
	randMu        sync.Mutex
	rand          *rand.Rand
}

// region is one account in one region.
type region struct {
	*Server
	// name is "account/region".
	name    string
	account *Account
	store   *store
	// profiles are the account's metrics by dimensions.
	profiles map[string]*TrafficProfile
}

// maxStream is how long a container may stream one answer.
const maxStream = 8 * time.Minute

// New makes a server from an account that Parse or Load gave.
func New(account *Account, opts Options) (*Server, error) {
	s := &Server{backends: newBackendClient(), logger: opts.Logger, now: opts.Now, invokeTimeout: opts.InvokeTimeout}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	seed := opts.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	s.rand = rand.New(rand.NewPCG(seed, 0))
	s.counters.reset()
	s.knobs.set(account.Knobs)
	var buckets []Bucket
	for _, a := range account.all() {
		s.regions = append(s.regions, &region{Server: s, name: a.AccountID + "/" + a.Region, account: a, store: newStore(a), profiles: profilesOf(a)})
		s.keys.addAll(a)
		buckets = append(buckets, a.Buckets...)
		trails, err := a.CloudTrail.objects(a, s.now())
		if err != nil {
			return nil, err
		}
		buckets = append(buckets, trails...)
	}
	objects, err := newObjectStore(buckets)
	if err != nil {
		return nil, err
	}
	s.s3 = objects
	return s, nil
}

// errResetConnection ends a handler whose connection is to be broken.
var errResetConnection = errors.New("reset the connection")

// ServeHTTP answers every AWS API on one address.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch failed := recover(); failed {
		case nil:
		case errResetConnection:
			resetConnection(w)
		default:
			panic(failed)
		}
	}()
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	s.regionOf(r).serve(w, r)
}

// resetConnection breaks off without an answer, so that the peer sees a
// connection reset.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has no connection to give away
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // makes Close send a reset; without it the peer sees an end
	}
	_ = conn.Close() // there is nobody to tell
}

// serve finds the API a request is for.
func (s *region) serve(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	switch {
	case strings.HasPrefix(target, targetControl):
		s.serveControl(w, r)
	case strings.HasPrefix(target, targetMetrics), strings.HasPrefix(r.URL.Path, pathMetricsRPC):
		s.serveMetrics(w, r)
	case target != "":
		s.serveTarget(w, r, target)
	case isInvocation(r):
		s.serveRuntime(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/" && isForm(r):
		s.serveQuery(w, r)
	default:
		s.serveObjects(w, r)
	}
}

// isInvocation tells SageMaker Runtime from S3, whose bucket may be called
// "endpoints" too: S3 posts to an object with a sub-resource in the query only.
func isInvocation(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/endpoints/") && r.URL.RawQuery == ""
}

func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// chance draws from [0,1).
func (s *Server) chance() float64 {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	return s.rand.Float64()
}

// timeouts are how long containers of the account may take for an answer and
// for a stream.
func (s *region) timeouts() (whole, stream time.Duration) {
	if s.invokeTimeout > 0 {
		return s.invokeTimeout, s.invokeTimeout
	}
	return time.Duration(s.account.Limits.InvokeTimeoutSeconds) * time.Second, maxStream
}
