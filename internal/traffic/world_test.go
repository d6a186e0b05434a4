package traffic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/traffic"
)

// world is an operator and its routers in miniature.
type world struct {
	spec     v1alpha1.EndpointSpec
	status   v1alpha1.EndpointStatus
	ready    map[string]traffic.Readiness
	hash     map[string]string
	routers  int
	applied  int
	age      time.Duration
	measured evidence.EndpointReport
	now      time.Time
}

var dawn = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld() *world {
	w := &world{
		ready: map[string]traffic.Readiness{}, hash: map[string]string{"managed": "m1", "cluster": "c1", "other": "o1"},
		routers: 2, applied: -1, now: dawn,
	}
	w.spec.Variants = []v1alpha1.Variant{{Name: "managed"}, {Name: "cluster"}}
	w.spec.Live = "managed"
	w.spec.Rollout.Gates.Errors.MaxIncreasePercent = v1alpha1.PercentFromString("0.1")
	w.spec.Rollout.Gates.Agreement.MinPercent = v1alpha1.PercentFromString("99.9")
	return w
}

// restart sends the status through JSON, as through an API server.
func (w *world) restart() error {
	data, err := json.Marshal(w.status)
	if err != nil {
		return err
	}
	w.status = v1alpha1.EndpointStatus{}
	return json.Unmarshal(data, &w.status)
}

func (w *world) input() traffic.Input {
	return traffic.Input{
		Spec: &w.spec, Status: w.status, Ready: w.ready, TargetHash: w.hash,
		Evidence: w.evidence(), RoutersExpected: w.routers, Now: w.now,
	}
}

// evidence is one router with everything measured and others with nothing.
func (w *world) evidence() evidence.Merged {
	applied := w.applied
	if applied < 0 {
		applied = w.routers
	}
	var reports []evidence.Report
	for i := range applied {
		e := evidence.EndpointReport{Name: "churn", TrafficRevision: w.status.TrafficRevision}
		if i == 0 {
			e = w.measured
			e.Name, e.TrafficRevision = "churn", w.status.TrafficRevision
		}
		reports = append(reports, evidence.Report{Router: fmt.Sprint("r", i), Time: w.now.Add(-w.age), Endpoints: []evidence.EndpointReport{e}})
	}
	return evidence.Merge(reports, "", "churn", "", w.status.TrafficRevision)
}

func (w *world) write(out traffic.Output) {
	w.status.Live, w.status.Previous = out.Live, out.Previous
	w.status.Traffic, w.status.Rollout = out.Traffic, out.Rollout
	if out.TrafficChanged {
		w.status.TrafficRevision++
		w.measured = evidence.EndpointReport{}
	}
}

func (w *world) measure(args []string) error {
	var o evidence.Outcomes
	n, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	o.Requests = n
	var latency time.Duration
	var slow int64
	var slowLatency time.Duration
	for _, arg := range args[3:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "failed":
			o.Errors, err = strconv.ParseInt(value, 10, 64)
		case "refused":
			o.CallerErrors, err = strconv.ParseInt(value, 10, 64)
		case "at":
			latency, err = time.ParseDuration(value)
		case "slow":
			count, at, _ := strings.Cut(value, ":")
			if slow, err = strconv.ParseInt(count, 10, 64); err == nil {
				slowLatency, err = time.ParseDuration(at)
			}
		default:
			err = fmt.Errorf("unknown %q", key)
		}
		if err != nil {
			return err
		}
	}
	for i := range n - o.Errors {
		if i < slow {
			o.LatencySeconds.Add(slowLatency.Seconds())
			continue
		}
		o.LatencySeconds.Add(latency.Seconds())
	}
	v := w.variant(args[0])
	if args[1] == "mirror" {
		v.Mirror = o
		return nil
	}
	v.Live = o
	return nil
}

