package standin_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	rgt "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	rgttypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const surrounded = head + `
resources:
  endpoints:
    - {describe: {EndpointName: Churn}, tags: {team: growth, env: prod}}
    - {describe: {EndpointName: other}, tags: {team: search}}
    - {describe: {EndpointName: bare}}
  models: [{describe: {ModelName: m}, tags: {team: growth}}]
iam:
  users:
    - UserName: web
      Path: /apps/
      GroupList: [callers]
      CreateDate: 2026-01-02T03:04:05Z
      UserPolicyList:
        - PolicyName: invoke
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sagemaker:InvokeEndpoint", Resource: "*"}]}
  groups: [{GroupName: callers}]
  roles:
    - RoleName: batch
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      RoleLastUsed: {LastUsedDate: 2026-11-01T00:00:00Z, Region: us-east-1}
  policies:
    - {PolicyName: own, PolicyVersionList: [{VersionId: v1, IsDefaultVersion: true, Document: {Statement: []}}], AttachmentCount: 1}
    - {PolicyName: ReadOnlyAccess, Arn: "arn:aws:iam::aws:policy/ReadOnlyAccess"}
cloudTrail:
  trails:
    - trail: {Name: all, S3BucketName: logs, IsMultiRegionTrail: true}
      status: {IsLogging: true, LatestDeliveryTime: 2026-11-20T00:00:00Z}
      advancedEventSelectors:
        - Name: endpoints
          FieldSelectors: [{Field: eventCategory, Equals: [Data]}, {Field: resources.type, Equals: ["AWS::SageMaker::Endpoint"]}]
    - trail: {Name: old, S3BucketName: logs}
      status: {IsLogging: false}
      eventSelectors: [{ReadWriteType: WriteOnly, IncludeManagementEvents: true}]
    - trail: {Name: plain}
  eventDataStores: [{Name: lake, EventDataStoreArn: "arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/1"}]
  calls:
    - {principal: "arn:aws:sts::123456789012:assumed-role/web/i-1", endpoint: Churn, perDay: 48, deniedPerDay: 2, days: 3}
    - {principal: "arn:aws:iam::123456789012:user/web", endpoint: Churn, operation: InvokeEndpointAsync, perDay: 24, days: 2}
logGroups:
  - {name: /aws/sagemaker/Endpoints/Churn, retentionDays: 30, storedBytes: 1234, createdAt: 2026-01-01T00:00:00Z}
  - {name: /aws/sagemaker/TrainingJobs}
  - {name: /aws/lambda/x, class: INFREQUENT_ACCESS}
alarms:
  metricAlarms:
    - {AlarmName: a-latency, Namespace: AWS/SageMaker, MetricName: ModelLatency, ExtendedStatistic: p99, Threshold: 50000.5, EvaluationPeriods: 3, Period: 60, ComparisonOperator: GreaterThanThreshold, Dimensions: [{Name: EndpointName, Value: Churn}], AlarmActions: ["arn:aws:sns:us-east-1:123456789012:ops"], StateUpdatedTimestamp: 2026-10-01T00:00:00Z}
    - {AlarmName: b-rate, Threshold: -1, EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold, StateValue: ALARM, Metrics: [{Id: e, Expression: m1/m2, ReturnData: true}]}
  compositeAlarms: [{AlarmName: c-both, AlarmRule: "ALARM(a-latency) AND ALARM(b-rate)", ActionsEnabled: false}]
