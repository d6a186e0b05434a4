package plan

import (
	"cmp"
	"fmt"
	"slices"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// draft is what Landfall would write about a workload, without regard to
// others: neither phase nor node pool.
type draft struct {
	computed  Settings
	verdict   verdict
	modelName string
	sizing    []string
	gaps      []gap.Gap
	needs     *Needs
	room      *Room
}

// draftEndpoint plans an endpoint. A nil image stands for Landfall's own
// choice.
func (b *builder) draftEndpoint(w *inventory.Workload, e *inventory.Endpoint, image *string) draft {
	own := b.image(*e)
	if image == nil {
		image = &own
	}
	d := draft{modelName: servedModel(*e)}
	d.computed = Settings{
		Criticality: w.Criticality.Level, Image: *image,
		Names: Names{Endpoint: b.endpoints[w.Full()], Model: b.models[modelSource(*e)]},
	}
	subject := subject{Endpoint: *e, scene: b.scene, work: *w, image: *image, seen: b.scene.seen}
	if sizable(*e) {
		d.sizeEndpoint(b, w, e)
		subject.unplaced = b.alone(w.WorkloadKey, d)
	}
	d.gaps = append(d.gaps, integrationGaps(*w)...)
	d.gaps = append(d.gaps, b.alarmGaps(*e, d.computed)...)
	d.verdict = decide(subject)
	d.computed.Decision = d.verdict.decision
	return d
}

// sizeEndpoint sets what pods in place of a variant's instances need.
func (d *draft) sizeEndpoint(b *builder, w *inventory.Workload, e *inventory.Endpoint) {
	v, s := e.Variants[0], &d.computed
	measured := measuredVariant(v, *w, b.inventory.LookbackDays)
	verified, told := b.verification(w, s.Image)
	if verified.Report != "" {
		verified.measured(&measured)
	}
	size := placement.Size(measured)
	carried := bounds(v, w.Criticality.Level, size, verified.scaleUp())
	d.sizing = append(slices.Clone(size.Reasons), carried.Reasons...)
	if told != "" {
		d.sizing = append(d.sizing, told)
	}
	d.needs = needsOf(size, v.Instance)
	if v.Serverless == nil {
		d.room = &Room{Instances: instances(v), Measured: size.Measured}
	}
	s.Resources = resourcesOf(size)
	s.Class = placement.ClassOnline
	if e.Mode == inventory.ModeAsync {
		s.Class = placement.ClassBatch
	}
	s.WorkloadClassName = b.options.WorkloadClassName
	s.StartupTimeoutSeconds = v.StartupTimeoutSeconds
	s.Replicas = Replicas{Min: carried.Min}
	if scaling := scalingOf(*e, v); scaling != nil {
		d.scale(b, e, *scaling, size, carried)
	}
	if e.Mode == inventory.ModeRealTime {
		s.Rollout = rollout(v)
	}
}

// scale translates what changes the number of instances today.
func (d *draft) scale(b *builder, e *inventory.Endpoint, scaling inventory.Scaling, size placement.PodSize, carried placement.Bounds) {
	concurrency := 0.0 // an estimate is no ground to translate by
	if size.Load.Proven {
		concurrency = size.Load.Concurrency
	}
	result := autoscaling.Translate(autoscaling.Source{
		Scaling: scaling, Mode: e.Mode, Instance: e.Variants[0].Instance, ConcurrencyPerPod: concurrency,
		PodCPUCores: float64(size.Requests.CPUMillis) / millisPerCore, PodMemoryGiB: float64(size.Requests.MemoryMiB) / mebibytesPerGiB,
		PodGPUs: float64(size.Requests.GPUs), PodCPULimitCores: float64(size.Limits.CPUMillis) / millisPerCore,
		Alarms: b.alarmsAt(e.Place),
	})
	s := &d.computed
	s.Autoscaling = result.Spec
	d.gaps = append(d.gaps, result.Gaps...)
	if result.Spec == nil {
		d.sizing = append(d.sizing, fmt.Sprintf("replicas: Application Auto Scaling keeps %d to %d, and nothing of it drives the number of pods; it stays at %d",
			scaling.Min, scaling.Max, s.Replicas.Min))
		return
	}
	s.Replicas = Replicas{
		Min: min(max(carried.Min, result.Min), mostReplicas), Max: min(max(carried.Max, result.Max), mostReplicas),
	}
	if result.Min == 0 {
		d.sleep(e.Variants[0])
	}
	d.sizing = append(d.sizing, fmt.Sprintf("replicas: Application Auto Scaling keeps %d to %d; %s drives %d to %d pods, the larger of that and of what the traffic takes",
		scaling.Min, scaling.Max, result.Spec.Engine, s.Replicas.Min, s.Replicas.Max))
	d.sizing = append(d.sizing, result.Notes...)
}

// sleep lets work go to zero, as it does today. How long it is there is not
// known: its cost is that of as many pods as there are instances now, as is
// SageMaker's, and is not known where there are none now.
func (d *draft) sleep(v inventory.Variant) {
	d.computed.Replicas.Min = 0
	now := int32(0)
	if v.InstanceCount.Current != nil {
		now = *v.InstanceCount.Current
	}
	if now == 0 {
		return
	}
	hours := cost.HoursPerMonth * float64(now) / float64(max(d.computed.Replicas.Max, 1))
	d.needs.ActiveHoursPerMonth = &hours
	d.sizing = append(d.sizing, fmt.Sprintf("cost: as if it stayed at the %d × instances of now; how long it is at zero is not known", now))
}

// alone says why no node type takes the pods of a workload; nil when one does.
func (b *builder) alone(key inventory.WorkloadKey, d draft) *placement.Unplaced {
	input, err := placing(key, d.computed, d.needs)
	if err != nil {
		return nil
	}
	result := placement.Place(b.input(b.target(key), input))
	if len(result.Unplaced) == 0 {
		return nil
	}
	return &result.Unplaced[0]
}

// taskClasses are the classes of work that runs and ends.
var taskClasses = map[inventory.WorkloadKind]placement.Class{
	inventory.WorkloadTraining:   placement.ClassTraining,
	inventory.WorkloadTuning:     placement.ClassTraining,
	inventory.WorkloadAutoML:     placement.ClassExperiment,
	inventory.WorkloadProcessing: placement.ClassBatch,
	inventory.WorkloadTransform:  placement.ClassBatch,
	inventory.WorkloadPipeline:   placement.ClassTraining,
}

// draftTask plans what is no endpoint.
func (b *builder) draftTask(w *inventory.Workload, image *string) draft {
	t := b.scene.task(*w)
	d := draft{verdict: decideTask(t)}
	d.computed = Settings{Decision: d.verdict.decision, Criticality: w.Criticality.Level, Class: taskClasses[w.Kind]}
	if image != nil {
		d.computed.Image = *image
	}
	if len(t.images) == 1 && image == nil {
		d.computed.Image = b.options.Images[t.images[0].Reference]
		if open := t.images[0].BuiltIn; d.computed.Image == "" && (open == nil || open.Access == inventory.AccessOpen) {
			d.computed.Image = t.images[0].Reference
		}
	}
	if w.Runs == nil {
		d.computed.Class = "" // it runs nothing
	}
	if d.computed.Class != "" && inventory.InstanceOf(w.Runs.InstanceType) != nil {
		d.sizeTask(t)
	}
	if t.translation != nil {
		d.gaps = append(d.gaps, t.translation.gaps...)
	}
	d.gaps = append(d.gaps, integrationGaps(*w)...)
	return d
}

// sizeTask sets what pods in place of a job's instances need.
func (d *draft) sizeTask(t task) {
	measured := measuredTask(t)
	size := placement.Size(measured)
	count := max(t.Runs.InstanceCount, 1)
	d.sizing = append(slices.Clone(size.Reasons), fmt.Sprintf("replicas: %d, as many as a run has instances", count))
	d.needs = needsOf(size, measured.Instance)
	d.needs.Checkpoints = t.Runs.Spot || t.newest != nil && t.newest.Spec.Text("CheckpointConfig.S3Uri") != ""
	hours := t.Runs.InstanceHoursPerMonth / float64(count)
	d.needs.ActiveHoursPerMonth = &hours
	d.computed.Resources = resourcesOf(size)
	d.computed.Replicas = Replicas{Min: count}
}

// image is the one for the cluster: from the image map, else the one that runs
// now, pinned by digest where SageMaker tells it. Images that cannot leave AWS
// have none.
func (b *builder) image(e inventory.Endpoint) string {
	model := e.FindModel(servedModel(e))
	if model == nil || len(model.Containers) != 1 || model.Containers[0].Image == nil {
		return ""
	}
	image := model.Containers[0].Image
	if mapped, ok := b.options.Images[image.Reference]; ok {
		return mapped
	}
	if image.BuiltIn != nil && image.BuiltIn.Access != inventory.AccessOpen {
		return ""
	}
	for _, deployed := range e.Variants[0].Images {
		if deployed.Specified == image.Reference && deployed.Resolved != "" {
			return deployed.Resolved
		}
	}
	return image.Reference
}

// Bounds of the pairs of answers to compare before traffic moves: about an
// hour's requests, but no fewer than a difference in one percent would show in.
const (
	leastShadowRequests = 300
	mostShadowRequests  = 2000
	fullPercent         = 100
)

// rollout mirrors everything first, then moves in the usual steps.
func rollout(v inventory.Variant) *v1alpha1.RolloutSpec {
	requests := int64(mostShadowRequests)
	if v.Traffic != nil {
		requests = min(max(int64(v.Traffic.RequestsPerDay/hoursPerDay), leastShadowRequests), mostShadowRequests)
	}
	spec := &v1alpha1.RolloutSpec{
		Shadow: &v1alpha1.ShadowSpec{Percent: v1alpha1.PercentOf(fullPercent), MinRequests: requests},
	}
	for _, share := range []int32{1, 10, 50, fullPercent} {
		spec.Steps = append(spec.Steps, v1alpha1.RolloutStep{Percent: v1alpha1.PercentOf(share)})
	}
	return spec
}

// servedModel is the model of an endpoint that serves exactly one.
func servedModel(e inventory.Endpoint) string {
	if len(e.Variants) != 1 {
		return ""
	}
	return e.Variants[0].ModelName
}

// modelSource names that model among those of all places.
func modelSource(e inventory.Endpoint) string {
	if servedModel(e) == "" {
		return ""
	}
	return e.String() + "/" + servedModel(e)
}

// nameEverything gives out names before anything else is computed, so that
// they do not depend on the rest. Names of the previous plan stay.
func (b *builder) nameEverything() {
	endpointsBefore, modelsBefore := map[string]string{}, map[string]string{}
	var endpoints, models []string
	for i := range b.inventory.Workloads {
		w := &b.inventory.Workloads[i]
		if w.Kind != inventory.WorkloadEndpoint {
			continue
		}
		key := w.Full()
		endpoints = append(endpoints, key)
		old := b.previous.Computed[key]
		endpointsBefore[key] = old.Names.Endpoint
		e := b.scene.endpoints[w.WorkloadKey]
		if e == nil {
			continue
		}
		if model := modelSource(*e); model != "" {
			models = append(models, model)
			modelsBefore[model] = cmp.Or(modelsBefore[model], modelNamer(nil).mine(model, old.Names.Model))
		}
	}
	takenEndpoints, takenModels := b.taken(endpointsBefore, modelsBefore)
	slices.Sort(models)
	b.endpoints = namer{maxLength: MaxEndpointNameLength, letterFirst: true, taken: takenEndpoints}.nameAll(endpoints, endpointsBefore)
	b.models = modelNamer(takenModels).nameAll(slices.Compact(models), modelsBefore)
}

func modelNamer(taken map[string]bool) namer {
	return namer{maxLength: maxModelNameLength, taken: taken}
}

// taken are the names that a person gave, and those of endpoints that are gone
// from the account: they are not given to another one.
func (b *builder) taken(endpointsBefore, modelsBefore map[string]string) (endpoints, models map[string]bool) {
	endpoints, models = map[string]bool{}, map[string]bool{}
	kept := map[string]bool{"": true}
	for _, name := range modelsBefore {
		kept[name] = true
	}
	for _, w := range b.previous.Workloads {
		if w.Names.Endpoint != endpointsBefore[w.Full()] {
			endpoints[w.Names.Endpoint] = true
		}
		if w.Names.Model != b.previous.Computed[w.Full()].Names.Model && !kept[w.Names.Model] {
			models[w.Names.Model] = true
		}
	}
	return endpoints, models
}
