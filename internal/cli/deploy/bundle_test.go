package deploy

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	const endpoint = "apiVersion: landfall.dev/v1alpha1\nkind: Endpoint\nmetadata: {name: churn}\nspec: {live: managed}\n"
	cases := map[string]struct {
		text    string
		objects int
		want    string
	}{
		"one":              {text: endpoint, objects: 1},
		"two":              {text: endpoint + "---\n" + endpoint, objects: 2},
		"comments between": {text: "# a comment\n---\n" + endpoint + "---\n# another\n---\n", objects: 1},
		"JSON":             {text: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`, objects: 1},
		"nothing":          {text: "", objects: 0},
		"a list":           {text: "- 1\n", want: "not an object"},
		"a word":           {text: "hello\n", want: "not an object"},
		"not YAML":         {text: "a: [\n", want: "document 1: not YAML"},
		"a doubled key":    {text: "kind: A\nkind: B\n", want: "already set"},
		"no kind":          {text: "apiVersion: v1\nmetadata: {name: a}\n", want: "apiVersion or kind is missing"},
		"no name":          {text: "apiVersion: v1\nkind: ConfigMap\n", want: "metadata.name is missing"},
		"a List":           {text: "apiVersion: v1\nkind: List\nitems: []\n", want: "a List cannot be deployed"},
		"an unknown field": {text: endpoint + "---\n" + strings.Replace(endpoint, "live", "liev", 1), want: `document 2: Endpoint churn: unknown field "spec.liev"`},
		"a wrong type":     {text: strings.Replace(endpoint, "managed", "[1]", 1), want: "Endpoint churn: "},
		"an unknown kind":  {text: strings.Replace(endpoint, "Endpoint", "Endpiont", 1), want: `kind "Endpiont" is unknown`},
		"another version":  {text: strings.Replace(endpoint, "v1alpha1", "v9", 1), want: `apiVersion "landfall.dev/v9" is unknown`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			objects, err := decode([]byte(c.text))
			if c.want == "" {
				if err != nil || len(objects) != c.objects {
					t.Errorf("decode() = %d objects, %v, want %d", len(objects), err, c.objects)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("decode() = %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestDecodeDropsWhatTheServerKeeps(t *testing.T) {
	objects, err := decode([]byte("apiVersion: landfall.dev/v1alpha1\nkind: Endpoint\nmetadata: {name: churn, creationTimestamp: null, uid: x, resourceVersion: '1'}\nspec: {live: a}\nstatus: {live: a}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := text(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := "apiVersion: landfall.dev/v1alpha1\nkind: Endpoint\nmetadata:\n  name: churn\nspec:\n  live: a\n"; got != want {
		t.Errorf("the object is\n%s\nwant\n%s", got, want)
	}
}

// Whatever a file holds, it is refused or read, and what is read can be named.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("apiVersion: landfall.dev/v1alpha1\nkind: Model\nmetadata: {name: a}\nspec: {container: {image: a}}\n"))
	f.Add([]byte("---\n---\n{}\n"))
	f.Add([]byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"a":1}}`))
	f.Add([]byte("apiVersion: v1\nkind: Secret\nmetadata: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := decode(data)
		if err != nil {
			return
		}
		for _, object := range objects {
			if object.GetName() == "" || object.GetKind() == "" {
				t.Errorf("accepted an object without a name or kind: %v", object)
			}
			if _, err := text(object); err != nil {
				t.Errorf("cannot show an accepted object: %v", err)
			}
		}
	})
}
