package schemas

import (
	"encoding/json"
	"testing"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestFluxHealth evaluates what says when a phase is done as Flux does, with its
// own package.
func TestFluxHealth(t *testing.T) {
	checks := fluxHealthChecks(t)
	conditions := func(all ...any) object {
		return object{"metadata": object{"generation": int64(2)}, "status": object{"observedGeneration": int64(2), "conditions": all}}
	}
	condition := func(kind, status string, generation int64) object {
		return object{"type": kind, "status": status, "observedGeneration": generation}
	}
	for name, c := range map[string]struct {
		object object
		want   string
	}{
		// An error is no answer: Flux asks again until its timeout.
		"no status":              {object{"metadata": object{"generation": int64(1)}}, "error"},
		"no conditions":          {object{"metadata": object{"generation": int64(1)}, "status": object{"observedGeneration": int64(1)}}, "error"},
		"loading":                {conditions(condition("Ready", "False", 2), condition("Reconciling", "True", 2)), "InProgress"},
		"ready":                  {conditions(condition("Ready", "True", 2)), "Current"},
		"ready before":           {conditions(condition("Ready", "True", 1)), "InProgress"},
		"waiting for a person":   {conditions(condition("Ready", "False", 2), condition("Stalled", "True", 2)), "Failed"},
		"waiting for one before": {conditions(condition("Ready", "False", 2), condition("Stalled", "True", 1)), "InProgress"},
	} {
		for _, check := range checks {
			t.Run(check.Kind+"/"+name, func(t *testing.T) {
				evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
				if err != nil {
					t.Fatal(err)
				}
				got := "error"
				if result, err := evaluator.Evaluate(t.Context(), &unstructured.Unstructured{Object: c.object}); err == nil {
					got = result.Status.String()
				}
				if got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		}
	}
}

// fluxHealthChecks are those of a phase of every tree for Flux, which are the
// same.
func fluxHealthChecks(t *testing.T) []kustomize.CustomHealthCheck {
	t.Helper()
	var checks []kustomize.CustomHealthCheck
	for _, name := range []string{"flux-manifests-gke", "flux-helm-aks"} {
		manifest, ok := trees(t)[name]["delivery/flux/landfall-phase-1.yaml"]
		if !ok {
			t.Fatalf("%s has no phase 1", name)
		}
		text, err := json.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		var phase struct {
			Spec struct {
				HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
			} `json:"spec"`
		}
		if err := json.Unmarshal(text, &phase); err != nil {
			t.Fatal(err)
		}
		if len(phase.Spec.HealthCheckExprs) != 2 {
			t.Fatalf("%s: %d health checks, want those of Endpoints and Models", name, len(phase.Spec.HealthCheckExprs))
		}
		checks = phase.Spec.HealthCheckExprs
	}
	return checks
}
