package plan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/verify"
)

// Verified are the figures of landfall verify that sizes follow. 0 means not
// measured.
type Verified struct {
	// Report is the file that they are from, MeasuredAt when they were taken.
	Report     string `json:"report"`
	MeasuredAt string `json:"measuredAt,omitempty"`
	// Image is what was measured. The figures hold for no other.
	Image string `json:"image"`
	// CPUMillis and MemoryMiB are medians of one pod at RequestsPerSecond, its
	// share of twice the peak.
	CPUMillis         int64   `json:"cpuMillis,omitempty"`
	MemoryMiB         int64   `json:"memoryMiB,omitempty"`
	RequestsPerSecond float64 `json:"requestsPerSecond,omitempty"`
	// UnthrottledCPUMillis is the CPU limit that would not have throttled the
	// pod, where the one it had did.
	UnthrottledCPUMillis int64 `json:"unthrottledCPUMillis,omitempty"`
	// GPUMemoryMiB is the most that the pod held of one GPU.
	GPUMemoryMiB int64 `json:"gpuMemoryMiB,omitempty"`
	// SuggestedNeeds are what the container did not run without. The plan gives
	// them to nobody: people set spec.container.needs of the Model.
	SuggestedNeeds []string `json:"suggestedNeeds,omitempty"`
	// WarmMemoryMiB is what the loaded model takes.
	WarmMemoryMiB int64 `json:"warmMemoryMiB,omitempty"`
	// SafeConcurrency and SafeRequestsPerSecond are what one pod bears.
	SafeConcurrency       int32   `json:"safeConcurrency,omitempty"`
	SafeRequestsPerSecond float64 `json:"safeRequestsPerSecond,omitempty"`
	// LoadSeconds is from the container's start to its first answer; nil when
	// it was not measured.
	LoadSeconds *float64 `json:"loadSeconds,omitempty"`
}

// Verification is what landfall verify found of one endpoint.
type Verification struct {
	// Workload names the endpoint; an empty account or region fits any.
	Workload verify.Workload
	Verified Verified
}

// VerificationOf takes from a report what sizes follow. Of a load that the pod
// did not bear, CPU and memory say nothing about what it needs. It fails for a
// model that was never ready: there is nothing to size by.
func VerificationOf(r verify.Report, file string) (Verification, error) {
	f := r.Figures
	if f.Ready == nil {
		return Verification{}, errors.New("the model was never ready in it; correct what the report names, and verify again")
	}
	v := Verified{Report: file, MeasuredAt: r.Conditions.StartedAt, Image: r.Conditions.Image, LoadSeconds: new(f.Ready.LoadSeconds)}
	if f.Memory != nil {
		v.WarmMemoryMiB = f.Memory.WarmMiB
	}
	if f.Throttling != nil {
		v.UnthrottledCPUMillis = f.Throttling.NeededMillis
	}
	if f.GPU != nil {
		v.GPUMemoryMiB = f.GPU.HighestMiB()
	}
	for _, need := range r.NeededNeeds() {
		v.SuggestedNeeds = append(v.SuggestedNeeds, string(need))
	}
	if f.Ramp != nil {
		v.SafeConcurrency = int32(min(f.Ramp.SafeConcurrency, math.MaxInt32))
		v.SafeRequestsPerSecond = f.Ramp.SafeRequestsPerSecond
	}
	if step, judged := r.Step(verify.StepTwicePeak); f.Peak != nil && judged && step.Verdict != verify.Failed {
		v.CPUMillis, v.MemoryMiB, v.RequestsPerSecond = f.Peak.CPUMillis, f.Peak.MemoryMiB, f.Peak.Load.OfferedPerSecond
	}
	return Verification{Workload: r.Workload, Verified: v}, nil
}