func (w *world) variant(name string) *evidence.VariantReport {
	for i := range w.measured.Variants {
		if w.measured.Variants[i].Name == name {
			return &w.measured.Variants[i]
		}
	}
	w.measured.Variants = append(w.measured.Variants, evidence.VariantReport{Name: name})
	return &w.measured.Variants[len(w.measured.Variants)-1]
}

func (w *world) compared(args []string) error {
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	c := evidence.Comparison{Reference: w.status.Rollout.From, Candidate: w.status.Rollout.To, Compared: n, Equal: n}
	c.Sent = map[evidence.SizeBucket]int64{evidence.SizeTo1KiB: n}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		if key == "worst" {
			kind, path, _ := strings.Cut(value, ":")
			c.Examples = []evidence.Example{{Kind: kind, Path: path}}
			continue
		}
		count, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		switch key {
		case "equal":
			c.Equal = count
		case "opaque":
			c.Opaque = count
		case "dropped":
			c.Dropped = map[evidence.SizeBucket]int64{evidence.SizeTo6MiB: count}
		default:
			return fmt.Errorf("unknown %q", key)
		}
	}
	c.Different = c.Compared - c.Equal
	w.measured.Comparisons = []evidence.Comparison{c}
	return nil
}

func (w *world) change(args []string) error {
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		if err := w.set(key, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (w *world) set(key, value string) error {
	rollout := &w.spec.Rollout
	number := func() (int32, error) {
		n, err := strconv.ParseInt(value, 10, 32)
		return int32(n), err
	}
	var err error
	switch key {
	case "live":
		w.spec.Live = value
	case "variants":
		w.spec.Variants = nil
		for _, name := range strings.Split(value, ",") {
			w.spec.Variants = append(w.spec.Variants, v1alpha1.Variant{Name: name})
		}
	case "state":
		rollout.State = v1alpha1.RolloutState(value)
	case "attempt":
		rollout.Attempt, err = number()
	case "onFailure":
		rollout.OnFailure = v1alpha1.FailureAction(value)
	case "shadow":
		rollout.Shadow, err = parseShadow(value)
	case "steps":
		rollout.Steps, err = parseSteps(value)
	case "percentile":
		rollout.Gates.Latency.Percentile, err = number()
	case "ratio":
		rollout.Gates.Latency.MaxRatioPercent, err = number()
	case "tolerance":
		var n int32
		n, err = number()
		rollout.Gates.Latency.ToleranceMilliseconds = &n
	case "increase":
		rollout.Gates.Errors.MaxIncreasePercent = v1alpha1.PercentFromString(value)
	case "agreement":
		rollout.Gates.Agreement.MinPercent = v1alpha1.PercentFromString(value)
	default:
		return errors.New("unknown setting")
	}
	return err
}

func parseShadow(text string) (*v1alpha1.ShadowSpec, error) {
	if text == "none" {
		return nil, nil
	}
	percent, least, found := strings.Cut(text, ":")
	shadow := &v1alpha1.ShadowSpec{Percent: v1alpha1.PercentFromString(percent)}
	if !found {
		return shadow, nil
	}
	var err error
	shadow.MinRequests, err = strconv.ParseInt(least, 10, 64)
	return shadow, err
}

func parseSteps(text string) ([]v1alpha1.RolloutStep, error) {
	if text == "default" {
		return nil, nil
	}
	var steps []v1alpha1.RolloutStep
	for _, part := range strings.Split(text, ",") {
		fields := strings.Split(part, ":")
		step := v1alpha1.RolloutStep{Percent: v1alpha1.PercentFromString(fields[0])}
		if len(fields) > 1 {
			hold, err := strconv.ParseInt(fields[1], 10, 32)
			if err != nil {
				return nil, err
			}
			seconds := int32(hold)
			step.HoldSeconds = &seconds
		}
		if len(fields) > 2 {
			var err error
			if step.MinRequests, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
				return nil, err
			}
		}
		steps = append(steps, step)
	}
	return steps, nil
}
