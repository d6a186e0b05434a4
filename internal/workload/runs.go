package workload

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

// runKinds are the kinds of resources that are runs of a kind of workload.
var runKinds = map[inventory.WorkloadKind][]inventory.ResourceKind{
	inventory.WorkloadTraining:    {inventory.KindTrainingJob},
	inventory.WorkloadTuning:      {inventory.KindHyperParameterTuningJob},
	inventory.WorkloadAutoML:      {inventory.KindAutoMLJob},
	inventory.WorkloadProcessing:  {inventory.KindProcessingJob},
	inventory.WorkloadTransform:   {inventory.KindTransformJob},
	inventory.WorkloadCompilation: {inventory.KindCompilationJob, inventory.KindOptimizationJob},
	inventory.WorkloadLabeling:    {inventory.KindLabelingJob},
	inventory.WorkloadPipeline:    {inventory.KindPipelineExecution},
	inventory.WorkloadMonitoring:  {inventory.KindProcessingJob},
	inventory.WorkloadEdge:        {inventory.KindEdgePackagingJob},
}

// paidKinds are the jobs whose instances are paid by the second, with what
// they are paid as.
var paidKinds = map[inventory.ResourceKind]cost.Use{
	inventory.KindTrainingJob: cost.Training, inventory.KindProcessingJob: cost.Processing,
	inventory.KindTransformJob: cost.Transform,
}

// runs tells how often a workload runs; nil for what does not run and end.
func (a *account) runs(g *group) *inventory.Runs {
	found := g.ofKind(runKinds[g.key.Kind]...)
	if len(found) == 0 {
		return nil
	}
	runs := &inventory.Runs{Count: len(found), StartedBy: startedBy(g)}
	var hours []float64
	for _, p := range found {
		if strings.EqualFold(p.Status, "Failed") { // FAILED of compilation and edge packaging
			runs.Failed++
		}
		if a.inLookback(p) {
			runs.InLookback++
		}
		if h, ok := durationHours(p); ok {
			hours = append(hours, h)
		}
		runs.LastRunAt = max(runs.LastRunAt, p.CreatedAt)
		if runs.FirstRunAt == "" || p.CreatedAt != "" && p.CreatedAt < runs.FirstRunAt {
			runs.FirstRunAt = p.CreatedAt
		}
		runs.Spot = runs.Spot || p.spec.spot()
	}
	runs.MedianHours = rounded(median(hours))
	for _, b := range a.batches(g) {
		runs.InstanceHoursPerMonth += b.instanceHoursPerMonth
	}
	runs.InstanceHoursPerMonth = rounded(runs.InstanceHoursPerMonth)
	for _, c := range newestClusters(g) {
		runs.InstanceType, runs.InstanceCount = c.InstanceType, c.InstanceCount
		break
	}
	return runs
}

func (a *account) inLookback(p part) bool {
	at, ok := parseTime(p.CreatedAt)
	return ok && a.document.LookbackDays > 0 && !at.Before(a.now.AddDate(0, 0, -a.document.LookbackDays)) && !at.After(a.now)
}

// startedBy is what starts the runs, where it is not people or their scripts.
func startedBy(g *group) string {
	if g.key.Kind == inventory.WorkloadMonitoring && g.head() != nil {
		return "monitoring schedule " + g.key.Name
	}
	return ""
}

// durationHours is how long a run took: from the start of its instances where
// that was read, or from its creation, which counts the wait for them too.
func durationHours(p part) (float64, bool) {
	end := p.EndedAt
	if end == "" && p.Kind == inventory.KindPipelineExecution && p.Status != "Executing" && p.Status != "Stopping" {
		end = p.ModifiedAt // Executions have no time of their end; the last change is it.
	}
	to, ended := parseTime(end)
	if !ended {
		return 0, false
	}
	for _, start := range []string{p.spec.TrainingStartTime, p.spec.ProcessingStartTime, p.spec.TransformStartTime, p.CreatedAt} {
		if from, ok := parseTime(start); ok && !to.Before(from) {
			return to.Sub(from).Hours(), true
		}
	}
	return 0, false
}

const secondsPerHour = 3600

// paidHours are the hours that one instance of a run is paid for: less than it
// took with managed spot training.
func paidHours(p part) (float64, bool) {
	if p.spec.spot() && p.spec.BillableTimeInSeconds > 0 {
		return p.spec.BillableTimeInSeconds / secondsPerHour, true
	}
	return durationHours(p)
}

// batch is the jobs of one family and kind within a workload.
type batch struct {
	use          cost.Use
	instanceType string
	// instanceHoursPerMonth of the runs in the lookback, scaled to a month.
	instanceHoursPerMonth float64
}

// batches estimates the instance hours of a workload's jobs by family: the
// described ones tell how large a run is, the listed ones how often it runs.
func (a *account) batches(g *group) []batch {
	type family struct {
		kind inventory.ResourceKind
		name string
	}
	var order []family
	jobs := map[family][]part{}
	for _, p := range g.parts {
		if _, paid := paidKinds[p.Kind]; !paid {
			continue
		}
		f := family{p.Kind, Family(p.Name)}
		if len(jobs[f]) == 0 {
			order = append(order, f)
		}
		jobs[f] = append(jobs[f], p)
	}
	var found []batch
	for _, f := range order {
		if b, ok := a.batch(jobs[f]); ok {
			b.use = paidKinds[f.kind]
			found = append(found, b)
		}
	}
	return found
}

// batch takes the newest described job for the type and the number of
// instances; false where no job in the lookback, no type or no time is known.
func (a *account) batch(jobs []part) (batch, bool) {
	var b batch
	var instances, inLookback float64
	var hours, billed []float64
	for _, p := range jobs {
		if a.inLookback(p) {
			inLookback++
		}
		if h, ok := paidHours(p); ok {
			hours = append(hours, h)
			if p.spec.spot() && p.spec.BillableTimeInSeconds > 0 {
				billed = append(billed, h)
			}
		}
		clusters := p.spec.clusters()
		if b.instanceType == "" && len(clusters) > 0 {
			b.instanceType, instances = clusters[0].InstanceType, instanceCount(clusters)
		}
	}
	if inLookback == 0 || b.instanceType == "" || len(hours) == 0 {
		return batch{}, false
	}
	if len(billed) > 0 {
		// Jobs that were only listed tell how long they took, waits for spot
		// instances included, and not what of it is paid.
		hours = billed
	}
	perMonth := inLookback * cost.HoursPerMonth / float64(a.document.LookbackDays*24)
	b.instanceHoursPerMonth = median(hours) * instances * perMonth
	return b, true
}

// instanceCount adds up groups of instances; a group of no stated number is
// one instance.
func instanceCount(clusters []cluster) float64 {
	total := 0.0
	for _, c := range clusters {
		total += float64(max(c.InstanceCount, 1))
	}
	return total
}

// newestClusters are the instances of the newest job that says.
func newestClusters(g *group) []cluster {
	for i := range g.parts {
		if clusters := g.parts[i].spec.clusters(); len(clusters) > 0 {
			return clusters
		}
	}
	return nil
}

// median of a list, 0 for an empty one.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
