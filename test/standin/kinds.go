package standin

import (
	"reflect"
	"strings"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
)

// kind is one kind of SageMaker resource: how its resources are named, what
// Describe answers and which operations list it. A new kind is a new row.
type kind struct {
	// key is the key under "resources" in the account file.
	key string
	// noun names the kind in AWS's not-found messages.
	noun string
	// arnType is the ARN's resource type; names in ARNs are lower-case.
	arnType string
	// name, arn and status are fields of Describe; status may be empty.
	name, arn, status string
	// describe is the SDK's output type; the operation's name is its own.
	describe any
	// declaresNotFound: Describe answers ResourceNotFound. The hosting kinds
	// do not: they answer ValidationException and "Could not find".
	declaresNotFound bool
	// lists are the operations that list the kind.
	lists []listing
}

// listing is one List operation.
type listing struct {
	// input and output are the SDK's types; the operation's name is theirs.
	input, output any
	// ascending and sortBy are the order without SortOrder and SortBy;
	// empty sortBy means CreationTime.
	ascending bool
	sortBy    string
	// equals maps request parameters to the Describe field they must equal,
	// where the name does not already say so.
	equals map[string]string
	// parent names a required parameter.
	parent string
	// defaults are parameters that count when the request leaves them out.
	defaults map[string]string
	// accept, when set, takes over the parameters it is given by name.
	accept map[string]func(r *record, want string) bool
}

// kinds is the table of everything the control API serves.
var kinds = []*kind{
	{
		key: "endpoints", noun: "endpoint", arnType: "endpoint",
		name: "EndpointName", arn: "EndpointArn", status: "EndpointStatus", describe: sm.DescribeEndpointOutput{},
		lists: []listing{{input: sm.ListEndpointsInput{}, output: sm.ListEndpointsOutput{}}},
	}, {
		key: "endpointConfigs", noun: "endpoint configuration", arnType: "endpoint-config",
		name: "EndpointConfigName", arn: "EndpointConfigArn", describe: sm.DescribeEndpointConfigOutput{},
		lists: []listing{{input: sm.ListEndpointConfigsInput{}, output: sm.ListEndpointConfigsOutput{}}},
	}, {
		key: "models", noun: "model", arnType: "model",
		name: "ModelName", arn: "ModelArn", describe: sm.DescribeModelOutput{},
		lists: []listing{{input: sm.ListModelsInput{}, output: sm.ListModelsOutput{}}},
	}, {
		key: "inferenceComponents", noun: "inference component", arnType: "inference-component",
		name: "InferenceComponentName", arn: "InferenceComponentArn", status: "InferenceComponentStatus",
		describe: sm.DescribeInferenceComponentOutput{},
		lists:    []listing{{input: sm.ListInferenceComponentsInput{}, output: sm.ListInferenceComponentsOutput{}}},
	}, {
		key: "trainingJobs", noun: "training job", arnType: "training-job", declaresNotFound: true,
		name: "TrainingJobName", arn: "TrainingJobArn", status: "TrainingJobStatus", describe: sm.DescribeTrainingJobOutput{},
		lists: []listing{
			{input: sm.ListTrainingJobsInput{}, output: sm.ListTrainingJobsOutput{}, ascending: true},
			{
				input:  sm.ListTrainingJobsForHyperParameterTuningJobInput{},
				output: sm.ListTrainingJobsForHyperParameterTuningJobOutput{},
				parent: "HyperParameterTuningJobName", sortBy: "TrainingJobName", ascending: true,
				accept: map[string]func(*record, string) bool{"HyperParameterTuningJobName": fromTuningJob},
			},
		},
	}, {
		key: "processingJobs", noun: "processing job", arnType: "processing-job", declaresNotFound: true,
		name: "ProcessingJobName", arn: "ProcessingJobArn", status: "ProcessingJobStatus", describe: sm.DescribeProcessingJobOutput{},
		lists: []listing{{input: sm.ListProcessingJobsInput{}, output: sm.ListProcessingJobsOutput{}, ascending: true}},
	}, {
		key: "transformJobs", noun: "transform job", arnType: "transform-job", declaresNotFound: true,
		name: "TransformJobName", arn: "TransformJobArn", status: "TransformJobStatus", describe: sm.DescribeTransformJobOutput{},
		lists: []listing{{input: sm.ListTransformJobsInput{}, output: sm.ListTransformJobsOutput{}}},
	}, {
		key: "hyperParameterTuningJobs", noun: "tuning job", arnType: "hyper-parameter-tuning-job", declaresNotFound: true,
		name: "HyperParameterTuningJobName", arn: "HyperParameterTuningJobArn", status: "HyperParameterTuningJobStatus",
		describe: sm.DescribeHyperParameterTuningJobOutput{},
		lists: []listing{{
			input: sm.ListHyperParameterTuningJobsInput{}, output: sm.ListHyperParameterTuningJobsOutput{},
			sortBy: "HyperParameterTuningJobName", ascending: true,
		}},
	}, {
		key: "autoMLJobs", noun: "AutoML job", arnType: "automl-job", declaresNotFound: true,
		name: "AutoMLJobName", arn: "AutoMLJobArn", status: "AutoMLJobStatus", describe: sm.DescribeAutoMLJobV2Output{},
		lists: []listing{{input: sm.ListAutoMLJobsInput{}, output: sm.ListAutoMLJobsOutput{}, sortBy: "AutoMLJobName"}},
	}, {
		key: "compilationJobs", noun: "compilation job", arnType: "compilation-job", declaresNotFound: true,
		name: "CompilationJobName", arn: "CompilationJobArn", status: "CompilationJobStatus", describe: sm.DescribeCompilationJobOutput{},
		lists: []listing{{input: sm.ListCompilationJobsInput{}, output: sm.ListCompilationJobsOutput{}, ascending: true}},
	}, {
		key: "pipelines", noun: "pipeline", arnType: "pipeline", declaresNotFound: true,
		name: "PipelineName", arn: "PipelineArn", status: "PipelineStatus", describe: sm.DescribePipelineOutput{},
		lists: []listing{{input: sm.ListPipelinesInput{}, output: sm.ListPipelinesOutput{}}},
	}, {
		key: "notebookInstances", noun: "notebook instance", arnType: "notebook-instance",
		name: "NotebookInstanceName", arn: "NotebookInstanceArn", status: "NotebookInstanceStatus",
		describe: sm.DescribeNotebookInstanceOutput{},
		lists: []listing{{
			input: sm.ListNotebookInstancesInput{}, output: sm.ListNotebookInstancesOutput{},
			sortBy: "NotebookInstanceName", ascending: true,
		}},
	}, {
		key: "modelPackageGroups", noun: "model package group", arnType: "model-package-group",
		name: "ModelPackageGroupName", arn: "ModelPackageGroupArn", status: "ModelPackageGroupStatus",
		describe: sm.DescribeModelPackageGroupOutput{},
		lists:    []listing{{input: sm.ListModelPackageGroupsInput{}, output: sm.ListModelPackageGroupsOutput{}, ascending: true}},
	}, {
		key: "modelPackages", noun: "model package", arnType: "model-package",
		name: "ModelPackageName", arn: "ModelPackageArn", status: "ModelPackageStatus", describe: sm.DescribeModelPackageOutput{},
		lists: []listing{{
			input: sm.ListModelPackagesInput{}, output: sm.ListModelPackagesOutput{}, ascending: true,
			defaults: map[string]string{"ModelPackageType": "Unversioned"},
			accept:   map[string]func(*record, string) bool{"ModelPackageType": ofPackageType},
		}},
	}, {
		key: "featureGroups", noun: "feature group", arnType: "feature-group", declaresNotFound: true,
		name: "FeatureGroupName", arn: "FeatureGroupArn", status: "FeatureGroupStatus", describe: sm.DescribeFeatureGroupOutput{},
		lists: []listing{{
			input: sm.ListFeatureGroupsInput{}, output: sm.ListFeatureGroupsOutput{}, ascending: true,
			equals: map[string]string{"FeatureGroupStatusEquals": "FeatureGroupStatus"},
		}},
	}, {
		key: "monitoringSchedules", noun: "monitoring schedule", arnType: "monitoring-schedule", declaresNotFound: true,
		name: "MonitoringScheduleName", arn: "MonitoringScheduleArn", status: "MonitoringScheduleStatus",
		describe: sm.DescribeMonitoringScheduleOutput{},
		lists:    []listing{{input: sm.ListMonitoringSchedulesInput{}, output: sm.ListMonitoringSchedulesOutput{}}},
	}, {
		key: "domains", noun: "domain", arnType: "domain", declaresNotFound: true,
		name: "DomainId", arn: "DomainArn", status: "Status", describe: sm.DescribeDomainOutput{},
		lists: []listing{{input: sm.ListDomainsInput{}, output: sm.ListDomainsOutput{}, ascending: true}},
	},
}

