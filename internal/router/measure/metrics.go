package measure

import (
	"github.com/prometheus/client_golang/prometheus"

	"landfall.dev/landfall/internal/router/exchange"
)

// Label names. Their values are bounded by the objects in the cluster and by
// the outcomes, reasons and sizes that the code knows.
const (
	labelNamespace = "namespace"
	labelEndpoint  = "endpoint"
	labelVariant   = "variant"
	labelOutcome   = "outcome"
	labelReason    = "reason"
	labelSize      = "size"
	labelType      = "type"
)

// durationBuckets, in seconds, reach from a fast model in the cluster to the
// longest invocation a variant may allow.
var durationBuckets = []float64{
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600,
}

type metrics struct {
	requests, mirrorRequests          *prometheus.CounterVec
	duration, mirrorDuration          *prometheus.HistogramVec
	mirrorDropped, comparisons, trips *prometheus.CounterVec
	retries, fallbacks, refused       *prometheus.CounterVec
	endpoints                         prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		registry.MustRegister(vec)
		return vec
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: durationBuckets},
			[]string{labelNamespace, labelEndpoint, labelVariant})
		registry.MustRegister(vec)
		return vec
	}
	m := &metrics{
		requests: counter("landfall_router_requests_total",
			"Answers to callers by outcome: ok, caller_error, service_error, cancelled.",
			labelNamespace, labelEndpoint, labelVariant, labelOutcome),
		mirrorRequests: counter("landfall_router_mirror_requests_total",
			"Answers to mirrored copies by outcome.",
			labelNamespace, labelEndpoint, labelVariant, labelOutcome),
		duration: histogram("landfall_router_request_duration_seconds",
			"Time from asking the variant to the end of its answer."),
		mirrorDuration: histogram("landfall_router_mirror_request_duration_seconds",
			"Time to the full answer of mirrored copies."),
		mirrorDropped: counter("landfall_router_mirror_dropped_total",
			"Copies not sent because the mirror's budget was spent, by upper bound of the body's size.",
			labelNamespace, labelEndpoint, labelVariant, labelSize),
		comparisons: counter("landfall_router_comparisons_total",
			"Pairs of answers by outcome: equal, different, opaque, reference_failed.",
			labelNamespace, labelEndpoint, labelVariant, labelOutcome),
		trips: counter("landfall_router_trips_total",
			"Times the router took a variant out of the traffic by itself.",
			labelNamespace, labelEndpoint, labelVariant),
		retries: counter("landfall_router_retries_total",
			"Requests tried on another pod of the same variant.",
			labelNamespace, labelEndpoint, labelVariant, labelReason),
		fallbacks: counter("landfall_router_fallbacks_total",
			"Requests answered by the live variant in the place of this one.",
			labelNamespace, labelEndpoint, labelVariant, labelReason),
		refused: counter("landfall_router_refused_total",
			"Requests turned down before any variant was asked, by error type.", labelType),
		endpoints: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "landfall_router_endpoints", Help: "Endpoints this router serves.",
		}),
	}
	registry.MustRegister(m.endpoints)
	return m
}

// forget drops the series of an Endpoint that is gone.
func (m *metrics) forget(namespace, endpoint string) {
	labels := prometheus.Labels{labelNamespace: namespace, labelEndpoint: endpoint}
	for _, vec := range []*prometheus.CounterVec{
		m.requests, m.mirrorRequests, m.mirrorDropped, m.comparisons, m.trips, m.retries, m.fallbacks,
	} {
		vec.DeletePartialMatch(labels)
	}
	m.duration.DeletePartialMatch(labels)
	m.mirrorDuration.DeletePartialMatch(labels)
}

// outcomeMetrics are one variant's series, looked up once.
type outcomeMetrics struct {
	byOutcome [exchange.Cancelled + 1]prometheus.Counter
	duration  prometheus.Observer
}

func (o *outcomeMetrics) observe(sample Sample) {
	o.byOutcome[sample.Outcome].Inc()
	if sample.Outcome != exchange.Cancelled {
		o.duration.Observe(sample.Latency.Seconds())
	}
}

func (m *metrics) live(identity Identity, variant string) outcomeMetrics {
	return outcomes(m.requests, m.duration, identity, variant)
}

func (m *metrics) mirror(identity Identity, variant string) outcomeMetrics {
	return outcomes(m.mirrorRequests, m.mirrorDuration, identity, variant)
}

func outcomes(
	counts *prometheus.CounterVec, durations *prometheus.HistogramVec, identity Identity, variant string,
) outcomeMetrics {
	o := outcomeMetrics{duration: durations.WithLabelValues(identity.Namespace, identity.Name, variant)}
	for outcome := range o.byOutcome {
		o.byOutcome[outcome] = counts.WithLabelValues(identity.Namespace, identity.Name, variant,
			exchange.Outcome(outcome).String())
	}
	return o
}

// pairMetrics are a candidate's series of comparisons, by Verdict.
type pairMetrics struct {
	verdicts [ReferenceFailed + 1]prometheus.Counter
}

func (m *metrics) pair(identity Identity, candidate string) pairMetrics {
	var p pairMetrics
	for verdict, label := range [...]string{
		Equal: "equal", Different: "different", Opaque: "opaque", ReferenceFailed: "reference_failed",
	} {
		p.verdicts[verdict] = m.comparisons.WithLabelValues(identity.Namespace, identity.Name, candidate, label)
	}
	return p
}
