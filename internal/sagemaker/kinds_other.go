package sagemaker

import (
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

// others are the kinds that fit nowhere else.
var others = []kind{
	{
		ResourceKind: inventory.KindHub,
		list:         list((*calls).ListHubs),
		describe:     describe((*calls).DescribeHub),
	}, {
		// A hub may offer thousands of contents. Their lines tell what they
		// are; what is used stands with the models that use it.
		ResourceKind: inventory.KindHubContent,
		list: list((*calls).ListHubContents, func(in *sagemaker.ListHubContentsInput, q question) {
			in.HubContentType = types.HubContentType(q.value)
		}).eachOf(hubContentTypes()...),
		policy: listOnly, parent: inventory.KindHub,
		name: "HubContentName", arn: "HubContentArn", status: "HubContentStatus",
	}, {
		ResourceKind: inventory.KindCluster,
		list:         list((*calls).ListClusters),
		describe:     describe((*calls).DescribeCluster),
		details:      []lister{list((*calls).ListClusterNodes)},
	}, {
		ResourceKind: inventory.KindProject,
		list:         list((*calls).ListProjects),
		describe:     describe((*calls).DescribeProject),
	}, {
		ResourceKind: inventory.KindDeviceFleet,
		list:         list((*calls).ListDeviceFleets),
		describe:     describe((*calls).DescribeDeviceFleet),
		status:       "-",
	}, {
		ResourceKind: inventory.KindPartnerApp,
		list:         list((*calls).ListPartnerApps),
		describe:     describe((*calls).DescribePartnerApp),
		name:         "Name", arn: "Arn", status: "Status",
	}, {
		ResourceKind: inventory.KindTrainingPlan,
		list:         list((*calls).ListTrainingPlans),
		describe:     describe((*calls).DescribeTrainingPlan),
		status:       "Status",
	},
}

// hubContentTypes are all types of contents that a hub may hold.
func hubContentTypes() []string { return texts(types.HubContentType("").Values()) }
