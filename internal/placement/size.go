package placement

import (
	"fmt"
	"math"

	"landfall.dev/landfall/internal/inventory"
)

// The rule for sizes: a pod asks for 110 % of the median of what it uses under
// twice the peak load, and may use up to 150 % of it.
const (
	RequestPercent = 110
	LimitPercent   = 150
	// LoadFactor is how much more than the measured peak a pod is sized for.
	LoadFactor = 2.0
)

// Amounts are rounded up to steps that people can read; nothing asks for less
// than the least.
const (
	cpuStepMillis   = 10
	memoryStepMiB   = 16
	leastCPUMillis  = 100
	leastMemoryMiB  = 256
	millisPerCore   = 1000
	mebibytesPerGiB = 1024
	percent         = 100.0
)

// Measured is what is known of one instance of a workload: of one SageMaker
// instance, or of one pod that landfall verify put under load. All of it may be
// missing.
type Measured struct {
	// InstanceType is what it runs on now, for people; Instance is what that
	// has, nil where it is not known.
	InstanceType string
	Instance     *inventory.Instance
	// Reserved is what SageMaker sets aside for it, where that is less than an
	// instance: an inference component's share, a serverless variant's memory.
	Reserved *Amounts
	// Usage of one instance over LookbackDays; nil means not measured.
	Usage        *inventory.Usage
	LookbackDays int
	// PeakRequestsPerSecond and MedianRequestsPerSecond of one instance: the
	// busiest minute, and the hour in the middle. 0 means not known.
	PeakRequestsPerSecond   float64
	MedianRequestsPerSecond float64
	// LatencyP95Milliseconds is the time of a request in the container; 0
	// means not known.
	LatencyP95Milliseconds float64
	// NeedsGPU is false for work that measurements show not to use the GPU it
	// stands on.
	NeedsGPU bool
	// WarmMemoryMiB is what the model needs once it is loaded, from landfall
	// verify; 0 means not known. No request is below it.
	WarmMemoryMiB int64
	// Verified are figures from landfall verify under twice the peak load.
	// They replace what CloudWatch suggests; nil without.
	Verified *Verified
}

// Verified is what landfall verify measured on one pod.
type Verified struct {
	// CPUMillis and MemoryMiB are medians under load; GPUMemoryMiB is the most
	// that was used on one GPU. 0 means not measured.
	CPUMillis, MemoryMiB, GPUMemoryMiB int64
	// UnthrottledCPUMillis is the CPU limit under which the pod was not held up,
	// where a lower one was seen to; 0 means that none was.
	UnthrottledCPUMillis int64
	// SafeConcurrency is how many requests at a time one pod takes before
	// latency or errors turn; SafeRequestsPerSecond what it answers then. 0
	// means not measured.
	SafeConcurrency       int32
	SafeRequestsPerSecond float64
}

// PodSize is what one pod asks for.
type PodSize struct {
	Requests, Limits Amounts
	// GPU is nil for pods without.
	GPU *GPUNeed
	// Load is what one pod of this size carries.
	Load Load
	// Measured is false where nothing but the instance is known.
	Measured bool
	// Reasons are sentences for people, one for each amount.
	Reasons []string
}

// GPUNeed is what a pod needs of GPUs. PodSize.Requests.GPUs is the number of
// whole ones.
type GPUNeed struct {
	// Vendor and Model are those that the work runs on now, such as NVIDIA
	// and A10G.
	Vendor, Model string
	// MemoryMiBEach is the memory of one such GPU; 0 where it is not known.
	MemoryMiBEach int
	// UsedMemoryMiB is what the pod needs of one GPU's memory, with 10 % of
	// air. UsedPercent is how much of one GPU's time it needs. Both are at
	// twice the peak; 0 means that it is not known, and that the pod gets
	// whole GPUs.
	UsedMemoryMiB int
	UsedPercent   float64
}

