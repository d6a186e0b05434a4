package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	core "landfall.dev/landfall/internal/verify"
)

// Where the kernel's counters of the CPU limit are read.
const (
	sourceCgroup   = "cpu.stat inside the model's container"
	sourceCAdvisor = "the kubelet's cAdvisor metrics"

	// cadvisorPatience is how long the kubelet is waited for, which counts every
	// 10 to 15 s.
	cadvisorPatience = 30 * time.Second
	cadvisorPeriod   = 2 * time.Second
)

// cpuStat are the files that hold the counters, in control groups of version 2
// and of version 1.
var cpuStat = []string{"/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpu/cpu.stat", "/sys/fs/cgroup/cpu,cpuacct/cpu.stat"}

// throttle follows the counters of the model's container through a run.
type throttle struct {
	run     *run
	figures core.ThrottlingFigures
	// refused says why there are no readings.
	refused error
}

// watchThrottling takes the first reading, which is that of the start. It is nil
// without a CPU limit, as nothing throttles then.
func (r *run) watchThrottling(ctx context.Context) {
	limit, limited := r.subject.pods.Resources.Limits[corev1.ResourceCPU]
	if !limited {
		r.skip(core.StepThrottling, "the container has no CPU limit, so nothing throttles it", "")
		return
	}
	r.throttle = &throttle{run: r, figures: core.ThrottlingFigures{LimitMillis: limit.MilliValue()}}
	if now, ok := r.throttle.read(ctx, r.now()); ok {
		r.throttle.figures.Start = now.Since(core.CPUCounters{})
	}
}

// read takes a reading that is not older than a time.
func (t *throttle) read(ctx context.Context, since time.Time) (core.CPUCounters, bool) {
	if t == nil || t.refused != nil {
		return core.CPUCounters{}, false
	}
	var counters core.CPUCounters
	var err error
	if t.figures.Source != sourceCAdvisor {
		if counters, err = t.inside(ctx); err == nil {
			t.figures.Source = sourceCgroup
			return counters, true
		}
	}
	if t.figures.Source == sourceCgroup {
		return core.CPUCounters{}, false // it was read before: the container has ended
	}
	counters, kubeletErr := t.fromKubelet(ctx, since)
	if kubeletErr == nil {
		t.figures.Source = sourceCAdvisor
		return counters, true
	}
	if ctx.Err() == nil && t.figures.Source == "" {
		t.refused = fmt.Errorf("%s: %w; %s: %w", sourceCgroup, err, sourceCAdvisor, kubeletErr)
	}
	return core.CPUCounters{}, false
}

// inside reads the counters with the container's own cat.
func (t *throttle) inside(ctx context.Context) (core.CPUCounters, error) {
	if t.run.lacks("pods/exec") {
		return core.CPUCounters{}, errors.New("you may not create and get pods/exec")
	}
	// One of the files is there; cat tells of the others and ends with 1.
	text, err := t.run.execute(ctx, t.run.modelName(), append([]string{"cat"}, cpuStat...)...)
	counters, parseErr := core.ParseCPUStat(text)
	if parseErr == nil {
		return counters, nil
	}
	if err != nil {
		return core.CPUCounters{}, err
	}
	return core.CPUCounters{}, parseErr
}

// fromKubelet asks the node, which few may.
func (t *throttle) fromKubelet(ctx context.Context, since time.Time) (core.CPUCounters, error) {
	ctx, cancel := context.WithTimeout(ctx, cadvisorPatience)
	defer cancel()
	node := t.run.report.Conditions.Node
	for {
		data, err := t.run.cluster.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes", node, "proxy/metrics/cadvisor").DoRaw(ctx)
		if err != nil {
			return core.CPUCounters{}, err
		}
		counters, at, err := parseCAdvisor(data, t.run.trial.Namespace, t.run.modelName())
		if err == nil && !at.Before(since) {
			return counters, nil
		}
		if !pause(ctx, cadvisorPeriod) {
			if err == nil {
				err = errors.New("it has no newer figures")
			}
			return core.CPUCounters{}, err
		}
	}
}

// pause is false when nobody waits any longer.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// concludeThrottling puts the readings into the report, or why there are none.
func (r *run) concludeThrottling() {
	t := r.throttle
	if t == nil {
		return
	}
	if t.refused != nil || t.figures.Source == "" {
		why := "the container ended too early"
		if t.refused != nil {
			why = strings.TrimPrefix(t.refused.Error(), " ")
		}
		r.skip(core.StepThrottling, "CPU throttling was not measured: "+why, "be allowed to create and get pods/exec in this namespace, and have cat in the image")
		return
	}
	t.figures.Conclude()
	r.found.Figures.Throttling = &t.figures
}
