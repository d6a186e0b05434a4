package verify

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// CPUCounters are what the kernel counts of a control group that has a CPU
// limit. They only grow.
type CPUCounters struct {
	// Periods in which the group ran, and those in which it used up its share
	// before the end.
	Periods, ThrottledPeriods uint64
	// ThrottledSeconds is how long its runnable threads were kept waiting, on
	// all CPUs together.
	ThrottledSeconds float64
}

const (
	microsecondsPerSecond = 1e6
	nanosecondsPerSecond  = 1e9
	// periodSeconds is the kubelet's default, --cpu-cfs-quota-period.
	periodSeconds = 0.1
	// mostThrottledPercent of the periods may be throttled: the slowest
	// hundredth of answers feels more than that.
	mostThrottledPercent = 5
	millisPerCore        = 1000
)

// ParseCPUStat reads cpu.stat of a control group, of version 2 or of version 1's
// controller cpu: lines of a name and a number (admin-guide/cgroup-v2.rst and
// scheduler/sched-bwc.rst of the kernel).
func ParseCPUStat(text string) (CPUCounters, error) {
	var c CPUCounters
	known := false
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		name, digits, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
		switch name {
		case "nr_periods":
			c.Periods, known = value, true
		case "nr_throttled":
			c.ThrottledPeriods = value
		case "throttled_usec":
			c.ThrottledSeconds = float64(value) / microsecondsPerSecond
		case "throttled_time":
			c.ThrottledSeconds = float64(value) / nanosecondsPerSecond
		default:
			continue
		}
		if err != nil {
			return CPUCounters{}, fmt.Errorf("%s in cpu.stat is %.20q; want a number", name, digits)
		}
	}
	if err := lines.Err(); err != nil {
		return CPUCounters{}, fmt.Errorf("cannot read cpu.stat: %w", err)
	}
	if !known {
		return CPUCounters{}, errors.New("cpu.stat has no nr_periods: the kernel limits no CPU here")
	}
	return c, nil
}

// ThrottlingFigures tell how often the CPU limit held the container up.
type ThrottlingFigures struct {
	// Source is where the kernel's counters were read.
	Source string `json:"source"`
	// LimitMillis is the container's CPU limit.
	LimitMillis int64 `json:"limitMillis"`
	// Start is from the container's start until it was ready, Peak under one
	// pod's share of the peak, TwicePeak under twice that. A nil one was not
	// measured.
	Start     *Throttled `json:"start,omitempty"`
	Peak      *Throttled `json:"peak,omitempty"`
	TwicePeak *Throttled `json:"twicePeak,omitempty"`
	// NeededMillis estimates the limit that would not have throttled under
	// load; 0 where the limit suffices.
	NeededMillis int64 `json:"neededMillis,omitempty"`
}

// Throttled is what the limit did in a stretch of time.
type Throttled struct {
	Periods          uint64 `json:"periods"`
	ThrottledPeriods uint64 `json:"throttledPeriods"`
	// Percent of the periods that were throttled.
	Percent float64 `json:"percent"`
	// Seconds that runnable threads waited, on all CPUs together.
	Seconds float64 `json:"seconds"`
}

// Since is what happened between two readings. It is nil when the counters went
// back, as they do with another container.
func (c CPUCounters) Since(before CPUCounters) *Throttled {
	if c.Periods < before.Periods || c.ThrottledPeriods < before.ThrottledPeriods || c.ThrottledSeconds < before.ThrottledSeconds {
		return nil
	}
	t := &Throttled{
		Periods: c.Periods - before.Periods, ThrottledPeriods: c.ThrottledPeriods - before.ThrottledPeriods,
		Seconds: math.Round((c.ThrottledSeconds-before.ThrottledSeconds)*millisPerCore) / millisPerCore,
	}
	if t.Periods > 0 {
		t.Percent = math.Round(float64(t.ThrottledPeriods)/float64(t.Periods)*percent*10) / 10
	}
	return t
}

// leastPeriods are as many as a share can be told of: three seconds in which the
// container ran.
const leastPeriods = 30

// tooMuch says that callers feel it, as far as there were periods enough to tell.
func (t *Throttled) tooMuch() bool {
	return t != nil && t.Percent > mostThrottledPercent && t.Periods >= leastPeriods
}

// Conclude sets the limit that would not have throttled: in a throttled period
// the container used its limit, and its threads waited for the rest, so the two
// together are what it asked for. The mean of such periods under the heavier
// load counts.
func (f *ThrottlingFigures) Conclude() {
	for _, t := range []*Throttled{f.TwicePeak, f.Peak} {
		if t.tooMuch() && t.ThrottledPeriods > 0 {
			missing := t.Seconds / (float64(t.ThrottledPeriods) * periodSeconds) * millisPerCore
			f.NeededMillis = f.LimitMillis + int64(math.Ceil(missing))
			return
		}
	}
}

func judgeThrottling(r Run) (Step, bool) {
	f := r.Figures.Throttling
	if f == nil {
		return Step{}, false
	}
	var parts []string
	for _, s := range []struct {
		when string
		*Throttled
	}{{"until ready", f.Start}, {"at the peak", f.Peak}, {"at twice the peak", f.TwicePeak}} {
		if s.Throttled != nil {
			part := fmt.Sprintf("%s %% %s", number(s.Percent), s.when)
			if s.Periods < leastPeriods {
				part += fmt.Sprintf(" (%d of %d, too few to judge)", s.ThrottledPeriods, s.Periods)
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return Step{}, false
	}
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("share of 100 ms periods in which the CPU limit of %dm held it up: %s", f.LimitMillis, strings.Join(parts, ", "))}
	switch {
	case f.Peak.tooMuch() || f.TwicePeak.tooMuch():
		step.Verdict = Warned
		step.Do = "the CPU limit is too low: raise it"
		if f.NeededMillis > 0 {
			step.Do += fmt.Sprintf(" to about %dm, or plan more pods", f.NeededMillis)
		}
	case f.Start != nil && f.Start.tooMuch():
		step.Detail += "; a higher limit would load the model sooner"
	}
	return step, true
}
