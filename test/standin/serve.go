package standin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drainTimeout is how long answers under way may take after a stop; it covers
// one whole invocation.
const drainTimeout = 70 * time.Second

// Listeners are the two addresses of a running stand-in.
type Listeners struct {
	// API answers AWS calls, Admin knobs and counters.
	API, Admin net.Listener
}

// Listen opens both addresses, such as "127.0.0.1:9090"; port 0 picks one.
func Listen(ctx context.Context, api, admin string) (Listeners, error) {
	var lc net.ListenConfig
	a, err := lc.Listen(ctx, "tcp", api)
	if err != nil {
		return Listeners{}, fmt.Errorf("listen for AWS APIs: %w", err)
	}
	b, err := lc.Listen(ctx, "tcp", admin)
	if err != nil {
		return Listeners{}, errors.Join(fmt.Errorf("listen for the admin API: %w", err), a.Close())
	}
	return Listeners{API: a, Admin: b}, nil
}

// Serve answers on both listeners until ctx ends, then lets answers under way
// finish. It closes the listeners.
func (s *Server) Serve(ctx context.Context, on Listeners) error {
	servers := []*http.Server{
		{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn)},
		{Handler: s.Admin(), ReadHeaderTimeout: 10 * time.Second},
	}
	ended := make(chan error, len(servers))
	for i, listener := range []net.Listener{on.API, on.Admin} {
		go func() { ended <- servers[i].Serve(listener) }()
	}
	var failed error
	running := len(servers)
	select {
	case <-ctx.Done():
	case failed = <-ended:
		running--
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	for _, server := range servers {
		failed = errors.Join(failed, server.Shutdown(drain))
	}
	for range running {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
