package sagemaker

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// restored reads a description back into the SDK's struct that it came from.
func restored[Out any](kind inventory.ResourceKind, t *thing) *Out {
	out := new(Out)
	if err := t.is.Spec.Into(out); err != nil {
		// A programming error that the test of all answers would show.
		panic(fmt.Sprintf("sagemaker: cannot read back a %s: %v", kind, err))
	}
	name, arn, status := kindOf(kind).fieldNames()
	l := t.is.Line
	for field, text := range map[string]string{name: l.Name, arn: l.ARN, status: l.Status} {
		of(out).set(field, text)
	}
	setTime(out, createdFields, l.CreatedAt)
	setTime(out, modifiedFields, l.ModifiedAt)
	return out
}

func setTime(out any, names []string, text string) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return
	}
	for _, name := range names {
		if field := of(out).value.FieldByName(name); field.IsValid() && field.Type() == reflect.PointerTo(timeType) {
			field.Set(reflect.ValueOf(&t))
			return
		}
	}
}

// endpoints puts together the endpoints with what they rest on.
func (s *scan) endpoints(place inventory.Place, scaling foundScaling) []inventory.Endpoint {
	components := map[string][]*thing{}
	for _, t := range s.found.all(inventory.KindInferenceComponent) {
		if !t.gone {
			components[t.line.Parent] = append(components[t.line.Parent], t)
		}
	}
	var endpoints []inventory.Endpoint
	for _, t := range s.found.all(inventory.KindEndpoint) {
		if t.gone {
			continue
		}
		e := s.endpoint(t)
		e.Place = place
		for _, c := range components[e.Name] {
			addComponent(&e, c)
		}
		s.addModels(&e)
		found, ignored := scaling.of(e)
		e.Scaling, e.Ignored = found, append(e.Ignored, ignored...)
		e.Mode = inventory.ModeOf(e)
		endpoints = append(endpoints, e)
	}
	return endpoints
}

// endpoint is an endpoint with its configuration and tags.
func (s *scan) endpoint(t *thing) inventory.Endpoint {
	if t.is == nil {
		return inventory.Endpoint{
			Name: t.line.Name, ARN: t.line.ARN, Status: t.line.Status, CreatedAt: t.line.CreatedAt,
			ModifiedAt: t.line.ModifiedAt, Unread: t.unread, Config: inventory.Config{Presence: inventory.NotRead},
		}
	}
	e := convertEndpoint(restored[sagemaker.DescribeEndpointOutput](inventory.KindEndpoint, t))
	e.Ignored = append(e.Ignored, withPrefix("endpoint: ", t.is.Ignored)...)
	s.mu.Lock()
	e.Tags = s.tags[e.ARN]
	s.mu.Unlock()
	config := s.found.get(inventory.KindEndpointConfig, e.Config.Name)
	switch {
	case config == nil || config.is == nil && !config.gone:
		e.Config.Presence = inventory.NotRead
	case config.gone:
		e.Config.Presence = inventory.Deleted
	default:
		applyConfig(&e, restored[sagemaker.DescribeEndpointConfigOutput](inventory.KindEndpointConfig, config))
		e.Ignored = append(e.Ignored, withPrefix("endpointConfig: ", config.is.Ignored)...)
	}
	return e
}

func addComponent(e *inventory.Endpoint, t *thing) {
	if t.is == nil {
		e.Components = append(e.Components, inventory.Component{
			Name: t.line.Name, ARN: t.line.ARN, Status: t.line.Status, Unread: t.unread,
			CreatedAt: t.line.CreatedAt, ModifiedAt: t.line.ModifiedAt,
		})
		return
	}
	out := restored[sagemaker.DescribeInferenceComponentOutput](inventory.KindInferenceComponent, t)
	c := convertComponent(out)
	e.Components = append(e.Components, c)
	what := "component " + c.Name
	e.Ignored = append(e.Ignored, ignoredLeaves(what, out)...)
	e.Ignored = append(e.Ignored, withPrefix(what+": ", t.is.Ignored)...)
}

func (s *scan) addModels(e *inventory.Endpoint) {
	for _, name := range modelNames(*e) {
		t := s.found.get(inventory.KindModel, name)
		switch {
		case t == nil || t.is == nil && !t.gone:
			e.Models = append(e.Models, inventory.Model{Name: name, Presence: inventory.NotRead})
		case t.gone:
			e.Models = append(e.Models, inventory.Model{Name: name, Presence: inventory.Deleted})
		default:
			out := restored[sagemaker.DescribeModelOutput](inventory.KindModel, t)
			e.Models = append(e.Models, convertModel(out))
			e.Ignored = append(e.Ignored, ignoredLeaves("model "+name, out)...)
			e.Ignored = append(e.Ignored, withPrefix("model "+name+": ", t.is.Ignored)...)
		}
	}
}

func withPrefix(prefix string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, prefix+name)
	}
	return all
}

// modelNames lists the models that an endpoint's variants refer to.
func modelNames(e inventory.Endpoint) []string {
	var names []string
	for _, variants := range [][]inventory.Variant{e.Variants, e.ShadowVariants} {
		for _, v := range variants {
			names = append(names, v.ModelName)
		}
	}
	for _, c := range e.Components {
		names = append(names, c.ModelName)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// readTags has an endpoint's tags read.
func (s *scan) readTags(t *thing) {
	const operation = "ListTags"
	l := t.is.Line
	s.lanes.add(operation, func(ctx context.Context) error {
		tags, err := remember(s, operation+"|"+l.ARN, func() ([]inventory.Tag, error) {
			return fromTheStart(func() ([]inventory.Tag, error) { return s.tagsOf(ctx, l.ARN) })
		})
		switch {
		case err == nil:
		case awsfailure.Gone(err):
			return nil
		default:
			return s.failed(ctx, operation, l.Name, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tags[l.ARN] = tags
		return nil
	}, s.hosting.one())
}

func (s *scan) tagsOf(ctx context.Context, arn string) ([]inventory.Tag, error) {
	var tags []inventory.Tag
	// ListTags is the one list whose pages may not be smaller than 50.
	pages := sagemaker.NewListTagsPaginator(s.Models, &sagemaker.ListTagsInput{
		ResourceArn: aws.String(arn), MaxResults: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		tags = append(tags, convertTags(page.Tags)...)
	}
	return tags, nil
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
	for _, r := range d.Resources {
		count += len(r.Masked)
	}
	for _, l := range d.Lineage {
		for _, entity := range l.Entities {
			count += strings.Count(entity.Source, inventory.Masked) + strings.Count(entity.SourceID, inventory.Masked)
		}
	}
	return count
}
