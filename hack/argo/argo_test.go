package argo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v3/workflow/validate"
	"sigs.k8s.io/yaml"
)

func TestWorkflowsPassArgosLint(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "internal", "pipeline", "testdata", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			manifest, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := lint(manifest); err != nil {
				t.Error(err)
			}
		})
	}
}

// The check itself has to notice what is wrong.
func TestTheCheckNotices(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join("..", "..", "internal", "pipeline", "testdata", "abalone.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"an unknown field":    {"entrypoint:", "entryPoints:"},
		"an unknown template": {"template: trainabalonemodel-pack", "template: gone"},
		"an unknown artifact": {"outputs.artifacts.model-files", "outputs.artifacts.gone"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := lint([]byte(strings.Replace(string(manifest), change[0], change[1], 1))); err == nil {
				t.Error("no problem was found")
			}
		})
	}
}

func lint(manifest []byte) error {
	var template v1alpha1.WorkflowTemplate
	if err := yaml.UnmarshalStrict(manifest, &template); err != nil {
		return err
	}
	return validate.ValidateWorkflowTemplate(nil, nil, &template, nil, validate.ValidateOpts{Lint: true})
}
