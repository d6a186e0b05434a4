package placement

import (
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// What pods ask for by vendor.
const (
	vendorNVIDIA = "NVIDIA"
	vendorAWS    = "AWS"

	resourceGPU    = "nvidia.com/gpu"
	resourceShared = "nvidia.com/gpu.shared"
	resourceMIG    = "nvidia.com/mig-"
	resourceNeuron = "aws.amazon.com/neuron"
)

// sharing is how the pods of a pool share GPUs.
type sharing struct {
	kind GPUSharing
	// profile and perGPU of MIG; perGPU is also the number of turns of
	// time-slicing.
	profile string
	perGPU  int64
}

var whole = sharing{kind: SharingNone, perGPU: 1}

// resource is what a pod asks for. GKE's own device plugin calls a part of a GPU
// nvidia.com/gpu as well, and tells parts from whole ones by the node's labels
// (cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi, timesharing-gpus).
func (s sharing) resource(provider Provider, vendor string) string {
	switch {
	case vendor == vendorAWS:
		return resourceNeuron
	case provider == ProviderGKE:
		return resourceGPU
	case s.kind == SharingMIG:
		return resourceMIG + s.profile
	case s.kind == SharingTimeSlicing:
		return resourceShared
	}
	return resourceGPU
}

// suffix is the part of a pool's name.
func (s sharing) suffix() string {
	switch s.kind {
	case SharingMIG:
		return "-mig-" + strings.ReplaceAll(s.profile, ".", "-")
	case SharingTimeSlicing:
		return fmt.Sprintf("-shared-%d", s.perGPU)
	case SharingNone:
		return ""
	default:
		return ""
	}
}

// migProfile is a slice of a GPU.
type migProfile struct {
	name string
	// slices of seven of the GPU's time; eighths of its memory; how many of
	// this profile one GPU holds.
	slices, eighths, perGPU int64
}

// migProfiles are by model and memory in MiB. Source: NVIDIA MIG user guide,
// "Supported MIG profiles". Profiles with media extensions are left out, and
// 4g and 7g too: a GPU holds one of them, so that nothing is shared.
var migProfiles = map[string]map[int][]migProfile{
	"A100": {
		40960: {{"1g.5gb", 1, 1, 7}, {"1g.10gb", 1, 2, 4}, {"2g.10gb", 2, 2, 3}, {"3g.20gb", 3, 4, 2}},
		81920: {{"1g.10gb", 1, 1, 7}, {"1g.20gb", 1, 2, 4}, {"2g.20gb", 2, 2, 3}, {"3g.40gb", 3, 4, 2}},
	},
	"H100": {
		81920: {{"1g.10gb", 1, 1, 7}, {"1g.20gb", 1, 2, 4}, {"2g.20gb", 2, 2, 3}, {"3g.40gb", 3, 4, 2}},
	},
	"H200": {
		144384: {{"1g.18gb", 1, 1, 7}, {"1g.35gb", 1, 2, 4}, {"2g.35gb", 2, 2, 3}, {"3g.71gb", 3, 4, 2}},
	},
}

// migMemoryShare is what a slice gives of its eighths of the memory: nvidia-smi
// shows between 0.89 (H200, 1g.18gb: 16 GiB) and 0.98.
const migMemoryShare = 0.88

// memoryMiB of one slice, at least.
func (p migProfile) memoryMiB(gpuMiB int) int64 {
	return int64(float64(gpuMiB) * float64(p.eighths) / 8 * migMemoryShare)
}

// Shares of a GPU by time-slicing, the smallest first. The driver's memory and
// that of each process's context is not to be shared.
var timeSlices = []int64{4, 2}

const timeSliceMemoryShare = 0.9

// share finds how a workload could share a GPU, whole when it could not, with a
// sentence for people.
func share(w *Workload) (sharing, string) {
	need := w.Size.GPU
	switch {
	case need.Vendor != vendorNVIDIA || w.Size.Requests.GPUs != 1:
		return whole, ""
	case need.UsedMemoryMiB == 0 || need.UsedPercent == 0 || need.MemoryMiBEach == 0:
		return whole, "a whole GPU: how much of it is used was not measured"
	case w.Class == ClassTraining:
		return whole, "a whole GPU: training takes what it gets"
	}
	if profile, ok := migFor(need); ok {
		return sharing{kind: SharingMIG, profile: profile.name, perGPU: profile.perGPU},
			fmt.Sprintf("MIG profile %s (%d of 7 slices, at least %d MiB): it needs %s %% of a %s and %d MiB",
				profile.name, profile.slices, profile.memoryMiB(need.MemoryMiBEach), number(need.UsedPercent), need.Model, need.UsedMemoryMiB)
	}
	turns, ok := slicesFor(need)
	if !ok {
		return whole, fmt.Sprintf("a whole GPU: it needs %s %% of a %s and %d MiB", number(need.UsedPercent), need.Model, need.UsedMemoryMiB)
	}
	if w.Class != ClassExperiment && w.Criticality != inventory.CriticalityLow {
		return whole, fmt.Sprintf("a whole GPU, though it needs %s %% of it: a %s has no MIG, and taking turns is for experiments and work of low criticality, since nothing keeps pods out of each other's memory",
			number(need.UsedPercent), need.Model)
	}
	return sharing{kind: SharingTimeSlicing, perGPU: turns},
		fmt.Sprintf("one of %d turns on a GPU: it needs %s %% of a %s and %d MiB; nothing keeps pods out of each other's memory",
			turns, number(need.UsedPercent), need.Model, need.UsedMemoryMiB)
}

// migFor returns the smallest profile that holds the need.
func migFor(need *GPUNeed) (migProfile, bool) {
	for _, p := range migProfiles[need.Model][need.MemoryMiBEach] {
		if int64(need.UsedMemoryMiB) <= p.memoryMiB(need.MemoryMiBEach) && need.UsedPercent <= float64(p.slices)/7*percent {
			return p, true
		}
	}
	return migProfile{}, false
}

func slicesFor(need *GPUNeed) (int64, bool) {
	for _, turns := range timeSlices {
		memory := float64(need.MemoryMiBEach) * timeSliceMemoryShare / float64(turns)
		if need.UsedPercent <= percent/float64(turns) && float64(need.UsedMemoryMiB) <= memory {
			return turns, true
		}
	}
	return 0, false
}

// sameMemoryShare is how much less memory a GPU may have and still count as
// large enough: vendors and drivers keep some back, and tell it differently.
const sameMemoryShare = 0.95

// fitsGPU says that a node type has the GPUs that pods of a pool need. Where
// no type of the provider has the model, any of at least its memory will do.
func fitsGPU(t NodeType, g *gpuGroup) bool {
	a := t.Accelerator
	if a == nil || a.Vendor != g.vendor {
		return false
	}
	if g.sharing.kind == SharingMIG {
		return a.Model == g.model && a.MemoryMiBEach == g.memoryMiB
	}
	if g.model != "" && a.Model != g.model && !g.otherModels {
		return false
	}
	return float64(a.MemoryMiBEach) >= float64(g.memoryMiB)*sameMemoryShare
}
