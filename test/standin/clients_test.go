package standin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// clientAccount is what the Python and CLI clients read.
const clientAccount = serving + `
metrics: [{endpoint: Both, variant: a, hourlyInvocations: [600]}]
scaling:
  scalableTargets: [{ServiceNamespace: sagemaker, ResourceId: endpoint/Both/variant/a, ScalableDimension: "sagemaker:variant:DesiredInstanceCount", MinCapacity: 1, MaxCapacity: 4, RoleARN: r, CreationTime: 2026-01-01T00:00:00Z}]
buckets: [{name: models, objects: [{key: a/seed.txt, text: seeded}]}]
`

// boto3Script prints one JSON object. It passes the endpoint explicitly:
// Debian's boto3 1.26 ignores AWS_ENDPOINT_URL_*.
const boto3Script = `
import datetime, json, sys, boto3, botocore
from botocore.config import Config
url = sys.argv[1]
def client(name, **kw):
    return boto3.client(name, endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="AKIDTEST", aws_secret_access_key="secret", config=Config(**kw))
out = {}
sm, rt = client("sagemaker"), client("sagemaker-runtime", retries={"max_attempts": 0})
pages = sm.get_paginator("list_endpoints").paginate(SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2})
out["endpoints"] = [e["EndpointName"] for p in pages for e in p["Endpoints"]]
def code(f):
    try: f()
    except botocore.exceptions.ClientError as e:
        return [type(e).__name__, e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]]
out["missing"] = code(lambda: sm.describe_endpoint(EndpointName="nobody"))
r = rt.invoke_endpoint(EndpointName="Both", Body=b"1,2", ContentType="text/csv", TargetVariant="a", CustomAttributes="x=1")
out["invoke"] = [r["Body"].read().decode(), r["ContentType"], r["InvokedProductionVariant"], r["CustomAttributes"]]
out["model error"] = code(lambda: rt.invoke_endpoint(EndpointName="Both", Body=b"x", TargetVariant="b"))
try: rt.invoke_endpoint(EndpointName="Both", Body=b"x", TargetVariant="b")
except rt.exceptions.ModelError as e: out["original"] = [e.response["OriginalStatusCode"], e.response["OriginalMessage"]]
out["not ready"] = code(lambda: rt.invoke_endpoint(EndpointName="creating", Body=b"x"))
t = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
m = client("cloudwatch").get_metric_data(StartTime=t - datetime.timedelta(hours=2), EndTime=t, MetricDataQueries=[{"Id": "q", "MetricStat": {
    "Metric": {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": [{"Name": "EndpointName", "Value": "Both"}, {"Name": "VariantName", "Value": "a"}]},
    "Period": 3600, "Stat": "Sum"}}])
out["metrics"] = m["MetricDataResults"][0]["Values"]
out["scaling"] = [x["ResourceId"] for x in client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]]
out["identity"] = client("sts").get_caller_identity()["Account"]
s3 = client("s3", s3={"addressing_style": "path"})
s3.put_object(Bucket="models", Key="from python+é", Body=b"hello")
out["objects"] = [s3.get_object(Bucket="models", Key="from python+é")["Body"].read().decode(),
    s3.get_object(Bucket="models", Key="a/seed.txt", Range="bytes=0-3")["Body"].read().decode(),
    [o["Key"] for o in s3.list_objects_v2(Bucket="models")["Contents"]]]
print(json.dumps(out))
`

func startForClients(t *testing.T) *standintest.Account {
	t.Helper()
	a := newContainer(t, say(`{"bytes": %d}`))
	b := newContainer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("teapot"))
	})
	return standintest.StartWith(t, standintest.Parse(t, clientAccount, map[string]string{"A": a.URL, "B": b.URL}), standin.Options{})
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDTEST", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "NO_PROXY=127.0.0.1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return string(out)
}

// installed keeps the commands that run with the given arguments. The system's
// own and the user's first choice may be of different ages, so both are tried;
// a version manager's shim may not run at all.
func installed(args []string, names ...string) []string {
	var found []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil && !slices.Contains(found, path) && exec.Command(path, args...).Run() == nil {
			found = append(found, path)
		}
	}
	return found
}

func TestBoto3(t *testing.T) {
	pythons := installed([]string{"-c", "import boto3"}, "/usr/bin/python3", "python3")
	if len(pythons) == 0 {
		t.Skip("no Python with boto3 (Debian: apt-get install python3-boto3)")
	}
	for _, python := range pythons {
		t.Run(python, func(t *testing.T) { readWithBoto3(t, python) })
	}
}

func readWithBoto3(t *testing.T, python string) {
	account := startForClients(t)
	var got map[string]any
	if err := json.Unmarshal([]byte(run(t, python, "-c", boto3Script, account.URL)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"endpoints":   []any{"Both", "async", "creating", "failed", "gone", "many", "packed", "silent", "small"},
		"missing":     []any{"ClientError", "ValidationException", 400.0},
		"invoke":      []any{`{"bytes": 3}`, "application/json", "a", "from the container"},
		"model error": []any{"ModelError", "ModelError", 424.0},
		"original":    []any{418.0, "teapot"},
		"not ready":   []any{"ModelNotReadyException", "ModelNotReadyException", 429.0},
		"metrics":     []any{600.0, 600.0},
		"scaling":     []any{"endpoint/Both/variant/a"},
		"identity":    "123456789012",
		"objects":     []any{"hello", "seed", []any{"a/seed.txt", "from python+é"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAWSCLI(t *testing.T) {
	commands := installed([]string{"--version"}, "/usr/bin/aws", "aws")
	if len(commands) == 0 {
		t.Skip("no AWS CLI (Debian: apt-get install awscli)")
	}
	for _, cli := range commands {
		t.Run(cli, func(t *testing.T) { useCLI(t, cli) })
	}
}

func useCLI(t *testing.T, cli string) {
	account := startForClients(t)
	at := []string{"--endpoint-url", account.URL, "--output", "text"}
	if got := run(t, cli, append(at, "sagemaker", "list-endpoints", "--name-contains", "Both", "--query", "Endpoints[].EndpointName")...); got != "Both\n" {
		t.Errorf("list-endpoints: %q", got)
	}
	file, body := t.TempDir()+"/out", t.TempDir()+"/body"
	if err := os.WriteFile(body, []byte("1,2"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, cli, append(at, "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "Both", "--target-variant", "a",
		"--body", "fileb://"+body, "--query", "InvokedProductionVariant", file)...)
	answer, err := os.ReadFile(file)
	if err != nil || got != "a\n" || string(answer) != `{"bytes": 3}` {
		t.Errorf("invoke-endpoint: %q %q %v", got, answer, err)
	}
	source := t.TempDir() + "/in"
	if err := os.WriteFile(source, []byte("from the CLI"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, cli, append(at, "s3", "cp", source, "s3://models/cli.txt")...)
	if got := run(t, cli, append(at, "s3", "cp", "s3://models/cli.txt", "-")...); got != "from the CLI" {
		t.Errorf("s3 cp: %q", got)
	}
}
