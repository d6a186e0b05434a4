package placement

import (
	"fmt"
	"math"

	"landfall.dev/landfall/internal/inventory"
)

// sizeGPU sets the GPUs.
func sizeGPU(m Measured, size *PodSize) strain {
	if !m.NeedsGPU {
		if m.Instance != nil && m.Instance.Accelerator != nil {
			size.Reasons = append(size.Reasons, fmt.Sprintf("GPU: none, though %s has one: measurements show it idle", m.InstanceType))
		}
		return strain{factor: LoadFactor}
	}
	accelerator := inventory.Accelerator{Vendor: "NVIDIA", Count: 1}
	if m.Instance != nil && m.Instance.Accelerator != nil {
		accelerator = *m.Instance.Accelerator
	}
	count := int64(max(accelerator.Count, 1))
	if m.Reserved != nil && m.Reserved.GPUs > 0 {
		count = m.Reserved.GPUs
	}
	size.GPU = &GPUNeed{Vendor: accelerator.Vendor, Model: accelerator.Model, MemoryMiBEach: accelerator.MemoryMiBEach}
	found := gpuTime(m, count, size)
	gpuMemory(m, count, found.factor, size)
	size.Requests.GPUs, size.Limits.GPUs = count, count
	what := "GPU"
	if accelerator.Model != "" {
		what = accelerator.Model
	}
	size.Reasons = append(size.Reasons, fmt.Sprintf("GPU: %d × %s, as it has now", count, what))
	return found
}

// gpuTime estimates the share of one GPU's time. Only work on a single GPU can
// get less than a whole one.
func gpuTime(m Measured, count int64, size *PodSize) strain {
	use := m.usage().GPU
	if use == nil {
		size.Reasons = append(size.Reasons, "GPU time: no use was measured")
		return strain{factor: 1}
	}
	peak, how := m.atPeak(*use)
	whole := float64(count) * percent
	factor := carried(peak, whole)
	if count == 1 {
		size.GPU.UsedPercent = math.Ceil(min(peak*factor*RequestPercent/percent, percent))
	}
	size.Reasons = append(size.Reasons, fmt.Sprintf("GPU time: %s %% at %s times the peak: %s, measured %s",
		number(peak*factor), number(factor), how, m.over()))
	return strain{factor: factor, busyAtPeak: peak / whole}
}

// gpuMemory estimates what is needed of one GPU's memory.
func gpuMemory(m Measured, count int64, factor float64, size *PodSize) {
	if count != 1 {
		return
	}
	if m.Verified != nil && m.Verified.GPUMemoryMiB > 0 {
		size.GPU.UsedMemoryMiB = int(step(float64(m.Verified.GPUMemoryMiB)*RequestPercent/percent, memoryStepMiB))
		size.Reasons = append(size.Reasons, fmt.Sprintf("GPU memory: %d MiB: %d %% of the %d MiB that landfall verify measured",
			size.GPU.UsedMemoryMiB, RequestPercent, m.Verified.GPUMemoryMiB))
		return
	}
	use := m.usage().GPUMemory
	if use == nil || size.GPU.MemoryMiBEach == 0 {
		return
	}
	used := min(use.Max+max(use.Max-use.Median, 0)*(factor-1), percent) / percent * float64(size.GPU.MemoryMiBEach)
	size.GPU.UsedMemoryMiB = min(int(step(used*RequestPercent/percent, memoryStepMiB)), size.GPU.MemoryMiBEach)
	size.Reasons = append(size.Reasons, fmt.Sprintf("GPU memory: %d MiB: %d %% of what %s times the peak takes (highest %s %%, median %s %%)",
		size.GPU.UsedMemoryMiB, RequestPercent, number(factor), number(use.Max), number(use.Median)))
}
