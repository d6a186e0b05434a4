package sagemaker

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

func TestScanDemoAccount(t *testing.T) {
	account := standintest.StartWith(t, loadDemo(t), standin.Options{Now: func() time.Time { return scanTime }})
	client := newClientAt(t, account, timeMachine(t, account))
	first, err := inventory.Encode(scanned(t, client))
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "demo.inventory.yaml", first)
	second, err := inventory.Encode(scanned(t, client))
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("two scans of one account differ")
	}
}

func TestScanWithPartOfThePermissions(t *testing.T) {
	everything := scanned(t, newClient(t, demoAccount(t)))
	cases := map[string]struct {
		reason string
		deny   string
		// check looks at what the scan is left with.
		check func(t *testing.T, d inventory.Document)
	}{
		"endpoints": {
			reason: "the list still tells name and status",
			deny:   "sagemaker:DescribeEndpoint",
			check: func(t *testing.T, d inventory.Document) {
				e := d.FindEndpoint(demoPlace, "Churn-Prod")
				if e.Status != "InService" || e.Mode != inventory.ModeUnknown || e.Unread == "" || e.ARN == "" {
					t.Errorf("got %+v", e)
				}
			},
		},
		"configurations": {
			deny: "sagemaker:DescribeEndpointConfig",
			check: func(t *testing.T, d inventory.Document) {
				e := d.FindEndpoint(demoPlace, "Churn-Prod")
				if e.Config.Presence != inventory.NotRead || len(e.Variants) != 1 || e.Mode != inventory.ModeUnknown {
					t.Errorf("got %+v", e)
				}
			},
		},
		"models": {
			deny: "sagemaker:DescribeModel",
			check: func(t *testing.T, d inventory.Document) {
				e := d.FindEndpoint(demoPlace, "Churn-Prod")
				if e.FindModel("churn-2026-10").Presence != inventory.NotRead || e.Mode != inventory.ModeUnknown {
					t.Errorf("got %+v", e)
				}
			},
		},
		"tags": {
			deny: "sagemaker:ListTags",
			check: func(t *testing.T, d inventory.Document) {
				if tags := d.FindEndpoint(demoPlace, "Churn-Prod").Tags; len(tags) != 0 {
					t.Errorf("got %v", tags)
				}
			},
		},
		"list of components": {
			reason: "the configuration without models still tells the mode",
			deny:   "sagemaker:ListInferenceComponents",
			check: func(t *testing.T, d inventory.Document) {
				if e := d.FindEndpoint(demoPlace, "genai-shared"); e.Mode != inventory.ModeInferenceComponents {
					t.Errorf("mode is %s", e.Mode)
				}
			},
		},
		"components": {
			deny: "sagemaker:DescribeInferenceComponent",
			check: func(t *testing.T, d inventory.Document) {
				e := d.FindEndpoint(demoPlace, "genai-shared")
				if len(e.Components) != 2 || e.Components[0].Unread == "" {
					t.Errorf("got %+v", e.Components)
				}
			},
		},
		"scalable targets": {
			reason: "policies that can be read are kept without their target's bounds",
			deny:   "application-autoscaling:DescribeScalableTargets",
			check: func(t *testing.T, d inventory.Document) {
				e := d.FindEndpoint(demoPlace, "recommendations")
				if len(e.Scaling) != 1 || e.Scaling[0].Max != 0 || len(e.Scaling[0].Policies) != 1 {
					t.Errorf("got %+v", e.Scaling)
				}
			},
		},
		"scaling policies":  {deny: "application-autoscaling:DescribeScalingPolicies"},
		"scheduled actions": {deny: "application-autoscaling:DescribeScheduledActions"},
		"metrics": {
			reason: "no figures and no requests are two things",
			deny:   "cloudwatch:GetMetricData",
			check: func(t *testing.T, d inventory.Document) {
				if v := d.FindEndpoint(demoPlace, "Churn-Prod").Variants[0]; v.Traffic != nil || v.Usage != nil {
					t.Errorf("got %+v", v)
				}
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			account := demoAccount(t)
			client := newClient(t, account)
			setKnob(t, account, tc.deny, standin.OperationKnobs{Deny: true})
			d := scanned(t, client)
			if len(d.Endpoints) != len(everything.Endpoints) {
				t.Errorf("%s: %d endpoints, want %d", tc.reason, len(d.Endpoints), len(everything.Endpoints))
			}
			index := slices.IndexFunc(d.Unread, func(u inventory.Unread) bool { return u.Action == tc.deny })
			if index < 0 || d.Unread[index].Operation != tc.deny {
				t.Errorf("%s: the missing action is not named: %+v", tc.reason, d.Unread)
			}
			if tc.check != nil {
				tc.check(t, d)
			}
		})
	}
}

