package schemas

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"
)

// treeDefinitions are of the kinds that only rendered trees hold. The versions
// are the newest whose modules Go 1.26 takes.
var treeDefinitions = map[string]source{
	"Application":   {"github.com/argoproj/argo-cd/v3@v3.5.7", "manifests/crds/application-crd.yaml"},
	"Kustomization": {"github.com/fluxcd/kustomize-controller@v1.9.6", "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"},
	"GitRepository": {"github.com/fluxcd/source-controller@v1.9.6", "config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml"},
	"HelmRelease":   {"github.com/fluxcd/helm-controller@v1.4.0", "config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml"},
	"NodePool":      {"github.com/aws/karpenter-provider-aws@v1.14.1", "pkg/apis/crds/karpenter.sh_nodepools.yaml"},
	"NodeOverlay":   {"github.com/aws/karpenter-provider-aws@v1.14.1", "pkg/apis/crds/karpenter.sh_nodeoverlays.yaml"},
	"EC2NodeClass":  {"github.com/aws/karpenter-provider-aws@v1.14.1", "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml"},
}

// builtIn are API groups of Kubernetes itself and of Landfall, which an API
// server checks in another test, and of kustomize, which has none.
var builtIn = []string{"v1", "scheduling.k8s.io/v1", "autoscaling/v2", "landfall.dev/v1alpha1", "kustomize.config.k8s.io/v1beta1"}

func TestTreesFitTheirDefinitions(t *testing.T) {
	all := maps.Clone(definitions)
	maps.Copy(all, treeDefinitions)
	checked := map[string]int{}
	for name, files := range trees(t) {
		for path, manifest := range files {
			kind, _ := manifest["kind"].(string)
			if version, _ := manifest["apiVersion"].(string); slices.Contains(builtIn, version) {
				continue
			}
			checked[kind]++
			t.Run(name+"/"+path, func(t *testing.T) {
				from, ok := all[kind]
				if !ok {
					t.Fatalf("no definition of %s", kind)
				}
				for _, problem := range problems(t, from, manifest) {
					t.Error(problem)
				}
			})
		}
	}
	for kind := range all {
		if checked[kind] == 0 {
			t.Errorf("no tree has a %s", kind)
		}
	}
}

func TestTreesCheckNotices(t *testing.T) {
	for name, files := range trees(t) {
		for path, manifest := range files {
			kind, _ := manifest["kind"].(string)
			from, ok := treeDefinitions[kind]
			if version, _ := manifest["apiVersion"].(string); !ok || slices.Contains(builtIn, version) {
				continue
			}
			t.Run(name+"/"+path, func(t *testing.T) {
				spec, ok := manifest["spec"].(object)
				if !ok {
					t.Fatal("no spec")
				}
				spec["notAField"] = "x"
				if len(problems(t, from, manifest)) == 0 {
					t.Error("an unknown field is not noticed")
				}
			})
		}
	}
}

// trees are those that package render keeps, by name and path: the manifests, and
// those within values of the chart.
func trees(t *testing.T) map[string]map[string]object {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "internal", "render", "testdata", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no trees: %v", err)
	}
	all := map[string]map[string]object{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		all[name] = map[string]object{}
		for _, file := range txtar.Parse(data).Files {
			if !strings.HasSuffix(file.Name, ".yaml") || strings.HasPrefix(file.Name, "charts/") {
				continue
			}
			var manifest object
			if err := yaml.Unmarshal(file.Data, &manifest); err != nil {
				t.Fatalf("%s: %v", file.Name, err)
			}
			extra, _ := manifest["extra"].([]any)
			for i, inner := range extra {
				if inner, ok := integers(inner).(object); ok {
					all[name][file.Name+"#"+string(rune('a'+i))] = inner
				}
			}
			if manifest["kind"] != nil {
				all[name][file.Name], _ = integers(manifest).(object)
			}
		}
	}
	return all
}
