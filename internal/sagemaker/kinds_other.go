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
		// Which teams may take what of a cluster, and who goes first.
		ResourceKind: inventory.KindClusterSchedulerConfig,
		list:         list((*calls).ListClusterSchedulerConfigs),
		describe:     describe((*calls).DescribeClusterSchedulerConfig),
		name:         "Name", status: "Status", belongs: []string{"ClusterArn"},
	}, {
		ResourceKind: inventory.KindComputeQuota,
		list:         list((*calls).ListComputeQuotas),
		describe:     describe((*calls).DescribeComputeQuota),
		name:         "Name", status: "Status", belongs: []string{"ClusterArn"},
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
		// A fleet may have thousands of devices; some tell how all are.
		ResourceKind: inventory.KindDevice,
		list:         list((*calls).ListDevices),
		describe:     describe((*calls).DescribeDevice),
		parent:       inventory.KindDeviceFleet, belongs: []string{"DeviceFleetName"},
		policy: newestOfFamily, family: byParent, status: "-",
	}, {
		ResourceKind: inventory.KindEdgeDeploymentPlan,
		list:         list((*calls).ListEdgeDeploymentPlans),
		describe:     describe((*calls).DescribeEdgeDeploymentPlan),
		status:       "-", belongs: []string{"DeviceFleetName"},
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
