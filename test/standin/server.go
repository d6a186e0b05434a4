package standin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"landfall.dev/landfall/internal/sigv4"
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
	// InvokeTimeout replaces the account's limit in tests, also that of
	// streams; 0 keeps them.
	InvokeTimeout time.Duration
}

// Server is a running account. It is an http.Handler for all AWS APIs; which
// one is meant follows from the target header, the path and the form.
type Server struct {
	account  *Account
	store    *store
	knobs    knobPanel
	counters counters
	s3       http.Handler
	backends *http.Client
	logger   *slog.Logger
	now      func() time.Time

	invokeTimeout, streamTimeout time.Duration
	randMu                       sync.Mutex
	rand                         *rand.Rand
}

// maxStream is how long a container may stream one answer.
const maxStream = 8 * time.Minute

// New makes a server from an account that Parse or Load gave.
func New(account *Account, opts Options) (*Server, error) {
	s := &Server{
		account: account, store: newStore(account), backends: newBackendClient(),
		logger: opts.Logger, now: opts.Now, invokeTimeout: opts.InvokeTimeout, streamTimeout: opts.InvokeTimeout,
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.invokeTimeout == 0 {
		s.invokeTimeout = time.Duration(account.Limits.InvokeTimeoutSeconds) * time.Second
		s.streamTimeout = maxStream
	}
	seed := opts.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	s.rand = rand.New(rand.NewPCG(seed, 0))
	s.counters.reset()
	s.knobs.set(account.Knobs)
	objects, err := newObjectStore(account.Buckets)
	if err != nil {
		return nil, err
	}
	s.s3 = objects
	return s, nil
}

// ServeHTTP answers every AWS API on one address.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	target := r.Header.Get("X-Amz-Target")
	switch {
	case strings.HasPrefix(target, targetControl):
		s.serveControl(w, r)
	case strings.HasPrefix(target, targetScaling):
		s.serveScaling(w, r)
	case strings.HasPrefix(target, targetMetrics), strings.HasPrefix(r.URL.Path, pathMetricsRPC):
		s.serveMetrics(w, r)
	case target != "":
		writeJSONError(w, unknownOperation(target))
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

// credential finds a key pair; the zero value when there is none.
func (s *Server) credential(accessKeyID string) Credential {
	for _, c := range s.account.Credentials {
		if c.AccessKeyID == accessKeyID {
			return c
		}
	}
	return Credential{}
}

func (s *Server) verifier(service string) sigv4.Verifier {
	return sigv4.Verifier{
		Service: service, Region: s.account.Region,
		Lookup: func(id string) (sigv4.Credentials, bool) {
			c := s.credential(id)
			return sigv4.Credentials{
				AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			}, c.AccessKeyID != ""
		},
	}
}

// authenticate reads the whole body, which the signature covers, and checks
// who signed. It gives the body and the access key ID.
func (s *Server) authenticate(r *http.Request, service string, maxBytes int64) ([]byte, string, *apiError) {
	if r.ContentLength > maxBytes {
		return nil, "", tooLarge(maxBytes)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBytes+1))
	if err != nil {
		return nil, "", &apiError{Status: http.StatusBadRequest, Code: "ValidationException", Message: "The body could not be read."}
	}
	if int64(len(body)) > maxBytes {
		return nil, "", tooLarge(maxBytes)
	}
	sum := sha256.Sum256(body)
	id, err := s.verifier(service).Verify(sigv4.FromHTTP(r), hex.EncodeToString(sum[:]), s.now())
	if err != nil {
		s.logger.Warn("request refused", "service", service, "path", r.URL.Path, "reason", err)
		return nil, "", authError(err, sigv4.StatusCode)
	}
	return body, id.AccessKeyID, nil
}

// codeTooLarge marks an oversize body, which has no AWS error type: a 413 with
// plain text, as third parties report it.
const codeTooLarge = "RequestEntityTooLarge"

func tooLarge(maxBytes int64) *apiError {
	return &apiError{
		Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge,
		Message: fmt.Sprintf("HTTP content length exceeded %d bytes.", maxBytes),
	}
}

// withStatus keeps 413 and gives every other refusal the status a protocol
// uses for all its errors.
func (e *apiError) withStatus(status int) *apiError {
	if e.Code == codeTooLarge {
		return e
	}
	changed := *e
	changed.Status = status
	return &changed
}

// admit applies the operation's knobs: denial first, as IAM comes first.
func (s *Server) admit(accessKeyID, action, resource string) *apiError {
	if s.knobs.denies(action) {
		return s.denied(accessKeyID, action, resource)
	}
	if !s.knobs.allow(action, s.now()) {
		return throttled()
	}
	return nil
}

// chance draws from [0,1).
func (s *Server) chance() float64 {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	return s.rand.Float64()
}
