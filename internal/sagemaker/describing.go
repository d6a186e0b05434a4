package sagemaker

import (
	"context"
	"reflect"
	"slices"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker/answer"
)

// describe has a resource's description read, once.
func (s *scan) describe(k *kind, l line) { s.describeIn(s.lanes.add, k, l) }

// describeIn is describe with the way in which the call is to be done.
func (s *scan) describeIn(add func(string, func(context.Context) error, ...func()), k *kind, l line) {
	t, first := s.found.want(k.ResourceKind, l)
	if !first {
		return
	}
	add(k.describe.operation, func(ctx context.Context) error { return s.readThing(ctx, k, t, l) },
		func() { close(t.read) }, s.track(k))
}

// refer has a resource described that another one refers to. What the endpoints
// rest on comes first, and they wait for it: their figures can be read only
// then, which takes time too.
func (s *scan) refer(from *kind, to reference) {
	k := kindOf(to.kind)
	if to.name == "" || k == nil || !k.described() {
		return
	}
	name, _, _ := k.fieldNames()
	l := line{Name: to.name, Input: map[string]string{name: to.name}}
	if !isHosting(from.ResourceKind) {
		s.describe(k, l)
		return
	}
	s.describeIn(s.lanes.addFirst, k, l)
	t := s.found.get(k.ResourceKind, l.id())
	done := s.hosting.one()
	s.group.Go(func() error {
		defer done()
		select {
		case <-t.read:
			return nil
		case <-s.lanes.ctx.Done():
			return s.lanes.ctx.Err()
		}
	})
}

func (s *scan) readThing(ctx context.Context, k *kind, t *thing, l line) error {
	is, err := remember(s, k.describe.operation+"|"+l.id(), func() (description, error) { return s.ask(ctx, k, l) })
	if err != nil {
		t.unread, _ = inventory.MaskText(awsfailure.Reason(err))
		return s.failed(ctx, k.describe.operation, l.Name, err)
	}
	if is.Gone {
		t.gone = true
		return nil
	}
	for _, detail := range k.details {
		if err := s.addDetail(ctx, &is, detail, l); err != nil {
			return err
		}
	}
	t.is = &is
	if k.refers != nil {
		for _, to := range k.refers(is.Spec) {
			s.refer(k, to)
		}
	}
	if k.ResourceKind == inventory.KindEndpoint {
		s.readTags(t)
	}
	return nil
}

// ask reads a description and the lists that belong to it. A resource that was
// deleted since it was listed is no failure.
func (s *scan) ask(ctx context.Context, k *kind, l line) (description, error) {
	out, unknown, err := k.describe.read(ctx, s.api, l.Input)
	if err != nil && awsfailure.Gone(err) {
		return description{Gone: true}, nil
	}
	if err != nil {
		return description{}, err
	}
	is := k.convert(out, l)
	is.Ignored = append(is.Ignored, unknown...)
	return is, nil
}

// convert makes of AWS's answer what the inventory keeps.
func (k *kind) convert(out any, l line) description {
	inner := k.unwrap(out)
	is := description{Line: k.lineOf(inner)}
	is.Line.Input = l.Input
	if k.within == "" {
		is.Spec, is.Masked = answer.Spec(out, k.own(inner))
		return is
	}
	is.Spec, is.Masked = answer.Spec(inner.value.Interface(), k.own(inner))
	return is
}

// addDetail adds a list that belongs to a description. Where it may not be
// read, the description stays without it, and the failure is told.
func (s *scan) addDetail(ctx context.Context, is *description, detail lister, l line) error {
	added, err := remember(s, detail.operation+"|"+l.id(), func() (detailed, error) {
		return fromTheStart(func() (detailed, error) { return s.askDetail(ctx, detail, l) })
	})
	switch {
	case err == nil:
	case notOffered(err) || awsfailure.Gone(err):
		return nil
	default:
		return s.failed(ctx, detail.operation, l.Name, err)
	}
	is.Spec = answer.Join(is.Spec, added.Fields)
	is.Masked = append(is.Masked, added.Masked...)
	slices.Sort(is.Masked)
	return nil
}

// detailed is a list that belongs to a description, as an object with one
// field.
type detailed struct {
	Fields inventory.Spec `json:"fields"`
	Masked []string       `json:"masked,omitempty"`
}

func (s *scan) askDetail(ctx context.Context, detail lister, l line) (detailed, error) {
	all := reflect.Value{}
	for token := ""; ; {
		p, err := detail.page(ctx, s.api, question{parent: l.Input, scan: &s.ScanOptions}, token)
		if err != nil {
			return detailed{}, err
		}
		if all.IsValid() {
			all = reflect.AppendSlice(all, p.items)
		} else {
			all = p.items
		}
		enough := detail.most > 0 && all.Len() >= detail.most
		if enough {
			all = all.Slice(0, detail.most)
		}
		if token = p.next; token == "" || enough {
			var is detailed
			is.Fields, is.Masked = answer.List(p.member, all)
			return is, nil
		}
	}
}

// hostingKinds are those of which endpoints consist.
var hostingKinds = map[inventory.ResourceKind]bool{
	inventory.KindEndpoint: true, inventory.KindEndpointConfig: true, inventory.KindModel: true,
	inventory.KindInferenceComponent: true,
}

func isHosting(kind inventory.ResourceKind) bool { return hostingKinds[kind] }
