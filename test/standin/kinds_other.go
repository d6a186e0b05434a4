package standin

import (
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// otherKinds belong to no other group.
var otherKinds = []*kind{
	{
		key: "clusters", noun: "cluster", arnType: "cluster", declaresNotFound: true,
		name: "ClusterName", arn: "ClusterArn", status: "ClusterStatus",
		input: sm.DescribeClusterInput{}, describe: sm.DescribeClusterOutput{},
		lists: []listing{{input: sm.ListClustersInput{}, output: sm.ListClustersOutput{}}},
	}, {
		key: "clusterNodes", noun: "cluster node", declaresNotFound: true,
		name: "InstanceId", param: "NodeId", within: []string{"ClusterName"},
		input: sm.DescribeClusterNodeInput{}, describe: smtypes.ClusterNodeDetails{}, wrap: "NodeDetails",
		lists: []listing{{
			input: sm.ListClusterNodesInput{}, output: sm.ListClusterNodesOutput{}, sortBy: "LaunchTime",
			parents: []string{"ClusterName"}, parentKind: "clusters",
		}},
	}, {
		key: "clusterSchedulerConfigs", noun: "cluster scheduler config", arnType: "cluster-scheduler-config", declaresNotFound: true,
		name: "ClusterSchedulerConfigId", arn: "ClusterSchedulerConfigArn", status: "Status",
		input: sm.DescribeClusterSchedulerConfigInput{}, describe: sm.DescribeClusterSchedulerConfigOutput{},
		lists: []listing{{input: sm.ListClusterSchedulerConfigsInput{}, output: sm.ListClusterSchedulerConfigsOutput{}}},
	}, {
		key: "computeQuotas", noun: "compute quota", arnType: "compute-quota", declaresNotFound: true,
		name: "ComputeQuotaId", arn: "ComputeQuotaArn", status: "Status",
		input: sm.DescribeComputeQuotaInput{}, describe: sm.DescribeComputeQuotaOutput{},
		lists: []listing{{input: sm.ListComputeQuotasInput{}, output: sm.ListComputeQuotasOutput{}}},
	}, {
		key: "projects", noun: "project", arnType: "project",
		name: "ProjectName", arn: "ProjectArn", status: "ProjectStatus",
		input: sm.DescribeProjectInput{}, describe: sm.DescribeProjectOutput{},
		lists: []listing{{input: sm.ListProjectsInput{}, output: sm.ListProjectsOutput{}, ascending: true}},
	}, {
		key: "deviceFleets", noun: "device fleet", arnType: "device-fleet", declaresNotFound: true,
		name: "DeviceFleetName", arn: "DeviceFleetArn",
		input: sm.DescribeDeviceFleetInput{}, describe: sm.DescribeDeviceFleetOutput{},
		lists: []listing{{input: sm.ListDeviceFleetsInput{}, output: sm.ListDeviceFleetsOutput{}}},
	}, {
		key: "devices", noun: "device", arnType: "device-fleet/{DeviceFleetName}/device/{DeviceName}", declaresNotFound: true,
		name: "DeviceName", arn: "DeviceArn", within: []string{"DeviceFleetName"},
		input: sm.DescribeDeviceInput{}, describe: sm.DescribeDeviceOutput{},
		lists: []listing{{input: sm.ListDevicesInput{}, output: sm.ListDevicesOutput{}, sortBy: "RegistrationTime"}},
	}, {
		key: "edgeDeploymentPlans", noun: "edge deployment plan", arnType: "edge-deployment", declaresNotFound: true,
		name: "EdgeDeploymentPlanName", arn: "EdgeDeploymentPlanArn",
		input: sm.DescribeEdgeDeploymentPlanInput{}, describe: sm.DescribeEdgeDeploymentPlanOutput{},
		lists: []listing{{input: sm.ListEdgeDeploymentPlansInput{}, output: sm.ListEdgeDeploymentPlansOutput{}}},
	}, {
		key: "partnerApps", noun: "partner app", arnType: "partner-app/{Name}", declaresNotFound: true,
		name: "Arn", arn: "Arn", status: "Status",
		input: sm.DescribePartnerAppInput{}, describe: sm.DescribePartnerAppOutput{},
		lists: []listing{{input: sm.ListPartnerAppsInput{}, output: sm.ListPartnerAppsOutput{}}},
	}, {
		key: "trainingPlans", noun: "training plan", arnType: "training-plan", declaresNotFound: true,
		name: "TrainingPlanName", arn: "TrainingPlanArn", status: "Status",
		input: sm.DescribeTrainingPlanInput{}, describe: sm.DescribeTrainingPlanOutput{},
		lists: []listing{{input: sm.ListTrainingPlansInput{}, output: sm.ListTrainingPlansOutput{}, sortBy: "TrainingPlanName"}},
	},
}
