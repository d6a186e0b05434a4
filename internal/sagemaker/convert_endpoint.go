package sagemaker

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

// timeText writes a time as RFC 3339 in UTC; nil is empty.
func timeText(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// decimal widens a number so that it prints as AWS gave it: 0.1 and not
// 0.10000000149011612.
func decimal(value *float32) *float64 {
	if value == nil {
		return nil
	}
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(*value), 'g', -1, 32), 64)
	if err != nil {
		return nil
	}
	return &wide
}

func texts[T ~string](list []T) []string {
	var all []string
	for _, element := range list {
		all = append(all, string(element))
	}
	return all
}

func convertEndpoint(out *sagemaker.DescribeEndpointOutput) inventory.Endpoint {
	failure, _ := inventory.MaskText(aws.ToString(out.FailureReason))
	e := inventory.Endpoint{
		Name: aws.ToString(out.EndpointName), ARN: aws.ToString(out.EndpointArn),
		Status: string(out.EndpointStatus), FailureReason: failure,
		CreatedAt: timeText(out.CreationTime), ModifiedAt: timeText(out.LastModifiedTime),
		Config: inventory.Config{Name: aws.ToString(out.EndpointConfigName)},
		Async:  convertAsync(out.AsyncInferenceConfig), DataCapture: convertLiveCapture(out.DataCaptureConfig),
		Ignored: ignoredLeaves("endpoint", out),
	}
	if parsed, err := arn.Parse(e.ARN); err == nil {
		e.Region = parsed.Region
	}
	if last := out.LastDeploymentConfig; last != nil && last.AutoRollbackConfiguration != nil {
		for _, alarm := range last.AutoRollbackConfiguration.Alarms {
			e.RollbackAlarms = append(e.RollbackAlarms, aws.ToString(alarm.AlarmName))
		}
	}
	for _, v := range out.ProductionVariants {
		e.Variants = append(e.Variants, convertLiveVariant(v))
	}
	for _, v := range out.ShadowProductionVariants {
		e.ShadowVariants = append(e.ShadowVariants, convertLiveVariant(v))
	}
	return e
}

func convertLiveVariant(v types.ProductionVariantSummary) inventory.Variant {
	variant := inventory.Variant{
		Name:          aws.ToString(v.VariantName),
		InstanceCount: inventory.Counts{Current: v.CurrentInstanceCount, Desired: v.DesiredInstanceCount},
		Weight:        inventory.Weights{Current: decimal(v.CurrentWeight), Desired: decimal(v.DesiredWeight)},
		Serverless:    convertServerless(v.CurrentServerlessConfig),
		ManagedScaler: convertManagedScaler(v.ManagedInstanceScaling),
	}
	if v.RoutingConfig != nil {
		variant.RoutingStrategy = string(v.RoutingConfig.RoutingStrategy)
	}
	for _, image := range v.DeployedImages {
		variant.Images = append(variant.Images, inventory.DeployedImage{
			Specified: aws.ToString(image.SpecifiedImage), Resolved: aws.ToString(image.ResolvedImage),
			ResolvedAt: timeText(image.ResolutionTime),
		})
	}
	for _, state := range v.VariantStatus {
		variant.State = append(variant.State, string(state.Status))
	}
	return variant
}

func convertServerless(c *types.ProductionVariantServerlessConfig) *inventory.Serverless {
	if c == nil {
		return nil
	}
	return &inventory.Serverless{
		MemoryMB: aws.ToInt32(c.MemorySizeInMB), MaxConcurrency: aws.ToInt32(c.MaxConcurrency),
		ProvisionedConcurrency: aws.ToInt32(c.ProvisionedConcurrency),
	}
}

func convertManagedScaler(s *types.ProductionVariantManagedInstanceScaling) *inventory.ManagedScaler {
	if s == nil {
		return nil
	}
	return &inventory.ManagedScaler{
		Status: string(s.Status), MinInstanceCount: aws.ToInt32(s.MinInstanceCount),
		MaxInstanceCount: aws.ToInt32(s.MaxInstanceCount),
	}
}

func convertAsync(c *types.AsyncInferenceConfig) *inventory.Async {
	if c == nil {
		return nil
	}
	var a inventory.Async
	if out := c.OutputConfig; out != nil {
		a.OutputURI, a.FailureURI = aws.ToString(out.S3OutputPath), aws.ToString(out.S3FailurePath)
		a.KMSKeyID = aws.ToString(out.KmsKeyId)
		if n := out.NotificationConfig; n != nil {
			a.SuccessTopicARN, a.ErrorTopicARN = aws.ToString(n.SuccessTopic), aws.ToString(n.ErrorTopic)
			a.IncludeResponseIn = texts(n.IncludeInferenceResponseIn)
		}
	}
	if c.ClientConfig != nil {
		a.MaxConcurrentPerInstance = aws.ToInt32(c.ClientConfig.MaxConcurrentInvocationsPerInstance)
	}
	return &a
}

func convertLiveCapture(c *types.DataCaptureConfigSummary) *inventory.DataCapture {
	if c == nil {
		return nil
	}
	return &inventory.DataCapture{
		Enabled: aws.ToBool(c.EnableCapture), Status: string(c.CaptureStatus),
		SamplingPercent: aws.ToInt32(c.CurrentSamplingPercentage),
		DestinationURI:  aws.ToString(c.DestinationS3Uri), KMSKeyID: aws.ToString(c.KmsKeyId),
	}
}

func convertVPC(c *types.VpcConfig) *inventory.VPC {
	if c == nil {
		return nil
	}
	return &inventory.VPC{SecurityGroupIDs: c.SecurityGroupIds, SubnetIDs: c.Subnets}
}

func convertTags(tags []types.Tag) []inventory.Tag {
	var all []inventory.Tag
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		masked, _ := inventory.MaskEnv(map[string]string{key: aws.ToString(tag.Value)})
		all = append(all, inventory.Tag{Key: key, Value: masked[key]})
	}
	return all
}
