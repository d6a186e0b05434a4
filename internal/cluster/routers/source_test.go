package routers_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/cluster/routers"
	"landfall.dev/landfall/internal/evidence"
)

// slicesReader lists the same EndpointSlices whatever is asked, and notes the
// question; it stands for the manager's cache, which has tests of its own.
type slicesReader struct {
	client.Reader
	slices []discoveryv1.EndpointSlice
	err    error
	asked  client.ListOptions
}

func (r *slicesReader) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	r.asked.ApplyOptions(options)
	list.(*discoveryv1.EndpointSliceList).Items = r.slices
	return r.err
}

// routerPod answers /evidence as told.
func routerPod(t *testing.T, answer http.HandlerFunc) netip.AddrPort {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /evidence", answer)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
}

func reporting(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(evidence.Report{Version: evidence.ReportVersion, Router: name, Endpoints: []evidence.EndpointReport{}})
	}
}

// slice is one EndpointSlice with the admin port of a test server.
func slice(at netip.AddrPort, conditions discoveryv1.EndpointConditions) discoveryv1.EndpointSlice {
	return discoveryv1.EndpointSlice{
		Ports: []discoveryv1.EndpointPort{
			{Name: new("http"), Port: new(int32(1))},
			{Name: new("admin"), Port: new(int32(at.Port()))},
		},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{at.Addr().String()}, Conditions: conditions}},
	}
}

func source(reader client.Reader) *routers.Source {
	return &routers.Source{
		Reader: reader, Service: client.ObjectKey{Namespace: "landfall-system", Name: "landfall-router"},
		HTTP: http.DefaultClient, Now: time.Now,
	}
}

