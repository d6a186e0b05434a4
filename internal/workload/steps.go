package workload

import (
	"encoding/json"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// definedSteps is what the rules need of a pipeline's definition (version
// 2020-12-01): what the steps are given is written as the same jobs' own
// descriptions are.
type definedSteps struct {
	Parameters []struct {
		Name         string `json:"Name"`
		DefaultValue any    `json:"DefaultValue"`
	} `json:"Parameters"`
	Steps []definedStep `json:"Steps"`
}

type definedStep struct {
	Name      string         `json:"Name"`
	Type      string         `json:"Type"`
	Arguments map[string]any `json:"Arguments"`
}

// maxStepDepth bounds conditions within conditions, which SageMaker forbids.
const maxStepDepth = 4

// kindsOfSteps are the kinds of jobs that steps start.
var kindsOfSteps = map[string]inventory.ResourceKind{
	"Training": inventory.KindTrainingJob, "Tuning": inventory.KindHyperParameterTuningJob,
	"Processing": inventory.KindProcessingJob, "Transform": inventory.KindTransformJob,
	"QualityCheck": inventory.KindProcessingJob, "ClarifyCheck": inventory.KindProcessingJob, "AutoML": inventory.KindAutoMLJob,
}

// steps are the jobs that a pipeline's definition asks for, what trains before
// the others; none for other work, and where the definition cannot be read.
// The values of parameters are their defaults.
func (g *group) steps() []part {
	if g.key.Kind != inventory.WorkloadPipeline {
		return nil
	}
	head := g.head()
	if head == nil || head.spec.PipelineDefinition == "" {
		return nil
	}
	var defined definedSteps
	if json.Unmarshal([]byte(head.spec.PipelineDefinition), &defined) != nil {
		return nil
	}
	defaults := map[string]any{}
	for _, p := range defined.Parameters {
		defaults["Parameters."+p.Name] = p.DefaultValue
	}
	var steps []part
	for _, s := range flattened(defined.Steps, maxStepDepth) {
		if p, ok := s.part(head, defaults); ok {
			steps = append(steps, p)
		}
	}
	slices.SortStableFunc(steps, func(x, y part) int { return training(y) - training(x) })
	return steps
}

// training is 1 for what trains, which sorts it before the rest.
func training(p part) int {
	if p.Kind == inventory.KindTrainingJob || p.Kind == inventory.KindHyperParameterTuningJob {
		return 1
	}
	return 0
}

// flattened adds the steps within conditions.
func flattened(steps []definedStep, depth int) []definedStep {
	var all []definedStep
	for _, s := range steps {
		all = append(all, s)
		for _, branch := range []string{"IfSteps", "ElseSteps"} {
			var inner []definedStep
			text, err := json.Marshal(s.Arguments[branch])
			if depth > 0 && err == nil && json.Unmarshal(text, &inner) == nil {
				all = append(all, flattened(inner, depth-1)...)
			}
		}
	}
	return all
}

// part is a step as the job that it starts; false for other steps.
func (s definedStep) part(head *part, defaults map[string]any) (part, bool) {
	kind, starts := kindsOfSteps[s.Type]
	if !starts {
		return part{}, false
	}
	text, err := json.Marshal(resolved(s.Arguments, defaults))
	if err != nil {
		return part{}, false
	}
	step := inventory.Resource{
		Kind: kind, Name: s.Name + " of pipeline " + head.Name, Place: head.Place, Detail: inventory.Described, Spec: inventory.Spec(text),
	}
	return part{Resource: &step, spec: describe(step.Spec)}, true
}

// resolved puts the defaults of parameters where {"Get": "Parameters.X"} stands;
// what is known only when the pipeline runs is left out.
func resolved(value any, defaults map[string]any) any {
	switch value := value.(type) {
	case map[string]any:
		if name, is := value["Get"].(string); is && len(value) == 1 {
			return defaults[name]
		}
		fields := make(map[string]any, len(value))
		for name, field := range value {
			if strings.HasPrefix(name, "Std:") {
				return nil
			}
			if known := resolved(field, defaults); known != nil {
				fields[name] = known
			}
		}
		return fields
	case []any:
		list := make([]any, 0, len(value))
		for _, item := range value {
			if known := resolved(item, defaults); known != nil {
				list = append(list, known)
			}
		}
		return list
	default:
		return value
	}
}
