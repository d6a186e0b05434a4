package placement

import (
	"fmt"
	"math"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// Demand is what the number of pods of a workload that serves requests is
// derived from.
type Demand struct {
	Criticality inventory.CriticalityLevel
	// Size of one pod, with the load that it carries.
	Size PodSize
	// PeakRequestsPerSecond is the busiest minute of all instances together;
	// 0 means not known.
	PeakRequestsPerSecond float64
	// HourOfWeek is the mean number of requests in each hour of a week, as in
	// inventory.Traffic; empty means not known.
	HourOfWeek []float64
	// LatencyP95Milliseconds is the time of a request in the container, for
	// pods whose Load is known as a concurrency only; 0 means not known.
	LatencyP95Milliseconds float64
	// Instances is how many serve the work now; 0 means not known.
	Instances int32
	// ScaleUp is how long another pod takes.
	ScaleUp ScaleUp
}

// ScaleUp is how long it takes until another pod answers, part by part, in
// seconds. A part that is 0 stands for that of DefaultScaleUp; a negative one
// means that it takes no time.
type ScaleUp struct {
	// MetricLagSeconds is how old the figures are that scaling acts on, with
	// the autoscaler's own period.
	MetricLagSeconds float64
	// NodeStartSeconds is how long a new node takes, where none has room.
	NodeStartSeconds float64
	// PodStartSeconds is scheduling and starting containers.
	PodStartSeconds float64
	// ImagePullSeconds is for an image that the node does not have yet.
	ImagePullSeconds float64
	// ModelLoadSeconds is from the container's start until the model answers.
	ModelLoadSeconds float64
}

// DefaultScaleUp is taken for what was not measured. The autoscaler looks every
// 15 seconds at metrics that are scraped every 15 to 30; nodes of the large
// clouds join within about 90 seconds; images of model servers have 5 to 10
// GiB, of which a node unpacks some 100 MiB a second. A model's loading time
// varies too much for a default; two minutes are a quarter of what SageMaker
// allows for it.
func DefaultScaleUp() ScaleUp {
	return ScaleUp{MetricLagSeconds: 60, NodeStartSeconds: 90, PodStartSeconds: 10, ImagePullSeconds: 60, ModelLoadSeconds: 120}
}

// Seconds is the whole time.
func (s ScaleUp) Seconds() float64 {
	d := DefaultScaleUp()
	return part(s.MetricLagSeconds, d.MetricLagSeconds) + part(s.NodeStartSeconds, d.NodeStartSeconds) +
		part(s.PodStartSeconds, d.PodStartSeconds) + part(s.ImagePullSeconds, d.ImagePullSeconds) +
		part(s.ModelLoadSeconds, d.ModelLoadSeconds)
}

func part(value, unset float64) float64 {
	if value == 0 {
		return unset
	}
	return max(value, 0)
}

const (
	// mostGrowth bounds how much more than the measured peak may come while
	// new pods start.
	mostGrowth = 2.0
	// leastReplicasHigh survive the loss of one node.
	leastReplicasHigh = 2
	// mostReplicas keeps figures that are wrong from planning a data center.
	mostReplicas = 1000

	secondsPerHour = 3600.0
)

// Replicas says how many pods carry the traffic.
//
// The fewest carry the measured peak at the load that a pod is counted on for
// (Load.SafeRequestsPerSecond), and with the room that this leaves
// (Load.BurstRequestsPerSecond) what traffic grows by until another pod answers
// (ScaleUp): from one hour of the week to the next it grows at most by some
// share of the busiest hour; in the time of a scale-up, by that share of it. The most carry twice the peak at the load that
// a pod is sized for. Without figures on traffic there are as many as there are
// instances, and at most twice as many. Work of high criticality has at least
// two.
func Replicas(d Demand) Bounds {
	bounds := d.byTraffic()
	if d.Criticality == inventory.CriticalityHigh && bounds.Min < leastReplicasHigh {
		bounds.Min = leastReplicasHigh
		bounds.Reasons = append(bounds.Reasons, fmt.Sprintf("replicas: at least %d, because its criticality is high", leastReplicasHigh))
	}
	bounds.Max = max(bounds.Max, bounds.Min)
	return bounds
}

func (d Demand) byTraffic() Bounds {
	safe, how := d.safeRate()
	if safe <= 0 || d.PeakRequestsPerSecond <= 0 {
		count := max(d.Instances, 1)
		reason := fmt.Sprintf("replicas: as many as instances serve it now (%d), at most twice as many: the traffic of one instance is not known", count)
		if d.Instances <= 0 {
			reason = "replicas: 1, at most 2: neither the traffic nor the number of instances is known"
		}
		return Bounds{Min: count, Max: 2 * count, Reasons: []string{reason}}
	}
	sized, growth, burst := max(d.Size.Load.RequestsPerSecond, safe), d.growth(), max(d.Size.Load.BurstRequestsPerSecond, safe)
	switch {
	case d.Size.Load.Proven:
		sized, burst = safe, safe
	case d.Size.Load.BurstRequestsPerSecond <= 0:
		growth = 0 // the measured peak was seen to be carried; what is borne above it never was
	}
	fewest := max(pods(d.PeakRequestsPerSecond, safe), pods(d.PeakRequestsPerSecond*(1+growth), burst))
	most := pods(d.PeakRequestsPerSecond*LoadFactor, sized)
	return Bounds{Min: fewest, Max: most, Reasons: []string{
		fmt.Sprintf("replicas: at least %d for %s requests/s at the peak, at %s%s",
			fewest, number(d.PeakRequestsPerSecond), how, d.growthWords(growth, burst)),
		fmt.Sprintf("replicas: at most %d, for twice the peak at %s requests/s for each pod", max(most, fewest), number(sized)),
	}}
}

func (d Demand) growthWords(growth, burst float64) string {
	if growth <= 0 {
		return ""
	}
	return fmt.Sprintf("; traffic may grow by %s %% in the %s s until another pod answers, which they bear at up to %s requests/s each",
		number(growth*percent), number(d.ScaleUp.Seconds()), number(burst))
}

// safeRate is how many requests per second one pod is counted on for.
func (d Demand) safeRate() (perSecond float64, how string) {
	l := d.Size.Load
	if l.Proven {
		rate := l.RequestsPerSecond
		if byTime := l.Concurrency * 1000 / d.LatencyP95Milliseconds; d.LatencyP95Milliseconds > 0 && l.Concurrency > 0 && (rate <= 0 || byTime < rate) {
			rate = byTime
		}
		return rate, number(rate) + " requests/s for each pod, from landfall verify"
	}
	rate := l.SafeRequestsPerSecond
	return rate, number(rate) + " requests/s for each pod, an estimate until landfall verify has measured it"
}

// growth is the share of the peak by which traffic may rise while another pod
// starts.
func (d Demand) growth() float64 {
	if len(d.HourOfWeek) == 0 {
		return 0
	}
	busiest := slices.Max(d.HourOfWeek)
	if busiest <= 0 {
		return 0
	}
	steepest := 0.0
	for i, now := range d.HourOfWeek {
		next := d.HourOfWeek[(i+1)%len(d.HourOfWeek)]
		steepest = max(steepest, next-now)
	}
	return min(steepest/busiest*d.ScaleUp.Seconds()/secondsPerHour, mostGrowth-1)
}

func pods(requestsPerSecond, safe float64) int32 {
	return int32(min(max(math.Ceil(requestsPerSecond/safe-1e-9), 1), mostReplicas))
}
