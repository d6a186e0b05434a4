package sagemaker

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"landfall.dev/landfall/internal/awshttp"
)

// EndpointReader holds the calls that find endpoints.
type EndpointReader interface {
	ListEndpoints(context.Context, *sagemaker.ListEndpointsInput, ...func(*sagemaker.Options)) (*sagemaker.ListEndpointsOutput, error)
	DescribeEndpoint(context.Context, *sagemaker.DescribeEndpointInput, ...func(*sagemaker.Options)) (*sagemaker.DescribeEndpointOutput, error)
	DescribeEndpointConfig(context.Context, *sagemaker.DescribeEndpointConfigInput, ...func(*sagemaker.Options)) (*sagemaker.DescribeEndpointConfigOutput, error)
}

// ModelReader holds the calls that read models and their tags.
type ModelReader interface {
	DescribeModel(context.Context, *sagemaker.DescribeModelInput, ...func(*sagemaker.Options)) (*sagemaker.DescribeModelOutput, error)
	ListTags(context.Context, *sagemaker.ListTagsInput, ...func(*sagemaker.Options)) (*sagemaker.ListTagsOutput, error)
}

// ComponentReader holds the calls that read inference components.
type ComponentReader interface {
	ListInferenceComponents(context.Context, *sagemaker.ListInferenceComponentsInput, ...func(*sagemaker.Options)) (*sagemaker.ListInferenceComponentsOutput, error)
	DescribeInferenceComponent(context.Context, *sagemaker.DescribeInferenceComponentInput, ...func(*sagemaker.Options)) (*sagemaker.DescribeInferenceComponentOutput, error)
}

// ScalingReader holds the calls that read Application Auto Scaling.
type ScalingReader interface {
	DescribeScalableTargets(context.Context, *applicationautoscaling.DescribeScalableTargetsInput, ...func(*applicationautoscaling.Options)) (*applicationautoscaling.DescribeScalableTargetsOutput, error)
	DescribeScalingPolicies(context.Context, *applicationautoscaling.DescribeScalingPoliciesInput, ...func(*applicationautoscaling.Options)) (*applicationautoscaling.DescribeScalingPoliciesOutput, error)
	DescribeScheduledActions(context.Context, *applicationautoscaling.DescribeScheduledActionsInput, ...func(*applicationautoscaling.Options)) (*applicationautoscaling.DescribeScheduledActionsOutput, error)
}

// MetricReader holds the calls that read CloudWatch.
type MetricReader interface {
	ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error)
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// IdentityReader holds the call that tells which account answers.
type IdentityReader interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// Options say how to reach AWS.
type Options struct {
	// Region to scan. Empty means the one of the environment or profile.
	Region string
	// RoleARN is a role to assume first, with ExternalID where the role asks
	// for one. Empty means the caller's own identity.
	RoleARN    string
	ExternalID string
	// Profile of the shared AWS configuration. Empty means the default one.
	Profile string
	// EndpointURL is the address of every service. Empty means AWS, or what
	// AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> say.
	EndpointURL string
	// RequestsPerSecond bounds each operation. Zero means 2: AWS publishes
	// no rates, and 2 is the lowest that was reported.
	RequestsPerSecond float64
	// Concurrency bounds the calls of one operation under way. Zero means 8.
	Concurrency int

	// backoff is the pause before another attempt of a call. Nil means the
	// SDK's, which doubles; tests have no time for that.
	backoff retry.BackoffDelayer
}

const (
	defaultRequestsPerSecond = 2
	defaultConcurrency       = 8
	// maxAttempts of one call, with pauses that double up to 20 seconds.
	maxAttempts = 8
)

// Client reads one account in one region.
type Client struct {
	Endpoints  EndpointReader
	Models     ModelReader
	Components ComponentReader
	Scalings   ScalingReader
	Metrics    MetricReader
	Identity   IdentityReader

	// api are all calls of SageMaker, for the table of kinds.
	api         *sagemaker.Client
	pace        *pace
	config      aws.Config
	region      string
	roleARN     string
	concurrency int
}

// New makes the clients from the SDK's default configuration. It fails when no
// region is known; credentials are only looked for with the first call.
func New(ctx context.Context, options Options) (*Client, error) {
	pace := newPace(cmp.Or(max(options.RequestsPerSecond, 0), defaultRequestsPerSecond))
	loaded, err := loadConfig(ctx, options, pace)
	if err != nil {
		return nil, err
	}
	if loaded.Region == "" {
		return nil, errors.New("no AWS region is known: give --region, or set AWS_REGION or the profile's region")
	}
	if options.Concurrency <= 0 {
		options.Concurrency = defaultConcurrency
	}
	api := sagemaker.NewFromConfig(loaded, sagemaker.WithAPIOptions(notUnderstood))
	return &Client{
		Endpoints: api, Models: api, Components: api,
		Scalings: applicationautoscaling.NewFromConfig(loaded),
		Metrics:  cloudwatch.NewFromConfig(loaded),
		Identity: sts.NewFromConfig(loaded),
		api:      api, pace: pace, config: loaded,
		region: loaded.Region, roleARN: options.RoleARN, concurrency: options.Concurrency,
	}, nil
}

// Region returns the region that the client reads.
func (c *Client) Region() string { return c.region }

// RoleARN returns the role that the client assumes, empty for the caller's own
// identity.
func (c *Client) RoleARN() string { return c.roleARN }

// SignIn fails when there are no credentials, or when the role may not be
// assumed. The error holds AWS's answer.
func (c *Client) SignIn(ctx context.Context) error {
	if _, err := c.config.Credentials.Retrieve(ctx); err != nil {
		if c.roleARN != "" {
			return fmt.Errorf("cannot assume the role %s: %w", c.roleARN, err)
		}
		return fmt.Errorf("get credentials: %w", err)
	}
	return nil
}

// Config returns the configuration that the client was made of, paced as it is:
// for other readers of the same account and region.
func (c *Client) Config() aws.Config { return c.config.Copy() }

// roleSessionName is what the account's own logs call a scan.
const roleSessionName = "landfall-scan"

// assume takes on a role. Its credentials are shared by all of the client's
// services and renewed before they end.
func assume(own aws.Config, options Options) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(own), options.RoleARN,
		func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = roleSessionName
			if options.ExternalID != "" {
				o.ExternalID = aws.String(options.ExternalID)
			}
		}))
}

func loadConfig(ctx context.Context, options Options, pace *pace) (aws.Config, error) {
	load := []func(*config.LoadOptions) error{
		config.WithLogger(sdkLog),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = maxAttempts
				if options.backoff != nil {
					o.Backoff = options.backoff
				}
				// The pace of each operation adapts instead: this limiter
				// would give up on a whole scan after a hundred refusals.
				o.RateLimiter = ratelimit.None
			})
		}),
	}
	if options.Region != "" {
		load = append(load, config.WithRegion(options.Region))
	}
	if options.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(options.Profile))
	}
	if options.EndpointURL != "" {
		load = append(load, config.WithBaseEndpoint(options.EndpointURL))
	}
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("cannot load the AWS configuration: %w", err)
	}
	loaded.HTTPClient = awshttp.KeepEarlyAnswers(loaded.HTTPClient)
	if options.RoleARN != "" {
		loaded.Credentials = assume(loaded.Copy(), options)
	}
	loaded.APIOptions = append(loaded.APIOptions, pace.install)
	return loaded, nil
}
