package membership

import "landfall.dev/landfall/internal/inventory"

// ownWorkloads are the kinds of workload that resources are by themselves. A
// kind that is not listed, as a later version may add, is a kind of workload
// of its own.
var ownWorkloads = map[inventory.ResourceKind]inventory.WorkloadKind{
	inventory.KindEndpointConfig:                inventory.WorkloadModel,
	inventory.KindModel:                         inventory.WorkloadModel,
	inventory.KindInferenceComponent:            inventory.WorkloadModel,
	inventory.KindInferenceExperiment:           inventory.WorkloadInferenceExperiment,
	inventory.KindInferenceRecommendationsJob:   inventory.WorkloadInferenceExperiment,
	inventory.KindTrainingJob:                   inventory.WorkloadTraining,
	inventory.KindHyperParameterTuningJob:       inventory.WorkloadTuning,
	inventory.KindProcessingJob:                 inventory.WorkloadProcessing,
	inventory.KindTransformJob:                  inventory.WorkloadTransform,
	inventory.KindAutoMLJob:                     inventory.WorkloadAutoML,
	inventory.KindCompilationJob:                inventory.WorkloadCompilation,
	inventory.KindOptimizationJob:               inventory.WorkloadCompilation,
	inventory.KindEdgePackagingJob:              inventory.WorkloadEdge,
	inventory.KindLabelingJob:                   inventory.WorkloadLabeling,
	inventory.KindPipeline:                      inventory.WorkloadPipeline,
	inventory.KindPipelineExecution:             inventory.WorkloadPipeline,
	inventory.KindNotebookInstance:              inventory.WorkloadNotebook,
	inventory.KindNotebookLifecycleConfig:       inventory.WorkloadNotebook,
	inventory.KindCodeRepository:                inventory.WorkloadNotebook,
	inventory.KindDomain:                        inventory.WorkloadStudio,
	inventory.KindUserProfile:                   inventory.WorkloadStudio,
	inventory.KindSpace:                         inventory.WorkloadStudio,
	inventory.KindApp:                           inventory.WorkloadStudio,
	inventory.KindStudioLifecycleConfig:         inventory.WorkloadStudio,
	inventory.KindImage:                         inventory.WorkloadStudio,
	inventory.KindAppImageConfig:                inventory.WorkloadStudio,
	inventory.KindPartnerApp:                    inventory.WorkloadStudio,
	inventory.KindModelPackageGroup:             inventory.WorkloadRegistry,
	inventory.KindModelPackage:                  inventory.WorkloadRegistry,
	inventory.KindModelCard:                     inventory.WorkloadRegistry,
	inventory.KindAlgorithm:                     inventory.WorkloadRegistry,
	inventory.KindExperiment:                    inventory.WorkloadExperiments,
	inventory.KindTrial:                         inventory.WorkloadExperiments,
	inventory.KindTrialComponent:                inventory.WorkloadExperiments,
	inventory.KindMlflowTrackingServer:          inventory.WorkloadExperiments,
	inventory.KindMlflowApp:                     inventory.WorkloadExperiments,
	inventory.KindFeatureGroup:                  inventory.WorkloadFeatureGroup,
	inventory.KindFlowDefinition:                inventory.WorkloadLabeling,
	inventory.KindHumanTaskUI:                   inventory.WorkloadLabeling,
	inventory.KindWorkteam:                      inventory.WorkloadLabeling,
	inventory.KindWorkforce:                     inventory.WorkloadLabeling,
	inventory.KindMonitoringSchedule:            inventory.WorkloadMonitoring,
	inventory.KindDataQualityJobDefinition:      inventory.WorkloadMonitoring,
	inventory.KindModelQualityJobDefinition:     inventory.WorkloadMonitoring,
	inventory.KindModelBiasJobDefinition:        inventory.WorkloadMonitoring,
	inventory.KindModelExplainabilityDefinition: inventory.WorkloadMonitoring,
	inventory.KindHub:                           inventory.WorkloadHub,
	inventory.KindHubContent:                    inventory.WorkloadHub,
	inventory.KindCluster:                       inventory.WorkloadCluster,
	inventory.KindTrainingPlan:                  inventory.WorkloadCluster,
	inventory.KindProject:                       inventory.WorkloadPipeline,
	inventory.KindClusterSchedulerConfig:        inventory.WorkloadCluster,
	inventory.KindComputeQuota:                  inventory.WorkloadCluster,
	inventory.KindDeviceFleet:                   inventory.WorkloadEdge,
	inventory.KindDevice:                        inventory.WorkloadEdge,
	inventory.KindEdgeDeploymentPlan:            inventory.WorkloadEdge,
	inventory.KindAIBenchmarkJob:                inventory.WorkloadInferenceExperiment,
	inventory.KindAIRecommendationJob:           inventory.WorkloadInferenceExperiment,
	inventory.KindAIWorkloadConfig:              inventory.WorkloadInferenceExperiment,
}

