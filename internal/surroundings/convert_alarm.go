package surroundings

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/leaf"
)

// The fields that the conversions below give a place. A test sets every field
// in turn and compares.
var (
	alarmPlaces = `AlarmName AlarmArn AlarmDescription ActionsEnabled AlarmActions[] OKActions[] InsufficientDataActions[]
AlarmConfigurationUpdatedTimestamp StateValue StateReason StateTransitionedTimestamp StateUpdatedTimestamp`
	metricAlarmPlaces = leaf.Places(alarmPlaces + `
ComparisonOperator DatapointsToAlarm Dimensions[].Name Dimensions[].Value EvaluateLowSampleCountPercentile
EvaluationPeriods ExtendedStatistic MetricName Namespace Period Statistic Threshold ThresholdMetricId TreatMissingData
Unit EvaluationCriteria.PromQLCriteria.Value.Query
Metrics[].Id Metrics[].AccountId Metrics[].Expression Metrics[].Label Metrics[].Period Metrics[].ReturnData
Metrics[].MetricStat.Metric.Dimensions[].Name Metrics[].MetricStat.Metric.Dimensions[].Value
Metrics[].MetricStat.Metric.MetricName Metrics[].MetricStat.Metric.Namespace
Metrics[].MetricStat.Period Metrics[].MetricStat.Stat Metrics[].MetricStat.Unit`)
	compositeAlarmPlaces = leaf.Places(alarmPlaces + ` AlarmRule ActionsSuppressor`)
	logAlarmPlaces       = leaf.Places(alarmPlaces + `
ComparisonOperator Threshold TreatMissingData QueryResultsToAlarm QueryResultsToEvaluate
ScheduledQueryConfiguration.LogGroupIdentifiers[] ScheduledQueryConfiguration.QueryString`)
)

func convertMetricAlarm(from types.MetricAlarm) inventory.Alarm {
	alarm := inventory.Alarm{
		Name: aws.ToString(from.AlarmName), ARN: aws.ToString(from.AlarmArn), Description: masked(from.AlarmDescription),
		ActionsEnabled: aws.ToBool(from.ActionsEnabled), AlarmActions: from.AlarmActions, OKActions: from.OKActions,
		InsufficientDataActions: from.InsufficientDataActions, ModifiedAt: timeText(from.AlarmConfigurationUpdatedTimestamp),
		State: string(from.StateValue), StateReason: masked(from.StateReason),
		StateSince: cmp.Or(timeText(from.StateTransitionedTimestamp), timeText(from.StateUpdatedTimestamp)),
		Comparison: string(from.ComparisonOperator), DatapointsToAlarm: aws.ToInt32(from.DatapointsToAlarm),
		LowSamples: aws.ToString(from.EvaluateLowSampleCountPercentile), EvaluationPeriods: aws.ToInt32(from.EvaluationPeriods),
		ExtendedStatistic: aws.ToString(from.ExtendedStatistic), PeriodSeconds: aws.ToInt32(from.Period),
		Threshold: from.Threshold, ThresholdMetricID: aws.ToString(from.ThresholdMetricId),
		MissingData: aws.ToString(from.TreatMissingData), Ignored: leaf.Ignored("alarm", from, metricAlarmPlaces),
		Metric: convertMetric(from.Namespace, from.MetricName, string(from.Statistic), string(from.Unit), from.Dimensions),
	}
	if criteria, ok := from.EvaluationCriteria.(*types.EvaluationCriteriaMemberPromQLCriteria); ok {
		alarm.PromQL = aws.ToString(criteria.Value.Query)
	}
	for _, query := range from.Metrics {
		alarm.Expressions = append(alarm.Expressions, convertQuery(query))
	}
	return alarm
}

// convertMetric is nil where nothing tells of a metric.
func convertMetric(namespace, name *string, statistic, unit string, dimensions []types.Dimension) *inventory.CustomMetric {
	metric := inventory.CustomMetric{
		Namespace: aws.ToString(namespace), Name: aws.ToString(name), Statistic: statistic, Unit: unit,
	}
	for _, dimension := range dimensions {
		if metric.Dimensions == nil {
			metric.Dimensions = map[string]string{}
		}
		metric.Dimensions[aws.ToString(dimension.Name)] = aws.ToString(dimension.Value)
	}
	if metric.Namespace+metric.Name+statistic+unit == "" && metric.Dimensions == nil {
		return nil
	}
	return &metric
}

