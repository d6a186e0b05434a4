package sagemaker

import (
	"context"
	"strings"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

const hoursPerDay = 24

// assemble puts the parts together and reads what depends on several of them.
func (s *scan) assemble(ctx context.Context, found parts) (inventory.Document, error) {
	s.addComponents(found)
	for i := range found.endpoints {
		e := &found.endpoints[i]
		e.Place = found.account.Place()
		if err := s.addModels(ctx, e); err != nil {
			return inventory.Document{}, err
		}
		scaling, ignored := found.scaling.of(*e)
		e.Scaling, e.Ignored = scaling, append(e.Ignored, ignored...)
		e.Mode = inventory.ModeOf(*e)
	}
	if err := s.readMetrics(ctx, found.endpoints); err != nil {
		return inventory.Document{}, err
	}
	d := inventory.Document{
		Accounts: []inventory.Account{found.account}, EndpointName: s.EndpointName, LookbackDays: int(s.Lookback.Hours() / hoursPerDay),
		Endpoints: found.endpoints, Unread: s.failures.list(found.account.Place()),
	}
	if !s.OmitScannedAt {
		d.ScannedAt = s.Now.UTC().Format(time.RFC3339)
	}
	d.MaskedValues = countMasked(d)
	return d, nil
}

func (s *scan) addComponents(found parts) {
	byName := map[string]*inventory.Endpoint{}
	for i := range found.endpoints {
		byName[found.endpoints[i].Name] = &found.endpoints[i]
	}
	for _, c := range found.components {
		if e := byName[c.endpoint]; e != nil {
			e.Components = append(e.Components, c.component)
			e.Ignored = append(e.Ignored, c.ignored...)
		}
	}
}

func (s *scan) addModels(ctx context.Context, e *inventory.Endpoint) error {
	for _, name := range modelNames(*e) {
		read, err := s.models.get(ctx, name)
		if err != nil {
			return err
		}
		e.Models = append(e.Models, read.model)
		e.Ignored = append(e.Ignored, read.ignored...)
	}
	return nil
}

// countMasked counts each value once per place it stands in.
func countMasked(d inventory.Document) int {
	count := 0
	containers := func(list []inventory.Container) {
		for _, c := range list {
			count += len(c.MaskedEnv)
		}
	}
	for _, e := range d.Endpoints {
		count += strings.Count(e.FailureReason, inventory.Masked)
		for _, tag := range e.Tags {
			count += strings.Count(tag.Value, inventory.Masked)
		}
		for _, m := range e.Models {
			containers(m.Containers)
		}
		for _, c := range e.Components {
			count += strings.Count(c.FailureReason, inventory.Masked)
			if c.Container != nil {
				containers([]inventory.Container{*c.Container})
			}
		}
	}
	return count
}