// fromTuningJob: a training job belongs to the tuning job its TuningJobArn
// names. ARNs hold the name in lower case.
func fromTuningJob(r *record, want string) bool {
	arn, _ := r.fields["TuningJobArn"].(string)
	return arn != "" && strings.HasSuffix(arn, "/"+strings.ToLower(want))
}

// ofPackageType: packages in a group are versioned. Without the parameter AWS
// lists the unversioned ones only.
func ofPackageType(r *record, want string) bool {
	_, versioned := r.fields["ModelPackageGroupName"]
	return want == "Both" || (want == "Versioned") == versioned
}

// operation cuts the SDK's suffix off a type name: DescribeEndpointOutput.
func operation(of any) string {
	name := reflect.TypeOf(of).Name()
	return strings.TrimSuffix(strings.TrimSuffix(name, "Output"), "Input")
}

// member is the list's result field and the type of its elements: the only
// slice in the output.
func (l listing) member() (string, reflect.Type) {
	t := reflect.TypeOf(l.output)
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Kind() == reflect.Slice && f.IsExported() {
			return f.Name, f.Type.Elem()
		}
	}
	panic(t.Name() + " has no list") // a wrong row in the table, caught by its test
}

func kindByKey(key string) *kind {
	for _, k := range kinds {
		if k.key == key {
			return k
		}
	}
	return nil
}

func kindKeys() []string {
	keys := make([]string, len(kinds))
	for i, k := range kinds {
		keys[i] = k.key
	}
	return keys
}
