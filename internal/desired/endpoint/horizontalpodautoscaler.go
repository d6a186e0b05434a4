package endpoint

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"
)

const (
	// scaleOutStabilizationSeconds is how long a need for more pods must last:
	// none, callers wait.
	scaleOutStabilizationSeconds = 0
	// scaleInStabilizationSeconds is how long fewer pods must have sufficed:
	// Application Auto Scaling's default scale-in cooldown for SageMaker.
	scaleInStabilizationSeconds = 300
)

// HorizontalPodAutoscaler moves the number of pods within the variant's range
// by CPU use. It is made only where Autoscaled says so.
func (v Variant) HorizontalPodAutoscaler() *autoscalingv2ac.HorizontalPodAutoscalerApplyConfiguration {
	return autoscalingv2ac.HorizontalPodAutoscaler(v.ChildName(), v.Endpoint.Namespace).
		WithLabels(v.labels()).
		WithOwnerReferences(v.owner()).
		WithSpec(autoscalingv2ac.HorizontalPodAutoscalerSpec().
			WithScaleTargetRef(autoscalingv2ac.CrossVersionObjectReference().
				WithAPIVersion("apps/v1").WithKind("Deployment").WithName(v.ChildName())).
			WithMinReplicas(v.minReplicas()).
			WithMaxReplicas(v.Pods.Replicas.MaxReplicas()).
			WithMetrics(autoscalingv2ac.MetricSpec().
				WithType(autoscalingv2.ResourceMetricSourceType).
				WithResource(autoscalingv2ac.ResourceMetricSource().
					WithName(corev1.ResourceCPU).
					WithTarget(autoscalingv2ac.MetricTarget().
						WithType(autoscalingv2.UtilizationMetricType).
						WithAverageUtilization(v.Pods.Replicas.TargetCPUUtilizationPercent)))).
			WithBehavior(autoscalingv2ac.HorizontalPodAutoscalerBehavior().
				WithScaleUp(autoscalingv2ac.HPAScalingRules().
					WithStabilizationWindowSeconds(scaleOutStabilizationSeconds)).
				WithScaleDown(v.scaleIn())))
}

func (v Variant) scaleIn() *autoscalingv2ac.HPAScalingRulesApplyConfiguration {
	rules := autoscalingv2ac.HPAScalingRules().WithStabilizationWindowSeconds(scaleInStabilizationSeconds)
	if v.HoldScaleIn {
		rules.WithSelectPolicy(autoscalingv2.DisabledPolicySelect)
	}
	return rules
}
