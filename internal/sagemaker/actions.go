package sagemaker

import (
	"slices"
)

// besideTable are the actions of calls that stand in no row of the table of
// kinds.
var besideTable = []string{
	"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
	"application-autoscaling:DescribeScheduledActions", "cloudwatch:GetMetricData",
	"sagemaker:ListTags",
	"sts:GetCallerIdentity",
}

// Actions are the IAM actions that a scan with these options takes, sorted. They
// come from the table of kinds that the scan itself goes by. IAM's names for
// SageMaker's actions are those of the operations.
func Actions(options ScanOptions) []string {
	s := newScan(nil, options)
	actions := slices.Clone(besideTable)
	for i := range table {
		k := &table[i]
		if !s.reaches(k) {
			continue
		}
		if s.wants(k) {
			actions = append(actions, "sagemaker:"+k.list.operation)
		}
		if k.described() {
			actions = append(actions, "sagemaker:"+k.describe.operation)
		}
		for _, detail := range k.details {
			actions = append(actions, "sagemaker:"+detail.operation)
		}
	}
	if s.EndpointName == "" {
		actions = append(actions, "cloudwatch:ListMetrics") // for transform jobs
	}
	if s.tracksLineage() {
		for _, l := range lineageLists {
			actions = append(actions, "sagemaker:"+l.operation)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// reaches says that a scan may come to a kind, by a list or by reference.
func (s *scan) reaches(k *kind) bool {
	if s.EndpointName == "" {
		return true
	}
	return isHosting(k.ResourceKind)
}
