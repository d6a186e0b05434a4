package sagemaker

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"landfall.dev/landfall/internal/inventory"
)

func convertTarget(from types.ScalableTarget) inventory.Scaling {
	s := inventory.Scaling{
		ARN: aws.ToString(from.ScalableTargetARN), CreatedAt: timeText(from.CreationTime),
		Resource: aws.ToString(from.ResourceId), Dimension: string(from.ScalableDimension),
		Min: aws.ToInt32(from.MinCapacity), Max: aws.ToInt32(from.MaxCapacity), RoleARN: aws.ToString(from.RoleARN),
	}
	if state := from.SuspendedState; state != nil {
		for name, suspended := range map[string]*bool{
			"ScaleIn": state.DynamicScalingInSuspended, "ScaleOut": state.DynamicScalingOutSuspended,
			"Scheduled": state.ScheduledScalingSuspended,
		} {
			if aws.ToBool(suspended) {
				s.Suspended = append(s.Suspended, name)
			}
		}
	}
	return s
}

func convertPolicy(from types.ScalingPolicy) inventory.Policy {
	p := inventory.Policy{
		ARN: aws.ToString(from.PolicyARN), CreatedAt: timeText(from.CreationTime),
		Name: aws.ToString(from.PolicyName), Type: string(from.PolicyType),
		TargetTracking: convertTracking(from.TargetTrackingScalingPolicyConfiguration),
		Step:           convertStep(from.StepScalingPolicyConfiguration),
	}
	for _, alarm := range from.Alarms {
		p.Alarms = append(p.Alarms, aws.ToString(alarm.AlarmName))
	}
	return p
}

func convertTracking(from *types.TargetTrackingScalingPolicyConfiguration) *inventory.TargetTracking {
	if from == nil {
		return nil
	}
	t := inventory.TargetTracking{
		TargetValue: aws.ToFloat64(from.TargetValue), ScaleInDisabled: aws.ToBool(from.DisableScaleIn),
		ScaleInCooldownSeconds: from.ScaleInCooldown, ScaleOutCooldownSeconds: from.ScaleOutCooldown,
	}
	if from.PredefinedMetricSpecification != nil {
		t.PredefinedMetric = string(from.PredefinedMetricSpecification.PredefinedMetricType)
	}
	if metric := from.CustomizedMetricSpecification; metric != nil {
		t.CustomMetric = &inventory.CustomMetric{
			Namespace: aws.ToString(metric.Namespace), Name: aws.ToString(metric.MetricName),
			Statistic: string(metric.Statistic), Unit: aws.ToString(metric.Unit),
		}
		for _, dimension := range metric.Dimensions {
			if t.CustomMetric.Dimensions == nil {
				t.CustomMetric.Dimensions = map[string]string{}
			}
			t.CustomMetric.Dimensions[aws.ToString(dimension.Name)] = aws.ToString(dimension.Value)
		}
	}
	return &t
}

func convertStep(from *types.StepScalingPolicyConfiguration) *inventory.StepScaling {
	if from == nil {
		return nil
	}
	s := inventory.StepScaling{
		AdjustmentType: string(from.AdjustmentType), Aggregation: string(from.MetricAggregationType),
		CooldownSeconds: from.Cooldown, MinAdjustment: from.MinAdjustmentMagnitude,
	}
	for _, step := range from.StepAdjustments {
		s.Steps = append(s.Steps, inventory.Step{
			From: step.MetricIntervalLowerBound, To: step.MetricIntervalUpperBound,
			Adjustment: aws.ToInt32(step.ScalingAdjustment),
		})
	}
	return &s
}

func convertScheduled(from types.ScheduledAction) inventory.ScheduledAction {
	a := inventory.ScheduledAction{
		ARN: aws.ToString(from.ScheduledActionARN), CreatedAt: timeText(from.CreationTime),
		Name: aws.ToString(from.ScheduledActionName), Schedule: aws.ToString(from.Schedule),
		TimeZone: aws.ToString(from.Timezone), StartsAt: timeText(from.StartTime), EndsAt: timeText(from.EndTime),
	}
	if from.ScalableTargetAction != nil {
		a.Min, a.Max = from.ScalableTargetAction.MinCapacity, from.ScalableTargetAction.MaxCapacity
	}
	return a
}
