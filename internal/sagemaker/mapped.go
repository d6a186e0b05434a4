package sagemaker

import (
	"reflect"
	"strings"

	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// mappedLeaves lists, for each of AWS's answers, the fields that the
// conversion gives a place in the inventory. A test sets every field of every
// answer in turn and compares this list with what the conversion does.
var mappedLeaves = map[reflect.Type]map[string]bool{
	reflect.TypeFor[sagemaker.DescribeEndpointOutput]():           paths(endpointLeaves),
	reflect.TypeFor[sagemaker.DescribeEndpointConfigOutput]():     paths(configLeaves),
	reflect.TypeFor[sagemaker.DescribeModelOutput]():              paths(modelLeaves),
	reflect.TypeFor[sagemaker.DescribeInferenceComponentOutput](): paths(componentLeaves),
	reflect.TypeFor[types.ArtifactSummary]():                      paths(artifactLeaves),
	reflect.TypeFor[types.ActionSummary]():                        paths(actionLeaves),
	reflect.TypeFor[types.ContextSummary]():                       paths(contextLeaves),
	reflect.TypeFor[types.AssociationSummary]():                   paths(associationLeaves),
	reflect.TypeFor[scaling.ScalableTarget]():                     paths(targetLeaves),
	reflect.TypeFor[scaling.ScalingPolicy]():                      paths(policyLeaves),
	reflect.TypeFor[scaling.ScheduledAction]():                    paths(scheduledLeaves),
}

const artifactLeaves = `
ArtifactArn ArtifactName ArtifactType CreationTime LastModifiedTime Source.SourceUri`

const actionLeaves = `
ActionArn ActionName ActionType CreationTime LastModifiedTime Status
Source.SourceId Source.SourceType Source.SourceUri`

const contextLeaves = `
ContextArn ContextName ContextType CreationTime LastModifiedTime
Source.SourceId Source.SourceType Source.SourceUri`

const associationLeaves = `
AssociationType CreationTime DestinationArn SourceArn`

const asyncLeaves = `
AsyncInferenceConfig.ClientConfig.MaxConcurrentInvocationsPerInstance
AsyncInferenceConfig.OutputConfig.KmsKeyId
AsyncInferenceConfig.OutputConfig.NotificationConfig.ErrorTopic
AsyncInferenceConfig.OutputConfig.NotificationConfig.IncludeInferenceResponseIn[]
AsyncInferenceConfig.OutputConfig.NotificationConfig.SuccessTopic
AsyncInferenceConfig.OutputConfig.S3FailurePath
AsyncInferenceConfig.OutputConfig.S3OutputPath`

const liveVariantLeaves = `
%.CurrentInstanceCount %.CurrentWeight %.DesiredInstanceCount %.DesiredWeight %.VariantName
%.CurrentServerlessConfig.MaxConcurrency %.CurrentServerlessConfig.MemorySizeInMB
%.CurrentServerlessConfig.ProvisionedConcurrency
%.DeployedImages[].ResolvedImage %.DeployedImages[].SpecifiedImage %.DeployedImages[].ResolutionTime
%.ManagedInstanceScaling.MaxInstanceCount %.ManagedInstanceScaling.MinInstanceCount %.ManagedInstanceScaling.Status
%.RoutingConfig.RoutingStrategy
%.VariantStatus[].Status`

const configVariantLeaves = `
%.AcceleratorType %.ContainerStartupHealthCheckTimeoutInSeconds %.InferenceAmiVersion %.InitialInstanceCount
%.InitialVariantWeight %.InstanceType %.ModelDataDownloadTimeoutInSeconds %.ModelName %.VariantName %.VolumeSizeInGB
%.ManagedInstanceScaling.MaxInstanceCount %.ManagedInstanceScaling.MinInstanceCount %.ManagedInstanceScaling.Status
%.RoutingConfig.RoutingStrategy
%.ServerlessConfig.MaxConcurrency %.ServerlessConfig.MemorySizeInMB %.ServerlessConfig.ProvisionedConcurrency`

const vpcLeaves = `
VpcConfig.SecurityGroupIds[] VpcConfig.Subnets[]`

const containerLeaves = `
%.ContainerHostname %.Environment %.Image %.ImageConfig.RepositoryAccessMode
%.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn
%.InferenceSpecificationName %.Mode %.ModelDataUrl %.ModelPackageName %.MultiModelConfig.ModelCacheSetting
%.ModelDataSource.S3DataSource.CompressionType %.ModelDataSource.S3DataSource.S3DataType
%.ModelDataSource.S3DataSource.S3Uri %.ModelDataSource.S3DataSource.ETag
%.ModelDataSource.S3DataSource.ManifestS3Uri %.ModelDataSource.S3DataSource.ModelAccessConfig.AcceptEula
%.ModelDataSource.S3DataSource.HubAccessConfig.HubContentArn
%.AdditionalModelDataSources[].ChannelName
%.AdditionalModelDataSources[].S3DataSource.CompressionType %.AdditionalModelDataSources[].S3DataSource.S3DataType
%.AdditionalModelDataSources[].S3DataSource.S3Uri %.AdditionalModelDataSources[].S3DataSource.ETag
%.AdditionalModelDataSources[].S3DataSource.ManifestS3Uri
%.AdditionalModelDataSources[].S3DataSource.ModelAccessConfig.AcceptEula
%.AdditionalModelDataSources[].S3DataSource.HubAccessConfig.HubContentArn`

const componentPartLeaves = `
%.BaseInferenceComponentName %.ModelName
%.ComputeResourceRequirements.MaxMemoryRequiredInMb %.ComputeResourceRequirements.MinMemoryRequiredInMb
%.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired
%.ComputeResourceRequirements.NumberOfCpuCoresRequired
%.Container.ArtifactUrl %.Container.DeployedImage.ResolvedImage %.Container.DeployedImage.SpecifiedImage
%.Container.Environment
%.StartupParameters.ContainerStartupHealthCheckTimeoutInSeconds
%.StartupParameters.ModelDataDownloadTimeoutInSeconds`

var (
	endpointLeaves = `
CreationTime EndpointArn EndpointConfigName EndpointName EndpointStatus FailureReason LastModifiedTime
DataCaptureConfig.CaptureStatus DataCaptureConfig.CurrentSamplingPercentage DataCaptureConfig.DestinationS3Uri
DataCaptureConfig.EnableCapture DataCaptureConfig.KmsKeyId
LastDeploymentConfig.AutoRollbackConfiguration.Alarms[].AlarmName` + asyncLeaves +
		under("ProductionVariants[]", liveVariantLeaves) + under("ShadowProductionVariants[]", liveVariantLeaves)

	configLeaves = `
CreationTime EndpointConfigArn EndpointConfigName EnableNetworkIsolation ExecutionRoleArn KmsKeyId
DataCaptureConfig.CaptureContentTypeHeader.CsvContentTypes[]
DataCaptureConfig.CaptureContentTypeHeader.JsonContentTypes[]
DataCaptureConfig.CaptureOptions[].CaptureMode DataCaptureConfig.DestinationS3Uri DataCaptureConfig.EnableCapture
DataCaptureConfig.InitialSamplingPercentage DataCaptureConfig.KmsKeyId` + asyncLeaves + vpcLeaves +
		under("ProductionVariants[]", configVariantLeaves) + under("ShadowProductionVariants[]", configVariantLeaves)

	modelLeaves = `
CreationTime EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig.Mode ModelArn ModelName` + vpcLeaves +
		under("PrimaryContainer", containerLeaves) + under("Containers[]", containerLeaves)

	// EndpointName and EndpointArn are given by the place: a component stands
	// below its endpoint.
	componentLeaves = `
CreationTime EndpointArn EndpointName FailureReason InferenceComponentArn InferenceComponentName
InferenceComponentStatus LastModifiedTime VariantName
RuntimeConfig.CurrentCopyCount RuntimeConfig.DesiredCopyCount` + under("Specification", componentPartLeaves)

	// ServiceNamespace is sagemaker by the question asked.
	targetLeaves = `
CreationTime ScalableTargetARN MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ServiceNamespace
SuspendedState.DynamicScalingInSuspended SuspendedState.DynamicScalingOutSuspended
SuspendedState.ScheduledScalingSuspended`

	policyLeaves = `
CreationTime PolicyARN Alarms[].AlarmName PolicyName PolicyType ResourceId ScalableDimension ServiceNamespace
StepScalingPolicyConfiguration.AdjustmentType StepScalingPolicyConfiguration.Cooldown
StepScalingPolicyConfiguration.MetricAggregationType StepScalingPolicyConfiguration.MinAdjustmentMagnitude
StepScalingPolicyConfiguration.StepAdjustments[].MetricIntervalLowerBound
StepScalingPolicyConfiguration.StepAdjustments[].MetricIntervalUpperBound
StepScalingPolicyConfiguration.StepAdjustments[].ScalingAdjustment` + under("TargetTrackingScalingPolicyConfiguration", `
%.DisableScaleIn %.PredefinedMetricSpecification.PredefinedMetricType %.ScaleInCooldown %.ScaleOutCooldown %.TargetValue
%.CustomizedMetricSpecification.Dimensions[].Name %.CustomizedMetricSpecification.Dimensions[].Value
%.CustomizedMetricSpecification.MetricName %.CustomizedMetricSpecification.Namespace
%.CustomizedMetricSpecification.Statistic %.CustomizedMetricSpecification.Unit`)

	scheduledLeaves = `
CreationTime ScheduledActionARN EndTime ResourceId ScalableDimension ScalableTargetAction.MaxCapacity ScalableTargetAction.MinCapacity Schedule
ScheduledActionName ServiceNamespace StartTime Timezone`
)

// under puts a prefix in place of every '%'.
func under(prefix, leaves string) string { return strings.ReplaceAll(leaves, "%", prefix) }

func paths(leaves string) map[string]bool {
	set := map[string]bool{}
	for leaf := range strings.FieldsSeq(leaves) {
		set[leaf] = true
	}
	return set
}
