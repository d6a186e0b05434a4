package export

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// demo is the demonstration account, scanned and planned.
func demo(t *testing.T) (inventory.Document, plan.Document) {
	t.Helper()
	data, err := os.ReadFile("../sagemaker/testdata/demo.inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	planned, _, err := plan.Build(inv, nil, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return inv, planned
}

// input is an endpoint of the demonstration account with an artifact.
func input(t *testing.T, endpoint string) Input {
	t.Helper()
	inv, planned := demo(t)
	return Input{
		Workload: *planned.Named(endpoint)[0], Endpoint: *inv.FindEndpoint(inv.Accounts[0].Place(), endpoint),
		Artifact: &Artifact{
			URI: "s3://acme-models/churn/2026-10/model.tar.gz", Digest: "sha256:" + strings.Repeat("1", 64),
			SizeBytes: 123_456, VolumeBytes: 300 << 20, Compression: v1alpha1.CompressionGzip,
		},
		Access: Access{Region: "us-east-1", CredentialsSecretName: "model-store"},
	}
}

func build(t *testing.T, in Input) Bundle {
	t.Helper()
	b, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDemoBundles(t *testing.T) {
	for _, endpoint := range []string{"Churn-Prod", "recommendations"} {
		t.Run(endpoint, func(t *testing.T) {
			files, err := build(t, input(t, endpoint)).Files(endpoint)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				checkGolden(t, filepath.Join("testdata", endpoint, file.Path), file.Data)
			}
		})
	}
}

func checkGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); run with -update if that is meant:\n%s", path, diff)
	}
}

func TestBuildRefuses(t *testing.T) {
	cases := map[string]struct {
		change func(*Input)
		want   string
	}{
		"decision":        {func(in *Input) { in.Workload.Decision = plan.Blocked }, "the plan says Blocked"},
		"other inventory": {func(in *Input) { in.Workload.Name = "other" }, "want the inventory that the plan was made from"},
		"mode":            {func(in *Input) { in.Endpoint.Mode = inventory.ModeAsync }, "its mode is Async"},
		"variants":        {func(in *Input) { in.Endpoint.Variants = nil }, "with 0 variants"},
		"no model":        {func(in *Input) { in.Endpoint.Models = nil }, "no single container"},
		"another model":   {func(in *Input) { in.Workload.ModelName = "churn-2026-09" }, "make the plan again"},
		"no image": {func(in *Input) {
			in.Workload.Image, in.Endpoint.Models[0].Containers[0].Image = "", nil
		}, "names no image"},
		"no name":        {func(in *Input) { in.Workload.Names.Model = "" }, "names no Model"},
		"no resources":   {func(in *Input) { in.Workload.Resources = plan.Resources{} }, "gives no resources"},
		"bad resources":  {func(in *Input) { in.Workload.Resources.Limits.CPU = "two" }, "resources.limits"},
		"local artifact": {func(in *Input) { in.Artifact.URI = "file:///model.tar.gz" }, "begins with one of s3://"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			in := input(t, "Churn-Prod")
			tc.change(&in)
			if _, err := Build(in); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	closed := "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
	cases := map[string]struct {
		change   func(*Input)
		id       string
		severity Severity
	}{
		"refused archive": {func(in *Input) { in.Artifact.Refused = "archive refused: entry \"../x\"" }, "UnsafeArchive", SeverityError},
		"closed image":    {func(in *Input) { in.Workload.Image = closed }, "ClosedImage", SeverityError},
		"tag":             {func(in *Input) { in.Workload.Image = "registry.example.com/a:1" }, "ImageUnpinned", SeverityWarning},
		"prefix":          {func(in *Input) { in.Artifact.Compression = v1alpha1.CompressionNone }, "ArtifactUnpinned", SeverityWarning},
		"replaced since": {
			func(in *Input) { in.Artifact.ModifiedAt = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }, "ArtifactReplaced", SeverityWarning,
		},
		"another entity tag": {
			func(in *Input) {
				in.Artifact.ETag = `"b"`
				in.Endpoint.Models[0].Containers[0].Artifact.ETag = "a"
			}, "ArtifactReplaced", SeverityWarning,
		},
		"configuration made again": {
			func(in *Input) { in.Endpoint.Config.CreatedAt = "2026-11-01T00:00:00Z" }, "CreatedAgain", SeverityWarning,
		},
		"model made again": {
			func(in *Input) { in.Endpoint.Models[0].CreatedAt = "2026-11-01T00:00:00Z" }, "CreatedAgain", SeverityWarning,
		},
		"nothing is wrong": {func(*Input) {}, "HardeningUnproven", SeverityWarning},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			in := input(t, "Churn-Prod")
			tc.change(&in)
			b := build(t, in)
			index := slices.IndexFunc(b.Findings, func(f Finding) bool { return f.ID == tc.id })
			if index < 0 || b.Findings[index].Severity != tc.severity || b.Findings[index].Do == "" {
				t.Fatalf("no %s %s in %+v", tc.severity, tc.id, b.Findings)
			}
			files, err := b.Files("Churn-Prod")
			if err != nil {
				t.Fatal(err)
			}
			hasManifests := slices.ContainsFunc(files, func(f File) bool { return f.Path == ModelPath })
			if b.Deployable() == (tc.severity == SeverityError) || hasManifests != b.Deployable() {
				t.Errorf("deployable %t, manifests %t", b.Deployable(), hasManifests)
			}
		})
	}
}

