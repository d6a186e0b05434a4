package standin

import (
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// hostingKinds serve models.
var hostingKinds = []*kind{
	{
		key: "endpoints", noun: "endpoint", arnType: "endpoint",
		name: "EndpointName", arn: "EndpointArn", status: "EndpointStatus",
		input: sm.DescribeEndpointInput{}, describe: sm.DescribeEndpointOutput{},
		lists: []listing{{input: sm.ListEndpointsInput{}, output: sm.ListEndpointsOutput{}}},
	}, {
		key: "endpointConfigs", noun: "endpoint configuration", arnType: "endpoint-config",
		name: "EndpointConfigName", arn: "EndpointConfigArn",
		input: sm.DescribeEndpointConfigInput{}, describe: sm.DescribeEndpointConfigOutput{},
		lists: []listing{{input: sm.ListEndpointConfigsInput{}, output: sm.ListEndpointConfigsOutput{}}},
	}, {
		key: "models", noun: "model", arnType: "model",
		name: "ModelName", arn: "ModelArn",
		input: sm.DescribeModelInput{}, describe: sm.DescribeModelOutput{},
		lists: []listing{{input: sm.ListModelsInput{}, output: sm.ListModelsOutput{}}},
	}, {
		key: "inferenceComponents", noun: "inference component", arnType: "inference-component",
		name: "InferenceComponentName", arn: "InferenceComponentArn", status: "InferenceComponentStatus",
		input: sm.DescribeInferenceComponentInput{}, describe: sm.DescribeInferenceComponentOutput{},
		lists: []listing{{input: sm.ListInferenceComponentsInput{}, output: sm.ListInferenceComponentsOutput{}}},
	}, {
		key: "inferenceExperiments", noun: "inference experiment", arnType: "inference-experiment", declaresNotFound: true,
		name: "Name", arn: "Arn", status: "Status",
		input: sm.DescribeInferenceExperimentInput{}, describe: sm.DescribeInferenceExperimentOutput{},
		lists: []listing{{input: sm.ListInferenceExperimentsInput{}, output: sm.ListInferenceExperimentsOutput{}}},
	}, {
		key: "inferenceRecommendationsJobs", noun: "inference recommendations job", arnType: "inference-recommendations-job", declaresNotFound: true,
		name: "JobName", arn: "JobArn", status: "Status",
		input: sm.DescribeInferenceRecommendationsJobInput{}, describe: sm.DescribeInferenceRecommendationsJobOutput{},
		lists: []listing{{
			input: sm.ListInferenceRecommendationsJobsInput{}, output: sm.ListInferenceRecommendationsJobsOutput{},
			equals: map[string]string{
				"ModelNameEquals":              "InputConfig.ModelName",
				"ModelPackageVersionArnEquals": "InputConfig.ModelPackageVersionArn",
			},
			from: map[string]string{
				"ModelName":              "InputConfig.ModelName",
				"ModelPackageVersionArn": "InputConfig.ModelPackageVersionArn",
			},
		}},
	}, {
		key: "inferenceRecommendationsJobSteps", noun: "step", describe: smtypes.InferenceRecommendationsJobStep{},
		lists: []listing{{
			input: sm.ListInferenceRecommendationsJobStepsInput{}, output: sm.ListInferenceRecommendationsJobStepsOutput{},
			parents: []string{"JobName"}, parentKind: "inferenceRecommendationsJobs",
		}},
	}, {
		key: "aiWorkloadConfigs", noun: "AI workload config", arnType: "ai-workload-config", declaresNotFound: true,
		name: "AIWorkloadConfigName", arn: "AIWorkloadConfigArn",
		input: sm.DescribeAIWorkloadConfigInput{}, describe: sm.DescribeAIWorkloadConfigOutput{},
		lists: []listing{{input: sm.ListAIWorkloadConfigsInput{}, output: sm.ListAIWorkloadConfigsOutput{}}},
	}, {
		key: "aiBenchmarkJobs", noun: "AI benchmark job", arnType: "ai-benchmark-job", declaresNotFound: true,
		name: "AIBenchmarkJobName", arn: "AIBenchmarkJobArn", status: "AIBenchmarkJobStatus",
		input: sm.DescribeAIBenchmarkJobInput{}, describe: sm.DescribeAIBenchmarkJobOutput{},
		lists: []listing{{input: sm.ListAIBenchmarkJobsInput{}, output: sm.ListAIBenchmarkJobsOutput{}}},
	}, {
		key: "aiRecommendationJobs", noun: "AI recommendation job", arnType: "ai-recommendation-job", declaresNotFound: true,
		name: "AIRecommendationJobName", arn: "AIRecommendationJobArn", status: "AIRecommendationJobStatus",
		input: sm.DescribeAIRecommendationJobInput{}, describe: sm.DescribeAIRecommendationJobOutput{},
		lists: []listing{{input: sm.ListAIRecommendationJobsInput{}, output: sm.ListAIRecommendationJobsOutput{}}},
	},
}
