package follow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/follow"
)

// server plays an API server from a script: what each list answers, and what
// each watch sends before it ends. A watch that is missing stays open.
type server struct {
	client.WithWatch

	lists   []listing
	watches [][]watch.Event
}

type listing struct {
	items []v1alpha1.Endpoint
	err   error
}

func (s *server) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	if len(s.lists) == 0 {
		return errors.New("the script has no more lists")
	}
	next := s.lists[0]
	s.lists = s.lists[1:]
	list, ok := into.(*v1alpha1.EndpointList)
	if !ok {
		return fmt.Errorf("asked for %T", into)
	}
	list.Items = next.items
	return next.err
}

func (s *server) Watch(context.Context, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
	if len(s.watches) == 0 {
		return watch.NewFake(), nil
	}
	events := s.watches[0]
	s.watches = s.watches[1:]
	stream := make(chan watch.Event, len(events))
	for _, event := range events {
		stream <- event
	}
	close(stream)
	return watch.NewProxyWatcher(stream), nil
}

func object(name, version string) *v1alpha1.Endpoint {
	return &v1alpha1.Endpoint{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), ResourceVersion: version}}
}

// told collects events in words until it has seen enough of them.
func told(words *[]string, enough int) func(follow.Event) error {
	return func(event follow.Event) error {
		word := "tick"
		switch {
		case event.Deleted:
			word = "deleted " + event.Object.GetName()
		case event.Object != nil:
			word = event.Object.GetName() + "@" + event.Object.GetResourceVersion()
			if event.Initial {
				word += " initial"
			}
		}
		*words = append(*words, word)
		if len(*words) == enough {
			return follow.ErrStop
		}
		return nil
	}
}

func run(t *testing.T, s *server, ticks bool, enough int) ([]string, error) {
	t.Helper()
	var words []string
	f := &follow.Follower{
		Client: s,
		List:   func() client.ObjectList { return &v1alpha1.EndpointList{} },
		Lost:   func(err error) { words = append(words, "lost: "+err.Error()) },
		Ticks:  ticks,
	}
	err := f.Run(t.Context(), told(&words, enough))
	return words, err
}

func TestRunCatchesUpAfterALostWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{
			lists: []listing{
				{items: []v1alpha1.Endpoint{*object("a", "1"), *object("b", "1")}},
				{items: []v1alpha1.Endpoint{*object("a", "3"), *object("c", "4")}},
			},
			watches: [][]watch.Event{{{Type: watch.Modified, Object: object("a", "2")}, {Type: watch.Bookmark, Object: object("", "9")}}},
		}
		words, err := run(t, s, false, 6)
		want := []string{"a@1 initial", "b@1 initial", "a@2", "a@3", "c@4", "deleted b"}
		if diff := cmp.Diff(want, words); diff != "" || err != nil {
			t.Errorf("Run() = %v, events differ (-want +got):\n%s", err, diff)
		}
	})
}

func TestRunSurvivesAnAbsentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{
			lists: []listing{
				{items: []v1alpha1.Endpoint{*object("a", "1")}},
				{err: errors.New("refused")},
				{err: errors.New("refused")},
				{items: []v1alpha1.Endpoint{*object("a", "2")}},
			},
			watches: [][]watch.Event{{{Type: watch.Error, Object: &metav1.Status{Message: "too old"}}}},
		}
		words, err := run(t, s, false, 4)
		want := []string{"a@1 initial", "lost: refused", "lost: refused", "a@2"}
		if diff := cmp.Diff(want, words); diff != "" || err != nil {
			t.Errorf("Run() = %v, events differ (-want +got):\n%s", err, diff)
		}
	})
}

func TestRunReportsAVersionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{
			lists: []listing{{items: []v1alpha1.Endpoint{*object("a", "1")}}, {items: []v1alpha1.Endpoint{*object("a", "1")}}},
			watches: [][]watch.Event{
				{{Type: watch.Added, Object: object("a", "1")}},
				{{Type: watch.Deleted, Object: object("a", "1")}},
			},
		}
		words, err := run(t, s, false, 2)
		if diff := cmp.Diff([]string{"a@1 initial", "deleted a"}, words); diff != "" || err != nil {
			t.Errorf("Run() = %v, events differ (-want +got):\n%s", err, diff)
		}
	})
}

func TestRunTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		words, err := run(t, &server{lists: []listing{{}}}, true, 3)
		if diff := cmp.Diff([]string{"tick", "tick", "tick"}, words); diff != "" || err != nil {
			t.Errorf("Run() = %v, events differ (-want +got):\n%s", err, diff)
		}
	})
}

func TestRunEnds(t *testing.T) {
	refused := errors.New("refused")
	_, err := run(t, &server{lists: []listing{{err: refused}}}, false, 1)
	if !errors.Is(err, refused) {
		t.Errorf("Run() = %v when the first list fails, want its error", err)
	}
	mine := errors.New("the handler's own")
	f := &follow.Follower{
		Client: &server{lists: []listing{{items: []v1alpha1.Endpoint{*object("a", "1")}}}},
		List:   func() client.ObjectList { return &v1alpha1.EndpointList{} },
	}
	if err := f.Run(t.Context(), func(follow.Event) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("Run() = %v when the handler fails, want its error", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	f.Client = &server{lists: []listing{{}}}
	cancel()
	if err := f.Run(ended, func(follow.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Run() = %v when the context ends, want context.Canceled", err)
	}
}
