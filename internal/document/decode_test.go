package document

import (
	"errors"
	"strings"
	"testing"
)

type nested struct {
	Header `json:",inline"`
	Things []struct {
		Name string `json:"name"`
		Size *struct {
			MemoryMiB int `json:"memoryMiB"`
		} `json:"size,omitempty"`
		Labels map[string]inner `json:"labels,omitempty"`
	} `json:"things"`
	Number float64    `json:"number"`
	Text   string     `json:"text"`
	Own    []embedded `json:"own,omitempty"`
}

type embedded struct {
	Settings `json:",inline"`
}

// Settings is what embedded embeds.
type Settings struct {
	Amount string `json:"amount"`
	Count  int    `json:"count"`
}

type inner struct {
	Reason string `json:"reason"`
}

var nestedHeader = Header{APIVersion: "plan.example/v1alpha1", Kind: "Plan"}

const nestedText = "apiVersion: plan.example/v1alpha1\nkind: Plan\n"

func TestDecodeRefuses(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"another kind":            {"apiVersion: inventory.example/v1\nkind: Inventory\n", "it is an Inventory (inventory.example/v1), not a Plan"},
		"another kind, cut off":   {"apiVersion: inventory.example/v1\nkind: Inventory\na: [\"", "it is an Inventory (inventory.example/v1), not a Plan"},
		"another version":         {"apiVersion: plan.example/v1\nkind: Plan\n", "it is a Plan of version v1, and this program reads v1alpha1"},
		"no header":               {"zeta: x\n", "it does not say what it is: every Plan has apiVersion plan.example/v1alpha1 and kind Plan"},
		"a header of other types": {"apiVersion: 1\nkind: [a]\n", "it does not say what it is"},
		"nothing":                 {"", "it is empty"},
		"only comments":           {"# a\n---\n# b\n", "it is empty"},
		"a text":                  {"hello\n", "it is no YAML document with fields"},
		"a list":                  {"- a\n", "it is no YAML document with fields"},
		"not YAML":                {"\t{", "it is not YAML: found character that cannot start any token"},
		"not text":                {"\x7fELF\x00\x01", "it is not text"},
		"an unknown field":        {nestedText + "thngs: []\n", `line 3: unknown field "thngs"; did you mean things?`},
		"one deep inside":         {nestedText + "things:\n- name: a\n- name: b\n  size:\n    memorMiB: 3\n", `line 7: unknown field "things[1].size.memorMiB"; did you mean memoryMiB?`},
		"one in a map":            {nestedText + "things:\n- labels: {x: {raeson: y}}\n", `unknown field "things[0].labels.x.raeson"; did you mean reason?`},
		"like nothing else":       {nestedText + "unheardOf: 3\n", `line 3: unknown field "unheardOf"`},
		"two unknown fields":      {nestedText + "unheardOf: 3\nnmber: 4\n", "line 4: unknown field \"nmber\"; did you mean number?"},
		"a doubled field":         {nestedText + "number: 3\nnumber: 4\n", `line 4: the field "number" stands there twice`},
		"a wrong type":            {nestedText + "number: many\n", "line 3: number is string; want a number"},
		"one in an embedded part": {nestedText + "number: 3\nown:\n- count: many\n", "line 5: own.count is string; want a whole number"},
		"a list for a text":       {nestedText + "text: [a]\n", "text is array; want a text"},
		"cut off":                 {nestedText + "text: \"abc", "found unexpected end of stream; was the file cut off?"},
		"a second document":       {nestedText + "number: 3\n---\n" + nestedText, "line 4: a second document begins here; want one a file"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got nested
			err := Decode([]byte(tc.text), nestedHeader, &got)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestDecodeTakes(t *testing.T) {
	for name, text := range map[string]string{
		"a beginning of a document": "---\n" + nestedText + "text: a\n",
		"a comment before it":       "# mine\n---\n" + nestedText + "text: a\n",
		"an end":                    nestedText + "text: a\n---\n",
		"dashes in a text":          nestedText + "text: |-\n  a\nnumber: 3\nthings:\n- name: |\n    x\n    ---\n    y\n",
		"Windows line ends":         strings.ReplaceAll(nestedText, "\n", "\r\n") + "text: a\r\n",
		"a number for a text":       nestedText + "text: a\nthings: [{name: 12}]\n",
	} {
		var got nested
		if err := Decode([]byte(text), nestedHeader, &got); err != nil || got.Text != "a" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestANumberForATextInAnEmbeddedPart(t *testing.T) {
	var got nested
	if err := Decode([]byte(nestedText+"text: a\nown: [{amount: 2, count: 3}, {amount: 0.10}, {amount: 500m}]\n"), nestedHeader, &got); err != nil {
		t.Fatal(err)
	}
	var amounts []string
	for _, o := range got.Own {
		amounts = append(amounts, o.Amount)
	}
	if text := strings.Join(amounts, " "); text != "2 0.10 500m" || got.Own[0].Count != 3 || got.Text != "a" {
		t.Errorf("read %+v", got)
	}
	for _, text := range []string{"own: [{amount: 2, cuont: 3}]\n", "own: [{amount: 2, count: x}]\n"} {
		if err := Decode([]byte(nestedText+text), nestedHeader, &got); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func TestAnErrorKeepsItsKind(t *testing.T) {
	var got nested
	var wrong *KindError
	err := Decode([]byte("apiVersion: plan.example/v2\nkind: Plan\n"), nestedHeader, &got)
	if !errors.As(err, &wrong) || !wrong.OtherVersion() {
		t.Errorf("%v is not one of another version", err)
	}
	err = Decode([]byte("apiVersion: v1\nkind: Pod\n"), nestedHeader, &got)
	if !errors.As(err, &wrong) || wrong.OtherVersion() || wrong.Got.Kind != "Pod" {
		t.Errorf("%v is not one of another kind", err)
	}
	if err := Decode(nil, nestedHeader, &got); !errors.Is(err, ErrEmpty) {
		t.Errorf("%v is not that of an empty file", err)
	}
}

// FuzzDecode reads whatever people give; nothing may end the program.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		nestedText + "thngs: []\n", nestedText + "things: [{labels: {a.b: {raeson: 1}}}]\n", "a: &a [*a]\n", nestedText + "things: {0: {x: y}}\n",
		"\n---\n", nestedText + "<<: {q: 1}\n", nestedText + "\"\": 1\n", nestedText + "\"[.]\": 1\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got nested
		if err := Decode(data, nestedHeader, &got); err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Errorf("an error without words of %q", data)
		}
	})
}
