package standin_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const head = `
accountID: "123456789012"
region: us-east-1
credentials:
  - {accessKeyID: AKIDTEST, secretAccessKey: secret, userName: tester}
`

// everyKind has two resources of each kind in the table.
const everyKind = head + `
resources:
  endpoints:
    - describe: {EndpointName: alpha, EndpointStatus: InService, EndpointConfigName: c1, CreationTime: 2026-01-02T00:00:00Z, LastModifiedTime: 2026-01-03T00:00:00Z, ProductionVariants: [{VariantName: a, CurrentWeight: 1, CurrentInstanceCount: 1}]}
      tags: {team: growth, cost: "1"}
    - describe: {EndpointName: beta, EndpointStatus: Failed, FailureReason: no ping, CreationTime: 2026-01-01T00:00:00Z, LastModifiedTime: 2026-01-04T00:00:00Z}
  endpointConfigs: [{describe: {EndpointConfigName: c1, CreationTime: 2026-01-01T00:00:00Z}}, {describe: {EndpointConfigName: c2, CreationTime: 2026-01-02T00:00:00Z}}]
  models: [{describe: {ModelName: m1}}, {describe: {ModelName: m2}}]
  inferenceComponents: [{describe: {InferenceComponentName: i1, EndpointName: alpha, VariantName: a}}, {describe: {InferenceComponentName: i2, EndpointName: beta}}]
  trainingJobs: [{describe: {TrainingJobName: t1, TuningJobArn: "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/h1"}}, {describe: {TrainingJobName: t2}}]
  processingJobs: [{describe: {ProcessingJobName: p1}}, {describe: {ProcessingJobName: p2}}]
  transformJobs: [{describe: {TransformJobName: b1}}, {describe: {TransformJobName: b2}}]
  hyperParameterTuningJobs: [{describe: {HyperParameterTuningJobName: h1, HyperParameterTuningJobStatus: Completed}, summary: {HyperParameterTuningEndTime: 2026-01-01T00:00:00Z}}, {describe: {HyperParameterTuningJobName: h2}}]
  autoMLJobs: [{describe: {AutoMLJobName: a1}}, {describe: {AutoMLJobName: a2}}]
  compilationJobs: [{describe: {CompilationJobName: n1}}, {describe: {CompilationJobName: n2}}]
  pipelines: [{describe: {PipelineName: l1}}, {describe: {PipelineName: l2}}]
  notebookInstances: [{describe: {NotebookInstanceName: o1}}, {describe: {NotebookInstanceName: o2}}]
  modelPackageGroups: [{describe: {ModelPackageGroupName: g1}}, {describe: {ModelPackageGroupName: g2}}]
  modelPackages: [{describe: {ModelPackageName: k1}}, {describe: {ModelPackageName: k2}}]
  featureGroups: [{describe: {FeatureGroupName: f1}}, {describe: {FeatureGroupName: f2}}]
  monitoringSchedules: [{describe: {MonitoringScheduleName: s1}}, {describe: {MonitoringScheduleName: s2}}]
  domains: [{describe: {DomainId: d-1, DomainName: one}}, {describe: {DomainId: d-2, DomainName: two}}]
`

func start(t *testing.T, text string, opts standin.Options) *standintest.Account {
	t.Helper()
	return standintest.StartWith(t, standintest.Parse(t, text, nil), opts)
}

func controlClient(a *standintest.Account) *sm.Client {
	return sm.NewFromConfig(standintest.WithoutRetries(a.Config()))
}

