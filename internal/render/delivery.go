package render

import (
	"path"
	"strconv"
)

const deliveryFolder = "delivery"

// delivery writes what makes a GitOps tool bring the tree into the cluster.
func (t *tree) delivery() error {
	switch t.Delivery {
	case DeliveryArgoCD:
		return t.argoCD()
	case DeliveryFlux:
		return t.flux()
	case DeliveryNone:
		return nil
	default:
		return nil
	}
}

// at is a place of the tree in its repository.
func (t *tree) at(folder string) string { return path.Join(t.Repository.Path, folder) }

// up is the way from the chart's folder to a file of the tree.
func up(file string) string { return path.Join("..", "..", file) }

// unit is one thing that a GitOps tool brings: a folder of manifests, or one
// release of the chart.
type unit struct {
	name string
	// phase is 0 for what all phases share.
	phase int
	// folder holds manifests; values is the values file of a release.
	folder, values string
	// releases are what a folder of releases holds.
	releases []unit
	// scaled are the Endpoints whose spec.replicas something else changes.
	scaled []string
}

// Names of the units that are not phases.
const (
	unitCluster   = "landfall-cluster"
	unitNodes     = "landfall-nodes"
	unitWorkflows = "landfall-workflows"
)

// shared are the units of all phases: what the cluster has to have, the nodes
// that Karpenter starts, and pipelines, which run only when somebody starts
// them.
func (t *tree) shared() []unit {
	all := []unit{{name: unitCluster, folder: clusterFolder}}
	if t.wants(NodesKarpenter) && len(t.Plan.NodePools) > 0 {
		all = append(all, unit{name: unitNodes, folder: karpenterFolder})
	}
	if len(t.pipelines) > 0 {
		all = append(all, unit{name: unitWorkflows, folder: workflowsFolder})
	}
	return all
}

// ofPhase are the units of one phase: its folder, or its releases.
func (t *tree) ofPhase(p phase) []unit {
	whole := unit{name: phaseUnit(p), phase: p.Number, folder: phaseFolder(p.Phase)}
	var releases []unit
	for _, e := range p.exports {
		release := unit{name: e.endpoint.Name, phase: p.Number, values: e.folder + "/values.yaml"}
		if e.scaled {
			release.scaled = []string{e.endpoint.Name}
			whole.scaled = append(whole.scaled, e.endpoint.Name)
		}
		releases = append(releases, release)
	}
	if t.Form == FormHelm {
		return releases
	}
	return []unit{whole}
}

func phaseUnit(p phase) string { return "landfall-phase-" + strconv.Itoa(p.Number) }
