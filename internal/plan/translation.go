package plan

import (
	"slices"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

type translation struct {
	steps  int
	failed string
	gaps   []gap.Gap
}

func (s *scene) translate(t task) *translation { return nil }

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
