package sagemaker

import "landfall.dev/landfall/internal/inventory"

// lineage are the kinds that keep what was tried.
var lineage = []kind{
	{
		ResourceKind: inventory.KindExperiment,
		list:         list((*calls).ListExperiments),
		describe:     describe((*calls).DescribeExperiment),
		status:       "-",
	}, {
		ResourceKind: inventory.KindTrial,
		list:         list((*calls).ListTrials),
		describe:     describe((*calls).DescribeTrial),
		policy:       newestOfFamily, status: "-", belongs: []string{"ExperimentName"},
	}, {
		ResourceKind: inventory.KindTrialComponent,
		list:         list((*calls).ListTrialComponents),
		describe:     describe((*calls).DescribeTrialComponent),
		policy:       newestOfFamily, status: "-",
	}, {
		ResourceKind: inventory.KindMlflowTrackingServer,
		list:         list((*calls).ListMlflowTrackingServers),
		describe:     describe((*calls).DescribeMlflowTrackingServer),
		name:         "TrackingServerName", arn: "TrackingServerArn", status: "TrackingServerStatus",
	}, {
		ResourceKind: inventory.KindMlflowApp,
		list:         list((*calls).ListMlflowApps),
		describe:     describe((*calls).DescribeMlflowApp),
		name:         "Name", arn: "Arn", status: "Status",
	},
}
