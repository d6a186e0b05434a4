package standin

import (
	"strings"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// pipelineKinds are pipelines with their versions, runs and steps.
var pipelineKinds = []*kind{
	{
		key: "pipelines", noun: "pipeline", arnType: "pipeline", declaresNotFound: true,
		name: "PipelineName", arn: "PipelineArn", status: "PipelineStatus",
		input: sm.DescribePipelineInput{}, describe: sm.DescribePipelineOutput{},
		lists: []listing{{
			input: sm.ListPipelinesInput{}, output: sm.ListPipelinesOutput{},
			from: map[string]string{"LastExecutionTime": "LastRunTime"},
		}},
	}, {
		key: "pipelineVersions", noun: "pipeline version", describe: smtypes.PipelineVersionSummary{},
		lists: []listing{{
			input: sm.ListPipelineVersionsInput{}, output: sm.ListPipelineVersionsOutput{},
			parents: []string{"PipelineName"}, parentKind: "pipelines",
			accept: map[string]func(*record, string) bool{"PipelineName": ofPipeline},
		}},
	}, {
		key: "pipelineExecutions", noun: "pipeline execution", arnType: "pipeline/{PipelineName}/execution/{ExecutionID}",
		declaresNotFound: true,
		name:             "PipelineExecutionArn", arn: "PipelineExecutionArn", status: "PipelineExecutionStatus",
		input: sm.DescribePipelineExecutionInput{}, describe: sm.DescribePipelineExecutionOutput{},
		lists: []listing{{
			input: sm.ListPipelineExecutionsInput{}, output: sm.ListPipelineExecutionsOutput{},
			from:    map[string]string{"StartTime": "CreationTime", "PipelineExecutionFailureReason": "FailureReason"},
			parents: []string{"PipelineName"}, parentKind: "pipelines",
			accept: map[string]func(*record, string) bool{"PipelineName": ofPipeline},
		}},
	}, {
		key: "pipelineExecutionSteps", noun: "step", status: "StepStatus", describe: smtypes.PipelineExecutionStep{},
		lists: []listing{{
			input: sm.ListPipelineExecutionStepsInput{}, output: sm.ListPipelineExecutionStepsOutput{}, sortBy: "StartTime",
			// The SDK does not mark the execution as required, but there is
			// nothing to list without one.
			parents: []string{"PipelineExecutionArn"}, parentKind: "pipelineExecutions",
		}},
	}, {
		key: "pipelineParameters", noun: "parameter", name: "Name", describe: smtypes.Parameter{},
		lists: []listing{{
			input: sm.ListPipelineParametersForExecutionInput{}, output: sm.ListPipelineParametersForExecutionOutput{},
			sortBy: "Name", ascending: true,
			parents: []string{"PipelineExecutionArn"}, parentKind: "pipelineExecutions",
		}},
	},
}

// ofPipeline: a version or run belongs to the pipeline its PipelineArn names.
// PipelineName may be an ARN itself.
func ofPipeline(r *record, want string) bool {
	arn := r.text("PipelineArn")
	return r.text("PipelineName") == want || arn != "" && (arn == want || strings.HasSuffix(arn, ":pipeline/"+strings.ToLower(want)))
}
