package graph

import (
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// TestPackagingIsNoSourceOfWhatItPackages: it writes beside the file that its
// compilation read before.
func TestPackagingIsNoSourceOfWhatItPackages(t *testing.T) {
	d := inventory.Document{Resources: []inventory.Resource{
		{Kind: inventory.KindCompilationJob, Name: "compile", Place: here, Spec: spec(map[string]any{
			"InputConfig": map[string]any{"S3Uri": "s3://b/gate/model.tar.gz"}, "OutputConfig": map[string]any{"S3OutputLocation": "s3://b/gate/compiled/"},
		})},
		{Kind: inventory.KindEdgePackagingJob, Name: "package", Place: here, Spec: spec(map[string]any{
			"CompilationJobName": "compile", "OutputConfig": map[string]any{"S3OutputLocation": "s3://b/gate/"},
		})},
	}}
	dependencies := Of(d).WorkloadDependencies()
	if got := dependencies[here.String()+"/Compilation/compile"]; len(got) > 0 {
		t.Errorf("the compilation depends on %v; want nothing", got)
	}
	if got := dependencies[here.String()+"/Edge/package"]; !slices.Equal(got, []string{here.String() + "/Compilation/compile"}) {
		t.Errorf("the packaging depends on %v; want the compilation", got)
	}
}

// TestNeighbouringPrefixes: model-2 does not lie within model.
func TestNeighbouringPrefixes(t *testing.T) {
	for _, reads := range []string{"s3://b/model-2/a.tar.gz", "s3://b/model2", "s3://b/mode", "s3://b/model.tar.gz", "s3://b2/model/a", "s3://b"} {
		d := inventory.Document{Resources: []inventory.Resource{
			{Kind: inventory.KindProcessingJob, Name: "write", Place: here, Spec: spec(map[string]any{
				"ProcessingOutputConfig": map[string]any{"S3Uri": "s3://b/model"},
			})},
			{Kind: inventory.KindProcessingJob, Name: "read", Place: here, Spec: spec(map[string]any{
				"ProcessingInputs": []any{map[string]any{"S3Uri": reads}},
			})},
		}}
		if got := Of(d).WorkloadDependencies(); len(got) > 0 {
			t.Errorf("what reads %s depends on %v", reads, got)
		}
	}
}

// TestStepsWithinConditions are steps too, and a step waits for those whose
// results it uses though nobody wrote that down.
func TestStepsWithinConditions(t *testing.T) {
	const definition = `{"Steps":[
		{"Name":"Train","Type":"Training","Arguments":{"AlgorithmSpecification":{"TrainingImage":"` + registry + `train:1"}}},
		{"Name":"Evaluate","Type":"Processing","Arguments":{"Model":{"Get":"Steps.Train.ModelArtifacts.S3ModelArtifacts"}}},
		{"Name":"Good","Type":"Condition","Arguments":{
		 "Conditions":[{"LeftValue":{"Std:JsonGet":{"PropertyFile":{"Get":"Steps.Evaluate.PropertyFiles.Report"},"Path":"auc"}}}],
		 "IfSteps":[{"Name":"Create","Type":"Model","DependsOn":["Good"],"Arguments":{"PrimaryContainer":{"Image":"` + registry + `serve:1","ModelDataUrl":{"Get": "Steps.Train.ModelArtifacts['x']"}}}}],
		 "ElseSteps":[{"Name":"Weak","Type":"Fail"}]}}]}`
	g := Of(inventory.Document{Resources: []inventory.Resource{
		{Kind: inventory.KindPipeline, Name: "p", Place: here, Spec: spec(map[string]any{"PipelineDefinition": definition})},
	}})
	var got []string
	for _, edge := range short(g) {
		if strings.Contains(edge, "PipelineStep/p/") {
			got = append(got, edge)
		}
	}
	slices.Sort(got)
	want := []string{
		"Pipeline/p -step-> PipelineStep/p/Evaluate",
		"Pipeline/p -step-> PipelineStep/p/Good",
		"Pipeline/p -step-> PipelineStep/p/Train",
		"PipelineStep/p/Create -after-> PipelineStep/p/Train",
		"PipelineStep/p/Create -containerImage-> ContainerImage/" + registry + "serve:1",
		"PipelineStep/p/Evaluate -after-> PipelineStep/p/Train",
		"PipelineStep/p/Good -after-> PipelineStep/p/Evaluate",
		"PipelineStep/p/Good -step-> PipelineStep/p/Create",
		"PipelineStep/p/Good -step-> PipelineStep/p/Weak",
		"PipelineStep/p/Train -containerImage-> ContainerImage/" + registry + "train:1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if cycles := g.cycles(); len(cycles) > 0 {
		t.Errorf("the steps go round in circles: %v", cycles)
	}
}
