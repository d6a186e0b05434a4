// Package follow tells a command of every change to a set of objects, through
// lost connections and restarts of the API server.
//
// It owns listing, watching and catching up. It refuses to print and to decide
// when enough was seen: the command's handler does both.
package follow

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ErrStop is what a handler returns when it has seen enough.
var ErrStop = errors.New("seen enough")

// errEnded is the ordinary end of a watch, which API servers limit in time.
var errEnded = errors.New("the API server ended the watch")

// Pauses between attempts to reach an API server that went away, and between
// ticks.
const (
	retryInterval = time.Second
	tickInterval  = time.Second
)

// Event is something that happened.
type Event struct {
	// Object is what changed; nil for a tick.
	Object client.Object
	// Deleted says that the object is gone.
	Deleted bool
	// Initial says that the object was there before anything happened.
	Initial bool
}

// Follower follows the objects of one kind.
type Follower struct {
	Client client.WithWatch
	// List returns an empty list of the kind.
	List func() client.ObjectList
	// Options restrict the objects.
	Options []client.ListOption
	// Lost hears why the API server cannot be reached at the moment, each time
	// it is tried. Nil means that nobody listens.
	Lost func(error)
	// Ticks asks for an event without an object every second.
	Ticks bool

	known map[types.NamespacedName]client.Object
	// begun says that the first list was read: later ones catch up.
	begun bool
}

// Run calls handle for each object there is, then for each change, until handle
// returns an error, the context ends, or the first list fails. It returns nil
// when handle returned ErrStop.
func (f *Follower) Run(ctx context.Context, handle func(Event) error) error {
	err := f.run(ctx, handle)
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

func (f *Follower) run(ctx context.Context, handle func(Event) error) error {
	f.known = map[types.NamespacedName]client.Object{}
	for {
		version, err := f.catchUp(ctx, handle)
		var broken *lostError
		if err == nil {
			err = f.watch(ctx, version, handle)
		}
		if !errors.As(err, &broken) {
			return err
		}
		if !f.begun {
			return broken.error
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.Lost != nil && !errors.Is(err, errEnded) {
			f.Lost(broken.error)
		}
		if err := pause(ctx, retryInterval); err != nil {
			return err
		}
	}
}

// lostError sets apart that the API server cannot be read from what a handler
// returned.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// catchUp reads the whole list and reports how it differs from what is known.
func (f *Follower) catchUp(ctx context.Context, handle func(Event) error) (version string, err error) {
	list := f.List()
	if err := f.Client.List(ctx, list, f.Options...); err != nil {
		return "", &lostError{err}
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return "", fmt.Errorf("cannot read the list of objects: %w", err)
	}
	initial := !f.begun
	f.begun = true
	present := map[types.NamespacedName]bool{}
	for _, item := range items {
		object, ok := item.(client.Object)
		if !ok {
			return "", fmt.Errorf("cannot follow objects of type %T", item)
		}
		present[client.ObjectKeyFromObject(object)] = true
		if err := f.note(object, initial, handle); err != nil {
			return "", err
		}
	}
	for key, object := range f.known {
		if !present[key] {
			delete(f.known, key)
			if err := handle(Event{Object: object, Deleted: true}); err != nil {
				return "", err
			}
		}
	}
	return list.GetResourceVersion(), nil
}

// note reports an object unless this version of it was reported before.
func (f *Follower) note(object client.Object, initial bool, handle func(Event) error) error {
	key := client.ObjectKeyFromObject(object)
	if known, ok := f.known[key]; ok && known.GetUID() == object.GetUID() && known.GetResourceVersion() == object.GetResourceVersion() {
		return nil
	}
	f.known[key] = object
	return handle(Event{Object: object, Initial: initial})
}

// watch reports changes from a version on, until the connection ends.
func (f *Follower) watch(ctx context.Context, version string, handle func(Event) error) error {
	from := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}}
	stream, err := f.Client.Watch(ctx, f.List(), append(append([]client.ListOption{}, f.Options...), from)...)
	if err != nil {
		return &lostError{err}
	}
	defer stream.Stop()
	var ticks <-chan time.Time
	if f.Ticks {
		ticker := time.NewTicker(tickInterval)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks:
			if err := handle(Event{}); err != nil {
				return err
			}
		case event, open := <-stream.ResultChan():
			if !open {
				return &lostError{errEnded}
			}
			if err := f.handle(event, handle); err != nil {
				return err
			}
		}
	}
}

func (f *Follower) handle(event watch.Event, handle func(Event) error) error {
	object, ok := event.Object.(client.Object)
	switch event.Type {
	case watch.Added, watch.Modified:
		if ok {
			return f.note(object, false, handle)
		}
	case watch.Deleted:
		if ok {
			delete(f.known, client.ObjectKeyFromObject(object))
			return handle(Event{Object: object, Deleted: true})
		}
	case watch.Error:
		return &lostError{fmt.Errorf("%w: %w", errEnded, apierrors.FromObject(event.Object))}
	case watch.Bookmark:
	}
	return nil
}

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
