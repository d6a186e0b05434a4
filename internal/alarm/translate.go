package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

// DefaultVariant is the name of the variant in the cluster.
const DefaultVariant = "cluster"

// Names say what stands in the cluster for what the alarms watch.
type Names struct {
	// Namespace of the Endpoints.
	Namespace string
	// Endpoints are the metadata.name of Endpoints by the SageMaker endpoint or
	// inference component that they stand for. Alarms on others become gaps.
	Endpoints map[inventory.WorkloadKey]string
	// Variant is the variant whose pods are watched; empty means
	// DefaultVariant.
	Variant string
}

// KindComponent is the kind of the keys of inference components in Names.
const KindComponent = inventory.WorkloadKind(inventory.KindInferenceComponent)

// Rule is an alerting rule of Prometheus.
type Rule struct {
	// Alert is the alarm's name.
	Alert string
	// Expr is PromQL.
	Expr string
	// ForSeconds is how long the expression must hold.
	ForSeconds int32
	// Labels and Annotations of the alert.
	Labels, Annotations map[string]string
}

// translation of the alarms of one document.
type translation struct {
	names  Names
	alarms []inventory.Alarm
	rules  []Rule
	gaps   []gap.Gap
}

// Translate turns alarms into rules. Every alarm is a rule, or named in a gap;
// an alarm whose rule leaves something out is both.
func Translate(alarms []inventory.Alarm, names Names) (rules []Rule, gaps []gap.Gap) {
	if names.Variant == "" {
		names.Variant = DefaultVariant
	}
	t := &translation{names: names, alarms: slices.Clone(alarms)}
	slices.SortStableFunc(t.alarms, func(a, b inventory.Alarm) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
	})
	for _, a := range t.alarms {
		t.translate(a)
	}
	return t.rules, t.gaps
}

func (t *translation) translate(a inventory.Alarm) {
	if drivesScaling(a) {
		t.gap(a, "it drives a scaling policy and tells nobody", "nothing: what stands for the policy watches its metric by itself")
		return
	}
	var condition condition
	var err error
	if a.Rule != "" {
		condition, err = t.composite(a)
	} else {
		condition, err = t.condition(a)
	}
	if err != nil {
		t.gap(a, err.Error(), remedy(a))
		return
	}
	rule := Rule{
		Alert: a.Name, Expr: condition.expr, ForSeconds: condition.forSeconds,
		Labels: t.labels(a, condition), Annotations: annotations(a, condition),
	}
	t.rules = append(t.rules, rule)
	t.actions(a)
	t.aside(a)
}

func (t *translation) gap(a inventory.Alarm, why, do string) {
	t.gaps = append(t.gaps, gap.Gap{Thing: "alarm " + a.Name, Why: why, Do: do})
}

func remedy(a inventory.Alarm) string {
	switch {
	case a.Rule != "":
		return "write the rule by hand from the rules of its parts, or route and silence the parts in Alertmanager"
	case a.ThresholdMetricID != "":
		return "compare with the same hour of last week (offset 1w), or with avg_over_time and stddev_over_time of the last days"
	default:
		return "decide whether anybody still needs it, and write a rule by hand for what the cluster measures in its place"
	}
}

// drivesScaling says that an alarm has no other action than to set off scaling.
func drivesScaling(a inventory.Alarm) bool {
	return len(a.AlarmActions) > 0 && len(a.OKActions) == 0 &&
		!slices.ContainsFunc(a.AlarmActions, func(arn string) bool { return serviceOf(arn) != "autoscaling" })
}

// actions names what an alarm does beside telling a topic.
func (t *translation) actions(a inventory.Alarm) {
	for _, arn := range slices.Concat(a.AlarmActions, a.OKActions) {
		switch service := serviceOf(arn); service {
		case "sns":
		case "autoscaling":
			t.gap(a, "it also drives a scaling policy", "nothing: what stands for the policy watches its metric by itself")
		default:
			t.gap(a, fmt.Sprintf("its action %s has no counterpart: Prometheus only tells Alertmanager", arn),
				"let a webhook receiver of Alertmanager do the same")
		}
	}
}

// aside names what a rule of Prometheus leaves out of an alarm.
func (t *translation) aside(a inventory.Alarm) {
	if topics := topicsOf(a.InsufficientDataActions); topics != "" {
		t.gap(a, "it also tells "+topics+" when its metric falls silent",
			"add a rule with absent() of the same series, or alert on the targets that Prometheus cannot scrape (up == 0)")
	}
	if a.Suppressor != "" {
		t.gap(a, fmt.Sprintf("the alarm %s holds its actions back", a.Suppressor), "write an inhibition rule for the two in Alertmanager")
	}
}

// serviceOf an ARN, such as sns.
func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

func (t *translation) labels(a inventory.Alarm, c condition) map[string]string {
	labels := map[string]string{"severity": "warning", "source": "cloudwatch"}
	for name, value := range map[string]string{
		"account": a.AccountID, "region": a.Region, "sagemaker": c.subject.watched, "landfall_endpoint": c.subject.endpoint,
	} {
		if value != "" {
			labels[name] = value
		}
	}
	if !a.ActionsEnabled {
		// Alertmanager can route it to nowhere, as AWS does.
		labels["actions"] = "disabled"
	}
	return labels
}

func annotations(a inventory.Alarm, c condition) map[string]string {
	texts := map[string]string{"summary": plain(a.Name + ": " + c.says)}
	if a.Description != "" {
		texts["description"] = plain(a.Description)
	}
	if len(c.notes) > 0 {
		texts["differs"] = plain(strings.Join(c.notes, "; "))
	}
	if topics := topicsOf(a.AlarmActions); topics != "" {
		texts["sns_topics"] = topics
	}
	if topics := topicsOf(a.OKActions); topics != "" {
		texts["sns_topics_ok"] = topics
	}
	return texts
}

// topicsOf names the topics that an Alertmanager receiver has to serve.
func topicsOf(actions []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(actions), func(arn string) bool { return serviceOf(arn) != "sns" }), " ")
}

// plain keeps Prometheus from reading a text as a template.
func plain(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

// number writes a value as PromQL reads it.
func number(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }
