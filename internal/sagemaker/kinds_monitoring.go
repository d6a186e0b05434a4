package sagemaker

import "landfall.dev/landfall/internal/inventory"

// definitionInputs: the lists of definitions call their names otherwise.
var definitionInputs = map[string]string{"JobDefinitionName": "MonitoringJobDefinitionName"}

// executionsKept is how many executions of a monitoring schedule are kept, the
// newest ones: two days of an hourly schedule, seven weeks of a daily one.
const executionsKept = 50

// monitoring are the kinds that watch models.
var monitoring = []kind{
	{
		ResourceKind: inventory.KindMonitoringSchedule,
		list:         list((*calls).ListMonitoringSchedules),
		describe:     describe((*calls).DescribeMonitoringSchedule),
		details: []lister{
			list((*calls).ListMonitoringAlerts), list((*calls).ListMonitoringExecutions).atMost(executionsKept),
		},
		belongs: []string{"EndpointName"},
	}, {
		ResourceKind: inventory.KindDataQualityJobDefinition,
		list:         list((*calls).ListDataQualityJobDefinitions),
		describe:     describe((*calls).DescribeDataQualityJobDefinition),
		name:         "JobDefinitionName", arn: "JobDefinitionArn", status: "-",
		inputs: definitionInputs, belongs: []string{"EndpointName"},
	}, {
		ResourceKind: inventory.KindModelQualityJobDefinition,
		list:         list((*calls).ListModelQualityJobDefinitions),
		describe:     describe((*calls).DescribeModelQualityJobDefinition),
		name:         "JobDefinitionName", arn: "JobDefinitionArn", status: "-",
		inputs: definitionInputs, belongs: []string{"EndpointName"},
	}, {
		ResourceKind: inventory.KindModelBiasJobDefinition,
		list:         list((*calls).ListModelBiasJobDefinitions),
		describe:     describe((*calls).DescribeModelBiasJobDefinition),
		name:         "JobDefinitionName", arn: "JobDefinitionArn", status: "-",
		inputs: definitionInputs, belongs: []string{"EndpointName"},
	}, {
		ResourceKind: inventory.KindModelExplainabilityDefinition,
		list:         list((*calls).ListModelExplainabilityJobDefinitions),
		describe:     describe((*calls).DescribeModelExplainabilityJobDefinition),
		name:         "JobDefinitionName", arn: "JobDefinitionArn", status: "-",
		inputs: definitionInputs, belongs: []string{"EndpointName"},
	},
}
