package alarm

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files")

var here = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}

var names = Names{Namespace: "ml", Endpoints: map[inventory.WorkloadKey]string{
	{Place: here, Kind: "Endpoint", Name: "Churn-Prod"}: "churn",
	{Place: here, Kind: KindComponent, Name: "llm-7b"}:  "llm",
}}

const topic = "arn:aws:sns:us-east-1:123456789012:oncall"

func of(name, namespace, metric, statistic string, threshold float64) inventory.Alarm {
	a := inventory.Alarm{
		Name: name, Place: here, Comparison: "GreaterThanThreshold", Threshold: &threshold,
		PeriodSeconds: 60, EvaluationPeriods: 1, ActionsEnabled: true, AlarmActions: []string{topic},
		Metric: &inventory.CustomMetric{Namespace: namespace, Name: metric, Statistic: statistic,
			Dimensions: map[string]string{"EndpointName": "Churn-Prod", "VariantName": "AllTraffic"}},
	}
	if strings.HasPrefix(statistic, "p") {
		a.Metric.Statistic, a.ExtendedStatistic = "", statistic
	}
	return a
}

func with(a inventory.Alarm, change func(*inventory.Alarm)) inventory.Alarm {
	change(&a)
	return a
}

func composed(name, rule string) inventory.Alarm {
	return inventory.Alarm{Name: name, Place: here, Rule: rule, ActionsEnabled: true, AlarmActions: []string{topic}}
}

func computed(name, expression string) inventory.Alarm {
	a := of(name, "", "", "", 5)
	a.Metric = nil
	a.Expressions = []inventory.MetricExpression{
		{ID: "share", Expression: expression, ReturnData: true},
		{ID: "e", PeriodSeconds: 300, Metric: of("", namespaceRequests, "Invocation5XXErrors", "Sum", 0).Metric},
		{ID: "n", PeriodSeconds: 300, Metric: of("", namespaceRequests, "Invocations", "Sum", 0).Metric},
		{ID: "slow", PeriodSeconds: 300, ExtendedStatistic: "p90", Metric: of("", namespaceRequests, "ModelLatency", "", 0).Metric},
		{ID: "day", PeriodSeconds: 86400, Metric: of("", namespaceRequests, "Invocations", "Sum", 0).Metric},
		{ID: "loop", Expression: "loop + 1"},
	}
	return a
}

const selected = `{namespace="ml",endpoint="churn",variant="cluster"}`

func TestTranslate(t *testing.T) {
	for name, c := range map[string]struct {
		alarm      inventory.Alarm
		expr       string
		forSeconds int32
	}{
		"latency is in microseconds": {
			alarm: of("a", namespaceRequests, "ModelLatency", "p99", 250000),
			expr:  `histogram_quantile(0.99, sum by (le) (rate(landfall_router_request_duration_seconds_bucket` + selected + `[60s]))) > 0.25`,
		},
		"the average": {
			alarm: of("a", namespaceRequests, "ModelLatency", "Average", 1e6),
			expr: `sum(rate(landfall_router_request_duration_seconds_sum` + selected + `[60s])) / ` +
				`(sum(rate(landfall_router_request_duration_seconds_count` + selected + `[60s])) > 0) > 1`,
		},
		"every one of three periods": {
			alarm: with(of("a", namespaceRequests, "Invocation5XXErrors", "Sum", 10), func(a *inventory.Alarm) {
				a.EvaluationPeriods, a.PeriodSeconds = 3, 300
			}),
			expr:       `sum(increase(landfall_router_requests_total{namespace="ml",endpoint="churn",variant="cluster",outcome="service_error"}[300s])) > 10`,
			forSeconds: 600,
		},
		"two of five periods": {
			alarm: with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
				a.EvaluationPeriods, a.DatapointsToAlarm, a.Comparison = 5, 2, "LessThanThreshold"
			}),
			expr: `count_over_time((sum(increase(landfall_router_requests_total` + selected + `[60s])) < 1)[300s:60s]) >= 2`,
		},
		"missing data breaches": {
			alarm: with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
				a.MissingData, a.Comparison = "breaching", "LessThanOrEqualToThreshold"
			}),
			expr: `sum(increase(landfall_router_requests_total` + selected + `[60s])) <= 1 or absent(landfall_router_requests_total` + selected + `)`,
		},
		"seconds are too close for scrapes": {
			alarm: with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) { a.PeriodSeconds = 10 }),
			expr:  `10 * sum(rate(landfall_router_requests_total` + selected + `[60s])) > 1`,
		},
		"a share of failures": {
			alarm: computed("a", "100 * e / FILL(n, 1)"),
			expr: `((100 * (sum(increase(landfall_router_requests_total{namespace="ml",endpoint="churn",variant="cluster",outcome="service_error"}[300s]))))` +
				` / ((sum(increase(landfall_router_requests_total` + selected + `[300s]))) or vector(1))) > 5`,
		},
		"a formula counts in CloudWatch's units": {
			alarm: computed("a", "slow - 2"),
			expr:  `((1e+06 * (histogram_quantile(0.9, sum by (le) (rate(landfall_router_request_duration_seconds_bucket` + selected + `[300s]))))) - 2) > 5`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			rules, gaps := Translate([]inventory.Alarm{c.alarm}, names)
			if len(rules) != 1 || len(gaps) != 0 {
				t.Fatalf("%d rules and the gaps %+v, want one rule", len(rules), gaps)
			}
			if diff := cmp.Diff(c.expr, rules[0].Expr); diff != "" {
				t.Errorf("expr (-want +got):\n%s", diff)
			}
			if rules[0].ForSeconds != c.forSeconds {
				t.Errorf("for %d s, want %d", rules[0].ForSeconds, c.forSeconds)
			}
		})
	}
}

func TestTranslateNamesWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		alarm inventory.Alarm
		why   string
	}{
		"SageMaker's own time": {of("a", namespaceRequests, "OverheadLatency", "Average", 1), "SageMaker's own part"},
		"a queue":              {of("a", namespaceRequests, "ApproximateBacklogSize", "Average", 1), "the queue"},
		"a trimmed mean":       {of("a", namespaceRequests, "ModelLatency", "tm99", 1), "no counterpart"},
		"a job":                {of("a", "/aws/sagemaker/TrainingJobs", "CPUUtilization", "Average", 1), "not one of serving"},
		"an endpoint that stays": {
			with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) { a.Metric.Dimensions = map[string]string{"EndpointName": "Other"} }),
			"does not move",
		},
		"a band":        {with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) { a.ThresholdMetricID = "ad1" }), "band"},
		"PromQL":        {with(of("a", "", "", "", 1), func(a *inventory.Alarm) { a.Metric, a.PromQL = nil, "up == 0" }), "PromQL"},
		"two periods":   {computed("a", "n / day"), "periods of 300 s and 86400 s"},
		"a loop":        {computed("a", "loop"), "too deep"},
		"a condition":   {computed("a", "IF(n > 5, e, 0)"), "more than arithmetic"},
		"an unknown id": {computed("a", "e / m7"), "does not define"},
		"a number":      {computed("a", "ABS(5)"), "of a number"},
		"deep nesting":  {computed("a", strings.Repeat("(", 200)+"n"), "deeply"},
		"scaling": {with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
			a.AlarmActions = []string{"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x"}
		}), "drives a scaling policy"},
		"a function": {with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
			a.AlarmActions = []string{"arn:aws:lambda:us-east-1:123456789012:function:page"}
		}), "has no counterpart"},
		"silence": {with(of("a", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
			a.InsufficientDataActions = []string{topic}
		}), "falls silent"},
		"a rule of absence":  {composed("a", "NOT ALARM(known)"), "PromQL cannot say alone"},
		"an unknown alarm":   {composed("a", "ALARM(b)"), "not in the inventory"},
		"an unknown state":   {composed("a", "INSUFFICIENT_DATA(b)"), "no counterpart"},
		"an open rule":       {composed("a", `ALARM("b`), "not closed"},
		"itself":             {composed("a", "ALARM(a)"), "too deeply"},
		"a deep rule":        {composed("a", strings.Repeat("NOT ", 500)+"ALARM(b)"), "deeply"},
		"nothing to compare": {with(of("a", "", "", "", 1), func(a *inventory.Alarm) { a.Metric = nil }), "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, gaps := Translate([]inventory.Alarm{c.alarm, of("known", namespaceRequests, "Invocations", "Sum", 1)}, names)
			for _, g := range gaps {
				if g.Thing == "alarm a" && strings.Contains(g.Why, c.why) && g.Do != "" {
					return
				}
			}
			t.Errorf("gaps %+v, want one with %q", gaps, c.why)
		})
	}
}

