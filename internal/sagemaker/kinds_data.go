package sagemaker

import "landfall.dev/landfall/internal/inventory"

// data are the kinds that hold features, and those who label.
var data = []kind{
	{
		ResourceKind: inventory.KindFeatureGroup,
		list:         list((*calls).ListFeatureGroups),
		describe:     describe((*calls).DescribeFeatureGroup),
	}, {
		ResourceKind: inventory.KindFlowDefinition,
		list:         list((*calls).ListFlowDefinitions),
		describe:     describe((*calls).DescribeFlowDefinition),
	}, {
		ResourceKind: inventory.KindHumanTaskUI,
		list:         list((*calls).ListHumanTaskUis),
		describe:     describe((*calls).DescribeHumanTaskUi),
	}, {
		ResourceKind: inventory.KindWorkteam,
		list:         list((*calls).ListWorkteams),
		describe:     describe((*calls).DescribeWorkteam),
		within:       "Workteam", status: "-", belongs: []string{"WorkforceArn"},
	}, {
		ResourceKind: inventory.KindWorkforce,
		list:         list((*calls).ListWorkforces),
		describe:     describe((*calls).DescribeWorkforce),
		within:       "Workforce", status: "Status",
	},
}
