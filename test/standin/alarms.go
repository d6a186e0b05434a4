package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Alarms are CloudWatch's alarms in AWS's shape, checked against the SDK's
// types. Metric alarms are also those on expressions and on anomalies.
// AlarmArn and StateValue (OK) are derived when left out.
type Alarms struct {
	MetricAlarms    []map[string]any `json:"metricAlarms,omitempty"`
	CompositeAlarms []map[string]any `json:"compositeAlarms,omitempty"`
}

func (a *Alarms) complete() error {
	if err := conformAll("alarms.metricAlarms", a.MetricAlarms, reflect.TypeFor[cwtypes.MetricAlarm]()); err != nil {
		return err
	}
	if err := conformAll("alarms.compositeAlarms", a.CompositeAlarms, reflect.TypeFor[cwtypes.CompositeAlarm]()); err != nil {
		return err
	}
	seen := map[any]bool{}
	for _, alarm := range slices.Concat(a.MetricAlarms, a.CompositeAlarms) {
		name := alarm["AlarmName"]
		if name == nil || seen[name] {
			return fmt.Errorf("alarms: AlarmName %v must be set and appear once", name)
		}
		seen[name] = true
	}
	return nil
}

// maxAlarmPage is DescribeAlarms' largest page, alarmPage the one without
// MaxRecords.
const (
	maxAlarmPage = 100
	alarmPage    = 50
)

// alarmItem is an alarm with the list it stands in.
type alarmItem struct {
	composite bool
	fields    map[string]any
}

// describeAlarms answers DescribeAlarms, by name. Like AWS it gives metric
// alarms only when no type is asked for.
func (s *region) describeAlarms(action string, params map[string]any) (map[string]any, *apiError) {
	params, shape := conformFields("", params, reflect.TypeFor[cloudwatch.DescribeAlarmsInput]())
	if shape != nil {
		return nil, metricError(shape.Error())
	}
	p := s.pager(action, alarmPage)
	if n, ok := number(params["MaxRecords"]); ok {
		if n < 1 || n > maxAlarmPage {
			return nil, metricError("The parameter MaxRecords must be between 1 and 100.")
		}
		p.size = int(n)
	}
	for _, name := range []string{"ChildrenOfAlarmName", "ParentsOfAlarmName"} {
		if params[name] != nil {
			return nil, metricError("The stand-in account does not implement the parameter " + name + " of DescribeAlarms.")
		}
	}
	types := texts(params["AlarmTypes"])
	items := s.alarmItems(len(types) == 0 || slices.Contains(types, "MetricAlarm"), slices.Contains(types, "CompositeAlarm"))
	items = slices.DeleteFunc(items, func(i alarmItem) bool { return !alarmMatches(i.fields, params) })
	kept, next, refusal := page(items, without(params, "MaxRecords"), "DescribeAlarms", p)
	if refusal != nil {
		return nil, &apiError{Status: 400, Code: "InvalidNextToken", Message: refusal.Message}
	}
	metric, composite := []any{}, []any{}
	for _, item := range kept {
		if item.composite {
			composite = append(composite, item.fields)
			continue
		}
		metric = append(metric, item.fields)
	}
	answer := map[string]any{"MetricAlarms": metric, "CompositeAlarms": composite}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

func (s *region) alarmItems(metric, composite bool) []alarmItem {
	var out []alarmItem
	add := func(alarms []map[string]any, composite bool) {
		for _, alarm := range alarms {
			fields := map[string]any{
				"AlarmArn":   fmt.Sprintf("arn:%s:cloudwatch:%s:%s:alarm:%v", s.account.partition(), s.account.Region, s.account.AccountID, alarm["AlarmName"]),
				"StateValue": "OK", "ActionsEnabled": true,
			}
			for name, value := range alarm {
				fields[name] = value
			}
			out = append(out, alarmItem{composite, fields})
		}
	}
	if metric {
		add(s.account.Alarms.MetricAlarms, false)
	}
	if composite {
		add(s.account.Alarms.CompositeAlarms, true)
	}
	slices.SortFunc(out, func(a, b alarmItem) int {
		return strings.Compare(fmt.Sprint(a.fields["AlarmName"]), fmt.Sprint(b.fields["AlarmName"]))
	})
	return out
}

func alarmMatches(alarm, params map[string]any) bool {
	name := fmt.Sprint(alarm["AlarmName"])
	if names := texts(params["AlarmNames"]); len(names) > 0 && !slices.Contains(names, name) {
		return false
	}
	prefix, _ := params["AlarmNamePrefix"].(string)
	if !strings.HasPrefix(name, prefix) {
		return false
	}
	if state := params["StateValue"]; state != nil && state != alarm["StateValue"] {
		return false
	}
	action, _ := params["ActionPrefix"].(string)
	if action == "" {
		return true
	}
	actions := slices.Concat(texts(alarm["AlarmActions"]), texts(alarm["OKActions"]), texts(alarm["InsufficientDataActions"]))
	return slices.ContainsFunc(actions, func(a string) bool { return strings.HasPrefix(a, action) })
}
