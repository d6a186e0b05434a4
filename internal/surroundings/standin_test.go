package surroundings

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const world = `
accountID: "123456789012"
region: us-east-1
credentials: [{accessKeyID: AKIATEST, secretAccessKey: secret, userName: tester}]
resources:
  endpoints:
    - {describe: {EndpointName: Churn}, tags: {team: growth, api-token: hf_abcdefghijklmnop}}
    - {describe: {EndpointName: ocr}}
iam:
  users:
    - UserName: web
      Path: /apps/
      GroupList: [callers]
      PermissionsBoundary: {PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/fence", PermissionsBoundaryType: PermissionsBoundaryPolicy}
  groups:
    - GroupName: callers
      AttachedManagedPolicies: [{PolicyName: SageMaker, PolicyArn: "arn:aws:iam::aws:policy/SageMaker"}]
  roles:
    - RoleName: batch
      RolePolicyList:
        - PolicyName: call
          PolicyDocument: {Version: "2012-10-17", Statement: {Sid: Async, Effect: Allow, Action: "sagemaker:InvokeEndpointAsync", Resource: "arn:aws:sagemaker:*:*:endpoint/ocr"}}
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
    - RoleName: reader
      RolePolicyList: [{PolicyName: read, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}]
    - RoleName: odd
      RolePolicyList: [{PolicyName: bad, PolicyDocument: {Statement: [{Effect: Maybe}]}}]
  policies:
    - PolicyName: fence
      PolicyVersionList:
        - {VersionId: v1, Document: {Statement: {Effect: Allow, Action: "*", Resource: "*"}}}
        - {VersionId: v2, IsDefaultVersion: true, Document: {Statement: {Effect: Allow, Action: "*", Resource: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn"}}}
    - PolicyName: SageMaker
      Arn: "arn:aws:iam::aws:policy/SageMaker"
      PolicyVersionList: [{VersionId: v9, IsDefaultVersion: true, Document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sagemaker:*", Resource: "*"}]}}]
cloudTrail:
  trails:
    - trail: {Name: data, S3BucketName: logs, S3KeyPrefix: audit}
      advancedEventSelectors:
        - FieldSelectors: [{Field: eventCategory, Equals: [Data]}, {Field: resources.type, Equals: ["AWS::SageMaker::Endpoint"]}]
    - trail: {Name: management, S3BucketName: logs}
  calls:
    - {principal: "arn:aws:sts::123456789012:assumed-role/web/i-1", endpoint: Churn, perDay: 48, deniedPerDay: 2, days: 3}
    - {principal: "arn:aws:sts::123456789012:assumed-role/web/i-2", endpoint: Churn, perDay: 24, days: 3}
    - {principal: "arn:aws:iam::123456789012:user/web", endpoint: ocr, operation: InvokeEndpointAsync, perDay: 24, days: 2}
    - {principal: "arn:aws:iam::123456789012:user/web", endpoint: elsewhere, perDay: 24, days: 2}
logGroups:
  - {name: /aws/sagemaker/Endpoints/Churn, retentionDays: 30, storedBytes: 1234, createdAt: 2026-01-01T00:00:00Z}
  - {name: /aws/lambda/x}
alarms:
  metricAlarms:
    - {AlarmName: latency, Namespace: AWS/SageMaker, MetricName: ModelLatency, ExtendedStatistic: p99, Threshold: 5000, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 3, Period: 60, Dimensions: [{Name: EndpointName, Value: Churn}]}
    - {AlarmName: cpu, Namespace: AWS/EC2, MetricName: CPUUtilization}
    - {AlarmName: orders, Namespace: Shop, MetricName: Orders, AlarmDescription: "page with token=hf_abcdefghijklmnop"}
  compositeAlarms:
    - {AlarmName: page, AlarmRule: "ALARM(latency) OR ALARM(\"cpu\")"}
    - {AlarmName: unrelated, AlarmRule: "ALARM(cpu)"}
`

var place = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}

func endpointsOf(names ...string) []access.Endpoint {
	var endpoints []access.Endpoint
	for _, name := range names {
		endpoints = append(endpoints, access.Endpoint{
			Name: name, Place: place, ARN: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/" + strings.ToLower(name),
		})
	}
	return endpoints
}

func given(names ...string) func() ([]access.Endpoint, error) {
	return func() ([]access.Endpoint, error) { return endpointsOf(names...), nil }
}

func named(names ...string) func() ([]string, error) {
	return func() ([]string, error) { return names, nil }
}

func start(t *testing.T, text string) (*standintest.Account, *Client) {
	t.Helper()
	account := standintest.Start(t, standintest.Parse(t, text, nil))
	return account, New(standintest.WithoutRetries(account.Config()))
}

