package schemas

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"sigs.k8s.io/yaml"
)

// source is where a project keeps a definition in its Go module.
type source struct{ module, file string }

// definitions by the kinds that Landfall writes.
var definitions = map[string]source{
	"ScaledObject":     {"github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases/keda.sh_scaledobjects.yaml"},
	"PrometheusRule":   {"github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"},
	"PodMonitor":       {"github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"},
	"WorkflowTemplate": {"github.com/argoproj/argo-workflows/v3@v3.7.0", "manifests/base/crds/full/argoproj.io_workflowtemplates.yaml"},
}

// folders hold the manifests, kept equal to what the code writes by the tests of
// the packages.
var folders = []string{"autoscaling", "alarm", "pipeline"}

type object = map[string]any

func TestManifestsFitTheirDefinitions(t *testing.T) {
	checked := map[string]int{}
	for _, path := range manifests(t) {
		manifest := read(t, path)
		kind, _ := manifest["kind"].(string)
		if kind == "HorizontalPodAutoscaler" {
			continue // decoded strictly into Kubernetes' own type where it is made
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			from, ok := definitions[kind]
			if !ok {
				t.Fatalf("no definition of %s", kind)
			}
			for _, problem := range problems(t, from, manifest) {
				t.Error(problem)
			}
		})
		checked[kind]++
	}
	for kind := range definitions {
		if checked[kind] == 0 {
			t.Errorf("no manifest of %s was checked", kind)
		}
	}
}

// The check itself has to notice what is wrong.
func TestTheCheckNotices(t *testing.T) {
	for name, c := range map[string]struct {
		kind     string
		manifest object
	}{
		"an unknown field": {"ScaledObject", object{
			"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": object{"name": "x"},
			"spec": object{"scaleTargetRef": object{"name": "x"}, "triggers": []any{object{"type": "cron", "metadata": object{}}}, "minimum": int64(1)},
		}},
		"a missing field": {"ScaledObject", object{
			"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": object{"name": "x"},
			"spec": object{"triggers": []any{object{"type": "cron", "metadata": object{}}}},
		}},
		"a wrong type": {"WorkflowTemplate", object{
			"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "metadata": object{"name": "x"},
			"spec": object{"entrypoint": int64(5)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if len(problems(t, definitions[c.kind], c.manifest)) == 0 {
				t.Error("no problem was found")
			}
		})
	}
}

func TestQueriesAreProm(t *testing.T) {
	found := 0
	for _, path := range manifests(t) {
		for _, query := range queries(read(t, path)) {
			found++
			if _, err := parser.ParseExpr(query); err != nil {
				t.Errorf("%s: %v in %s", filepath.Base(path), err, query)
			}
		}
	}
	if found < 50 {
		t.Errorf("%d queries were checked; there are more", found)
	}
}

func manifests(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join("..", "..", "internal", folder, "testdata", "*.yaml"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no manifests of %s: %v", folder, err)
		}
		all = append(all, paths...)
	}
	return all
}

// read returns a manifest with the types that the API server has.
func read(t *testing.T, path string) object {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var manifest object
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	return integers(manifest).(object)
}

// integers turns JSON's numbers into the whole ones that they are.
func integers(value any) any {
	switch value := value.(type) {
	case object:
		for name, inner := range value {
			value[name] = integers(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = integers(inner)
		}
	case float64:
		if value == float64(int64(value)) {
			return int64(value)
		}
	}
	return value
}

// queries are the texts under expr and query.
func queries(value any) []string {
	var found []string
	switch value := value.(type) {
	case object:
		for name, inner := range value {
			if text, ok := inner.(string); ok && (name == "expr" || name == "query") {
				found = append(found, text)
			}
			found = append(found, queries(inner)...)
		}
	case []any:
		for _, inner := range value {
			found = append(found, queries(inner)...)
		}
	}
	return found
}

// problems are what the API server would say: fields that it would drop, and
// values that it would refuse.
func problems(t *testing.T, from source, manifest object) []string {
	t.Helper()
	version, _ := manifest["apiVersion"].(string)
	definition := definitionOf(t, from)
	var found []string
	for _, v := range definition.Spec.Versions {
		if definition.Spec.Group+"/"+v.Name != version {
			continue
		}
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
			t.Fatal(err)
		}
		structural, err := schema.NewStructural(&internal)
		if err != nil {
			t.Fatal(err)
		}
		validator, _, err := validation.NewSchemaValidator(&internal)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range validation.ValidateCustomResource(nil, manifest, validator) {
			found = append(found, err.Error())
		}
		for _, path := range pruning.PruneWithOptions(manifest, structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
			found = append(found, "unknown field "+path)
		}
		return found
	}
	t.Fatalf("the definition has no version %s", version)
	return nil
}

func definitionOf(t *testing.T, from source) apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	again, err := filepath.Abs(filepath.Join("..", "retry.sh"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(again, "go", "mod", "download", "-json", from.module)
	// Outside any module, so that none has to require it.
	command.Dir = t.TempDir()
	output, err := command.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(output, &module); err != nil || jsonErr != nil || module.Dir == "" {
		t.Skipf("%s is not to be had here: %v %s", from.module, err, module.Error)
	}
	data, err := os.ReadFile(filepath.Join(module.Dir, from.file))
	if err != nil {
		t.Fatal(err)
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(data, &definition); err != nil {
		t.Fatal(err)
	}
	return definition
}
