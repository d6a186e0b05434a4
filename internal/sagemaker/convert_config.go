package sagemaker

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

// applyConfig adds what the endpoint configuration says to what runs. Where
// both speak of the same thing, what runs wins.
func applyConfig(e *inventory.Endpoint, out *sagemaker.DescribeEndpointConfigOutput) {
	e.Config = inventory.Config{
		Name: cmp.Or(aws.ToString(out.EndpointConfigName), e.Config.Name), ARN: aws.ToString(out.EndpointConfigArn),
		Presence: inventory.Present, CreatedAt: timeText(out.CreationTime), KMSKeyID: aws.ToString(out.KmsKeyId),
		ExecutionRoleARN: aws.ToString(out.ExecutionRoleArn), NetworkIsolation: aws.ToBool(out.EnableNetworkIsolation),
		VPC: convertVPC(out.VpcConfig),
	}
	if e.Async == nil {
		e.Async = convertAsync(out.AsyncInferenceConfig)
	}
	e.DataCapture = applyCapture(e.DataCapture, out.DataCaptureConfig)
	for _, v := range out.ProductionVariants {
		applyVariant(&e.Variants, v)
	}
	for _, v := range out.ShadowProductionVariants {
		applyVariant(&e.ShadowVariants, v)
	}
	e.Ignored = append(e.Ignored, ignoredLeaves("endpointConfig", out)...)
}

// applyVariant adds to the variant of the same name. An endpoint that failed
// to start has variants in its configuration only.
func applyVariant(variants *[]inventory.Variant, from types.ProductionVariant) {
	v := variantNamed(variants, aws.ToString(from.VariantName))
	v.ModelName = aws.ToString(from.ModelName)
	v.InstanceType = string(from.InstanceType)
	v.Instance = inventory.InstanceOf(v.InstanceType)
	v.InstanceCount.Initial = from.InitialInstanceCount
	v.Weight.Initial = decimal(from.InitialVariantWeight)
	v.VolumeGB = aws.ToInt32(from.VolumeSizeInGB)
	v.ModelDownloadTimeoutSeconds = aws.ToInt32(from.ModelDataDownloadTimeoutInSeconds)
	v.StartupTimeoutSeconds = aws.ToInt32(from.ContainerStartupHealthCheckTimeoutInSeconds)
	v.AMIVersion = string(from.InferenceAmiVersion)
	v.ElasticInference = string(from.AcceleratorType)
	if v.Serverless == nil {
		v.Serverless = convertServerless(from.ServerlessConfig)
	}
	if v.ManagedScaler == nil {
		v.ManagedScaler = convertManagedScaler(from.ManagedInstanceScaling)
	}
	if v.RoutingStrategy == "" && from.RoutingConfig != nil {
		v.RoutingStrategy = string(from.RoutingConfig.RoutingStrategy)
	}
}

func variantNamed(variants *[]inventory.Variant, name string) *inventory.Variant {
	for i := range *variants {
		if (*variants)[i].Name == name {
			return &(*variants)[i]
		}
	}
	*variants = append(*variants, inventory.Variant{Name: name})
	return &(*variants)[len(*variants)-1]
}

func applyCapture(live *inventory.DataCapture, config *types.DataCaptureConfig) *inventory.DataCapture {
	if config == nil {
		return live
	}
	merged := inventory.DataCapture{Enabled: aws.ToBool(config.EnableCapture)}
	if live != nil {
		merged = *live
	}
	merged.SamplingPercent = cmp.Or(merged.SamplingPercent, aws.ToInt32(config.InitialSamplingPercentage))
	merged.DestinationURI = cmp.Or(merged.DestinationURI, aws.ToString(config.DestinationS3Uri))
	merged.KMSKeyID = cmp.Or(merged.KMSKeyID, aws.ToString(config.KmsKeyId))
	for _, option := range config.CaptureOptions {
		merged.Modes = append(merged.Modes, string(option.CaptureMode))
	}
	if header := config.CaptureContentTypeHeader; header != nil {
		merged.JSONContentTypes, merged.CSVContentTypes = header.JsonContentTypes, header.CsvContentTypes
	}
	return &merged
}