// Load is what one pod carries. Its figures are 0 where they are not known.
type Load struct {
	// RequestsPerSecond is the most: what the pod is sized for.
	RequestsPerSecond float64
	// SafeRequestsPerSecond is what it is counted on for at the measured peak:
	// as much as leaves 30 % of what it may use of CPU and GPU time idle, and
	// never less than one instance was seen to carry.
	SafeRequestsPerSecond float64
	// BurstRequestsPerSecond would keep all of that busy: requests wait above
	// it.
	BurstRequestsPerSecond float64
	// Concurrency is how many requests are in the pod at a time.
	Concurrency float64
	// Proven is true for figures of landfall verify. Others are extrapolated
	// from the busiest minute.
	Proven bool
}

// Size says how large a pod must be.
//
// Sizes hold at twice the measured peak. Where landfall verify has put a pod
// under that load, its medians are taken as they are. Otherwise use at twice
// the peak is estimated from CloudWatch's figures:
//
//   - CPU and GPU time grow with the load. At the peak they are the median
//     times (requests at the peak / requests in the median hour), at most the
//     highest single measurement; without traffic figures, that measurement.
//     Twice the peak takes twice that, at most what the instance has.
//   - Memory is a floor (the model) and a part that grows with the load. From
//     the median to the highest measurement it has grown by the difference;
//     twice the peak adds that difference once more, at most the instance's.
//   - GPU memory likewise.
//
// The request is 110 % and the limit 150 % of that. A CPU request never exceeds
// what a node as large as the instance gives to pods: above that, more pods are
// the answer, not larger ones. Where CPU or GPU time would run out before twice
// the peak, Load says how much less the pod carries.
//
// Without measurements a pod asks for what SageMaker reserves for it, else for
// what a node as large as the instance gives to pods; the reasons say so.
func Size(m Measured) PodSize {
	var size PodSize
	cpu := sizeCPU(m, &size)
	gpu := sizeGPU(m, &size)
	factor := min(cpu.factor, gpu.factor)
	sizeMemory(m, factor, &size)
	size.Load = load(m, factor, factor*max(cpu.busyAtPeak, gpu.busyAtPeak))
	return size
}

// strain is what the measured peak does to a pod.
type strain struct {
	// factor is the multiple of the peak, from 1 to LoadFactor, that the pod is
	// sized for.
	factor float64
	// busyAtPeak is the share of what the pod may use that the peak takes; 0
	// where that is not known.
	busyAtPeak float64
}

// usage returns the figures, never nil.
func (m Measured) usage() inventory.Usage {
	if m.Usage == nil {
		return inventory.Usage{}
	}
	return *m.Usage
}

// atPeak estimates the use at the peak load.
func (m Measured) atPeak(use inventory.Use) (value float64, how string) {
	if m.MedianRequestsPerSecond > 0 && m.PeakRequestsPerSecond >= m.MedianRequestsPerSecond {
		growth := m.PeakRequestsPerSecond / m.MedianRequestsPerSecond
		if scaled := use.Median * growth; scaled < use.Max {
			return scaled, fmt.Sprintf("the median of %s %% times %s, by which the busiest minute exceeds the median hour", number(use.Median), number(growth))
		}
	}
	return use.Max, fmt.Sprintf("the highest measurement, %s %%", number(use.Max))
}

// sizeCPU sets the CPU.
func sizeCPU(m Measured, size *PodSize) strain {
	if m.Verified != nil && m.Verified.CPUMillis > 0 {
		size.Measured = true
		setCPU(size, float64(m.Verified.CPUMillis), math.Inf(1),
			fmt.Sprintf("landfall verify measured %dm under twice the peak load", m.Verified.CPUMillis))
		unthrottle(m.Verified.UnthrottledCPUMillis, size)
		return strain{factor: LoadFactor}
	}
	use := m.usage().CPU
	if use == nil {
		unmeasuredCPU(m, size)
		return strain{factor: 1}
	}
	size.Measured = true
	peak, how := m.atPeak(*use)
	atPeak, factor, most, whole := peak/percent*millisPerCore, LoadFactor, math.Inf(1), math.Inf(1)
	if m.Instance != nil {
		whole = float64(m.Instance.VCPU) * millisPerCore
		factor = carried(atPeak, whole)
		most = float64(likeInstance(m.InstanceType, m.Instance).CPUMillis)
	}
	setCPU(size, atPeak*factor, most, fmt.Sprintf("%s of one core, measured %s, at %s times the peak", how, m.over(), number(factor)))
	// Nobody promises a pod more processors than the instance had, whatever its
	// limit says.
	return strain{factor: factor, busyAtPeak: atPeak / min(float64(size.Limits.CPUMillis), whole)}
}

