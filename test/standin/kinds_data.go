package standin

import (
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// dataKinds hold features, and people who label.
var dataKinds = []*kind{
	{
		key: "featureGroups", noun: "feature group", arnType: "feature-group", declaresNotFound: true,
		name: "FeatureGroupName", arn: "FeatureGroupArn", status: "FeatureGroupStatus",
		input: sm.DescribeFeatureGroupInput{}, describe: sm.DescribeFeatureGroupOutput{},
		lists: []listing{{
			input: sm.ListFeatureGroupsInput{}, output: sm.ListFeatureGroupsOutput{}, ascending: true,
			equals: map[string]string{"OfflineStoreStatusEquals": "OfflineStoreStatus.Status"},
		}},
	}, {
		key: "flowDefinitions", noun: "flow definition", arnType: "flow-definition", declaresNotFound: true,
		name: "FlowDefinitionName", arn: "FlowDefinitionArn", status: "FlowDefinitionStatus",
		input: sm.DescribeFlowDefinitionInput{}, describe: sm.DescribeFlowDefinitionOutput{},
		lists: []listing{{input: sm.ListFlowDefinitionsInput{}, output: sm.ListFlowDefinitionsOutput{}, ascending: true}},
	}, {
		key: "humanTaskUis", noun: "human task UI", arnType: "human-task-ui", declaresNotFound: true,
		name: "HumanTaskUiName", arn: "HumanTaskUiArn", status: "HumanTaskUiStatus",
		input: sm.DescribeHumanTaskUiInput{}, describe: sm.DescribeHumanTaskUiOutput{},
		lists: []listing{{input: sm.ListHumanTaskUisInput{}, output: sm.ListHumanTaskUisOutput{}, ascending: true}},
	}, {
		key: "workteams", noun: "workteam", arnType: "workteam/private-crowd/{WorkteamName}",
		name: "WorkteamName", arn: "WorkteamArn",
		input: sm.DescribeWorkteamInput{}, describe: smtypes.Workteam{}, wrap: "Workteam",
		lists: []listing{{input: sm.ListWorkteamsInput{}, output: sm.ListWorkteamsOutput{}, sortBy: "WorkteamName", ascending: true}},
	}, {
		key: "workforces", noun: "workforce", arnType: "workforce/private-crowd/{WorkforceName}",
		name: "WorkforceName", arn: "WorkforceArn", status: "Status",
		input: sm.DescribeWorkforceInput{}, describe: smtypes.Workforce{}, wrap: "Workforce",
		lists: []listing{{input: sm.ListWorkforcesInput{}, output: sm.ListWorkforcesOutput{}, sortBy: "WorkforceName", ascending: true}},
	},
}
