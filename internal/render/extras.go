package render

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/alarm"
	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

// labelEndpoint is set by package alarm on every alert of an Endpoint.
const labelEndpoint = "landfall_endpoint"

// autoscale adds what changes an Endpoint's number of pods where its own
// replicas cannot say it, and hands spec.replicas over to it: the
// HorizontalPodAutoscaler that the Endpoint would make is left out, by taking
// away the variant's max.
func (t *tree) autoscale(e *exported) error {
	spec, pods := e.workload.Autoscaling, podsOf(e.endpoint)
	if spec == nil || pods == nil || spec.FitsEndpoint() {
		return nil
	}
	if spec.Target == autoscaling.TargetDeployment {
		e.gap("autoscaling", "it scales workers of a queue, and the workload became an Endpoint", "let the workers' own Deployment be scaled by the queue's length")
		return nil
	}
	if spec.Engine == autoscaling.EngineKEDA && !t.KEDA {
		e.gap("autoscaling", "its targets need KEDA, and the tree was rendered without", "install KEDA, and render with --keda; until then "+ownScaling(pods.Replicas))
		return nil
	}
	bounds := autoscaling.Range{Min: pods.Replicas.Min, Max: e.workload.Replicas.Max, Variant: variantOf(e.endpoint)}
	if pods.Replicas.Max != nil {
		bounds.Max = *pods.Replicas.Max // somebody may have changed the bundle
	}
	objects := autoscaling.Objects(e.endpoint.Name, t.Namespace, bounds, *spec)
	for _, m := range spec.NeedsQuery() {
		e.gap("autoscaling by "+string(m.Type), "nobody named the query that measures it", "set query of this metric in the plan, in PromQL")
	}
	if len(objects) == 0 {
		e.gap("autoscaling", "nothing of it can be measured yet", "complete it in the plan; until then "+ownScaling(pods.Replicas))
		return nil
	}
	for i, o := range objects {
		name := "autoscaler"
		if i > 0 {
			name = fmt.Sprintf("autoscaler-%d", i+1)
		}
		if err := e.add(name, o); err != nil {
			return err
		}
	}
	pods.Replicas.Max = nil
	e.endpoint.Spec.Replicas = ptr.To(max(pods.Replicas.Min, 1))
	e.scaled = true
	return nil
}

// ownScaling says what an Endpoint does by itself.
func ownScaling(r v1alpha1.ReplicaRange) string {
	if r.Max == nil {
		return fmt.Sprintf("the number of pods stays at %d", max(r.Min, 1))
	}
	return fmt.Sprintf("the Endpoint keeps %d to %d pods by their CPU use", max(r.Min, 1), *r.Max)
}

// alert adds the rules that stand for the CloudWatch alarms on an endpoint.
func (t *tree) alert() error {
	if t.Inventory == nil || len(t.Inventory.Alarms) == 0 {
		return nil
	}
	names := alarm.Names{Namespace: t.Namespace, Endpoints: map[inventory.WorkloadKey]string{}}
	for _, e := range t.exports() {
		key := e.workload.WorkloadKey
		names.Endpoints[key] = e.endpoint.Name
		if found := t.Inventory.FindEndpoint(key.Place, key.Name); found != nil {
			for _, c := range found.Components {
				names.Endpoints[inventory.WorkloadKey{Place: key.Place, Kind: alarm.KindComponent, Name: c.Name}] = e.endpoint.Name
			}
		}
	}
	byVariant := map[string][]alarm.Rule{}
	for _, e := range t.exports() {
		variant := variantOf(e.endpoint)
		rules, done := byVariant[variant]
		if !done {
			names.Variant = variant
			// What has no counterpart is among the plan's gaps already.
			rules, _ = alarm.Translate(t.Inventory.Alarms, names)
			byVariant[variant] = rules
		}
		if err := t.alertOn(e, rules); err != nil {
			return err
		}
	}
	return nil
}

// alertOn adds those of the rules that watch an Endpoint.
func (t *tree) alertOn(e *exported, rules []alarm.Rule) error {
	own := slices.DeleteFunc(slices.Clone(rules), func(r alarm.Rule) bool { return r.Labels[labelEndpoint] != e.endpoint.Name })
	switch {
	case len(own) == 0:
		return nil
	case !t.PrometheusOperator:
		e.gap(count(len(own), "alarm"), "they became rules of Prometheus, and the tree was rendered without its operator",
			"install the Prometheus Operator, and render with --prometheus-operator")
		return nil
	}
	return e.add("alerts", alarm.PrometheusRule(e.endpoint.Name, t.Namespace, own))
}

func (e *exported) gap(thing, why, do string) {
	e.gaps = append(e.gaps, gap.Gap{Thing: thing, Why: why, Do: do})
}

// add marks an object as the tree's, and adds it.
func (e *exported) add(name string, object any) error {
	marked, err := mark(object)
	if err != nil {
		return err
	}
	e.extra = append(e.extra, Manifest{Name: name, Object: marked})
	return nil
}

// mark adds the labels of everything in the tree.
func mark(object any) (*unstructured.Unstructured, error) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%T is no manifest", object)
	}
	u = u.DeepCopy()
	u.SetLabels(mergedLabels(u.GetLabels()))
	return u, nil
}

// podsOf is the part of an Endpoint that runs in the cluster, nil without.
func podsOf(endpoint *v1alpha1.Endpoint) *v1alpha1.PodsVariant {
	for i := range endpoint.Spec.Variants {
		if pods := endpoint.Spec.Variants[i].Pods; pods != nil {
			return pods
		}
	}
	return nil
}

// variantOf is the name of the variant that runs in the cluster.
func variantOf(endpoint *v1alpha1.Endpoint) string {
	for _, v := range endpoint.Spec.Variants {
		if v.Pods != nil {
			return v.Name
		}
	}
	return autoscaling.DefaultVariant
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
