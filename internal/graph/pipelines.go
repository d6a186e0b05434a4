package graph

import (
	"encoding/json"
	"regexp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// definition is what the graph needs of a pipeline's definition (version
// 2020-12-01), and of the branches of a condition.
type definition struct {
	Steps     []definedStep `json:"Steps"`
	IfSteps   []definedStep `json:"IfSteps"`
	ElseSteps []definedStep `json:"ElseSteps"`
}

type definedStep struct {
	Name      string          `json:"Name"`
	Type      string          `json:"Type"`
	DependsOn []string        `json:"DependsOn"`
	Arguments json.RawMessage `json:"Arguments"`
}

// conditionStep is the type of steps that hold others.
const conditionStep = "Condition"

// maxStepDepth bounds conditions within conditions, which SageMaker forbids.
const maxStepDepth = 4

// stepOutput is how a step names what another one made.
var stepOutput = regexp.MustCompile(`"Get"\s*:\s*"Steps\.([A-Za-z0-9](?:-*[A-Za-z0-9]){0,63})[."\[]`)

// pipelineSteps adds the steps of one pipeline.
type pipelineSteps struct {
	*builder

	pipeline *inventory.Resource
	workload string
}

// steps adds a pipeline's steps with the images that they run and the steps
// that they wait for, because they are told to or because they use what those
// make.
func (b *builder) steps(r *inventory.Resource, id string) {
	var d definition
	if json.Unmarshal([]byte(r.Spec.Text("PipelineDefinition")), &d) != nil {
		return
	}
	p := &pipelineSteps{builder: b, pipeline: r, workload: b.nodes[b.at[id]].Workload}
	p.addAll(id, d.Steps, maxStepDepth)
}

func (p *pipelineSteps) node(step string) string {
	name := p.pipeline.Name + "/" + step
	return p.add(Node{
		ID: ID(p.pipeline.Place, KindStep, name), Kind: KindStep, Name: name, Place: p.pipeline.Place, Workload: p.workload,
	})
}

// addAll adds the steps of a pipeline or of a condition's branch.
func (p *pipelineSteps) addAll(parent string, steps []definedStep, depth int) {
	for _, step := range steps {
		if step.Name == "" {
			continue
		}
		at := p.node(step.Name)
		p.edge(parent, at, "step")
		for _, before := range step.DependsOn {
			if earlier := p.node(before); earlier != parent { // A branch waits for its condition anyway.
				p.edge(at, earlier, "after")
			}
		}
		if step.Type == conditionStep && depth > 0 {
			p.condition(at, step, depth)
			continue
		}
		p.uses(at, step.Arguments)
		p.images(at, step.Arguments)
	}
}

// condition adds what a condition looks at, and the steps of both branches.
func (p *pipelineSteps) condition(at string, step definedStep, depth int) {
	var branches definition
	var looksAt struct {
		Conditions json.RawMessage `json:"Conditions"`
	}
	if json.Unmarshal(step.Arguments, &branches) != nil || json.Unmarshal(step.Arguments, &looksAt) != nil {
		return
	}
	p.uses(at, looksAt.Conditions)
	p.addAll(at, branches.IfSteps, depth-1)
	p.addAll(at, branches.ElseSteps, depth-1)
}

// uses adds the steps whose results are named.
func (p *pipelineSteps) uses(at string, text json.RawMessage) {
	for _, found := range stepOutput.FindAllSubmatch(text, -1) {
		p.edge(at, p.node(string(found[1])), "after")
	}
}

func (p *pipelineSteps) images(at string, arguments json.RawMessage) {
	given := inventory.Resource{Place: p.pipeline.Place, Spec: inventory.Spec(arguments)}
	for _, found := range reference.Of(&given) {
		if found.Kind == KindContainerImage {
			p.edge(at, p.outside(found.Kind, found.Name), relationOf(found.Kind))
		}
	}
}
