package verify

import (
	"slices"
	"time"
)

// Sample is one measurement of the model's container.
type Sample struct {
	// At is when it was taken, and WindowSeconds how far back its CPU reaches.
	At            time.Time
	WindowSeconds float64
	MemoryBytes   int64
	// CPUMillis is the mean over the window; negative means not measured.
	CPUMillis float64
}

const bytesPerMiB = 1 << 20

func mebibytes(bytes int64) int64 { return (bytes + bytesPerMiB - 1) / bytesPerMiB }

// Span is a stretch of time.
type Span struct{ From, To time.Time }

// holds says that a whole sample, window included, lies in the span.
func (s Span) holds(at time.Time, windowSeconds float64) bool {
	begin := at.Add(-time.Duration(windowSeconds * float64(time.Second)))
	return !begin.Before(s.From) && !at.After(s.To)
}

// Warm is the working set before any load but after the first requests, in MiB:
// the highest sample of that span. 0 means that no sample fell into it.
func Warm(samples []Sample, span Span) int64 {
	highest := int64(0)
	for _, s := range samples {
		if span.holds(s.At, 0) {
			highest = max(highest, s.MemoryBytes)
		}
	}
	return mebibytes(highest)
}

// Highest is the largest working set of all samples, in MiB.
func Highest(samples []Sample) int64 {
	highest := int64(0)
	for _, s := range samples {
		highest = max(highest, s.MemoryBytes)
	}
	return mebibytes(highest)
}

// UnderLoad sets the medians of a span of load. A sample's CPU counts only when
// its whole window lies in the span.
func (p *PeakFigures) UnderLoad(samples []Sample, span Span) {
	var memory, cpu []float64
	for _, s := range samples {
		if span.holds(s.At, 0) {
			memory = append(memory, float64(s.MemoryBytes))
		}
		if s.CPUMillis >= 0 && span.holds(s.At, s.WindowSeconds) {
			cpu = append(cpu, s.CPUMillis)
		}
	}
	if len(memory) > 0 {
		p.MemoryMiB = mebibytes(int64(median(memory)))
		p.HighestMemoryMiB = mebibytes(int64(slices.Max(memory)))
	}
	if len(cpu) > 0 {
		p.CPUMillis = int64(median(cpu) + 0.5)
	}
}

// median of at least one value; of two in the middle, the higher: a pod that is
// too large costs less than one that is too small.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
