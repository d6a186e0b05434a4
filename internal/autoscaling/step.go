package autoscaling

import (
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// backlogWithoutCapacity is 1 while an asynchronous endpoint has requests and
// no instance.
const backlogWithoutCapacity = "HasBacklogWithoutCapacity"

// Adjustment types of step scaling.
const (
	adjustByNumber  = "ChangeInCapacity"
	adjustByPercent = "PercentChangeInCapacity"
)

// stairs is a step policy with the alarm that sets it off.
type stairs struct {
	inventory.Policy

	alarm inventory.Alarm
	// greatest is the largest step, below 0 for a policy that scales in.
	greatest int32
}

func (s stairs) thing() string { return "step policy " + s.Name }

// reading of the alarm at the height of its threshold.
func (s stairs) reading() reading {
	return reading{metric: *s.alarm.Metric, value: *s.alarm.Threshold, periodSeconds: max(s.alarm.PeriodSeconds, 1)}
}

// steps translates the step policies: a policy that scales out becomes a target
// at its alarm's threshold, its greatest step a limit on how fast pods come; one
// that scales in bounds how fast they go.
func (t *translation) steps() {
	var in []stairs
	for _, p := range t.source.Scaling.Policies {
		if p.Step == nil || p.TargetTracking != nil {
			continue
		}
		s, why := t.stairs(p)
		switch {
		case why != "":
			t.gap("step policy "+p.Name, why,
				"set autoscaling.metrics to the load that one pod should carry; a HorizontalPodAutoscaler finds the number of pods for it")
		case s.alarm.Metric.Name == backlogWithoutCapacity:
			t.wakes = p.Name
		case s.greatest > 0:
			t.stepOut(s)
		default:
			in = append(in, s)
		}
	}
	for _, s := range in {
		t.stepIn(s)
	}
}

// stairs finds the alarm of a policy and says why a policy is not simple.
func (t *translation) stairs(p inventory.Policy) (s stairs, why string) {
	s.Policy = p
	if p.Step.AdjustmentType != adjustByNumber && p.Step.AdjustmentType != adjustByPercent {
		return s, fmt.Sprintf("it sets the number of instances outright (%s), which depends on nothing that a pod carries", p.Step.AdjustmentType)
	}
	for _, step := range p.Step.Steps {
		if step.Adjustment == 0 {
			continue
		}
		if s.greatest != 0 && (step.Adjustment > 0) != (s.greatest > 0) {
			return s, "its steps both add and remove instances"
		}
		if step.Adjustment > s.greatest && s.greatest >= 0 || step.Adjustment < s.greatest {
			s.greatest = step.Adjustment
		}
	}
	if s.greatest == 0 {
		return s, "none of its steps changes the number of instances"
	}
	alarm, why := t.alarmOf(p)
	if why != "" {
		return s, why
	}
	s.alarm = alarm
	upward := strings.HasPrefix(alarm.Comparison, "Greater")
	if upward != (s.greatest > 0) {
		return s, fmt.Sprintf("it changes against its alarm: %s, and steps of %d", alarm.Comparison, s.greatest)
	}
	return s, ""
}

func (t *translation) alarmOf(p inventory.Policy) (alarm inventory.Alarm, why string) {
	if len(p.Alarms) != 1 {
		return alarm, fmt.Sprintf("%d alarms set it off; one alarm gives a metric and a threshold", len(p.Alarms))
	}
	for _, a := range t.source.Alarms {
		switch {
		case a.Name != p.Alarms[0]:
		case a.Metric == nil || a.Threshold == nil:
			return alarm, fmt.Sprintf("its alarm %s is on an expression or a band, not on one metric with a threshold", a.Name)
		case a.ExtendedStatistic != "":
			return alarm, fmt.Sprintf("its alarm %s is on the percentile %s, which no number of pods is in proportion to", a.Name, a.ExtendedStatistic)
		default:
			return a, ""
		}
	}
	return alarm, fmt.Sprintf("its alarm %s is not in the inventory", p.Alarms[0])
}

func (t *translation) stepOut(s stairs) {
	metric, why := t.measured(s.reading())
	if why == "" && *s.alarm.Threshold <= 0 {
		why = fmt.Sprintf("its alarm's threshold %s is not above 0", number(*s.alarm.Threshold))
	}
	if why != "" {
		t.gap(s.thing(), why, "choose one of autoscaling.metrics by hand, such as RequestsPerSecond or CPUUtilizationPercent")
		return
	}
	metric.From = s.Name
	first := len(t.spec.Metrics) == 0
	t.spec.Metrics = append(t.spec.Metrics, metric)
	waitSeconds := min(alarmSeconds(s.alarm), maxStabilizationSeconds)
	if first {
		t.spec.ScaleUpLimits = []Limit{t.limit(s)}
		t.spec.ScaleUpStabilizationSeconds = waitSeconds
	} else {
		// What is in a hurry counts: another policy may add as much as it wants.
		t.spec.ScaleUpStabilizationSeconds = min(t.spec.ScaleUpStabilizationSeconds, waitSeconds)
		if len(t.spec.ScaleUpLimits) > 0 {
			t.spec.ScaleUpLimits = append(t.spec.ScaleUpLimits, t.limit(s))
		}
	}
	t.note(s.thing() + ": the steps become a target at the alarm's threshold; the greatest step bounds how many pods come in one go")
}

func (t *translation) stepIn(s stairs) {
	metric, why := t.measured(s.reading())
	if why == "" && !t.aimsAt(metric) {
		why = fmt.Sprintf("no policy scales out on its metric %s, so there is no target to come back to", s.alarm.Metric.Name)
	}
	if why != "" {
		t.gap(s.thing(), why, "name the load that one pod should carry in autoscaling.metrics: pods go when fewer can carry it")
		return
	}
	t.stepsIn = true
	t.spec.ScaleDownLimits = append(t.spec.ScaleDownLimits, t.limit(s))
	t.stabilizeScaleIn(s.thing(), max(alarmSeconds(s.alarm), seconds(s.Step.CooldownSeconds)))
	t.note(fmt.Sprintf("%s: pods go when fewer would stay below the target, not below the threshold %s of its own",
		s.thing(), number(*s.alarm.Threshold)))
}

// aimsAt says that something scales out by the same thing.
func (t *translation) aimsAt(metric Metric) bool {
	for _, m := range t.spec.Metrics {
		if m.Type == metric.Type && m.Query == metric.Query && m.Total == metric.Total {
			return true
		}
	}
	return false
}

// limit is a policy's greatest step within its cooldown.
func (t *translation) limit(s stairs) Limit {
	limit := Limit{PeriodSeconds: min(max(seconds(s.Step.CooldownSeconds), 1), maxPeriodSeconds)}
	size := s.greatest
	if size < 0 {
		size = max(-size, 1)
	}
	if s.Step.AdjustmentType == adjustByPercent {
		limit.Percent = size
		return limit
	}
	limit.Pods = max(t.pods(size), 1)
	return limit
}

// alarmSeconds is how long a threshold must be passed before the alarm goes off.
func alarmSeconds(a inventory.Alarm) int32 {
	datapoints := a.DatapointsToAlarm
	if datapoints == 0 {
		datapoints = a.EvaluationPeriods
	}
	return max(a.PeriodSeconds, 0) * max(datapoints, 0)
}
