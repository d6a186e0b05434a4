package workload

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// paid says of kinds of resources what SageMaker asks money for and no price
// that is known here covers.
var paid = map[inventory.ResourceKind]string{
	inventory.KindMlflowTrackingServer:        "the hours and storage of tracking server",
	inventory.KindMlflowApp:                   "MLflow app",
	inventory.KindFeatureGroup:                "the reads, writes and storage of feature group",
	inventory.KindLabelingJob:                 "the people and objects of labeling job",
	inventory.KindFlowDefinition:              "the reviews of flow definition",
	inventory.KindPartnerApp:                  "the hours and licence of partner app",
	inventory.KindTrainingPlan:                "the reserved capacity of training plan",
	inventory.KindOptimizationJob:             "the instances of optimization job",
	inventory.KindInferenceRecommendationsJob: "the instances of recommendations job",
	inventory.KindAIBenchmarkJob:              "the instances of benchmark job",
	inventory.KindAIRecommendationJob:         "the instances of recommendation job",
	inventory.KindDomain:                      "the file system of Studio domain",
	inventory.KindDeviceFleet:                 "the devices of fleet",
}

// over are the statuses of what costs nothing any more.
var over = []string{
	"completed", "stopped", "failed", "deleted", "delete_failed", "deleting", "expired", "terminated", "delete_complete",
}

// unknown adds what costs money and has no price: a bill that leaves it out in
// silence would read as if it were free.
func (a *account) unknown(g *group, b *bill) {
	for _, p := range g.parts {
		what, is := paid[p.Kind]
		if is && !slices.Contains(over, strings.ToLower(p.Status)) {
			b.lacks(what + " " + p.Name)
		}
	}
	if _, byHours := costRules[g.key.Kind]; byHours && !b.known && len(b.missing) == 0 {
		b.lacks("what it runs on: nothing tells for how long, or on which instances")
	}
}
