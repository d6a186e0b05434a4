package sagemaker

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

func convertModel(out *sagemaker.DescribeModelOutput) inventory.Model {
	m := inventory.Model{
		Name: aws.ToString(out.ModelName), ARN: aws.ToString(out.ModelArn), Presence: inventory.Present,
		CreatedAt: timeText(out.CreationTime), ExecutionRoleARN: aws.ToString(out.ExecutionRoleArn),
		NetworkIsolation: aws.ToBool(out.EnableNetworkIsolation), VPC: convertVPC(out.VpcConfig),
	}
	if out.PrimaryContainer != nil {
		m.Containers = append(m.Containers, convertContainer(*out.PrimaryContainer))
	}
	for _, container := range out.Containers {
		m.Containers = append(m.Containers, convertContainer(container))
	}
	if out.InferenceExecutionConfig != nil {
		m.ExecutionMode = string(out.InferenceExecutionConfig.Mode)
	}
	return m
}

func convertContainer(from types.ContainerDefinition) inventory.Container {
	c := inventory.Container{
		Hostname: aws.ToString(from.ContainerHostname), Image: convertImage(aws.ToString(from.Image)),
		Mode: string(from.Mode), Artifact: convertArtifact(from),
		ModelPackage: aws.ToString(from.ModelPackageName), InferenceSpecification: aws.ToString(from.InferenceSpecificationName),
	}
	c.Env, c.MaskedEnv = inventory.MaskEnv(from.Environment)
	for _, source := range from.AdditionalModelDataSources {
		artifact := inventory.Artifact{Channel: aws.ToString(source.ChannelName)}
		applySource(&artifact, source.S3DataSource)
		c.AdditionalArtifacts = append(c.AdditionalArtifacts, artifact)
	}
	if config := from.ImageConfig; config != nil {
		c.RepositoryAccess = string(config.RepositoryAccessMode)
		if config.RepositoryAuthConfig != nil {
			c.RegistryCredentialsARN = aws.ToString(config.RepositoryAuthConfig.RepositoryCredentialsProviderArn)
		}
	}
	if from.MultiModelConfig != nil {
		c.ModelCache = string(from.MultiModelConfig.ModelCacheSetting)
	}
	return c
}

// convertImage keeps a reference that cannot be parsed as it is: AWS accepted
// it, so it is not ours to drop.
func convertImage(reference string) *inventory.Image {
	if reference == "" {
		return nil
	}
	image, err := inventory.ParseImage(reference)
	if err != nil {
		return &inventory.Image{Reference: reference}
	}
	return &image
}

// convertArtifact prefers the data source: AWS repeats its address as the
// model data URL.
func convertArtifact(from types.ContainerDefinition) *inventory.Artifact {
	if from.ModelDataSource != nil && from.ModelDataSource.S3DataSource != nil {
		var artifact inventory.Artifact
		applySource(&artifact, from.ModelDataSource.S3DataSource)
		artifact.URI = cmp.Or(artifact.URI, aws.ToString(from.ModelDataUrl))
		return &artifact
	}
	if uri := aws.ToString(from.ModelDataUrl); uri != "" {
		return &inventory.Artifact{URI: uri, Compression: string(types.ModelCompressionTypeGzip)}
	}
	return nil
}

func applySource(artifact *inventory.Artifact, source *types.S3ModelDataSource) {
	if source == nil {
		return
	}
	artifact.URI = aws.ToString(source.S3Uri)
	artifact.Compression = string(source.CompressionType)
	artifact.Type = string(source.S3DataType)
	artifact.ManifestURI = aws.ToString(source.ManifestS3Uri)
	artifact.ETag = aws.ToString(source.ETag)
	if source.ModelAccessConfig != nil {
		artifact.EULAAccepted = aws.ToBool(source.ModelAccessConfig.AcceptEula)
	}
	if source.HubAccessConfig != nil {
		artifact.HubContentARN = aws.ToString(source.HubAccessConfig.HubContentArn)
	}
}

func convertComponent(out *sagemaker.DescribeInferenceComponentOutput) inventory.Component {
	failure, _ := inventory.MaskText(aws.ToString(out.FailureReason))
	c := inventory.Component{
		Name: aws.ToString(out.InferenceComponentName), ARN: aws.ToString(out.InferenceComponentArn),
		Status: string(out.InferenceComponentStatus), FailureReason: failure,
		CreatedAt: timeText(out.CreationTime), ModifiedAt: timeText(out.LastModifiedTime),
		VariantName: aws.ToString(out.VariantName),
	}
	if out.RuntimeConfig != nil {
		c.CopyCount = inventory.Counts{Current: out.RuntimeConfig.CurrentCopyCount, Desired: out.RuntimeConfig.DesiredCopyCount}
	}
	if out.Specification != nil {
		applySpecification(&c, *out.Specification)
	}
	return c
}

func applySpecification(c *inventory.Component, from types.InferenceComponentSpecificationSummary) {
	c.ModelName, c.BaseName = aws.ToString(from.ModelName), aws.ToString(from.BaseInferenceComponentName)
	if need := from.ComputeResourceRequirements; need != nil {
		c.MinMemoryMB, c.MaxMemoryMB = aws.ToInt32(need.MinMemoryRequiredInMb), aws.ToInt32(need.MaxMemoryRequiredInMb)
		c.CPUCores = aws.ToFloat64(decimal(need.NumberOfCpuCoresRequired))
		c.Accelerators = aws.ToFloat64(decimal(need.NumberOfAcceleratorDevicesRequired))
	}
	if start := from.StartupParameters; start != nil {
		c.StartupTimeoutSeconds = aws.ToInt32(start.ContainerStartupHealthCheckTimeoutInSeconds)
		c.ModelDownloadTimeoutSeconds = aws.ToInt32(start.ModelDataDownloadTimeoutInSeconds)
	}
	if from.Container == nil {
		return
	}
	c.Container = &inventory.Container{}
	c.Container.Env, c.Container.MaskedEnv = inventory.MaskEnv(from.Container.Environment)
	if image := from.Container.DeployedImage; image != nil {
		c.Container.Image = convertImage(aws.ToString(image.SpecifiedImage))
		c.ResolvedImage = aws.ToString(image.ResolvedImage)
	}
	if uri := aws.ToString(from.Container.ArtifactUrl); uri != "" {
		c.Container.Artifact = &inventory.Artifact{URI: uri, Compression: string(types.ModelCompressionTypeGzip)}
	}
}
