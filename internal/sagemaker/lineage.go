package sagemaker

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

// DefaultLineageMost is how much is read of each list of lineage tracking.
// SageMaker notes some five entities and as many links for each job, so that
// large accounts hold hundreds of thousands; 5,000 are 50 calls for each list.
const DefaultLineageMost = 5000

// lineageList is one list of lineage tracking.
type lineageList struct {
	lister
	// name is what the inventory calls the list.
	name string
	// read takes over one of the list's items.
	read func(item any, into *lineagePage)
}

// lineageLists are read for their lines alone: descriptions add properties that
// nothing depends on.
var lineageLists = []lineageList{
	{list((*calls).ListArtifacts), "Artifacts", readItem(artifactOf)},
	{list((*calls).ListActions), "Actions", readItem(actionOf)},
	{list((*calls).ListContexts), "Contexts", readItem(contextOf)},
	{list((*calls).ListAssociations), "Associations", readItem(linkOf)},
}

// lineagePage is what one page tells. It goes to the journal and holds nothing
// secret.
type lineagePage struct {
	Entities []inventory.LineageEntity `json:"entities,omitempty"`
	Links    []inventory.LineageLink   `json:"links,omitempty"`
	Ignored  []string                  `json:"ignored,omitempty"`
	Next     string                    `json:"next,omitempty"`
}

func (p *lineagePage) length() int { return len(p.Entities) + len(p.Links) }

// readItem notes the fields of an item that its conversion has no place for.
func readItem[In any](convert func(*In, *lineagePage)) func(any, *lineagePage) {
	return func(item any, into *lineagePage) {
		in, ok := item.(*In)
		if !ok {
			panic(fmt.Sprintf("sagemaker: a list of lineage holds %T", item)) // a wrong row of the table
		}
		convert(in, into)
		what := strings.ToLower(strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Summary"))
		into.Ignored = slices.Compact(slices.Sorted(slices.Values(append(into.Ignored, ignoredLeaves(what, in)...))))
	}
}

// lineageFound collects what all pages tell.
type lineageFound struct {
	mu sync.Mutex
	inventory.Lineage
}

func (f *lineageFound) add(page lineagePage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Entities, f.Links = append(f.Entities, page.Entities...), append(f.Links, page.Links...)
	f.Ignored = slices.Compact(slices.Sorted(slices.Values(append(f.Ignored, page.Ignored...))))
}

func (f *lineageFound) cut(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Cut = append(f.Cut, name)
}

// tracksLineage says that the scan reads lineage.
func (s *scan) tracksLineage() bool { return s.EndpointName == "" && s.LineageMost > 0 }

// listLineage has the lists of lineage tracking read, as far as the bound.
func (s *scan) listLineage() {
	for i := range lineageLists {
		l := &lineageReading{scan: s, list: &lineageLists[i]}
		s.lanes.add(l.list.operation, func(ctx context.Context) error { return l.next(ctx, 0, "", 0) })
	}
}

// lineageReading is one list under way.
type lineageReading struct {
	*scan
	list *lineageList
	// round counts how often the list was begun.
	round int
}

// next reads a page and has the one behind it read. so counts what came before.
func (l *lineageReading) next(ctx context.Context, number int, token string, so int) error {
	call := fmt.Sprintf("%s|%d|%d", l.list.operation, l.round, number)
	read, err := remember(l.scan, call, func() (lineagePage, error) {
		p, err := l.list.page(ctx, l.api, question{scan: &l.ScanOptions}, token)
		if err != nil {
			return lineagePage{}, err
		}
		return l.list.pageOf(p), nil
	})
	switch {
	case err == nil:
	case tokenExpired(err) && token != "" && l.round < maxRounds:
		l.round++
		return l.next(ctx, 0, "", 0)
	case notOffered(err):
		return nil
	default:
		return l.failed(ctx, l.list.operation, "", err)
	}
	left := l.LineageMost - so
	more := read.Next != "" || read.length() > left
	read.Entities, read.Links = read.Entities[:min(len(read.Entities), left)], read.Links[:min(len(read.Links), left)]
	l.lineage.add(read)
	switch so += read.length(); {
	case !more:
	case so >= l.LineageMost:
		l.lineage.cut(l.list.name)
	default:
		l.lanes.add(l.list.operation, func(ctx context.Context) error { return l.next(ctx, number+1, read.Next, so) })
	}
	return nil
}

func (l *lineageList) pageOf(p page) lineagePage {
	read := lineagePage{Next: p.next}
	for i := range p.items.Len() {
		l.read(p.items.Index(i).Addr().Interface(), &read)
	}
	return read
}

// found returns what lineage tracking noted, nil where nothing was read. Lists
// that were begun again gave some items twice.
func (f *lineageFound) found(place inventory.Place, most int) []inventory.Lineage {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.Lineage
	l.Place, l.Most = place, most
	slices.SortFunc(l.Entities, func(a, b inventory.LineageEntity) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ARN, b.ARN))
	})
	l.Entities = slices.CompactFunc(l.Entities, func(a, b inventory.LineageEntity) bool { return a.ARN == b.ARN })
	slices.SortFunc(l.Links, func(a, b inventory.LineageLink) int {
		return cmp.Or(cmp.Compare(a.Destination, b.Destination), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Relation, b.Relation))
	})
	l.Links = slices.Compact(l.Links)
	if len(l.Entities)+len(l.Links) == 0 {
		return nil
	}
	return []inventory.Lineage{l}
}

