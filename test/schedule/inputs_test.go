package schedule

import (
	"fmt"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// inputs are accounts as people have them.
func inputs() map[string]placement.Input {
	return map[string]placement.Input{
		"one endpoint":                {Workloads: []placement.Workload{online("churn", "ml.m5.xlarge", 12, 30, 24)}},
		"GPUs, whole and shared":      {Workloads: gpus()},
		"sixty workloads":             {Workloads: sixty()},
		"sixty workloads on GKE":      {Target: placement.Target{Provider: placement.ProviderGKE}, Workloads: sixty()},
		"sixty workloads on AKS":      {Target: placement.Target{Provider: placement.ProviderAKS}, Workloads: sixty()},
		"many pods of hardly any use": {Workloads: []placement.Workload{tiny("a", 70), tiny("b", 45)}},
	}
}

// online is an endpoint on one instance type, with its use in percent and its
// busiest minute in requests a second.
func online(name, instanceType string, cpuPercent, memoryPercent, peakPerSecond float64) placement.Workload {
	measured := placement.Measured{
		InstanceType: instanceType, Instance: inventory.InstanceOf(instanceType), LookbackDays: 14,
		Usage: &inventory.Usage{
			CPU:    &inventory.Use{Median: cpuPercent / 2, Max: cpuPercent},
			Memory: &inventory.Use{Median: memoryPercent * 0.8, Max: memoryPercent},
		},
		PeakRequestsPerSecond: peakPerSecond, MedianRequestsPerSecond: peakPerSecond / 2, LatencyP95Milliseconds: 40,
	}
	size := placement.Size(measured)
	return placement.Workload{
		Key: key(inventory.WorkloadEndpoint, name), Class: placement.ClassOnline, Criticality: inventory.CriticalityHigh, Size: size,
		Replicas: placement.Replicas(placement.Demand{
			Criticality: inventory.CriticalityHigh, Size: size, PeakRequestsPerSecond: peakPerSecond, Instances: 1,
		}),
		Architecture: measured.Instance.Architecture,
	}
}

// onGPU is an endpoint on a GPU, with the share of it that it uses.
func onGPU(name, instanceType string, gpuPercent, gpuMemoryPercent float64, criticality inventory.CriticalityLevel) placement.Workload {
	measured := placement.Measured{
		InstanceType: instanceType, Instance: inventory.InstanceOf(instanceType), LookbackDays: 14, NeedsGPU: true,
		Reserved: &placement.Amounts{GPUs: 1},
		Usage: &inventory.Usage{
			CPU: &inventory.Use{Median: 40, Max: 90}, Memory: &inventory.Use{Median: 0.8, Max: 1},
			GPU: &inventory.Use{Median: gpuPercent, Max: gpuPercent}, GPUMemory: &inventory.Use{Median: gpuMemoryPercent, Max: gpuMemoryPercent},
		},
		PeakRequestsPerSecond: 5,
	}
	size := placement.Size(measured)
	return placement.Workload{
		Key: key(inventory.WorkloadEndpoint, name), Class: placement.ClassOnline, Criticality: criticality, Size: size,
		Replicas: placement.Replicas(placement.Demand{Criticality: criticality, Size: size, PeakRequestsPerSecond: 5, Instances: 1}),
	}
}

// job is work that runs and ends, on whole instances.
func job(kind inventory.WorkloadKind, class placement.Class, name, instanceType string, pods int32, spot bool) placement.Workload {
	instance := inventory.InstanceOf(instanceType)
	hours := 40.0
	return placement.Workload{
		Key: key(kind, name), Class: class, Criticality: inventory.CriticalityLow,
		Size:     placement.Size(placement.Measured{InstanceType: instanceType, Instance: instance, NeedsGPU: instance.Accelerator != nil}),
		Replicas: placement.Bounds{Min: pods, Max: pods}, SpotAllowed: spot, ActiveHoursPerMonth: &hours,
	}
}

// tiny has far more pods than its amounts would fill nodes.
func tiny(name string, pods int32) placement.Workload {
	amounts := placement.Amounts{CPUMillis: 10, MemoryMiB: 16}
	return placement.Workload{
		Key: key(inventory.WorkloadEndpoint, name), Class: placement.ClassOnline, Criticality: inventory.CriticalityLow,
		Size: placement.PodSize{Requests: amounts, Limits: amounts}, Replicas: placement.Bounds{Min: pods / 2, Max: pods},
	}
}

func gpus() []placement.Workload {
	var list []placement.Workload
	// Slices of H100s, which are cheaper than the whole.
	for i := range 12 {
		list = append(list, onGPU(fmt.Sprintf("mig-%d", i), "ml.p5.48xlarge", 4, 7, inventory.CriticalityHigh))
	}
	for i := range 3 {
		list = append(list,
			onGPU(fmt.Sprintf("whole-%d", i), "ml.g5.xlarge", 45, 60, inventory.CriticalityHigh),
			onGPU(fmt.Sprintf("turns-%d", i), "ml.g4dn.xlarge", 8, 15, inventory.CriticalityLow),
		)
	}
	return append(list,
		job(inventory.WorkloadTraining, placement.ClassTraining, "big", "ml.g5.12xlarge", 2, true),
		job(inventory.WorkloadTraining, placement.ClassTraining, "whole-node", "ml.p4d.24xlarge", 1, false),
	)
}

// sixty is an account of all classes, with sizes that differ.
func sixty() []placement.Workload {
	types := []string{"ml.m5.large", "ml.c5.xlarge", "ml.m5.2xlarge", "ml.r5.xlarge", "ml.c5.4xlarge"}
	var list []placement.Workload
	for i := range 30 {
		use := float64(20 + 17*(i%5))
		list = append(list, online(fmt.Sprintf("online-%d", i), types[i%len(types)], use, 20+float64(i%7)*9, 2+float64(i)))
	}
	for i := range 5 {
		list = append(list, onGPU(fmt.Sprintf("gpu-%d", i), "ml.g4dn.xlarge", 60, 60, inventory.CriticalityMedium))
	}
	for i := range 12 {
		list = append(list, job(inventory.WorkloadTransform, placement.ClassBatch, fmt.Sprintf("batch-%d", i), types[i%len(types)], int32(1+i%3), true))
	}
	for i := range 6 {
		list = append(list, job(inventory.WorkloadNotebook, placement.ClassExperiment, fmt.Sprintf("notebook-%d", i), "ml.m5.xlarge", 1, i%2 == 0))
	}
	for i := range 5 {
		list = append(list, job(inventory.WorkloadTraining, placement.ClassTraining, fmt.Sprintf("training-%d", i), "ml.m5.4xlarge", int32(1+i%2), i%2 == 0))
	}
	return append(list,
		job(inventory.WorkloadTuning, placement.ClassTraining, "tuning", "ml.m5.xlarge", 8, true),
		job(inventory.WorkloadProcessing, placement.ClassBatch, "processing", "ml.r5.4xlarge", 1, false))
}
