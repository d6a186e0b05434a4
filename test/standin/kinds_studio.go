package standin

import sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"

// studioKinds are where people write code.
var studioKinds = []*kind{
	{
		key: "notebookInstances", noun: "notebook instance", arnType: "notebook-instance",
		name: "NotebookInstanceName", arn: "NotebookInstanceArn", status: "NotebookInstanceStatus",
		input: sm.DescribeNotebookInstanceInput{}, describe: sm.DescribeNotebookInstanceOutput{},
		lists: []listing{{
			input: sm.ListNotebookInstancesInput{}, output: sm.ListNotebookInstancesOutput{},
			sortBy: "NotebookInstanceName", ascending: true,
		}},
	}, {
		key: "notebookInstanceLifecycleConfigs", noun: "notebook instance lifecycle config", arnType: "notebook-instance-lifecycle-config",
		name: "NotebookInstanceLifecycleConfigName", arn: "NotebookInstanceLifecycleConfigArn",
		input: sm.DescribeNotebookInstanceLifecycleConfigInput{}, describe: sm.DescribeNotebookInstanceLifecycleConfigOutput{},
		lists: []listing{{input: sm.ListNotebookInstanceLifecycleConfigsInput{}, output: sm.ListNotebookInstanceLifecycleConfigsOutput{}, ascending: true}},
	}, {
		key: "codeRepositories", noun: "code repository", arnType: "code-repository",
		name: "CodeRepositoryName", arn: "CodeRepositoryArn",
		input: sm.DescribeCodeRepositoryInput{}, describe: sm.DescribeCodeRepositoryOutput{},
		lists: []listing{{input: sm.ListCodeRepositoriesInput{}, output: sm.ListCodeRepositoriesOutput{}, sortBy: "CodeRepositoryName", ascending: true}},
	}, {
		key: "domains", noun: "domain", arnType: "domain", declaresNotFound: true,
		name: "DomainId", arn: "DomainArn", status: "Status",
		input: sm.DescribeDomainInput{}, describe: sm.DescribeDomainOutput{},
		lists: []listing{{input: sm.ListDomainsInput{}, output: sm.ListDomainsOutput{}, ascending: true}},
	}, {
		key: "userProfiles", noun: "user profile", arnType: "user-profile/{DomainId}/{UserProfileName}", declaresNotFound: true,
		name: "UserProfileName", arn: "UserProfileArn", status: "Status", within: []string{"DomainId"},
		input: sm.DescribeUserProfileInput{}, describe: sm.DescribeUserProfileOutput{},
		lists: []listing{{input: sm.ListUserProfilesInput{}, output: sm.ListUserProfilesOutput{}, ascending: true}},
	}, {
		key: "spaces", noun: "space", arnType: "space/{DomainId}/{SpaceName}", declaresNotFound: true,
		name: "SpaceName", arn: "SpaceArn", status: "Status", within: []string{"DomainId"},
		input: sm.DescribeSpaceInput{}, describe: sm.DescribeSpaceOutput{},
		lists: []listing{{
			input: sm.ListSpacesInput{}, output: sm.ListSpacesOutput{}, ascending: true,
			from: map[string]string{
				"SpaceSettingsSummary.AppType":                  "SpaceSettings.AppType",
				"SpaceSettingsSummary.SpaceStorageSettings":     "SpaceSettings.SpaceStorageSettings",
				"SpaceSharingSettingsSummary.SharingType":       "SpaceSharingSettings.SharingType",
				"OwnershipSettingsSummary.OwnerUserProfileName": "OwnershipSettings.OwnerUserProfileName",
			},
		}},
	}, {
		key: "apps", noun: "app", arnType: "app/{DomainId}/{UserProfileName|SpaceName}/{AppType}/{AppName}", declaresNotFound: true,
		name: "AppName", arn: "AppArn", status: "Status", within: []string{"DomainId", "AppType"},
		input: sm.DescribeAppInput{}, describe: sm.DescribeAppOutput{},
		lists: []listing{{input: sm.ListAppsInput{}, output: sm.ListAppsOutput{}, ascending: true}},
	}, {
		key: "studioLifecycleConfigs", noun: "studio lifecycle config", arnType: "studio-lifecycle-config", declaresNotFound: true,
		name: "StudioLifecycleConfigName", arn: "StudioLifecycleConfigArn",
		input: sm.DescribeStudioLifecycleConfigInput{}, describe: sm.DescribeStudioLifecycleConfigOutput{},
		lists: []listing{{
			input: sm.ListStudioLifecycleConfigsInput{}, output: sm.ListStudioLifecycleConfigsOutput{}, ascending: true,
			equals: map[string]string{"AppTypeEquals": "StudioLifecycleConfigAppType"},
		}},
	}, {
		key: "images", noun: "image", arnType: "image", declaresNotFound: true,
		name: "ImageName", arn: "ImageArn", status: "ImageStatus",
		input: sm.DescribeImageInput{}, describe: sm.DescribeImageOutput{},
		lists: []listing{{input: sm.ListImagesInput{}, output: sm.ListImagesOutput{}}},
	}, {
		key: "imageVersions", noun: "image version", arnType: "image-version/{ImageName}/{Version}", declaresNotFound: true,
		name: "Version", arn: "ImageVersionArn", status: "ImageVersionStatus", within: []string{"ImageName"},
		input: sm.DescribeImageVersionInput{}, describe: sm.DescribeImageVersionOutput{},
		lists: []listing{{
			input: sm.ListImageVersionsInput{}, output: sm.ListImageVersionsOutput{},
			parents: []string{"ImageName"}, parentKind: "images",
		}},
	}, {
		key: "appImageConfigs", noun: "app image config", arnType: "app-image-config", declaresNotFound: true,
		name: "AppImageConfigName", arn: "AppImageConfigArn",
		input: sm.DescribeAppImageConfigInput{}, describe: sm.DescribeAppImageConfigOutput{},
		lists: []listing{{input: sm.ListAppImageConfigsInput{}, output: sm.ListAppImageConfigsOutput{}}},
	},
}