func TestCollect(t *testing.T) {
	ready := discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)}
	cases := map[string]struct {
		reason     string
		slices     func(t *testing.T) []discoveryv1.EndpointSlice
		expected   int
		routers    []string
		wantErrors []string
	}{
		"None": {
			reason: "An installation may have no router yet.",
			slices: func(*testing.T) []discoveryv1.EndpointSlice { return nil },
		},
		"Two": {
			reason: "Every router is asked.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				return []discoveryv1.EndpointSlice{slice(routerPod(t, reporting("b")), ready), slice(routerPod(t, reporting("a")), ready)}
			},
			expected: 2, routers: []string{"a", "b"},
		},
		"InTwoSlices": {
			reason: "A router listed twice is one router.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				s := slice(routerPod(t, reporting("a")), ready)
				return []discoveryv1.EndpointSlice{s, s}
			},
			expected: 1, routers: []string{"a"},
		},
		"TwoAddressFamilies": {
			reason: "A dual-stack Service has a slice for each family: a pod in both is one router.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				pod := &corev1.ObjectReference{Kind: "Pod", Namespace: "landfall-system", Name: "landfall-router-0", UID: "u0"}
				four, six := slice(routerPod(t, reporting("a")), ready), slice(netip.MustParseAddrPort("[2001:db8::1]:8081"), ready)
				four.Endpoints[0].TargetRef, six.Endpoints[0].TargetRef = pod, pod
				return []discoveryv1.EndpointSlice{six, four}
			},
			expected: 1, routers: []string{"a"},
		},
		"Draining": {
			reason: "A router that is going away still serves callers, so its evidence counts.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				return []discoveryv1.EndpointSlice{slice(routerPod(t, reporting("a")),
					discoveryv1.EndpointConditions{Ready: new(false), Serving: new(true), Terminating: new(true)})}
			},
			expected: 1, routers: []string{"a"},
		},
		"NotReady": {
			reason: "A router that serves nobody has nothing to tell and is not waited for.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				return []discoveryv1.EndpointSlice{slice(routerPod(t, reporting("a")),
					discoveryv1.EndpointConditions{Ready: new(false), Serving: new(false)})}
			},
		},
		"Broken": {
			reason: "A router that errs is expected, and missing.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				broken := routerPod(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "starting", http.StatusServiceUnavailable) })
				return []discoveryv1.EndpointSlice{slice(broken, ready), slice(routerPod(t, reporting("a")), ready)}
			},
			expected: 2, routers: []string{"a"}, wantErrors: []string{"503"},
		},
		"AnotherRelease": {
			reason: "Evidence of an unknown version is not guessed at.",
			slices: func(t *testing.T) []discoveryv1.EndpointSlice {
				old := routerPod(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"version":"v0"}`)) })
				return []discoveryv1.EndpointSlice{slice(old, ready)}
			},
			expected: 1, wantErrors: []string{"version"},
		},
		"Gone": {
			reason: "A router that does not answer is expected, and missing.",
			slices: func(*testing.T) []discoveryv1.EndpointSlice {
				return []discoveryv1.EndpointSlice{slice(netip.MustParseAddrPort("127.0.0.1:1"), ready)}
			},
			expected: 1, wantErrors: []string{"refused"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			reader := &slicesReader{slices: tc.slices(t)}
			got, err := source(reader).Collect(t.Context())
			if err != nil {
				t.Fatalf("%s\nCollect: %v", tc.reason, err)
			}
			if got.Expected != tc.expected {
				t.Errorf("%s\nExpected = %d, want %d", tc.reason, got.Expected, tc.expected)
			}
			var names []string
			for _, r := range got.Reports {
				names = append(names, r.Router)
			}
			if diff := cmp.Diff(tc.routers, names); diff != "" {
				t.Errorf("%s\nreports (-want +got):\n%s", tc.reason, diff)
			}
			if len(got.Errors) != len(tc.wantErrors) {
				t.Fatalf("%s\nerrors: %v, want %v", tc.reason, got.Errors, tc.wantErrors)
			}
			for i, want := range tc.wantErrors {
				if !strings.Contains(got.Errors[i].Error(), want) {
					t.Errorf("%s\nerror %q lacks %q", tc.reason, got.Errors[i], want)
				}
			}
			if reader.asked.Namespace != "landfall-system" || reader.asked.LabelSelector.String() != "kubernetes.io/service-name=landfall-router" {
				t.Errorf("asked for the EndpointSlices of %s, %s", reader.asked.Namespace, reader.asked.LabelSelector)
			}
		})
	}
}

func TestCollectAsksOnceForAll(t *testing.T) {
	asked := atomic.Int32{}
	pod := routerPod(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); reporting("a")(w, r) })
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := source(&slicesReader{slices: []discoveryv1.EndpointSlice{slice(pod, discoveryv1.EndpointConditions{})}})
	s.Now = func() time.Time { return now }
	for _, step := range []struct {
		later time.Duration
		want  int32
	}{{0, 1}, {499 * time.Millisecond, 1}, {time.Millisecond, 2}} {
		now = now.Add(step.later)
		if _, err := s.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if asked.Load() != step.want {
			t.Errorf("after %v the router was asked %d times, want %d", step.later, asked.Load(), step.want)
		}
	}
}

// The age of evidence is told by the operator's clock: a router whose clock is
// off would otherwise hold every rollout for ever, or have old figures pass.
func TestCollectTellsTheTimeByItsOwnClock(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, skew := range map[string]time.Duration{"Behind": -time.Minute, "Ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			pod := routerPod(t, func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(evidence.Report{Version: evidence.ReportVersion, Router: "a", Time: now.Add(skew)})
			})
			s := source(&slicesReader{slices: []discoveryv1.EndpointSlice{slice(pod, discoveryv1.EndpointConditions{})}})
			s.Now = func() time.Time { return now }
			got, err := s.Collect(t.Context())
			if err != nil || len(got.Reports) != 1 {
				t.Fatalf("Collect = %+v, %v; want one report", got, err)
			}
			if !got.Reports[0].Time.Equal(now) {
				t.Errorf("the report's time is %v; want %v, when the operator asked", got.Reports[0].Time, now)
			}
		})
	}
}

func TestCollectFailsWithoutTheSlices(t *testing.T) {
	cause := errors.New("no permission")
	_, err := source(&slicesReader{err: cause}).Collect(t.Context())
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "landfall-system/landfall-router") {
		t.Errorf("Collect = %v, want the cause and the Service's name", err)
	}
}
