package export

import (
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// several is an endpoint with two containers.
func several(t *testing.T, change func(*Input)) Input {
	t.Helper()
	in := input(t, "Churn-Prod")
	in.Artifact = nil
	model := &in.Endpoint.Models[0]
	closed, err := inventory.ParseImage("382416733822.dkr.ecr.us-east-1.amazonaws.com/pca:1")
	if err != nil {
		t.Fatal(err)
	}
	model.Containers = append(model.Containers, inventory.Container{
		Hostname: "reduce", Image: &closed, Artifact: &inventory.Artifact{URI: "s3://acme-models/pca/model.tar.gz", Compression: "Gzip"},
		Env: map[string]string{"SAGEMAKER_MODEL_SERVER_WORKERS": "3"},
	})
	in.Endpoint.Mode = inventory.ModeOf(in.Endpoint)
	change(&in)
	return in
}

func TestSeveralContainersAreFindings(t *testing.T) {
	cases := map[string]struct {
		change func(*Input)
		// want are findings as "ID where", each with a part of its message or
		// advice.
		want map[string]string
	}{
		"one after the other": {func(in *Input) { in.Endpoint.Models[0].ExecutionMode = "Serial" }, map[string]string{
			"SeveralContainers model churn-2026-10: containers[0]":                                   "container-1 is container 1 of 2",
			"SeveralContainers model churn-2026-10: containers[1]":                                   "reduce is container 2 of 2, of the image 382416733822.dkr.ecr.us-east-1.amazonaws.com/pca:1 with the files s3://acme-models/pca/model.tar.gz; requests pass",
			"ClosedImage model churn-2026-10: containers[1].image":                                   "does not run outside SageMaker",
			"WorkerAssumption model churn-2026-10: containers[1].env.SAGEMAKER_MODEL_SERVER_WORKERS": "is 3",
		}},
		"named by the caller": {func(in *Input) { in.Endpoint.Models[0].ExecutionMode = "Direct" }, map[string]string{
			"SeveralContainers model churn-2026-10: containers[0]": "TargetContainerHostname",
		}},
		"many models": {
			func(in *Input) {
				model := &in.Endpoint.Models[0]
				model.Containers = model.Containers[1:]
				model.Containers[0].Mode, model.Containers[0].Artifact.URI = "MultiModel", "s3://acme-models/all/"
				in.Endpoint.Mode = inventory.ModeOf(in.Endpoint)
			},
			map[string]string{"MultiModel model churn-2026-10: containers[0].mode": "every model below s3://acme-models/all/"},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			in := several(t, test.change)
			b := build(t, in)
			if b.Deployable() || b.Model != nil || b.Endpoint != nil {
				t.Fatalf("it is deployable: %+v", b)
			}
			for want, part := range test.want {
				at := slices.IndexFunc(b.Findings, func(f Finding) bool { return f.ID+" "+f.Where == want })
				if at < 0 || !strings.Contains(b.Findings[at].Message, part) || b.Findings[at].Do == "" {
					t.Errorf("nothing says %s: %s\n%+v", want, part, b.Findings)
				}
			}
			for i := range b.Findings {
				if i > 0 && b.Findings[i] == b.Findings[i-1] {
					t.Errorf("said twice: %+v", b.Findings[i])
				}
			}
			files, err := b.Files("Churn-Prod")
			if err != nil || len(files) != 1 || files[0].Path != FindingsPath {
				t.Errorf("the bundle has %d files (%v)", len(files), err)
			}
			if served, err := Served(in.Workload, in.Endpoint); err != nil || served.Artifact != nil {
				t.Errorf("its files would be fetched: %+v, %v", served, err)
			}
			in.Workload.Decision = plan.MoveLater
			if _, err := Build(in); err == nil {
				t.Error("it is exported against the plan")
			}
		})
	}
}

func TestEnvironmentSaysWhatItAssumes(t *testing.T) {
	in := input(t, "Churn-Prod")
	c := &in.Endpoint.Models[0].Containers[0]
	c.Env = map[string]string{
		"SAGEMAKER_TS_BATCH_SIZE": "16", "FEATURE_BUCKET": "acme-features", "WEB_CONCURRENCY": "***", "GREETING": "hello",
		"SAGEMAKER_SUBMIT_DIRECTORY": "s3://acme-code/sourcedir.tar.gz",
	}
	c.MaskedEnv = []string{"WEB_CONCURRENCY"}
	var got []string
	for _, f := range build(t, in).Findings {
		if at := strings.Index(f.Where, "containers[0].env."); at >= 0 {
			got = append(got, f.ID+" "+f.Where[at+len("containers[0].env."):]+" "+f.Quote)
		}
	}
	slices.Sort(got)
	want := []string{
		"AWSCall SAGEMAKER_SUBMIT_DIRECTORY SAGEMAKER_SUBMIT_DIRECTORY=s3://acme-code/sourcedir.tar.gz",
		"BatchAssumption SAGEMAKER_TS_BATCH_SIZE SAGEMAKER_TS_BATCH_SIZE=16",
		"HardcodedBucket FEATURE_BUCKET FEATURE_BUCKET=acme-features",
		"HardcodedBucket SAGEMAKER_SUBMIT_DIRECTORY SAGEMAKER_SUBMIT_DIRECTORY=s3://acme-code/sourcedir.tar.gz",
		"SageMakerVariable SAGEMAKER_SUBMIT_DIRECTORY ",
		"SageMakerVariable SAGEMAKER_TS_BATCH_SIZE ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
