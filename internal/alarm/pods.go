package alarm

import (
	"fmt"
	"strings"
)

// aggregations over pods and over time, by CloudWatch's statistics.
var aggregations = map[string]string{"Average": "avg", "Maximum": "max", "Minimum": "min"}

const instanceIsPod = "an instance is a pod: the figure is that of one pod, by cAdvisor, kube-state-metrics or NVIDIA's DCGM exporter"

// ofPods translates what SageMaker measures of instances.
func (m measure) ofPods(name string) (value, bool) {
	base, normalized := strings.CutSuffix(name, "Normalized")
	aggregation, ok := aggregations[m.statistic.name]
	if quantile := m.statistic.quantile; quantile != nil {
		aggregation, ok = "quantile", true
	}
	if !ok {
		return value{}, false
	}
	var each, series string
	notes := []string{instanceIsPod}
	switch base {
	case "CPUUtilization":
		each, series = m.cpu(normalized)
	case "MemoryUtilization":
		each, series = m.memory()
		notes = append(notes, "in percent of the pod's limit")
	case "GPUUtilization", "GPUMemoryUtilization":
		each, series = m.gpu(base, normalized)
	default:
		return value{}, false
	}
	if m.statistic.quantile != nil {
		share := number(*m.statistic.quantile)
		return value{
			expr:  fmt.Sprintf("max(quantile_over_time(%s, (%s)[%ds:%ds]))", share, each, m.statistic.rangeSeconds, leastRangeSeconds),
			units: 1, series: []string{series}, notes: append(notes, "the percentile is that of the pod with the highest one"),
		}, true
	}
	return value{
		expr:  m.statistic.within(aggregation, fmt.Sprintf("%s(%s)", aggregation, each)),
		units: 1, series: []string{series}, notes: notes,
	}, true
}

// cpu in percent of one core, or of what the pod may use.
func (m measure) cpu(normalized bool) (each, series string) {
	series = "container_cpu_usage_seconds_total" + m.pods(`container="model"`)
	used := fmt.Sprintf("100 * sum by (pod) (rate(%s[%ds]))", series, 2*leastRangeSeconds)
	if !normalized {
		return used, series
	}
	return used + " / on (pod) sum by (pod) (kube_pod_container_resource_requests" + m.pods(`container="model"`, `resource="cpu"`) + ")", series
}

func (m measure) memory() (each, series string) {
	series = "container_memory_working_set_bytes" + m.pods(`container="model"`)
	return "100 * sum by (pod) (" + series + ") / on (pod) sum by (pod) (kube_pod_container_resource_limits" +
		m.pods(`container="model"`, `resource="memory"`) + ")", series
}

// gpu in percent of one GPU, summed over those of a pod, as SageMaker sums over
// those of an instance. The exporter's labels must be honoured.
func (m measure) gpu(name string, normalized bool) (each, series string) {
	pods := m.pods()
	series = "DCGM_FI_PROF_GR_ENGINE_ACTIVE" + pods
	share := series
	if name == "GPUMemoryUtilization" {
		series = "DCGM_FI_DEV_FB_USED" + pods
		share = fmt.Sprintf("%s / (%s + DCGM_FI_DEV_FB_FREE%s)", series, series, pods)
	}
	function := "sum"
	if normalized {
		function = "avg"
	}
	return fmt.Sprintf("100 * %s by (pod) (%s)", function, share), series
}
