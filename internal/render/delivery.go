package render

import (
	"path"
	"strconv"

	"landfall.dev/landfall/internal/plan"
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
}

// units in the order in which they are brought.
func (t *tree) units() []unit {
	all := []unit{{name: "landfall-cluster", folder: clusterFolder}}
	phases, byPhase := t.phases()
	for _, p := range phases {
		if t.Form == FormManifests {
			all = append(all, unit{name: "landfall-phase-" + strconv.Itoa(p.Number), phase: p.Number, folder: phaseFolder(p)})
			continue
		}
		for _, e := range byPhase[p.Number] {
			all = append(all, unit{name: e.Endpoint.Name, phase: p.Number, values: e.folder + "/values.yaml"})
		}
	}
	return all
}

// before names the units of the phase before a unit's own.
func before(all []unit, u unit) []string {
	earlier := -1
	for _, other := range all {
		if other.phase < u.phase {
			earlier = max(earlier, other.phase)
		}
	}
	var names []string
	for _, other := range all {
		if other.phase == earlier && u.phase > 0 {
			names = append(names, other.name)
		}
	}
	return names
}

// phaseTitle is what a unit's phase is called.
func (t *tree) phaseTitle(number int) string {
	for _, p := range t.Plan.Phases {
		if p.Number == number {
			return p.Title
		}
	}
	return plan.Phase{}.Title
}
