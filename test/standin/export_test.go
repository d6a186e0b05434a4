package standin

import (
	"reflect"
	"time"
)

// KindForTest shows tests outside the package a row of the table of kinds.
type KindForTest struct {
	Key, Name, Param, ARN, Wrap string
	// Describes are the names of the Describe operations, the first the one
	// that gives everything.
	Describes        []string
	Within           []string
	Lists            []ListForTest
	DeclaresNotFound bool
	Has              func(field string) bool
}

// ListForTest shows a List operation.
type ListForTest struct {
	Name, Member, ParentKind string
	Parents                  []string
	Equals                   map[string]string
	MaxResults               int
}

// KindsForTest gives all rows.
func KindsForTest() []KindForTest {
	out := make([]KindForTest, len(kinds))
	for i, k := range kinds {
		out[i] = KindForTest{
			Key: k.key, Name: k.name, Param: k.nameParam(), ARN: k.arn, Wrap: k.wrap, Within: k.within,
			DeclaresNotFound: k.declaresNotFound, Has: k.hasField,
		}
		if k.input != nil {
			out[i].Describes = append(out[i].Describes, operation(k.input))
		}
		for _, d := range k.also {
			out[i].Describes = append(out[i].Describes, operation(d.input))
		}
		for _, l := range k.lists {
			member, _ := l.member()
			out[i].Lists = append(out[i].Lists, ListForTest{
				Name: operation(l.input), Member: member, ParentKind: l.parentKind, Parents: l.parents, Equals: l.equals, MaxResults: l.maxResults,
			})
		}
	}
	return out
}

// DecodeForTest decodes a request of an operation of the control API.
func DecodeForTest(operation string, body []byte) (map[string]any, error) {
	input := controlOperations[operation].input
	if input == nil {
		input = reflect.TypeFor[struct{}]()
	}
	params, refusal := decodeJSON11(body, input, false)
	if refusal != nil {
		return nil, refusal
	}
	return params, nil
}

// PercentilesForTest reads one percentile.
func PercentilesForTest(l Percentiles, rank float64) float64 { return l.latency(rank) }

// ExpireSessionsForTest ends every assumed role's session at a time.
func ExpireSessionsForTest(s *Server, at time.Time) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	for id, held := range s.keys.keys {
		if !held.expires.IsZero() {
			held.expires = at
			s.keys.keys[id] = held
		}
	}
}