// carried is the multiple of the peak, at most LoadFactor, that a capacity
// bears.
func carried(atPeak, capacity float64) float64 {
	if atPeak <= 0 {
		return LoadFactor
	}
	return min(LoadFactor, max(capacity/atPeak, 1))
}

func (m Measured) over() string {
	where := m.InstanceType
	if where == "" {
		where = "an instance of unknown type"
	}
	if m.LookbackDays > 0 {
		return fmt.Sprintf("over %d days on %s", m.LookbackDays, where)
	}
	return "on " + where
}

func setCPU(size *PodSize, used, most float64, how string) {
	bounded := min(used*RequestPercent/percent, most)
	size.Requests.CPUMillis = step(max(bounded, leastCPUMillis), cpuStepMillis)
	size.Limits.CPUMillis = max(step(used*LimitPercent/percent, cpuStepMillis), size.Requests.CPUMillis)
	note := ""
	if used*RequestPercent/percent > most {
		note = "; the request is bounded by what a node of that size gives to pods, more load takes more pods"
	}
	size.Reasons = append(size.Reasons, fmt.Sprintf("CPU: request %dm, limit %dm: %d %% and %d %% of %s%s",
		size.Requests.CPUMillis, size.Limits.CPUMillis, RequestPercent, LimitPercent, how, note))
}

// unthrottle raises a limit that was seen to hold the pod up: bursts need more
// than the median tells.
func unthrottle(needed int64, size *PodSize) {
	if limit := step(float64(needed), cpuStepMillis); limit > size.Limits.CPUMillis {
		size.Limits.CPUMillis = limit
		size.Reasons = append(size.Reasons, fmt.Sprintf("CPU: limit %dm instead, as landfall verify saw a lower one throttle the pod", limit))
	}
}

func unmeasuredCPU(m Measured, size *PodSize) {
	amount, how := int64(leastCPUMillis), "neither use nor the instance is known; this is the least that any pod gets"
	switch {
	case m.Reserved != nil && m.Reserved.CPUMillis > 0:
		amount, how = m.Reserved.CPUMillis, "no use was measured; this is what SageMaker reserves for it"
	case m.Reserved != nil && m.Instance == nil:
		amount, how = millisPerCore, "no use was measured, and SageMaker reserves memory alone: a core to begin with"
	case m.Instance != nil:
		amount = max(likeInstance(m.InstanceType, m.Instance).CPUMillis, leastCPUMillis)
		how = fmt.Sprintf("no use was measured; this is what a node as large as %s gives to pods", m.InstanceType)
	}
	size.Requests.CPUMillis, size.Limits.CPUMillis = amount, amount
	size.Reasons = append(size.Reasons, fmt.Sprintf("CPU: request and limit %dm: %s", amount, how))
}

func sizeMemory(m Measured, factor float64, size *PodSize) {
	use := m.usage().Memory
	switch {
	case m.Verified != nil && m.Verified.MemoryMiB > 0:
		size.Measured = true
		setMemory(m, size, float64(m.Verified.MemoryMiB), fmt.Sprintf("%d MiB, measured by landfall verify under twice the peak load", m.Verified.MemoryMiB))
	case use != nil && m.Instance != nil:
		size.Measured = true
		whole := m.Instance.MemoryGiB * mebibytesPerGiB
		used := min(use.Max+max(use.Max-use.Median, 0)*(factor-1), percent) / percent * whole
		setMemory(m, size, used, fmt.Sprintf("%s MiB: the highest measurement (%s %% of %s GiB, %s) and, for %s times the peak, %s times its distance to the median (%s %%)",
			number(used), number(use.Max), number(m.Instance.MemoryGiB), m.over(), number(factor), number(factor-1), number(use.Median)))
	default:
		unmeasuredMemory(m, size)
	}
}

