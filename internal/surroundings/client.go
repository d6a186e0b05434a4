package surroundings

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// AlarmReader holds the call that reads alarms.
type AlarmReader interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
}

// LogReader holds the call that reads log groups.
type LogReader interface {
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
}

// TagReader holds the call that reads tags.
type TagReader interface {
	GetResources(context.Context, *resourcegroupstaggingapi.GetResourcesInput, ...func(*resourcegroupstaggingapi.Options)) (*resourcegroupstaggingapi.GetResourcesOutput, error)
}

// PolicyReader holds the call that reads users, roles and policies.
type PolicyReader interface {
	GetAccountAuthorizationDetails(context.Context, *iam.GetAccountAuthorizationDetailsInput, ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error)
}

// PolicySimulator holds the call that asks IAM what somebody may do.
type PolicySimulator interface {
	SimulatePrincipalPolicy(context.Context, *iam.SimulatePrincipalPolicyInput, ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error)
}

// TrailReader holds the calls that tell what CloudTrail records.
type TrailReader interface {
	DescribeTrails(context.Context, *cloudtrail.DescribeTrailsInput, ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error)
	GetEventSelectors(context.Context, *cloudtrail.GetEventSelectorsInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error)
	GetTrailStatus(context.Context, *cloudtrail.GetTrailStatusInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error)
	ListEventDataStores(context.Context, *cloudtrail.ListEventDataStoresInput, ...func(*cloudtrail.Options)) (*cloudtrail.ListEventDataStoresOutput, error)
	GetEventDataStore(context.Context, *cloudtrail.GetEventDataStoreInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetEventDataStoreOutput, error)
}

// ObjectReader holds the calls that read CloudTrail's log files.
type ObjectReader interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Client reads one account in one region.
type Client struct {
	Alarms   AlarmReader
	Logs     LogReader
	Tags     TagReader
	Policies PolicyReader
	// Simulation is for Simulate alone; reading does without it.
	Simulation PolicySimulator
	Trails     TrailReader
	// Objects reads buckets of a region: logs may lie in another one.
	Objects func(region string) ObjectReader
}

// New makes the clients. The configuration holds the region, the credentials
// and whatever paces the calls.
func New(config aws.Config) *Client {
	policies := iam.NewFromConfig(config)
	return &Client{
		Alarms: cloudwatch.NewFromConfig(config), Logs: cloudwatchlogs.NewFromConfig(config),
		Tags: resourcegroupstaggingapi.NewFromConfig(config), Policies: policies, Simulation: policies,
		Trails: cloudtrail.NewFromConfig(config), Objects: func(region string) ObjectReader { return newObjects(config, region) },
	}
}

// paceMiddleware is the step that holds an operation to the pace of control
// APIs. S3 promises 5,500 reads a second for each prefix; reading log files at
// two a second would take hours for nothing.
const paceMiddleware = "LandfallPace"

func newObjects(config aws.Config, region string) ObjectReader {
	return s3.NewFromConfig(config, func(o *s3.Options) {
		if region != "" {
			o.Region = region
		}
		// A custom endpoint hardly ever has a host name per bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			if _, paced := stack.Finalize.Get(paceMiddleware); !paced {
				return nil
			}
			_, err := stack.Finalize.Remove(paceMiddleware)
			return err
		})
	})
}
