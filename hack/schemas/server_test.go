package schemas

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// namespaces that the trees' objects lie in. A dry run needs them to be there.
var namespaces = []string{"team-a", "gpu-operator", "argocd", "flux-system", "landfall-system"}

// TestAPIServerTakesTheTrees applies every manifest of every tree as a dry run to
// a real API server with all of the definitions, Landfall's among them: only it
// evaluates the rules that definitions hold in CEL.
func TestAPIServerTakesTheTrees(t *testing.T) {
	c := server(t)
	for name, files := range trees(t) {
		for path, manifest := range files {
			if strings.HasSuffix(path, "/kustomization.yaml") {
				continue // read by programs, never applied
			}
			t.Run(name+"/"+path, func(t *testing.T) {
				if err := dryRun(t, c, manifest); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The check itself has to notice what is wrong.
func TestAPIServerNotices(t *testing.T) {
	c := server(t)
	for name, manifest := range map[string]object{
		"an unknown field": {
			"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": object{"name": "x", "namespace": "argocd"},
			"spec": object{"project": "default", "destinations": object{}},
		},
		"a rule in CEL": {
			"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": object{"name": "x"},
			"spec": object{"template": object{"spec": object{
				"nodeClassRef": object{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "x"},
				"requirements": []any{object{"key": "karpenter.sh/nodepool", "operator": "In", "values": []any{"x"}}},
			}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := dryRun(t, c, manifest); err == nil {
				t.Error("no problem was found")
			}
		})
	}
}

func dryRun(t *testing.T, c client.Client, manifest object) error {
	t.Helper()
	applied := client.ApplyConfigurationFromUnstructured(&unstructured.Unstructured{Object: manifest})
	return client.WithFieldValidation(c, metav1.FieldValidationStrict).
		Apply(t.Context(), applied, client.FieldOwner("test"), client.ForceOwnership, client.DryRunAll)
}

// server starts an API server with the definitions, for one test.
func server(t *testing.T) client.Client {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("KUBEBUILDER_ASSETS is unset: run make test")
	}
	log.SetLogger(logr.Discard())
	var definitionsThere []*apiextensionsv1.CustomResourceDefinition
	seen := map[source]bool{}
	for _, from := range slices.Concat(values(definitions), values(treeDefinitions)) {
		if !seen[from] {
			seen[from] = true
			definition := definitionOf(t, from)
			definitionsThere = append(definitionsThere, &definition)
		}
	}
	environment := &envtest.Environment{
		CRDs: definitionsThere, CRDDirectoryPaths: []string{filepath.Join("..", "..", "config", "crd")}, ErrorIfCRDPathMissing: true,
	}
	config, err := environment.Start()
	if err != nil {
		t.Fatal(errors.Join(err, environment.Stop()))
	}
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Error(err)
		}
	})
	config.QPS, config.Burst = 500, 1000
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range namespaces {
		if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func values[K comparable, V any](m map[K]V) []V {
	var all []V
	for _, value := range m {
		all = append(all, value)
	}
	return all
}
