// Package table is what a router routes by: a compiled, immutable view of all
// Endpoints and the addresses of their pods.
//
// It owns compiling: which endpoint a name means, which variants may answer,
// where their pods are. It refuses I/O and state: the same input gives the same
// table, and whoever serves swaps one table for the next as a whole.
package table

import (
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/traffic"
)

// Key is what a request names.
type Key struct {
	// Namespace of the Endpoint.
	Namespace string
	// Endpoint is the name that callers use, which may differ from the
	// Endpoint's metadata.name.
	Endpoint string
}

// Table maps what requests name to routes. It must not be changed.
type Table struct {
	// Routes by the name that callers use.
	Routes map[Key]*Route
	// Problems are what could not be compiled, one line each, sorted. The
	// rest of the table is good.
	Problems []string
}

// Route is one Endpoint.
type Route struct {
	// Namespace, Name and UID identify the Endpoint.
	Namespace, Name, UID string
	// EndpointName is the name that callers use.
	EndpointName string
	// Revision is status.trafficRevision.
	Revision int64
	// Live is status.live: where the traffic of a variant that fails goes.
	Live string
	// Breaker watches the target of the rollout in progress; nil without one.
	Breaker *traffic.BreakerConfig
	// Traffic is status.traffic, cut to the variants that exist. Empty means
	// that nothing is to be served yet.
	Traffic []v1alpha1.VariantTraffic
	// Split picks by Traffic.
	Split traffic.Split
	// Variants in the order of the spec.
	Variants []Variant
	// Agreement gives the tolerances of comparisons.
	Agreement v1alpha1.AgreementGate
}

// Variant is one place that can answer; exactly one of Pods and SageMaker is
// set.
type Variant struct {
	// Name identifies the variant within the Endpoint.
	Name string
	// Timeout is how long one invocation may take.
	Timeout time.Duration
	// Pods is set for a variant that runs in this cluster.
	Pods *Pods
	// SageMaker is set for a variant on SageMaker.
	SageMaker *SageMaker
}

// Pods are the addresses of a variant's pods.
type Pods struct {
	// Addresses take new requests: host:port, sorted, without doubles.
	Addresses []string
	// Loading says that there are pods whose model is not loaded yet.
	Loading bool
}

// SageMaker is where on SageMaker a variant's requests go.
type SageMaker struct {
	// EndpointName and Region locate the endpoint.
	EndpointName, Region string
	// VariantName and InferenceComponent narrow it; empty leaves the choice
	// to SageMaker, or to the caller's own headers.
	VariantName, InferenceComponent string
}

// SageMakerTimeout bounds an invocation on SageMaker: the service's own limit
// is 60 s and clients are advised to wait 70 s, so SageMaker's answer about its
// time-out still arrives. (SageMaker Runtime API reference, InvokeEndpoint.)
const SageMakerTimeout = 70 * time.Second

// DefaultInvocationTimeout holds when a pods variant does not say: the CRD's
// own default, repeated for objects that no API server has defaulted.
const DefaultInvocationTimeout = 60 * time.Second

// Find returns the variant of that name, or nil.
func (r *Route) Find(name string) *Variant {
	for i := range r.Variants {
		if r.Variants[i].Name == name {
			return &r.Variants[i]
		}
	}
	return nil
}
