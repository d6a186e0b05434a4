package standin

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFleetAccount holds the large demonstration account to what it is for:
// every kind, no name of something that is not there but the one in demo.yaml,
// and pipelines that can be read.
func TestFleetAccount(t *testing.T) {
	a, err := Load("accounts/fleet.yaml", environment(map[string]string{"CHURN_BACKEND_URL": ""}))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, k := range kinds {
		n := len(a.Resources[k.key])
		if n == 0 && k.input != nil && !slices.Contains([]string{"subscribedWorkteams"}, k.key) {
			t.Errorf("no %s", k.key)
		}
		if k.input != nil {
			total += n
		}
	}
	if total < 350 || total > 450 || len(a.Resources["endpoints"]) < 25 {
		t.Errorf("%d resources, %d endpoints", total, len(a.Resources["endpoints"]))
	}
	server, err := New(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s := server.regions[0].store
	for _, c := range [][3]string{
		{"endpoints", "EndpointConfigName", "endpointConfigs"}, {"transformJobs", "ModelName", "models"},
		{"inferenceComponents", "EndpointName", "endpoints"}, {"inferenceComponents", "Specification.ModelName", "models"},
		{"inferenceComponents", "Specification.BaseInferenceComponentName", "inferenceComponents"},
		{"trainingJobs", "TuningJobArn", "hyperParameterTuningJobs"}, {"pipelineExecutions", "PipelineArn", "pipelines"},
		{"monitoringSchedules", "EndpointName", "endpoints"}, {"modelPackages", "ModelPackageGroupName", "modelPackageGroups"},
		{"edgePackagingJobs", "CompilationJobName", "compilationJobs"}, {"spaces", "DomainId", "domains"},
		{"notebookInstances", "NotebookInstanceLifecycleConfigName", "notebookInstanceLifecycleConfigs"},
		{"labelingJobs", "HumanTaskConfig.WorkteamArn", "workteams"}, {"flowDefinitions", "HumanLoopConfig.WorkteamArn", "workteams"},
	} {
		for _, r := range s.all(kindByKey(c[0]), now) {
			if to := r.text(c[1]); to != "" && to != "fraud-score-deleted" && s.find(kindByKey(c[2]), to, now) == nil {
				t.Errorf("%s %s names the missing %s %q", c[0], r.text(r.kind.name), c[2], to)
			}
		}
	}
	for _, config := range s.all(kindEndpointConfig, now) {
		for _, v := range variantsOf(config.fields) {
			if name, ok := v["ModelName"].(string); ok && s.find(kindModel, name, now) == nil {
				t.Errorf("configuration %s names the missing model %s", config.text("EndpointConfigName"), name)
			}
		}
	}
	checkPipelines(t, s.all(kindPipeline, now))
}

// checkPipelines wants every type of step that SageMaker's own SDK writes and
// that a translation has to deal with.
func checkPipelines(t *testing.T, pipelines []*record) {
	t.Helper()
	var all strings.Builder
	for _, p := range pipelines {
		text := p.text("PipelineDefinition")
		if !json.Valid([]byte(text)) {
			t.Errorf("the definition of %s is not JSON", p.text("PipelineName"))
		}
		all.WriteString(text)
	}
	for _, step := range []string{
		"Training", "Processing", "Transform", "Model", "RegisterModel", "Condition", "Lambda", "Callback", "Fail", "Tuning", "QualityCheck", "EMR",
	} {
		if !strings.Contains(all.String(), `"Type":"`+step+`"`) {
			t.Errorf("no step of type %s", step)
		}
	}
}

// TestInclude: included files come first, maps are merged, plain values of
// the including file count, and a circle ends.
func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "base.yaml", `
region: eu-west-1
limits: {pageSize: 7}
resources: {models: [{describe: {ModelName: base}}], endpoints: [{describe: {EndpointName: e}}]}
`)
	write(t, dir, "circle.yaml", "include: [circle.yaml]\n")
	text := minimal + "include: [base.yaml]\nresources: {models: [{describe: {ModelName: own}}]}\n"
	a, err := Parse([]byte(text), dir, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	models := a.Resources["models"]
	if a.Region != "us-east-1" || a.Limits.PageSize != 7 || len(a.Resources["endpoints"]) != 1 ||
		len(models) != 2 || models[0].Describe["ModelName"] != "base" || models[1].Describe["ModelName"] != "own" {
		t.Errorf("%+v", a)
	}
	write(t, dir, "main.yaml", text)
	merged, err := Merged(filepath.Join(dir, "main.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(merged, t.TempDir(), environment(nil)) // nothing to include is left
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Resources, again.Resources, cmp.AllowUnexported(Resource{})); diff != "" {
		t.Errorf("merged: %s", diff)
	}
	for name, tc := range map[string][2]string{
		"Circle": {"include: [circle.yaml]", "include one another"}, "Missing": {"include: [none.yaml]", "read the included file"},
		"NoList": {"include: base.yaml", "not a list of files"}, "NoName": {"include: [[a]]", "not a file name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(minimal+tc[0]), dir, environment(nil))
			if err == nil || !strings.Contains(err.Error(), tc[1]) {
				t.Errorf("got %v, want %q", err, tc[1])
			}
		})
	}
}
