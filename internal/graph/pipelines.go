package graph

import (
	"encoding/json"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// definition is what the graph needs of a pipeline's definition (version
// 2020-12-01).
type definition struct {
	Steps []struct {
		Name      string          `json:"Name"`
		DependsOn []string        `json:"DependsOn"`
		Arguments json.RawMessage `json:"Arguments"`
	} `json:"Steps"`
}

// steps adds a pipeline's steps with the images that they run and the steps
// that they wait for.
func (b *builder) steps(r *inventory.Resource, id string) {
	var d definition
	if json.Unmarshal([]byte(r.Spec.Text("PipelineDefinition")), &d) != nil {
		return
	}
	node := func(step string) string {
		name := r.Name + "/" + step
		return b.add(Node{
			ID: ID(r.Place, KindStep, name), Kind: KindStep, Name: name, Place: r.Place, Workload: b.nodes[b.at[id]].Workload,
		})
	}
	for _, step := range d.Steps {
		if step.Name == "" {
			continue
		}
		at := node(step.Name)
		b.edge(id, at, "step")
		for _, before := range step.DependsOn {
			b.edge(at, node(before), "after")
		}
		arguments := inventory.Resource{Place: r.Place, Spec: inventory.Spec(step.Arguments)}
		for _, found := range reference.Of(&arguments) {
			if found.Kind == KindContainerImage {
				b.edge(at, b.outside(found.Kind, found.Name), relationOf(found.Kind))
			}
		}
	}
}
