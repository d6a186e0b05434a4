package reference

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// ARN is the ARN of something of SageMaker, taken apart.
type ARN struct {
	inventory.Place
	Kind inventory.ResourceKind
	// Name is in lower case for most kinds, as SageMaker writes it.
	Name string
	// Scope is what the name is unique in: a domain's id, a hub, a pipeline.
	Scope string
}

// kindsOfARN are SageMaker's types in ARNs:
// arn:{partition}:sagemaker:{region}:{account}:{type}/{name}.
var kindsOfARN = map[string]inventory.ResourceKind{
	"ai-benchmark-job":                    inventory.KindAIBenchmarkJob,
	"ai-recommendation-job":               inventory.KindAIRecommendationJob,
	"ai-workload-config":                  inventory.KindAIWorkloadConfig,
	"algorithm":                           inventory.KindAlgorithm,
	"app":                                 inventory.KindApp,
	"app-image-config":                    inventory.KindAppImageConfig,
	"automl-job":                          inventory.KindAutoMLJob,
	"cluster":                             inventory.KindCluster,
	"cluster-scheduler-config":            inventory.KindClusterSchedulerConfig,
	"code-repository":                     inventory.KindCodeRepository,
	"compilation-job":                     inventory.KindCompilationJob,
	"compute-quota":                       inventory.KindComputeQuota,
	"data-quality-job-definition":         inventory.KindDataQualityJobDefinition,
	"device-fleet":                        inventory.KindDeviceFleet,
	"domain":                              inventory.KindDomain,
	"edge-deployment":                     inventory.KindEdgeDeploymentPlan,
	"edge-packaging-job":                  inventory.KindEdgePackagingJob,
	"endpoint":                            inventory.KindEndpoint,
	"endpoint-config":                     inventory.KindEndpointConfig,
	"experiment":                          inventory.KindExperiment,
	"experiment-trial":                    inventory.KindTrial,
	"experiment-trial-component":          inventory.KindTrialComponent,
	"feature-group":                       inventory.KindFeatureGroup,
	"flow-definition":                     inventory.KindFlowDefinition,
	"hub":                                 inventory.KindHub,
	"hub-content":                         inventory.KindHubContent,
	"human-task-ui":                       inventory.KindHumanTaskUI,
	"hyper-parameter-tuning-job":          inventory.KindHyperParameterTuningJob,
	"image":                               inventory.KindImage,
	"image-version":                       inventory.KindImage,
	"inference-component":                 inventory.KindInferenceComponent,
	"inference-experiment":                inventory.KindInferenceExperiment,
	"inference-recommendations-job":       inventory.KindInferenceRecommendationsJob,
	"labeling-job":                        inventory.KindLabelingJob,
	"mlflow-app":                          inventory.KindMlflowApp,
	"mlflow-tracking-server":              inventory.KindMlflowTrackingServer,
	"model":                               inventory.KindModel,
	"model-bias-job-definition":           inventory.KindModelBiasJobDefinition,
	"model-card":                          inventory.KindModelCard,
	"model-explainability-job-definition": inventory.KindModelExplainabilityDefinition,
	"model-package":                       inventory.KindModelPackage,
	"model-package-group":                 inventory.KindModelPackageGroup,
	"model-quality-job-definition":        inventory.KindModelQualityJobDefinition,
	"monitoring-schedule":                 inventory.KindMonitoringSchedule,
	"notebook-instance":                   inventory.KindNotebookInstance,
	"notebook-instance-lifecycle-config":  inventory.KindNotebookLifecycleConfig,
	"optimization-job":                    inventory.KindOptimizationJob,
	"partner-app":                         inventory.KindPartnerApp,
	"pipeline":                            inventory.KindPipeline,
	"processing-job":                      inventory.KindProcessingJob,
	"project":                             inventory.KindProject,
	"space":                               inventory.KindSpace,
	"studio-lifecycle-config":             inventory.KindStudioLifecycleConfig,
	"training-job":                        inventory.KindTrainingJob,
	"training-plan":                       inventory.KindTrainingPlan,
	"transform-job":                       inventory.KindTransformJob,
	"user-profile":                        inventory.KindUserProfile,
	"workforce":                           inventory.KindWorkforce,
	"workteam":                            inventory.KindWorkteam,
}

// ParseARN takes an ARN of SageMaker apart; false for anything else.
func ParseARN(arn string) (ARN, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sagemaker" {
		return ARN{}, false
	}
	path := strings.Split(parts[5], "/")
	kind, known := kindsOfARN[path[0]]
	if !known || len(path) < 2 || path[1] == "" {
		return ARN{}, false
	}
	parsed := ARN{Place: inventory.Place{Region: parts[3], AccountID: parts[4]}, Kind: kind, Name: path[1]}
	switch {
	case kind == inventory.KindPipeline && len(path) == 4 && path[2] == "execution":
		parsed.Kind, parsed.Scope, parsed.Name = inventory.KindPipelineExecution, path[1], path[3]
	case len(path) >= 3 && scopedKinds[kind]:
		parsed.Scope, parsed.Name = path[1], strings.Join(path[2:], "/")
	}
	if parsed.Name == "" {
		return ARN{}, false
	}
	return parsed, true
}

// scopedKinds are unique in something only, which their ARN names first.
var scopedKinds = map[inventory.ResourceKind]bool{
	inventory.KindUserProfile: true, inventory.KindSpace: true, inventory.KindApp: true,
	inventory.KindHubContent: true, inventory.KindModelPackage: true, inventory.KindWorkteam: true,
}
