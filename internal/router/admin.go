package router

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"landfall.dev/landfall/internal/naming"
)

// Limits of connections. Bodies and answers have limits of their own, since they
// may take as long as a model does.
const (
	readHeaderTimeout = 10 * time.Second
	// idleTimeout is longer than the usual clients' and load balancers'
	// (60 s), so that they close idle connections before the router does.
	idleTimeout = 120 * time.Second
	// maxHeaderBytes leaves room for every field at its limit and a session
	// token.
	maxHeaderBytes = 32 << 10
	adminTimeout   = 30 * time.Second
	// pprofTimeout lets a CPU profile of the default 30 s end.
	pprofTimeout = 5 * time.Minute
)

func (r *Router) callerServer() *http.Server {
	return &http.Server{
		Handler:           r.door,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(r.log.Handler(), slog.LevelWarn),
	}
}

func (r *Router) adminServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+naming.LivePath, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET "+naming.ReadyPath, r.serveReady)
	mux.HandleFunc("GET "+naming.EvidencePath, r.serveEvidence)
	mux.Handle("GET "+naming.MetricsPath, promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{}))
	timeout := adminTimeout
	if r.options.Pprof {
		timeout = pprofTimeout
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       timeout,
		WriteTimeout:      timeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(r.log.Handler(), slog.LevelWarn),
	}
}

// serveReady says whether callers should be sent here.
func (r *Router) serveReady(w http.ResponseWriter, _ *http.Request) {
	switch {
	case r.draining.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case !r.source.Ready():
		http.Error(w, errNotReady.Error(), http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func (r *Router) serveEvidence(w http.ResponseWriter, _ *http.Request) {
	content, err := json.Marshal(r.recorder.Report())
	if err != nil {
		r.log.Error("encoding the evidence failed", "error", err)
		http.Error(w, "encoding the evidence failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(content) // a reader who went away misses nothing
}
