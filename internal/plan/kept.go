package plan

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Rules for what usually stays on SageMaker: storing things, watching them and
// working on them is no serving, and leaving it where it is costs the move
// nothing.

func notebookOff(t task) *verdict {
	if t.Status != "Stopped" {
		return nil
	}
	changed := ""
	if t.newest != nil {
		changed = firstOf(t.newest.ModifiedAt, t.newest.CreatedAt)
	}
	if days, known := t.scene.daysSince(changed); known && days > unusedDays {
		return decided(Retire, "it has been stopped since %s, %d days before the scan; copy what its volume holds before it is deleted", day(changed), days)
	}
	return nil
}

func notebookKept(t task) *verdict {
	return decided(Keep, "a notebook is a place to work at (%s); nothing that serves depends on where it runs", firstOf(t.Status, "its state is not known")).insist(replaceNotebooks)
}

func studioKept(t task) *verdict {
	return decided(Keep, "it is a place to work at%s; nothing that serves depends on where it runs", t.with("profiles, spaces and apps")).insist(replaceNotebooks)
}

// with counts what a workload holds beside the resource it is named after.
func (t task) with(what string) string {
	if t.ResourceCount < 2 {
		return ""
	}
	return fmt.Sprintf(" (with %d %s)", t.ResourceCount-1, what)
}

// has says that a workload holds a resource of a kind.
func (t task) has(kind inventory.ResourceKind) bool {
	return slices.ContainsFunc(t.Resources, func(r inventory.Reference) bool { return r.Kind == kind })
}

func registryKept(t task) *verdict {
	return decided(Keep, "a registry only stores and approves%s: the cluster fetches the same files from S3", t.with("packages and cards")).insist(replaceRegistry)
}

func experimentsKept(t task) *verdict {
	if t.newest != nil && t.newest.Kind != inventory.KindExperiment {
		return decided(Keep, "MLflow only records runs; training in the cluster can go on writing to it").insist(replaceExperiments)
	}
	return decided(Keep, "an experiment only records runs%s", t.with("trials and components")).insist(replaceExperiments)
}

func featuresKept(t task) *verdict {
	why := "the offline store is files in S3, which the cluster reads where they are"
	if t.newest != nil && t.newest.Spec.Fields()["OnlineStoreConfig"] != nil {
		why = "its online store and API are SageMaker's own; pods reach them over the network with an AWS identity"
	}
	v := decided(Keep, "%s", why)
	if len(t.Consumers) > 0 {
		v.reasons = append(v.reasons, fmt.Sprintf("%d consumers are known to read it", len(t.Consumers)))
	}
	return v.insist(replaceFeatures)
}

func monitoringOff(t task) *verdict {
	if t.Status != "Stopped" {
		return nil
	}
	return decided(Retire, "its schedule is stopped; what it wrote stays in S3")
}

// monitoringFollows decides as for what is monitored.
func monitoringFollows(t task) *verdict {
	name := t.monitored()
	if name == "" {
		return decided(Keep, "it watches data in S3, which stays where it is").insist(replaceMonitoring)
	}
	key := inventory.WorkloadKey{Place: t.Place, Kind: inventory.WorkloadEndpoint, Name: name}
	switch decision := t.scene.decided[key.Full()]; decision {
	case Move, MoveLater, Elsewhere:
		return later("monitoring of "+key.String(),
			fmt.Sprintf("the endpoint is to leave (%s), and SageMaker's monitors are closed images that read its data capture", decision), replaceMonitoring)
	case Retire:
		return decided(Retire, "what it watches is retired: %s", key)
	case "":
		return decided(Retire, "what it watches is gone: %s", key)
	default:
		return decided(Keep, "it belongs to %s, which stays (%s)", key, decision).insist(replaceMonitoring)
	}
}

// monitored is the name of the endpoint that a schedule watches, empty where
// it watches none.
func (t task) monitored() string {
	for _, full := range t.scene.dependencies[t.Full()] {
		if w := t.scene.workloads[full]; w != nil && w.Kind == inventory.WorkloadEndpoint {
			return w.Name
		}
	}
	if t.newest == nil {
		return ""
	}
	return t.newest.Spec.Text("EndpointName")
}

func hubKept(task) *verdict {
	return decided(Keep, "a hub only points to models and notebooks").insist(replaceHub)
}

// trainingPlanKept leaves reserved capacity to run out.
func trainingPlanKept(t task) *verdict {
	if t.newest != nil || !t.has(inventory.KindTrainingPlan) {
		return nil
	}
	return decided(Keep, "it is capacity that is paid for until its plan ends (%s)", firstOf(t.Status, "its state is not known")).insist(
		"use it up, and reserve capacity for the cluster's nodes instead (EC2 Capacity Blocks)")
}

// projectKept leaves SageMaker's projects alone: they are templates around
// pipelines, which are planned by themselves.
func projectKept(t task) *verdict {
	if t.newest != nil || !t.has(inventory.KindProject) {
		return nil
	}
	return decided(Keep, "it is a project, a template around repositories and pipelines; its pipelines are planned by themselves").insist(
		"the CI/CD that you have, with a GitOps repository")
}

func clusterUndescribed(t task) *verdict {
	if t.newest != nil {
		return nil
	}
	return undescribed(t)
}

func clusterOnSlurm(t task) *verdict {
	orchestrator, _ := t.newest.Spec.Fields()["Orchestrator"].(map[string]any)
	if orchestrator["Eks"] != nil {
		return nil
	}
	return blocked("Slurm", "HyperPod runs its jobs with Slurm, whose scripts Kubernetes does not run", replaceClusterSlurm)
}

func clusterOnEKS(t task) *verdict {
	v := later("HyperPod", "its nodes are SageMaker's, though what runs on them is Kubernetes", replaceClusterEKS)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}

func experimentEnded(t task) *verdict {
	switch strings.ToLower(t.Status) {
	case "completed", "cancelled", "stopped", "failed":
		return decided(Retire, "it is %s: a test is over once it has ended", t.Status)
	}
	return nil
}

func experimentRuns(t task) *verdict {
	return decided(Keep, "a test of an endpoint is under way (%s); let it end before the endpoint moves", firstOf(t.Status, "in an unknown state")).insist(replaceShadowTest)
}

func edgeDiscontinued(task) *verdict {
	return decided(Retire, "AWS has discontinued SageMaker Edge Manager: devices no longer get models from it")
}

// modelUnused retires a model that nothing refers to, where everything that may
// refer to it was seen.
func modelUnused(t task) *verdict {
	if t.Criticality.Level == inventory.CriticalityUnknown {
		return decided(MoveLater, "%s", firstOf(strings.Join(t.Criticality.Reasons, "; "), "what may use it could not be read"))
	}
	v := decided(Retire, "no endpoint and no job of the account refers to it; its files stay in S3")
	if t.newest != nil && t.newest.CreatedAt != "" {
		v.reasons = append(v.reasons, "it was created on "+day(t.newest.CreatedAt))
	}
	return v
}
