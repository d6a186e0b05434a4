package answer

import (
	"encoding/base64"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/google/go-cmp/cmp"
)

func TestSpec(t *testing.T) {
	out := &sagemaker.DescribeTrainingJobOutput{
		TrainingJobName: aws.String("t1"), RoleArn: aws.String("arn:aws:iam::1:role/r"),
		TrainingStartTime:     aws.Time(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))),
		HyperParameters:       map[string]string{"epochs": "3", "hf_token": "hunter2", "command": "run --password=hunter2"},
		Environment:           map[string]string{},
		BillableTimeInSeconds: aws.Int32(0), EnableManagedSpotTraining: aws.Bool(false),
		AlgorithmSpecification: &types.AlgorithmSpecification{
			ContainerArguments: []string{"--api-key", "hunter2", "--epochs", "3"}, TrainingInputMode: types.TrainingInputModeFile,
		},
		FinalMetricDataList: []types.MetricData{{MetricName: aws.String("loss"), Value: aws.Float32(float32(math.NaN()))}, {Value: aws.Float32(0.1)}},
		VpcConfig:           &types.VpcConfig{},
	}
	spec, masked := Spec(out, map[string]bool{"TrainingJobName": true})
	const want = `{"AlgorithmSpecification":{"ContainerArguments":["--api-key","***","--epochs","3"],"TrainingInputMode":"File"},` +
		`"BillableTimeInSeconds":0,"FinalMetricDataList":[{"MetricName":"loss","Value":null},{"Value":0.1}],` +
		`"HyperParameters":{"command":"***","epochs":"3","hf_token":"***"},` +
		`"RoleArn":"arn:aws:iam::1:role/r","TrainingStartTime":"2026-01-02T02:04:05Z"}`
	if diff := cmp.Diff(want, string(spec)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	paths := []string{"AlgorithmSpecification.ContainerArguments[]", "HyperParameters.command", "HyperParameters.hf_token"}
	if diff := cmp.Diff(paths, masked); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
}

func TestUnionsStandByTheirMember(t *testing.T) {
	spec, _ := Spec(&sagemaker.DescribeAutoMLJobV2Output{AutoMLProblemTypeConfig: &types.AutoMLProblemTypeConfigMemberTabularJobConfig{
		Value: types.TabularJobConfig{TargetAttributeName: aws.String("y")},
	}}, nil)
	if got, want := string(spec), `{"AutoMLProblemTypeConfig":{"TabularJobConfig":{"TargetAttributeName":"y"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTextsAreMaskedInside(t *testing.T) {
	script := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nexport DB_PASSWORD=hunter2\n"))
	cases := map[string]struct{ text, field, hint, secret, kept string }{
		"definition of a pipeline": {
			`{"Steps":[{"Name":"train","Arguments":{"Environment":{"HF_TOKEN":"hunter2","A":"b"}}}]}`, "PipelineDefinition", "", "hunter2", `"A":"b"`,
		},
		"default of a parameter": {`[{"Name":"DbPassword","DefaultValue":"hunter2"}]`, "Parameters", "", "hunter2", "DbPassword"},
		"argument behind a flag": {`{"ContainerArguments":["--token","hunter2","go"]}`, "PipelineDefinition", "", "hunter2", `"go"`},
		"script in base64":       {script, "Content", "", base64.StdEncoding.EncodeToString([]byte("hunter2"))[:6], ""},
		"password in an address": {"https://me:hunter2@git.example.com/x", "RepositoryUrl", "", "hunter2", "git.example.com/x"},
		"signed address":         {"s3://b/k?X-Amz-Signature=hunter2&x=1", "S3Uri", "", "hunter2", "x=1"},
		"variable":               {"hunter2", "", "API_KEY", "hunter2", ""},
		"reason":                 {"login with PASSWORD=hunter2 failed", "FailureReason", "", "hunter2", "login with"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, did := mask(tc.text, tc.field, tc.hint)
			if !did || strings.Contains(got, tc.secret) || !strings.Contains(got, tc.kept) {
				t.Errorf("got %s", got)
			}
			if again, _ := mask(got, tc.field, tc.hint); again != got {
				t.Errorf("masked again it reads %s", again)
			}
		})
	}
	for field, text := range map[string]string{
		"ModelName": "churn-sk-learn-model-2026", "PipelineDefinition": `{ "b" : 1, "a": [ ] }`,
		"Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/x@sha256:0123456789abcdef0123456789abcdef", "TrainingJobName": "Fraud-XgBoost-2026-AbCd1234EfGh5678IjKl",
		"Content": base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\npip install x\n")),
	} {
		if got, did := mask(text, field, ""); did || got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func TestUnknown(t *testing.T) {
	body := `{"TrainingJobName":"x","NewThing":{"a":1},"resourceConfig":{"InstanceType":"ml.m5.large","Newer":2},
		"InputDataConfig":[{"ChannelName":"c","Newest":1}],"HyperParameters":{"any":"thing"},"__type":"x","Gone":null}`
	got := Unknown([]byte(body), reflect.TypeFor[sagemaker.DescribeTrainingJobOutput]())
	if diff := cmp.Diff([]string{"InputDataConfig[].Newest", "NewThing", "resourceConfig.Newer"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	union := `{"AutoMLProblemTypeConfig":{"TabularJobConfig":{"New":1}},"AutoMLProblemTypeConfigName":"x"}`
	got = Unknown([]byte(union), reflect.TypeFor[sagemaker.DescribeAutoMLJobV2Output]())
	if diff := cmp.Diff([]string{"AutoMLProblemTypeConfig.TabularJobConfig.New"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Unknown([]byte("<html>"), reflect.TypeFor[sagemaker.DescribeModelOutput]()); got != nil {
		t.Errorf("got %v of what is no JSON", got)
	}
}

func FuzzMask(f *testing.F) {
	f.Add(`{"a":[1,"x"]}`, "Content", "")
	f.Add("aGVsbG8=", "Content", "TOKEN")
	f.Fuzz(func(t *testing.T, text, field, hint string) {
		once, _ := mask(text, field, hint)
		if isJSON(text) && !isJSON(once) && hint == "" && field == "" {
			t.Errorf("%q is no JSON any more: %q", text, once)
		}
	})
}
