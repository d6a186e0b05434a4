package autoscaling

import "strings"

// The window of every rate: four scrapes at the usual 30 seconds.
//
// The labels are the router's own. Where Prometheus puts labels of its own in
// their place (namespace and endpoint of the scraped pod), the router has to be
// scraped with honorLabels.
const (
	selector = `{namespace="$namespace",endpoint="$endpoint",variant="$variant"}`

	// requestRateQuery counts copies too: pods have to carry them.
	requestRateQuery = `sum(rate(landfall_router_requests_total` + selector + `[2m])) + ` +
		`(sum(rate(landfall_router_mirror_requests_total` + selector + `[2m])) or vector(0))`

	// concurrencyQuery rests on Little's law: the seconds that requests spent,
	// per second, are the mean number of requests in flight.
	concurrencyQuery = `sum(rate(landfall_router_request_duration_seconds_sum` + selector + `[2m])) + ` +
		`(sum(rate(landfall_router_mirror_request_duration_seconds_sum` + selector + `[2m])) or vector(0))`

	meanLatencyQuery = `sum(rate(landfall_router_request_duration_seconds_sum` + selector + `[2m])) / ` +
		`(sum(rate(landfall_router_request_duration_seconds_count` + selector + `[2m])) > 0) or vector(0)`

	// The exporter's labels of the pod are renamed where Prometheus does not
	// honour them, hence both forms. DCGM gives a share of 1 for the engine and
	// MiB for memory.
	gpuPods        = `{namespace="$namespace",pod=~"$endpoint-$variant-[a-z0-9]+-[a-z0-9]{5}"}`
	gpuPodsRenamed = `{exported_namespace="$namespace",exported_pod=~"$endpoint-$variant-[a-z0-9]+-[a-z0-9]{5}"}`
	gpuQuery       = `100 * sum(DCGM_FI_PROF_GR_ENGINE_ACTIVE` + gpuPods + ` or DCGM_FI_PROF_GR_ENGINE_ACTIVE` + gpuPodsRenamed + `)`
	gpuMemoryQuery = `100 * sum(DCGM_FI_DEV_FB_USED` + gpuPods + ` / (DCGM_FI_DEV_FB_USED` + gpuPods + ` + DCGM_FI_DEV_FB_FREE` + gpuPods + `)` +
		` or DCGM_FI_DEV_FB_USED` + gpuPodsRenamed + ` / (DCGM_FI_DEV_FB_USED` + gpuPodsRenamed + ` + DCGM_FI_DEV_FB_FREE` + gpuPodsRenamed + `))`
)

// query returns a metric's PromQL with the names filled in; empty where the
// metric has none.
func (m Metric) query(namespace, endpoint, variant string) string {
	query := m.Query
	if query == "" {
		query = map[MetricType]string{
			MetricRequestsPerSecond: requestRateQuery, MetricConcurrency: concurrencyQuery,
		}[m.Type]
	}
	return strings.NewReplacer("$namespace", namespace, "$endpoint", endpoint, "$variant", variant).Replace(query)
}
