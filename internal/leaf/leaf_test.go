package leaf

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	Text  *string
	Count int32
	Tags  map[string]string
}

type answer struct {
	Name           *string
	Items          []inner
	Nested         *inner
	At             *time.Time
	Plain          []string
	ResultMetadata int
	hidden         string
}

func TestIgnored(t *testing.T) {
	text, at := "x", time.Unix(1, 0)
	full := answer{
		Name: &text, At: &at, Plain: []string{"a", "b"}, ResultMetadata: 1, hidden: "x",
		Items: []inner{{Text: &text}, {Count: 1, Tags: map[string]string{"a": "b"}}}, Nested: &inner{},
	}
	cases := map[string]struct {
		answer any
		places string
		want   []string
	}{
		"nothing set": {&answer{}, "", nil},
		"all mapped":  {full, "Name At Plain[] Items[].Text\nItems[].Count\tItems[].Tags", nil},
		"none mapped": {&full, "", []string{
			"it: At", "it: Items[].Count", "it: Items[].Tags", "it: Items[].Text", "it: Name", "it: Plain[]",
		}},
		"empty map": {answer{Nested: &inner{Tags: map[string]string{}}}, "", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Ignored("it", tc.answer, Places(tc.places))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
