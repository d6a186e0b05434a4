package plan

import (
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// unusedDays is how long something must not have run, or must have been off,
// before it seems forgotten: a quarter, so that what runs once a month, or at
// the end of a quarter, is not taken for dead.
const unusedDays = 100

// taskRule looks at one aspect of a workload that is no endpoint, and decides
// or returns nil.
type taskRule func(t task) *verdict

// taskRules are asked in their order, by kind. The first that decides wins; the
// last of each list always does.
var taskRules = map[inventory.WorkloadKind][]taskRule{
	inventory.WorkloadTraining: {
		onlyFailed, forgotten, undescribed, boughtAlgorithm, closedTaskImage, boundTaskImage, neuronTask, startedByOther, trainLater,
	},
	inventory.WorkloadTuning: {
		onlyFailed, forgotten, undescribed, closedTaskImage, boundTaskImage, neuronTask, startedByOther, tuneLater,
	},
	inventory.WorkloadAutoML:     {onlyFailed, ended, autoMLClosed},
	inventory.WorkloadProcessing: {onlyFailed, forgotten, ofMonitoring, undescribed, closedTaskImage, boundTaskImage, startedByOther, processLater},
	inventory.WorkloadTransform: {
		onlyFailed, forgotten, undescribed, closedTaskImage, boundTaskImage, startedByOther, transformLater,
	},
	inventory.WorkloadCompilation: {stillRunning, compilationDone},
	inventory.WorkloadLabeling:    {labelingDone, labelingKept},
	inventory.WorkloadPipeline:    {projectKept, onlyFailed, neverRan, forgotten, undescribed, unreadDefinition, closedStepImages, pipelineLater, pipelineMoves},

	inventory.WorkloadNotebook:            {failedThing, notebookOff, notebookKept},
	inventory.WorkloadStudio:              {failedThing, studioKept},
	inventory.WorkloadRegistry:            {failedThing, registryKept},
	inventory.WorkloadExperiments:         {failedThing, experimentsKept},
	inventory.WorkloadFeatureGroup:        {failedThing, featuresKept},
	inventory.WorkloadMonitoring:          {failedThing, monitoringOff, monitoringFollows},
	inventory.WorkloadHub:                 {failedThing, hubKept},
	inventory.WorkloadCluster:             {failedThing, trainingPlanKept, clusterUndescribed, clusterOnSlurm, clusterOnEKS},
	inventory.WorkloadInferenceExperiment: {experimentEnded, experimentRuns},
	inventory.WorkloadEdge:                {edgeDiscontinued},
	inventory.WorkloadModel:               {modelUnused},
}

// workloadKinds are all kinds that a plan may hold.
func workloadKinds() []inventory.WorkloadKind {
	return append(slices.Sorted(maps.Keys(taskRules)), inventory.WorkloadEndpoint)
}

// decideTask judges a workload that is no endpoint.
func decideTask(t task) verdict {
	for _, judge := range taskRules[t.Kind] {
		if v := judge(t); v != nil {
			if later := laterVersion(t); later != "" {
				v.reasons = append(v.reasons, later)
			}
			return *v
		}
	}
	return *decided(Keep, "Landfall does not know workloads of kind %s; decide for yourself", t.Kind)
}

// onlyFailed retires what never succeeded and that nobody tries any more.
func onlyFailed(t task) *verdict {
	if r := t.Runs; r != nil && r.Count > 0 && r.Failed == r.Count && r.InLookback == 0 {
		return decided(Retire, "every run of it failed (%d), the last on %s, and none began in the %d days of the scan",
			r.Count, day(r.LastRunAt), t.scene.seen.days)
	}
	return nil
}

// forgotten retires what last ran long ago and that nothing is known to use.
func forgotten(t task) *verdict {
	if t.Runs == nil || t.Runs.Count == 0 || t.Runs.InLookback > 0 || len(t.Consumers) > 0 {
		return nil
	}
	if days, known := t.scene.daysSince(t.Runs.LastRunAt); known && days > unusedDays {
		return decided(Retire, "it last ran on %s, %d days before the scan, and nothing is known to use what it wrote; what that is stays in S3",
			day(t.Runs.LastRunAt), days)
	}
	return nil
}

// neverRan retires a definition that nobody used for long.
func neverRan(t task) *verdict {
	if t.Runs != nil && t.Runs.Count > 0 || t.newest == nil || t.scene.unlisted(t.Place, "ListPipelineExecutions") {
		return nil
	}
	changed := firstOf(t.newest.ModifiedAt, t.newest.CreatedAt)
	if days, known := t.scene.daysSince(changed); known && days > unusedDays {
		return decided(Retire, "it never ran, and was last changed on %s, %d days before the scan; the inventory holds its definition", day(changed), days)
	}
	return nil
}

// undescribed blocks what could not be read.
func undescribed(t task) *verdict {
	if t.newest != nil {
		return nil
	}
	why := "no description of it was read"
	for _, reference := range t.Resources {
		if r := t.scene.resource(t.Place, reference.Kind, reference.Name); r != nil && r.Unread != "" {
			why = "its description could not be read: " + r.Unread
			break
		}
	}
	return blocked(t.String(), why, scanAgain)
}

func boughtAlgorithm(t task) *verdict {
	name := t.newest.Spec.Text("AlgorithmSpecification.AlgorithmName")
	if name == "" && t.TrainingPath != nil && t.TrainingPath.Kind == inventory.TrainingMarketplace {
		name = t.TrainingPath.Basis
	}
	if name == "" {
		return nil
	}
	return blocked("algorithm "+name, "its image belongs to whoever sells or registered it",
		"ask the vendor for an image to train elsewhere, or train again with an open algorithm")
}

func closedTaskImage(t task) *verdict {
	for _, image := range t.images {
		if image.BuiltIn != nil && image.BuiltIn.Access == inventory.AccessClosed && !t.mapped(image) {
			v := blocked("image "+image.Reference, "its registry refuses it outside SageMaker", image.BuiltIn.Replacement)
			v.reasons = append(v.reasons, t.runWords()...)
			return v
		}
	}
	return nil
}

func boundTaskImage(t task) *verdict {
	for _, image := range t.images {
		if image.BuiltIn != nil && image.BuiltIn.Access == inventory.AccessHardware && !t.mapped(image) {
			v := blocked("image "+image.Reference, "what it makes runs on hardware or a service that only AWS has", image.BuiltIn.Replacement)
			v.reasons = append(v.reasons, t.runWords()...)
			return v
		}
	}
	return nil
}

// mapped says that a person named another image for one of SageMaker's.
func (t task) mapped(image inventory.Image) bool {
	return t.scene.options.Images[image.Reference] != ""
}

func neuronTask(t task) *verdict {
	if t.Hardware.Needs != inventory.NeedsNeuron {
		return nil
	}
	return blocked("instance type "+t.instanceType(), "its chips exist on AWS only", replaceNeuronTraining)
}

func (t task) instanceType() string {
	if t.Runs == nil {
		return t.Hardware.Basis
	}
	return firstOf(t.Runs.InstanceType, t.Hardware.Basis)
}

// startedByOther puts steps with what starts them.
func startedByOther(t task) *verdict {
	if t.Runs == nil || t.Runs.StartedBy == "" {
		return nil
	}
	v := later("its start by "+t.Runs.StartedBy, "it moves together with what starts it", "look at the plan of "+t.Runs.StartedBy)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}

func (t task) notYet(what, replacement string) *verdict {
	v := later(what, "not supported yet by this version", replacement)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}

func trainLater(t task) *verdict { return t.notYet("training jobs", replaceTraining) }
func tuneLater(t task) *verdict  { return t.notYet("hyperparameter tuning", replaceTuning) }
func processLater(t task) *verdict {
	return t.notYet("processing jobs", replaceProcessing)
}
func transformLater(t task) *verdict { return t.notYet("batch transform", replaceTransform) }

// ended retires runs that are over and that nothing repeats.
func ended(t task) *verdict {
	if t.Runs == nil || t.Runs.InLookback > 0 || t.Runs.Count == 0 || t.Status == "InProgress" {
		return nil
	}
	return decided(Retire, "it ended on %s and has not run since; the models that it made stay", day(t.Runs.LastRunAt))
}

func autoMLClosed(t task) *verdict {
	v := blocked("SageMaker Autopilot", "the search itself is closed, and its candidates are chains of containers with closed parts", replaceAutoML)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}

func stillRunning(t task) *verdict {
	switch strings.ToUpper(t.Status) {
	case "INPROGRESS", "STARTING", "STOPPING":
		return decided(Keep, "it is %s; scan again when it has ended", t.Status)
	}
	return nil
}

func compilationDone(t task) *verdict {
	return decided(Retire, "it is %s: a compilation is over once it has written its files; the model from before it is named in InputConfig.S3Uri",
		firstOf(t.Status, "over")).insist(
		"compile the original model with TensorRT or ONNX Runtime for the nodes of the cluster")
}

func labelingDone(t task) *verdict {
	switch t.Status {
	case "Completed", "Failed", "Stopped":
		return decided(Retire, "it is %s; its manifest of labels stays in S3", t.Status)
	}
	return nil
}

func labelingKept(t task) *verdict {
	what := "people are labelling"
	if !t.has(inventory.KindLabelingJob) {
		what = "it is a part of how people label or review for SageMaker"
	}
	return decided(Keep, "%s (%s), and their workforce, tasks and payment are SageMaker's", what, firstOf(t.Status, "in an unknown state")).insist(replaceLabeling)
}

// ofMonitoring leaves the runs of a monitoring schedule to the schedule.
func ofMonitoring(t task) *verdict {
	if t.Runs == nil || !strings.Contains(strings.ToLower(t.Runs.StartedBy), "monitoring") {
		return nil
	}
	return decided(Keep, "its runs are those of %s, which starts them and is planned by itself", t.Runs.StartedBy)
}

func failedThing(t task) *verdict {
	if strings.HasSuffix(t.Status, "Failed") && !strings.HasPrefix(t.Status, "Update") && !strings.HasPrefix(t.Status, "Delete") {
		return decided(Retire, "it failed (%s) and does nothing", t.Status)
	}
	if t.Status == "Deleting" {
		return decided(Retire, "it is being deleted")
	}
	return nil
}
