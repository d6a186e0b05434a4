// Package source brings Endpoints and EndpointSlices to the router: from the
// API server by informers, and from a snapshot on disk while there is none.
//
// It owns watching, the snapshot, and telling when there is something to serve
// from. It refuses to interpret the objects beyond compiling them to a table.
package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/router/table"
)

// Config is what a Source needs.
type Config struct {
	// Rest reaches the API server.
	Rest *rest.Config
	// Namespace limits what is watched; empty means all namespaces.
	Namespace string
	// SnapshotFile keeps the last known state; empty means none is kept.
	SnapshotFile string
	// Apply is given each new table, one at a time.
	Apply func(*table.Table)
	Log   *slog.Logger
	Now   func() time.Time
}

// Timing.
const (
	// settleTime gathers changes that come together, such as a rolling
	// update's, into one table. It is far below the two seconds in which
	// traffic must be able to move.
	settleTime = 20 * time.Millisecond
	// snapshotEvery is the least time between two writes of the snapshot.
	snapshotEvery = time.Second
)

// Source keeps the router's table up to date.
type Source struct {
	Config
	endpoints, endpointSlices cache.SharedIndexInformer
	changed                   chan struct{}
	loaded, synced            atomic.Bool
}

// New returns a source. Nothing is read before Run.
func New(config Config) (*Source, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), discoveryv1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("preparing the API types: %w", err)
	}
	codecs := serializer.NewCodecFactory(scheme)
	landfall, err := client(config.Rest, v1alpha1.GroupVersion.Group, v1alpha1.GroupVersion.Version, codecs)
	if err != nil {
		return nil, err
	}
	discovery, err := client(config.Rest, discoveryv1.GroupName, discoveryv1.SchemeGroupVersion.Version, codecs)
	if err != nil {
		return nil, err
	}
	s := &Source{Config: config, changed: make(chan struct{}, 1)}
	s.endpoints = cache.NewSharedIndexInformer(
		cache.NewFilteredListWatchFromClient(landfall, "endpoints", config.Namespace, nothing),
		&v1alpha1.Endpoint{}, 0, cache.Indexers{})
	s.endpointSlices = cache.NewSharedIndexInformer(
		cache.NewFilteredListWatchFromClient(discovery, "endpointslices", config.Namespace, ofEndpoints),
		&discoveryv1.EndpointSlice{}, 0, cache.Indexers{})
	return s, s.listen()
}

func nothing(*metav1.ListOptions) {}

// ofEndpoints limits slices to those of Endpoints' children: Kubernetes copies
// a Service's labels to its slices.
func ofEndpoints(options *metav1.ListOptions) { options.LabelSelector = naming.LabelEndpoint }

func client(base *rest.Config, group, version string, codecs serializer.CodecFactory) (*rest.RESTClient, error) {
	config := rest.CopyConfig(base)
	config.APIPath = "/apis"
	config.GroupVersion = &schema.GroupVersion{Group: group, Version: version}
	config.NegotiatedSerializer = codecs.WithoutConversion()
	if config.UserAgent == "" {
		config.UserAgent = naming.Router
	}
	c, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the client of API group %s: %w", group, err)
	}
	return c, nil
}

// listen notes changes, and trims objects to what routing needs.
func (s *Source) listen() error {
	note := func() {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { note() },
		UpdateFunc: func(any, any) { note() },
		DeleteFunc: func(any) { note() },
	}
	for _, informer := range []cache.SharedIndexInformer{s.endpoints, s.endpointSlices} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("listening for changes: %w", err)
		}
		if err := informer.SetTransform(trim); err != nil {
			return fmt.Errorf("trimming objects: %w", err)
		}
		if err := informer.SetWatchErrorHandlerWithContext(s.watchFailed); err != nil {
			return fmt.Errorf("listening for errors: %w", err)
		}
	}
	return nil
}

// trim drops what routing does not need, to keep memory and snapshot small.
func trim(object any) (any, error) {
	if accessor, ok := object.(metav1.Object); ok {
		accessor.SetManagedFields(nil)
		accessor.SetAnnotations(nil)
	}
	return object, nil
}

func (s *Source) watchFailed(_ context.Context, _ *cache.Reflector, err error) {
	s.Log.Warn("watching the API server failed; serving goes on from what is known", "error", err)
}

// Ready says whether there is something to serve from: the API server's state,
// or a snapshot of it.
func (s *Source) Ready() bool { return s.loaded.Load() || s.synced.Load() }

// Synced says whether the API server's state has been read since the start.
func (s *Source) Synced() bool { return s.synced.Load() }

// Run loads the snapshot, then follows the API server until ctx ends. It
// returns once all its goroutines have.
func (s *Source) Run(ctx context.Context) {
	s.loadSnapshot()
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.endpointSlices.RunWithContext(ctx)
	}()
	endpointsStopped := make(chan struct{})
	go func() {
		defer close(endpointsStopped)
		s.endpoints.RunWithContext(ctx)
	}()
	if cache.WaitForCacheSync(ctx.Done(), s.endpoints.HasSynced, s.endpointSlices.HasSynced) {
		s.follow(ctx)
	}
	cancel()
	<-stopped
	<-endpointsStopped
}

// follow applies changes as they come and writes snapshots in between.
func (s *Source) follow(ctx context.Context) {
	s.apply()
	s.synced.Store(true)
	s.Log.Info("following the API server")
	snapshotDue := time.NewTimer(0)
	defer snapshotDue.Stop()
	pending := true
	for {
		select {
		case <-ctx.Done():
			if pending {
				s.writeSnapshot()
			}
			return
		case <-s.changed:
			if !wait(ctx, settleTime) {
				continue
			}
			s.apply()
			if !pending {
				pending = true
				snapshotDue.Reset(snapshotEvery)
			}
		case <-snapshotDue.C:
			s.writeSnapshot()
			pending = false
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (s *Source) apply() {
	current := s.current()
	s.Apply(table.Compile(current.Endpoints, current.EndpointSlices))
}

func (s *Source) current() snapshot {
	current := snapshot{Version: snapshotVersion, Time: s.Now()}
	for _, object := range s.endpoints.GetStore().List() {
		if endpoint, ok := object.(*v1alpha1.Endpoint); ok {
			current.Endpoints = append(current.Endpoints, endpoint)
		}
	}
	for _, object := range s.endpointSlices.GetStore().List() {
		if slice, ok := object.(*discoveryv1.EndpointSlice); ok {
			current.EndpointSlices = append(current.EndpointSlices, slice)
		}
	}
	return current
}

func (s *Source) writeSnapshot() {
	if s.SnapshotFile == "" {
		return
	}
	if err := write(s.SnapshotFile, s.current()); err != nil {
		s.Log.Error("the snapshot could not be written; a restart without the API server would find an older one",
			"error", err)
	}
}

func (s *Source) loadSnapshot() {
	if s.SnapshotFile == "" {
		return
	}
	read, err := load(s.SnapshotFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.Log.Info("there is no snapshot yet", "file", s.SnapshotFile)
	case err != nil:
		s.Log.Error("the snapshot cannot be used; waiting for the API server", "error", err)
	default:
		s.Apply(table.Compile(read.Endpoints, read.EndpointSlices))
		s.loaded.Store(true)
		s.Log.Info("serving from the snapshot until the API server answers",
			"endpoints", len(read.Endpoints), "ageSeconds", int64(s.Now().Sub(read.Time).Seconds()))
	}
}
