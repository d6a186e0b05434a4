package autoscaling

import (
	"fmt"

	"landfall.dev/landfall/internal/inventory"
)

// Predefined metrics of Application Auto Scaling (PredefinedMetricType).
const (
	invocationsPerInstance   = "SageMakerVariantInvocationsPerInstance"
	concurrentPerModel       = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
	provisionedUtilization   = "SageMakerVariantProvisionedConcurrencyUtilization"
	invocationsPerCopy       = "SageMakerInferenceComponentInvocationsPerCopy"
	concurrentPerCopy        = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
	predefinedPeriodSeconds  = 60
	concurrencyMeasuredRoute = "Concurrency is the mean over two minutes of requests in flight at the router, from their durations; " +
		"SageMaker takes samples every 10 seconds"
)

// track translates a target tracking policy.
func (t *translation) track(p inventory.Policy) {
	tracking, thing := *p.TargetTracking, "target tracking policy "+p.Name
	metric, why := t.trackedMetric(tracking)
	if why != "" {
		t.gap(thing, why, "choose one of autoscaling.metrics by hand, such as RequestsPerSecond or CPUUtilizationPercent")
		return
	}
	metric.From = p.Name
	t.spec.Metrics = append(t.spec.Metrics, metric)
	t.tracked++
	if tracking.ScaleInDisabled {
		t.holding++
	}
	t.cooldowns(thing, tracking)
}

func (t *translation) trackedMetric(tracking inventory.TargetTracking) (metric Metric, why string) {
	value := tracking.TargetValue
	if value <= 0 {
		return Metric{}, fmt.Sprintf("its target value %s is not above 0", number(value))
	}
	switch tracking.PredefinedMetric {
	case "":
		if tracking.CustomMetric == nil || tracking.CustomMetric.Name == "" {
			return Metric{}, "its metric is computed from several others (metric math), whose formula the inventory does not have"
		}
		return t.measured(reading{metric: *tracking.CustomMetric, value: value, periodSeconds: predefinedPeriodSeconds})
	case invocationsPerInstance:
		return perPod(MetricRequestsPerSecond, value/predefinedPeriodSeconds/t.podsPerInstance()), ""
	case invocationsPerCopy:
		return perPod(MetricRequestsPerSecond, value/predefinedPeriodSeconds), ""
	case concurrentPerModel, concurrentPerCopy:
		t.note(concurrencyMeasuredRoute)
		return perPod(MetricConcurrency, value/t.podsPerInstance()), ""
	case provisionedUtilization:
		t.note(concurrencyMeasuredRoute)
		// The target is a share, 0 to 1, of the concurrency that is provisioned.
		return perPod(MetricConcurrency, value*t.concurrencyPerPod()), ""
	default:
		return Metric{}, fmt.Sprintf("its predefined metric %s is not known", tracking.PredefinedMetric)
	}
}

// cooldowns takes over the wait before scaling in. The wait after scaling out
// keeps AWS from counting capacity twice that is still starting; Kubernetes
// derives the whole number of pods anew each time, so it needs none.
func (t *translation) cooldowns(thing string, tracking inventory.TargetTracking) {
	t.stabilizeScaleIn(thing, seconds(tracking.ScaleInCooldownSeconds))
	if out := tracking.ScaleOutCooldownSeconds; out != nil && *out > 0 {
		t.note(fmt.Sprintf("%s: the scale-out cooldown of %d s has no counterpart and needs none: the number of pods is derived anew each time, not added to",
			thing, *out))
	}
}

// stabilizeScaleIn waits at least that long before pods go. Of several policies
// the most careful one counts, as there is one setting for all.
func (t *translation) stabilizeScaleIn(thing string, waitSeconds int32) {
	if waitSeconds > maxStabilizationSeconds {
		t.note(fmt.Sprintf("%s: waits %d s before scaling in; Kubernetes waits %d s at most", thing, waitSeconds, maxStabilizationSeconds))
		waitSeconds = maxStabilizationSeconds
	}
	t.spec.ScaleDownStabilizationSeconds = max(t.spec.ScaleDownStabilizationSeconds, waitSeconds)
}

// seconds of a cooldown that may be left to AWS.
func seconds(cooldown *int32) int32 {
	if cooldown == nil {
		return DefaultCooldownSeconds
	}
	return max(*cooldown, 0)
}

func perPod(kind MetricType, value float64) Metric {
	return Metric{Type: kind, TargetValue: number(value)}
}