// call runs an operation of the SDK client by name with the given fields set.
func call(client *sm.Client, name string, fields map[string]any) (reflect.Value, error) {
	method := reflect.ValueOf(client).MethodByName(name)
	if !method.IsValid() {
		return reflect.Value{}, fmt.Errorf("the SDK has no operation %s", name)
	}
	input := reflect.New(method.Type().In(1).Elem())
	for field, value := range fields {
		target := input.Elem().FieldByName(field)
		if target.Kind() == reflect.Pointer {
			pointer := reflect.New(target.Type().Elem())
			pointer.Elem().Set(reflect.ValueOf(value).Convert(target.Type().Elem()))
			target.Set(pointer)
			continue
		}
		target.Set(reflect.ValueOf(value).Convert(target.Type()))
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	err, _ := out[1].Interface().(error)
	return out[0], err
}

func TestFiltersAndOrder(t *testing.T) {
	client := controlClient(start(t, everyKind, standin.Options{}))
	day := func(d int) *time.Time { return aws.Time(time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)) }
	cases := map[string]struct {
		in   sm.ListEndpointsInput
		want []string
	}{
		"Default":      {sm.ListEndpointsInput{}, []string{"alpha", "beta"}},
		"Ascending":    {sm.ListEndpointsInput{SortOrder: smtypes.OrderKeyAscending}, []string{"beta", "alpha"}},
		"ByName":       {sm.ListEndpointsInput{SortBy: smtypes.EndpointSortKeyName}, []string{"beta", "alpha"}},
		"ByStatus":     {sm.ListEndpointsInput{SortBy: smtypes.EndpointSortKeyStatus, SortOrder: smtypes.OrderKeyAscending}, []string{"beta", "alpha"}},
		"NameContains": {sm.ListEndpointsInput{NameContains: aws.String("et")}, []string{"beta"}},
		"Status":       {sm.ListEndpointsInput{StatusEquals: smtypes.EndpointStatusFailed}, []string{"beta"}},
		"CreatedAfter": {sm.ListEndpointsInput{CreationTimeAfter: day(1)}, []string{"alpha"}},
		"Modified":     {sm.ListEndpointsInput{LastModifiedTimeBefore: day(4)}, []string{"alpha"}},
		"None":         {sm.ListEndpointsInput{CreationTimeBefore: day(1)}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := client.ListEndpoints(context.Background(), &tc.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range out.Endpoints {
				got = append(got, aws.ToString(e.EndpointName))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestChildrenAndPackages(t *testing.T) {
	client := controlClient(start(t, everyKind, standin.Options{}))
	ctx := context.Background()
	jobs, err := client.ListTrainingJobsForHyperParameterTuningJob(ctx,
		&sm.ListTrainingJobsForHyperParameterTuningJobInput{HyperParameterTuningJobName: aws.String("h1")})
	if err != nil || len(jobs.TrainingJobSummaries) != 1 || *jobs.TrainingJobSummaries[0].TrainingJobName != "t1" {
		t.Errorf("jobs of h1: %v %v", jobs, err)
	}
	components, err := client.ListInferenceComponents(ctx, &sm.ListInferenceComponentsInput{EndpointNameEquals: aws.String("alpha")})
	if err != nil || len(components.InferenceComponents) != 1 {
		t.Errorf("components of alpha: %v %v", components, err)
	}
	packages, err := client.ListModelPackages(ctx, &sm.ListModelPackagesInput{ModelPackageType: smtypes.ModelPackageTypeVersioned})
	if err != nil || len(packages.ModelPackageSummaryList) != 0 {
		t.Errorf("no package has a group: %v %v", packages, err)
	}
	tuning, err := client.ListHyperParameterTuningJobs(ctx, &sm.ListHyperParameterTuningJobsInput{})
	if err != nil || tuning.HyperParameterTuningJobSummaries[0].HyperParameterTuningEndTime == nil {
		t.Errorf("the summary's own field is missing: %v", err)
	}
}

func TestControlErrors(t *testing.T) {
	account := start(t, everyKind+`
knobs:
  operations:
    "sagemaker:ListModels": {deny: true}
    "sagemaker:ListPipelines": {ratePerSecond: 0.001, burst: 1}
`, standin.Options{})
	client := controlClient(account)
	ctx := context.Background()
	wrong := sm.NewFromConfig(standintest.WithoutRetries(account.ConfigFor("AKIDTEST", "wrong", "")))
	stranger := sm.NewFromConfig(standintest.WithoutRetries(account.ConfigFor("AKIDOTHER", "secret", "")))
	elsewhere := account.Config()
	elsewhere.Region = "eu-west-1"
	cases := map[string]struct {
		run  func() error
		code string
		text string
	}{
		"MissingEndpoint": {func() error {
			_, err := client.DescribeEndpoint(ctx, &sm.DescribeEndpointInput{EndpointName: aws.String("Nobody")})
			return err
		}, "ValidationException", `Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/nobody".`},
		"MissingConfig": {func() error {
			_, err := client.DescribeEndpointConfig(ctx, &sm.DescribeEndpointConfigInput{EndpointConfigName: aws.String("x")})
			return err
		}, "ValidationException", `Could not find endpoint configuration "arn:`},
		"MaxResults": {func() error {
			_, err := client.ListEndpoints(ctx, &sm.ListEndpointsInput{MaxResults: aws.Int32(101)})
			return err
		}, "ValidationException", "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"},
		"TagsMinimum": {func() error {
			_, err := client.ListTags(ctx, &sm.ListTagsInput{ResourceArn: aws.String("arn:x"), MaxResults: aws.Int32(49)})
			return err
		}, "ValidationException", "greater than or equal to 50"},
		"ForeignToken": {func() error {
			first, err := client.ListEndpoints(ctx, &sm.ListEndpointsInput{MaxResults: aws.Int32(1)})
			if err != nil {
				return err
			}
			_, err = client.ListEndpointConfigs(ctx, &sm.ListEndpointConfigsInput{NextToken: first.NextToken})
			return err
		}, "ValidationException", "NextToken"},
		"BadEnum": {func() error {
			_, err := client.ListEndpoints(ctx, &sm.ListEndpointsInput{StatusEquals: "Sleeping"})
			return err
		}, "ValidationException", "Value 'Sleeping' at 'statusEquals'"},
		"UnknownFilter": {func() error {
			_, err := client.ListNotebookInstances(ctx, &sm.ListNotebookInstancesInput{AdditionalCodeRepositoryEquals: aws.String("x")})
			return err
		}, "ValidationException", "does not implement the parameter AdditionalCodeRepositoryEquals"},
		"Denied": {func() error {
			_, err := client.ListModels(ctx, &sm.ListModelsInput{})
			return err
		}, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: sagemaker:ListModels on resource: *"},
		"Throttled": {func() error {
			_, first := client.ListPipelines(ctx, &sm.ListPipelinesInput{})
			_, second := client.ListPipelines(ctx, &sm.ListPipelinesInput{})
			if first != nil {
				return first
			}
			return second
		}, "ThrottlingException", "Rate exceeded"},
		"NotImplemented": {func() error {
			_, err := client.ListResourceCatalogs(ctx, &sm.ListResourceCatalogsInput{})
			return err
		}, "UnknownOperationException", "ListResourceCatalogs"},
		"WrongSecret": {func() error {
			_, err := wrong.ListEndpoints(ctx, &sm.ListEndpointsInput{})
			return err
		}, "InvalidSignatureException", "does not match"},
		"UnknownKey": {func() error {
			_, err := stranger.ListEndpoints(ctx, &sm.ListEndpointsInput{})
			return err
		}, "UnrecognizedClientException", "security token"},
		"OtherRegion": {func() error {
			_, err := sm.NewFromConfig(standintest.WithoutRetries(elsewhere)).ListEndpoints(ctx, &sm.ListEndpointsInput{})
			return err
		}, "InvalidSignatureException", "valid region, not 'eu-west-1'"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var api smithy.APIError
			if err := tc.run(); !errors.As(err, &api) || api.ErrorCode() != tc.code || !strings.Contains(api.ErrorMessage(), tc.text) {
				t.Fatalf("got %v, want %s with %q", err, tc.code, tc.text)
			}
		})
	}
	if n := account.Server.Requests().Operations["sagemaker:ListModels"]; n.Calls != 1 || n.Rejected != 1 {
		t.Errorf("counted %+v", n)
	}
}

// TestNotFoundIsTyped: where AWS declares ResourceNotFound, errors.As works.
func TestNotFoundIsTyped(t *testing.T) {
	client := controlClient(start(t, everyKind, standin.Options{}))
	_, err := client.DescribeTrainingJob(context.Background(), &sm.DescribeTrainingJobInput{TrainingJobName: aws.String("x")})
	var missing *smtypes.ResourceNotFound
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want *types.ResourceNotFound", err)
	}
}

// TestRetriesPassThrottling: the SDK's own retries get through a slow bucket.
func TestRetriesPassThrottling(t *testing.T) {
	t.Parallel() // the SDK waits between its tries
	account := start(t, everyKind+`
knobs: {operations: {"sagemaker:ListEndpoints": {ratePerSecond: 20, burst: 1}}}
`, standin.Options{})
	client := sm.NewFromConfig(account.Config())
	for range 3 {
		if _, err := client.ListEndpoints(context.Background(), &sm.ListEndpointsInput{}); err != nil {
			t.Fatal(err)
		}
	}
}