func TestComposite(t *testing.T) {
	errors := with(of("errors", namespaceRequests, "Invocation5XXErrors", "Sum", 10), func(a *inventory.Alarm) { a.EvaluationPeriods = 2 })
	idle := with(of("idle", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) { a.Comparison = "LessThanThreshold" })
	busy := of("busy", namespaceRequests, "Invocations", "Sum", 1000)
	e := `(count_over_time((sum(increase(landfall_router_requests_total{namespace="ml",endpoint="churn",variant="cluster",outcome="service_error"}[60s])) > 10)[120s:60s]) >= 2)`
	i := `(sum(increase(landfall_router_requests_total` + selected + `[60s])) < 1)`
	b := `(sum(increase(landfall_router_requests_total` + selected + `[60s])) > 1000)`
	for rule, want := range map[string]string{
		`ALARM("errors") AND NOT ALARM('idle')`:                                         "(" + e + " unless on () " + i + ")",
		`OK(idle) AND ALARM(errors)`:                                                    "(" + e + " unless on () " + i + ")",
		`ALARM(errors) OR ALARM(busy)`:                                                  "(" + e + " or " + b + ")",
		`ALARM(errors) AND NOT (ALARM(idle) OR OK(busy))`:                               "",
		`ALARM(errors) AND NOT (ALARM(idle) OR ALARM(busy))`:                            "(" + e + " unless on () (" + i + " or " + b + "))",
		`ALARM(errors) AND (OK(idle) AND OK(busy))`:                                     "(" + e + " unless on () (" + i + " or " + b + "))",
		`ALARM(errors) AND (OK(idle) OR OK(busy))`:                                      "(" + e + " unless on () (" + i + " and on () " + b + "))",
		`ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:busy) AND ALARM(errors)`: "(" + b + " and on () " + e + ")",
	} {
		t.Run(rule, func(t *testing.T) {
			rules, gaps := Translate([]inventory.Alarm{errors, idle, busy, composed("whole", rule)}, names)
			got := ""
			for _, r := range rules {
				if r.Alert == "whole" {
					got = r.Expr
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("expr (-want +got):\n%s\ngaps %+v", diff, gaps)
			}
		})
	}
}

// account holds an alarm on every statistic of every metric, and more.
func account() []inventory.Alarm {
	var alarms []inventory.Alarm
	add := func(namespace string, metrics ...string) {
		for _, metric := range metrics {
			for _, statistic := range []string{"Average", "Sum", "Maximum", "Minimum", "SampleCount", "p50", "p99.9"} {
				alarms = append(alarms, of(metric+" "+statistic, namespace, metric, statistic, 50))
			}
		}
	}
	add(namespaceRequests, "Invocations", "InvocationsPerInstance", "InvocationsPerCopy", "Invocation4XXErrors", "Invocation5XXErrors",
		"InvocationModelErrors", "ModelLatency", "OverheadLatency", "ConcurrentRequestsPerModel")
	add(namespaceInstances, "CPUUtilization", "MemoryUtilization", "DiskUtilization", "GPUUtilization", "GPUMemoryUtilization",
		"CPUUtilizationNormalized", "GPUUtilizationNormalized")
	component := of("component busy", namespaceComponents, "CPUUtilizationNormalized", "Average", 80)
	component.Metric.Dimensions = map[string]string{"InferenceComponentName": "llm-7b"}
	silent := with(of("silent", namespaceRequests, "Invocations", "Sum", 1), func(a *inventory.Alarm) {
		a.Comparison, a.MissingData, a.EvaluationPeriods, a.DatapointsToAlarm = "LessThanThreshold", "breaching", 5, 3
		a.Description, a.ActionsEnabled, a.OKActions = "braces {{ .Value }} stay text", false, []string{topic}
	})
	return append(alarms, component, silent,
		computed("failure share", "100 * (e / FILL(n, 0.5)) ^ 2 - -CEIL(slow)"),
		composed("failing under load", `ALARM("failure share") AND NOT ALARM(silent) OR ALARM("ModelLatency p99.9")`))
}

func TestManifest(t *testing.T) {
	rules, _ := Translate(account(), names)
	for path, manifest := range map[string]any{
		"testdata/rules.yaml":   PrometheusRule("sagemaker-alarms", "ml", rules),
		"testdata/monitor.yaml": PodMonitor("landfall-router", "landfall-system"),
	} {
		got, err := yaml.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got), written anew by -update:\n%s", path, diff)
		}
	}
}

// Every alarm is a rule or a gap, whatever it is made of.
func TestNothingIsLost(t *testing.T) {
	all := account()
	rapid.Check(t, func(t *rapid.T) {
		var alarms []inventory.Alarm
		for i := range rapid.IntRange(1, 6).Draw(t, "alarms") {
			a := rapid.SampledFrom(all).Draw(t, "alarm")
			a.Name = fmt.Sprintf("alarm%d", i)
			a.Comparison = rapid.SampledFrom([]string{"GreaterThanThreshold", "LessThanThreshold", "GreaterThanUpperThreshold", ""}).Draw(t, "comparison")
			a.EvaluationPeriods = rapid.Int32().Draw(t, "periods")
			a.PeriodSeconds = rapid.Int32().Draw(t, "period")
			a.DatapointsToAlarm = rapid.Int32().Draw(t, "datapoints")
			if rapid.Bool().Draw(t, "composite") {
				a.Rule = rapid.StringMatching(`(NOT )?(ALARM|OK)\(alarm[0-5]\)( (AND|OR) (NOT )?ALARM\(alarm[0-5]\))*`).Draw(t, "rule")
			}
			alarms = append(alarms, a)
		}
		rules, gaps := Translate(alarms, names)
		found := map[string]bool{}
		for _, r := range rules {
			found["alarm "+r.Alert] = true
			if r.Expr == "" || r.ForSeconds < 0 {
				t.Fatalf("rule %+v", r)
			}
		}
		for _, g := range gaps {
			found[g.Thing] = true
		}
		for _, a := range alarms {
			if !found["alarm "+a.Name] {
				t.Fatalf("alarm %s is nowhere", a.Name)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("100 * e / FILL(n, 0)", `ALARM("a") AND NOT (OK(b) OR ALARM('c'))`)
	f.Add("((((", "((((")
	f.Add("-e^-2", "NOT NOT NOT")
	f.Fuzz(func(t *testing.T, expression, rule string) {
		Translate([]inventory.Alarm{computed("a", expression), composed("b", rule), of("c", namespaceRequests, "Invocations", "Sum", 1)}, names)
	})
}
