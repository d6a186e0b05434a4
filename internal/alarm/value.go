package alarm

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// value is what takes the place of a statistic of a CloudWatch metric.
type value struct {
	// expr is PromQL without labels.
	expr string
	// units of CloudWatch's make one of expr's.
	units   float64
	subject subject
	says    string
	notes   []string
	// series are the selectors that are absent when there is no data.
	series []string
}

// CloudWatch's namespaces of SageMaker.
const (
	namespaceRequests   = "AWS/SageMaker"
	namespaceInstances  = "/aws/sagemaker/Endpoints"
	namespaceComponents = "/aws/sagemaker/InferenceComponents"
)

// microsecondsPerSecond: CloudWatch's latencies are in microseconds.
const microsecondsPerSecond = 1e6

// statistic of a metric over one period.
type statistic struct {
	name string
	// quantile is set for percentiles, 0 to 1.
	quantile *float64
	// periodSeconds is CloudWatch's, rangeSeconds the window in PromQL.
	periodSeconds, rangeSeconds int32
}

var percentileForm = regexp.MustCompile(`^p(\d{1,2}(?:\.\d{1,10})?|100)$`)

func statisticOf(name string, periodSeconds int32) statistic {
	s := statistic{name: name, periodSeconds: periodSeconds, rangeSeconds: max(periodSeconds, leastRangeSeconds)}
	if match := percentileForm.FindStringSubmatch(name); match != nil {
		if share, err := strconv.ParseFloat(match[1], 64); err == nil {
			share /= 100
			s.quantile = &share
		}
	}
	return s
}

func (s statistic) window() string { return fmt.Sprintf("[%ds]", s.rangeSeconds) }

// within evaluates an expression every minute of the period and aggregates.
func (s statistic) within(function, expr string) string {
	return fmt.Sprintf("%s_over_time((%s)[%ds:%ds])", function, expr, s.rangeSeconds, min(s.rangeSeconds, leastRangeSeconds))
}

// value translates a statistic of a metric.
func (t *translation) value(place inventory.Place, metric inventory.CustomMetric, periodSeconds int32) (value, error) {
	switch metric.Namespace {
	case namespaceRequests, namespaceInstances, namespaceComponents:
	default:
		return value{}, fmt.Errorf("the metric %s of the namespace %s is not one of serving: nothing in the cluster measures it by that name",
			metric.Name, metric.Namespace)
	}
	about, err := t.subjectOf(place, metric)
	if err != nil {
		return value{}, err
	}
	m := measure{
		names: t.names, endpoint: about.endpoint, statistic: statisticOf(metric.Statistic, periodSeconds),
	}
	read := m.ofPods
	if metric.Namespace == namespaceRequests {
		read = m.ofRequests
	}
	v, ok := read(metric.Name)
	if !ok {
		return value{}, fmt.Errorf("%s of %s has no counterpart%s", metric.Statistic, metric.Name, reasons[metric.Name])
	}
	if periodSeconds < leastRangeSeconds {
		v.notes = append(v.notes, fmt.Sprintf("measured over %d s, as scrapes are seldom closer", leastRangeSeconds))
	}
	v.subject, v.says = about, fmt.Sprintf("%s of %s of %s", metric.Statistic, metric.Name, about.watched)
	return v, nil
}

// reasons tell of metrics that never have one.
var reasons = map[string]string{
	"OverheadLatency":                   ": it is SageMaker's own part, which goes away",
	"ModelSetupTime":                    ": pods load their model before they get requests",
	"LoadedModelCount":                  ": it belongs to multi-model endpoints",
	"ModelCacheHit":                     ": it belongs to multi-model endpoints",
	"ModelLoadingWaitTime":              ": it belongs to multi-model endpoints",
	"ApproximateBacklogSize":            ": the queue that takes the place of SageMaker's measures it",
	"ApproximateBacklogSizePerInstance": ": the queue that takes the place of SageMaker's measures it",
	"ApproximateAgeOfOldestRequest":     ": the queue that takes the place of SageMaker's measures it",
	"HasBacklogWithoutCapacity":         ": the queue that takes the place of SageMaker's measures it",
	"DiskUtilization":                   ": pods share their node's disk; alert on the nodes instead",
}

// measure builds the expressions about one Endpoint.
type measure struct {
	names     Names
	endpoint  string
	statistic statistic
}

// selector of the router's series.
func (m measure) selector(more ...string) string {
	matchers := append([]string{
		"namespace=" + strconv.Quote(m.names.Namespace), "endpoint=" + strconv.Quote(m.endpoint), "variant=" + strconv.Quote(m.names.Variant),
	}, more...)
	return "{" + strings.Join(matchers, ",") + "}"
}

// pods selects the series of the Endpoint's pods: a Deployment's pods are named
// after it, its version and themselves.
func (m measure) pods(more ...string) string {
	pods := fmt.Sprintf("%s-%s-[a-z0-9]+-[a-z0-9]{5}", m.endpoint, m.names.Variant)
	matchers := append([]string{"namespace=" + strconv.Quote(m.names.Namespace), "pod=~" + strconv.Quote(pods)}, more...)
	return "{" + strings.Join(matchers, ",") + "}"
}

