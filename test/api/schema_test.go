package api

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/test/apiserver"
)

// node is a field of a resource: where it is and what holds for it. A list's
// elements have the list's path with [] behind it.
type node struct {
	path     string
	schema   apiextensionsv1.JSONSchemaProps
	embedded bool // belongs to a type of Kubernetes' own
}

// embeddedTypes are the fields whose type is one of Kubernetes' own: their
// inner rules are not ours to state or test.
var embeddedTypes = []string{
	"spec.variants[].pods.resources", "spec.container.env[]", "spec.container.imagePullSecrets[]",
	"spec.artifact.credentialsSecretRef", "spec.tolerations[]", "status.conditions[]",
}

// schemaOf returns every field of a resource, its root first.
func schemaOf(t testing.TB, resource string) []node {
	t.Helper()
	root, err := apiserver.Root()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "config", "crd", "landfall.dev_"+resource+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crd := apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		t.Fatal(err)
	}
	return walk("", *crd.Spec.Versions[0].Schema.OpenAPIV3Schema, false)
}

func walk(path string, schema apiextensionsv1.JSONSchemaProps, embedded bool) []node {
	nodes := []node{{path: path, schema: schema, embedded: embedded}}
	embedded = embedded || slices.Contains(embeddedTypes, path)
	for name, property := range schema.Properties {
		nodes = append(nodes, walk(strings.TrimPrefix(path+"."+name, "."), property, embedded)...)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		nodes = append(nodes, walk(path+"[]", *schema.Items.Schema, embedded)...)
	}
	return nodes
}

var index = regexp.MustCompile(`\[\d+\]`)

func withoutIndices(path string) string { return index.ReplaceAllString(path, "[]") }

// TestEveryBoundIsEnforced breaks each enum, pattern, length, range and
// required field of the spec in turn.
func TestEveryBoundIsEnforced(t *testing.T) {
	c := connect(t)
	for resource, manifest := range manifestsByResource {
		full := parse(t, manifest)
		for _, n := range schemaOf(t, resource) {
			if n.embedded || !strings.HasPrefix(n.path, "spec.") {
				continue
			}
			for kind, broken := range violations(n.schema) {
				t.Run(resource+"/"+n.path+"/"+kind, func(t *testing.T) {
					path := locate(t, full, n.path)
					object := edited(t, full, []edit{{path, broken.value}})
					checkRefusal(t, "A value outside the bounds is refused by name.",
						refusal{path + broken.under, broken.message}, createDry(t.Context(), c, object))
				})
			}
			for _, name := range n.schema.Required {
				t.Run(resource+"/"+n.path+"/Requires-"+name, func(t *testing.T) {
					path := locate(t, full, n.path) + "." + name
					object := edited(t, full, []edit{{path, nil}})
					checkRefusal(t, "A required field is missed by name.", refusal{path, "Required value"}, createDry(t.Context(), c, object))
				})
			}
		}
	}
}

// violation is a value that a schema forbids and the API server's words for it.
type violation struct {
	value   any
	under   string
	message string
}

func violations(s apiextensionsv1.JSONSchemaProps) map[string]violation {
	found := map[string]violation{}
	if len(s.Enum) > 0 {
		value := any("Nonsense")
		if s.Type == "integer" {
			value = int64(math.MaxInt32)
		}
		found["Enum"] = violation{value: value, message: "supported values"}
	}
	if s.Pattern != "" {
		found["Pattern"] = violation{value: "%", message: "should match"}
	}
	if s.MaxLength != nil {
		found["MaxLength"] = violation{value: strings.Repeat("a", int(*s.MaxLength)+1), message: "Too long"}
	}
	if s.MinLength != nil {
		found["MinLength"] = violation{value: "", message: "at least 1 chars long"}
	}
	if s.Minimum != nil {
		found["Minimum"] = violation{value: int64(*s.Minimum) - 1, message: "should be greater than or equal to"}
	}
	if s.Maximum != nil {
		found["Maximum"] = violation{value: int64(*s.Maximum) + 1, message: "should be less than or equal to"}
	}
	if s.MaxItems != nil {
		found["MaxItems"] = violation{value: make([]any, *s.MaxItems+1), message: "Too many"}
	}
	if s.MinItems != nil {
		found["MinItems"] = violation{value: []any{}, message: "should have at least 1 items"}
	}
	if s.MaxProperties != nil {
		many := tree{}
		for i := range *s.MaxProperties + 1 {
			many[fmt.Sprintf("key-%d", i)] = "value"
		}
		found["MaxProperties"] = violation{value: many, message: "Too many"}
	}
	return found
}

// locate turns a schema's path into that of the first element in the full
// manifest that has the field; the manifest has every field.
func locate(t *testing.T, object tree, path string) string {
	t.Helper()
	found := search(object, "", strings.Split(path, "."))
	if found == "" {
		t.Fatalf("the full manifest lacks %s", path)
	}
	return strings.TrimPrefix(found, ".")
}

func search(value any, at string, rest []string) string {
	if len(rest) == 0 {
		return at
	}
	object, ok := value.(tree)
	if !ok {
		return ""
	}
	key, isList := strings.CutSuffix(rest[0], "[]")
	next, ok := object[key]
	if !ok {
		return ""
	}
	if !isList {
		return search(next, at+"."+key, rest[1:])
	}
	for i, element := range next.([]any) {
		if found := search(element, fmt.Sprintf("%s.%s[%d]", at, key, i), rest[1:]); found != "" {
			return found
		}
	}
	return ""
}

// TestManifestsHoldEveryField keeps the full manifests full.
func TestManifestsHoldEveryField(t *testing.T) {
	for resource, manifest := range manifestsByResource {
		full := parse(t, manifest)
		for _, n := range schemaOf(t, resource) {
			if !n.embedded && strings.HasPrefix(n.path, "spec.") {
				locate(t, full, n.path)
			}
		}
	}
}

// TestEveryFieldIsDescribedAndBounded holds the house rules that the schema
// can show: each field has a description, each list and text a bound.
func TestEveryFieldIsDescribedAndBounded(t *testing.T) {
	for resource := range manifestsByResource {
		for _, n := range schemaOf(t, resource) {
			if n.path == "" || n.path == "metadata" || n.embedded {
				continue
			}
			if !strings.HasSuffix(n.path, "[]") && n.schema.Description == "" {
				t.Errorf("%s: %s has no description", resource, n.path)
			}
			if n.schema.Type == "array" && n.schema.MaxItems == nil {
				t.Errorf("%s: the list %s has no maxItems", resource, n.path)
			}
			if n.schema.Type == "number" {
				t.Errorf("%s: %s is a floating-point number", resource, n.path)
			}
			bounded := n.schema.MaxLength != nil || len(n.schema.Enum) > 0 || n.schema.Pattern != "" || n.schema.Format != ""
			if n.schema.Type == "string" && strings.HasPrefix(n.path, "spec.") && !strings.HasSuffix(n.path, "[]") && !bounded {
				t.Errorf("%s: the text %s has no bound", resource, n.path)
			}
		}
	}
}
