package plan

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/alarm"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

// counterpart says why something that SageMaker does beside serving or running
// work is missing in the cluster, and what takes its place.
type counterpart struct{ why, do string }

// counterparts are by the names of package workload's integrations. What needs
// none is not here: scaling and alarms are translated, and recording runs goes
// on from anywhere.
var counterparts = map[string]counterpart{
	"DataCapture":            {"nothing in the cluster writes requests and answers to S3", "record them in the model's container, or let the router mirror to a service that records them"},
	"ModelMonitor":           {"its analyzers are closed images that read SageMaker's data capture", replaceMonitoring},
	"Clarify":                {"its containers are closed, and its online explainer changes answers", replaceMonitoring},
	"FeatureStore":           {"its online store and API stay SageMaker's", "give the pods an AWS identity that may read the store; or " + replaceFeatures},
	"SNS":                    {"SageMaker publishes there when an answer is ready", "let the workers publish the same messages"},
	"NetworkIsolation":       {"SageMaker cuts the container off from the network", "a NetworkPolicy without egress; the model is fetched before the container starts"},
	"VPC":                    {"SageMaker puts the container into these subnets", "check that pods reach what it calls there, and allow no more with a NetworkPolicy"},
	"KMS":                    {"SageMaker encrypts volumes and results with this key", "an encrypted storage class, and a role for the pods that may use the key"},
	"SecretsManager":         {"the container reads secrets of AWS", "an AWS identity for the pods, or External Secrets"},
	"PrivateRegistry":        {"SageMaker pulls the image through its VPC", "an image pull secret, and a registry that the nodes reach"},
	"FileSystem":             {"SageMaker mounts this file system", "a persistent volume on the same file system (the EFS and FSx CSI drivers)"},
	"ManagedInstanceScaling": {"SageMaker adds and removes instances under the copies", "the cluster's node autoscaler"},
	"Debugger":               {"its rules are closed images, started beside training", "write the same metrics to MLflow or Prometheus, and alert on them"},
	"WarmPools":              {"SageMaker keeps instances between runs", "a node pool that stays for some minutes (consolidateAfter of Karpenter)"},
}

// integrationGaps name what SageMaker does for a workload beside running it.
func integrationGaps(w inventory.Workload) []gap.Gap {
	var gaps []gap.Gap
	for _, i := range w.Integrations {
		known, ok := counterparts[i.Name]
		if !ok {
			continue
		}
		thing := i.Name
		if i.Detail != "" {
			thing += " (" + i.Detail + ")"
		}
		if g := (gap.Gap{Thing: thing, Why: known.why, Do: known.do}); !slices.Contains(gaps, g) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

func (b *builder) alarmsAt(place inventory.Place) []inventory.Alarm { return b.scene.alarms[place] }

// alarmGaps name the alarms on an endpoint that do not become rules of
// Prometheus as they are.
func (b *builder) alarmGaps(e inventory.Endpoint, s Settings) []gap.Gap {
	alarms := alarmsOn(e, b.alarmsAt(e.Place))
	if len(alarms) == 0 {
		return nil
	}
	names := alarm.Names{Endpoints: map[inventory.WorkloadKey]string{keyOf(e): s.Names.Endpoint}}
	for _, c := range e.Components {
		names.Endpoints[inventory.WorkloadKey{Place: e.Place, Kind: alarm.KindComponent, Name: c.Name}] = s.Names.Endpoint
	}
	_, gaps := alarm.Translate(alarms, names)
	return gaps
}

// alarmsOn are the alarms that watch an endpoint or one of its components, and
// those composed of them.
func alarmsOn(e inventory.Endpoint, all []inventory.Alarm) []inventory.Alarm {
	watches := func(m *inventory.CustomMetric) bool {
		if m == nil {
			return false
		}
		component := m.Dimensions["InferenceComponentName"]
		return m.Dimensions["EndpointName"] == e.Name ||
			component != "" && slices.ContainsFunc(e.Components, func(c inventory.Component) bool { return c.Name == component })
	}
	var found []inventory.Alarm
	for _, a := range all {
		if watches(a.Metric) || slices.ContainsFunc(a.Expressions, func(x inventory.MetricExpression) bool { return watches(x.Metric) }) {
			found = append(found, a)
		}
	}
	parts := slices.Clone(found)
	for _, a := range all {
		composed := func(part inventory.Alarm) bool { return strings.Contains(a.Rule, `"`+part.Name+`"`) }
		if a.Rule != "" && slices.ContainsFunc(parts, composed) {
			found = append(found, a)
		}
	}
	return found
}