const (
	requestsTotal = "landfall_router_requests_total"
	durationBase  = "landfall_router_request_duration_seconds"
)

// ofRequests translates what SageMaker counts and times of requests.
func (m measure) ofRequests(name string) (value, bool) {
	switch name {
	case "Invocations":
		return m.count(m.selector())
	case "InvocationsPerInstance", "InvocationsPerCopy":
		return m.countPerPod()
	case "Invocation4XXErrors":
		return m.errors(`outcome="caller_error"`)
	case "Invocation5XXErrors":
		return m.errors(`outcome="service_error"`)
	case "InvocationModelErrors":
		return m.errors(`outcome=~"caller_error|service_error"`)
	case "ModelLatency":
		return m.latency()
	case "ConcurrentRequestsPerModel", "ConcurrentRequestsPerCopy":
		return m.concurrency()
	default:
		return value{}, false
	}
}

// increase is the number of events in a period.
func (m measure) increase(series string) string {
	if m.statistic.rangeSeconds == m.statistic.periodSeconds {
		return fmt.Sprintf("sum(increase(%s%s))", series, m.statistic.window())
	}
	return fmt.Sprintf("%d * sum(rate(%s%s))", m.statistic.periodSeconds, series, m.statistic.window())
}

func (m measure) count(selector string) (value, bool) {
	if m.statistic.name != "Sum" && m.statistic.name != "SampleCount" {
		return value{}, false
	}
	series := requestsTotal + selector
	return value{expr: m.increase(series), units: 1, series: []string{series}}, true
}

func (m measure) countPerPod() (value, bool) {
	v, ok := m.count(m.selector())
	v.expr = fmt.Sprintf("%s / sum(kube_deployment_status_replicas_ready{namespace=%q,deployment=%q} > 0)",
		v.expr, m.names.Namespace, m.endpoint+"-"+m.names.Variant)
	v.notes = []string{"an instance is a pod"}
	return v, ok
}

// errors counts failures; CloudWatch's average of them is their share of the
// requests, as each request counts 0 or 1.
func (m measure) errors(outcome string) (value, bool) {
	failed, all := requestsTotal+m.selector(outcome), requestsTotal+m.selector()
	switch m.statistic.name {
	case "Sum":
		return value{expr: m.increase(failed), units: 1, series: []string{failed}}, true
	case "Average":
		return value{
			expr:  fmt.Sprintf("sum(rate(%s%s)) / (sum(rate(%s%s)) > 0)", failed, m.statistic.window(), all, m.statistic.window()),
			units: 1, series: []string{failed},
		}, true
	default:
		return value{}, false
	}
}

// latency is measured at the router, with the way to the pod and back.
func (m measure) latency() (value, bool) {
	window, selector := m.statistic.window(), m.selector()
	v := value{
		units: microsecondsPerSecond, series: []string{durationBase + "_count" + selector},
		notes: []string{"measured at the router, with the way to the pod and back"},
	}
	mean := fmt.Sprintf("sum(rate(%s_sum%s%s)) / (sum(rate(%s_count%s%s)) > 0)", durationBase, selector, window, durationBase, selector, window)
	quantile := m.statistic.quantile
	switch {
	case m.statistic.name == "Average":
		v.expr = mean
	case m.statistic.name == "Sum":
		v.expr = m.increase(durationBase + "_sum" + selector)
	case m.statistic.name == "SampleCount":
		v.expr, v.units = m.increase(durationBase+"_count"+selector), 1
	case m.statistic.name == "Maximum", quantile != nil:
		share := 1.0
		if quantile != nil {
			share = *quantile
		}
		v.expr = fmt.Sprintf("histogram_quantile(%s, sum by (le) (rate(%s_bucket%s%s)))", number(share), durationBase, selector, window)
		v.notes = append(v.notes, "estimated from the histogram's buckets")
	default:
		return value{}, false
	}
	return v, true
}

// concurrency rests on Little's law: the seconds that requests spent, per
// second, are the mean number in flight.
func (m measure) concurrency() (value, bool) {
	series := durationBase + "_sum" + m.selector()
	v := value{
		units: 1, series: []string{series},
		notes: []string{"the mean number of requests in flight, from their durations; SageMaker takes samples"},
	}
	per := func(window string) string {
		return fmt.Sprintf("sum(rate(%s%s)) / sum(kube_deployment_status_replicas_ready{namespace=%q,deployment=%q} > 0)",
			series, window, m.names.Namespace, m.endpoint+"-"+m.names.Variant)
	}
	switch m.statistic.name {
	case "Average":
		v.expr = per(m.statistic.window())
	case "Maximum":
		v.expr = m.statistic.within("max", per(fmt.Sprintf("[%ds]", leastRangeSeconds)))
	default:
		return value{}, false
	}
	return v, true
}
