package plan

import (
	"fmt"

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
	return decided(Keep, "Studio is a place to work at, with %s; nothing that serves depends on where it runs", things(t.ResourceCount-1, "profile, space or app")).insist(replaceNotebooks)
}

func things(count int, one string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d × %s", max(count, 0), one)
}

func registryKept(t task) *verdict {
	return decided(Keep, "a registry of %s only stores and approves: the cluster fetches the same files from S3", things(t.ResourceCount-1, "model package")).insist(replaceRegistry)
}

func experimentsKept(t task) *verdict {
	if t.newest != nil && t.newest.Kind != inventory.KindExperiment {
		return decided(Keep, "MLflow only records runs; training in the cluster can go on writing to it").insist(replaceExperiments)
	}
	return decided(Keep, "an experiment only records runs (%s)", things(t.ResourceCount-1, "trial or component")).insist(replaceExperiments)
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
	switch t.Status {
	case "Completed", "Cancelled":
		return decided(Retire, "it is %s", t.Status)
	}
	return nil
}

func experimentRuns(t task) *verdict {
	return decided(Keep, "a shadow test is under way (%s); let it end before its endpoint moves", firstOf(t.Status, "in an unknown state")).insist(replaceShadowTest)
}

func edgeDiscontinued(task) *verdict {
	return decided(Retire, "AWS has discontinued SageMaker Edge Manager: devices no longer get models from it")
}

func modelUnused(t task) *verdict {
	v := decided(Retire, "no endpoint and no job of the account refers to it; its files stay in S3")
	if t.newest != nil && t.newest.CreatedAt != "" {
		v.reasons = append(v.reasons, "it was created on "+day(t.newest.CreatedAt))
	}
	return v
}
