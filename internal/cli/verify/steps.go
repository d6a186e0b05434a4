package verify

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/desired/trial"
	core "landfall.dev/landfall/internal/verify"
)

const (
	secondsPerMinute = 60
	// peakFactor is how much more than the measured peak is sent.
	peakFactor = 2

	withoutRequests = "no requests were given"
	howToCapture    = "give --requests with SageMaker's data capture of the endpoint, or --body and --content-type"
)

// alive says that the model's container still runs; otherwise the step is
// skipped, and why is told.
func (r *run) alive(ctx context.Context, name core.StepName) (bool, error) {
	current, err := r.pod(ctx, r.modelName())
	if err != nil {
		return false, err
	}
	if ended := current.ended(); ended != nil {
		// Its last words may quote requests, which were sent by now.
		r.skip(name, "the container had ended before: "+codeOf(ended), adviceOn("", ended))
		return false, nil
	}
	return true, nil
}

// answers sends each captured request once.
func (r *run) answers(ctx context.Context) error {
	if len(r.subject.packed) == 0 {
		r.skip(core.StepAnswers, withoutRequests, howToCapture)
		return nil
	}
	r.session.Notef("Sending %d requests", len(r.subject.requests))
	err := r.probe(ctx, r.modelName(), trial.Load{Phase: core.PhaseAnswers, Seconds: 1}, func(o core.Observation) error {
		if o.Answers != nil {
			r.found.Figures.Answers = o.Answers
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.warm = r.now()
	r.skip(core.StepAnswers, "no answers were captured to compare with; the requests were answered", howToCapture)
	return nil
}

// awaitWarm waits for a sample of the memory before any load.
func (r *run) awaitWarm(ctx context.Context) error {
	r.session.Notef("Waiting for a measurement of the memory")
	r.usage.await(ctx, func(samples []core.Sample) bool {
		return len(samples) > 0 && !samples[len(samples)-1].At.Before(r.warm)
	})
	r.found.Figures.Memory = &core.MemoryFigures{WarmMiB: core.Warm(r.usage.all(), core.Span{From: r.warm, To: r.now()})}
	return ctx.Err()
}

// atPeak says whether there is a peak to send, and its rate for one pod.
func (r *run) atPeak() (perSecond float64, ok bool) {
	switch {
	case len(r.subject.packed) == 0:
		r.skip(core.StepTwicePeak, withoutRequests, howToCapture)
	case r.subject.peakPerMinute == 0:
		r.skip(core.StepTwicePeak, "the peak is not known", "give --peak-requests-per-minute, or --inventory")
	default:
		return r.subject.peakPerMinute / secondsPerMinute / float64(r.report.Conditions.Pods), true
	}
	return 0, false
}

// peakShare of the time at twice the peak is spent at the peak: it is there for
// the counters of throttling, which need no median.
const peakShare = 3

// peak sends one pod's share of the peak.
func (r *run) peak(ctx context.Context) error {
	rate, known := r.atPeak()
	if !known {
		return nil
	}
	if ok, err := r.alive(ctx, core.StepTwicePeak); err != nil || !ok {
		return err
	}
	r.gpu.load(ctx)
	load, throttled, _, err := r.sendAt(ctx, core.PhasePeak, rate, r.peakTime/peakShare, "at the peak")
	if err != nil {
		return err
	}
	r.found.Figures.AtPeak = &load
	if r.throttle != nil {
		r.throttle.figures.Peak = throttled
	}
	return nil
}

// sendAt sends at a fixed rate, and returns what became of it, what the CPU
// limit did meanwhile, and when it was.
func (r *run) sendAt(ctx context.Context, phase core.Phase, rate float64, duration time.Duration, when string) (core.Load, *core.Throttled, core.Span, error) {
	r.session.Notef("Sending %.3g requests/s for %s: one of %d pods %s", rate, duration.Round(time.Second), r.report.Conditions.Pods, when)
	var load core.Load
	var span core.Span
	before, ok := r.throttle.read(ctx, r.now())
	err := r.probe(ctx, r.modelName(), trial.Load{Phase: phase, Seconds: duration.Seconds(), RequestsPerSecond: rate}, func(o core.Observation) error {
		if o.Started {
			span.From = r.now()
		}
		if o.Load != nil {
			span.To, load = r.now(), *o.Load
		}
		return nil
	})
	if err != nil || !ok {
		return load, nil, span, err
	}
	after, ok := r.throttle.read(ctx, r.now())
	if !ok {
		return load, nil, span, nil
	}
	return load, after.Since(before), span, nil
}

// twicePeak sends one pod's share of twice the peak.
func (r *run) twicePeak(ctx context.Context) error {
	rate, known := r.atPeak()
	if !known {
		return nil
	}
	if ok, err := r.alive(ctx, core.StepTwicePeak); err != nil || !ok {
		return err
	}
	figures := &core.PeakFigures{}
	load, throttled, span, err := r.sendAt(ctx, core.PhaseTwicePeak, peakFactor*rate, r.peakTime, "at twice the peak")
	if err != nil {
		return err
	}
	figures.Load = load
	if r.throttle != nil {
		r.throttle.figures.TwicePeak = throttled
	}
	r.usage.await(ctx, func(samples []core.Sample) bool {
		figures.UnderLoad(samples, span)
		return figures.CPUMillis > 0 || len(samples) > 0 && samples[len(samples)-1].At.After(span.To)
	})
	figures.Ended, err = r.howEnded(ctx)
	r.found.Figures.Peak = figures
	return err
}

// howEnded tells how the model's container ended; empty while it runs.
func (r *run) howEnded(ctx context.Context) (string, error) {
	current, err := r.pod(ctx, r.modelName())
	if err != nil {
		return "", err
	}
	if ended := current.ended(); ended != nil {
		return fmt.Sprintf("exit code %d %s", ended.ExitCode, ended.Reason), nil
	}
	return "", nil
}

// rampUp finds how many requests at a time are safe.
func (r *run) rampUp(ctx context.Context) error {
	if len(r.subject.packed) == 0 {
		r.skip(core.StepConcurrency, withoutRequests, howToCapture)
		return nil
	}
	if ok, err := r.alive(ctx, core.StepConcurrency); err != nil || !ok {
		return err
	}
	r.gpu.load(ctx)
	r.session.Notef("Raising the load, %s a step", r.stepTime)
	var steps []core.Load
	err := r.probe(ctx, r.modelName(), trial.Load{Phase: core.PhaseRamp, Seconds: r.stepTime.Seconds()}, func(o core.Observation) error {
		if o.Load != nil {
			steps = append(steps, *o.Load)
			r.session.Notef("  %d at a time: %.4g answers/s, 99 %% within %.3g ms, %d of %d failed",
				o.Load.Concurrency, o.Load.AnsweredPerSecond, o.Load.P99Milliseconds, o.Load.Errors, o.Load.Requests)
		}
		return nil
	})
	if err != nil {
		return err
	}
	figures := r.limits.Conclude(steps)
	ended, err := r.howEnded(ctx)
	if ended != "" {
		figures.Why += "; the container ended: " + ended
	}
	r.found.Figures.Ramp = &figures
	return err
}

// concludeMeasurements takes down what all readings say.
func (r *run) concludeMeasurements(context.Context) error {
	r.concludeThrottling()
	r.concludeGPU()
	r.concludeMemory()
	return nil
}

func (r *run) concludeMemory() {
	samples, m := r.usage.all(), r.found.Figures.Memory
	m.HighestMiB, m.Samples = core.Highest(samples), len(samples)
	if limit, ok := r.subject.pods.Resources.Limits[corev1.ResourceMemory]; ok {
		const mebibyte = 1 << 20
		m.LimitMiB = limit.Value() / mebibyte
	}
	source, why := r.usage.told()
	r.report.Conditions.UsageSource = source
	if source != "" {
		why = "no measurement fell between the first answers and the load"
	}
	r.skip(core.StepMemory, "the memory could not be measured: "+why, "install metrics-server, and be allowed to get pods of metrics.k8s.io")
	if m.Samples == 0 {
		r.found.Figures.Memory = nil
	}
}

const (
	// drainSeconds is the preStop sleep of the pods, graceSeconds what a
	// container has after SIGTERM: what SageMaker gives it.
	drainSeconds = 5
	graceSeconds = 30
)

// stopModel deletes the model's pod while requests are under way.
func (r *run) stopModel(ctx context.Context) error {
	if ok, err := r.alive(ctx, core.StepStop); err != nil || !ok {
		return err
	}
	r.session.Notef("Stopping the model")
	stop := &core.StopFigures{GraceSeconds: graceSeconds}
	if len(r.subject.packed) == 0 {
		if err := r.delete(ctx, r.modelName()); err != nil {
			return err
		}
		return r.howStopped(ctx, stop)
	}
	outcome := make(chan error, 1)
	err := r.probe(ctx, r.modelName(), trial.Load{Phase: core.PhaseStop, Seconds: drainSeconds + graceSeconds}, func(o core.Observation) error {
		if o.Started {
			if err := r.delete(ctx, r.modelName()); err != nil {
				return err
			}
			go func() { outcome <- r.howStopped(ctx, stop) }()
		}
		if o.Stop != nil {
			// howStopped may still be writing the other fields.
			stopped := <-outcome
			outcome <- stopped
			stop.Requests = o.Stop
		}
		return nil
	})
	if err != nil {
		return err
	}
	return <-outcome
}

func (r *run) delete(ctx context.Context, name string) error {
	err := r.patiently(ctx, func() error {
		return r.cluster.CoreV1().Pods(r.trial.Namespace).Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(drainSeconds + graceSeconds))})
	})
	if err != nil {
		return fmt.Errorf("cannot delete the pod %s: %w", name, err)
	}
	return nil
}

// howStopped follows the model's pod to its end. SIGTERM comes after the preStop
// sleep, counted from the deletion as the pod first tells it: its very end is
// another deletion, without grace.
func (r *run) howStopped(ctx context.Context, stop *core.StopFigures) error {
	var asked time.Time
	last, err := r.follow(ctx, r.modelName(), func(p pod) (bool, error) {
		if asked.IsZero() && p.DeletionTimestamp != nil && p.DeletionGracePeriodSeconds != nil {
			asked = p.DeletionTimestamp.Add(-time.Duration(*p.DeletionGracePeriodSeconds) * time.Second)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if last.Pod == nil || last.ended() == nil || asked.IsZero() {
		r.skip(core.StepStop, "the cluster did not tell how the container ended", "repeat it")
		return nil
	}
	ended := last.ended()
	stop.Seconds = max(0, ended.FinishedAt.Sub(asked).Seconds()-drainSeconds)
	stop.ExitCode = ended.ExitCode
	r.found.Figures.Stop = stop
	return nil
}
