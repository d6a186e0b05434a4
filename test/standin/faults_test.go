package standin_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
)

func faulty(t *testing.T, knobs map[string]standin.OperationKnobs) *sm.Client {
	t.Helper()
	account := start(t, everyKind, standin.Options{})
	if err := account.Server.SetKnobs(standin.Knobs{Operations: knobs}); err != nil {
		t.Fatal(err)
	}
	return controlClient(account)
}

// pagesOf lists models one a page and gives the number on each page.
func pagesOf(t *testing.T, client *sm.Client) []int {
	t.Helper()
	var pages []int
	in := &sm.ListModelsInput{MaxResults: aws.Int32(1)}
	for range 20 {
		out, err := client.ListModels(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(out.Models))
		if out.NextToken == nil {
			return pages
		}
		in.NextToken = out.NextToken
	}
	t.Fatal("paging does not end")
	return nil
}

func TestEmptyPages(t *testing.T) {
	for name, tc := range map[string]struct {
		knobs standin.OperationKnobs
		want  []int
	}{
		"None":    {standin.OperationKnobs{}, []int{1, 1}},
		"First":   {standin.OperationKnobs{EmptyFirstPage: true}, []int{0, 1, 1}},
		"Middle":  {standin.OperationKnobs{EmptyPages: []standin.EmptyPages{{Before: 1}}}, []int{1, 0, 1}},
		"Several": {standin.OperationKnobs{EmptyPages: []standin.EmptyPages{{Before: 1, Count: 3}}}, []int{1, 0, 0, 0, 1}},
		"Last":    {standin.OperationKnobs{EmptyPages: []standin.EmptyPages{{Before: 2}}}, []int{1, 1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			client := faulty(t, map[string]standin.OperationKnobs{"sagemaker:ListModels": tc.knobs})
			if diff := cmp.Diff(tc.want, pagesOf(t, client)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestExpiredToken: a list whose token has expired can only be started over.
func TestExpiredToken(t *testing.T) {
	client := faulty(t, map[string]standin.OperationKnobs{"sagemaker:ListModels": {ExpireTokens: 1}})
	ctx := context.Background()
	first, err := client.ListModels(ctx, &sm.ListModelsInput{MaxResults: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ListModels(ctx, &sm.ListModelsInput{MaxResults: aws.Int32(1), NextToken: first.NextToken})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" || !strings.Contains(api.ErrorMessage(), "expired") {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff([]int{1, 1}, pagesOf(t, client)); diff != "" {
		t.Errorf("started over: %s", diff)
	}
}

// TestFailures: every error that AWS declares or that a network has can be
// asked for, and ends when it should.
func TestFailures(t *testing.T) {
	ctx := context.Background()
	const action = "sagemaker:DescribeTrainingJob"
	for name, tc := range map[string]struct {
		knobs  standin.OperationKnobs
		status int
		code   string
		text   string
	}{
		"InternalFailure":  {standin.OperationKnobs{Fail: &standin.Failure{Code: "InternalFailure", Count: 2}}, 500, "InternalFailure", ""},
		"Unavailable":      {standin.OperationKnobs{Fail: &standin.Failure{Code: "ServiceUnavailable", Count: 2}}, 503, "ServiceUnavailable", ""},
		"OwnStatus":        {standin.OperationKnobs{Fail: &standin.Failure{Code: "InternalFailure", Status: 502, Count: 2}}, 502, "InternalFailure", ""},
		"Throttling":       {standin.OperationKnobs{Fail: &standin.Failure{Code: "ThrottlingException", Count: 2}}, 400, "ThrottlingException", "Rate exceeded"},
		"NotFound":         {standin.OperationKnobs{Fail: &standin.Failure{Code: "ResourceNotFound", Count: 2}}, 400, "ResourceNotFound", "Requested resource not found."},
		"Validation":       {standin.OperationKnobs{Fail: &standin.Failure{Code: "ValidationException", Message: `Could not find x "y".`, Count: 2}}, 400, "ValidationException", `Could not find x "y".`},
		"InUse":            {standin.OperationKnobs{Fail: &standin.Failure{Code: "ResourceInUse", Count: 2}}, 400, "ResourceInUse", ""},
		"LimitExceeded":    {standin.OperationKnobs{Fail: &standin.Failure{Code: "ResourceLimitExceeded", Count: 2}}, 400, "ResourceLimitExceeded", ""},
		"ConnectionResets": {standin.OperationKnobs{ResetConnections: 2}, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := faulty(t, map[string]standin.OperationKnobs{action: tc.knobs})
			in := &sm.DescribeTrainingJobInput{TrainingJobName: aws.String("t1")}
			for range 2 {
				_, err := client.DescribeTrainingJob(ctx, in)
				var api smithy.APIError
				var response *awshttp.ResponseError
				switch {
				case tc.code == "":
					if !errors.Is(err, syscall.ECONNRESET) {
						t.Fatalf("got %v, want a reset", err)
					}
				case !errors.As(err, &api) || api.ErrorCode() != tc.code || !strings.Contains(api.ErrorMessage(), tc.text):
					t.Fatalf("got %v, want %s", err, tc.code)
				case !errors.As(err, &response) || response.HTTPStatusCode() != tc.status:
					t.Fatalf("got %v, want status %d", err, tc.status)
				}
			}
			if _, err := client.DescribeTrainingJob(ctx, in); err != nil {
				t.Errorf("the third call: %v", err)
			}
		})
	}
}

// TestGone: what lists still show, Describe no longer finds.
func TestGone(t *testing.T) {
	client := faulty(t, map[string]standin.OperationKnobs{"sagemaker:DescribeTrainingJob": {Gone: []string{"t1"}}, "sagemaker:DescribeModel": {Gone: []string{"m1"}}})
	ctx := context.Background()
	jobs, err := client.ListTrainingJobs(ctx, &sm.ListTrainingJobsInput{})
	if err != nil || len(jobs.TrainingJobSummaries) != 2 {
		t.Fatal(jobs, err)
	}
	_, err = client.DescribeTrainingJob(ctx, &sm.DescribeTrainingJobInput{TrainingJobName: aws.String("t1")})
	var missing *smtypes.ResourceNotFound
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	_, err = client.DescribeModel(ctx, &sm.DescribeModelInput{ModelName: aws.String("m1")})
	if err == nil || !strings.Contains(err.Error(), "Could not find model") {
		t.Errorf("got %v", err)
	}
	if _, err := client.DescribeTrainingJob(ctx, &sm.DescribeTrainingJobInput{TrainingJobName: aws.String("t2")}); err != nil {
		t.Error(err)
	}
}

// TestDelay: a slow answer comes late, and not after the caller has gone.
func TestDelay(t *testing.T) {
	client := faulty(t, map[string]standin.OperationKnobs{"sagemaker:ListModels": {DelayMillis: 30}, "sagemaker:ListEndpoints": {DelayMillis: 60000}})
	began := time.Now()
	if _, err := client.ListModels(context.Background(), &sm.ListModelsInput{}); err != nil || time.Since(began) < 30*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.ListEndpoints(ctx, &sm.ListEndpointsInput{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestKnobPatterns: the key for the place counts, then the longest.
func TestKnobPatterns(t *testing.T) {
	deny := standin.OperationKnobs{Deny: true}
	client := faulty(t, map[string]standin.OperationKnobs{
		"*": {}, "sagemaker:List*": deny, "sagemaker:ListM*": {}, "sagemaker:ListModelCards": deny,
		"123456789012/us-east-1/sagemaker:ListE*": {}, "123456789012/eu-west-1/sagemaker:ListModels": deny,
	})
	ctx := context.Background()
	for name, tc := range map[string]struct {
		call func() error
		want bool
	}{
		"Pattern": {func() error { _, err := client.ListHubs(ctx, &sm.ListHubsInput{}); return err }, false},
		"Longer":  {func() error { _, err := client.ListModels(ctx, &sm.ListModelsInput{}); return err }, true},
		"Exact":   {func() error { _, err := client.ListModelCards(ctx, &sm.ListModelCardsInput{}); return err }, false},
		"Place":   {func() error { _, err := client.ListEndpoints(ctx, &sm.ListEndpointsInput{}); return err }, true},
		"Anything": {func() error {
			_, err := client.DescribeModel(ctx, &sm.DescribeModelInput{ModelName: aws.String("m1")})
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.call(); (err == nil) != tc.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestKnobsRefuse(t *testing.T) {
	account := start(t, everyKind, standin.Options{})
	for name, o := range map[string]standin.OperationKnobs{
		"Rate": {RatePerSecond: -1}, "Burst": {Burst: -1}, "Delay": {DelayMillis: 600_001}, "Tokens": {ExpireTokens: -1},
		"Empty": {EmptyPages: []standin.EmptyPages{{Before: -1}}}, "Code": {Fail: &standin.Failure{}}, "Status": {Fail: &standin.Failure{Code: "X", Status: http.StatusOK}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{"x:y": o}}); err == nil {
				t.Error("accepted")
			}
		})
	}
}
