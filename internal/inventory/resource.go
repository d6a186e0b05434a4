package inventory

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Resource is anything of SageMaker but an endpoint: a job, a pipeline, a
// notebook, a model, and so on.
type Resource struct {
	// Kind is AWS's own noun, as in Describe<Kind>: TrainingJob, Pipeline.
	Kind  ResourceKind `json:"kind"`
	Name  string       `json:"name"`
	ARN   string       `json:"arn,omitempty"`
	Place `json:",inline"`
	// Status is AWS's word, such as Completed.
	Status string `json:"status,omitempty"`
	// CreatedAt, ModifiedAt and EndedAt are RFC 3339, UTC.
	CreatedAt  string `json:"createdAt,omitempty"`
	ModifiedAt string `json:"modifiedAt,omitempty"`
	EndedAt    string `json:"endedAt,omitempty"`
	// Parent is what it belongs to or was started by, as its ARN or its name:
	// a tuning job's training job, a pipeline's execution, a domain's space.
	Parent string `json:"parent,omitempty"`
	// Detail says how much was read.
	Detail Detail `json:"detail"`
	// Spec is AWS's description in AWS's field names, without what stands
	// above and without empty fields. Times are RFC 3339, UTC. Values that
	// may be secret read "***". Empty unless Detail is Described.
	Spec Spec  `json:"spec,omitempty"`
	Tags []Tag `json:"tags,omitempty"`
	// Usage is what the instances of a job did, where CloudWatch was asked.
	Usage *Usage `json:"usage,omitempty"`
	// Unread says why the description is missing though it was asked for.
	Unread string `json:"unread,omitempty"`
	// Masked names the fields of Spec whose values were replaced.
	Masked []string `json:"masked,omitempty"`
	// Ignored names the fields that AWS gave and this document leaves out.
	Ignored []string `json:"ignored,omitempty"`
}

// Detail says how much of a resource was read.
type Detail string

// The values of Detail.
const (
	// Described means that the resource's own description was read.
	Described Detail = "Described"
	// Listed means that only its line in a list was read: it is one of many
	// runs of the same work, or nothing refers to it.
	Listed Detail = "Listed"
	// DetailUnread means that its description could not be read.
	DetailUnread Detail = "Unread"
)

// ResourceKind is AWS's own noun for a resource.
type ResourceKind string

// The kinds of resources that a scan finds. KindEndpoint stands in
// references only: endpoints have a form of their own.
const (
	KindEndpoint                      ResourceKind = "Endpoint"
	KindEndpointConfig                ResourceKind = "EndpointConfig"
	KindModel                         ResourceKind = "Model"
	KindInferenceComponent            ResourceKind = "InferenceComponent"
	KindInferenceExperiment           ResourceKind = "InferenceExperiment"
	KindInferenceRecommendationsJob   ResourceKind = "InferenceRecommendationsJob"
	KindTrainingJob                   ResourceKind = "TrainingJob"
	KindHyperParameterTuningJob       ResourceKind = "HyperParameterTuningJob"
	KindProcessingJob                 ResourceKind = "ProcessingJob"
	KindTransformJob                  ResourceKind = "TransformJob"
	KindAutoMLJob                     ResourceKind = "AutoMLJob"
	KindCompilationJob                ResourceKind = "CompilationJob"
	KindOptimizationJob               ResourceKind = "OptimizationJob"
	KindEdgePackagingJob              ResourceKind = "EdgePackagingJob"
	KindLabelingJob                   ResourceKind = "LabelingJob"
	KindPipeline                      ResourceKind = "Pipeline"
	KindPipelineExecution             ResourceKind = "PipelineExecution"
	KindNotebookInstance              ResourceKind = "NotebookInstance"
	KindNotebookLifecycleConfig       ResourceKind = "NotebookInstanceLifecycleConfig"
	KindCodeRepository                ResourceKind = "CodeRepository"
	KindDomain                        ResourceKind = "Domain"
	KindUserProfile                   ResourceKind = "UserProfile"
	KindSpace                         ResourceKind = "Space"
	KindApp                           ResourceKind = "App"
	KindStudioLifecycleConfig         ResourceKind = "StudioLifecycleConfig"
	KindImage                         ResourceKind = "Image"
	KindAppImageConfig                ResourceKind = "AppImageConfig"
	KindModelPackageGroup             ResourceKind = "ModelPackageGroup"
	KindModelPackage                  ResourceKind = "ModelPackage"
	KindModelCard                     ResourceKind = "ModelCard"
	KindAlgorithm                     ResourceKind = "Algorithm"
	KindExperiment                    ResourceKind = "Experiment"
	KindTrial                         ResourceKind = "Trial"
	KindTrialComponent                ResourceKind = "TrialComponent"
	KindMlflowTrackingServer          ResourceKind = "MlflowTrackingServer"
	KindMlflowApp                     ResourceKind = "MlflowApp"
	KindFeatureGroup                  ResourceKind = "FeatureGroup"
	KindFlowDefinition                ResourceKind = "FlowDefinition"
	KindHumanTaskUI                   ResourceKind = "HumanTaskUi"
	KindWorkteam                      ResourceKind = "Workteam"
	KindWorkforce                     ResourceKind = "Workforce"
	KindMonitoringSchedule            ResourceKind = "MonitoringSchedule"
	KindDataQualityJobDefinition      ResourceKind = "DataQualityJobDefinition"
	KindModelQualityJobDefinition     ResourceKind = "ModelQualityJobDefinition"
	KindModelBiasJobDefinition        ResourceKind = "ModelBiasJobDefinition"
	KindModelExplainabilityDefinition ResourceKind = "ModelExplainabilityJobDefinition"
	KindHub                           ResourceKind = "Hub"
	KindHubContent                    ResourceKind = "HubContent"
	KindCluster                       ResourceKind = "Cluster"
	KindProject                       ResourceKind = "Project"
	KindDeviceFleet                   ResourceKind = "DeviceFleet"
	KindPartnerApp                    ResourceKind = "PartnerApp"
	KindTrainingPlan                  ResourceKind = "TrainingPlan"
	KindClusterSchedulerConfig        ResourceKind = "ClusterSchedulerConfig"
	KindComputeQuota                  ResourceKind = "ComputeQuota"
	KindDevice                        ResourceKind = "Device"
	KindEdgeDeploymentPlan            ResourceKind = "EdgeDeploymentPlan"
	KindAIBenchmarkJob                ResourceKind = "AIBenchmarkJob"
	KindAIRecommendationJob           ResourceKind = "AIRecommendationJob"
	KindAIWorkloadConfig              ResourceKind = "AIWorkloadConfig"
)

