package chart

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// modelChart runs a command of helm on the chart of one model.
func modelChart(t *testing.T, command string, values []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, values, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root(t), "charts", "landfall-model")
	args := map[string][]string{
		"template": {"template", "churn", folder, "--namespace", "team-a", "-f", file},
		"lint":     {"lint", folder, "--strict", "--namespace", "team-a", "-f", file},
	}[command]
	program := exec.CommandContext(t.Context(), helm(t), args...)
	var stdout, stderr bytes.Buffer
	program.Stdout, program.Stderr = &stdout, &stderr
	if err := program.Run(); err != nil {
		return "", errors.New(stdout.String() + stderr.String())
	}
	return stdout.String(), nil
}

// tree is a golden tree of package render: its files by path.
func tree(t *testing.T, name string) map[string][]byte {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join(root(t), "internal", "render", "testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, file := range archive.Files {
		files[file.Name] = file.Data
	}
	return files
}

// byKind are a rendered chart's objects.
func byKind(t *testing.T, rendered string) map[string]*unstructured.Unstructured {
	t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for _, object := range objects(t, rendered) {
		if found[object.GetKind()] != nil {
			t.Fatalf("two objects of kind %s", object.GetKind())
		}
		found[object.GetKind()] = object
	}
	return found
}

// The same workload is the same in the cluster in either form.
func TestModelChartIsTheManifests(t *testing.T) {
	for helmTree, manifestTree := range map[string]string{"flux-helm-aks": "argocd-manifests-karpenter", "argocd-helm-eks": "plain"} {
		manifests := tree(t, manifestTree)
		seen := 0
		for path, values := range tree(t, helmTree) {
			folder, ok := strings.CutSuffix(path, "/values.yaml")
			if !ok || !strings.HasPrefix(path, "phases/") {
				continue
			}
			seen++
			t.Run(helmTree+"/"+folder, func(t *testing.T) {
				if out, err := modelChart(t, "lint", values); err != nil {
					t.Errorf("helm lint: %v%s", err, out)
				}
				rendered, err := modelChart(t, "template", values)
				if err != nil {
					t.Fatal(err)
				}
				compareForms(t, byKind(t, rendered), folder, manifests)
			})
		}
		if seen == 0 {
			t.Errorf("%s has no values", helmTree)
		}
	}
}

// compareForms compares name, namespace, annotations and spec of every object
// that the manifests have.
func compareForms(t *testing.T, rendered map[string]*unstructured.Unstructured, folder string, manifests map[string][]byte) {
	t.Helper()
	for _, file := range []string{"model.yaml", "endpoint.yaml", "alerts.yaml", "autoscaler.yaml"} {
		text, ok := manifests[folder+"/"+file]
		if !ok && (file == "alerts.yaml" || file == "autoscaler.yaml") {
			continue
		}
		var want unstructured.Unstructured
		if err := yaml.Unmarshal(text, &want.Object); err != nil || len(want.Object) == 0 {
			t.Fatalf("%s/%s: %v", folder, file, err)
		}
		got := rendered[want.GetKind()]
		if got == nil {
			t.Errorf("the chart renders no %s", want.GetKind())
			continue
		}
		if diff := cmp.Diff(want.GetNamespace()+"/"+want.GetName(), got.GetNamespace()+"/"+got.GetName()); diff != "" {
			t.Errorf("%s (-manifest +chart):\n%s", file, diff)
		}
		if diff := cmp.Diff(plainNumbers(t, want.Object["spec"]), plainNumbers(t, got.Object["spec"])); diff != "" {
			t.Errorf("spec of %s (-manifest +chart):\n%s", file, diff)
		}
	}
}

