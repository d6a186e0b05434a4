package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestModelChartMakesTheManifests renders the model chart with the values of
// exported bundles: it has to make what the bundles' manifests say.
func TestModelChartMakesTheManifests(t *testing.T) {
	program := helm(t)
	for _, name := range []string{"Churn-Prod", "recommendations"} {
		t.Run(name, func(t *testing.T) {
			bundle := filepath.Join(root(t), "internal", "export", "testdata", name)
			rendered, err := exec.CommandContext(t.Context(), program, "template", "release",
				filepath.Join(root(t), "charts", "landfall-model"), "-f", filepath.Join(bundle, "values.yaml")).Output()
			if err != nil {
				t.Fatal(err)
			}
			made := map[string]*unstructured.Unstructured{}
			for _, object := range objects(t, string(rendered)) {
				made[object.GetKind()] = object
			}
			for kind, file := range map[string]string{"Model": "model.yaml", "Endpoint": "endpoint.yaml"} {
				data, err := os.ReadFile(filepath.Join(bundle, "manifests", file))
				if err != nil {
					t.Fatal(err)
				}
				var want unstructured.Unstructured
				if err := yaml.Unmarshal(data, &want.Object); err != nil {
					t.Fatal(err)
				}
				got := made[kind]
				if got == nil || got.GetName() != want.GetName() {
					t.Fatalf("the chart makes no %s %s", kind, want.GetName())
				}
				if diff := cmp.Diff(normal(want.Object["spec"]), normal(got.Object["spec"])); diff != "" {
					t.Errorf("%s of the manifest (-) and of the chart (+):\n%s", kind, diff)
				}
			}
		})
	}
}

// normal makes all numbers of one type.
func normal(value any) any {
	switch v := value.(type) {
	case map[string]any:
		same := map[string]any{}
		for key, inner := range v {
			same[key] = normal(inner)
		}
		return same
	case []any:
		same := []any{}
		for _, inner := range v {
			same = append(same, normal(inner))
		}
		return same
	case int64:
		return float64(v)
	}
	return value
}