func setMemory(m Measured, size *PodSize, used float64, how string) {
	request := max(used*RequestPercent/percent, leastMemoryMiB, float64(m.WarmMemoryMiB))
	size.Requests.MemoryMiB = step(request, memoryStepMiB)
	size.Limits.MemoryMiB = max(step(used*LimitPercent/percent, memoryStepMiB), size.Requests.MemoryMiB)
	note := ""
	if float64(m.WarmMemoryMiB) >= request {
		note = fmt.Sprintf("; never less than the %d MiB that the model takes once loaded", m.WarmMemoryMiB)
	}
	size.Reasons = append(size.Reasons, fmt.Sprintf("memory: request %d MiB, limit %d MiB: %d %% and %d %% of %s%s",
		size.Requests.MemoryMiB, size.Limits.MemoryMiB, RequestPercent, LimitPercent, how, note))
}

func unmeasuredMemory(m Measured, size *PodSize) {
	amount, how := int64(leastMemoryMiB), "neither use nor the instance is known; this is the least that any pod gets"
	switch {
	case m.Reserved != nil && m.Reserved.MemoryMiB > 0:
		amount, how = m.Reserved.MemoryMiB, "no use was measured; this is what SageMaker reserves for it"
	case m.Instance != nil:
		amount = max(likeInstance(m.InstanceType, m.Instance).MemoryMiB, leastMemoryMiB)
		how = fmt.Sprintf("no use was measured; this is what a node as large as %s gives to pods", m.InstanceType)
	}
	if m.WarmMemoryMiB > amount {
		amount, how = step(float64(m.WarmMemoryMiB), memoryStepMiB), "the model takes that much once loaded"
	}
	size.Requests.MemoryMiB, size.Limits.MemoryMiB = amount, amount
	size.Reasons = append(size.Reasons, fmt.Sprintf("memory: request and limit %d MiB: %s", amount, how))
}

// safeBusy is the share of what a pod may use that it is counted on for:
// latency turns before a server is full.
const safeBusy = 0.7

// load is what a pod carries that is sized for that multiple of the peak, which
// keeps a share of what it may use busy.
//
// Room is left once: a pod that may use 150 % of what it needs under twice the
// peak has that room already.
func load(m Measured, factor, busy float64) Load {
	if v := m.Verified; v != nil && (v.SafeConcurrency > 0 || v.SafeRequestsPerSecond > 0) {
		return Load{
			RequestsPerSecond: v.SafeRequestsPerSecond, SafeRequestsPerSecond: v.SafeRequestsPerSecond,
			BurstRequestsPerSecond: v.SafeRequestsPerSecond, Concurrency: float64(v.SafeConcurrency), Proven: true,
		}
	}
	if m.PeakRequestsPerSecond <= 0 {
		return Load{}
	}
	rate := m.PeakRequestsPerSecond * factor
	// By Little's law, what is in the pod is the rate times the time it stays.
	l := Load{RequestsPerSecond: rate, SafeRequestsPerSecond: rate, Concurrency: rate * m.LatencyP95Milliseconds / 1000}
	if busy > 0 {
		l.BurstRequestsPerSecond = rate / min(busy, 1)
	}
	if busy > safeBusy {
		l.SafeRequestsPerSecond = max(rate*safeBusy/busy, m.PeakRequestsPerSecond)
	}
	return l
}

// step rounds up to a multiple, forgiving the noise of floating point.
func step(amount float64, size int64) int64 {
	return int64(math.Ceil(amount/float64(size)-1e-9)) * size
}

// number writes a figure with at most two places behind the point.
func number(value float64) string {
	return fmt.Sprintf("%g", math.Round(value*percent)/percent)
}
