package inventory

import (
	"cmp"
	"slices"
)

// sorted returns the document with every list in its order. Lists whose order
// means something (containers, steps) keep it.
func sorted(d Document) Document {
	d.Accounts = sortedBy(d.Accounts, func(a Account) string { return a.Place().String() })
	d.Workloads = sortedBy(d.Workloads, func(w Workload) string { return w.Full() })
	d.Endpoints = sortedBy(d.Endpoints, func(e Endpoint) string { return e.String() + "/" + e.Name })
	if d.Endpoints == nil {
		d.Endpoints = []Endpoint{}
	}
	for i := range d.Endpoints {
		sortEndpoint(&d.Endpoints[i])
	}
	d.Resources = sortedBy(d.Resources, func(r Resource) string {
		return r.String() + "/" + string(r.Kind) + "/" + r.Name + "\x00" + r.Parent + "\x00" + r.ARN
	})
	d.Lineage = sortedBy(d.Lineage, func(l Lineage) string { return l.String() })
	for i := range d.Lineage {
		sortLineage(&d.Lineage[i])
	}
	d.Alarms = sortedBy(d.Alarms, func(a Alarm) string { return a.String() + "/" + a.Name })
	d.LogGroups = sortedBy(d.LogGroups, func(g LogGroup) string { return g.String() + "/" + g.Name })
	d.Callers = sortedBy(d.Callers, func(c Caller) string {
		return c.String() + "/" + c.Endpoint + "/" + c.Principal + "/" + string(c.Source) + "/" + c.Through
	})
	d.CallerCoverage = sortedBy(d.CallerCoverage, func(c CallerCoverage) string { return c.String() })
	d.Unread = sortedBy(d.Unread, func(u Unread) string { return u.Operation + "/" + u.Code + "/" + u.String() })
	for i := range d.Unread {
		d.Unread[i].Resources = sortedText(d.Unread[i].Resources)
	}
	return d
}

func sortEndpoint(e *Endpoint) {
	byName := func(v Variant) string { return v.Name }
	e.Variants = sortedBy(e.Variants, byName)
	e.ShadowVariants = sortedBy(e.ShadowVariants, byName)
	e.Components = sortedBy(e.Components, func(c Component) string { return c.Name })
	e.Models = sortedBy(e.Models, func(m Model) string { return m.Name })
	e.Tags = sortedBy(e.Tags, func(t Tag) string { return t.Key })
	e.Ignored = sortedText(e.Ignored)
	e.Scaling = sortedBy(e.Scaling, func(s Scaling) string { return s.Resource + "/" + s.Dimension })
	for i := range e.Scaling {
		s := &e.Scaling[i]
		s.Suspended = sortedText(s.Suspended)
		s.Policies = sortedBy(s.Policies, func(p Policy) string { return p.Name })
		s.ScheduledActions = sortedBy(s.ScheduledActions, func(a ScheduledAction) string { return a.Name })
	}
}

func sortLineage(l *Lineage) {
	l.Cut, l.Ignored = sortedText(l.Cut), sortedText(l.Ignored)
	l.Entities = sortedBy(l.Entities, func(e LineageEntity) string { return string(e.Kind) + "/" + e.ARN })
	l.Links = sortedBy(l.Links, func(k LineageLink) string { return k.Destination + " " + k.Source + " " + k.Relation })
}

// sortedBy returns a sorted copy; nil stays nil.
func sortedBy[T any](list []T, key func(T) string) []T {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

// sortedText returns a sorted copy without repetitions; nil stays nil.
func sortedText(list []string) []string {
	return slices.Compact(sortedBy(list, func(text string) string { return text }))
}
