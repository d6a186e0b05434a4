package membership

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

var here = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}

const arnHere = "arn:aws:sagemaker:us-east-1:123456789012:"

// spec writes fields as a description.
func spec(fields map[string]any) inventory.Spec {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return inventory.Spec(text)
}

// world is an account in which every case of TestOf finds what it belongs to.
func world(r inventory.Resource) inventory.Document {
	resources := []inventory.Resource{
		{Kind: inventory.KindHyperParameterTuningJob, Name: "churn-tune-261120-0633", ARN: arnHere + "hyper-parameter-tuning-job/churn-tune-261120-0633", Spec: spec(map[string]any{"TrainingJobSummaries": []any{map[string]any{"TrainingJobArn": arnHere + "training-job/summed"}}})},
		{Kind: inventory.KindPipeline, Name: "Churn-Build", ARN: arnHere + "pipeline/churn-build", Tags: []inventory.Tag{{Key: projectTag, Value: "growth"}}},
		{Kind: inventory.KindPipelineExecution, Name: "x0xe3u0axl5w", ARN: arnHere + "pipeline/churn-build/execution/x0xe3u0axl5w", Spec: spec(map[string]any{"PipelineExecutionSteps": []any{map[string]any{"Metadata": map[string]any{"TrainingJob": map[string]any{"Arn": arnHere + "training-job/own-name"}}}}})},
		{Kind: inventory.KindModelPackage, Name: "churn/3", ARN: arnHere + "model-package/churn/3"},
		{Kind: inventory.KindModelPackage, Name: "leads/3", ARN: arnHere + "model-package/leads/3"},
		{Kind: inventory.KindAutoMLJob, Name: "leads-auto", ARN: arnHere + "automl-job/leads-auto"},
		{Kind: inventory.KindMonitoringSchedule, Name: "churn-quality", Spec: spec(map[string]any{"MonitoringScheduleConfig": map[string]any{"MonitoringJobDefinitionName": "churn-dq", "MonitoringType": "DataQuality"}})},
		{Kind: inventory.KindDomain, Name: "growth-studio", ARN: arnHere + "domain/d-abc123", Spec: spec(map[string]any{"DomainId": "d-abc123", "DefaultUserSettings": map[string]any{"KernelGatewayAppSettings": map[string]any{"LifecycleConfigArns": []any{arnHere + "studio-lifecycle-config/install"}, "CustomImages": []any{map[string]any{"ImageName": "ours", "AppImageConfigName": "ours-config"}}}}})},
		{Kind: inventory.KindNotebookInstance, Name: "nb", Spec: spec(map[string]any{"NotebookInstanceLifecycleConfigName": "idle-stop", "DefaultCodeRepository": "churn-code"})},
		{Kind: inventory.KindTransformJob, Name: "score-2026-10-01-12-00-00-123", Spec: spec(map[string]any{"ModelName": "batch-model"})},
		{Kind: inventory.KindModel, Name: "old-1", Place: here},
		{Kind: inventory.KindExperiment, Name: "churn-exp"},
		{Kind: inventory.KindTrial, Name: "churn-trial", Parent: "churn-exp"},
		{Kind: inventory.KindLabelingJob, Name: "label", Spec: spec(map[string]any{"HumanTaskConfig": map[string]any{"WorkteamArn": arnHere + "workteam/private-crowd/us"}})},
		{Kind: inventory.KindWorkteam, Name: "us", ARN: arnHere + "workteam/private-crowd/us", Spec: spec(map[string]any{"Workteam": map[string]any{"WorkforceArn": arnHere + "workforce/default"}})},
	}
	for i := range resources {
		resources[i].Place = here
	}
	r.Place = here
	return inventory.Document{
		Endpoints: []inventory.Endpoint{{
			Place: here, Name: "Churn-Prod", Config: inventory.Config{Name: "churn-prod-2026-10-01"},
			Variants:   []inventory.Variant{{ModelName: "churn"}},
			Components: []inventory.Component{{Name: "part", ModelName: "part-model"}},
		}},
		Resources: append(resources, r),
	}
}

func TestOf(t *testing.T) {
	cases := map[string]struct {
		resource inventory.Resource
		want     string
	}{
		"ModelOfEndpoint":    {inventory.Resource{Kind: inventory.KindModel, Name: "churn"}, "Endpoint/Churn-Prod"},
		"ModelOfComponent":   {inventory.Resource{Kind: inventory.KindModel, Name: "part-model"}, "Endpoint/Churn-Prod"},
		"ConfigOfEndpoint":   {inventory.Resource{Kind: inventory.KindEndpointConfig, Name: "churn-prod-2026-10-01"}, "Endpoint/Churn-Prod"},
		"EarlierConfig":      {inventory.Resource{Kind: inventory.KindEndpointConfig, Name: "churn-prod-2026-09-01"}, "Endpoint/Churn-Prod"},
		"ConfigOfModel":      {inventory.Resource{Kind: inventory.KindEndpointConfig, Name: "other", Spec: spec(map[string]any{"ProductionVariants": []any{map[string]any{"ModelName": "churn"}}})}, "Endpoint/Churn-Prod"},
		"ConfigOfOldModel":   {inventory.Resource{Kind: inventory.KindEndpointConfig, Name: "other", Spec: spec(map[string]any{"ProductionVariants": []any{map[string]any{"ModelName": "old-1"}}})}, "UnusedModel/old-1"},
		"ConfigAlone":        {inventory.Resource{Kind: inventory.KindEndpointConfig, Name: "lost-20260101"}, "UnusedModel/lost"},
		"ModelOfTransform":   {inventory.Resource{Kind: inventory.KindModel, Name: "batch-model"}, "BatchTransform/score"},
		"ModelAlone":         {inventory.Resource{Kind: inventory.KindModel, Name: "lost-2026-10-01-12-00-00-123"}, "UnusedModel/lost"},
		"TrainingFamily":     {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "churn-train-2026-10-01-12-00-00-123"}, "Training/churn-train"},
		"TuningByParent":     {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "x", Parent: arnHere + "hyper-parameter-tuning-job/churn-tune-261120-0633"}, "Tuning/churn-tune"},
		"TuningByParentName": {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "x", Parent: "churn-tune-261120-0633"}, "Tuning/churn-tune"},
		"TuningByField":      {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "x", Spec: spec(map[string]any{"TuningJobArn": arnHere + "hyper-parameter-tuning-job/churn-tune-261120-0633"})}, "Tuning/churn-tune"},
		"TuningByName":       {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "churn-tune-261120-0633-003-1a2b3c4d"}, "Tuning/churn-tune"},
		"TuningGone":         {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "x", Parent: arnHere + "hyper-parameter-tuning-job/gone-261120-0633"}, "Tuning/gone"},
		"PipelineByName":     {inventory.Resource{Kind: inventory.KindProcessingJob, Name: "pipelines-x0xe3u0axl5w-Clean-v8xQYp5GJK"}, "Pipeline/Churn-Build"},
		"PipelineByParent":   {inventory.Resource{Kind: inventory.KindModel, Name: "m", Parent: arnHere + "pipeline/churn-build/execution/gone00000000"}, "Pipeline/Churn-Build"},
		"PipelineByStep":     {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "own-name"}, "Pipeline/Churn-Build"},
		"TuningBySummary":    {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "summed"}, "Tuning/churn-tune"},
		"ScheduleOfEndpoint": {inventory.Resource{Kind: inventory.KindMonitoringSchedule, Name: "other", Parent: "Churn-Prod"}, "Monitoring/other"},
		"ScheduleParentARN":  {inventory.Resource{Kind: inventory.KindMonitoringSchedule, Name: "other", Parent: arnHere + "endpoint/churn-prod"}, "Monitoring/other"},
		"WorkteamByParent":   {inventory.Resource{Kind: inventory.KindWorkteam, Name: "us", ARN: arnHere + "workteam/private-crowd/us", Parent: arnHere + "workforce/default"}, "Labeling/label"},
		"CardOfPackage":      {inventory.Resource{Kind: inventory.KindModelCard, Name: "card", Spec: spec(map[string]any{"ModelId": arnHere + "model-package/leads/3"})}, "ModelRegistry/leads"},
		"Execution":          {inventory.Resource{Kind: inventory.KindPipelineExecution, Name: "nightly", ARN: arnHere + "pipeline/churn-build/execution/abcdefabcdef"}, "Pipeline/Churn-Build"},
		"ExecutionOfGone":    {inventory.Resource{Kind: inventory.KindPipelineExecution, Name: "nightly", ARN: arnHere + "pipeline/gone/execution/abcdefabcdef"}, "Pipeline/gone"},
		"AutoMLByName":       {inventory.Resource{Kind: inventory.KindProcessingJob, Name: "leads-auto-dpp0-1-6c2f0a3e5d7b"}, "AutoML/leads-auto"},
		"AutoMLByField":      {inventory.Resource{Kind: inventory.KindTransformJob, Name: "x", Spec: spec(map[string]any{"AutoMLJobArn": arnHere + "automl-job/leads-auto"})}, "AutoML/leads-auto"},
		"NotAutoML":          {inventory.Resource{Kind: inventory.KindTrainingJob, Name: "leads-auto-retrain"}, "Training/leads-auto-retrain"},
		"MonitoringByField":  {inventory.Resource{Kind: inventory.KindProcessingJob, Name: "x", Spec: spec(map[string]any{"MonitoringScheduleArn": arnHere + "monitoring-schedule/churn-quality"})}, "Monitoring/churn-quality"},
		"MonitoringByName":   {inventory.Resource{Kind: inventory.KindProcessingJob, Name: "model-monitoring-202611200600-0a1b2c3d4e5f60718293a4b5"}, "Monitoring/churn-quality"},
		"JobDefinition":      {inventory.Resource{Kind: inventory.KindDataQualityJobDefinition, Name: "churn-dq"}, "Monitoring/churn-quality"},
		"OtherDefinition":    {inventory.Resource{Kind: inventory.KindModelBiasJobDefinition, Name: "churn-dq"}, "Monitoring/churn-dq"},
		"DebuggerRule":       {inventory.Resource{Kind: inventory.KindProcessingJob, Name: "x", Spec: spec(map[string]any{"TrainingJobArn": arnHere + "training-job/churn-train-2026-10-01-12-00-00-123"})}, "Training/churn-train"},
		"Profile":            {inventory.Resource{Kind: inventory.KindUserProfile, Name: "ada", ARN: arnHere + "user-profile/d-abc123/ada"}, "Studio/growth-studio"},
		"SpaceByParent":      {inventory.Resource{Kind: inventory.KindSpace, Name: "s", Parent: "d-abc123"}, "Studio/growth-studio"},
		"AppByField":         {inventory.Resource{Kind: inventory.KindApp, Name: "default", Spec: spec(map[string]any{"DomainId": "d-abc123"})}, "Studio/growth-studio"},
		"ProfileOfGone":      {inventory.Resource{Kind: inventory.KindUserProfile, Name: "ada", ARN: arnHere + "user-profile/d-gone/ada"}, "Studio/d-gone"},
		"StudioLifecycle":    {inventory.Resource{Kind: inventory.KindStudioLifecycleConfig, Name: "install", ARN: arnHere + "studio-lifecycle-config/install"}, "Studio/growth-studio"},
		"StudioImage":        {inventory.Resource{Kind: inventory.KindImage, Name: "ours"}, "Studio/growth-studio"},
		"StudioImageConfig":  {inventory.Resource{Kind: inventory.KindAppImageConfig, Name: "unnamed-config"}, "Studio/growth-studio"},
		"NotebookLifecycle":  {inventory.Resource{Kind: inventory.KindNotebookLifecycleConfig, Name: "idle-stop"}, "Notebook/nb"},
		"NotebookCode":       {inventory.Resource{Kind: inventory.KindCodeRepository, Name: "churn-code"}, "Notebook/nb"},
		"CodeAlone":          {inventory.Resource{Kind: inventory.KindCodeRepository, Name: "other-code"}, "Notebook/other-code"},
		"Package":            {inventory.Resource{Kind: inventory.KindModelPackage, Name: "3", ARN: arnHere + "model-package/churn/3"}, "ModelRegistry/churn"},
		"PackageByField":     {inventory.Resource{Kind: inventory.KindModelPackage, Name: "3", Spec: spec(map[string]any{"ModelPackageGroupName": "churn"})}, "ModelRegistry/churn"},
		"PackageUnversioned": {inventory.Resource{Kind: inventory.KindModelPackage, Name: "solo", ARN: arnHere + "model-package/solo"}, "ModelRegistry/solo"},
		"Component":          {inventory.Resource{Kind: inventory.KindTrialComponent, Name: "c", Parent: "churn-trial"}, "Experiments/churn-exp"},
		"ComponentByName":    {inventory.Resource{Kind: inventory.KindTrialComponent, Name: "churn-trial-component-1"}, "Experiments/churn-exp"},
		"TrialByName":        {inventory.Resource{Kind: inventory.KindTrial, Name: "churn-exp-second"}, "Experiments/churn-exp"},
		"TrialOfNone":        {inventory.Resource{Kind: inventory.KindTrial, Name: "other-second"}, "Experiments/other-second"},
		"ComponentOfJob":     {inventory.Resource{Kind: inventory.KindTrialComponent, Name: "c", Spec: spec(map[string]any{"Source": map[string]any{"SourceArn": arnHere + "training-job/churn-train-2026-10-01-12-00-00-123"}})}, "Training/churn-train"},
		"HubContent":         {inventory.Resource{Kind: inventory.KindHubContent, Name: "bert", ARN: arnHere + "hub-content/ours/Model/bert/1.0"}, "Hub/ours"},
		"Workforce":          {inventory.Resource{Kind: inventory.KindWorkforce, Name: "default", ARN: arnHere + "workforce/default"}, "Labeling/label"},
		"Project":            {inventory.Resource{Kind: inventory.KindProject, Name: "growth"}, "Pipeline/Churn-Build"},
		"Card":               {inventory.Resource{Kind: inventory.KindModelCard, Name: "card", Spec: spec(map[string]any{"Content": `{"model_overview":{"model_id":"` + arnHere + `model/churn"}}`})}, "Endpoint/Churn-Prod"},
		"InferenceComponent": {inventory.Resource{Kind: inventory.KindInferenceComponent, Name: "stray", Parent: "churn-prod"}, "Endpoint/Churn-Prod"},
		"UnknownKind":        {inventory.Resource{Kind: "Quantum", Name: "q-2026"}, "Quantum/q-2026"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := world(tc.resource)
			m := Of(d)
			if got := m.Resources[len(m.Resources)-1]; got.String() != tc.want || got.Place != here {
				t.Errorf("%s %s belongs to %s, want %s", tc.resource.Kind, tc.resource.Name, got.Full(), tc.want)
			}
		})
	}
}

