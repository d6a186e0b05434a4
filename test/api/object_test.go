package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/test/apiserver"
)

const namespace = "default"

// tree is an object as JSON knows it: what a user may send, valid or not.
type tree = map[string]any

// connect returns a client of the package's API server.
func connect(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(apiserver.Start(t), client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatalf("cannot make a client: %v", err)
	}
	return c
}

// parse reads a manifest.
func parse(t testing.TB, manifest string) tree {
	t.Helper()
	object := tree{}
	if err := yaml.UnmarshalStrict([]byte(manifest), &object); err != nil {
		t.Fatalf("cannot parse the test's own manifest: %v", err)
	}
	return jsonCopy(t, object)
}

// jsonCopy copies deeply, with numbers as unstructured objects want them.
func jsonCopy(t testing.TB, object tree) tree {
	t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	copied := tree{}
	if err := utiljson.Unmarshal(data, &copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

var indexed = regexp.MustCompile(`^(.*)\[(\d+)\]$`)

// set writes a value at a path such as spec.variants[0].name; nil removes it.
func set(t testing.TB, object tree, path string, value any) {
	t.Helper()
	parts := strings.Split(path, ".")
	current := object
	for i, part := range parts {
		key, index := part, -1
		if m := indexed.FindStringSubmatch(part); m != nil {
			key = m[1]
			fmt.Sscanf(m[2], "%d", &index)
		}
		last := i == len(parts)-1
		switch {
		case last && index >= 0:
			current[key].([]any)[index] = value
		case last && value == nil:
			delete(current, key)
		case last:
			current[key] = value
		case index >= 0:
			current = current[key].([]any)[index].(tree)
		default:
			next, ok := current[key].(tree)
			if !ok {
				next = tree{}
				current[key] = next
			}
			current = next
		}
	}
}

// edit is one change to an object: a path, and the value to write there.
type edit struct {
	path  string
	value any
}

func edited(t testing.TB, object tree, edits []edit) *unstructured.Unstructured {
	t.Helper()
	result := jsonCopy(t, object)
	for _, e := range edits {
		set(t, result, e.path, e.value)
	}
	return &unstructured.Unstructured{Object: jsonCopy(t, result)}
}

// refusal is a field and the message that the API server must refuse it with;
// the zero value is acceptance.
type refusal struct {
	field   string
	message string
}

// checkRefusal compares the API server's answer with what was expected.
func checkRefusal(t *testing.T, reason string, want refusal, err error) {
	t.Helper()
	if want == (refusal{}) {
		if err != nil {
			t.Errorf("%s\nthe API server refused it: %v", reason, err)
		}
		return
	}
	if err == nil {
		t.Errorf("%s\nthe API server accepted it, want a refusal of %s: %s", reason, want.field, want.message)
		return
	}
	for _, cause := range causes(err) {
		// The API server calls the object itself <nil>.
		field := strings.TrimPrefix(cause.Field, "<nil>")
		if field == want.field && strings.Contains(cause.Message, want.message) {
			return
		}
	}
	t.Errorf("%s\nwant a refusal of %q with %q, got:\n%v", reason, want.field, want.message, err)
}

func causes(err error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	return status.Status().Details.Causes
}

// createDry asks the API server whether it would accept the object.
func createDry(ctx context.Context, c client.Client, u *unstructured.Unstructured) error {
	return c.Create(ctx, u.DeepCopy(), client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
}

func TestSetReachesFieldsAndListElements(t *testing.T) {
	object := parse(t, "a: {b: [{c: 1}, {c: 2}]}\n")
	set(t, object, "a.b[1].c", "x")
	set(t, object, "a.b[0].c", nil)
	set(t, object, "d.e", true)
	want := tree{"a": tree{"b": []any{tree{}, tree{"c": "x"}}}, "d": tree{"e": true}}
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
}
