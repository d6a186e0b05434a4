package standin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const threePlaces = head + `
resources: {models: [{describe: {ModelName: here}}]}
knobs: {operations: {"sagemaker:ListM*": {ratePerSecond: 0.001, burst: 2}, "210987654321/us-east-1/sagemaker:ListHubs": {deny: true}}}
accounts:
  - accountID: "123456789012"
    region: eu-west-1
    resources: {models: [{describe: {ModelName: abroad}}]}
  - accountID: "210987654321"
    region: us-east-1
    resources: {models: [{describe: {ModelName: theirs}}]}
    roles:
      - {name: scan, trustedPrincipals: ["arn:aws:iam::123456789012:user/tester"], externalID: xyz}
      - {name: open, trustedPrincipals: ["123456789012"], maxSessionSeconds: 900}
      - {name: foreign, trustedPrincipals: ["555555555555"]}
`

func modelNames(t *testing.T, cfg aws.Config) ([]string, error) {
	t.Helper()
	out, err := sm.NewFromConfig(standintest.WithoutRetries(cfg)).ListModels(context.Background(), &sm.ListModelsInput{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range out.Models {
		names = append(names, aws.ToString(m.ModelArn))
	}
	return names, nil
}

// TestPlaces: the signature chooses account and region, and limits are
// counted for each of them.
func TestPlaces(t *testing.T) {
	account := start(t, threePlaces, standin.Options{})
	for want, cfg := range map[string]aws.Config{
		"arn:aws:sagemaker:us-east-1:123456789012:model/here":   account.Config(),
		"arn:aws:sagemaker:eu-west-1:123456789012:model/abroad": account.ConfigIn("eu-west-1"),
		"arn:aws:sagemaker:us-east-1:210987654321:model/theirs": account.ConfigFor(assume(t, account, "scan", "xyz")),
	} {
		for range 2 { // as many as the bucket holds
			got, err := modelNames(t, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{want}, got); diff != "" {
				t.Error(diff)
			}
		}
		if _, err := modelNames(t, cfg); err == nil || !strings.Contains(err.Error(), "ThrottlingException") {
			t.Errorf("above the rate: %v", err)
		}
	}
	counts := account.Server.Requests()
	if n := counts.Regions["123456789012/eu-west-1"]["sagemaker:ListModels"]; n.Calls != 3 || n.Rejected != 1 {
		t.Errorf("counted %+v", counts.Regions)
	}
	theirs := sm.NewFromConfig(standintest.WithoutRetries(account.ConfigFor(assume(t, account, "open", ""))))
	_, err := theirs.ListHubs(context.Background(), &sm.ListHubsInput{})
	const want = "User: arn:aws:sts::210987654321:assumed-role/open/test is not authorized to perform: sagemaker:ListHubs"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("denied there: %v", err)
	}
	if _, err := sm.NewFromConfig(standintest.WithoutRetries(account.Config())).ListHubs(context.Background(), &sm.ListHubsInput{}); err != nil {
		t.Errorf("not denied here: %v", err)
	}
}

func assumeInput(role, externalID string) *sts.AssumeRoleInput {
	in := &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::210987654321:role/" + role), RoleSessionName: aws.String("test"), DurationSeconds: aws.Int32(900),
	}
	if externalID != "" {
		in.ExternalId = aws.String(externalID)
	}
	return in
}

func assume(t *testing.T, account *standintest.Account, role, externalID string) (string, string, string) {
	t.Helper()
	out, err := sts.NewFromConfig(account.Config()).AssumeRole(context.Background(), assumeInput(role, externalID))
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken
}

func TestAssumeRoleRefuses(t *testing.T) {
	client := sts.NewFromConfig(standintest.WithoutRetries(start(t, threePlaces, standin.Options{}).Config()))
	long := assumeInput("open", "")
	long.DurationSeconds = aws.Int32(3600)
	nameless := assumeInput("open", "")
	nameless.RoleSessionName = aws.String("a b")
	for name, tc := range map[string]struct {
		in   *sts.AssumeRoleInput
		code string
	}{
		"NoExternalID":    {assumeInput("scan", ""), "AccessDenied"},
		"WrongExternalID": {assumeInput("scan", "abc"), "AccessDenied"},
		"NotTrusted":      {assumeInput("foreign", ""), "AccessDenied"},
		"NoSuchRole":      {assumeInput("nobody", ""), "AccessDenied"},
		"TooLong":         {long, "ValidationError"},
		"SessionName":     {nameless, "ValidationError"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.AssumeRole(context.Background(), tc.in)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != tc.code {
				t.Fatalf("got %v, want %s", err, tc.code)
			}
		})
	}
}

// TestSessionsEnd: temporary keys stop working when their time is over.
func TestSessionsEnd(t *testing.T) {
	now := time.Now()
	account := start(t, threePlaces, standin.Options{Now: func() time.Time { return now }})
	cfg := account.ConfigFor(assume(t, account, "open", ""))
	if _, err := modelNames(t, cfg); err != nil {
		t.Fatal(err)
	}
	standin.ExpireSessionsForTest(account.Server, now)
	if _, err := modelNames(t, cfg); err == nil || !strings.Contains(err.Error(), "ExpiredTokenException") {
		t.Errorf("after the session's end: %v", err)
	}
}

// TestOrganisation: the account file for several places serves each of them.
func TestOrganisation(t *testing.T) {
	account := standintest.Start(t, standintest.Load(t, "accounts/organisation.yaml", nil))
	role, err := sts.NewFromConfig(account.Config()).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::210987654321:role/landfall-scan"), RoleSessionName: aws.String("scan"), ExternalId: aws.String("acme-landfall"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := role.Credentials
	for name, tc := range map[string]struct {
		cfg  aws.Config
		want int
	}{
		"Here": {account.Config(), 29}, "Abroad": {account.ConfigIn("eu-west-1"), 1},
		"Theirs": {account.ConfigFor(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken), 1},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := sm.NewFromConfig(tc.cfg).ListEndpoints(context.Background(), &sm.ListEndpointsInput{MaxResults: aws.Int32(100)})
			if err != nil || len(out.Endpoints) != tc.want {
				t.Errorf("%v %v, want %d endpoints", out, err, tc.want)
			}
		})
	}
}