// TestNoKindBelongsToItself keeps the decisions from running in circles.
func TestNoKindBelongsToItself(t *testing.T) {
	// The rules that rest on no table add these.
	belongs := map[inventory.ResourceKind][]inventory.ResourceKind{
		inventory.KindProject:    {inventory.KindPipeline},
		inventory.KindPartnerApp: {inventory.KindDomain},
	}
	for _, table := range []map[inventory.ResourceKind][]inventory.ResourceKind{parentKinds, supporting, describing} {
		for kind, owners := range table {
			belongs[kind] = append(belongs[kind], owners...)
		}
	}
	var visit func(kind inventory.ResourceKind, path []inventory.ResourceKind)
	visit = func(kind inventory.ResourceKind, path []inventory.ResourceKind) {
		if slices.Contains(path, kind) {
			t.Fatalf("%s belongs to itself: %v", kind, path)
		}
		for _, owner := range belongs[kind] {
			visit(owner, append(path[:len(path):len(path)], kind))
		}
	}
	for kind := range belongs {
		visit(kind, nil)
	}
}

// TestOfAnything gives every resource of any document one workload.
func TestOfAnything(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(ownWorkloads))
	words := []string{"a", "b", "c-001-1a2b3c4d", "c", "d-x", "model-monitoring-2026"}
	rapid.Check(t, func(t *rapid.T) {
		resource := rapid.Custom(func(t *rapid.T) inventory.Resource {
			return inventory.Resource{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Place: here, Name: rapid.SampledFrom(words).Draw(t, "name"),
				Parent: rapid.SampledFrom(append(words, "", arnHere+"pipeline/a/execution/b", arnHere+"domain/d-x")).Draw(t, "parent"),
				ARN:    rapid.SampledFrom([]string{"", arnHere + "user-profile/d-x/b", arnHere + "domain/d-x"}).Draw(t, "arn"),
				Spec:   spec(map[string]any{"ModelName": "a", "TuningJobArn": arnHere + "hyper-parameter-tuning-job/c"}),
			}
		})
		d := inventory.Document{Resources: rapid.SliceOfN(resource, 0, 12).Draw(t, "resources")}
		for i, key := range Of(d).Resources {
			if key.Kind == "" || key.Name == "" || key.Place != here {
				t.Fatalf("%s %s belongs to %+v", d.Resources[i].Kind, d.Resources[i].Name, key)
			}
		}
	})
}