func readWorld(t *testing.T, client *Client, change func(*Options)) Found {
	t.Helper()
	options := Options{Place: place, Endpoints: given("Churn", "ocr"), Now: time.Now(), CloudTrail: true}
	if change != nil {
		change(&options)
	}
	found, err := client.Read(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestReadARealAccount(t *testing.T) {
	_, client := start(t, world)
	found := readWorld(t, client, func(o *Options) { o.AlarmNames = named("orders") })

	names := func() (list []string) {
		for _, alarm := range found.Alarms {
			list = append(list, alarm.Name)
		}
		slices.Sort(list)
		return list
	}
	if diff := cmp.Diff([]string{"latency", "orders", "page"}, names()); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	for _, alarm := range found.Alarms {
		if alarm.Name == "orders" && strings.Contains(alarm.Description, "hf_") {
			t.Errorf("the description is not masked: %s", alarm.Description)
		}
		if alarm.Name == "latency" && (alarm.ExtendedStatistic != "p99" || alarm.Metric.Dimensions["EndpointName"] != "Churn" || alarm.Place != place) {
			t.Errorf("got %+v", alarm)
		}
	}
	if len(found.LogGroups) != 1 || found.LogGroups[0].RetentionDays != 30 || found.LogGroups[0].CreatedAt != "2026-01-01T00:00:00Z" || found.LogGroups[0].ARN == "" {
		t.Errorf("log groups: %+v", found.LogGroups)
	}
	wantTags := []inventory.Tag{{Key: "api-token", Value: inventory.Masked}, {Key: "team", Value: "growth"}}
	got := found.Tags.Of["arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn"]
	slices.SortFunc(got, func(a, b inventory.Tag) int { return strings.Compare(a.Key, b.Key) })
	if diff := cmp.Diff(wantTags, got); diff != "" || !found.Tags.Read {
		t.Errorf("tags, read %t (-want +got):\n%s", found.Tags.Read, diff)
	}
	if len(found.Unread) != 0 {
		t.Errorf("unread: %+v", found.Unread)
	}
	checkSeen(t, found)

	stored, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	var again Found
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found, again); diff != "" {
		t.Errorf("storing changed it (-before +after):\n%s", diff)
	}
}

func checkSeen(t *testing.T, found Found) {
	t.Helper()
	if !found.Trails.Coverage.Read || !strings.Contains(found.Trails.Coverage.Why, "trail data (s3://logs/audit)") {
		t.Errorf("coverage: %+v", found.Trails.Coverage)
	}
	if len(found.Trails.Seen) != 2 {
		t.Fatalf("seen: %+v", found.Trails.Seen)
	}
	churn, ocr := found.Trails.Seen[0], found.Trails.Seen[1]
	if churn.Endpoint != "Churn" || churn.Principal != "arn:aws:iam::123456789012:role/web" || churn.Calls < 2*72 || churn.Calls > 3*72 || churn.LastCallAt == "" {
		t.Errorf("got %+v; want two days of both sessions and what is over of today", churn)
	}
	if ocr.Endpoint != "ocr" || ocr.Principal != "arn:aws:iam::123456789012:user/web" || ocr.Calls < 24 || ocr.Calls > 48 {
		t.Errorf("got %+v", ocr)
	}
}

func TestReadAccountAndCallers(t *testing.T) {
	_, client := start(t, world)
	account, err := client.ReadAccount(t.Context(), place, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(account.Unread) != 1 || account.Unread[0].Code != "MalformedPolicyDocument" || account.Unread[0].Resources[0] != "inline policy bad" || account.Unread[0].Place != place {
		t.Errorf("unread: %+v", account.Unread)
	}
	found := Found{Place: place, Trails: unknownTrails("x")}
	callers, coverage := found.Callers(account, endpointsOf("Churn", "ocr"))
	want := []inventory.Caller{
		{
			Endpoint: "Churn", Place: place, Principal: "arn:aws:iam::123456789012:user/apps/web", Source: inventory.CallerAllowed,
			Through: "managed policy SageMaker of AWS of group callers, statement 1", Actions: access.Actions,
		},
		{
			Endpoint: "ocr", Place: place, Principal: "arn:aws:iam::123456789012:role/batch", Source: inventory.CallerAllowed,
			Through: "inline policy call, statement 1 (Async); only lambda.amazonaws.com may assume the role",
			Actions: []string{"sagemaker:InvokeEndpointAsync"},
		},
	}
	if diff := cmp.Diff(want, callers); diff != "" {
		t.Errorf("callers (-want +got):\n%s", diff)
	}
	if !coverage.IAM.Read || !strings.Contains(coverage.IAM.Why, "1 policies could not be read") || coverage.CloudTrail.Read || coverage.Place != place {
		t.Errorf("coverage: %+v", coverage)
	}
	stored, err := json.Marshal(account)
	if err != nil || strings.Contains(string(stored), "s3:") {
		t.Errorf("stored with what does not matter (%v): %s", err, stored)
	}
	var again Account
	if err := json.Unmarshal(stored, &again); err != nil || cmp.Diff(account, again) != "" {
		t.Errorf("storing changed it (%v):\n%s", err, cmp.Diff(account, again))
	}
}

// TestWhatIsDeniedIsToldAndTheRestIsRead refuses each operation in turn.
func TestWhatIsDeniedIsToldAndTheRestIsRead(t *testing.T) {
	for _, action := range Actions(Options{CloudTrail: true}) {
		if strings.HasPrefix(action, "s3:") || strings.HasPrefix(action, "kms:") || action == "iam:GetAccountAuthorizationDetails" || action == "cloudtrail:GetEventDataStore" {
			continue
		}
		t.Run(action, func(t *testing.T) {
			account, client := start(t, world)
			deny(t, account, action)
			found := readWorld(t, client, nil)
			if len(found.Unread) != 1 && action != "cloudtrail:GetEventSelectors" || found.Unread[0].Action != action || found.Unread[0].Place != place {
				t.Errorf("unread: %+v", found.Unread)
			}
			if got := len(found.Alarms) == 0; got != (action == "cloudwatch:DescribeAlarms") {
				t.Errorf("alarms: %+v", found.Alarms)
			}
			if found.Tags.Read == (action == "tag:GetResources") {
				t.Errorf("tags: %+v", found.Tags)
			}
			blind := action == "cloudtrail:DescribeTrails" || action == "cloudtrail:GetEventSelectors"
			if found.Trails.Coverage.Read == blind || blind && !strings.Contains(found.Trails.Coverage.Why, "could not be read") {
				t.Errorf("trails: %+v", found.Trails.Coverage)
			}
		})
	}
}

func TestIAMDenied(t *testing.T) {
	account, client := start(t, world)
	deny(t, account, "iam:GetAccountAuthorizationDetails")
	got, err := client.ReadAccount(t.Context(), place, nil)
	if err != nil || got.Coverage.Read || !strings.Contains(got.Coverage.Why, "could not be read") || len(got.Unread) != 1 || got.Unread[0].Action != "iam:GetAccountAuthorizationDetails" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func deny(t *testing.T, account *standintest.Account, operation string) {
	t.Helper()
	knobs := standin.Knobs{Operations: map[string]standin.OperationKnobs{operation: {Deny: true}}}
	if err := account.Server.SetKnobs(knobs); err != nil {
		t.Fatal(err)
	}
}

func TestBadCredentialsEndTheReading(t *testing.T) {
	account, _ := start(t, world)
	client := New(standintest.WithoutRetries(account.ConfigFor("AKIAWRONG", "x", "")))
	if _, err := client.Read(t.Context(), Options{Place: place}); err == nil {
		t.Error("bad credentials were taken for missing permissions")
	}
	if _, err := client.ReadAccount(t.Context(), place, nil); err == nil {
		t.Error("bad credentials were taken for missing permissions")
	}
}

func TestTrailsThatAreNotRead(t *testing.T) {
	lake := "\n  eventDataStores: [{Name: lake, EventDataStoreArn: \"arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/1\", Status: ENABLED, AdvancedEventSelectors: [{FieldSelectors: [{Field: eventCategory, Equals: [Data]}, {Field: resources.type, Equals: [\"AWS::SageMaker::Endpoint\"]}]}]}]\n"
	without := func(text string) string {
		before, rest, _ := strings.Cut(text, "      advancedEventSelectors:")
		_, after, _ := strings.Cut(rest, "\n    - trail: {Name: management")
		return before + "    - trail: {Name: management" + after
	}
	cases := map[string]struct {
		text   string
		change func(*Options)
		want   string
	}{
		"not asked for": {world, func(o *Options) { o.CloudTrail = false }, "was not asked for"},
		"not recorded":  {without(world), nil, "no trail or event data store records"},
		"Lake only":     {strings.Replace(without(world), "\n  calls:", lake+"  calls:", 1), nil, "Lake is not read"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, client := start(t, tc.text)
			found := readWorld(t, client, tc.change)
			if c := found.Trails.Coverage; c.Read || !strings.Contains(c.Why, tc.want) || len(found.Trails.Seen) != 0 {
				t.Errorf("got %+v, want %q", found.Trails, tc.want)
			}
		})
	}
}

func TestTheBoundOfLogFiles(t *testing.T) {
	_, client := start(t, world)
	all := readWorld(t, client, nil)
	few := readWorld(t, client, func(o *Options) { o.MaxTrailObjects = 5 })
	c := few.Trails.Coverage
	if !c.Read || !strings.Contains(c.Why, "5 log files") || !strings.Contains(c.Why, "stopped at the bound") || c.From <= all.Trails.Coverage.From {
		t.Errorf("coverage %+v; all %+v", c, all.Trails.Coverage)
	}
	if few.Trails.Seen[0].Calls >= all.Trails.Seen[0].Calls || few.Trails.Seen[0].LastCallAt != all.Trails.Seen[0].LastCallAt {
		t.Errorf("few %+v, all %+v: want the newest files", few.Trails.Seen, all.Trails.Seen)
	}
	none := readWorld(t, client, func(o *Options) { o.MaxTrailBytes = 1 })
	if c := none.Trails.Coverage; !strings.Contains(c.Why, "0 log files") || len(none.Trails.Seen) != 0 {
		t.Errorf("got %+v", none.Trails)
	}
}
