// Package measure counts what a router sees: answers, how long they took, and
// comparisons, per Endpoint, revision of its traffic, and variant.
//
// It owns the evidence report that the operator judges rollouts by, and the
// Prometheus metrics. It refuses to judge, and knows no HTTP library.
package measure

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"landfall.dev/landfall/internal/evidence"
)

// Identity says what figures are about. Figures of different identities are
// never added up.
type Identity struct {
	// Namespace, Name and UID identify the Endpoint.
	Namespace, Name, UID string
	// Revision is the revision of its traffic.
	Revision int64
}

// Recorder holds the figures of all Endpoints. It is safe for concurrent use.
type Recorder struct {
	router  string
	now     func() time.Time
	metrics *metrics

	mu     sync.Mutex
	epochs map[Identity]*Epoch
}

// New returns a recorder for the router of that name, whose metrics are put
// into registry.
func New(router string, registry prometheus.Registerer, now func() time.Time) *Recorder {
	return &Recorder{
		router: router, now: now, metrics: newMetrics(registry), epochs: map[Identity]*Epoch{},
	}
}

// Follow makes identities the ones reported on: figures of those that stay are
// kept, the others end. It returns the epochs of all identities.
func (r *Recorder) Follow(identities []Identity) map[Identity]*Epoch {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	next := make(map[Identity]*Epoch, len(identities))
	names := map[[2]string]bool{}
	for _, identity := range identities {
		names[[2]string{identity.Namespace, identity.Name}] = true
		epoch := r.epochs[identity]
		if epoch == nil {
			epoch = &Epoch{identity: identity, since: now, metrics: r.metrics}
		}
		next[identity] = epoch
	}
	for identity := range r.epochs {
		if !names[[2]string{identity.Namespace, identity.Name}] {
			r.metrics.forget(identity.Namespace, identity.Name)
		}
	}
	r.epochs = next
	result := make(map[Identity]*Epoch, len(next))
	for identity, epoch := range next {
		result[identity] = epoch
	}
	r.metrics.endpoints.Set(float64(len(names)))
	return result
}

// Refused counts a request that was turned down before any variant was asked.
func (r *Recorder) Refused(faultType string) { r.metrics.refused.WithLabelValues(faultType).Inc() }

// Report is everything measured under the revisions followed now.
func (r *Recorder) Report() evidence.Report {
	report := evidence.Report{
		Version: evidence.ReportVersion, Router: r.router, Time: r.now(),
		Endpoints: []evidence.EndpointReport{},
	}
	r.mu.Lock()
	epochs := make([]*Epoch, 0, len(r.epochs))
	for _, epoch := range r.epochs {
		epochs = append(epochs, epoch)
	}
	r.mu.Unlock()
	slices.SortFunc(epochs, func(a, b *Epoch) int {
		return cmp.Or(
			cmp.Compare(a.identity.Namespace, b.identity.Namespace),
			cmp.Compare(a.identity.Name, b.identity.Name),
			cmp.Compare(a.identity.UID, b.identity.UID),
		)
	})
	for _, epoch := range epochs {
		report.Endpoints = append(report.Endpoints, epoch.report())
	}
	return report
}