`

func TestTagging(t *testing.T) {
	client := rgt.NewFromConfig(standintest.WithoutRetries(start(t, surrounded, standin.Options{}).Config()))
	cases := map[string]struct {
		in   rgt.GetResourcesInput
		want []string
	}{
		"All":        {rgt.GetResourcesInput{}, []string{"endpoint/churn", "endpoint/other", "model/m"}},
		"Service":    {rgt.GetResourcesInput{ResourceTypeFilters: []string{"sagemaker"}}, []string{"endpoint/churn", "endpoint/other", "model/m"}},
		"Type":       {rgt.GetResourcesInput{ResourceTypeFilters: []string{"sagemaker:model"}}, []string{"model/m"}},
		"OtherType":  {rgt.GetResourcesInput{ResourceTypeFilters: []string{"s3"}}, nil},
		"OnePerPage": {rgt.GetResourcesInput{ResourcesPerPage: aws.Int32(1)}, []string{"endpoint/churn", "endpoint/other", "model/m"}},
		"Tag":        {rgt.GetResourcesInput{TagFilters: []rgttypes.TagFilter{{Key: aws.String("team"), Values: []string{"growth"}}}}, []string{"endpoint/churn", "model/m"}},
		"ARN":        {rgt.GetResourcesInput{ResourceARNList: []string{testARN + "model/m"}}, []string{"model/m"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			pages := rgt.NewGetResourcesPaginator(client, &tc.in)
			for pages.HasMorePages() {
				out, err := pages.NextPage(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range out.ResourceTagMappingList {
					got = append(got, strings.TrimPrefix(*m.ResourceARN, testARN))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := client.GetResources(context.Background(), &rgt.GetResourcesInput{ResourcesPerPage: aws.Int32(101)})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidParameterException" {
		t.Errorf("101 a page: %v", err)
	}
}

func TestIAM(t *testing.T) {
	client := iam.NewFromConfig(standintest.WithoutRetries(start(t, surrounded, standin.Options{}).Config()))
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(client, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(2)})
	var all iam.GetAccountAuthorizationDetailsOutput
	count := 0
	for pages.HasMorePages() {
		out, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		count++
		all.UserDetailList = append(all.UserDetailList, out.UserDetailList...)
		all.GroupDetailList = append(all.GroupDetailList, out.GroupDetailList...)
		all.RoleDetailList = append(all.RoleDetailList, out.RoleDetailList...)
		all.Policies = append(all.Policies, out.Policies...)
	}
	if count != 3 || len(all.UserDetailList) != 1 || len(all.GroupDetailList) != 1 || len(all.RoleDetailList) != 1 || len(all.Policies) != 2 {
		t.Fatalf("%d pages, %+v", count, all)
	}
	user := all.UserDetailList[0]
	if *user.Arn != "arn:aws:iam::123456789012:user/apps/web" || !user.CreateDate.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || user.GroupList[0] != "callers" {
		t.Errorf("user %+v", user)
	}
	document := *user.UserPolicyList[0].PolicyDocument
	text, err := url.PathUnescape(document)
	if err != nil || !json.Valid([]byte(text)) || strings.ContainsAny(document, "{ \"+") || !strings.Contains(text, "sagemaker:InvokeEndpoint") {
		t.Errorf("policy %q, decoded %q, %v", document, text, err)
	}
	if role := all.RoleDetailList[0]; *role.RoleLastUsed.Region != "us-east-1" || !strings.Contains(*role.AssumeRolePolicyDocument, "lambda.amazonaws.com") {
		t.Errorf("role %+v", role)
	}
	if own := all.Policies[0]; *own.AttachmentCount != 1 || !own.PolicyVersionList[0].IsDefaultVersion {
		t.Errorf("policy %+v", own)
	}
	out, err := client.GetAccountAuthorizationDetails(context.Background(), &iam.GetAccountAuthorizationDetailsInput{
		Filter: []iamtypes.EntityType{iamtypes.EntityTypeLocalManagedPolicy, iamtypes.EntityTypeGroup},
	})
	if err != nil || len(out.UserDetailList) != 0 || len(out.Policies) != 1 || *out.Policies[0].PolicyName != "own" || len(out.GroupDetailList) != 1 {
		t.Errorf("filtered: %+v %v", out, err)
	}
}

func TestCloudTrail(t *testing.T) {
	ctx := context.Background()
	now := time.Now()
	account := start(t, surrounded, standin.Options{Now: func() time.Time { return now }})
	client := cloudtrail.NewFromConfig(standintest.WithoutRetries(account.Config()))
	trails, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil || len(trails.TrailList) != 3 || *trails.TrailList[0].TrailARN != "arn:aws:cloudtrail:us-east-1:123456789012:trail/all" || !*trails.TrailList[0].HasCustomEventSelectors {
		t.Fatalf("%+v %v", trails, err)
	}
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String("old")})
	if err != nil || *status.IsLogging {
		t.Errorf("%+v %v", status, err)
	}
	advanced, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("all")})
	if err != nil || len(advanced.AdvancedEventSelectors) != 1 || len(advanced.AdvancedEventSelectors[0].FieldSelectors) != 2 {
		t.Errorf("%+v %v", advanced, err)
	}
	basic, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("plain")})
	if err != nil || len(basic.EventSelectors) != 1 || !*basic.EventSelectors[0].IncludeManagementEvents {
		t.Errorf("%+v %v", basic, err)
	}
	_, err = client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("none")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "TrailNotFoundException" {
		t.Errorf("got %v", err)
	}
	stores, err := client.ListEventDataStores(ctx, &cloudtrail.ListEventDataStoresInput{})
	if err != nil || len(stores.EventDataStores) != 1 {
		t.Errorf("%+v %v", stores, err)
	}
	events := trailEvents(t, account, "logs")
	yesterday := now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	counts := map[string]int{}
	for _, e := range events {
		if strings.HasPrefix(e.EventTime, yesterday) {
			counts[e.EventName+" "+e.UserIdentity.Type+" "+e.ErrorCode]++
		}
	}
	if diff := cmp.Diff(map[string]int{"InvokeEndpoint AssumedRole ": 48, "InvokeEndpoint AssumedRole AccessDenied": 2, "InvokeEndpointAsync IAMUser ": 24}, counts); diff != "" {
		t.Error(diff)
	}
}

type trailEvent struct {
	EventName, EventTime, ErrorCode string
	UserIdentity                    struct{ Type string }
}

// trailEvents reads every log file of a bucket.
func trailEvents(t *testing.T, account *standintest.Account, bucket string) []trailEvent {
	t.Helper()
	ctx := context.Background()
	client := s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	var events []trailEvent
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("AWSLogs/123456789012/CloudTrail/us-east-1/")})
	for pages.HasMorePages() {
		list, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Contents {
			got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: o.Key})
			if err != nil {
				t.Fatal(err)
			}
			unzipped, err := gzip.NewReader(got.Body)
			if err != nil {
				t.Fatalf("%s: %v", *o.Key, err)
			}
			var log struct{ Records []trailEvent }
			if err := json.NewDecoder(unzipped).Decode(&log); err != nil {
				t.Fatalf("%s: %v", *o.Key, err)
			}
			events = append(events, log.Records...)
		}
	}
	return events
}

func TestLogGroups(t *testing.T) {
	client := cloudwatchlogs.NewFromConfig(standintest.WithoutRetries(start(t, surrounded, standin.Options{}).Config()))
	var got []string
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(client, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/sagemaker/"), Limit: aws.Int32(1)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range out.LogGroups {
			got = append(got, *g.LogGroupName)
			if g.RetentionInDays != nil && (*g.RetentionInDays != 30 || *g.StoredBytes != 1234 || *g.CreationTime != 1767225600000) {
				t.Errorf("%+v", g)
			}
		}
	}
	if diff := cmp.Diff([]string{"/aws/sagemaker/Endpoints/Churn", "/aws/sagemaker/TrainingJobs"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestAlarms reads alarms with the SDK, over CBOR.
func TestAlarms(t *testing.T) {
	client := cloudwatch.NewFromConfig(standintest.WithoutRetries(start(t, surrounded, standin.Options{}).Config()))
	both := []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}
	cases := map[string]struct {
		in   cloudwatch.DescribeAlarmsInput
		want []string
	}{
		"Default":   {cloudwatch.DescribeAlarmsInput{}, []string{"a-latency", "b-rate"}},
		"Both":      {cloudwatch.DescribeAlarmsInput{AlarmTypes: both, MaxRecords: aws.Int32(1)}, []string{"a-latency", "b-rate", "c-both"}},
		"Composite": {cloudwatch.DescribeAlarmsInput{AlarmTypes: both[1:]}, []string{"c-both"}},
		"State":     {cloudwatch.DescribeAlarmsInput{StateValue: cwtypes.StateValueAlarm}, []string{"b-rate"}},
		"Prefix":    {cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("a-")}, []string{"a-latency"}},
		"Names":     {cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"b-rate"}}, []string{"b-rate"}},
		"Action":    {cloudwatch.DescribeAlarmsInput{ActionPrefix: aws.String("arn:aws:sns:")}, []string{"a-latency"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			pages := cloudwatch.NewDescribeAlarmsPaginator(client, &tc.in)
			for pages.HasMorePages() {
				out, err := pages.NextPage(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range out.MetricAlarms {
					got = append(got, *a.AlarmName)
				}
				for _, a := range out.CompositeAlarms {
					got = append(got, *a.AlarmName)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	out, err := client.DescribeAlarms(context.Background(), &cloudwatch.DescribeAlarmsInput{})
	if err != nil {
		t.Fatal(err)
	}
	first, second := out.MetricAlarms[0], out.MetricAlarms[1]
	if *first.Threshold != 50000.5 || *first.Period != 60 || first.Dimensions[0].Value == nil || !first.StateUpdatedTimestamp.Equal(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)) ||
		*first.AlarmArn != "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a-latency" {
		t.Errorf("%+v", first)
	}
	if *second.Threshold != -1 || *second.Metrics[0].Expression != "m1/m2" || !*second.Metrics[0].ReturnData {
		t.Errorf("%+v", second)
	}
}

// TestAlarmsInOldProtocols: JSON and the query protocol give the same alarms.
func TestAlarmsInOldProtocols(t *testing.T) {
	account := standintest.StartWith(t, standintest.Parse(t, surrounded, nil), standin.Options{Now: func() time.Time { return noon.Add(3 * time.Hour) }})
	form := url.Values{
		"Action": {"DescribeAlarms"}, "Version": {"2010-08-01"}, "MaxRecords": {"10"},
		"AlarmTypes.member.1": {"MetricAlarm"}, "AlarmTypes.member.2": {"CompositeAlarm"},
	}
	inXML := string(post(t, account.URL, []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}))
	for _, want := range []string{
		"<DescribeAlarmsResponse><DescribeAlarmsResult>", "<AlarmName>c-both</AlarmName>", "<Threshold>50000.5</Threshold>",
		"<StateUpdatedTimestamp>2026-10-01T00:00:00.000Z</StateUpdatedTimestamp>", "<Dimensions><member><Name>EndpointName</Name>",
	} {
		if !strings.Contains(inXML, want) {
			t.Errorf("no %s in %s", want, inXML)
		}
	}
	inJSON := post(t, account.URL, []byte(`{"AlarmNames": ["a-latency"]}`),
		map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.DescribeAlarms"})
	var answer struct {
		MetricAlarms []struct {
			Threshold             float64
			StateUpdatedTimestamp float64
		}
	}
	if err := json.Unmarshal(inJSON, &answer); err != nil || len(answer.MetricAlarms) != 1 || answer.MetricAlarms[0].StateUpdatedTimestamp != 1790812800 {
		t.Errorf("%v %s", err, inJSON)
	}
}

// TestUnknownTarget: a service that nobody serves is an error that says so.
func TestUnknownTarget(t *testing.T) {
	account := start(t, surrounded, standin.Options{})
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
	w := httptest.NewRecorder()
	account.Server.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "UnknownOperationException") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
