package doctor

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/surroundings"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const twoAccounts = `
accountID: "123456789012"
region: us-east-1
credentials: [{accessKeyID: AKIDTEST, secretAccessKey: secret, userName: tester}]
accounts:
  - accountID: "210987654321"
    region: us-east-1
    roles: [{name: scan, trustedPrincipals: ["123456789012"], externalID: xyz}]
`

const role = "arn:aws:iam::210987654321:role/scan"

// examined runs the checks of AWS against a stand-in with faults.
func examined(t *testing.T, operations map[string]standin.OperationKnobs, args ...string) (map[string]Result, *standintest.Account, string) {
	t.Helper()
	account := standintest.Start(t, standintest.Parse(t, twoAccounts, nil))
	if err := account.Server.SetKnobs(standin.Knobs{Operations: operations}); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": account.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDTEST",
		"AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	var out, errOut bytes.Buffer
	s := session.New("landfall")
	s.Out, s.ErrOut = &out, &errOut
	command := New(s)
	command.SetArgs(append([]string{"--checks", "aws", "-o", "json"}, args...))
	command.SilenceErrors, command.SilenceUsage = true, true
	_ = command.ExecuteContext(t.Context()) // the verdicts tell
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s %s", err, out.String(), errOut.String())
	}
	results := map[string]Result{}
	for _, r := range report.Checks {
		results[r.Name] = r
	}
	return results, account, out.String()
}

var denied = standin.OperationKnobs{Deny: true}

func TestPermissionsBySimulation(t *testing.T) {
	results, account, _ := examined(t, map[string]standin.OperationKnobs{
		"sagemaker:DescribeTrial": denied, "logs:DescribeLogGroups": denied,
		// No policy can deny this one, and IAM's simulation says so all the same.
		"sts:GetCallerIdentity": denied,
	})
	got := results[checkPermissions]
	if diff := cmp.Diff([]string{"logs:DescribeLogGroups", "sagemaker:DescribeTrial"}, got.Missing); diff != "" || got.Verdict != Failed {
		t.Errorf("%s (-want +got):\n%s", got.Verdict, diff)
	}
	for _, want := range []string{`"Action": [`, `"sagemaker:DescribeTrial"`, "logs                     DescribeLogGroups"} {
		if !strings.Contains(got.Fix, want) {
			t.Errorf("the fix lacks %s:\n%s", want, got.Fix)
		}
	}
	for action, n := range account.Server.Requests().Operations {
		if !strings.HasPrefix(action, "iam:Simulate") && !strings.HasPrefix(action, "sts:") && n.Calls > 0 {
			t.Errorf("%s was tried though IAM judges", action)
		}
	}
	if results, _, _ := examined(t, nil); results[checkPermissions].Verdict != Passed || results[checkPermissions].Missing != nil {
		t.Errorf("with all permissions: %+v", results)
	}
}

// TestPermissionsByTrying: without the simulation every list and every service
// is asked, once, for as little as may be.
func TestPermissionsByTrying(t *testing.T) {
	results, account, _ := examined(t, map[string]standin.OperationKnobs{
		"iam:SimulatePrincipalPolicy": denied, "sagemaker:ListTrials": denied, "sagemaker:DescribeModel": denied, "tag:GetResources": denied,
		"sagemaker:ListDomains": {Fail: &standin.Failure{Code: "UnknownOperationException"}},
	})
	got := results[checkPermissions]
	want := []string{"sagemaker:DescribeModel", "sagemaker:ListTrials", "tag:GetResources"}
	if diff := cmp.Diff(want, got.Missing); diff != "" || got.Verdict != Failed || !strings.Contains(got.Detail, "iam:SimulatePrincipalPolicy") {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	tried := account.Server.Requests().Operations
	services := map[string]bool{}
	for _, action := range append(sagemaker.Actions(sagemaker.ScanOptions{}), surroundings.Actions(surroundings.Options{})...) {
		service, name, _ := strings.Cut(action, ":")
		services[service] = services[service] || tried[action].Calls > 0
		if tried[action].Calls > 2 { // the SDK may try again on a busy machine
			t.Errorf("%s was called %d times", action, tried[action].Calls)
		}
		// What belongs to one resource has no list of its own to try.
		details := []string{
			"ListPipelineExecution", "ListPipelineParameters", "ListTrainingJobsFor", "ListHubContents", "ListClusterNodes",
			"ListImageVersions", "ListMonitoringAlerts", "ListMonitoringExecutions", "ListDevices",
		}
		of := func(detail string) bool { return strings.HasPrefix(name, detail) }
		if service == "sagemaker" && strings.HasPrefix(name, "List") && tried[action].Calls == 0 && !slices.ContainsFunc(details, of) {
			t.Errorf("%s was not tried", action)
		}
	}
	for service, asked := range services {
		if !asked {
			t.Errorf("nothing of %s was tried", service)
		}
	}
}

// TestIdentitiesThatIAMDoesNotSimulate: nobody is told to add a permission that
// would change nothing.
func TestIdentitiesThatIAMDoesNotSimulate(t *testing.T) {
	results, _, _ := examined(t, map[string]standin.OperationKnobs{
		"iam:SimulatePrincipalPolicy": {Fail: &standin.Failure{Code: "NoSuchEntity", Message: "The role with name x cannot be found."}},
	})
	got := results[checkPermissions]
	if got.Verdict != Passed || strings.Contains(got.Detail, "with iam:SimulatePrincipalPolicy") || !strings.Contains(got.Detail, "cannot be found") {
		t.Errorf("%+v", got)
	}
	_, err := surroundings.New(aws.Config{}).Simulate(t.Context(), "arn:aws:iam::123456789012:root", []string{"sagemaker:ListModels"})
	if err == nil || !strings.Contains(whyTried(err), "neither a user nor a role") {
		t.Errorf("of the root user: %v", err)
	}
}

func TestRoles(t *testing.T) {
	results, _, _ := examined(t, map[string]standin.OperationKnobs{"210987654321/us-east-1/sagemaker:ListTrials": denied},
		"--role-arn", role, "--role-arn", "arn:aws:iam::210987654321:role/other", "--external-id", "xyz")
	if got := results[checkIdentity+":210987654321/scan"]; got.Verdict != Passed || !strings.Contains(got.Detail, "assumed-role/scan") {
		t.Errorf("identity: %+v", got)
	}
	if got := results[checkPermissions+":210987654321/scan"]; !slices.Equal(got.Missing, []string{"sagemaker:ListTrials"}) {
		t.Errorf("permissions: %+v", got)
	}
	if results[checkIdentity+":210987654321/other"].Verdict != Failed || results[checkPermissions+":210987654321/other"].Verdict != Skipped {
		t.Errorf("the role that may not be assumed: %+v", results)
	}
}

func TestThrottledActionsAreNotMissing(t *testing.T) {
	found := judged{unclear: []string{"sagemaker:ListTrials"}, known: 3, all: 5}
	if got := (&examination{session: session.New("landfall")}).verdict(found, nil); got.Verdict != Warning || !strings.Contains(got.Detail, "sagemaker:ListTrials") {
		t.Errorf("%+v", got)
	}
}

func TestProbesAreAmongTheActions(t *testing.T) {
	client, err := sagemaker.New(t.Context(), sagemaker.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	actions := append(sagemaker.Actions(sagemaker.ScanOptions{}), surroundings.Actions(surroundings.Options{})...)
	probes := append(client.Probes(inventory.Account{}), surroundings.New(client.Config()).Probes()...)
	for _, p := range probes {
		if !slices.Contains(actions, p.Action) {
			t.Errorf("%s is tried, and no scan takes it", p.Action)
		}
	}
	if len(probes) < 60 {
		t.Errorf("only %d probes", len(probes))
	}
}
