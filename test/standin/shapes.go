package standin

import (
	"errors"
	"fmt"
	"time"
)

// Shape is the traffic of a week in a few words. Hours are UTC.
type Shape struct {
	// Kind is BusinessHours (Monday to Friday, 08 to 18, with a noon dip),
	// Evenings (18 to 23 every day, more at weekends), Weekends (Saturday and
	// Sunday, 09 to 22), NightlyBatch (02 to 04 every day) or Steady.
	Kind string `json:"kind"`
	// PeakPerHour and QuietPerHour are invocations in the busiest and in the
	// quietest hour.
	PeakPerHour  float64 `json:"peakPerHour"`
	QuietPerHour float64 `json:"quietPerHour,omitempty"`
}

// shapes give the share of the peak for a day of the week (0 is Monday) and
// an hour, 0 to 1.
var shapes = map[string]func(day, hour int) float64{
	"Steady": func(int, int) float64 { return 1 },
	"BusinessHours": func(day, hour int) float64 {
		switch {
		case day > 4 || hour < 7 || hour > 18:
			return 0
		case hour == 7 || hour == 18:
			return 0.4
		case hour == 12:
			return 0.7
		}
		return 1 - 0.05*float64(day%3)
	},
	"Evenings": func(day, hour int) float64 {
		switch {
		case hour < 16:
			return 0.1
		case hour < 18:
			return 0.5
		case day > 4:
			return 1
		}
		return 0.8
	},
	"Weekends": func(day, hour int) float64 {
		if day > 4 && hour >= 9 && hour <= 22 {
			return 1
		}
		return 0
	},
	"NightlyBatch": func(_, hour int) float64 {
		if hour >= 2 && hour < 4 {
			return 1
		}
		return 0
	},
}

// hours are the 168 hours of the week, from Monday 00:00.
func (s Shape) hours() ([]float64, error) {
	share, ok := shapes[s.Kind]
	if !ok {
		return nil, fmt.Errorf("shape.kind: %q is none of BusinessHours, Evenings, Weekends, NightlyBatch, Steady", s.Kind)
	}
	if s.QuietPerHour < 0 || s.PeakPerHour < s.QuietPerHour {
		return nil, errors.New("shape: peakPerHour must not be below quietPerHour, nor that below 0")
	}
	out := make([]float64, 168)
	for i := range out {
		out[i] = s.QuietPerHour + (s.PeakPerHour-s.QuietPerHour)*share(i/24, i%24)
	}
	return out, nil
}

// JobProfile names the metrics of one instance of a job.
type JobProfile struct {
	// Kind is TrainingJobs, ProcessingJobs or TransformJobs, the end of the
	// namespace.
	Kind string `json:"kind"`
	// Host is the dimension: "<job>/algo-1", or "<job>/<instance ID>" for
	// transform jobs.
	Host string `json:"host"`
	// From and To are when the instance ran, RFC 3339.
	From string `json:"from"`
	To   string `json:"to"`

	from, to time.Time
}

func (p *TrafficProfile) validateJob() error {
	j := p.Job
	if p.Endpoint != "" || p.Variant != "" || p.InferenceComponent != "" || p.HourlyInvocations != nil || p.Async != nil {
		return errors.New("job: it excludes endpoint, variant, inferenceComponent, hourlyInvocations, shape and async")
	}
	if j.Kind != "TrainingJobs" && j.Kind != "ProcessingJobs" && j.Kind != "TransformJobs" {
		return fmt.Errorf("job.kind: %q is none of TrainingJobs, ProcessingJobs, TransformJobs", j.Kind)
	}
	if j.Host == "" || len(p.Utilization) == 0 {
		return errors.New("job: host and utilization must be set")
	}
	var errFrom, errTo error
	j.from, errFrom = time.Parse(time.RFC3339, j.From)
	j.to, errTo = time.Parse(time.RFC3339, j.To)
	if errFrom != nil || errTo != nil || !j.from.Before(j.to) {
		return fmt.Errorf("job: from %q and to %q must be times in that order, such as 2026-01-31T23:59:59Z", j.From, j.To)
	}
	return nil
}

