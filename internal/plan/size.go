package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

const (
	millisPerCore   = 1000
	mebibytesPerGiB = 1024

	secondsPerHour   = 3600
	secondsPerMinute = 60
)

// DefaultGPUResource is what a pod asks for whose GPUs are whole ones.
const DefaultGPUResource = "nvidia.com/gpu"

// sizable says that one pod can take the place of one instance, or of what
// SageMaker reserves.
func sizable(e inventory.Endpoint) bool {
	if len(e.Variants) != 1 || e.Mode == inventory.ModeInferenceComponents || e.Mode == inventory.ModeUnknown {
		return false
	}
	return e.Variants[0].Instance != nil || e.Variants[0].Serverless != nil
}

// measuredVariant is what is known of one instance of a variant.
func measuredVariant(v inventory.Variant, w inventory.Workload, lookbackDays int) placement.Measured {
	m := placement.Measured{
		InstanceType: v.InstanceType, Instance: v.Instance, Usage: v.Usage, LookbackDays: lookbackDays,
		NeedsGPU: v.Instance != nil && v.Instance.Accelerator != nil && w.Hardware.Needs != inventory.GPUUnused,
	}
	if v.Serverless != nil {
		m.Reserved = &placement.Amounts{MemoryMiB: int64(v.Serverless.MemoryMB)}
	}
	if v.Traffic == nil {
		return m
	}
	count := float64(instances(v))
	m.PeakRequestsPerSecond = float64(v.Traffic.PeakRequestsPerMinute) / secondsPerMinute / count
	m.MedianRequestsPerSecond = medianHour(v.Traffic) / secondsPerHour / count
	m.LatencyP95Milliseconds = p95(v.Traffic)
	return m
}

func p95(t *inventory.Traffic) float64 {
	if t.LatencyMilliseconds == nil {
		return 0
	}
	return t.LatencyMilliseconds.P95
}

// medianHour is the number of requests in the hour in the middle; 0 where the
// profile is not known.
func medianHour(t *inventory.Traffic) float64 {
	if len(t.HourOfWeek) == 0 {
		return 0
	}
	hours := slices.Sorted(slices.Values(t.HourOfWeek))
	return hours[len(hours)/2]
}

// bounds says how many pods carry a variant's traffic.
func bounds(v inventory.Variant, criticality inventory.CriticalityLevel, size placement.PodSize, scaleUp placement.ScaleUp) placement.Bounds {
	d := placement.Demand{Criticality: criticality, Size: size, ScaleUp: scaleUp}
	if v.Serverless == nil {
		d.Instances = instances(v)
	}
	if v.Traffic != nil {
		d.PeakRequestsPerSecond = float64(v.Traffic.PeakRequestsPerMinute) / secondsPerMinute
		d.HourOfWeek, d.LatencyP95Milliseconds = v.Traffic.HourOfWeek, p95(v.Traffic)
	}
	return placement.Replicas(d)
}

// measuredTask is what is known of one instance of a job.
func measuredTask(t task) placement.Measured {
	m := placement.Measured{
		InstanceType: t.Runs.InstanceType, Instance: inventory.InstanceOf(t.Runs.InstanceType), LookbackDays: t.scene.inventory.LookbackDays,
		NeedsGPU: t.Hardware.Needs == inventory.NeedsGPU,
	}
	if t.newest != nil {
		m.Usage = t.newest.Usage
	}
	return m
}

// resourcesOf writes a size as the plan does.
func resourcesOf(size placement.PodSize) Resources {
	return Resources{Requests: amountsOf(size.Requests), Limits: amountsOf(size.Limits)}
}

func amountsOf(a placement.Amounts) Amounts {
	return Amounts{CPU: millis(a.CPUMillis), Memory: mebibytes(a.MemoryMiB), GPU: int32(a.GPUs)}
}

// needsOf keeps what placement goes by beside the settings.
func needsOf(size placement.PodSize, instance *inventory.Instance) *Needs {
	n := &Needs{Architecture: "x86_64"}
	if instance != nil && instance.Architecture != "" {
		n.Architecture = instance.Architecture
	}
	if g := size.GPU; g != nil {
		n.GPU = &NeedsGPU{
			Vendor: g.Vendor, Model: g.Model, Count: int32(size.Requests.GPUs), MemoryMiBEach: g.MemoryMiBEach,
			UsedMemoryMiB: g.UsedMemoryMiB, UsedPercent: g.UsedPercent,
		}
	}
	return n
}

// podSize reads a size from the settings, edits included.
func podSize(r Resources, n *Needs) (placement.PodSize, error) {
	requests, err := r.Requests.amounts()
	if err != nil {
		return placement.PodSize{}, fmt.Errorf("resources.requests.%w", err)
	}
	limits, err := r.Limits.amounts()
	if err != nil {
		return placement.PodSize{}, fmt.Errorf("resources.limits.%w", err)
	}
	size := placement.PodSize{Requests: requests, Limits: limits}
	if requests.GPUs > 0 {
		size.GPU = &placement.GPUNeed{}
		if g := n.GPU; g != nil {
			size.GPU = &placement.GPUNeed{
				Vendor: g.Vendor, Model: g.Model, MemoryMiBEach: g.MemoryMiBEach, UsedMemoryMiB: g.UsedMemoryMiB, UsedPercent: g.UsedPercent,
			}
		}
	}
	return size, nil
}

func (a Amounts) amounts() (placement.Amounts, error) {
	cpu, err := quantity(a.CPU)
	if err != nil {
		return placement.Amounts{}, fmt.Errorf("cpu: %w", err)
	}
	memory, err := quantity(a.Memory)
	if err != nil {
		return placement.Amounts{}, fmt.Errorf("memory: %w", err)
	}
	const mebibyte = 1 << 20
	return placement.Amounts{
		CPUMillis: cpu.MilliValue(), MemoryMiB: (memory.Value() + mebibyte - 1) / mebibyte, GPUs: int64(a.GPU),
	}, nil
}

func millis(amount int64) string {
	if amount%millisPerCore == 0 {
		return strconv.FormatInt(amount/millisPerCore, 10)
	}
	return strconv.FormatInt(amount, 10) + "m"
}

func mebibytes(amount int64) string {
	if amount%mebibytesPerGiB == 0 {
		return strconv.FormatInt(amount/mebibytesPerGiB, 10) + "Gi"
	}
	return strconv.FormatInt(amount, 10) + "Mi"
}

// instanceDimension is the scalable dimension of a variant's instances.
const instanceDimension = "sagemaker:variant:DesiredInstanceCount"

// scalingOf returns the scalable target of a variant's instances, or else of
// its provisioned concurrency; nil without.
func scalingOf(e inventory.Endpoint, v inventory.Variant) *inventory.Scaling {
	var found *inventory.Scaling
	for i := range e.Scaling {
		s := &e.Scaling[i]
		if !strings.HasSuffix(s.Resource, "/variant/"+v.Name) || s.Max <= 0 {
			continue
		}
		if s.Dimension == instanceDimension {
			return s
		}
		found = s
	}
	return found
}