// measured gives the figures to placement.
//
// A pod that is sized for what it used at one rate bears no more than that
// rate, whatever it bore with the CPU it had while it was measured.
func (v Verified) measured(m *placement.Measured) {
	m.WarmMemoryMiB = v.WarmMemoryMiB
	m.Verified = &placement.Verified{
		CPUMillis: v.CPUMillis, MemoryMiB: v.MemoryMiB, UnthrottledCPUMillis: v.UnthrottledCPUMillis, GPUMemoryMiB: v.GPUMemoryMiB,
		SafeConcurrency: v.SafeConcurrency, SafeRequestsPerSecond: v.SafeRequestsPerSecond,
	}
	if v.CPUMillis > 0 && v.RequestsPerSecond > 0 && (v.SafeRequestsPerSecond == 0 || v.RequestsPerSecond < v.SafeRequestsPerSecond) {
		m.Verified.SafeRequestsPerSecond = v.RequestsPerSecond
	}
}

// scaleUp is how long another pod takes to load the model.
func (v Verified) scaleUp() placement.ScaleUp {
	switch {
	case v.LoadSeconds == nil:
		return placement.ScaleUp{}
	case *v.LoadSeconds == 0:
		return placement.ScaleUp{ModelLoadSeconds: -1} // it takes no time, which is not the same as not known
	default:
		return placement.ScaleUp{ModelLoadSeconds: *v.LoadSeconds}
	}
}

// verification finds the figures of a workload that runs an image, and says
// what became of them.
func (b *builder) verification(w *inventory.Workload, image string) (Verified, string) {
	v, known := b.verified[w.Full()]
	switch {
	case !known:
		return Verified{}, ""
	case v.Image != image:
		return Verified{}, fmt.Sprintf("verified: %s is not used, it measured the image %s; verify again", v.Report, v.Image)
	default:
		told := fmt.Sprintf("verified: sizes follow %s, measured at %s", v.Report, v.MeasuredAt)
		if len(v.SuggestedNeeds) > 0 {
			told += fmt.Sprintf("; it ran only with needs %s: set spec.container.needs of the Model, or mend the image", strings.Join(v.SuggestedNeeds, ", "))
		}
		return v, told
	}
}

// takeVerified joins the figures of earlier runs with new ones.
func (b *builder) takeVerified() error {
	b.verified = maps.Clone(b.previous.Verified)
	if b.verified == nil {
		b.verified = map[string]Verified{}
	}
	for _, v := range b.options.Verified {
		var found []string
		for i := range b.inventory.Workloads {
			w := &b.inventory.Workloads[i]
			if w.Kind == inventory.WorkloadEndpoint && w.Name == v.Workload.EndpointName &&
				fits(v.Workload.Region, w.Region) && fits(v.Workload.AccountID, w.AccountID) {
				found = append(found, w.Full())
			}
		}
		if len(found) != 1 {
			return fmt.Errorf("the report %s is of the endpoint %q in account %q and region %q, of which the inventory has %d; want 1",
				v.Verified.Report, v.Workload.EndpointName, v.Workload.AccountID, v.Workload.Region, len(found))
		}
		b.verified[found[0]] = v.Verified
	}
	return nil
}

// fits compares what one of the sides may not know.
func fits(a, b string) bool { return a == "" || b == "" || a == b }

// validateVerified refuses figures that no pod has.
func validateVerified(all map[string]Verified) error {
	for key, v := range all {
		for name, amount := range map[string]float64{
			"cpuMillis": float64(v.CPUMillis), "memoryMiB": float64(v.MemoryMiB), "warmMemoryMiB": float64(v.WarmMemoryMiB),
			"unthrottledCPUMillis": float64(v.UnthrottledCPUMillis), "gpuMemoryMiB": float64(v.GPUMemoryMiB),
			"requestsPerSecond": v.RequestsPerSecond, "safeConcurrency": float64(v.SafeConcurrency), "safeRequestsPerSecond": v.SafeRequestsPerSecond,
		} {
			const most = 1e9
			if !(amount >= 0 && amount <= most) {
				return fmt.Errorf("verified[%s].%s is %g; want 0 to %g", key, name, amount, most)
			}
		}
	}
	return nil
}
