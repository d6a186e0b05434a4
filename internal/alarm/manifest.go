package alarm

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"landfall.dev/landfall/internal/naming"
)

// object is JSON with fields.
type object = map[string]any

// PrometheusRule returns the rules as a PrometheusRule of the Prometheus
// Operator (monitoring.coreos.com/v1), as *unstructured.Unstructured.
func PrometheusRule(name, namespace string, rules []Rule) any {
	alerts := make([]any, 0, len(rules))
	for _, r := range rules {
		alert := object{
			"alert": r.Alert, "expr": r.Expr,
			"labels": texts(r.Labels), "annotations": texts(r.Annotations),
		}
		if r.ForSeconds > 0 {
			alert["for"] = fmt.Sprintf("%ds", r.ForSeconds)
		}
		alerts = append(alerts, alert)
	}
	return manifest("PrometheusRule", name, namespace, object{
		"groups": []any{object{"name": "cloudwatch-alarms", "rules": alerts}},
	})
}

// scrapeInterval puts four scrapes into the shortest range of a rule, a minute:
// one that is late or lost leaves enough for a rate.
const scrapeInterval = "15s"

// PodMonitor returns the PodMonitor that has the routers of a namespace scraped
// as the rules and the autoscaling expect: with the routers' own labels
// namespace and endpoint, which the Prometheus Operator renames otherwise.
func PodMonitor(name, namespace string) any {
	return manifest("PodMonitor", name, namespace, object{
		"selector": object{"matchLabels": object{naming.LabelName: naming.Router}},
		"podMetricsEndpoints": []any{object{
			"port": naming.PortAdmin, "path": naming.MetricsPath, "interval": scrapeInterval, "honorLabels": true,
		}},
	})
}

func manifest(kind, name, namespace string, spec object) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "monitoring.coreos.com/v1", "kind": kind,
		"metadata": object{"name": name, "namespace": namespace, "labels": object{naming.LabelPartOf: naming.PartOfLandfall}},
		"spec":     spec,
	}}
}

func texts(from map[string]string) object {
	to := object{}
	for name, text := range from {
		to[name] = text
	}
	return to
}
