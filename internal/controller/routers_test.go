package controller_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/naming"
)

const routerService = "routers"

// routers plays one router pod: it follows the status of the world's Endpoints
// and reports what the test wants it to have measured.
type routers struct {
	world  *world
	server *httptest.Server

	mu sync.Mutex
	// frozen keeps the router at the revision it follows.
	frozen bool
	// requests counts how often it was asked.
	requests int
	// followed is the revision each Endpoint is followed at.
	followed map[string]int64
	// measured fills in the figures of a report.
	measured func(e *v1alpha1.Endpoint, report *evidence.EndpointReport)
}

func newRouters(w *world) *routers {
	r := &routers{world: w, followed: map[string]int64{}, measured: healthy}
	r.server = httptest.NewServer(http.HandlerFunc(r.report))
	w.Cleanup(r.server.Close)
	return r
}

// client reaches the test's server by whatever address: EndpointSlices do not
// take loopback addresses.
func (r *routers) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, r.server.Listener.Addr().String())
		},
	}}
}

// run announces the router in an EndpointSlice.
func (r *routers) run() {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: r.world.namespace, Name: routerService, Labels: map[string]string{naming.LabelServiceName: routerService},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new(naming.PortAdmin), Port: new(int32(naming.AdminPort))}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"192.0.2.1"}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}},
	}
	if err := r.world.client.Create(r.world.Context(), slice); err != nil {
		r.world.Fatal(err)
	}
}

func (r *routers) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

func (r *routers) freeze(frozen bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = frozen
}

func (r *routers) measure(measured func(*v1alpha1.Endpoint, *evidence.EndpointReport)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.measured = measured
}

func (r *routers) report(response http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	list := v1alpha1.EndpointList{}
	if err := r.world.client.List(request.Context(), &list, client.InNamespace(r.world.namespace)); err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	report := evidence.Report{Version: evidence.ReportVersion, Router: "router-0", Time: time.Now()}
	for i := range list.Items {
		e := &list.Items[i]
		if !r.frozen {
			r.followed[e.Name] = e.Status.TrafficRevision
		}
		one := evidence.EndpointReport{
			Namespace: e.Namespace, Name: e.Name, UID: string(e.UID),
			TrafficRevision: r.followed[e.Name], Since: time.Now().Add(-time.Minute),
		}
		r.measured(e, &one)
		report.Endpoints = append(report.Endpoints, one)
	}
	if err := json.NewEncoder(response).Encode(report); err != nil {
		r.world.Error(err)
	}
}

// answers are so many requests of which some failed.
func answers(requests, failed int64, seconds float64) evidence.Outcomes {
	outcomes := evidence.Outcomes{Requests: requests, Errors: failed}
	for range requests - failed {
		outcomes.LatencySeconds.Add(seconds)
	}
	return outcomes
}

const manyRequests = 20_000

var sameAnswers = sync.OnceValue(func() evidence.Outcomes { return answers(manyRequests, 0, 0.010) })

// healthy measures a target that is exactly like the variant it replaces.
func healthy(e *v1alpha1.Endpoint, report *evidence.EndpointReport) {
	for _, share := range e.Status.Traffic {
		one := evidence.VariantReport{Name: share.Name}
		if share.WeightBasisPoints > 0 {
			one.Live = sameAnswers()
		}
		if share.MirrorBasisPoints > 0 {
			one.Mirror = sameAnswers()
		}
		report.Variants = append(report.Variants, one)
	}
	if rollout := e.Status.Rollout; rollout != nil {
		report.Comparisons = []evidence.Comparison{{
			Reference: rollout.From, Candidate: rollout.To, Compared: manyRequests, Equal: manyRequests,
		}}
	}
}

// failing measures a target that answers errors once it has traffic of its own,
// and that the router took out by itself.
func failing(e *v1alpha1.Endpoint, report *evidence.EndpointReport) {
	healthy(e, report)
	for i := range report.Variants {
		if report.Variants[i].Name == "cluster" && report.Variants[i].Live.Requests > 0 {
			report.Variants[i].Live = answers(100, 50, 0.010)
			report.Trips = []evidence.Trip{{
				Variant: "cluster", Reason: "Errors", Message: "5 of 5 answers of cluster failed",
				FirstBadTime: time.Now().Add(-time.Second), Time: time.Now(),
			}}
		}
	}
}

// disagreeing measures a target whose answers are often others.
func disagreeing(e *v1alpha1.Endpoint, report *evidence.EndpointReport) {
	healthy(e, report)
	for i := range report.Comparisons {
		report.Comparisons[i].Equal, report.Comparisons[i].Different = manyRequests*9/10, manyRequests/10
	}
}