func TestNothingIsReplacedBeforeTheLastChange(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Artifact.ModifiedAt, in.Artifact.ETag = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), `"a"`
	in.Endpoint.Models[0].Containers[0].Artifact.ETag = "a"
	for _, f := range build(t, in).Findings {
		if f.ID == "ArtifactReplaced" || f.ID == "CreatedAgain" {
			t.Errorf("found %+v", f)
		}
	}
}

func TestImageThatCarriesItsModel(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Artifact = nil
	if got := build(t, in).Model.Spec.Artifact; got != nil {
		t.Errorf("got an artifact %+v", got)
	}
}

func TestMaskedValuesComeFromASecret(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Endpoint.Models[0].Containers[0].Env = map[string]string{"A": "plain", "HF_TOKEN": inventory.Masked}
	in.Endpoint.Models[0].Containers[0].MaskedEnv = []string{"HF_TOKEN"}
	b := build(t, in)
	env := b.Model.Spec.Container.Env
	if len(env) != 2 || env[0].Value != "plain" || env[1].Value != "" || env[1].ValueFrom.SecretKeyRef.Name != "churn-2026-10-env" ||
		env[1].ValueFrom.SecretKeyRef.Key != "HF_TOKEN" {
		t.Errorf("environment is %+v", env)
	}
	if !slices.ContainsFunc(b.Findings, func(f Finding) bool { return f.ID == "SecretNeeded" && strings.Contains(f.Message, "HF_TOKEN") }) {
		t.Errorf("nobody is told to create the Secret: %+v", b.Findings)
	}
}

func TestPlanDecidesSizeAndNames(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Workload.Names = plan.Names{Endpoint: "mine", Model: "my-model"}
	in.Workload.Replicas = plan.Replicas{Min: 3, Max: 9}
	in.Workload.Resources = plan.Resources{Requests: plan.Amounts{CPU: "1", Memory: "2Gi"}}
	in.Workload.WorkloadClassName, in.Workload.StartupTimeoutSeconds, in.Workload.Rollout = "online", 600, nil
	b := build(t, in)
	pods := b.Endpoint.Spec.Variants[1].Pods
	if b.Endpoint.Name != "mine" || b.Model.Name != "my-model" || pods.ModelRef.Name != "my-model" ||
		pods.Replicas.Min != 3 || *pods.Replicas.Max != 9 || pods.WorkloadClassName != "online" ||
		pods.StartupTimeoutSeconds != 600 || pods.Resources.Limits != nil || b.Endpoint.Spec.EndpointName != "Churn-Prod" {
		t.Errorf("got %+v with %+v", b.Endpoint.Spec, pods)
	}
}
