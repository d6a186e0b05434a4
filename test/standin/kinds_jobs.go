package standin

import (
	"strings"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// jobKinds run to an end.
var jobKinds = []*kind{
	{
		key: "trainingJobs", noun: "training job", arnType: "training-job", declaresNotFound: true,
		name: "TrainingJobName", arn: "TrainingJobArn", status: "TrainingJobStatus",
		input: sm.DescribeTrainingJobInput{}, describe: sm.DescribeTrainingJobOutput{},
		lists: []listing{
			{
				input: sm.ListTrainingJobsInput{}, output: sm.ListTrainingJobsOutput{}, ascending: true,
				equals: map[string]string{"WarmPoolStatusEquals": "WarmPoolStatus.Status"},
			},
			{
				input:  sm.ListTrainingJobsForHyperParameterTuningJobInput{},
				output: sm.ListTrainingJobsForHyperParameterTuningJobOutput{},
				sortBy: "TrainingJobName", ascending: true,
				from:    map[string]string{"TunedHyperParameters": "HyperParameters"},
				parents: []string{"HyperParameterTuningJobName"}, parentKind: "hyperParameterTuningJobs",
				accept: map[string]func(*record, string) bool{"HyperParameterTuningJobName": fromTuningJob},
			},
		},
	}, {
		key: "processingJobs", noun: "processing job", arnType: "processing-job", declaresNotFound: true,
		name: "ProcessingJobName", arn: "ProcessingJobArn", status: "ProcessingJobStatus",
		input: sm.DescribeProcessingJobInput{}, describe: sm.DescribeProcessingJobOutput{},
		lists: []listing{{input: sm.ListProcessingJobsInput{}, output: sm.ListProcessingJobsOutput{}, ascending: true}},
	}, {
		key: "transformJobs", noun: "transform job", arnType: "transform-job", declaresNotFound: true,
		name: "TransformJobName", arn: "TransformJobArn", status: "TransformJobStatus",
		input: sm.DescribeTransformJobInput{}, describe: sm.DescribeTransformJobOutput{},
		lists: []listing{{input: sm.ListTransformJobsInput{}, output: sm.ListTransformJobsOutput{}}},
	}, {
		key: "hyperParameterTuningJobs", noun: "tuning job", arnType: "hyper-parameter-tuning-job", declaresNotFound: true,
		name: "HyperParameterTuningJobName", arn: "HyperParameterTuningJobArn", status: "HyperParameterTuningJobStatus",
		input: sm.DescribeHyperParameterTuningJobInput{}, describe: sm.DescribeHyperParameterTuningJobOutput{},
		lists: []listing{{
			input: sm.ListHyperParameterTuningJobsInput{}, output: sm.ListHyperParameterTuningJobsOutput{},
			sortBy: "HyperParameterTuningJobName", ascending: true,
			from: map[string]string{
				"Strategy":       "HyperParameterTuningJobConfig.Strategy",
				"ResourceLimits": "HyperParameterTuningJobConfig.ResourceLimits",
			},
		}},
	}, {
		key: "autoMLJobs", noun: "AutoML job", arnType: "automl-job", declaresNotFound: true,
		name: "AutoMLJobName", arn: "AutoMLJobArn", status: "AutoMLJobStatus",
		input: sm.DescribeAutoMLJobV2Input{}, describe: sm.DescribeAutoMLJobV2Output{},
		also:  []describing{{sm.DescribeAutoMLJobInput{}, sm.DescribeAutoMLJobOutput{}}},
		lists: []listing{{input: sm.ListAutoMLJobsInput{}, output: sm.ListAutoMLJobsOutput{}, sortBy: "AutoMLJobName"}},
	}, {
		key: "autoMLCandidates", noun: "candidate", name: "CandidateName", status: "CandidateStatus",
		describe: smtypes.AutoMLCandidate{},
		lists: []listing{{
			input: sm.ListCandidatesForAutoMLJobInput{}, output: sm.ListCandidatesForAutoMLJobOutput{},
			parents: []string{"AutoMLJobName"}, parentKind: "autoMLJobs", maxResults: 300,
		}},
	}, {
		key: "compilationJobs", noun: "compilation job", arnType: "compilation-job", declaresNotFound: true,
		name: "CompilationJobName", arn: "CompilationJobArn", status: "CompilationJobStatus",
		input: sm.DescribeCompilationJobInput{}, describe: sm.DescribeCompilationJobOutput{},
		lists: []listing{{
			input: sm.ListCompilationJobsInput{}, output: sm.ListCompilationJobsOutput{}, ascending: true,
			from: map[string]string{
				"CompilationTargetDevice":              "OutputConfig.TargetDevice",
				"CompilationTargetPlatformOs":          "OutputConfig.TargetPlatform.Os",
				"CompilationTargetPlatformArch":        "OutputConfig.TargetPlatform.Arch",
				"CompilationTargetPlatformAccelerator": "OutputConfig.TargetPlatform.Accelerator",
			},
		}},
	}, {
		key: "optimizationJobs", noun: "optimization job", arnType: "optimization-job", declaresNotFound: true,
		name: "OptimizationJobName", arn: "OptimizationJobArn", status: "OptimizationJobStatus",
		input: sm.DescribeOptimizationJobInput{}, describe: sm.DescribeOptimizationJobOutput{},
		lists: []listing{{input: sm.ListOptimizationJobsInput{}, output: sm.ListOptimizationJobsOutput{}}},
	}, {
		key: "edgePackagingJobs", noun: "edge packaging job", arnType: "edge-packaging-job", declaresNotFound: true,
		name: "EdgePackagingJobName", arn: "EdgePackagingJobArn", status: "EdgePackagingJobStatus",
		input: sm.DescribeEdgePackagingJobInput{}, describe: sm.DescribeEdgePackagingJobOutput{},
		lists: []listing{{input: sm.ListEdgePackagingJobsInput{}, output: sm.ListEdgePackagingJobsOutput{}}},
	}, {
		key: "labelingJobs", noun: "labeling job", arnType: "labeling-job", declaresNotFound: true,
		name: "LabelingJobName", arn: "LabelingJobArn", status: "LabelingJobStatus",
		input: sm.DescribeLabelingJobInput{}, describe: sm.DescribeLabelingJobOutput{},
		lists: []listing{
			{
				input: sm.ListLabelingJobsInput{}, output: sm.ListLabelingJobsOutput{}, ascending: true,
				from: map[string]string{
					"WorkteamArn":                      "HumanTaskConfig.WorkteamArn",
					"PreHumanTaskLambdaArn":            "HumanTaskConfig.PreHumanTaskLambdaArn",
					"AnnotationConsolidationLambdaArn": "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn",
				},
			},
			{
				input: sm.ListLabelingJobsForWorkteamInput{}, output: sm.ListLabelingJobsForWorkteamOutput{},
				parents: []string{"WorkteamArn"}, equals: map[string]string{"WorkteamArn": "HumanTaskConfig.WorkteamArn"},
				from: map[string]string{"NumberOfHumanWorkersPerDataObject": "HumanTaskConfig.NumberOfHumanWorkersPerDataObject"},
			},
		},
	},
}

// fromTuningJob: a training job belongs to the tuning job its TuningJobArn
// names. ARNs hold the name in lower case.
func fromTuningJob(r *record, want string) bool {
	arn, _ := r.fields["TuningJobArn"].(string)
	return arn != "" && strings.HasSuffix(arn, "/"+strings.ToLower(want))
}