// AsyncProfile is the backlog of an asynchronous endpoint.
type AsyncProfile struct {
	// BacklogSize is ApproximateBacklogSize without load and in the busiest
	// hour; each instance has its part of it.
	BacklogSize Range `json:"backlogSize"`
	// AgeSeconds is ApproximateAgeOfOldestRequest likewise.
	AgeSeconds Range `json:"ageSeconds,omitempty"`
	// ZeroInstances: the endpoint scales to zero, so that a backlog stands
	// without capacity in the hours before which nothing came.
	ZeroInstances bool `json:"zeroInstances,omitempty"`
}

// dimensions are the sets of dimensions the profile's metrics have, each as
// one text.
func (p *TrafficProfile) dimensions() []string {
	switch {
	case p.Job != nil:
		return []string{dimensionKey(map[string]string{"Host": p.Job.Host})}
	case p.InferenceComponent != "":
		return []string{dimensionKey(map[string]string{"InferenceComponentName": p.InferenceComponent})}
	case p.Async != nil:
		return []string{
			dimensionKey(map[string]string{"EndpointName": p.Endpoint, "VariantName": p.Variant}),
			dimensionKey(map[string]string{"EndpointName": p.Endpoint}),
		}
	}
	return []string{dimensionKey(map[string]string{"EndpointName": p.Endpoint, "VariantName": p.Variant})}
}

// utilizationNamespace is where the profile's instances report.
func (p *TrafficProfile) utilizationNamespace() string {
	switch {
	case p.Job != nil:
		return "/aws/sagemaker/" + p.Job.Kind
	case p.InferenceComponent != "":
		return "/aws/sagemaker/InferenceComponents"
	}
	return namespaceInstances
}

// backlogPoint is a value of the metrics of an asynchronous endpoint as a
// whole, in [from, to).
func (p *TrafficProfile) backlogPoint(metric, stat string, from, to, now time.Time) (float64, bool) {
	load, span := p.load(from, now), to.Sub(from)
	perInstance := p.Async.BacklogSize
	instances := float64(orDefault(p.Instances, 1))
	perInstance.Idle, perInstance.Peak = perInstance.Idle/instances, perInstance.Peak/instances
	switch metric {
	case "ApproximateBacklogSize":
		return utilization(p.Async.BacklogSize, load, stat, span), true
	case "ApproximateBacklogSizePerInstance":
		return utilization(perInstance, load, stat, span), true
	case "ApproximateAgeOfOldestRequest":
		return utilization(p.Async.AgeSeconds, load, stat, span), load > 0
	case "HasBacklogWithoutCapacity":
		waiting := 0.0
		if p.Async.ZeroInstances && load > 0 && p.load(from.Add(-time.Hour), now) == 0 {
			waiting = 1
		}
		return utilization(Range{Idle: waiting, Peak: waiting}, 0, stat, span), true
	}
	return 0, false
}

// asyncPoint is a value of an asynchronous variant, of n requests.
func (p *TrafficProfile) asyncPoint(metric, stat string, n float64) (float64, bool) {
	millis := func(l Percentiles) Percentiles {
		return Percentiles{P50: l.P50 / 1000, P95: l.P95 / 1000, P99: l.P99 / 1000}
	}
	switch metric {
	case "InvocationsProcesssed": // so spelt in AWS's documentation
		return countStat(stat, n, n), true
	case "InvocationFailures":
		return countStat(stat, float64(int64(n*p.Error5XXRatio)), n), true
	case "TimeInBacklog":
		waited := 1000 * p.Async.AgeSeconds.Peak
		return latencyStat(stat, Percentiles{P50: waited / 4, P95: waited / 2, P99: waited}, n), waited > 0
	case "TotalProcessingTime":
		return latencyStat(stat, millis(p.LatencyMicros), n), p.LatencyMicros.P50 > 0
	case "ModelLatency":
		return latencyStat(stat, p.LatencyMicros, n), p.LatencyMicros.P50 > 0
	case "Invocation4XXErrors":
		return countStat(stat, float64(int64(n*p.Error4XXRatio)), n), true
	case "Invocation5XXErrors", "InvocationModelErrors":
		return countStat(stat, float64(int64(n*p.Error5XXRatio)), n), true
	}
	return 0, false
}
