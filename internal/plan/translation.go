package plan

import (
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

type translation struct {
	steps  int
	failed string
	gaps   []gap.Gap
	images []inventory.Image
}

func (s *scene) translate(t task) *translation { return nil }
func (t task) stepImages() []inventory.Image {
	if t.translation == nil {
		return nil
	}
	return t.translation.images
}
func (b *builder) alarmGaps(e inventory.Endpoint, s Settings) []gap.Gap { return nil }
