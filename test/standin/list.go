package standin

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// list answers one List operation over the records of a kind.
func (l listing) list(k *kind, records []*record, params map[string]any, p pager) (map[string]any, *apiError) {
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
	if l.newest {
		kept = newestOnly(k, kept)
	}
	l.sort(k, kept, params)
	if n, ok := number(params["MaxResults"]); ok {
		p.size = int(n)
	}
	kept, next, refusal := page(kept, params, operation(l.input), p)
	if refusal != nil {
		return nil, refusal
	}
	member, element := l.member()
	summaries := make([]map[string]any, len(kept))
	for i, r := range kept {
		summaries[i] = l.project(r, element)
	}
	answer := map[string]any{member: summaries}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

// newestOnly keeps the last of the records that differ in their version only.
func newestOnly(k *kind, records []*record) []*record {
	last := map[string]*record{}
	key := func(r *record) string {
		id := []string{r.text(k.name)}
		for _, param := range k.within {
			id = append(id, r.text(param))
		}
		return strings.Join(id, "\x00")
	}
	for _, r := range records {
		last[key(r)] = r
	}
	return slices.DeleteFunc(records, func(r *record) bool { return last[key(r)] != r })
}

// project makes a List summary: the fields the summary type shares with
// Describe, and what the file adds.
func (l listing) project(r *record, element reflect.Type) map[string]any {
	out := r.project(element)
	for field, path := range l.from {
		if value := r.value(path); value != nil {
			setPath(out, field, value)
		}
	}
	for name, value := range r.summary {
		out[name] = value
	}
	return out
}

// project keeps the fields of the description that an SDK type has. A field
// of the same name and another form, such as a list, stays out.
func (r *record) project(to reflect.Type) map[string]any {
	out := map[string]any{}
	from := reflect.TypeOf(r.kind.describe)
	for _, name := range wireFields(to) {
		value, ok := r.fields[name]
		if !ok {
			continue
		}
		a, _ := to.FieldByName(name)
		if b, known := from.FieldByName(name); known && plainKind(a.Type) == plainKind(b.Type) {
			out[name] = value
		}
	}
	return out
}

// plainKind is the kind of a value on the wire, where pointers do not show.
func plainKind(t reflect.Type) reflect.Kind {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind()
}

func setPath(fields map[string]any, path string, value any) {
	first, rest, deep := strings.Cut(path, ".")
	if !deep {
		fields[first] = value
		return
	}
	inner, ok := fields[first].(map[string]any)
	if !ok {
		inner = map[string]any{}
		fields[first] = inner
	}
	setPath(inner, rest, value)
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
	if slices.Contains(l.parents, name) {
		return fieldEquals(name, value)
	}
	if filter := timeFilter(k, name, value); filter != nil {
		return filter
	}
	if name == "StatusEquals" && k.status != "" {
		return fieldEquals(k.status, value)
	}
	if field, ok := strings.CutSuffix(name, "Contains"); ok {
		if field == "Name" {
			field = k.name
		}
		if field == k.name || k.hasField(field) {
			return func(r *record) bool { return strings.Contains(r.text(field), text) }
		}
		return nil
	}
	if strings.HasSuffix(name, "NamePrefix") {
		return func(r *record) bool { return strings.HasPrefix(r.text(k.name), text) }
	}
	field := strings.TrimSuffix(name, "Equals")
	if k.hasField(field) {
		return fieldEquals(field, value)
	}
	return nil
}

func fieldEquals(field string, value any) func(*record) bool {
	return func(r *record) bool {
		held := r.value(field)
		if text, ok := value.(string); ok && held == nil {
			return r.text(field) == text
		}
		return held == value
	}
}

// timeFilter reads CreationTimeAfter and its relatives. AWS does not say
// whether the bounds count; here Before and After exclude them.
func timeFilter(k *kind, name string, value any) func(*record) bool {
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
	case "ModifiedTime":
		field = "LastModifiedTime"
	}
	if !k.hasField(field) {
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
	by, _ := params["SortBy"].(string)
	field := l.sortField(k, by)
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

// sortField is the field that a value of SortBy means. Device fleets and edge
// jobs write theirs as CREATION_TIME.
func (l listing) sortField(k *kind, by string) string {
	switch by {
	case "":
		return orDefault(l.sortBy, "CreationTime")
	case "Name", "NAME":
		return k.name
	case "Status", "STATUS":
		return orDefault(k.status, "CreationTime")
	case "CreationDate", "CreatedAt", "CREATION_TIME":
		return "CreationTime"
	case "LAST_MODIFIED_TIME":
		return "LastModifiedTime"
	}
	return by
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
