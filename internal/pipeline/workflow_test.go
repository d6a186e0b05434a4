package pipeline

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/placement"
)

var update = flag.Bool("update", false, "write the golden files")

func options(name string) Options {
	return Options{
		Name: name, Namespace: "ml", ServiceAccountName: "pipeline", Region: "us-east-1",
		Pools: map[placement.Class]string{placement.ClassTraining: "training"},
	}
}

func TestWorkflow(t *testing.T) {
	for _, name := range []string{"abalone", "fan-out", "fine-tune"} {
		t.Run(name, func(t *testing.T) {
			p := parsed(t, name)
			result := Workflow(p, options(name))
			manifest, err := yaml.Marshal(result.Workflow)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", name+".yaml"), manifest)
			report, err := yaml.Marshal(map[string]any{"mapped": result.Mapped, "gaps": result.Gaps})
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", name+".gaps.txt"), report)
			sound(t, p, result)
		})
	}
}

func parsed(t *testing.T, name string) Pipeline {
	t.Helper()
	definition, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(definition)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), written anew by -update:\n%s", path, diff)
	}
}

type tester interface {
	Helper()
	Errorf(format string, args ...any)
}

// sound checks what holds for every workflow: each step is mapped or a gap, names
// are valid and unique, a task depends only on tasks there are, and what it
// refers to is among them.
func sound(t tester, p Pipeline, result Result) {
	t.Helper()
	for _, step := range p.Steps {
		isGap := slices.ContainsFunc(result.Gaps, func(g gap.Gap) bool { return g.Thing == "step "+step.Name && g.Why != "" && g.Do != "" })
		if !slices.Contains(result.Mapped, step.Name) && !isGap {
			t.Errorf("step %s is neither mapped nor a gap", step.Name)
		}
	}
	for _, g := range result.Gaps {
		if g.Why == "" || g.Do == "" {
			t.Errorf("gap %+v says too little", g)
		}
	}
	spec := result.Workflow.(*unstructured.Unstructured).Object["spec"].(object)
	templates := map[string]bool{}
	for _, template := range spec["templates"].([]any) {
		name := template.(object)["name"].(string)
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 || templates[name] {
			t.Errorf("template %q: %v, or twice", name, problems)
		}
		templates[name] = true
	}
	main := spec["templates"].([]any)[0].(object)["dag"].(object)["tasks"].([]any)
	before := map[string]bool{}
	for _, entry := range main {
		task := entry.(object)
		if !templates[task["template"].(string)] {
			t.Errorf("task %s has no template", task["name"])
		}
		depends, _ := task["depends"].(string)
		for need := range strings.SplitSeq(depends, " && ") {
			if name := strings.TrimSuffix(need, ".Succeeded"); name != "" && !before[name] {
				t.Errorf("task %s depends on %q, which does not stand before it", task["name"], name)
			}
		}
		encoded, err := json.Marshal(task)
		if err != nil {
			t.Errorf("task %s: %v", task["name"], err)
		}
		for name := range before {
			uses := strings.Contains(string(encoded), "tasks."+name+".") || strings.Contains(string(encoded), "tasks['"+name+"']")
			if uses && !strings.Contains(depends, name+".Succeeded") {
				t.Errorf("task %s takes something from %s and does not depend on it", task["name"], name)
			}
		}
		before[task["name"].(string)] = true
	}
}

