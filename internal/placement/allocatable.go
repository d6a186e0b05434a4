package placement

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// What a node keeps for itself, by the public formulas of the providers.
//
//   - EKS: 255 MiB and 11 MiB for each pod that the node may run, and 100 MiB
//     at which kubelet evicts; of the CPU 6 % of the first core, 1 % of the
//     second, 0.5 % of the next two, 0.25 % of the rest. Source: bootstrap of
//     amazon-eks-ami (nodeadm), "kube-reserved".
//   - GKE: of the memory 25 % of the first 4 GiB, 20 % of the next 4, 10 % of
//     the next 8, 6 % of the next 112, 2 % of the rest, and 100 MiB for
//     eviction; of the CPU as EKS. Source: GKE documentation, "Node sizes".
//   - AKS from 1.29: the lesser of 50 MiB and 20 MiB for each pod that the
//     node may run, and a quarter of the memory; 100 MiB for eviction; of the
//     CPU 60m on one core, 100m on two, 140m on four, and 10m for each core
//     above. Source: AKS documentation, "Resource reservations".
//
// Before that, the hypervisor and the kernel keep some of what the provider
// sells. Karpenter counts on 7.5 % of the memory on all providers
// (vm-memory-overhead-percent); so do we.
const (
	machineMemoryShare = 0.075
	evictionMiB        = 100
)

// capacityMemoryMiB is what the operating system sees of the memory sold.
func capacityMemoryMiB(memoryGiB float64) float64 {
	return memoryGiB * mebibytesPerGiB * (1 - machineMemoryShare)
}

// allocatable is what pods get of a node.
func allocatable(provider Provider, vcpu int, memoryGiB float64, maxPods int64) Amounts {
	memory := capacityMemoryMiB(memoryGiB)
	reservedCPU, reservedMemory := gradedCPUMillis(vcpu), float64(255+11*maxPods)
	switch provider {
	case ProviderGKE:
		reservedMemory = gkeMemoryMiB(memory)
	case ProviderAKS:
		reservedCPU = aksCPUMillis(vcpu)
		reservedMemory = min(float64(50+20*maxPods), memory/4)
	case ProviderEKS, ProviderOther:
	default:
	}
	return Amounts{
		CPUMillis: int64(vcpu)*millisPerCore - reservedCPU,
		MemoryMiB: max(int64(memory-reservedMemory-evictionMiB), 0),
	}
}

// gradedCPUMillis is the reservation of EKS and GKE.
func gradedCPUMillis(vcpu int) int64 {
	hundredths := 0 // of a thousandth of a core
	for core := 1; core <= vcpu; core++ {
		switch {
		case core == 1:
			hundredths += 6000
		case core == 2:
			hundredths += 1000
		case core <= 4:
			hundredths += 500
		default:
			hundredths += 250
		}
	}
	return int64(hundredths / 100)
}

func aksCPUMillis(vcpu int) int64 {
	switch {
	case vcpu <= 1:
		return 60
	case vcpu <= 2:
		return 100
	case vcpu <= 4:
		return 140
	default:
		return 140 + 10*int64(vcpu-4)
	}
}

// gkeMemoryMiB sums the reservation tier by tier.
func gkeMemoryMiB(memoryMiB float64) float64 {
	reserved, rest := 0.0, memoryMiB
	for _, tier := range []struct{ gib, share float64 }{{4, 0.25}, {4, 0.20}, {8, 0.10}, {112, 0.06}} {
		part := min(rest, tier.gib*mebibytesPerGiB)
		reserved += part * tier.share
		rest -= part
	}
	return reserved + rest*0.02
}

// likeInstance is what a node as large as an instance gives to the pods of
// workloads: that of the same EC2 type where it is known, else one of as many
// vCPUs and as much memory, less DefaultSystem. A size so small that nothing
// would remain keeps a quarter.
func likeInstance(instanceType string, instance *inventory.Instance) Amounts {
	t := NodeType{Provider: ProviderEKS, VCPU: instance.VCPU, MemoryGiB: instance.MemoryGiB, MaxPods: mostPods(instance.VCPU)}
	name := strings.TrimPrefix(instanceType, "ml.")
	for _, known := range NodeTypes(ProviderEKS) {
		if known.Name == name {
			t = known
		}
	}
	given, system := t.Allocatable(), DefaultSystem().Requests
	return Amounts{
		CPUMillis: max(given.CPUMillis-system.CPUMillis, int64(t.VCPU)*millisPerCore/4) / cpuStepMillis * cpuStepMillis,
		MemoryMiB: max(given.MemoryMiB-system.MemoryMiB, int64(t.MemoryGiB*mebibytesPerGiB/4)) / memoryStepMiB * memoryStepMiB,
	}
}

// mostPods is how many pods EKS lets a node of its managed groups run.
func mostPods(vcpu int) int64 {
	if vcpu < 30 {
		return 110
	}
	return 250
}