// families are the kinds whose resources of one family are one workload: what
// runs and ends, and what such runs leave behind.
var families = map[inventory.ResourceKind]bool{
	inventory.KindEndpointConfig: true, inventory.KindModel: true,
	inventory.KindInferenceRecommendationsJob: true, inventory.KindTrainingJob: true,
	inventory.KindHyperParameterTuningJob: true, inventory.KindProcessingJob: true,
	inventory.KindTransformJob: true, inventory.KindAutoMLJob: true, inventory.KindCompilationJob: true,
	inventory.KindOptimizationJob: true, inventory.KindEdgePackagingJob: true, inventory.KindLabelingJob: true,
	inventory.KindTrialComponent: true, inventory.KindAIBenchmarkJob: true, inventory.KindAIRecommendationJob: true,
}

// parentKinds are what may have started a resource, or what it is a part of,
// in the order in which a bare name is looked up.
var parentKinds = map[inventory.ResourceKind][]inventory.ResourceKind{
	inventory.KindTrainingJob: {
		inventory.KindHyperParameterTuningJob, inventory.KindAutoMLJob, inventory.KindLabelingJob,
		inventory.KindPipeline, inventory.KindPipelineExecution,
	},
	inventory.KindHyperParameterTuningJob: {
		inventory.KindAutoMLJob, inventory.KindPipeline, inventory.KindPipelineExecution,
	},
	inventory.KindProcessingJob: {
		inventory.KindMonitoringSchedule, inventory.KindAutoMLJob, inventory.KindTrainingJob,
		inventory.KindPipeline, inventory.KindPipelineExecution,
	},
	inventory.KindTransformJob: {
		inventory.KindAutoMLJob, inventory.KindLabelingJob, inventory.KindPipeline, inventory.KindPipelineExecution,
	},
	inventory.KindAutoMLJob:         {inventory.KindPipeline, inventory.KindPipelineExecution},
	inventory.KindCompilationJob:    {inventory.KindPipeline, inventory.KindPipelineExecution, inventory.KindInferenceRecommendationsJob},
	inventory.KindEdgePackagingJob:  {inventory.KindDeviceFleet},
	inventory.KindModel:             {inventory.KindAutoMLJob, inventory.KindPipeline, inventory.KindPipelineExecution},
	inventory.KindPipelineExecution: {inventory.KindPipeline},
	inventory.KindUserProfile:       {inventory.KindDomain},
	inventory.KindSpace:             {inventory.KindDomain},
	inventory.KindApp:               {inventory.KindDomain},
	inventory.KindModelPackage:      {inventory.KindModelPackageGroup},
	inventory.KindTrial:             {inventory.KindExperiment},
	inventory.KindTrialComponent: {
		inventory.KindTrial, inventory.KindExperiment, inventory.KindTrainingJob, inventory.KindProcessingJob,
		inventory.KindTransformJob,
	},
	inventory.KindHubContent:             {inventory.KindHub},
	inventory.KindClusterSchedulerConfig: {inventory.KindCluster},
	inventory.KindComputeQuota:           {inventory.KindCluster},
	inventory.KindDevice:                 {inventory.KindDeviceFleet},
	inventory.KindEdgeDeploymentPlan:     {inventory.KindDeviceFleet},
	inventory.KindInferenceComponent:     {inventory.KindEndpoint},
}

// supporting kinds belong to the first resource of these kinds that names them.
var supporting = map[inventory.ResourceKind][]inventory.ResourceKind{
	inventory.KindModel: {
		inventory.KindTransformJob, inventory.KindInferenceExperiment, inventory.KindInferenceRecommendationsJob,
	},
	inventory.KindAlgorithm:                     {inventory.KindTrainingJob, inventory.KindHyperParameterTuningJob},
	inventory.KindNotebookLifecycleConfig:       {inventory.KindNotebookInstance},
	inventory.KindCodeRepository:                {inventory.KindNotebookInstance, inventory.KindDomain},
	inventory.KindStudioLifecycleConfig:         studioKinds,
	inventory.KindImage:                         studioKinds,
	inventory.KindAppImageConfig:                studioKinds,
	inventory.KindHumanTaskUI:                   {inventory.KindFlowDefinition, inventory.KindLabelingJob},
	inventory.KindWorkteam:                      {inventory.KindLabelingJob, inventory.KindFlowDefinition},
	inventory.KindWorkforce:                     {inventory.KindWorkteam},
	inventory.KindDataQualityJobDefinition:      {inventory.KindMonitoringSchedule},
	inventory.KindModelQualityJobDefinition:     {inventory.KindMonitoringSchedule},
	inventory.KindModelBiasJobDefinition:        {inventory.KindMonitoringSchedule},
	inventory.KindModelExplainabilityDefinition: {inventory.KindMonitoringSchedule},
	inventory.KindTrainingPlan:                  {inventory.KindCluster, inventory.KindTrainingJob},
	inventory.KindAIWorkloadConfig:              {inventory.KindAIBenchmarkJob, inventory.KindAIRecommendationJob},
}

// studioKinds are the parts of a Studio domain.
var studioKinds = []inventory.ResourceKind{
	inventory.KindDomain, inventory.KindUserProfile, inventory.KindSpace, inventory.KindApp,
}

// describing kinds belong to what they name: a card to the model it
// documents, a configuration that no endpoint uses to its model.
var describing = map[inventory.ResourceKind][]inventory.ResourceKind{
	inventory.KindEndpointConfig: {inventory.KindModel},
	inventory.KindModelCard: {
		inventory.KindModelPackage, inventory.KindModelPackageGroup, inventory.KindEndpoint, inventory.KindModel,
		inventory.KindTrainingJob,
	},
}
