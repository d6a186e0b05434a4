package standin

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// TrafficProfile is the traffic CloudWatch reports for one variant or
// inference component. Everything follows from the profile and the time, so
// that the same question gets the same answer.
type TrafficProfile struct {
	// Endpoint and Variant are the dimensions; or InferenceComponent alone.
	Endpoint           string `json:"endpoint,omitempty"`
	Variant            string `json:"variant,omitempty"`
	InferenceComponent string `json:"inferenceComponent,omitempty"`
	// Job makes it the instances of a job instead; it has no invocations.
	Job *JobProfile `json:"job,omitempty"`
	// Async makes it an asynchronous endpoint, which publishes other metrics.
	Async *AsyncProfile `json:"async,omitempty"`
	// Shape gives HourlyInvocations by a word and two numbers instead.
	Shape *Shape `json:"shape,omitempty"`
	// HourlyInvocations are invocations per hour: 1 number (constant), 24
	// (by hour of day, UTC) or 168 (by hour of week, from Monday 00:00 UTC).
	HourlyInvocations []float64 `json:"hourlyInvocations,omitempty"`
	// NoiseRatio varies each hour by up to this share, 0 to 1.
	NoiseRatio float64 `json:"noiseRatio,omitempty"`
	// IdleDays means no invocations in the last so many days.
	IdleDays int `json:"idleDays,omitempty"`
	// LatencyMicros are ModelLatency percentiles in microseconds, the unit
	// CloudWatch uses.
	LatencyMicros Percentiles `json:"latencyMicros,omitempty"`
	// OverheadMicros is OverheadLatency in microseconds, the same for all.
	OverheadMicros float64 `json:"overheadMicros,omitempty"`
	// Error4XXRatio and Error5XXRatio are shares of the invocations.
	Error4XXRatio float64 `json:"error4XXRatio,omitempty"`
	Error5XXRatio float64 `json:"error5XXRatio,omitempty"`
	// Instances divides Invocations for InvocationsPerInstance; default 1.
	Instances int `json:"instances,omitempty"`
	// Utilization is keyed by metric: CPUUtilization, MemoryUtilization,
	// DiskUtilization, GPUUtilization, GPUMemoryUtilization. In percent, up
	// to 100 times the number of cores or GPUs. For inference components they
	// end in "Normalized" and go to 100.
	Utilization map[string]Range `json:"utilization,omitempty"`
}

// Percentiles are in ascending order.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Range is a utilization without load and in the busiest hour, in percent.
type Range struct {
	Idle float64 `json:"idle"`
	Peak float64 `json:"peak"`
}

func (p *TrafficProfile) validate() error {
	switch {
	case p.Shape != nil && p.HourlyInvocations != nil:
		return errors.New("shape: it excludes hourlyInvocations")
	case p.Shape != nil:
		hours, err := p.Shape.hours()
		if err != nil {
			return err
		}
		p.HourlyInvocations = hours
	case p.Job != nil:
		return p.validateJob()
	}
	if n := len(p.HourlyInvocations); n != 1 && n != 24 && n != 168 {
		return fmt.Errorf("hourlyInvocations: %d numbers; give 1, 24 or 168", n)
	}
	for i, v := range p.HourlyInvocations {
		if v < 0 {
			return fmt.Errorf("hourlyInvocations[%d]: %v is negative", i, v)
		}
	}
	if (p.InferenceComponent == "") == (p.Endpoint == "" || p.Variant == "") {
		return errors.New("endpoint: give endpoint and variant, or inferenceComponent alone")
	}
	for name, ratio := range map[string]float64{
		"noiseRatio": p.NoiseRatio, "error4XXRatio": p.Error4XXRatio, "error5XXRatio": p.Error5XXRatio,
	} {
		if ratio < 0 || ratio > 1 {
			return fmt.Errorf("%s: %v is not between 0 and 1", name, ratio)
		}
	}
	if l := p.LatencyMicros; l.P50 < 0 || l.P95 < l.P50 || l.P99 < l.P95 {
		return errors.New("latencyMicros: percentiles must ascend from 0")
	}
	if p.Instances < 0 || p.IdleDays < 0 {
		return errors.New("instances and idleDays must not be negative")
	}
	return nil
}

// hourly is the number of invocations in the hour that starts at hour.
func (p *TrafficProfile) hourly(hour, now time.Time) float64 {
	if p.IdleDays > 0 && hour.After(now.Add(-time.Duration(p.IdleDays)*24*time.Hour)) {
		return 0
	}
	hour = hour.UTC()
	index := 0
	switch len(p.HourlyInvocations) {
	case 24:
		index = hour.Hour()
	case 168:
		index = (int(hour.Weekday())+6)%7*24 + hour.Hour()
	}
	return math.Round(p.HourlyInvocations[index] * (1 + p.NoiseRatio*p.noise(hour)))
}

// noise is a fixed number from -1 to 1 for each profile and hour.
func (p *TrafficProfile) noise(hour time.Time) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%s/%s/%d", p.Endpoint, p.Variant, p.InferenceComponent, hour.Unix())
	if p.Job != nil {
		h.Write([]byte(p.Job.Host))
	}
	return float64(h.Sum64()>>11)/(1<<52) - 1
}

// invocations counts those in [from, to), both on full minutes. Each hour's
// total is spread over its minutes so that any periods add up to it.
func (p *TrafficProfile) invocations(from, to, now time.Time) float64 {
	total := 0.0
	for hour := from.Truncate(time.Hour); hour.Before(to); hour = hour.Add(time.Hour) {
		n := p.hourly(hour, now)
		start := math.Max(0, from.Sub(hour).Minutes())
		end := math.Min(60, to.Sub(hour).Minutes())
		total += math.Floor(n*end/60) - math.Floor(n*start/60)
	}
	return total
}

// load is the share of the busiest hour, 0 to 1, at a time.
func (p *TrafficProfile) load(at, now time.Time) float64 {
	if p.Job != nil { // busy from start to end, more or less
		return 0.8 + 0.2*p.noise(at.Truncate(time.Minute))
	}
	peak := 0.0
	for _, n := range p.HourlyInvocations {
		peak = math.Max(peak, n)
	}
	if peak == 0 {
		return 0
	}
	return math.Min(1, p.hourly(at.Truncate(time.Hour), now)/peak)
}

// latency interpolates between the known percentiles, on a logarithmic scale
// because latencies have long tails; rank is 0 to 100.
func (l Percentiles) latency(rank float64) float64 {
	low := l.P50 / 2
	points := []struct{ rank, value float64 }{{0, low}, {50, l.P50}, {95, l.P95}, {99, l.P99}, {100, l.P99 * 1.5}}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if rank > b.rank {
			continue
		}
		if a.value <= 0 {
			return b.value
		}
		return a.value * math.Pow(b.value/a.value, (rank-a.rank)/(b.rank-a.rank))
	}
	return points[len(points)-1].value
}

// mean is the average the percentiles imply, by the midpoint of each percent.
func (l Percentiles) mean() float64 {
	sum := 0.0
	for i := range 100 {
		sum += l.latency(float64(i) + 0.5)
	}
	return sum / 100
}
