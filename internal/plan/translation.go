package plan

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/pipeline"
)

// translation is what becomes of a pipeline's steps in Argo Workflows.
type translation struct {
	// steps counts all of them, unmapped names those without a counterpart.
	steps    int
	unmapped []string
	// failed says why the definition cannot be read.
	failed string
	gaps   []gap.Gap
}

// translate tries a pipeline's definition; nil where there is none to try.
func (s *scene) translate(t task) *translation {
	if t.newest == nil {
		return nil
	}
	definition := t.newest.Spec.Text("PipelineDefinition")
	if definition == "" {
		return nil
	}
	parsed, err := pipeline.Parse([]byte(definition))
	if err != nil {
		return &translation{failed: err.Error()}
	}
	result := pipeline.Workflow(parsed, pipeline.Options{Name: pipelineName(t.Name), Region: t.Region, Images: s.options.Images})
	found := &translation{steps: len(parsed.Steps), gaps: result.Gaps}
	for _, step := range parsed.Steps {
		if !slices.Contains(result.Mapped, step.Name) {
			found.unmapped = append(found.unmapped, step.Name)
		}
	}
	return found
}

// pipelineName is what the template would be called.
func pipelineName(name string) string {
	return namer{maxLength: maxModelNameLength, letterFirst: true}.plain(name)
}

// stepImages are those that a pipeline's jobs ran lately.
func (t task) stepImages() []inventory.Image {
	var references []string
	for _, reference := range t.Resources {
		for _, image := range imagesIn(t.scene.resource(t.Place, reference.Kind, reference.Name)) {
			if reference.Kind != inventory.KindModel && !slices.Contains(references, image) {
				references = append(references, image)
			}
		}
	}
	return parsed(references)
}

// closedStepImages blocks a pipeline whose steps run images that stay on AWS.
func closedStepImages(t task) *verdict {
	var v *verdict
	for _, image := range t.stepImages() {
		if image.BuiltIn == nil || image.BuiltIn.Access == inventory.AccessOpen || t.mapped(image) {
			continue
		}
		thing, why := "image "+image.Reference, "a step runs it, and its registry refuses it outside SageMaker"
		if v == nil {
			v = &verdict{decision: Blocked}
		}
		v.reasons = append(v.reasons, thing+": "+why)
		v.blockers = append(v.blockers, Blocker{Thing: thing, Why: why, Do: image.BuiltIn.Replacement})
	}
	if v != nil {
		v.reasons = append(v.reasons, t.runWords()...)
	}
	return v
}

// unreadDefinition blocks a pipeline whose steps are not known.
func unreadDefinition(t task) *verdict {
	switch {
	case t.translation == nil:
		return blocked(t.String(), "its description holds no definition", scanAgain)
	case t.translation.failed != "":
		return blocked("pipeline definition", t.translation.failed, "correct the pipeline on SageMaker, and scan again")
	}
	return nil
}

// pipelineLater names the steps without a counterpart.
func pipelineLater(t task) *verdict {
	unmapped := t.translation.unmapped
	if len(unmapped) == 0 {
		return nil
	}
	v := later(fmt.Sprintf("%d of its %d steps", len(unmapped), t.translation.steps),
		"no counterpart in Argo Workflows: "+strings.Join(unmapped, ", "), replacePipeline)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}

func pipelineMoves(t task) *verdict {
	v := decided(Move, "every step of it translates to Argo Workflows (%d of %d); what is different there is under gaps", t.translation.steps, t.translation.steps)
	v.reasons = append(v.reasons, t.runWords()...)
	return v
}
