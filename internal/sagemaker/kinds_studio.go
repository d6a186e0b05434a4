package sagemaker

import (
	"cmp"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// studio are the kinds that people work in.
var studio = []kind{
	{
		ResourceKind: inventory.KindNotebookInstance,
		list:         list((*calls).ListNotebookInstances),
		describe:     describe((*calls).DescribeNotebookInstance),
	}, {
		ResourceKind: inventory.KindNotebookLifecycleConfig,
		list:         list((*calls).ListNotebookInstanceLifecycleConfigs),
		describe:     describe((*calls).DescribeNotebookInstanceLifecycleConfig),
	}, {
		ResourceKind: inventory.KindCodeRepository,
		list:         list((*calls).ListCodeRepositories),
		describe:     describe((*calls).DescribeCodeRepository),
	}, {
		// Profiles, spaces and apps name their domain by its id.
		ResourceKind: inventory.KindDomain,
		list:         list((*calls).ListDomains),
		describe:     describe((*calls).DescribeDomain),
		name:         "DomainId", status: "Status",
	}, {
		ResourceKind: inventory.KindUserProfile,
		list:         list((*calls).ListUserProfiles),
		describe:     describe((*calls).DescribeUserProfile),
		status:       "Status", belongs: []string{"DomainId"},
	}, {
		ResourceKind: inventory.KindSpace,
		list:         list((*calls).ListSpaces),
		describe:     describe((*calls).DescribeSpace),
		status:       "Status", belongs: []string{"DomainId"},
	}, {
		// Apps of one name are told apart by their owner and type, as in
		// their ARNs.
		ResourceKind: inventory.KindApp,
		list:         list((*calls).ListApps),
		describe:     describe((*calls).DescribeApp),
		status:       "Status", belongs: []string{"DomainId"},
		title: func(f fields) string {
			owner := cmp.Or(f.text("UserProfileName"), f.text("SpaceName"))
			return strings.Join([]string{owner, f.text("AppType"), f.text("AppName")}, "/")
		},
	}, {
		ResourceKind: inventory.KindStudioLifecycleConfig,
		list:         list((*calls).ListStudioLifecycleConfigs),
		describe:     describe((*calls).DescribeStudioLifecycleConfig),
	}, {
		ResourceKind: inventory.KindImage,
		list:         list((*calls).ListImages),
		describe:     describe((*calls).DescribeImage),
		details:      []lister{list((*calls).ListImageVersions)},
	}, {
		ResourceKind: inventory.KindAppImageConfig,
		list:         list((*calls).ListAppImageConfigs),
		describe:     describe((*calls).DescribeAppImageConfig),
	},
}

// lastWord returns what stands behind the last slash of an ARN.
func lastWord(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
