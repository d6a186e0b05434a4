package schemas

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestTreesDoNotFight does what Argo CD's server-side diff and Flux do: what is
// applied is applied again as a dry run, after the API server set its defaults,
// an autoscaler changed the number of pods and a person paused a rollout. Nothing
// may differ but what the trees tell the tools to leave alone.
func TestTreesDoNotFight(t *testing.T) {
	c := server(t)
	for _, name := range slices.Sorted(maps.Keys(trees(t))) {
		for path, manifest := range trees(t)[name] {
			if strings.HasSuffix(path, "/kustomization.yaml") || manifest["apiVersion"] != "landfall.dev/v1alpha1" {
				continue
			}
			t.Run(name+"/"+path, func(t *testing.T) {
				live := apply(t, c, manifest)
				if manifest["kind"] == "Endpoint" {
					live = meddle(t, c, live)
				}
				predicted := apply(t, c, manifest, client.DryRunAll)
				for _, u := range []*unstructured.Unstructured{live, predicted} {
					u.SetManagedFields(nil)
					u.SetResourceVersion("")
					u.SetGeneration(0)
				}
				spec, _ := manifest["spec"].(object)
				if _, scaled := spec["replicas"]; scaled {
					unstructured.RemoveNestedField(live.Object, "spec", "replicas")
					unstructured.RemoveNestedField(predicted.Object, "spec", "replicas")
				}
				if diff := cmp.Diff(live.Object, predicted.Object); diff != "" {
					t.Errorf("a tool would change it (-live +applied again):\n%s", diff)
				}
				if err := c.Delete(t.Context(), live); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// apply applies a manifest as a GitOps tool does, and returns what became of it.
func apply(t *testing.T, c client.Client, manifest object, options ...client.ApplyOption) *unstructured.Unstructured {
	t.Helper()
	u := (&unstructured.Unstructured{Object: manifest}).DeepCopy()
	all := append([]client.ApplyOption{client.FieldOwner("gitops"), client.ForceOwnership}, options...)
	if err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(u), all...); err != nil {
		t.Fatal(err)
	}
	return u
}

// meddle changes what an autoscaler and `landfall rollout pause` change.
func meddle(t *testing.T, c client.Client, live *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	changed := live.DeepCopy()
	for _, field := range []struct {
		value any
		path  []string
	}{{int64(7), []string{"spec", "replicas"}}, {"Paused", []string{"spec", "rollout", "state"}}} {
		if err := unstructured.SetNestedField(changed.Object, field.value, field.path...); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Update(t.Context(), changed, client.FieldOwner("somebody")); err != nil {
		t.Fatal(err)
	}
	return changed
}

// What the README says of `landfall rollout undo` is so: the tree's live wins.
func TestLiveIsPutBack(t *testing.T) {
	c := server(t)
	const path = "phases/1-online-non-critical/churn-prod/endpoint.yaml"
	manifest, ok := trees(t)["plain"][path]
	if !ok {
		t.Fatalf("no %s", path)
	}
	undone := apply(t, c, manifest).DeepCopy()
	if err := unstructured.SetNestedField(undone.Object, "cluster", "spec", "live"); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), undone, client.FieldOwner("somebody")); err != nil {
		t.Fatal(err)
	}
	if live, _, _ := unstructured.NestedString(apply(t, c, manifest).Object, "spec", "live"); live != "managed" {
		t.Errorf("live is %q after the tree was applied again, and the tree says managed", live)
	}
}
