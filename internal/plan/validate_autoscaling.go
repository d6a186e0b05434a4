package plan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/autoscaling"
)

// Bounds of Kubernetes (autoscaling/v2).
const (
	mostStabilizationSeconds = 3600
	mostPeriodSeconds        = 1800
	cronFields               = 5
)

// validateAutoscaling checks what people may have edited.
func validateAutoscaling(s *autoscaling.Spec) error {
	if s == nil {
		return nil
	}
	err := firstError(
		oneOf("engine", s.Engine, autoscaling.EngineHPA, autoscaling.EngineKEDA),
		oneOf("target", s.Target, "", autoscaling.TargetEndpoint, autoscaling.TargetDeployment),
		stabilization("scaleUpStabilizationSeconds", s.ScaleUpStabilizationSeconds),
		stabilization("scaleDownStabilizationSeconds", s.ScaleDownStabilizationSeconds),
		validateLimits("scaleUpLimits", s.ScaleUpLimits),
		validateLimits("scaleDownLimits", s.ScaleDownLimits),
	)
	for i, m := range s.Metrics {
		if problem := validateMetric(m); problem != nil {
			err = firstError(err, fmt.Errorf("metrics[%d].%w", i, problem))
		}
	}
	for i, schedule := range s.Schedules {
		if problem := validateSchedule(schedule); problem != nil {
			err = firstError(err, fmt.Errorf("schedules[%d].%w", i, problem))
		}
	}
	if err != nil {
		return fmt.Errorf("autoscaling.%w", err)
	}
	return nil
}

func stabilization(field string, seconds int32) error {
	if seconds < 0 || seconds > mostStabilizationSeconds {
		return fmt.Errorf("%s is %d; want 0 to %d", field, seconds, mostStabilizationSeconds)
	}
	return nil
}

func validateLimits(field string, limits []autoscaling.Limit) error {
	for i, l := range limits {
		if (l.Pods > 0) == (l.Percent > 0) || l.Pods < 0 || l.Percent < 0 {
			return fmt.Errorf("%s[%d] allows %d pods and %d percent; want one of them above 0", field, i, l.Pods, l.Percent)
		}
		if l.PeriodSeconds < 1 || l.PeriodSeconds > mostPeriodSeconds {
			return fmt.Errorf("%s[%d].periodSeconds is %d; want 1 to %d", field, i, l.PeriodSeconds, mostPeriodSeconds)
		}
	}
	return nil
}

func validateMetric(m autoscaling.Metric) error {
	err := oneOf("type", m.Type, autoscaling.MetricCPU, autoscaling.MetricMemory, autoscaling.MetricRequestsPerSecond,
		autoscaling.MetricConcurrency, autoscaling.MetricQueueLength, autoscaling.MetricPrometheus)
	if err != nil {
		return err
	}
	value, err := strconv.ParseFloat(m.TargetValue, 64)
	if err != nil || !(value > 0) || value > 1e15 {
		return fmt.Errorf("targetValue is %q; want a number above 0, in the unit of %s", m.TargetValue, m.Type)
	}
	return nil
}

func validateSchedule(s autoscaling.Schedule) error {
	for field, cron := range map[string]string{"start": s.Start, "end": s.End} {
		if len(strings.Fields(cron)) != cronFields {
			return fmt.Errorf("%s is %q; want a cron expression of %d fields such as 0 8 * * 1-5", field, cron, cronFields)
		}
	}
	if s.Replicas < 0 {
		return errors.New("replicas is less than 0; want 0 or more")
	}
	return nil
}
