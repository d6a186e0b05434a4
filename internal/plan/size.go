package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Shares of what was measured, in percent. The request holds the median with
// some air; the limit lets the highest measurement pass.
const (
	requestPercent   = 110
	limitPercent     = 150
	limitOverPercent = 110
)

// Without measurements: the request is half of the instance, the limit all.
const unmeasuredRequestPercent = 50

// Steps to which amounts are rounded up, and the least that is asked for.
const (
	cpuStepMillis   = 10
	memoryStepMiB   = 16
	leastCPUMillis  = 100
	leastMemoryMiB  = 256
	millisPerCore   = 1000
	mebibytesPerGiB = 1024
	percent         = 100.0
)

// size derives the resources of a pod from a variant whose instance is known:
// one pod takes the place of one instance.
func size(v inventory.Variant, lookbackDays int) (Resources, []string) {
	var cpu, memory *inventory.Use
	if v.Usage != nil {
		cpu, memory = v.Usage.CPU, v.Usage.Memory
	}
	wholeCPU, wholeMemory := float64(v.Instance.VCPU*millisPerCore), v.Instance.MemoryGiB*mebibytesPerGiB
	// CloudWatch gives CPU in percent of one core and memory in percent of all.
	cpuRequest, cpuLimit := amounts(cpu, millisPerCore, wholeCPU, leastCPUMillis)
	memoryRequest, memoryLimit := amounts(memory, wholeMemory, wholeMemory, leastMemoryMiB)
	resources := Resources{
		Requests: Amounts{CPU: millis(cpuRequest), Memory: mebibytes(memoryRequest)},
		Limits:   Amounts{CPU: millis(cpuLimit), Memory: mebibytes(memoryLimit)},
	}
	return resources, []string{
		ground("cpu", resources.Requests.CPU, resources.Limits.CPU) +
			basis(cpu, "one core", v.InstanceType, lookbackDays, millis(leastCPUMillis)),
		ground("memory", resources.Requests.Memory, resources.Limits.Memory) +
			basis(memory, fmt.Sprintf("%g GiB", v.Instance.MemoryGiB), v.InstanceType, lookbackDays, mebibytes(leastMemoryMiB)),
	}
}

func ground(what, request, limit string) string {
	return fmt.Sprintf("%s: request %s, limit %s: ", what, request, limit)
}

// amounts returns request and limit. unit is what 100 percent of the
// measurement are, whole what the instance has.
func amounts(use *inventory.Use, unit, whole, least float64) (request, limit float64) {
	if use == nil {
		return max(whole*unmeasuredRequestPercent/percent, least), max(whole, least)
	}
	median, highest := use.Median/percent*unit, use.Max/percent*unit
	request = min(max(median*requestPercent/percent, least), max(whole, least))
	limit = max(median*limitPercent/percent, highest*limitOverPercent/percent, request)
	return request, min(limit, max(whole, request))
}

// basis tells how an amount came about. unit is what 100 percent are.
func basis(use *inventory.Use, unit, instanceType string, lookbackDays int, least string) string {
	if use == nil {
		return fmt.Sprintf("no use was measured: the request is half of what %s has, the limit all of it", instanceType)
	}
	return fmt.Sprintf("measured over %d days on %s in percent of %s: the request is %d %% of the median (%g %%), "+
		"the limit the larger of %d %% of it and %d %% of the highest (%g %%); both rounded up, at least %s, at most what the instance has",
		lookbackDays, instanceType, unit, requestPercent, use.Median, limitPercent, limitOverPercent, use.Max, least)
}

func millis(amount float64) string {
	rounded := int(math.Ceil(amount/cpuStepMillis-1e-9)) * cpuStepMillis
	if rounded%millisPerCore == 0 {
		return strconv.Itoa(rounded / millisPerCore)
	}
	return strconv.Itoa(rounded) + "m"
}

func mebibytes(amount float64) string {
	rounded := int(math.Ceil(amount/memoryStepMiB-1e-9)) * memoryStepMiB
	if rounded%mebibytesPerGiB == 0 {
		return strconv.Itoa(rounded/mebibytesPerGiB) + "Gi"
	}
	return strconv.Itoa(rounded) + "Mi"
}

// instanceDimension is the scalable dimension of a variant's instances.
const instanceDimension = "sagemaker:variant:DesiredInstanceCount"

// replicas follow the scaling of the instances, or their number.
func replicas(e inventory.Endpoint, v inventory.Variant) (Replicas, string) {
	for _, s := range e.Scaling {
		if s.Dimension == instanceDimension && strings.HasSuffix(s.Resource, "/variant/"+v.Name) && s.Max > 0 {
			bounds := Replicas{Min: max(s.Min, 1), Max: s.Max}
			if bounds.Max <= bounds.Min {
				bounds.Max = 0
			}
			return bounds, fmt.Sprintf("replicas: Application Auto Scaling keeps %d to %d instances; in the cluster CPU use drives them", s.Min, s.Max)
		}
	}
	for _, count := range []*int32{v.InstanceCount.Desired, v.InstanceCount.Current, v.InstanceCount.Initial} {
		if count != nil && *count > 0 {
			return Replicas{Min: *count}, fmt.Sprintf("replicas: as many as instances serve it now (%d), without autoscaling", *count)
		}
	}
	return Replicas{Min: 1}, "replicas: the number of instances is not known"
}
