package sagemaker

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"landfall.dev/landfall/internal/inventory"
)

// thing is a resource as far as it has been read.
type thing struct {
	line line
	// listed says that a list named it, and not only another resource.
	listed bool
	// wanted says that its description was asked for; read is closed when the
	// asking has ended.
	wanted bool
	read   chan struct{}
	// gone says that AWS no longer has it; unread why it could not be read.
	gone   bool
	unread string
	// is is its description, once it was read.
	is *description
}

// description is what the inventory keeps of a description. It goes to the
// journal and holds nothing secret.
type description struct {
	Line    line           `json:"line"`
	Spec    inventory.Spec `json:"spec"`
	Masked  []string       `json:"masked,omitempty"`
	Ignored []string       `json:"ignored,omitempty"`
	// Gone says that AWS has no such resource.
	Gone bool `json:"gone,omitempty"`
}

// findings are all resources of a scan. They may be used from several
// goroutines.
type findings struct {
	mu     sync.Mutex
	things map[inventory.ResourceKind]map[string]*thing
}

func newFindings() *findings {
	return &findings{things: map[inventory.ResourceKind]map[string]*thing{}}
}

// add notes a resource. It is false for one that a list named before.
func (f *findings) add(kind inventory.ResourceKind, l line) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.at(kind, l.id())
	if t.listed {
		return false
	}
	t.line, t.listed = l, true
	return true
}

// at returns the resource of that id; the lock is held.
func (f *findings) at(kind inventory.ResourceKind, id string) *thing {
	of := f.things[kind]
	if of == nil {
		of = map[string]*thing{}
		f.things[kind] = of
	}
	if of[id] == nil {
		of[id] = &thing{}
	}
	return of[id]
}

// want notes that a description is asked for. first is false when it was asked
// for before.
func (f *findings) want(kind inventory.ResourceKind, l line) (t *thing, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t = f.at(kind, l.id())
	if t.wanted {
		return t, false
	}
	if !t.listed {
		t.line = l
	}
	t.wanted, t.read = true, make(chan struct{})
	return t, true
}

// get returns the resource of that id, or nil.
func (f *findings) get(kind inventory.ResourceKind, id string) *thing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.things[kind][id]
}

// all returns the resources of a kind in the order of their ids.
func (f *findings) all(kind inventory.ResourceKind) []*thing {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := f.things[kind]
	list := make([]*thing, 0, len(of))
	for _, id := range slices.Sorted(maps.Keys(of)) {
		list = append(list, of[id])
	}
	return list
}

// resources returns all resources but endpoints, sorted.
func (f *findings) resources(place inventory.Place) []inventory.Resource {
	var list []inventory.Resource
	for i := range table {
		kind := table[i].ResourceKind
		if kind == inventory.KindEndpoint {
			continue
		}
		for _, t := range f.all(kind) {
			if t.gone || !t.listed && t.is == nil && t.unread == "" {
				continue
			}
			r := t.resource(kind)
			r.Place = place
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b inventory.Resource) int {
		return strings.Compare(string(a.Kind)+"/"+a.Name, string(b.Kind)+"/"+b.Name)
	})
	return list
}

func (t *thing) resource(kind inventory.ResourceKind) inventory.Resource {
	if t.is == nil {
		r := t.line.resource(kind)
		if t.unread != "" {
			r.Detail, r.Unread = inventory.DetailUnread, t.unread
		}
		return r
	}
	r := t.is.Line.resource(kind)
	if r.Parent == "" {
		r.Parent = t.line.Parent
	}
	r.Detail, r.Spec, r.Masked, r.Ignored = inventory.Described, t.is.Spec, t.is.Masked, t.is.Ignored
	return r
}
