package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// condition is what an alarm waits for, in PromQL.
type condition struct {
	expr       string
	forSeconds int32
	subject    subject
	// says is the condition in words; notes are where it differs from AWS's.
	says  string
	notes []string
}

const (
	// maxSpanSeconds is AWS's limit on periods times their length: a week.
	maxSpanSeconds = 7 * 24 * 3600
	// leastRangeSeconds holds two scrapes at the usual 30 seconds.
	leastRangeSeconds = 60
)

// operators by CloudWatch's comparisons with a fixed threshold.
var operators = map[string]string{
	"GreaterThanOrEqualToThreshold": ">=",
	"GreaterThanThreshold":          ">",
	"LessThanThreshold":             "<",
	"LessThanOrEqualToThreshold":    "<=",
}

// condition translates an alarm on a metric or an expression.
func (t *translation) condition(a inventory.Alarm) (condition, error) {
	switch {
	case a.PromQL != "":
		return condition{}, fmt.Errorf("it asks CloudWatch in PromQL (%.200s), of series that the cluster does not have", a.PromQL)
	case a.LogQuery != "":
		return condition{}, errors.New("it counts what a query over logs finds")
	}
	if a.ThresholdMetricID != "" || strings.Contains(a.Comparison, "UpperThreshold") || strings.Contains(a.Comparison, "LowerThreshold") {
		return condition{}, errors.New("it compares with a band that CloudWatch learns (anomaly detection)")
	}
	operator, ok := operators[a.Comparison]
	if !ok || a.Threshold == nil {
		return condition{}, fmt.Errorf("its comparison %q with a threshold is not known, or it has no threshold", a.Comparison)
	}
	value, periodSeconds, err := t.watched(a)
	if err != nil {
		return condition{}, err
	}
	of := max(a.EvaluationPeriods, 1)
	if periodSeconds < 1 || int64(of)*int64(periodSeconds) > maxSpanSeconds || a.DatapointsToAlarm > of {
		return condition{}, fmt.Errorf("%d of %d periods of %d s is not something that CloudWatch evaluates",
			a.DatapointsToAlarm, a.EvaluationPeriods, periodSeconds)
	}
	c := condition{subject: value.subject, notes: value.notes}
	breach := fmt.Sprintf("%s %s %s", value.expr, operator, number(*a.Threshold/value.units))
	needed := max(a.DatapointsToAlarm, 0)
	if needed == 0 {
		needed = of
	}
	c.says = fmt.Sprintf("%s %s %s for %d of %d periods of %d s", value.says, operator, number(*a.Threshold), needed, of, periodSeconds)
	if needed == of {
		c.expr, c.forSeconds = breach, (of-1)*periodSeconds
	} else {
		c.expr = counted(breach, needed, of, periodSeconds)
	}
	c.missing(a, value)
	return c, nil
}

// counted says that a condition held in so many of the last periods.
func counted(breach string, needed, of, periodSeconds int32) string {
	return fmt.Sprintf("count_over_time((%s)[%ds:%ds]) >= %d", breach, of*periodSeconds, periodSeconds, needed)
}

// missing adds what an alarm makes of data that is not there.
func (c *condition) missing(a inventory.Alarm, v value) {
	switch a.MissingData {
	case "breaching":
		for _, series := range v.series {
			c.expr += " or absent(" + series + ")"
		}
	case "ignore":
		c.notes = append(c.notes, "AWS keeps the state while data is missing; the alert ends")
	}
	if a.LowSamples == "ignore" {
		c.notes = append(c.notes, "AWS ignores percentiles of few samples; the alert counts them")
	}
}

// watched returns what an alarm compares, and its period.
func (t *translation) watched(a inventory.Alarm) (value, int32, error) {
	if a.Metric != nil {
		metric := *a.Metric
		if a.ExtendedStatistic != "" {
			metric.Statistic = a.ExtendedStatistic
		}
		v, err := t.value(a.Place, metric, a.PeriodSeconds)
		return v, a.PeriodSeconds, err
	}
	if len(a.Expressions) == 0 {
		return value{}, 0, errors.New("what it watches could not be read")
	}
	return t.expression(a)
}

// subject is what an alarm is about.
type subject struct {
	// watched is SageMaker's name, endpoint that of the Endpoint.
	watched, endpoint string
}

// subjectOf finds the Endpoint that stands for what a metric's dimensions name.
func (t *translation) subjectOf(place inventory.Place, metric inventory.CustomMetric) (subject, error) {
	name, kind := metric.Dimensions["EndpointName"], inventory.WorkloadKind(inventory.KindEndpoint)
	if component := metric.Dimensions["InferenceComponentName"]; component != "" {
		name, kind = component, KindComponent
	}
	if name == "" {
		return subject{}, fmt.Errorf("its metric %s is that of no endpoint and no component", metric.Name)
	}
	endpoint, ok := t.names.Endpoints[inventory.WorkloadKey{Place: place, Kind: kind, Name: name}]
	if !ok {
		return subject{}, fmt.Errorf("%s %s does not move, so CloudWatch goes on watching it, or it is not in the plan", kind, name)
	}
	return subject{watched: name, endpoint: endpoint}, nil
}

func (t *translation) find(place inventory.Place, name string) (inventory.Alarm, bool) {
	if i := slices.IndexFunc(t.alarms, func(a inventory.Alarm) bool { return a.Place == place && a.Name == name }); i >= 0 {
		return t.alarms[i], true
	}
	return inventory.Alarm{}, false
}