func TestSuspendedStepsLeaveNothing(t *testing.T) {
	p, err := Parse([]byte(`{"Version":"2020-12-01","Steps":[
		{"Name":"Search","Type":"Tuning","Arguments":{}},
		{"Name":"Use","Type":"Model","Arguments":{"PrimaryContainer":{"Image":"img","ModelDataUrl":{"Get":"Steps.Search.BestTrainingJob.Model"}}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	result := Workflow(p, options("w"))
	sound(t, p, result)
	spec := result.Workflow.(*unstructured.Unstructured).Object["spec"].(object)
	want := []any{object{"name": "given-steps-search-besttrainingjob-model", "description": "takes the place of Steps.Search.BestTrainingJob.Model"}}
	if diff := cmp.Diff(want, spec["arguments"].(object)["parameters"]); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// Any definition that can be read becomes a sound workflow.
func TestEveryWorkflowIsSound(t *testing.T) {
	types := []string{TypeTraining, TypeProcessing, TypeModel, TypeRegisterModel, TypeFail, TypeTransform, TypeCondition, "Lambda", "New"}
	rapid.Check(t, func(t *rapid.T) {
		var names []string
		var draw func(depth int) []any
		value := func() any {
			options := []any{"s3://bucket/key", "text", 4, true, nil, map[string]any{"Get": "Parameters.P"}, map[string]any{"Get": "Execution.Odd"},
				map[string]any{keyJoin: map[string]any{"On": "/", "Values": []any{"s3:/", map[string]any{"Get": "Parameters.P"}, "x"}}}}
			for _, name := range names {
				options = append(options, map[string]any{"Get": "Steps." + name + "." + modelPath},
					map[string]any{"Get": "Steps." + name + ".ProcessingOutputConfig.Outputs['o'].S3Output.S3Uri"},
					map[string]any{keyJSONGet: map[string]any{"PropertyFile": map[string]any{"Get": "Steps." + name + ".PropertyFiles.F"}, "Path": "a.b"}})
			}
			return rapid.SampledFrom(options).Draw(t, "value")
		}
		draw = func(depth int) []any {
			var steps []any
			for range rapid.IntRange(0, 4).Draw(t, "steps") {
				name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"Step", "step_", "STEP-", "Ünï"}).Draw(t, "name"), len(names))
				kind := rapid.SampledFrom(types).Draw(t, "type")
				arguments := map[string]any{
					"AlgorithmSpecification": map[string]any{"TrainingImage": value()}, "OutputDataConfig": map[string]any{"S3OutputPath": value()},
					"InputDataConfig":  []any{map[string]any{"ChannelName": "c", "DataSource": map[string]any{"S3DataSource": map[string]any{"S3Uri": value()}}}},
					"HyperParameters":  map[string]any{"h": value()},
					"AppSpecification": map[string]any{"ImageUri": "image", "ContainerArguments": []any{value()}},
					"ProcessingInputs": []any{map[string]any{"InputName": "i", "S3Input": map[string]any{"S3Uri": value(), "LocalPath": "/in"}}},
					"ProcessingOutputConfig": map[string]any{"Outputs": []any{map[string]any{"OutputName": "o",
						"S3Output": map[string]any{"S3Uri": value(), "LocalPath": "/out"}}}},
					"PrimaryContainer": map[string]any{"Image": "image", "ModelDataUrl": value()}, "ErrorMessage": value(),
				}
				step := map[string]any{"Name": name, "Type": kind, "Arguments": arguments}
				if kind == TypeProcessing {
					step["PropertyFiles"] = []any{map[string]any{"PropertyFileName": "F", "OutputName": "o", "FilePath": "f.json"}}
				}
				if len(names) > 0 && rapid.Bool().Draw(t, "depends") {
					step["DependsOn"] = []any{rapid.SampledFrom(names).Draw(t, "on")}
				}
				if kind == TypeCondition {
					inner := map[string]any{"Conditions": []any{map[string]any{"Type": "Equals", "LeftValue": value(), "RightValue": value()}}}
					names = append(names, name)
					if depth > 0 {
						inner["IfSteps"], inner["ElseSteps"] = draw(depth-1), draw(depth-1)
					}
					step["Arguments"] = inner
				} else {
					names = append(names, name)
				}
				steps = append(steps, step)
			}
			return steps
		}
		definition, err := json.Marshal(map[string]any{"Version": Version, "Steps": draw(2), "Parameters": []any{map[string]any{"Name": "P", "Type": "String"}}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(definition)
		if err != nil {
			t.Fatalf("%v in %s", err, definition)
		}
		sound(t, p, Workflow(p, options("w")))
	})
}

func TestParseRefuses(t *testing.T) {
	step := func(fields string) string {
		return `{"Version":"2020-12-01","Steps":[` + fields + `]}`
	}
	for name, c := range map[string]struct{ definition, want string }{
		"no JSON":           {`{`, "cannot read"},
		"another version":   {`{"Version":"2019"}`, "want 2020-12-01"},
		"something behind":  {`{"Version":"2020-12-01"} {}`, "behind"},
		"two of a name":     {step(`{"Name":"A","Type":"Fail"},{"Name":"A","Type":"Fail"}`), "no other step has"},
		"no type":           {step(`{"Name":"A"}`), "needs a type"},
		"unknown step":      {step(`{"Name":"A","Type":"Fail","DependsOn":["B"]}`), `"B", which is no step`},
		"unknown parameter": {step(`{"Name":"A","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Parameters.P"}}}`), "Parameters.P"},
		"unknown reference": {step(`{"Name":"A","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Steps.B.X"}}}`), "Steps.B.X"},
		"a circle": {
			step(`{"Name":"A","Type":"Fail","DependsOn":["B"]},{"Name":"B","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Steps.A.X"}}}`), "A -> B -> A",
		},
		"too deep":         {strings.Repeat("[", 200), "nested"},
		"a wrong shape":    {step(`{"Name":"A","Type":"Condition","Arguments":{"Conditions":5}}`), "cannot read condition A"},
		"too long":         {strings.Repeat(" ", maxBytes+1), "limit"},
		"parameters twice": {`{"Version":"2020-12-01","Parameters":[{"Name":"P"},{"Name":"P"}]}`, "used twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.definition))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Parse = %v, want an error with %q", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"Version":"2020-12-01","Steps":[{"Name":"A","Type":"Condition","Arguments":{"Conditions":[{"Type":"Not"}],"IfSteps":[{"Name":"B","Type":"Training"}]}}]}`))
	f.Add([]byte(`{"Version":"2020-12-01","Steps":[{"Name":"A","Type":"Processing","Arguments":{"AppSpecification":{"ImageUri":{"Std:Join":{"Values":[{}]}}}}}]}`))
	f.Fuzz(func(t *testing.T, definition []byte) {
		p, err := Parse(definition)
		if err == nil {
			sound(t, p, Workflow(p, options("w")))
		}
	})
}
