package standin

import (
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// registryKinds keep models and their papers.
var registryKinds = []*kind{
	{
		key: "modelPackageGroups", noun: "model package group", arnType: "model-package-group",
		name: "ModelPackageGroupName", arn: "ModelPackageGroupArn", status: "ModelPackageGroupStatus",
		input: sm.DescribeModelPackageGroupInput{}, describe: sm.DescribeModelPackageGroupOutput{},
		lists: []listing{{input: sm.ListModelPackageGroupsInput{}, output: sm.ListModelPackageGroupsOutput{}, ascending: true}},
	}, {
		// A versioned package has a group and a number, and is called by its
		// ARN; an unversioned one has a name.
		key: "modelPackages", noun: "model package", arnType: "model-package/{ModelPackageGroupName|ModelPackageName}{/ModelPackageVersion}",
		name: "ModelPackageName", arn: "ModelPackageArn", status: "ModelPackageStatus",
		input: sm.DescribeModelPackageInput{}, describe: sm.DescribeModelPackageOutput{},
		lists: []listing{{
			input: sm.ListModelPackagesInput{}, output: sm.ListModelPackagesOutput{}, ascending: true,
			defaults: map[string]string{"ModelPackageType": "Unversioned"},
			accept:   map[string]func(*record, string) bool{"ModelPackageType": ofPackageType},
		}},
	}, {
		key: "modelCards", noun: "model card", arnType: "model-card", declaresNotFound: true,
		name: "ModelCardName", arn: "ModelCardArn", status: "ModelCardStatus",
		input: sm.DescribeModelCardInput{}, describe: sm.DescribeModelCardOutput{},
		lists: []listing{
			{input: sm.ListModelCardsInput{}, output: sm.ListModelCardsOutput{}, newest: true},
			{
				input: sm.ListModelCardVersionsInput{}, output: sm.ListModelCardVersionsOutput{},
				parents: []string{"ModelCardName"}, parentKind: "modelCards",
			},
		},
	}, {
		key: "algorithms", noun: "algorithm", arnType: "algorithm",
		name: "AlgorithmName", arn: "AlgorithmArn", status: "AlgorithmStatus",
		input: sm.DescribeAlgorithmInput{}, describe: sm.DescribeAlgorithmOutput{},
		lists: []listing{{input: sm.ListAlgorithmsInput{}, output: sm.ListAlgorithmsOutput{}, ascending: true}},
	}, {
		key: "hubs", noun: "hub", arnType: "hub", declaresNotFound: true,
		name: "HubName", arn: "HubArn", status: "HubStatus",
		input: sm.DescribeHubInput{}, describe: sm.DescribeHubOutput{},
		lists: []listing{{input: sm.ListHubsInput{}, output: sm.ListHubsOutput{}}},
	}, {
		key: "hubContents", noun: "hub content", declaresNotFound: true,
		arnType: "hub-content/{HubName}/{HubContentType}/{HubContentName}/{HubContentVersion}",
		name:    "HubContentName", arn: "HubContentArn", status: "HubContentStatus", within: []string{"HubName", "HubContentType"},
		input: sm.DescribeHubContentInput{}, describe: sm.DescribeHubContentOutput{},
		lists: []listing{
			{
				input: sm.ListHubContentsInput{}, output: sm.ListHubContentsOutput{}, newest: true,
				parents: []string{"HubName", "HubContentType"}, parentKind: "hubs",
			},
			{
				input: sm.ListHubContentVersionsInput{}, output: sm.ListHubContentVersionsOutput{},
				parents: []string{"HubName", "HubContentType", "HubContentName"}, parentKind: "hubs",
			},
		},
	}, {
		key: "subscribedWorkteams", noun: "subscribed workteam", name: "WorkteamArn", arn: "WorkteamArn",
		input: sm.DescribeSubscribedWorkteamInput{}, describe: smtypes.SubscribedWorkteam{}, wrap: "SubscribedWorkteam",
		lists: []listing{{input: sm.ListSubscribedWorkteamsInput{}, output: sm.ListSubscribedWorkteamsOutput{}, ascending: true}},
	},
}

// ofPackageType: packages in a group are versioned. Without the parameter AWS
// lists the unversioned ones only.
func ofPackageType(r *record, want string) bool {
	_, versioned := r.fields["ModelPackageGroupName"]
	return want == "Both" || (want == "Versioned") == versioned
}
