package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// task is a workload that is no endpoint, as rules see it.
type task struct {
	inventory.Workload

	scene *scene
	// newest is the newest resource whose description was read; nil without.
	newest *inventory.Resource
	// images are the container images that its newest run used.
	images []inventory.Image
	// translation is set for pipelines whose definition was read.
	translation *translation
}

func (s *scene) task(w inventory.Workload) task {
	t := task{Workload: w, scene: s}
	t.newest = t.described()
	t.images = t.imagesOf()
	if w.Kind == inventory.WorkloadPipeline {
		t.translation = s.translate(t)
	}
	return t
}

// headKinds are the kinds of resources that workloads are named after.
var headKinds = map[inventory.WorkloadKind][]inventory.ResourceKind{
	inventory.WorkloadPipeline:            {inventory.KindPipeline},
	inventory.WorkloadNotebook:            {inventory.KindNotebookInstance},
	inventory.WorkloadStudio:              {inventory.KindDomain},
	inventory.WorkloadRegistry:            {inventory.KindModelPackageGroup},
	inventory.WorkloadExperiments:         {inventory.KindExperiment, inventory.KindMlflowTrackingServer, inventory.KindMlflowApp},
	inventory.WorkloadFeatureGroup:        {inventory.KindFeatureGroup},
	inventory.WorkloadMonitoring:          {inventory.KindMonitoringSchedule},
	inventory.WorkloadHub:                 {inventory.KindHub},
	inventory.WorkloadCluster:             {inventory.KindCluster},
	inventory.WorkloadEdge:                {inventory.KindDeviceFleet},
	inventory.WorkloadInferenceExperiment: {inventory.KindInferenceExperiment},
}

// jobKinds are the kinds of the runs of work that runs and ends.
var jobKinds = map[inventory.WorkloadKind][]inventory.ResourceKind{
	inventory.WorkloadTraining:    {inventory.KindTrainingJob},
	inventory.WorkloadTuning:      {inventory.KindHyperParameterTuningJob},
	inventory.WorkloadAutoML:      {inventory.KindAutoMLJob},
	inventory.WorkloadProcessing:  {inventory.KindProcessingJob},
	inventory.WorkloadTransform:   {inventory.KindTransformJob},
	inventory.WorkloadCompilation: {inventory.KindCompilationJob, inventory.KindOptimizationJob},
	inventory.WorkloadLabeling:    {inventory.KindLabelingJob},
	inventory.WorkloadModel:       {inventory.KindModel},
}

// described is the resource that the workload is named after, or its newest
// run whose description was read; nil without.
func (t task) described() *inventory.Resource {
	for _, kind := range headKinds[t.Kind] {
		if r := t.scene.resource(t.Place, kind, t.Name); r != nil && r.Detail == inventory.Described {
			return r
		}
	}
	for _, reference := range t.Resources {
		if !slices.Contains(jobKinds[t.Kind], reference.Kind) {
			continue
		}
		if r := t.scene.resource(t.Place, reference.Kind, reference.Name); r != nil && r.Detail == inventory.Described {
			return r
		}
	}
	return nil
}

// imagesOf reads the images that are known by AWS's own fields. A transform
// job's are those of its model.
func (t task) imagesOf() []inventory.Image {
	if t.newest == nil {
		return nil
	}
	described := t.newest
	if described.Kind == inventory.KindTransformJob {
		described = t.scene.resource(t.Place, inventory.KindModel, described.Spec.Text("ModelName"))
	}
	return parsed(imagesIn(described))
}

func parsed(references []string) []inventory.Image {
	var images []inventory.Image
	for _, reference := range references {
		if image, err := inventory.ParseImage(reference); err == nil {
			images = append(images, image)
		}
	}
	return images
}

// imagePaths are where descriptions name the image, by kind of resource; a list
// of things that each may name some follows.
var imagePaths = map[inventory.ResourceKind]struct {
	path, list string
}{
	inventory.KindTrainingJob:             {path: "AlgorithmSpecification.TrainingImage"},
	inventory.KindHyperParameterTuningJob: {path: "TrainingJobDefinition.AlgorithmSpecification.TrainingImage", list: "TrainingJobDefinitions"},
	inventory.KindProcessingJob:           {path: "AppSpecification.ImageUri"},
	inventory.KindModel:                   {path: "PrimaryContainer.Image", list: "Containers"},
}

// imagesIn are the images that a resource's description names.
func imagesIn(r *inventory.Resource) []string {
	if r == nil || imagePaths[r.Kind].path == "" {
		return nil
	}
	where := imagePaths[r.Kind]
	fields := r.Spec.Fields()
	found := []string{textAt(fields, where.path)}
	items, _ := fields[where.list].([]any)
	for _, item := range items {
		inner, _ := item.(map[string]any)
		found = append(found, textAt(inner, "Image"), textAt(inner, "AlgorithmSpecification.TrainingImage"))
	}
	return slices.DeleteFunc(found, func(reference string) bool { return reference == "" })
}

// textAt returns the text at a path of field names with dots between, empty
// where there is none.
func textAt(fields map[string]any, path string) string {
	var value any = fields
	for name := range strings.SplitSeq(path, ".") {
		inner, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = inner[name]
	}
	text, _ := value.(string)
	return text
}

// day is the date of a time in a document, for sentences.
func day(text string) string {
	at := parseTime(text)
	if at.IsZero() {
		return "an unknown day"
	}
	return at.UTC().Format(time.DateOnly)
}

// insist adds what to do for those who want to leave all the same.
func (v *verdict) insist(replacement string) *verdict {
	v.reasons = append(v.reasons, "to leave all the same: "+replacement)
	return v
}

// later is a MoveLater with what is missing and the replacement that is known.
func later(missing, why, do string) *verdict {
	return &verdict{
		decision: MoveLater,
		reasons:  []string{fmt.Sprintf("%s: %s", missing, why)},
		blockers: []Blocker{{Thing: missing, Why: why, Do: do}},
	}
}

// runWords tell how often work runs.
func (t task) runWords() []string {
	r := t.Runs
	if r == nil || r.Count == 0 {
		return nil
	}
	words := fmt.Sprintf("it ran %d times, %d of them in the %d days of the scan, the last time on %s",
		r.Count, r.InLookback, t.scene.seen.days, day(r.LastRunAt))
	if r.Count == 1 {
		words = "it ran once, on " + day(r.LastRunAt)
	}
	if r.Failed > 0 {
		words += fmt.Sprintf("; %d failed", r.Failed)
	}
	if r.InstanceType != "" {
		words += fmt.Sprintf("; on %d × %s", max(r.InstanceCount, 1), r.InstanceType)
		if r.MedianHours > 0 {
			words += fmt.Sprintf(" for %.3g hours", r.MedianHours)
		}
	}
	return []string{words}
}
