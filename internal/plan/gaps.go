package plan

import (
	"slices"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

// integration is what SageMaker does for a workload beside serving or running
// it, by AWS's own name.
type integration struct{ why, do string }

var integrations = map[string]integration{
	"DataCapture":    {"nothing in the cluster writes requests and answers to S3", "let the router mirror to a service that records them, or record in the model's container"},
	"ModelMonitor":   {"its analyzers are closed images that read SageMaker's data capture", replaceMonitoring},
	"Clarify":        {"its containers are closed, and its online explainer changes answers", replaceMonitoring},
	"Explainer":      {"Clarify's explainer is closed and changes answers", replaceMonitoring},
	"FeatureStore":   {"its online store and API stay SageMaker's", "give the pods an AWS identity that may read the store, or: " + replaceFeatures},
	"A2I":            {"its human reviews are SageMaker's workforce", replaceLabeling},
	"Debugger":       {"its rules are closed images, started beside training", "write the same metrics to MLflow or Prometheus, and alert on them"},
	"StickySessions": {"callers get sessions from SageMaker's routing", "sticky routing in Landfall's router"},
	"Notifications":  {"SageMaker publishes to SNS when an answer is there", "let the workers publish the same messages"},
}

// integrationGaps name what SageMaker does for a workload beside running it.
func integrationGaps(w inventory.Workload) []gap.Gap {
	var gaps []gap.Gap
	for _, i := range w.Integrations {
		known, ok := integrations[i.Name]
		if !ok {
			continue
		}
		thing := i.Name
		if i.Detail != "" {
			thing += " (" + i.Detail + ")"
		}
		g := gap.Gap{Thing: thing, Why: known.why, Do: known.do}
		if !slices.Contains(gaps, g) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

func (b *builder) alarmsAt(place inventory.Place) []inventory.Alarm { return b.scene.alarms[place] }
