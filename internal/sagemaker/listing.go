package sagemaker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/membership"
)

// listing is one list under way, with one parent and one value.
type listing struct {
	*scan
	kind   *kind
	asked  question
	parent string
	// key tells it from the kind's other lists.
	key string
	// round counts how often the list was begun.
	round int
	// newest are the runs that are described. The pages of a list come one
	// after the other, so nothing else touches it.
	newest newest
}

// lines are what one page tells.
type lines struct {
	Lines []line `json:"lines,omitempty"`
	Next  string `json:"next,omitempty"`
}

// listAll has a kind listed: the whole account, or what belongs to a parent.
func (s *scan) listAll(k *kind, parent string, input map[string]string) {
	values := k.list.each
	if len(values) == 0 {
		values = []string{""}
	}
	for _, value := range values {
		l := &listing{
			scan: s, kind: k, parent: parent, asked: question{parent: input, value: value, scan: &s.ScanOptions},
			newest: newest{}, key: strings.Join(append(slices.Sorted(maps.Values(input)), value), "|"),
		}
		s.lanes.add(k.list.operation, func(ctx context.Context) error { return l.next(ctx, 0, "") }, s.track(k))
	}
}

// next reads a page and has the one behind it read.
func (l *listing) next(ctx context.Context, number int, token string) error {
	call := fmt.Sprintf("%s|%s|%d|%d", l.kind.list.operation, l.key, l.round, number)
	read, err := remember(l.scan, call, func() (lines, error) {
		p, err := l.kind.list.page(ctx, l.api, l.asked, token)
		if err != nil {
			return lines{}, err
		}
		return l.linesOf(p), nil
	})
	switch {
	case err == nil:
	case tokenExpired(err) && token != "" && l.round < maxRounds:
		l.round++
		return l.next(ctx, 0, "")
	case notOffered(err) || l.parent != "" && awsfailure.Gone(err):
		return nil // what it is about may have been deleted meanwhile
	default:
		return l.failed(ctx, l.kind.list.operation, l.parent, err)
	}
	for _, found := range read.Lines {
		l.accept(found)
	}
	if read.Next == "" {
		l.end()
		return nil
	}
	l.lanes.add(l.kind.list.operation, func(ctx context.Context) error { return l.next(ctx, number+1, read.Next) }, l.track(l.kind))
	return nil
}

// maxRounds bounds how often a list is begun again.
const maxRounds = 3

func (l *listing) linesOf(p page) lines {
	read := lines{Next: p.next}
	for i := range p.items.Len() {
		read.Lines = append(read.Lines, l.kind.line(reflect.Indirect(p.items.Index(i)), l.parent))
	}
	return read
}

// tokenExpired recognises that AWS does not know a page's token any more. There
// is no code for it.
func tokenExpired(err error) bool {
	code, message := awsfailure.Code(err)
	return code == "InvalidNextToken" || code == "InvalidPaginationTokenException" || code == "ExpiredNextTokenException" ||
		code == "ValidationException" && strings.Contains(strings.ToLower(strings.ReplaceAll(message, " ", "")), "token")
}

// notOffered recognises an operation that AWS does not have in this region:
// there is nothing to list, and nothing that a permission would change.
func notOffered(err error) bool {
	code, _ := awsfailure.Code(err)
	return code == "UnknownOperationException" || code == "UnknownOperation"
}

// accept takes a resource into the findings, once, and has described and listed
// what hangs on it.
func (l *listing) accept(found line) {
	if !l.selects(l.kind, found) {
		return
	}
	newest := l.kind.policy == newestOfFamily && l.newest.take(familyOf(l.kind, found), found, l.RunsPerWorkload)
	if !l.found.add(l.kind.ResourceKind, found) {
		return
	}
	for _, child := range childrenOf(l.kind.ResourceKind) {
		l.listAll(child, found.Name, found.Input)
	}
	if newest || l.kind.policy == describeAll {
		l.describe(l.kind, found)
	}
}

// selects applies the pattern that the scan was restricted to.
func (s *scan) selects(k *kind, l line) bool {
	switch k.ResourceKind {
	case inventory.KindEndpoint:
		return inventory.MatchesName(s.EndpointName, l.Name)
	case inventory.KindInferenceComponent:
		return inventory.MatchesName(s.EndpointName, l.Parent)
	default:
		return true
	}
}

// end has those of the newest runs described that came late: lists come newest
// first, but AWS does not promise it for all.
func (l *listing) end() {
	for _, runs := range l.newest {
		for _, run := range runs {
			l.describe(l.kind, run)
		}
	}
}

// newest are the newest runs of each family.
type newest map[string][]line

// take keeps a run if it is among the newest so far, and says whether it is.
func (n newest) take(family string, run line, most int) bool {
	runs := append(slices.Clone(n[family]), run)
	slices.SortStableFunc(runs, func(a, b line) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	n[family] = runs[:min(len(runs), most)]
	return slices.ContainsFunc(n[family], func(kept line) bool { return kept.id() == run.id() })
}

func familyOf(k *kind, l line) string {
	if k.family != nil {
		return k.family(l)
	}
	return membership.Family(l.Name)
}
