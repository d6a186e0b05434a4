package reference

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

var here = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}

const arnHere = "arn:aws:sagemaker:us-east-1:123456789012:"

func TestParseARN(t *testing.T) {
	cases := map[string]struct {
		arn  string
		want ARN
		ok   bool
	}{
		"Endpoint":  {arnHere + "endpoint/churn-prod", ARN{Place: here, Kind: inventory.KindEndpoint, Name: "churn-prod"}, true},
		"Execution": {arnHere + "pipeline/p/execution/abc", ARN{Place: here, Kind: inventory.KindPipelineExecution, Name: "abc", Scope: "p"}, true},
		"Package":   {arnHere + "model-package/churn/3", ARN{Place: here, Kind: inventory.KindModelPackage, Name: "3", Scope: "churn"}, true},
		"Single":    {arnHere + "model-package/solo", ARN{Place: here, Kind: inventory.KindModelPackage, Name: "solo"}, true},
		"App":       {arnHere + "app/d-1/ada/JupyterLab/default", ARN{Place: here, Kind: inventory.KindApp, Name: "ada/JupyterLab/default", Scope: "d-1"}, true},
		"Other":     {"arn:aws:s3:::bucket/endpoint/x", ARN{}, false},
		"Unknown":   {arnHere + "quantum/x", ARN{}, false},
		"NoName":    {arnHere + "endpoint/", ARN{}, false},
		"NoScoped":  {arnHere + "app/d-1/", ARN{}, false},
		"Short":     {"arn:aws:sagemaker", ARN{}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := ParseARN(tc.arn)
			if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
				t.Errorf("ParseARN(%q) is %v (-want +got):\n%s", tc.arn, ok, diff)
			}
		})
	}
}

// pipelineDefinition has parameters, a join, and a part known at run time only.
const pipelineDefinition = `{"Parameters":[{"Name":"In","DefaultValue":"s3://b/in/"}],
"Steps":[{"Name":"Clean","Type":"Processing","Arguments":{
 "AppSpecification":{"ImageUri":"123456789012.dkr.ecr.us-east-1.amazonaws.com/clean:1"},
 "ProcessingInputs":[{"S3Input":{"S3Uri":{"Get":"Parameters.In"}}}],
 "ProcessingOutputConfig":{"Outputs":[{"S3Output":{"S3Uri":{"Std:Join":{"On":"/","Values":["s3://b/out",{"Get":"Execution.PipelineExecutionId"},"x"]}}}}]}}}]}`

func TestOf(t *testing.T) {
	cases := map[string]struct {
		kind   inventory.ResourceKind
		fields map[string]any
		want   []Reference
	}{
		"Training": {inventory.KindTrainingJob, map[string]any{
			"AlgorithmSpecification": map[string]any{"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1"},
			"HyperParameters":        map[string]any{"sagemaker_submit_directory": `"s3://b/code.tar.gz"`},
			"OutputDataConfig":       map[string]any{"KmsKeyId": "alias/ours", "S3OutputPath": "s3://b/models/"},
			"RoleArn":                "arn:aws:iam::123456789012:role/r",
			"VpcConfig":              map[string]any{"Subnets": []any{"subnet-0123456789abcdef0"}, "SecurityGroupIds": []any{"sg-01234567"}},
			"FailureReason":          "s3://b/elsewhere",
			"Environment":            map[string]any{"TOKEN": "***", "GREETING": "sg-nothing"},
		}, []Reference{
			{Field: "AlgorithmSpecification.TrainingImage", Kind: KindImageURI, Name: "123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1"},
			{Field: "HyperParameters.sagemaker_submit_directory", Kind: KindArtifact, Name: "s3://b/code.tar.gz"},
			{Field: "OutputDataConfig.KmsKeyId", Kind: KindKMSKey, Name: "alias/ours"},
			{Field: "OutputDataConfig.S3OutputPath", Kind: KindArtifact, Name: "s3://b/models/job", Output: true},
			{Field: "RoleArn", Kind: KindRole, Name: "arn:aws:iam::123456789012:role/r"},
			{Field: "VpcConfig.SecurityGroupIds", Kind: KindSecurityGroup, Name: "sg-01234567"},
			{Field: "VpcConfig.Subnets", Kind: KindSubnet, Name: "subnet-0123456789abcdef0"},
		}},
		"Names": {inventory.KindTransformJob, map[string]any{"ModelName": "m", "AutoMLJobArn": arnHere + "automl-job/a"}, []Reference{
			{Field: "AutoMLJobArn", Kind: inventory.KindAutoMLJob, Name: "a", Place: here},
			{Field: "ModelName", Kind: inventory.KindModel, Name: "m", Place: here},
		}},
		"Monitoring": {inventory.KindMonitoringSchedule, map[string]any{"MonitoringScheduleConfig": map[string]any{"MonitoringType": "ModelBias", "MonitoringJobDefinitionName": "d"}}, []Reference{
			{Field: "MonitoringScheduleConfig.MonitoringJobDefinitionName", Kind: inventory.KindModelBiasJobDefinition, Name: "d", Place: here},
		}},
		"Pipeline": {inventory.KindPipeline, map[string]any{"PipelineDefinition": pipelineDefinition}, []Reference{
			{Field: "PipelineDefinition.Parameters.DefaultValue", Kind: KindArtifact, Name: "s3://b/in"},
			{Field: "PipelineDefinition.Steps.Arguments.AppSpecification.ImageUri", Kind: KindImageURI, Name: "123456789012.dkr.ecr.us-east-1.amazonaws.com/clean:1"},
			{Field: "PipelineDefinition.Steps.Arguments.ProcessingOutputConfig.Outputs.S3Output.S3Uri", Kind: KindArtifact, Name: "s3://b/out", Output: true},
		}},
		"Nothing": {inventory.KindModel, nil, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			text, _ := json.Marshal(tc.fields)
			r := inventory.Resource{Kind: tc.kind, Name: "job", Place: here, Spec: inventory.Spec(text)}
			if diff := cmp.Diff(tc.want, Of(&r)); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzOf(f *testing.F) {
	f.Add(`{"PipelineDefinition":"{\"Parameters\":[{\"Name\":\"a\"}],\"Steps\":[{\"Get\":\"Parameters.a\"}]}"}`)
	f.Add(`{"a":[[[["s3://"]]],"arn:aws:iam::1:role/x"],"RoleArn":"arn:aws:sagemaker:::app/a/b/c"}`)
	f.Add(`{"":[[[[]]],"0"],"000":"arn:00:sagemaker:::app/0/"}`) // once gave an empty name
	f.Fuzz(func(t *testing.T, text string) {
		r := inventory.Resource{Kind: inventory.KindTrainingJob, Name: "job", Place: here, Spec: inventory.Spec(text)}
		for _, found := range Of(&r) {
			if found.Name == "" || found.Kind == "" {
				t.Fatalf("%q names %+v", text, found)
			}
		}
		ParseARN(text)
	})
}