func setKnob(t *testing.T, account *standintest.Account, operation string, knobs standin.OperationKnobs) {
	t.Helper()
	err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{operation: knobs}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestScanThatCannotListFails(t *testing.T) {
	account := demoAccount(t)
	client := newClient(t, account)
	setKnob(t, account, "sagemaker:ListEndpoints", standin.OperationKnobs{Deny: true})
	d := scanned(t, client)
	if len(d.Endpoints) != 0 || len(d.Resources) == 0 || d.LookedAt(demoPlace, "Churn-Prod") {
		t.Errorf("%d endpoints, %d resources, and it claims to have looked", len(d.Endpoints), len(d.Resources))
	}
	operations := map[string]standin.OperationKnobs{}
	for i := range table {
		operations["sagemaker:"+table[i].list.operation] = standin.OperationKnobs{Deny: true}
	}
	if err := account.Server.SetKnobs(standin.Knobs{Operations: operations}); err != nil {
		t.Fatal(err)
	}
	_, err := client.Scan(t.Context(), ScanOptions{Now: scanTime})
	if err == nil || !strings.Contains(err.Error(), "sagemaker:List") {
		t.Errorf("got %v, want an error that names an operation", err)
	}
}

func TestScanSurvivesEmptyPagesAndThrottling(t *testing.T) {
	account := demoAccount(t)
	client := newClient(t, account)
	want := scanned(t, client)
	err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{
		"sagemaker:ListEndpoints":    {EmptyFirstPage: true},
		"sagemaker:DescribeEndpoint": {RatePerSecond: 200, Burst: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := scanned(t, client)
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
		t.Errorf("scan differs (-calm +throttled):\n%s", diff)
	}
}

func TestScanOfARestrictedName(t *testing.T) {
	client := newClient(t, demoAccount(t))
	var last Progress
	d, err := client.Scan(t.Context(), ScanOptions{
		Now: scanTime, EndpointName: "*hurn?P[qr]od", OmitScannedAt: true, Progress: func(p Progress) { last = p },
	})
	if err != nil || len(d.Endpoints) != 1 || d.ScannedAt != "" {
		t.Errorf("got %d endpoints, scanned at %q, %v", len(d.Endpoints), d.ScannedAt, err)
	}
	if d.EndpointName != "*hurn?P[qr]od" {
		t.Errorf("the inventory does not say what the scan was restricted to: %q", d.EndpointName)
	}
	if last.Stage != "reading metrics" || last.Done != 1 || last.Total != 1 {
		t.Errorf("last progress is %+v", last)
	}
}

func TestAScanThatIsStoppedSaysSo(t *testing.T) {
	client := newClient(t, demoAccount(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Scan(ctx, ScanOptions{Now: scanTime}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, which the command line cannot tell from a failure of AWS", err)
	}
}

func TestScanWithBadCredentials(t *testing.T) {
	account := demoAccount(t)
	client := newClient(t, account)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	t.Setenv("AWS_ENDPOINT_URL", account.URL)
	client, err := New(t.Context(), Options{Region: client.Region(), RequestsPerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Scan(t.Context(), ScanOptions{Now: scanTime})
	if err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v, want an error without the secret", err)
	}
}

func TestNewWithoutRegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	if _, err := New(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "--region") {
		t.Errorf("got %v, want what to set", err)
	}
}

func TestFailuresAreGrouped(t *testing.T) {
	f := newFailures()
	message := "User: arn:aws:iam::123456789012:user/x is not authorized to perform: sagemaker:GetModel on resource: "
	for _, name := range []string{"b", "a", "c"} {
		err := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: message + name}
		if err := f.record(t.Context(), "sagemaker:DescribeModel", name, err); err != nil {
			t.Fatal(err)
		}
	}
	got := f.list(demoPlace)
	if len(got) != 1 || len(got[0].Resources) != 3 || got[0].Reason != message+"a" || got[0].Action != "sagemaker:GetModel" {
		t.Errorf("got %+v", got)
	}
	expired := &smithy.GenericAPIError{Code: "ExpiredTokenException", Message: "expired"}
	if err := f.record(t.Context(), "sagemaker:DescribeModel", "a", expired); err == nil {
		t.Error("expired credentials did not end the scan")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.record(cancelled, "sagemaker:DescribeModel", "a", expired); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after the caller left", err)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(2)
		begin := time.Now()
		for range 10 {
			if err := p.limiter("SageMaker:ListTags").Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		// One at once, nine more at two a second.
		if took := time.Since(begin); took != 4500*time.Millisecond {
			t.Errorf("ten calls took %s, want 4.5s", took)
		}
		limiter := p.limiter("SageMaker:ListTags")
		for range 100 {
			p.learn(limiter, true)
		}
		if got := limiter.Limit(); got != 0.1 {
			t.Errorf("after many refusals the pace is %v a second, want 0.1", got)
		}
		for range 100 {
			p.learn(limiter, false)
		}
		if got := limiter.Limit(); got != 2 {
			t.Errorf("after many answers the pace is %v a second, want the full 2", got)
		}
		p.learn(limiter, true)
		for range 6 {
			p.learn(limiter, false)
		}
		if got := limiter.Limit(); got < 1.93 || got > 1.96 {
			t.Errorf("soon after one refusal at 2 a second the pace is %v, want a little less", got)
		}
		if p.limiter("SageMaker:DescribeModel") == p.limiter("SageMaker:ListTags") {
			t.Error("two operations share a limiter")
		}
	})
}

func TestReasonsHoldNoSessionToken(t *testing.T) {
	err := &smithy.GenericAPIError{
		Code: "SignatureDoesNotMatch", Message: "The request signature does not match. The Canonical String for this request should have been\n'POST\nx-amz-security-token:IQoJb3JpZ2luX2VjEJr'",
	}
	if got := awsfailure.Reason(err); strings.Contains(got, "IQoJ") || !strings.Contains(got, "does not match") {
		t.Errorf("got %q", got)
	}
}