// ResourceKinds are all kinds there are, endpoints included.
var ResourceKinds = []ResourceKind{
	KindEndpoint, KindEndpointConfig, KindModel, KindInferenceComponent, KindInferenceExperiment,
	KindInferenceRecommendationsJob, KindTrainingJob, KindHyperParameterTuningJob, KindProcessingJob,
	KindTransformJob, KindAutoMLJob, KindCompilationJob, KindOptimizationJob, KindEdgePackagingJob,
	KindLabelingJob, KindPipeline, KindPipelineExecution, KindNotebookInstance, KindNotebookLifecycleConfig,
	KindCodeRepository, KindDomain, KindUserProfile, KindSpace, KindApp, KindStudioLifecycleConfig, KindImage,
	KindAppImageConfig, KindModelPackageGroup, KindModelPackage, KindModelCard, KindAlgorithm, KindExperiment,
	KindTrial, KindTrialComponent, KindMlflowTrackingServer, KindMlflowApp, KindFeatureGroup, KindFlowDefinition,
	KindHumanTaskUI, KindWorkteam, KindWorkforce, KindMonitoringSchedule, KindDataQualityJobDefinition,
	KindModelQualityJobDefinition, KindModelBiasJobDefinition, KindModelExplainabilityDefinition, KindHub,
	KindHubContent, KindCluster, KindProject, KindDeviceFleet, KindPartnerApp, KindTrainingPlan,
	KindClusterSchedulerConfig, KindComputeQuota, KindDevice, KindEdgeDeploymentPlan, KindAIBenchmarkJob,
	KindAIRecommendationJob, KindAIWorkloadConfig,
}

// Spec is a JSON object in AWS's field names.
type Spec json.RawMessage

// MarshalJSON returns the object as it is.
func (s Spec) MarshalJSON() ([]byte, error) {
	if len(s) == 0 {
		return []byte("null"), nil
	}
	return s, nil
}

// UnmarshalJSON keeps a copy of the object.
func (s *Spec) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*s = nil
		return nil
	}
	if len(text) == 0 || text[0] != '{' {
		return fmt.Errorf("spec is %.20s; want an object", text)
	}
	*s = append(Spec(nil), text...)
	return nil
}

// Into decodes the object, as into one of the AWS SDK's own structs.
func (s Spec) Into(value any) error {
	if len(s) == 0 {
		return nil
	}
	if err := json.Unmarshal(s, value); err != nil {
		return fmt.Errorf("cannot read the spec as %T: %w", value, err)
	}
	return nil
}

// Fields decodes the object into maps, lists and values. It is nil where the
// object is empty or not JSON.
func (s Spec) Fields() map[string]any {
	var fields map[string]any
	if s.Into(&fields) != nil {
		return nil
	}
	return fields
}

// Text returns the text at a path of field names with dots between, empty
// where there is none.
func (s Spec) Text(path string) string {
	var value any = s.Fields()
	for name := range strings.SplitSeq(path, ".") {
		fields, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = fields[name]
	}
	text, _ := value.(string)
	return text
}
