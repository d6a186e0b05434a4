package document

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type sample struct {
	Header `json:",inline"`
	Zeta   string            `json:"zeta"`
	Alpha  string            `json:"alpha"`
	Number float64           `json:"number"`
	Map    map[string]string `json:"map,omitempty"`
	List   []string          `json:"list,omitempty"`
}

var sampleHeader = Header{APIVersion: "v1", Kind: "Sample"}

func TestEncodeKeepsTheOrderOfFields(t *testing.T) {
	got, err := Encode(sample{
		Header: sampleHeader, Zeta: "yes", Alpha: "012", Number: 0.1, Map: map[string]string{"b": "1", "a": "x: y"}, List: []string{"", "-"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: v1
kind: Sample
zeta: "yes"
alpha: "012"
number: 0.1
map:
  a: 'x: y'
  b: "1"
list:
  - ""
  - '-'
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("YAML (-want +got):\n%s", diff)
	}
}

func TestLongListsOfNumbersStandOnOneLine(t *testing.T) {
	type profile struct {
		Header `json:",inline"`
		Hours  []float64 `json:"hours"`
		Days   []int     `json:"days"`
		Names  []string  `json:"names"`
	}
	value := profile{Header: sampleHeader, Hours: make([]float64, 168), Days: []int{1, 2}, Names: slices.Repeat([]string{"1"}, 30)}
	value.Hours[0] = 0.5
	got, err := Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(got), "\n")
	if !strings.Contains(string(got), "hours: [0.5, 0, 0, ") || lines != 3+1+2+1+30 {
		t.Errorf("%d lines:\n%s", lines, got)
	}
	var again profile
	if err := Decode(got, sampleHeader, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, again); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEncodeAwkwardTexts(t *testing.T) {
	for _, text := range []string{"\t\n", "\n", "a\n\tb\n", "\x7f", "\u2028", "\ufeff", "é", "yes", "~", "1e3", "0o7", "a: b", "#", "x ", "<<", "\x00"} {
		data, err := Encode(sample{Header: sampleHeader, Zeta: text, Map: map[string]string{text: "x"}})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got sample
		if err := Decode(data, sampleHeader, &got); err != nil || got.Zeta != text || got.Map[text] != "x" {
			t.Errorf("%q became %q (%v):\n%s", text, got.Zeta, err, data)
		}
	}
}

func TestEncodeThenDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		want := sample{
			Header: sampleHeader, Zeta: text.Draw(t, "zeta"), Alpha: text.Draw(t, "alpha"),
			Number: rapid.Float64().Draw(t, "number"),
			Map:    rapid.MapOfN(text, text, 1, 5).Draw(t, "map"), List: rapid.SliceOfN(text, 1, 5).Draw(t, "list"),
		}
		data, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		var got sample
		if err := Decode(data, sampleHeader, &got); err != nil {
			t.Fatalf("%v:\n%s", err, data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s\n%s", diff, data)
		}
	})
}
