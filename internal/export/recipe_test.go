package export

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inspect"
	"landfall.dev/landfall/internal/inventory"
)

// recipeOf is the bundle of a model whose image SageMaker offers and the plan
// does not replace.
func recipeOf(t *testing.T, reference string) Bundle {
	t.Helper()
	in := input(t, "Churn-Prod")
	image, err := inventory.ParseImage(reference)
	if err != nil {
		t.Fatal(err)
	}
	in.Workload.Image = ""
	in.Endpoint.Models[0].Containers[0].Image = &image
	in.Code = []CodeFile{
		{Path: "code/inference.py"}, {Path: "code/requirements.txt", Text: "numpy==1.26.4\n"},
		{Path: `code/"; rm -rf/requirements.txt`},
	}
	return build(t, in)
}

const registryOfAWS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/"

func TestRecipes(t *testing.T) {
	cases := map[string]struct {
		image string
		// asks are the build arguments that a person has to give.
		asks []string
	}{
		"sklearn":     {image: registryOfAWS + "sagemaker-scikit-learn:1.2-1"},
		"xgboost":     {image: registryOfAWS + "sagemaker-xgboost:3.2-0", asks: []string{"PYTHON_VERSION"}},
		"pytorch":     {image: registryOfAWS + "pytorch-inference:2.1.0-cpu-py310-ubuntu20.04-sagemaker"},
		"huggingface": {image: registryOfAWS + "huggingface-pytorch-inference:2.1.0-transformers4.37.0-cpu-py310-ubuntu22.04"},
		"tensorflow":  {image: registryOfAWS + "tensorflow-inference:2.14.1-cpu"},
		"triton":      {image: registryOfAWS + "sagemaker-tritonserver:24.05-py3"},
		"mxnet":       {image: registryOfAWS + "mxnet-inference:1.9.0-cpu-py38"},
	}
	if len(cases) != len(recipes) {
		t.Errorf("%d recipes, %d cases", len(recipes), len(cases))
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := recipeOf(t, tc.image)
			if b.Deployable() {
				t.Error("a bundle without an image is deployable")
			}
			var text strings.Builder
			for _, file := range b.Recipe {
				text.WriteString("-- " + file.Path + " --\n" + string(file.Data))
				checkSyntax(t, file)
			}
			if strings.Contains(text.String(), "rm -rf/") {
				t.Error("a path of the archive is in the recipe unchecked")
			}
			checkGolden(t, filepath.Join("testdata", "recipes", name+".txtar"), []byte(text.String()))
			at := slices.IndexFunc(b.Findings, func(f Finding) bool { return f.ID == "ContainerRecipe" })
			if at < 0 {
				t.Fatal("nothing says what to check")
			}
			for _, ask := range tc.asks {
				if !strings.Contains(b.Findings[at].Do, ask) {
					t.Errorf("nobody is asked for %s: %s", ask, b.Findings[at].Do)
				}
			}
			if len(tc.asks) == 0 && strings.Contains(b.Findings[at].Do, "build arguments") {
				t.Errorf("asks for what the tag says: %s", b.Findings[at].Do)
			}
		})
	}
}

// checkSyntax has the scripts read by what runs them, where it is at hand.
func checkSyntax(t *testing.T, file File) {
	t.Helper()
	var command []string
	switch {
	case strings.HasPrefix(string(file.Data), "#!/bin/bash"):
		command = []string{"bash", "-n"}
	case strings.HasPrefix(string(file.Data), "#!/usr/bin/env python3"), strings.HasSuffix(file.Path, ".py"):
		command = []string{"python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"}
	default:
		return
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, file.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	if answer, err := exec.CommandContext(t.Context(), command[0], append(command[1:], path)...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", file.Path, err, answer)
	}
}

func TestNoRecipeWhereNoneIsNeeded(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Workload.Image = "registry.example.com/churn@sha256:" + strings.Repeat("a", 64)
	if b := build(t, in); len(b.Recipe) != 0 {
		t.Errorf("an image that can be pulled has a recipe: %s", b.Recipe[0].Path)
	}
}

func TestRuntime(t *testing.T) {
	in := input(t, "Churn-Prod")
	container := &in.Endpoint.Models[0].Containers[0]
	container.Env = map[string]string{"TOKEN": "***", "SAGEMAKER_PROGRAM": "serve.py"}
	container.MaskedEnv = []string{"TOKEN"}
	in.Endpoint.Variants[0].StartupTimeoutSeconds = 900
	in.Code = []CodeFile{{Path: "code/requirements.txt", Text: "# comment\nnumpy==1.26 # why\n--index-url https://user:secret@pypi.example.com/simple\n\n"}}
	in.Inspected = []inspect.Finding{
		{ID: "ServingHook", File: "code/serve.py", Line: 3, Quote: "def model_fn(model_dir):"},
		{ID: "AWSCall", File: "code/serve.py", Line: 9, Quote: "boto3.client('s3')"},
	}
	r := build(t, in).Runtime
	if r.Image.Program != "serve.py" || r.Health.StartTimeoutSeconds != 900 || r.Health.Port != 8080 || r.Limits.MaxRequestBytes != 6<<20 {
		t.Errorf("got %+v %+v %+v", r.Image, r.Health, r.Limits)
	}
	wantEnv := []RuntimeVariable{
		{Name: "SAGEMAKER_PROGRAM", Value: "serve.py"}, {Name: "TOKEN", SecretName: SecretName(in.Workload.Names.Model)},
	}
	if diff := cmp.Diff(wantEnv, r.Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	wantNeeds := []RuntimeDependencies{{
		File: "code/requirements.txt", Requirements: []string{"numpy==1.26", "--index-url https://***@pypi.example.com/simple"},
	}}
	if diff := cmp.Diff(wantNeeds, r.Dependencies); diff != "" {
		t.Errorf("dependencies (-want +got):\n%s", diff)
	}
	if len(r.EntryPoints) != 1 || len(r.Needs.Reaches) != 1 || r.Needs.Reaches[0].Line != 9 {
		t.Errorf("got %+v and %+v", r.EntryPoints, r.Needs.Reaches)
	}
}
