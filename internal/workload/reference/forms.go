package reference

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// byForm recognises values that say themselves what they are.
func byForm(value string) (Reference, bool) {
	switch {
	case strings.HasPrefix(value, "s3://") && strings.Trim(value[len("s3://"):], "/") != "":
		return Reference{Kind: KindArtifact, Name: value}, true
	case strings.HasPrefix(value, "arn:"):
		return byARN(value)
	case awsID(value, "subnet-"):
		return Reference{Kind: KindSubnet, Name: value}, true
	case awsID(value, "sg-"):
		return Reference{Kind: KindSecurityGroup, Name: value}, true
	case awsID(value, "fs-"):
		return Reference{Kind: KindFileSystem, Name: value}, true
	}
	return Reference{}, false
}

// kindsOfServices are what an ARN of another service names.
var kindsOfServices = map[string]inventory.ResourceKind{
	"kms": KindKMSKey, "sns": KindTopic, "secretsmanager": KindSecret, "lambda": KindFunction, "codecommit": KindRepository,
}

func byARN(value string) (Reference, bool) {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) < 6 || strings.ContainsAny(value, " \n*") {
		return Reference{}, false
	}
	if parts[2] == "iam" && strings.HasPrefix(parts[5], "role/") {
		return Reference{Kind: KindRole, Name: value}, true
	}
	if kind, ok := kindsOfServices[parts[2]]; ok {
		return Reference{Kind: kind, Name: value}, true
	}
	if arn, ok := ParseARN(value); ok {
		return Reference{Kind: arn.Kind, Name: arn.Name, Scope: arn.Scope, Place: arn.Place}, true
	}
	return Reference{}, false
}

// awsID says that a value is a prefix and hexadecimal digits, as the ids of
// EC2 and EFS are.
func awsID(value, prefix string) bool {
	id, found := strings.CutPrefix(value, prefix)
	if !found || len(id) < 8 || len(id) > 17 {
		return false
	}
	return strings.Trim(id, "0123456789abcdef") == ""
}

// imageFields name a container's image.
var imageFields = map[string]bool{"TrainingImage": true, "Image": true, "ImageUri": true, "BaseImage": true}

// byField recognises values that only their field's name tells.
func byField(field, value string) (inventory.ResourceKind, bool) {
	switch {
	case strings.HasSuffix(field, "KmsKeyId") || strings.HasSuffix(field, "KmsKey"):
		return KindKMSKey, true
	case imageFields[field]:
		_, err := inventory.ParseImage(value)
		return KindImageURI, err == nil
	case field == "RepositoryUrl", repositoryFields[field] && strings.HasPrefix(value, "https://"):
		return KindRepository, true
	}
	return "", false
}

var repositoryFields = map[string]bool{"DefaultCodeRepository": true, "AdditionalCodeRepositories": true}

// namedKinds are the fields that hold the bare name of a resource.
var namedKinds = map[string][]inventory.ResourceKind{
	"ModelName":                            {inventory.KindModel},
	"EndpointName":                         {inventory.KindEndpoint},
	"EndpointConfigName":                   {inventory.KindEndpointConfig},
	"AlgorithmName":                        {inventory.KindAlgorithm},
	"ModelPackageName":                     {inventory.KindModelPackage},
	"ModelPackageGroupName":                {inventory.KindModelPackageGroup},
	"NotebookInstanceLifecycleConfigName":  {inventory.KindNotebookLifecycleConfig},
	"DefaultCodeRepository":                {inventory.KindCodeRepository},
	"AdditionalCodeRepositories":           {inventory.KindCodeRepository},
	"ImageName":                            {inventory.KindImage},
	"AppImageConfigName":                   {inventory.KindAppImageConfig},
	"FeatureGroupName":                     {inventory.KindFeatureGroup},
	"PipelineName":                         {inventory.KindPipeline},
	"ExperimentName":                       {inventory.KindExperiment},
	"TrialName":                            {inventory.KindTrial},
	"HubName":                              {inventory.KindHub},
	"HyperParameterTuningJobName":          {inventory.KindHyperParameterTuningJob},
	"ParentHyperParameterTuningJobs":       {inventory.KindHyperParameterTuningJob},
	"DeviceFleetName":                      {inventory.KindDeviceFleet},
	"CompilationJobName":                   {inventory.KindCompilationJob},
	"DataQualityJobDefinitionName":         {inventory.KindDataQualityJobDefinition},
	"ModelQualityJobDefinitionName":        {inventory.KindModelQualityJobDefinition},
	"ModelBiasJobDefinitionName":           {inventory.KindModelBiasJobDefinition},
	"ModelExplainabilityJobDefinitionName": {inventory.KindModelExplainabilityDefinition},
	"SourceAlgorithm":                      {inventory.KindAlgorithm},
	"BaseInferenceComponentName":           {inventory.KindInferenceComponent},
}

// writes says that what a field holds is written to.
func writes(field string) bool {
	switch field {
	case "CheckpointConfig", "OfflineStoreConfig", "DataCaptureConfig", "ModelArtifacts", "ArtifactStoreUri", "CheckpointS3Uri":
		return true
	}
	return strings.Contains(field, "Output")
}
