package membership

import (
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// rule finds the workload that a resource belongs to besides itself.
type rule func(a *assignment, i int) (inventory.WorkloadKey, bool)

// rules returns the rules in the order in which they are asked.
func rules() []rule {
	return []rule{
		usedByEndpoint, supportsReferrer, namedParent, describedParent, scopeOfARN, partOfName, namedByParent,
		monitoringJob, projectOfPipeline, describesReference, namedAfter, earlierConfig, onlyDomain,
	}
}

// usedByEndpoint finds the endpoint whose configuration, model or component
// the resource is.
func usedByEndpoint(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	key, found := a.used[nameOf(r.Place, r.Kind, r.Name)]
	return key, found
}

// namedParent follows what the scan says the resource belongs to.
func namedParent(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	if r.Parent == "" {
		return inventory.WorkloadKey{}, false
	}
	if arn, ok := reference.ParseARN(r.Parent); ok {
		if !MayBeParent(r.Kind, arn.Kind) {
			return inventory.WorkloadKey{}, false
		}
		return a.ownerOfARN(arn, i)
	}
	for _, kind := range parentKinds[r.Kind] {
		if key, found := a.ownerOfName(nameOf(r.Place, kind, r.Parent), i); found {
			return key, true
		}
	}
	if kinds := parentKinds[r.Kind]; len(kinds) == 1 && kinds[0] != inventory.KindEndpoint {
		return standing(r.Place, kinds[0], r.Parent), true
	}
	return inventory.WorkloadKey{}, false
}

// describedParent follows the fields at the top of a description that name
// what may be a parent, such as AutoMLJobArn or DomainId.
func describedParent(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	kinds := parentKinds[r.Kind]
	for _, found := range a.references[i] {
		atTop := !strings.Contains(found.Field, ".") || found.Field == "Source.SourceArn"
		if !atTop || !slices.Contains(kinds, found.Kind) {
			continue
		}
		arn := reference.ARN{Place: found.Place, Kind: found.Kind, Name: found.Name, Scope: found.Scope}
		if key, ok := a.ownerOfARN(arn, i); ok {
			return key, true
		}
	}
	if slices.Contains(kinds, inventory.KindDomain) {
		return a.ownerOfName(nameOf(r.Place, inventory.KindDomain, r.Spec.Text("DomainId")), i)
	}
	return inventory.WorkloadKey{}, false
}

// scopeOfARN follows the part of a resource's own ARN that says in what its
// name is unique: a domain, a hub, a group, a pipeline.
func scopeOfARN(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	arn, ok := reference.ParseARN(r.ARN)
	kinds := parentKinds[r.Kind]
	if !ok || arn.Scope == "" || len(kinds) != 1 {
		return inventory.WorkloadKey{}, false
	}
	if key, found := a.ownerOfName(nameOf(r.Place, kinds[0], arn.Scope), i); found {
		return key, true
	}
	return standing(r.Place, kinds[0], arn.Scope), true
}

// The forms of names that SageMaker gives to what something starts.
var (
	tuningChildForm   = regexp.MustCompile(`^(.+)-[0-9]{3,}-[0-9a-f]{8}$`)
	pipelineChildForm = regexp.MustCompile(`^pipelines-([a-z0-9]{12})-.+-[A-Za-z0-9]{10}$`)
	autoMLChildForm   = regexp.MustCompile(`^-(?:dpp[0-9]+|pr|db|tuning-job|trial|cli)-`)
)

// partOfName recognises jobs that a tuning job, a pipeline or an AutoML job
// started by the name that it gave them.
func partOfName(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	kinds := parentKinds[r.Kind]
	if child := tuningChildForm.FindStringSubmatch(r.Name); child != nil && slices.Contains(kinds, inventory.KindHyperParameterTuningJob) {
		if key, found := a.ownerOfName(nameOf(r.Place, inventory.KindHyperParameterTuningJob, child[1]), i); found {
			return key, true
		}
	}
	if child := pipelineChildForm.FindStringSubmatch(r.Name); child != nil {
		if pipeline, found := a.executions[child[1]]; found {
			return a.pipeline(pipeline, i), true
		}
	}
	if slices.Contains(kinds, inventory.KindAutoMLJob) {
		return a.autoMLParent(i)
	}
	return inventory.WorkloadKey{}, false
}

// autoMLParent tries every beginning of the name, the longest first.
func (a *assignment) autoMLParent(i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	for at := strings.LastIndexByte(r.Name, '-'); at > 0; at = strings.LastIndexByte(r.Name[:at], '-') {
		if !autoMLChildForm.MatchString(r.Name[at:]) {
			continue
		}
		if key, found := a.ownerOfName(nameOf(r.Place, inventory.KindAutoMLJob, r.Name[:at]), i); found {
			return key, true
		}
	}
	return inventory.WorkloadKey{}, false
}

// namedByParent finds a parent whose own description names the resource: the
// steps of a pipeline's execution, the jobs of a tuning job, the rules that
// Debugger runs beside a training job.
func namedByParent(a *assignment, i int) (inventory.WorkloadKey, bool) {
	return a.referrer(i, parentKinds[a.resources[i].Kind])
}

// namedAfter finds the trial or the experiment whose name begins that of a
// trial or of its component: lists tell neither, and only the newest of a family
// are described. The longest beginning counts.
func namedAfter(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	kinds := parentKinds[r.Kind]
	if !slices.Contains(kinds, inventory.KindExperiment) {
		return inventory.WorkloadKey{}, false
	}
	for at := strings.LastIndexByte(r.Name, '-'); at > 0; at = strings.LastIndexByte(r.Name[:at], '-') {
		for _, kind := range []inventory.ResourceKind{inventory.KindTrial, inventory.KindExperiment} {
			if !slices.Contains(kinds, kind) {
				continue
			}
			if key, found := a.ownerOfName(nameOf(r.Place, kind, r.Name[:at]), i); found {
				return key, true
			}
		}
	}
	return inventory.WorkloadKey{}, false
}

// monitoringPrefix begins the names of the jobs that Model Monitor starts.
const monitoringPrefix = "model-monitoring-"

// monitoringJob recognises those jobs where nothing tells their schedule: they
// belong to the only schedule there is, or to monitoring as such.
func monitoringJob(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	if r.Kind != inventory.KindProcessingJob || !strings.HasPrefix(r.Name, monitoringPrefix) {
		return inventory.WorkloadKey{}, false
	}
	if schedules := a.only[nameOf(r.Place, inventory.KindMonitoringSchedule, "")]; len(schedules) == 1 {
		return a.ownerBut(schedules[0], i)
	}
	return standing(r.Place, inventory.KindMonitoringSchedule, strings.TrimSuffix(monitoringPrefix, "-")), true
}

// projectTag is what SageMaker Projects puts on what belongs to a project.
const projectTag = "sagemaker:project-name"

// projectOfPipeline finds the first pipeline that bears a project's tag.
func projectOfPipeline(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	if r.Kind != inventory.KindProject {
		return inventory.WorkloadKey{}, false
	}
	for _, at := range a.only[nameOf(r.Place, inventory.KindPipeline, "")] {
		if slices.Contains(a.resources[at].Tags, inventory.Tag{Key: projectTag, Value: r.Name}) {
			return a.ownerBut(at, i)
		}
	}
	return inventory.WorkloadKey{}, false
}

// supportsReferrer finds the first resource that names a supporting one.
func supportsReferrer(a *assignment, i int) (inventory.WorkloadKey, bool) {
	return a.referrer(i, supporting[a.resources[i].Kind])
}

// describesReference finds what a describing resource names.
func describesReference(a *assignment, i int) (inventory.WorkloadKey, bool) {
	kinds := describing[a.resources[i].Kind]
	for _, kind := range kinds {
		for _, found := range a.references[i] {
			if found.Kind != kind {
				continue
			}
			n := nameOfARN(reference.ARN{Place: found.Place, Kind: found.Kind, Scope: found.Scope, Name: found.Name})
			if key, ok := a.ownerOfName(n, i); ok {
				return key, true
			}
			if key, used := a.used[n]; used {
				return key, true
			}
		}
	}
	return inventory.WorkloadKey{}, false
}

// earlierConfig finds the endpoint that uses a configuration of the same
// family, or bears its name: deployments leave the configurations before them
// behind.
func earlierConfig(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	if r.Kind != inventory.KindEndpointConfig {
		return inventory.WorkloadKey{}, false
	}
	family := Family(r.Name)
	if key, found := a.configFamilies[nameOf(r.Place, r.Kind, family)]; found {
		return key, true
	}
	key, found := a.endpoints[nameOf(r.Place, inventory.KindEndpoint, family)]
	return key, found
}

// onlyDomain gives what Studio uses and nothing names to the only domain.
func onlyDomain(a *assignment, i int) (inventory.WorkloadKey, bool) {
	r := &a.resources[i]
	if ownWorkloads[r.Kind] != inventory.WorkloadStudio || r.Kind == inventory.KindDomain || r.Kind == inventory.KindPartnerApp {
		return inventory.WorkloadKey{}, false
	}
	if domains := a.only[nameOf(r.Place, inventory.KindDomain, "")]; len(domains) == 1 {
		return a.ownerBut(domains[0], i)
	}
	return inventory.WorkloadKey{}, false
}
