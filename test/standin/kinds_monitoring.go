package standin

import (
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// monitoringKinds watch models.
var monitoringKinds = []*kind{
	{
		key: "monitoringSchedules", noun: "monitoring schedule", arnType: "monitoring-schedule", declaresNotFound: true,
		name: "MonitoringScheduleName", arn: "MonitoringScheduleArn", status: "MonitoringScheduleStatus",
		input: sm.DescribeMonitoringScheduleInput{}, describe: sm.DescribeMonitoringScheduleOutput{},
		lists: []listing{{
			input: sm.ListMonitoringSchedulesInput{}, output: sm.ListMonitoringSchedulesOutput{},
			equals: map[string]string{"MonitoringJobDefinitionName": pathDefinition},
			from:   map[string]string{"MonitoringJobDefinitionName": pathDefinition},
		}},
	}, {
		key: "monitoringExecutions", noun: "monitoring execution", status: "MonitoringExecutionStatus",
		describe: smtypes.MonitoringExecutionSummary{},
		lists:    []listing{{input: sm.ListMonitoringExecutionsInput{}, output: sm.ListMonitoringExecutionsOutput{}, sortBy: "ScheduledTime"}},
	}, {
		key: "monitoringAlerts", noun: "monitoring alert", name: "MonitoringAlertName", status: "AlertStatus",
		describe: smtypes.MonitoringAlertSummary{},
		lists: []listing{{
			input: sm.ListMonitoringAlertsInput{}, output: sm.ListMonitoringAlertsOutput{},
			parents: []string{"MonitoringScheduleName"}, parentKind: "monitoringSchedules",
		}},
	},
	jobDefinition("dataQualityJobDefinitions", "data-quality-job-definition", "DataQualityJobInput", sm.DescribeDataQualityJobDefinitionInput{},
		sm.DescribeDataQualityJobDefinitionOutput{}, sm.ListDataQualityJobDefinitionsInput{}, sm.ListDataQualityJobDefinitionsOutput{}),
	jobDefinition("modelQualityJobDefinitions", "model-quality-job-definition", "ModelQualityJobInput", sm.DescribeModelQualityJobDefinitionInput{},
		sm.DescribeModelQualityJobDefinitionOutput{}, sm.ListModelQualityJobDefinitionsInput{}, sm.ListModelQualityJobDefinitionsOutput{}),
	jobDefinition("modelBiasJobDefinitions", "model-bias-job-definition", "ModelBiasJobInput", sm.DescribeModelBiasJobDefinitionInput{},
		sm.DescribeModelBiasJobDefinitionOutput{}, sm.ListModelBiasJobDefinitionsInput{}, sm.ListModelBiasJobDefinitionsOutput{}),
	jobDefinition("modelExplainabilityJobDefinitions", "model-explainability-job-definition", "ModelExplainabilityJobInput",
		sm.DescribeModelExplainabilityJobDefinitionInput{}, sm.DescribeModelExplainabilityJobDefinitionOutput{},
		sm.ListModelExplainabilityJobDefinitionsInput{}, sm.ListModelExplainabilityJobDefinitionsOutput{}),
}

// pathDefinition is where a schedule names its job definition.
const pathDefinition = "MonitoringScheduleConfig.MonitoringJobDefinitionName"

// jobDefinition is a row for one of the four kinds of job definitions, whose
// lists call the same fields otherwise than Describe does.
func jobDefinition(key, arnType, source string, input, output, listInput, listOutput any) *kind {
	endpoint := source + ".EndpointInput.EndpointName"
	return &kind{
		key: key, noun: "job definition", arnType: arnType, declaresNotFound: true,
		name: "JobDefinitionName", arn: "JobDefinitionArn", input: input, describe: output,
		lists: []listing{{
			input: listInput, output: listOutput,
			equals: map[string]string{"EndpointName": endpoint},
			from: map[string]string{
				"MonitoringJobDefinitionName": "JobDefinitionName", "MonitoringJobDefinitionArn": "JobDefinitionArn", "EndpointName": endpoint,
			},
		}},
	}
}