func convertQuery(from types.MetricDataQuery) inventory.MetricExpression {
	expression := inventory.MetricExpression{
		ID: aws.ToString(from.Id), AccountID: aws.ToString(from.AccountId), Expression: aws.ToString(from.Expression),
		Label: aws.ToString(from.Label), PeriodSeconds: aws.ToInt32(from.Period), ReturnData: aws.ToBool(from.ReturnData),
	}
	stat := from.MetricStat
	if stat == nil {
		return expression
	}
	expression.PeriodSeconds = cmp.Or(aws.ToInt32(stat.Period), expression.PeriodSeconds)
	statistic := aws.ToString(stat.Stat)
	if !simpleStatistics[statistic] {
		statistic, expression.ExtendedStatistic = "", statistic
	}
	if stat.Metric == nil {
		stat.Metric = &types.Metric{}
	}
	expression.Metric = convertMetric(stat.Metric.Namespace, stat.Metric.MetricName, statistic, string(stat.Unit), stat.Metric.Dimensions)
	return expression
}

// simpleStatistics are those that are no percentiles or other shares.
var simpleStatistics = map[string]bool{
	string(types.StatisticAverage): true, string(types.StatisticSum): true, string(types.StatisticMinimum): true,
	string(types.StatisticMaximum): true, string(types.StatisticSampleCount): true,
}

func convertCompositeAlarm(from types.CompositeAlarm) inventory.Alarm {
	return inventory.Alarm{
		Name: aws.ToString(from.AlarmName), ARN: aws.ToString(from.AlarmArn), Description: masked(from.AlarmDescription),
		ActionsEnabled: aws.ToBool(from.ActionsEnabled), AlarmActions: from.AlarmActions, OKActions: from.OKActions,
		InsufficientDataActions: from.InsufficientDataActions, ModifiedAt: timeText(from.AlarmConfigurationUpdatedTimestamp),
		State: string(from.StateValue), StateReason: masked(from.StateReason),
		StateSince: cmp.Or(timeText(from.StateTransitionedTimestamp), timeText(from.StateUpdatedTimestamp)),
		Rule:       aws.ToString(from.AlarmRule), Suppressor: aws.ToString(from.ActionsSuppressor),
		Ignored: leaf.Ignored("alarm", from, compositeAlarmPlaces),
	}
}

func convertLogAlarm(from types.LogAlarm) inventory.Alarm {
	alarm := inventory.Alarm{
		Name: aws.ToString(from.AlarmName), ARN: aws.ToString(from.AlarmArn), Description: masked(from.AlarmDescription),
		ActionsEnabled: aws.ToBool(from.ActionsEnabled), AlarmActions: from.AlarmActions, OKActions: from.OKActions,
		InsufficientDataActions: from.InsufficientDataActions, ModifiedAt: timeText(from.AlarmConfigurationUpdatedTimestamp),
		State: string(from.StateValue), StateReason: masked(from.StateReason),
		StateSince: cmp.Or(timeText(from.StateTransitionedTimestamp), timeText(from.StateUpdatedTimestamp)),
		Comparison: string(from.ComparisonOperator), Threshold: from.Threshold, MissingData: aws.ToString(from.TreatMissingData),
		DatapointsToAlarm: aws.ToInt32(from.QueryResultsToAlarm), EvaluationPeriods: aws.ToInt32(from.QueryResultsToEvaluate),
		Ignored: leaf.Ignored("alarm", from, logAlarmPlaces),
	}
	if query := from.ScheduledQueryConfiguration; query != nil {
		alarm.LogQuery, alarm.LogGroups = masked(query.QueryString), query.LogGroupIdentifiers
	}
	return alarm
}

// masked is a text that people wrote, without what may be secret in it.
func masked(text *string) string {
	result, _ := inventory.MaskText(aws.ToString(text))
	return result
}
