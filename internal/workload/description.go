package workload

import (
	"landfall.dev/landfall/internal/inventory"
)

// description is what the rules need of AWS's descriptions, over all kinds and
// in AWS's field names. A field that a kind does not have stays empty.
type description struct {
	AlgorithmSpecification    algorithm
	AppSpecification          struct{ ImageUri string }
	HyperParameters           map[string]string
	Environment               map[string]string
	ResourceConfig            cluster
	ProcessingResources       struct{ ClusterConfig cluster }
	TransformResources        cluster
	TrainingJobDefinition     *definition
	TrainingJobDefinitions    []definition
	ModelArtifacts            struct{ S3ModelArtifacts string }
	OutputDataConfig          struct{ S3OutputPath string }
	PrimaryContainer          *container
	Containers                []container
	InferenceSpecification    struct{ Containers []container }
	InstanceType              string
	InstanceGroups            []instanceGroup
	ResourceSpec              struct{ InstanceType string }
	VolumeSizeInGB            float64
	EnableManagedSpotTraining bool
	EnableNetworkIsolation    bool
	NetworkConfig             struct{ EnableNetworkIsolation bool }
	CheckpointConfig          *struct{ S3Uri string }
	DebugHookConfig           *struct{ S3OutputPath string }
	DebugRuleConfigurations   []struct{ RuleConfigurationName string }
	TensorBoardOutputConfig   *struct{ S3OutputPath string }
	ExperimentConfig          struct{ ExperimentName string }
	DataCaptureConfig         *struct{ DestinationS3Uri string }
	CertifyForMarketplace     bool
	ProductId                 string
	BillableTimeInSeconds     float64
	TrainingStartTime         string
	ProcessingStartTime       string
	TransformStartTime        string
	InputDataConfig           []channel
	OnlineStoreConfig         *struct{ EnableOnlineStore bool }

	// What the definitions of monitoring jobs name, each kind in its own field,
	// and schedules that define their job themselves.
	JobResources                        struct{ ClusterConfig cluster }
	DataQualityAppSpecification         struct{ ImageUri string }
	ModelQualityAppSpecification        struct{ ImageUri string }
	ModelBiasAppSpecification           struct{ ImageUri string }
	ModelExplainabilityAppSpecification struct{ ImageUri string }
	MonitoringScheduleConfig            struct{ MonitoringJobDefinition *monitoringJob }

	// PipelineDefinition is JSON within the description.
	PipelineDefinition string
}

// monitoringJob is what a monitoring schedule runs.
type monitoringJob struct {
	MonitoringAppSpecification struct{ ImageUri string }
	MonitoringResources        struct{ ClusterConfig cluster }
}

// monitoringImages are the images of monitoring jobs.
func (d *description) monitoringImages() []string {
	images := []string{
		d.DataQualityAppSpecification.ImageUri, d.ModelQualityAppSpecification.ImageUri, d.ModelBiasAppSpecification.ImageUri,
		d.ModelExplainabilityAppSpecification.ImageUri,
	}
	if m := d.MonitoringScheduleConfig.MonitoringJobDefinition; m != nil {
		images = append(images, m.MonitoringAppSpecification.ImageUri)
	}
	return images
}

type algorithm struct {
	TrainingImage string
	AlgorithmName string
}

// cluster is a number of equal instances, or groups of such.
type cluster struct {
	InstanceType             string
	InstanceCount            int32
	InstanceGroups           []instanceGroup
	KeepAlivePeriodInSeconds int32
}

type instanceGroup struct {
	InstanceType  string
	InstanceCount int32
	CurrentCount  int32
}

// definition is what a tuning job starts.
type definition struct {
	AlgorithmSpecification             algorithm
	StaticHyperParameters              map[string]string
	Environment                        map[string]string
	ResourceConfig                     cluster
	HyperParameterTuningResourceConfig cluster
	EnableManagedSpotTraining          bool
}

type container struct {
	Image            string
	ModelDataUrl     string
	ModelDataSource  struct{ S3DataSource struct{ S3Uri string } }
	Environment      map[string]string
	ModelPackageName string
	ProductId        string
}

type channel struct {
	DataSource struct {
		FileSystemDataSource *struct{ FileSystemType, FileSystemId string }
	}
}

// describe takes a description apart. A field of another type than AWS's is
// left out: what can be read still counts.
func describe(spec inventory.Spec) *description {
	if len(spec) == 0 {
		return &undescribed
	}
	var d description
	_ = spec.Into(&d)
	return &d
}

// undescribed stands for all of the many runs that were only listed. Nothing
// writes to descriptions.
var undescribed description

// clusters are the instances that a description asks for.
func (d *description) clusters() []cluster {
	all := []cluster{d.ResourceConfig, d.ProcessingResources.ClusterConfig, d.TransformResources, d.JobResources.ClusterConfig}
	if m := d.MonitoringScheduleConfig.MonitoringJobDefinition; m != nil {
		all = append(all, m.MonitoringResources.ClusterConfig)
	}
	for _, definition := range d.definitions() {
		all = append(all, definition.ResourceConfig, definition.HyperParameterTuningResourceConfig)
	}
	var flat []cluster
	for _, c := range all {
		if c.InstanceType != "" {
			flat = append(flat, c)
		}
		for _, g := range c.InstanceGroups {
			flat = append(flat, cluster{InstanceType: g.InstanceType, InstanceCount: g.InstanceCount})
		}
	}
	return flat
}

func (d *description) definitions() []definition {
	if d.TrainingJobDefinition == nil {
		return d.TrainingJobDefinitions
	}
	return append([]definition{*d.TrainingJobDefinition}, d.TrainingJobDefinitions...)
}

func (d *description) spot() bool {
	if d.EnableManagedSpotTraining {
		return true
	}
	for _, definition := range d.definitions() {
		if definition.EnableManagedSpotTraining {
			return true
		}
	}
	return false
}
