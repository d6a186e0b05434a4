package scan

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/surroundings"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// threePlaces are two accounts, one of them in two regions.
const threePlaces = `
accountID: "123456789012"
region: us-east-1
credentials: [{accessKeyID: AKIDTEST, secretAccessKey: secret, userName: tester}]
resources: {models: [{describe: {ModelName: here}}]}
roles: [{name: scan, trustedPrincipals: ["123456789012"], externalID: xyz}]
accounts:
  - accountID: "123456789012"
    region: eu-west-1
    resources: {models: [{describe: {ModelName: abroad}}]}
  - accountID: "210987654321"
    region: us-east-1
    resources: {models: [{describe: {ModelName: theirs}}]}
    roles: [{name: scan, trustedPrincipals: ["123456789012"], externalID: xyz}]
`

// run runs the command and returns its streams.
func run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	s := session.New("landfall")
	s.Out, s.ErrOut, s.Now = &out, &errOut, func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	command := New(s)
	command.SetArgs(args)
	command.SilenceErrors, command.SilenceUsage = true, true
	err = command.ExecuteContext(t.Context())
	return out.String(), errOut.String(), err
}

func threeAccounts(t *testing.T) *standintest.Account {
	t.Helper()
	account := standintest.Start(t, standintest.Parse(t, threePlaces, nil))
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": account.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDTEST",
		"AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	return account
}

func TestRolesAndRegionsInOneRun(t *testing.T) {
	threeAccounts(t)
	path := filepath.Join(t.TempDir(), "inventory.yaml")
	_, stderr, err := run(t, "-o", path, "--rate", "500", "--external-id", "xyz", "--region", "us-east-1,eu-west-1",
		"--role-arn", "arn:aws:iam::123456789012:role/scan", "--role-arn", "arn:aws:iam::210987654321:role/scan")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventory.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range d.Resources {
		names = append(names, r.String()+"/"+r.Name)
	}
	const want = "123456789012/eu-west-1/abroad 123456789012/us-east-1/here 210987654321/us-east-1/theirs"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// The second account has no second region in this world.
	if len(d.Accounts) != 3 || !strings.Contains(stderr, "210987654321:role/scan") {
		t.Errorf("%d accounts; %s", len(d.Accounts), stderr)
	}
	if strings.Contains(stderr, "TransportError") || strings.Count(stderr, "not enabled for the account") != 1 {
		t.Errorf("one clear message is wanted:\n%s", stderr)
	}
	for _, u := range d.Unread {
		if u.Region == "eu-west-1" && u.AccountID == "210987654321" && u.Code == awsfailure.CodeTransport {
			t.Errorf("the code of the refused region is lost: %+v", u)
		}
		if u.Region == "" || u.AccountID == "" {
			t.Errorf("nobody knows where %+v failed", u)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".inventory.yaml.scan")); err == nil {
		t.Error("the journal of a finished scan is still there")
	}
}

// TestIAMIsReadOnceForAllRegions: a region that cannot be read takes nothing
// from the others, and what IAM refuses is told once, at the same place always.
func TestIAMIsReadOnceForAllRegions(t *testing.T) {
	var people accounts
	ended := errors.New("the region cannot be read")
	if _, err := people.read("1", func() (surroundings.Account, error) { return surroundings.Account{}, ended }); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
	times := 0
	for range 2 {
		got, err := people.read("1", func() (surroundings.Account, error) {
			times++
			return surroundings.Account{Coverage: inventory.Coverage{Read: true}}, nil
		})
		if err != nil || !got.Coverage.Read || times != 1 {
			t.Errorf("read %d times: %+v, %v", times, got, err)
		}
	}
	account := threeAccounts(t)
	err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{"iam:*": {Deny: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		stdout, stderr, err := run(t, "--rate", "500", "--region", "us-east-1,eu-west-1")
		if err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		d, err := inventory.Decode([]byte(stdout))
		if err != nil || len(d.Unread) != 1 || d.Unread[0].Region != "us-east-1" || len(d.Accounts) != 2 {
			t.Fatalf("%v: %+v, unread %+v", err, d.Accounts, d.Unread)
		}
	}
}

// TestARegionThatRefusesEverything: the others are scanned all the same, however
// fast it fails.
func TestARegionThatRefusesEverything(t *testing.T) {
	account := threeAccounts(t)
	err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{
		"123456789012/us-east-1/sagemaker:*": {Deny: true}, "123456789012/eu-west-1/sagemaker:Describe*": {DelayMillis: 20},
		"iam:*": {DelayMillis: 20},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		stdout, stderr, err := run(t, "--rate", "500", "--region", "us-east-1,eu-west-1")
		if err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		d, err := inventory.Decode([]byte(stdout))
		if err != nil || len(d.Accounts) != 1 || len(d.Resources) != 1 || !strings.Contains(stderr, "cannot list anything") {
			t.Fatalf("%v: %+v, %d resources\n%s", err, d.Accounts, len(d.Resources), stderr)
		}
	}
}

func TestARoleThatMayNotBeAssumed(t *testing.T) {
	threeAccounts(t)
	_, stderr, err := run(t, "--rate", "500", "--role-arn", "arn:aws:iam::210987654321:role/scan", "--external-id", "wrong")
	if err == nil || !strings.Contains(err.Error(), "arn:aws:iam::210987654321:role/scan") {
		t.Errorf("got %v, want an error that names the role\n%s", err, stderr)
	}
	stdout, stderr, err := run(t, "--rate", "500", "--external-id", "xyz",
		"--role-arn", "arn:aws:iam::123456789012:role/other", "--role-arn", "arn:aws:iam::210987654321:role/scan")
	if err != nil || !strings.Contains(stderr, "123456789012:role/other") {
		t.Fatalf("%v: %s", err, stderr)
	}
	d, err := inventory.Decode([]byte(stdout))
	if err != nil || len(d.Accounts) != 1 || len(d.Unread) == 0 || d.Unread[len(d.Unread)-1].Operation != "sts:AssumeRole" {
		t.Errorf("%v: %+v, unread %+v", err, d.Accounts, d.Unread)
	}
}