func artifactOf(in *types.ArtifactSummary, into *lineagePage) {
	e := inventory.LineageEntity{
		Kind: inventory.LineageArtifact, Name: aws.ToString(in.ArtifactName), ARN: aws.ToString(in.ArtifactArn),
		Type: aws.ToString(in.ArtifactType), CreatedAt: timeText(in.CreationTime), ModifiedAt: timeText(in.LastModifiedTime),
	}
	if in.Source != nil {
		e.Source = unsigned(in.Source.SourceUri)
	}
	into.Entities = append(into.Entities, e)
}

func actionOf(in *types.ActionSummary, into *lineagePage) {
	e := inventory.LineageEntity{
		Kind: inventory.LineageAction, Name: aws.ToString(in.ActionName), ARN: aws.ToString(in.ActionArn),
		Type: aws.ToString(in.ActionType), Status: string(in.Status),
		CreatedAt: timeText(in.CreationTime), ModifiedAt: timeText(in.LastModifiedTime),
	}
	if s := in.Source; s != nil {
		e.Source, e.SourceID, e.SourceType = unsigned(s.SourceUri), unsigned(s.SourceId), aws.ToString(s.SourceType)
	}
	into.Entities = append(into.Entities, e)
}

func contextOf(in *types.ContextSummary, into *lineagePage) {
	e := inventory.LineageEntity{
		Kind: inventory.LineageContext, Name: aws.ToString(in.ContextName), ARN: aws.ToString(in.ContextArn),
		Type: aws.ToString(in.ContextType), CreatedAt: timeText(in.CreationTime), ModifiedAt: timeText(in.LastModifiedTime),
	}
	if s := in.Source; s != nil {
		e.Source, e.SourceID, e.SourceType = unsigned(s.SourceUri), unsigned(s.SourceId), aws.ToString(s.SourceType)
	}
	into.Entities = append(into.Entities, e)
}

func linkOf(in *types.AssociationSummary, into *lineagePage) {
	into.Links = append(into.Links, inventory.LineageLink{
		Source: aws.ToString(in.SourceArn), Destination: aws.ToString(in.DestinationArn),
		Relation: string(in.AssociationType), CreatedAt: timeText(in.CreationTime),
	})
}

// unsigned is a source without what may be secret in it: people track what they
// like, addresses with passwords and signed URLs among it.
func unsigned(source *string) string {
	text, _ := inventory.MaskText(aws.ToString(source))
	return text
}
