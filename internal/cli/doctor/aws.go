package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/sagemaker"
)

const checkIdentity = "aws-identity"

// absent is the name of a resource that nobody has: a Describe of it tells
// whether it is allowed, and reads nothing.
const absent = "landfall-doctor-absent"

// awsAccess is the way to AWS.
type awsAccess struct {
	client *sagemaker.Client
	// account and partition belong to the identity.
	account, partition string
}

func awsChecks() []check {
	return []check{
		{name: checkIdentity, run: identity},
		{name: "aws-scan-permissions", needs: checkIdentity, run: permissions},
	}
}

// identity asks who the credentials belong to, which needs no permission.
func identity(ctx context.Context, e *examination) Result {
	client, err := sagemaker.New(ctx, sagemaker.Options{Region: e.region, RequestsPerSecond: requestBurst})
	if err != nil {
		return e.awsFailed(err)
	}
	answer, err := client.Identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return e.awsFailed(err)
	}
	e.aws = &awsAccess{client: client, account: aws.ToString(answer.Account), partition: "aws"}
	if parts := strings.SplitN(aws.ToString(answer.Arn), ":", 3); len(parts) == 3 {
		e.aws.partition = parts[1]
	}
	return pass("%s, region %s", aws.ToString(answer.Arn), client.Region())
}

// requestBurst is fast enough for the few calls of a doctor, each of which is
// of another operation.
const requestBurst = 10

// probe tries one permission.
type probe struct {
	action string
	try    func(ctx context.Context, a *awsAccess) error
}

var probes = []probe{
	{"sagemaker:ListEndpoints", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Endpoints.ListEndpoints(ctx, &awssagemaker.ListEndpointsInput{MaxResults: aws.Int32(1)})
		return err
	}},
	{"sagemaker:DescribeEndpoint", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Endpoints.DescribeEndpoint(ctx, &awssagemaker.DescribeEndpointInput{EndpointName: aws.String(absent)})
		return err
	}},
	{"sagemaker:DescribeEndpointConfig", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Endpoints.DescribeEndpointConfig(ctx, &awssagemaker.DescribeEndpointConfigInput{EndpointConfigName: aws.String(absent)})
		return err
	}},
	{"sagemaker:DescribeModel", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Models.DescribeModel(ctx, &awssagemaker.DescribeModelInput{ModelName: aws.String(absent)})
		return err
	}},
	{"sagemaker:ListTags", func(ctx context.Context, a *awsAccess) error {
		name := fmt.Sprintf("arn:%s:sagemaker:%s:%s:endpoint/%s", a.partition, a.client.Region(), a.account, absent)
		_, err := a.client.Models.ListTags(ctx, &awssagemaker.ListTagsInput{ResourceArn: aws.String(name)})
		return err
	}},
	{"sagemaker:ListInferenceComponents", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Components.ListInferenceComponents(ctx, &awssagemaker.ListInferenceComponentsInput{MaxResults: aws.Int32(1)})
		return err
	}},
	{"application-autoscaling:DescribeScalableTargets", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Scalings.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
			ServiceNamespace: autoscalingtypes.ServiceNamespaceSagemaker, MaxResults: aws.Int32(1),
		})
		return err
	}},
	{"application-autoscaling:DescribeScalingPolicies", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Scalings.DescribeScalingPolicies(ctx, &applicationautoscaling.DescribeScalingPoliciesInput{
			ServiceNamespace: autoscalingtypes.ServiceNamespaceSagemaker, MaxResults: aws.Int32(1),
		})
		return err
	}},
	{"application-autoscaling:DescribeScheduledActions", func(ctx context.Context, a *awsAccess) error {
		_, err := a.client.Scalings.DescribeScheduledActions(ctx, &applicationautoscaling.DescribeScheduledActionsInput{
			ServiceNamespace: autoscalingtypes.ServiceNamespaceSagemaker, MaxResults: aws.Int32(1),
		})
		return err
	}},
}

// permissions tries every call that endpoints are read with; scans of the other
// kinds go on without theirs, and say what was missing. Describes ask for a resource that does
// not exist: being told so is being allowed to ask.
func permissions(ctx context.Context, e *examination) Result {
	var missing []string
	tried := append([]probe{metricProbe(e)}, probes...)
	for _, p := range tried {
		err := p.try(ctx, e.aws)
		switch {
		case err == nil:
		case denied(err):
			missing = append(missing, p.action)
		case !answered(err):
			return e.awsFailed(err)
		}
	}
	if len(missing) > 0 {
		return fail("not allowed: "+strings.Join(missing, ", "), "ask for these actions in the identity's policy; a scan goes on without them, and its inventory has gaps")
	}
	return pass("the %d actions that endpoints are read with are allowed; %s scan --print-policy lists those of all kinds", len(tried), e.session.Program)
}

func metricProbe(e *examination) probe {
	const minute = 60
	return probe{"cloudwatch:GetMetricData", func(ctx context.Context, a *awsAccess) error {
		now := e.session.Now()
		_, err := a.client.Metrics.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
			StartTime: aws.Time(now.Add(-checkTimeout)), EndTime: aws.Time(now),
			MetricDataQueries: []cloudwatchtypes.MetricDataQuery{{
				Id: aws.String("probe"),
				MetricStat: &cloudwatchtypes.MetricStat{
					Metric: &cloudwatchtypes.Metric{
						Namespace: aws.String("AWS/SageMaker"), MetricName: aws.String("Invocations"),
						Dimensions: []cloudwatchtypes.Dimension{
							{Name: aws.String("EndpointName"), Value: aws.String(absent)},
							{Name: aws.String("VariantName"), Value: aws.String(absent)},
						},
					},
					Period: aws.Int32(minute), Stat: aws.String("Sum"),
				},
			}},
		})
		return err
	}}
}

// answered says that AWS understood the call and found nothing to tell.
func answered(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return code == "ValidationException" || strings.HasPrefix(code, "ResourceNotFound")
}

func denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (strings.HasPrefix(api.ErrorCode(), "AccessDenied") || api.ErrorCode() == "UnauthorizedOperation")
}

func (e *examination) awsFailed(err error) Result {
	failure := output.AsFailure(e.session.ExplainAWS("cannot look", err))
	return fail(failure.Why, failure.Next)
}
