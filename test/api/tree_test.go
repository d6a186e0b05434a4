package api

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/test/apiserver"
)

// The manifests of a rendered tree that needs nothing but Kubernetes and
// Landfall are taken by an API server. Those of other projects are checked in
// hack/schemas, where their definitions are.
func TestRenderedTreeIsTaken(t *testing.T) {
	config := apiserver.Start(t)
	c, err := client.New(config, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"team-a", "gpu-operator"} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := c.Create(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
	}
	root, err := apiserver.Root()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile(filepath.Join(root, "internal", "render", "testdata", "plain.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, file := range archive.Files {
		if !strings.HasSuffix(file.Name, ".yaml") || strings.HasSuffix(file.Name, "kustomization.yaml") {
			continue
		}
		taken++
		t.Run(file.Name, func(t *testing.T) {
			var manifest unstructured.Unstructured
			if err := yaml.Unmarshal(file.Data, &manifest.Object); err != nil {
				t.Fatal(err)
			}
			strict := client.WithFieldValidation(c, metav1.FieldValidationStrict)
			applied := client.ApplyConfigurationFromUnstructured(&manifest)
			if err := strict.Apply(t.Context(), applied, client.FieldOwner("test"), client.ForceOwnership, client.DryRunAll); err != nil {
				t.Error(err)
			}
		})
	}
	if taken < 10 {
		t.Errorf("%d manifests were tried; there are more", taken)
	}
}
