package verify

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// The counters of a CPU limit as cAdvisor names them.
const (
	cadvisorPeriods   = "container_cpu_cfs_periods_total"
	cadvisorThrottled = "container_cpu_cfs_throttled_periods_total"
	cadvisorSeconds   = "container_cpu_cfs_throttled_seconds_total"
	cadvisorPrefix    = "container_cpu_cfs_"
)

// parseCAdvisor finds a model's container's counters in the kubelet's
// /metrics/cadvisor, and when they were taken.
func parseCAdvisor(text []byte, namespace, pod string) (core.CPUCounters, time.Time, error) {
	var wanted bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLogLine)
	for lines.Scan() {
		// A node's metrics are megabytes, of which three lines count.
		if line := lines.Text(); strings.HasPrefix(line, cadvisorPrefix) && strings.Contains(line, `"`+pod+`"`) {
			wanted.WriteString(line + "\n")
		}
	}
	if err := lines.Err(); err != nil {
		return core.CPUCounters{}, time.Time{}, fmt.Errorf("cannot read the kubelet's metrics: %w", err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&wanted)
	if err != nil {
		return core.CPUCounters{}, time.Time{}, fmt.Errorf("cannot read the kubelet's metrics: %w", err)
	}
	value := func(name string) (float64, int64, bool) {
		for _, metric := range families[name].GetMetric() {
			if labelled(metric, map[string]string{"namespace": namespace, "pod": pod, "container": naming.ContainerModel}) {
				return metric.GetUntyped().GetValue(), metric.GetTimestampMs(), true
			}
		}
		return 0, 0, false
	}
	periods, at, found := value(cadvisorPeriods)
	throttled, _, also := value(cadvisorThrottled)
	seconds, _, too := value(cadvisorSeconds)
	if !found || !also || !too {
		return core.CPUCounters{}, time.Time{}, errors.New("the kubelet counts no CPU limit of the container yet")
	}
	for _, amount := range []float64{periods, throttled, seconds} {
		if !(amount >= 0 && amount < math.MaxInt64) {
			return core.CPUCounters{}, time.Time{}, fmt.Errorf("the kubelet counts %g; want an amount", amount)
		}
	}
	return core.CPUCounters{Periods: uint64(periods), ThrottledPeriods: uint64(throttled), ThrottledSeconds: seconds}, time.UnixMilli(at), nil
}

func labelled(metric *dto.Metric, want map[string]string) bool {
	found := 0
	for _, label := range metric.GetLabel() {
		if value, asked := want[label.GetName()]; asked && value == label.GetValue() {
			found++
		}
	}
	return found == len(want)
}
