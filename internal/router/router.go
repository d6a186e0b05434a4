// Package router is landfall-router: the traffic control point in front of
// SageMaker and the cluster.
//
// It owns the program's life: its settings, servers, readiness and drain, and
// the wiring of the packages below it, each of which owns one part of the way of
// a request. It refuses the operator's work: it never changes an object in the
// cluster and never decides a rollout.
package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"landfall.dev/landfall/internal/router/arm/sagemaker"
	"landfall.dev/landfall/internal/router/arm/wire"
	"landfall.dev/landfall/internal/router/auth"
	"landfall.dev/landfall/internal/router/door"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/mirror"
	"landfall.dev/landfall/internal/router/serve"
	"landfall.dev/landfall/internal/router/source"
	"landfall.dev/landfall/internal/router/table"
)

// Router is one router with everything it needs to serve.
type Router struct {
	options  Options
	log      *slog.Logger
	registry *prometheus.Registry
	recorder *measure.Recorder
	server   *serve.Server
	source   *source.Source
	aws      *sagemaker.Client
	keys     *auth.Keys
	door     http.Handler
	memory   *exchange.Budget
	draining atomic.Bool
}

// Run serves until ctx ends and the drain is over. It fails when the settings
// are wrong or an address cannot be listened on.
func Run(ctx context.Context, options Options, log *slog.Logger) error {
	if err := options.check(); err != nil {
		return err
	}
	config, err := kubernetes(options.Kubeconfig)
	if err != nil {
		return err
	}
	r, err := New(ctx, options, config, log)
	if err != nil {
		return err
	}
	callers, err := listen(ctx, options.Listen)
	if err != nil {
		return err
	}
	admin, err := listen(ctx, options.AdminListen)
	if err != nil {
		_ = callers.Close() // nothing was accepted yet
		return err
	}
	return r.Serve(ctx, callers, admin)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}

func kubernetes(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("finding the API server (set --kubeconfig outside a cluster): %w", err)
	}
	return config, nil
}

// New wires a router. Nothing runs, and nothing is listened on, before Serve.
func New(ctx context.Context, options Options, config *rest.Config, log *slog.Logger) (*Router, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	r := &Router{
		options: options, log: log, registry: prometheus.NewRegistry(),
		memory: exchange.NewBudget(options.MaxBufferedBytes),
	}
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	if r.aws, err = sagemaker.Load(ctx); err != nil {
		return nil, err
	}
	authenticator, err := r.authenticator()
	if err != nil {
		return nil, err
	}
	r.recorder = measure.New(name, r.registry, time.Now)
	copies := mirror.New(options.Mirror, log, time.Now)
	r.server = serve.New(serve.Config{
		Dial: wire.Dial, SageMaker: r.sageMakerArm, Mirror: copies, Recorder: r.recorder,
		AccountID: options.AccountID, Log: log, Now: time.Now,
	})
	r.source, err = source.New(source.Config{
		Rest: config, Namespace: options.WatchNamespace, SnapshotFile: options.SnapshotFile,
		Apply: r.server.Apply, Log: log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	r.door = door.New(door.Config{
		Auth: authenticator, AccountID: options.AccountID, Region: options.Region,
		MaxBodyBytes: options.MaxBodyBytes, Memory: r.memory, Draining: r.draining.Load,
		Refused: func(t exchange.FaultType) { r.recorder.Refused(string(t)) }, Now: time.Now,
	}, r.server)
	r.register(copies)
	return r, nil
}

func (r *Router) name() (string, error) {
	if r.options.Name != "" {
		return r.options.Name, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("finding the host's name (set --name): %w", err)
	}
	return host, nil
}

func (r *Router) authenticator() (auth.Authenticator, error) {
	if r.options.Auth == AuthNone {
		r.log.Warn("callers are not authenticated: whoever reaches this router may invoke every Endpoint")
		return auth.None{Default: r.options.DefaultNamespace}, nil
	}
	keys, err := auth.LoadKeys(r.options.CredentialsFile, r.log)
	if err != nil {
		return nil, err
	}
	r.keys = keys
	return auth.NewSigV4(keys), nil
}

func (r *Router) sageMakerArm(target table.SageMaker, timeout time.Duration) (exchange.Arm, error) {
	return r.aws.Arm(target, timeout)
}

// register adds the metrics that are read off when they are asked for.
func (r *Router) register(copies *mirror.Mirror) {
	gauge := func(name, help string, value func() float64) {
		r.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("landfall_router_request_bodies_bytes", "Memory that request bodies take.",
		func() float64 { return float64(r.memory.UsedBytes()) })
	gauge("landfall_router_mirror_bytes", "Memory that mirrored copies and their answers take.",
		func() float64 { return float64(copies.UsedBytes()) })
	gauge("landfall_router_synced", "1 when the API server's state has been read since the start, else 0.",
		func() float64 {
			if r.source.Synced() {
				return 1
			}
			return 0
		})
	r.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// background runs what goes on beside serving, until ctx ends.
func (r *Router) background(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	running.Go(func() { r.source.Run(ctx) })
	if r.keys != nil {
		running.Go(func() { r.keys.Watch(ctx) })
	}
	return &running
}

// Serve answers callers and admin requests on the listeners, which it closes,
// until ctx ends and the drain is over, or a listener fails.
func (r *Router) Serve(ctx context.Context, callers, admin net.Listener) error {
	backgroundCtx, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	background := r.background(backgroundCtx)
	defer func() {
		stopBackground()
		background.Wait()
		r.server.Close()
		r.aws.Close()
	}()
	callerServer, adminServer := r.callerServer(), r.adminServer()
	failed := make(chan error, 2)
	go func() { failed <- callerServer.Serve(callers) }()
	go func() { failed <- adminServer.Serve(admin) }()
	r.log.Info("listening", "callers", callers.Addr().String(), "admin", admin.Addr().String(), "auth", string(r.options.Auth))
	var err error
	select {
	case <-ctx.Done():
		err = r.drain(context.WithoutCancel(ctx), callerServer)
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
		_ = callerServer.Close() // the first error is the one to tell
	}
	_ = adminServer.Close() // probes and scrapes have nothing to lose
	return err
}

// drain serves on while everyone learns that the router is not ready, then
// stops accepting and waits for requests in flight.
func (r *Router) drain(ctx context.Context, callerServer *http.Server) error {
	r.draining.Store(true)
	r.log.Info("draining", "seconds", r.options.DrainSeconds)
	<-time.After(time.Duration(r.options.DrainSeconds) * time.Second)
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	if err := callerServer.Shutdown(ctx); err != nil {
		_ = callerServer.Close() // what is left is cut off
		return fmt.Errorf("requests were still running after %s: %w", shutdownTimeout, err)
	}
	r.log.Info("drained")
	return nil
}

var errNotReady = errors.New("no state of the cluster is known yet: neither the API server nor a snapshot has given one")
