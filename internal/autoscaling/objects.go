package autoscaling

import (
	"math"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"landfall.dev/landfall/internal/naming"
)

// DefaultPrometheusURL is the Service that the Prometheus Operator makes for
// the Prometheus objects of the namespace monitoring.
const DefaultPrometheusURL = "http://prometheus-operated.monitoring.svc:9090"

// DefaultVariant is the name of the variant in the cluster.
const DefaultVariant = "cluster"

// Range bounds the number of pods.
type Range struct {
	Min, Max int32
	// Variant is the Endpoint's variant whose pods are scaled; empty means
	// DefaultVariant.
	Variant string
}

// Objects returns the manifest of what carries a Spec out, of the Endpoint or
// Deployment of that name: a HorizontalPodAutoscaler (autoscaling/v2) or KEDA's
// ScaledObject (keda.sh/v1alpha1), as *unstructured.Unstructured. Nothing is
// returned where the Endpoint does it by itself (FitsEndpoint), and where every
// metric still needs a query.
//
// An Endpoint's scale subresource is scaled, spec.replicas: it has to be set to
// Min once, as a HorizontalPodAutoscaler does nothing at 0, and to be left alone
// by what applies manifests afterwards. The range of the variant itself has to
// be without a max then.
func Objects(name, namespace string, r Range, s Spec) []any {
	if s.FitsEndpoint() {
		return nil
	}
	o := builder{name: name, namespace: namespace, bounds: r, spec: s}
	if o.bounds.Variant == "" {
		o.bounds.Variant = DefaultVariant
	}
	if s.Engine == EngineKEDA {
		return o.scaledObject()
	}
	return o.horizontalPodAutoscaler()
}

// object is JSON with fields.
type object = map[string]any

type builder struct {
	name, namespace string
	bounds          Range
	spec            Spec
}

func (b builder) horizontalPodAutoscaler() []any {
	var metrics []any
	for _, m := range b.spec.Metrics {
		if resource := resourceOf(m.Type); resource != "" {
			metrics = append(metrics, object{"type": "Resource", "resource": object{
				"name":   resource,
				"target": object{"type": "Utilization", "averageUtilization": utilization(m.TargetValue)},
			}})
		}
	}
	if len(metrics) == 0 {
		return nil
	}
	return []any{b.manifest("autoscaling/v2", "HorizontalPodAutoscaler", object{
		"scaleTargetRef": b.reference(),
		"minReplicas":    int64(max(b.bounds.Min, 1)),
		"maxReplicas":    int64(max(b.bounds.Max, b.bounds.Min, 1)),
		"metrics":        metrics,
		"behavior":       b.behavior(),
	})}
}

func (b builder) scaledObject() []any {
	var triggers []any
	for _, m := range b.spec.Metrics {
		if trigger := b.trigger(m); trigger != nil {
			triggers = append(triggers, trigger)
		}
	}
	for _, s := range b.spec.Schedules {
		zone := s.TimeZone
		if zone == "" {
			zone = "UTC"
		}
		triggers = append(triggers, object{"type": "cron", "metadata": object{
			"timezone": zone, "start": s.Start, "end": s.End, "desiredReplicas": strconv.Itoa(int(s.Replicas)),
		}})
	}
	if len(triggers) == 0 {
		return nil
	}
	spec := object{
		"scaleTargetRef":  b.reference(),
		"minReplicaCount": int64(max(b.bounds.Min, 0)),
		"maxReplicaCount": int64(max(b.bounds.Max, b.bounds.Min, 1)),
		"triggers":        triggers,
		"advanced":        object{"horizontalPodAutoscalerConfig": object{"behavior": b.behavior()}},
	}
	if b.bounds.Min == 0 {
		// How long nothing may wait before the last pod goes.
		spec["cooldownPeriod"] = int64(b.spec.ScaleDownStabilizationSeconds)
	}
	return []any{b.manifest("keda.sh/v1alpha1", "ScaledObject", spec)}
}

func (b builder) trigger(m Metric) any {
	if resource := resourceOf(m.Type); resource != "" {
		return object{"type": resource, "metricType": "Utilization", "metadata": object{
			"value": strconv.FormatInt(utilization(m.TargetValue), 10),
		}}
	}
	query := m.query(b.namespace, b.name, b.bounds.Variant)
	if query == "" {
		return nil
	}
	url, metricType := b.spec.PrometheusURL, "AverageValue"
	if url == "" {
		url = DefaultPrometheusURL
	}
	if m.Total {
		metricType = "Value"
	}
	return object{"type": "prometheus", "metricType": metricType, "metadata": object{
		"serverAddress": url, "query": query, "threshold": m.TargetValue,
		// A Prometheus without figures must not scale to the minimum.
		"ignoreNullValues": "false",
	}}
}

func (b builder) reference() object {
	if b.spec.scaled() == TargetDeployment {
		return object{"apiVersion": "apps/v1", "kind": "Deployment", "name": b.name}
	}
	return object{"apiVersion": naming.Group + "/v1alpha1", "kind": "Endpoint", "name": b.name}
}

func (b builder) behavior() object {
	return object{
		"scaleUp":   rules(b.spec.ScaleUpStabilizationSeconds, b.spec.ScaleUpLimits, b.spec.ScaleUpDisabled),
		"scaleDown": rules(b.spec.ScaleDownStabilizationSeconds, b.spec.ScaleDownLimits, b.spec.ScaleDownDisabled),
	}
}

func rules(stabilizationSeconds int32, limits []Limit, disabled bool) object {
	rules := object{"stabilizationWindowSeconds": int64(stabilizationSeconds)}
	var policies []any
	for _, l := range limits {
		policy := object{"type": "Pods", "value": int64(l.Pods), "periodSeconds": int64(l.PeriodSeconds)}
		if l.Percent > 0 {
			policy["type"], policy["value"] = "Percent", int64(l.Percent)
		}
		policies = append(policies, policy)
	}
	if len(policies) > 0 {
		rules["policies"], rules["selectPolicy"] = policies, "Max"
	}
	if disabled {
		rules["selectPolicy"] = "Disabled"
	}
	return rules
}

func (b builder) manifest(apiVersion, kind string, spec object) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": object{
			"name": b.name, "namespace": b.namespace,
			"labels": object{naming.LabelPartOf: naming.PartOfLandfall},
		},
		"spec": spec,
	}}
}

// resourceOf names the resource of a metric that the metrics server measures.
func resourceOf(kind MetricType) string {
	return map[MetricType]string{MetricCPU: "cpu", MetricMemory: "memory"}[kind]
}

// utilization is a whole percentage of at least 1. A plan that people edited
// may hold anything.
func utilization(target string) int64 {
	value, err := strconv.ParseFloat(target, 64)
	if err != nil || math.IsNaN(value) {
		return defaultUtilizationPercent
	}
	return int64(min(max(math.Round(value), 1), maxUtilizationPercent))
}

const (
	// defaultUtilizationPercent is that of an Endpoint.
	defaultUtilizationPercent = 70
	maxUtilizationPercent     = 1000
)
