package standin

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// list answers one List operation over the records of a kind.
func (l listing) list(k *kind, records []*record, params map[string]any, pageSize int, emptyFirst bool) (map[string]any, *apiError) {
	if l.parent != "" && params[l.parent] == nil {
		return nil, missingParameter(l.parent)
	}
	for name, value := range l.defaults {
		if params[name] == nil {
			params[name] = value
		}
	}
	filters, refusal := l.filters(k, params)
	if refusal != nil {
		return nil, refusal
	}
	kept := slices.DeleteFunc(records, func(r *record) bool {
		return slices.ContainsFunc(filters, func(keep func(*record) bool) bool { return !keep(r) })
	})
	l.sort(k, kept, params)
	size := pageSize
	if n, ok := number(params["MaxResults"]); ok {
		size = int(n)
	}
	kept, next, refusal := page(kept, params, operation(l.input), size, emptyFirst)
	if refusal != nil {
		return nil, refusal
	}
	member, element := l.member()
	summaries := make([]map[string]any, len(kept))
	for i, r := range kept {
		summaries[i] = r.project(element)
	}
	answer := map[string]any{member: summaries}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

// project makes a List summary: the fields the summary type shares with
// Describe, and what the file adds.
func (r *record) project(element reflect.Type) map[string]any {
	out := map[string]any{}
	for _, name := range wireFields(element) {
		if value, ok := r.fields[name]; ok {
			out[name] = value
		}
		if value, ok := r.summary[name]; ok {
			out[name] = value
		}
	}
	return out
}

// filters turns request parameters into tests. A parameter without a meaning
// here is refused, because an ignored filter is a wrong answer.
func (l listing) filters(k *kind, params map[string]any) ([]func(*record) bool, *apiError) {
	var out []func(*record) bool
	for name, value := range params {
		switch name {
		case "NextToken", "MaxResults", "SortBy", "SortOrder":
			continue
		}
		if accept, ok := l.accept[name]; ok {
			want, _ := value.(string)
			out = append(out, func(r *record) bool { return accept(r, want) })
			continue
		}
		filter := l.filter(k, name, value)
		if filter == nil {
			return nil, validation(fmt.Sprintf("The stand-in account does not implement the parameter %s of %s.", name, operation(l.input)))
		}
		out = append(out, filter)
	}
	return out, nil
}

func (l listing) filter(k *kind, name string, value any) func(*record) bool {
	text, _ := value.(string)
	if field, ok := l.equals[name]; ok {
		return fieldEquals(field, value)
	}
	if filter := timeFilter(name, value); filter != nil {
		return filter
	}
	switch {
	case name == "StatusEquals" && k.status != "":
		return fieldEquals(k.status, value)
	case strings.HasSuffix(name, "NameContains"):
		return func(r *record) bool { return strings.Contains(r.text(k.name), text) }
	case strings.HasSuffix(name, "NamePrefix"):
		return func(r *record) bool { return strings.HasPrefix(r.text(k.name), text) }
	}
	field := strings.TrimSuffix(name, "Equals")
	if _, known := reflect.TypeOf(k.describe).FieldByName(field); known {
		return fieldEquals(field, value)
	}
	return nil
}

func fieldEquals(field string, value any) func(*record) bool {
	return func(r *record) bool { return r.fields[field] == value }
}

// timeFilter reads CreationTimeAfter and its relatives. AWS does not say
// whether the bounds count; here Before and After exclude them.
func timeFilter(name string, value any) func(*record) bool {
	field, isAfter := strings.CutSuffix(name, "After")
	if !isAfter {
		var isBefore bool
		if field, isBefore = strings.CutSuffix(name, "Before"); !isBefore {
			return nil
		}
	}
	switch field {
	case "Created":
		field = "CreationTime"
	case "CreationTime", "LastModifiedTime":
	default:
		return nil
	}
	bound, _ := number(value)
	return func(r *record) bool {
		at, ok := number(r.fields[field])
		return ok && ((isAfter && at > bound) || (!isAfter && at < bound))
	}
}

// sort orders by the asked field, then by name, so that pages are stable.
func (l listing) sort(k *kind, records []*record, params map[string]any) {
	field := orDefault(l.sortBy, "CreationTime")
	switch by, _ := params["SortBy"].(string); by {
	case "":
	case "Name":
		field = k.name
	case "Status":
		field = k.status
	case "CreationDate", "CreatedAt":
		field = "CreationTime"
	default:
		field = by
	}
	ascending := l.ascending
	if order, ok := params["SortOrder"].(string); ok {
		ascending = order == "Ascending"
	}
	slices.SortStableFunc(records, func(a, b *record) int {
		order := cmp.Or(compareFields(a.fields[field], b.fields[field]), strings.Compare(a.text(k.name), b.text(k.name)))
		if !ascending {
			return -order
		}
		return order
	})
}

func compareFields(a, b any) int {
	if x, ok := number(a); ok {
		y, _ := number(b)
		return cmp.Compare(x, y)
	}
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}

// describe answers one Describe operation.
func (s *Server) describe(k *kind, params map[string]any, now time.Time) (map[string]any, *apiError) {
	id, _ := params[k.name].(string)
	if id == "" {
		return nil, missingParameter(k.name)
	}
	if r := s.store.find(k, id, now); r != nil {
		return r.fields, nil
	}
	return nil, s.notFound(k, id)
}

// notFound is AWS's wording. It is confirmed for endpoints and endpoint
// configurations only.
func (s *Server) notFound(k *kind, id string) *apiError {
	if k.declaresNotFound {
		return &apiError{Status: 400, Code: "ResourceNotFound", Message: "Requested resource not found."}
	}
	arn := id
	if !strings.HasPrefix(id, "arn:") {
		arn = s.account.arn(k, id)
	}
	return validation(fmt.Sprintf("Could not find %s %q.", k.noun, arn))
}
