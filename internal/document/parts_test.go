package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	yamlv3 "go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// long is a document with lists of any length.
type long struct {
	Header `json:",inline"`
	Before string            `json:"before,omitempty"`
	Things []thing           `json:"things"`
	Middle map[string]string `json:"middle,omitempty"`
	Others []thing           `json:"others,omitempty"`
	After  int               `json:"after"`
}

type thing struct {
	Name  string          `json:"name"`
	Inner []string        `json:"inner,omitempty"`
	Spec  json.RawMessage `json:"spec,omitempty"`
}

// whole encodes without cutting anything, and leaves the quoting of texts to
// the encoder of Go values.
func whole(t *rapid.T, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := treeOf(text)
	if err != nil {
		t.Fatal(err)
	}
	headerFirst(tree)
	var out bytes.Buffer
	if err := writeTree(&out, tree); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestALongDocumentIsWrittenAsAShortOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		things := func(label string) []thing {
			var list []thing
			for i := range rapid.SampledFrom([]int{0, 1, partLength, partLength + 1, 3*partLength - 1}).Draw(t, label) {
				list = append(list, thing{
					Name: fmt.Sprintf("%d: %s", i, rapid.String().Draw(t, "name")), Inner: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "inner"),
					Spec: json.RawMessage(`{"B":{"A":[1,{"x":"y: z"}]},"C":[]}`),
				})
			}
			return list
		}
		value := long{
			Header: Header{"v", "k"}, Before: rapid.String().Draw(t, "before"), Things: things("things"),
			Middle: rapid.MapOfN(rapid.String(), rapid.String(), 0, 2).Draw(t, "middle"), Others: things("others"), After: 3,
		}
		got, err := Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		if want := whole(t, value); !bytes.Equal(want, got) {
			t.Fatalf("written in parts:\n%s\nwritten as a whole:\n%s", got, want)
		}
	})
}

// TestTextsAreQuotedAsTheEncoderOfValuesDoes holds the quick way of quoting
// against the slow one.
func TestTextsAreQuotedAsTheEncoderOfValuesDoes(t *testing.T) {
	awkward := rapid.SampledFrom([]string{
		"", "y", "No", "on", "OFF", "true", "null", "~", "1:30", "190:20:30.15", "12:aa", "0x1f", "1e3", ".inf", "2026-11-20",
		"2026-11-20T12:00:00Z", "a: b", "- a", "a #b", "'a'", "@a", "123456789012", "=", "!x", "&x", "*x", " a", "a ", "{a}", "[",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(awkward, rapid.String(), rapid.StringMatching(`[-+0-9:._ynoYNO ]{0,6}`)).Draw(t, "text")
		node, err := scalar(text)
		if err != nil || node.Style == yamlv3.DoubleQuotedStyle && !readsOtherwise(text) {
			return // written in quotes on purpose
		}
		var slow yamlv3.Node
		if err := slow.Encode(text); err != nil {
			t.Fatal(err)
		}
		var quick, want bytes.Buffer
		if err := writeTree(&quick, node); err != nil {
			t.Fatal(err)
		}
		if err := writeTree(&want, &slow); err != nil {
			t.Fatal(err)
		}
		if quick.String() != want.String() {
			t.Fatalf("%q is written as %s, not as %s", text, quick.String(), want.String())
		}
	})
}

func TestAHeaderOfAnotherFormIsReadToo(t *testing.T) {
	for name, text := range map[string]string{
		"ours":    "apiVersion: v\nkind: k\nafter: 3\nthings: []\n",
		"quoted":  "\"apiVersion\": \"v\"\nkind: 'k'\nafter: 3\nthings: []\n",
		"last":    "after: 3\nthings: []\nkind: k\napiVersion: v\n",
		"as JSON": `{"apiVersion":"v","kind":"k","after":3,"things":[]}`,
	} {
		var got long
		if err := Decode([]byte(text), Header{"v", "k"}, &got); err != nil || got.After != 3 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
