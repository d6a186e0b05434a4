package router

import (
	"errors"
	"fmt"
	"time"

	"landfall.dev/landfall/internal/router/mirror"
)

// Auth is how callers are authenticated.
type Auth string

// The modes of authentication. There is no default: letting everybody in has to
// be asked for.
const (
	AuthNone  Auth = "none"
	AuthSigV4 Auth = "sigv4"
)

// Options are the router's settings.
type Options struct {
	// Listen and AdminListen are the addresses, host:port, for callers and
	// for probes, evidence and metrics.
	Listen, AdminListen string
	// Auth must be set.
	Auth Auth
	// CredentialsFile holds the key pairs of AuthSigV4.
	CredentialsFile string
	// DefaultNamespace is that of requests whose path names none, with
	// AuthNone.
	DefaultNamespace string
	// AccountID and Region appear in messages and ARNs.
	AccountID, Region string
	// MaxBodyBytes bounds one request's body, MaxBufferedBytes all of them.
	MaxBodyBytes, MaxBufferedBytes int64
	// Mirror bounds copies.
	Mirror mirror.Bounds
	// DrainSeconds is how long the router goes on serving after it was told
	// to stop, until everyone has learnt that it is not ready.
	DrainSeconds int
	// SnapshotFile keeps the last known state; empty means none is kept.
	SnapshotFile string
	// WatchNamespace limits the Endpoints served; empty means all.
	WatchNamespace string
	// Kubeconfig is a file; empty means the pod's own service account.
	Kubeconfig string
	// Name is the router's name in evidence; empty means the host's name.
	Name string
	// Pprof serves profiles on AdminListen.
	Pprof bool
}

// Limits and defaults of options.
const (
	defaultMaxBodyBytes     = 25 << 20 // SageMaker's documentation of InvokeEndpoint, 2026
	defaultMaxBufferedBytes = 256 << 20
	defaultMirrorBytes      = 64 << 20
	defaultMirrorParallel   = 32
	defaultMirrorQueue      = 256
	defaultDrainSeconds     = 8
	// shutdownTimeout is how long requests in flight may take once the
	// drain is over.
	shutdownTimeout = 60 * time.Second
)

// ErrUsage says that the settings themselves are wrong.
var ErrUsage = errors.New("wrong usage")

func (o *Options) check() error {
	var errs []error
	switch o.Auth {
	case AuthNone:
		if o.CredentialsFile != "" {
			errs = append(errs, errors.New("--credentials-file is for --auth=sigv4; with --auth=none nobody is asked for credentials"))
		}
	case AuthSigV4:
		if o.CredentialsFile == "" {
			errs = append(errs, errors.New("--auth=sigv4 needs --credentials-file, a list of {accessKeyID, secretAccessKey, namespace}"))
		}
	case "":
		errs = append(errs, errors.New("--auth is required: sigv4 (with --credentials-file), or none to let everybody in"))
	default:
		errs = append(errs, fmt.Errorf("--auth=%s is not a mode; want sigv4 or none", o.Auth))
	}
	for _, bound := range []struct {
		flag         string
		value, least int64
	}{
		{"max-body-bytes", o.MaxBodyBytes, 1},
		{"max-buffered-bytes", o.MaxBufferedBytes, o.MaxBodyBytes},
		{"mirror-max-bytes", o.Mirror.MaxBytes, 0},
		{"mirror-concurrency", int64(o.Mirror.Concurrency), 1},
		{"mirror-queue", int64(o.Mirror.Queue), 0},
		{"drain-seconds", int64(o.DrainSeconds), 0},
	} {
		if bound.value < bound.least {
			errs = append(errs, fmt.Errorf("--%s=%d is too small; want at least %d", bound.flag, bound.value, bound.least))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUsage, errors.Join(errs...))
}