// plainNumbers gives all numbers one type.
func plainNumbers(t *testing.T, value any) any {
	t.Helper()
	data, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := yaml.Unmarshal(data, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

const shortValues = `
model:
  name: churn-8
  image: registry.example.com/churn:8
  imagePullSecrets: [registry]
  artifact: {uri: "s3://acme-models/churn/8/model.tar.gz"}
  env: {WORKERS: 4, MODE: fast}
  framework: {name: sklearn, version: "1.2"}
  needs: [WritableRootFilesystem]
endpoint:
  sageMaker: {endpointName: Churn-Prod, region: us-east-1}
  endpointName: Churn-Prod
  replicas: {min: 2, max: 8}
  resources: {requests: {cpu: 570m, memory: 4Gi}}
  workloadClassName: online
  startupTimeoutSeconds: 600
`

// Values that people write are short.
func TestModelChartShortValues(t *testing.T) {
	rendered, err := modelChart(t, "template", []byte(shortValues))
	if err != nil {
		t.Fatal(err)
	}
	found := byKind(t, rendered)
	wantModel := map[string]any{
		"approval": "Approved", "artifact": map[string]any{"uri": "s3://acme-models/churn/8/model.tar.gz"},
		"framework": map[string]any{"name": "sklearn", "version": "1.2"},
		"container": map[string]any{
			"image": "registry.example.com/churn:8", "needs": []any{"WritableRootFilesystem"},
			"imagePullSecrets": []any{map[string]any{"name": "registry"}},
			"env":              []any{map[string]any{"name": "MODE", "value": "fast"}, map[string]any{"name": "WORKERS", "value": "4"}},
		},
	}
	if diff := cmp.Diff(wantModel, found["Model"].Object["spec"]); diff != "" {
		t.Errorf("the Model's spec (-want +got):\n%s", diff)
	}
	wantEndpoint := map[string]any{
		"endpointName": "Churn-Prod", "live": "managed",
		"variants": []any{
			map[string]any{"name": "managed", "sageMaker": map[string]any{"endpointName": "Churn-Prod", "region": "us-east-1"}},
			map[string]any{"name": "cluster", "pods": map[string]any{
				"modelRef": map[string]any{"name": "churn-8"}, "replicas": map[string]any{"min": int64(2), "max": int64(8)},
				"resources":         map[string]any{"requests": map[string]any{"cpu": "570m", "memory": "4Gi"}},
				"workloadClassName": "online", "startupTimeoutSeconds": int64(600),
			}},
		},
	}
	if diff := cmp.Diff(plainNumbers(t, wantEndpoint), plainNumbers(t, found["Endpoint"].Object["spec"])); diff != "" {
		t.Errorf("the Endpoint's spec (-want +got):\n%s", diff)
	}
	if got := found["Endpoint"].GetName(); got != "churn" {
		t.Errorf("the Endpoint is called %q, want the release's name", got)
	}
	if got := found["Model"].GetAnnotations()["helm.sh/resource-policy"]; got != "keep" {
		t.Errorf("the Model's resource policy is %q, want keep", got)
	}
}

func TestModelChartChoices(t *testing.T) {
	for name, tc := range map[string]struct {
		values string
		live   string
	}{
		"a new model serves at once": {"{model: {name: m-1, image: i}, endpoint: {replicas: {min: 1}, resources: {requests: {cpu: 1}}}}", "cluster"},
		"moved":                      {"{model: {name: m-1, image: i}, endpoint: {sageMaker: {endpointName: E, region: r}, live: cluster, resources: {requests: {cpu: 1}}}}", "cluster"},
		"the spec wins":              {"{model: {name: m-1, image: i}, endpoint: {live: cluster, resources: {requests: {cpu: 1}}, spec: {live: other}}}", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			rendered, err := modelChart(t, "template", []byte(tc.values))
			if err != nil {
				t.Fatal(err)
			}
			live, _, err := unstructured.NestedString(byKind(t, rendered)["Endpoint"].Object, "spec", "live")
			if err != nil || live != tc.live {
				t.Errorf("live is %q (%v), want %q", live, err, tc.live)
			}
		})
	}
}

// What is wrong is named before anything reaches the cluster.
func TestModelChartRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ values, want string }{
		"no name":              {"{model: {image: i}}", "model.name is not set"},
		"no image":             {"{model: {name: m-1}}", "model.image is not set"},
		"no resources":         {"{model: {name: m-1, image: i}}", "endpoint.resources is not set"},
		"an unknown field":     {"{model: {name: m-1, image: i, imagee: x}}", "imagee"},
		"a name in capitals":   {"{model: {name: M_1, image: i}}", "/model/name"},
		"an address as image":  {"{model: {name: m-1, image: 'https://registry/i'}}", "/model/image"},
		"an approval":          {"{model: {name: m-1, image: i, approval: Yes please}}", "/model/approval"},
		"a need":               {"{model: {name: m-1, image: i, needs: [Everything]}}", "/model/needs/0"},
		"replicas of none":     {"{model: {name: m-1, image: i}, endpoint: {replicas: {min: 0}}}", "/endpoint/replicas/min"},
		"replicas in words":    {"{model: {name: m-1, image: i}, endpoint: {replicas: {min: two}}}", "/endpoint/replicas/min"},
		"a misspelt sageMaker": {"{model: {name: m-1, image: i}, endpoint: {sageMaker: {endpoint: E}}}", "endpoint"},
		"an extra without kind": {
			"{model: {name: m-1, image: i}, extra: [{apiVersion: v1, metadata: {name: x}}]}", "kind",
		},
		"an endpoint's name": {"{model: {name: m-1, image: i}, endpoint: {name: 1st}}", "/endpoint/name"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := modelChart(t, "template", []byte(tc.values))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got the error %v, want one with %q\n%s", err, tc.want, out)
			}
		})
	}
}
