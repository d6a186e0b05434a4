// Package serve decides which variant answers a request, and follows the answer
// to its end.
//
// It owns: the split, a variant named by the caller, the fallback to the live
// variant, the local trip of a failing target, which requests are copied, and
// what is measured. It refuses HTTP: requests come in as package exchange's, and
// arms carry them out.
package serve

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"landfall.dev/landfall/internal/router/arm/pods"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/mirror"
	"landfall.dev/landfall/internal/router/table"
)

// Config is what a Server needs; every field must be set.
type Config struct {
	// Dial reaches pods.
	Dial pods.Dialer
	// SageMaker reaches a variant on SageMaker.
	SageMaker func(target table.SageMaker, timeout time.Duration) (exchange.Arm, error)
	// Mirror runs copies.
	Mirror *mirror.Mirror
	// Recorder counts.
	Recorder *measure.Recorder
	// AccountID appears in messages.
	AccountID string
	Log       *slog.Logger
	Now       func() time.Time
}

// Server answers requests by the table applied last. It is safe for concurrent
// use.
type Server struct {
	Config

	routes atomic.Pointer[map[table.Key]*route]

	// failures keeps a failing variant from filling the log: the metrics
	// count every failure, the log tells of some.
	failures rate.Sometimes

	// mu serialises Apply and Close, and guards what follows.
	mu     sync.Mutex
	pools  map[poolKey]*pods.Pool
	epochs map[measure.Identity]*epoch
	// problems are those of the last table, so that each is logged once.
	problems map[string]bool
}

type poolKey struct{ namespace, name, uid, variant string }

// New returns a server without routes.
func New(config Config) *Server {
	s := &Server{
		Config: config, failures: rate.Sometimes{First: 10, Interval: time.Second}, pools: map[poolKey]*pods.Pool{}, epochs: map[measure.Identity]*epoch{},
	}
	s.routes.Store(&map[table.Key]*route{})
	return s
}

func (s *Server) find(key table.Key) *route { return (*s.routes.Load())[key] }

// Invoke answers a request; it never returns nil. The answer must be closed,
// and the request's body must stay valid until then. It satisfies door.Invoker.
func (s *Server) Invoke(ctx context.Context, request *exchange.Request) *exchange.Answer {
	r := s.find(table.Key{Namespace: request.Namespace, Endpoint: request.Endpoint})
	if r == nil {
		return s.refuse(exchange.NewFault(exchange.ValidationError,
			"Endpoint %s of account %s not found.", request.Endpoint, s.AccountID))
	}
	c := call{server: s, route: r, epoch: r.epoch, request: request}
	chosen, fault := c.choose()
	if fault != nil {
		return s.refuse(fault)
	}
	return c.run(ctx, chosen)
}

func (s *Server) refuse(fault *exchange.Fault) *exchange.Answer {
	s.Recorder.Refused(string(fault.Type))
	return &exchange.Answer{Status: fault.Status(), Fault: fault}
}

// Close ends all copies and drops idle connections to pods.
func (s *Server) Close() {
	s.Apply(&table.Table{})
	s.Mirror.Close()
}
