package standin

import (
	"slices"
	"sync"
	"time"
)

// store holds the resources of one account in one region.
type store struct {
	mu     sync.RWMutex
	byKind map[*kind][]*record
	// byName and byARN hold places in byKind.
	byName map[*kind]map[string][]int
	byARN  map[string]place
}

type place struct {
	kind  *kind
	index int
}

func newStore(a *Account) *store {
	s := &store{byKind: map[*kind][]*record{}, byName: map[*kind]map[string][]int{}, byARN: map[string]place{}}
	for _, k := range kinds {
		s.byName[k] = map[string][]int{}
		for i := range a.Resources[k.key] {
			s.add(k, a.Resources[k.key][i].record(k))
		}
	}
	return s
}

func (s *store) add(k *kind, r *record) {
	index := len(s.byKind[k])
	s.byKind[k] = append(s.byKind[k], r)
	name, arn := r.text(k.name), ""
	if k.arn != "" {
		arn = r.text(k.arn)
		s.byARN[arn] = place{k, index}
	}
	for _, id := range slices.Compact([]string{name, arn}) {
		if id != "" {
			s.byName[k][id] = append(s.byName[k][id], index)
		}
	}
}

// record makes the served form of a resource of the file.
func (r *Resource) record(k *kind) *record {
	out := &record{kind: k, fields: r.Describe, summary: r.Summary, of: r.Of, tags: r.Tags, backends: r.Backends}
	if r.BackendURL != "" {
		out.backends = map[string]string{"": r.BackendURL}
	}
	return out
}

// all gives the records of a kind in the file's order, with updates that are
// due by now carried out.
func (s *store) all(k *kind, now time.Time) []*record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k == kindEndpoint { // nothing else changes
		for i := range s.byKind[k] {
			s.settle(k, i, now)
		}
	}
	return slices.Clone(s.byKind[k])
}

// settle carries out an update that is due; the lock must be held.
func (s *store) settle(k *kind, i int, now time.Time) *record {
	r := s.byKind[k][i]
	if r.pending == nil || now.Before(r.due) {
		return r
	}
	done := *r
	done.fields, done.pending = r.pending, nil
	s.byKind[k][i] = &done
	return &done
}

// match finds the resources that bear a name or ARN, in the file's order.
func (s *store) match(k *kind, id string, now time.Time) []*record {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*record, 0, 1)
	for _, i := range s.byName[k][id] {
		out = append(out, s.settle(k, i, now))
	}
	return out
}

// find is match where a name is enough to tell resources apart.
func (s *store) find(k *kind, id string, now time.Time) *record {
	if found := s.match(k, id, now); len(found) > 0 {
		return found[0]
	}
	return nil
}

// findARN looks through all kinds.
func (s *store) findARN(arn string, now time.Time) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.byARN[arn]
	if !ok {
		return nil
	}
	return s.settle(at.kind, at.index, now)
}

// replace puts next in the place of old; false when old has been replaced
// meanwhile. Both bear the same name.
func (s *store) replace(old, next *record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.byName[old.kind][old.text(old.kind.name)] {
		if s.byKind[old.kind][i] == old {
			s.byKind[old.kind][i] = next
			return true
		}
	}
	return false
}
