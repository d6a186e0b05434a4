package plan

import (
	"landfall.dev/landfall/internal/inventory"
)

// retained are the workloads that the inventory does not have: no longer, or
// because the scan did not look at them or could not.
func (b *builder) retained() ([]*entry, error) {
	known := make(map[string]bool, len(b.entries))
	for _, e := range b.entries {
		known[e.Full()] = true
	}
	var kept []*entry
	for i := range b.previous.Workloads {
		w := &b.previous.Workloads[i]
		if known[w.Full()] {
			continue
		}
		old := b.previous.Computed[w.Full()]
		e := &entry{Workload: *w, computed: old, old: old, previous: w, missing: b.lookedFor(w.WorkloadKey)}
		e.computed.Cluster = b.clusterName(w.WorkloadKey)
		if e.missing {
			e.computed.Decision, e.computed.Phase = Retire, 0
			e.verdict = *decided(Retire, "the inventory no longer has %s; remove it from the plan when it is not needed", nounOf(w.Kind))
		}
		if err := e.settle(); err != nil {
			return nil, err
		}
		kept = append(kept, e)
	}
	return kept, nil
}

func nounOf(kind inventory.WorkloadKind) string {
	if kind == inventory.WorkloadEndpoint {
		return "this endpoint"
	}
	return "this workload"
}

// listedBy are the kinds of resources that a workload of a kind is found by.
var listedBy = map[inventory.WorkloadKind][]string{
	inventory.WorkloadEndpoint:            {"ListEndpoints"},
	inventory.WorkloadTraining:            {"ListTrainingJobs"},
	inventory.WorkloadTuning:              {"ListHyperParameterTuningJobs"},
	inventory.WorkloadAutoML:              {"ListAutoMLJobs"},
	inventory.WorkloadProcessing:          {"ListProcessingJobs"},
	inventory.WorkloadTransform:           {"ListTransformJobs"},
	inventory.WorkloadCompilation:         {"ListCompilationJobs", "ListOptimizationJobs"},
	inventory.WorkloadLabeling:            {"ListLabelingJobs"},
	inventory.WorkloadPipeline:            {"ListPipelines"},
	inventory.WorkloadNotebook:            {"ListNotebookInstances"},
	inventory.WorkloadStudio:              {"ListDomains"},
	inventory.WorkloadRegistry:            {"ListModelPackageGroups"},
	inventory.WorkloadExperiments:         {"ListExperiments", "ListMlflowTrackingServers", "ListMlflowApps"},
	inventory.WorkloadFeatureGroup:        {"ListFeatureGroups"},
	inventory.WorkloadMonitoring:          {"ListMonitoringSchedules"},
	inventory.WorkloadHub:                 {"ListHubs"},
	inventory.WorkloadCluster:             {"ListClusters"},
	inventory.WorkloadInferenceExperiment: {"ListInferenceExperiments"},
	inventory.WorkloadEdge:                {"ListDeviceFleets", "ListEdgePackagingJobs"},
	// A model is unused where no endpoint and no job refers to it.
	inventory.WorkloadModel: {"ListModels", "ListEndpoints", "ListTransformJobs"},
}

// lookedFor says that the scan would have found a workload if it were there.
func (b *builder) lookedFor(key inventory.WorkloadKey) bool {
	inv := &b.inventory
	if !inv.LookedAt(key.Place, key.Name) || key.Kind != inventory.WorkloadEndpoint && inv.EndpointName != "" {
		return false
	}
	for _, operation := range listedBy[key.Kind] {
		if b.scene.unlisted(key.Place, operation) {
			return false
		}
	}
	return true
}
