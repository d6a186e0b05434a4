package surroundings

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// alarmPage is the most that DescribeAlarms gives at once.
const alarmPage = 100

// readAlarms reads all alarms, since there is no filter for namespaces; see
// concerned.
func (c *Client) readAlarms(ctx context.Context, place inventory.Place, failures *awsfailure.Log) ([]inventory.Alarm, error) {
	pages := cloudwatch.NewDescribeAlarmsPaginator(c.Alarms, &cloudwatch.DescribeAlarmsInput{
		MaxRecords: aws.Int32(alarmPage),
		// Without this AWS gives metric alarms only.
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm, types.AlarmTypeLogAlarm},
	})
	var all []inventory.Alarm
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, failures.Record(ctx, "cloudwatch:DescribeAlarms", "", err)
		}
		all = append(all, convertPage(page, place)...)
	}
	return all, nil
}

func convertPage(page *cloudwatch.DescribeAlarmsOutput, place inventory.Place) []inventory.Alarm {
	var alarms []inventory.Alarm
	for _, alarm := range page.MetricAlarms {
		alarms = append(alarms, convertMetricAlarm(alarm))
	}
	for _, alarm := range page.CompositeAlarms {
		alarms = append(alarms, convertCompositeAlarm(alarm))
	}
	for _, alarm := range page.LogAlarms {
		alarms = append(alarms, convertLogAlarm(alarm))
	}
	for i := range alarms {
		alarms[i].Place = place
	}
	return alarms
}

// concerned keeps the alarms that watch SageMaker, those that are named with
// everything that they combine, and those that combine kept ones.
func concerned(all []inventory.Alarm, named []string) []inventory.Alarm {
	parts := map[string][]string{}
	for _, alarm := range all {
		if alarm.Rule != "" {
			parts[alarm.Name] = alarmsIn(alarm.Rule)
		}
	}
	kept := map[string]bool{}
	for _, alarm := range all {
		if watchesSageMaker(alarm) {
			kept[alarm.Name] = true
		}
	}
	for queue := slices.Clone(named); len(queue) > 0; queue = queue[1:] {
		name := alarmName(queue[0])
		if !kept[name] {
			kept[name] = true
			queue = append(queue, parts[name]...)
		}
	}
	for grown := true; grown; {
		grown = false
		for name, combined := range parts {
			if !kept[name] && slices.ContainsFunc(combined, func(part string) bool { return kept[part] }) {
				kept[name], grown = true, true
			}
		}
	}
	return slices.DeleteFunc(all, func(alarm inventory.Alarm) bool { return !kept[alarm.Name] })
}

// ruleForm finds the alarms that the rule of a composite alarm names, as in
// ALARM("a") AND NOT OK(b). Quotes are needed around some names only.
var ruleForm = regexp.MustCompile(`(?i)\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\s*\)`)

func alarmsIn(rule string) []string {
	var names []string
	for _, match := range ruleForm.FindAllStringSubmatch(rule, -1) {
		names = append(names, alarmName(match[1]+match[2]+match[3]))
	}
	return names
}

// alarmName returns the name of an alarm that is given by its name or its ARN.
func alarmName(reference string) string {
	if strings.HasPrefix(reference, "arn:") {
		if _, name, found := strings.Cut(reference, ":alarm:"); found {
			return name
		}
	}
	return reference
}

// sagemakerMark stands in all of SageMaker's namespaces: AWS/SageMaker,
// /aws/sagemaker/Endpoints, aws/sagemaker/Endpoints/data-metrics and so on.
const sagemakerMark = "aws/sagemaker"

func watchesSageMaker(alarm inventory.Alarm) bool {
	marked := func(text string) bool { return strings.Contains(strings.ToLower(text), sagemakerMark) }
	metric := func(m *inventory.CustomMetric) bool { return m != nil && marked(m.Namespace) }
	return metric(alarm.Metric) || slices.ContainsFunc(alarm.LogGroups, marked) || marked(alarm.LogQuery) ||
		// The names of metrics in PromQL hold no slashes.
		strings.Contains(strings.ToLower(alarm.PromQL), "sagemaker") ||
		slices.ContainsFunc(alarm.Expressions, func(e inventory.MetricExpression) bool {
			return metric(e.Metric) || marked(e.Expression)
		})
}
