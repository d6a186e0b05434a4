package placement

import (
	"math"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// TestBillionsOfPodsAreRefused in place of packing them one by one.
func TestBillionsOfPodsAreRefused(t *testing.T) {
	huge := workload("huge", ClassOnline, 100, 256, 1)
	huge.Replicas.Max = math.MaxInt32
	got := Place(Input{Workloads: []Workload{huge, workload("usual", ClassOnline, 100, 256, 1)}})
	if len(got.Unplaced) != 1 || !strings.Contains(got.Unplaced[0].Why, "2147483647 pods") || got.Unplaced[0].Do == "" {
		t.Errorf("unplaced is %+v; want the workload with billions of pods", got.Unplaced)
	}
	if len(got.ByWorkload) != 1 {
		t.Errorf("placed are %v; want the usual one", got.ByWorkload)
	}
}

// TestGPUMemoryIsThatOfOneGPU: 110 % of a GPU in full use is not to be had.
func TestGPUMemoryIsThatOfOneGPU(t *testing.T) {
	instance := inventory.InstanceOf("ml.g5.2xlarge")
	size := Size(Measured{
		InstanceType: "ml.g5.2xlarge", Instance: instance, NeedsGPU: true,
		Usage: &inventory.Usage{GPU: &inventory.Use{Median: 50, Max: 80}, GPUMemory: &inventory.Use{Median: 99, Max: 99}},
	})
	if size.GPU.UsedMemoryMiB != instance.Accelerator.MemoryMiBEach {
		t.Errorf("a pod needs %d MiB of a GPU with %d", size.GPU.UsedMemoryMiB, instance.Accelerator.MemoryMiBEach)
	}
}
