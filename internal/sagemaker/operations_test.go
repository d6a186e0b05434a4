package sagemaker

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
)

// leftOut are the operations that list or describe and that a scan does not
// use, with the reason.
var leftOut = map[string]string{
	"DescribeAction":                         "the list's line tells all that lineage needs",
	"DescribeArtifact":                       "the list's line tells all that lineage needs",
	"DescribeContext":                        "the list's line tells all that lineage needs",
	"DescribeAutoMLJob":                      "DescribeAutoMLJobV2 describes the jobs of both versions",
	"DescribeClusterEvent":                   "what happened to nodes is gone with them",
	"DescribeClusterNode":                    "ListClusterNodes tells type, state and place of every node",
	"DescribeFeatureMetadata":                "labels of single features, one call for each; the group names all features",
	"DescribeHubContent":                     "ListHubContents tells what a hub offers; what is used stands with the models",
	"DescribeImageVersion":                   "ListImageVersions tells the versions and their states",
	"DescribeJob":                            "see ListJobs",
	"DescribeJobSchemaVersion":               "a form of AWS's own",
	"DescribeLineageGroup":                   "there is one for each account, only for sharing with others",
	"DescribeModelCardExportJob":             "it wrote a card as a PDF; the card itself is described",
	"DescribePipelineDefinitionForExecution": "the pipeline's present definition is what moves",
	"DescribeReservedCapacity":               "DescribeTrainingPlan tells the capacities of a plan",
	"DescribeSubscribedWorkteam":             "a vendor's team, which labeling jobs name",
	"DescribeTrainingPlanExtensionHistory":   "what a plan cost before its last extension",
	"DescribeTrainingSession":                "a session ends with whoever opened it",
	"ListAliases":                            "other names of image versions, which are listed themselves",
	"ListCandidatesForAutoMLJob":             "the best candidate stands in the job's description",
	"ListClusterEvents":                      "what happened to nodes is gone with them",
	"ListHubContentVersions":                 "ListHubContents tells the newest version, which is the one offered",
	"ListInferenceRecommendationsJobSteps":   "the job's description has the recommendations",
	"ListJobSchemaVersions":                  "a form of AWS's own",
	"ListJobs":                               "runs of AWS's own agent trainer: no container of the account's takes part",
	"ListLabelingJobsForWorkteam":            "the same jobs as ListLabelingJobs gives",
	"ListLineageGroups":                      "there is one for each account, only for sharing with others",
	"ListModelCardExportJobs":                "each wrote a card as a PDF; the card itself is described",
	"ListModelCardVersions":                  "the newest version is described",
	"ListModelMetadata":                      "AWS's catalogue of public models, the same for all accounts",
	"ListMonitoringAlertHistory":             "ListMonitoringAlerts tells how alerts stand",
	"ListPipelineVersions":                   "the pipeline's present definition is what moves",
	"ListResourceCatalogs":                   "feature groups that other accounts share, which they list themselves",
	"ListStageDevices":                       "the plan's description counts the devices of each stage",
	"ListSubscribedWorkteams":                "vendors' teams, which labeling jobs name",
	"ListTrainingSessions":                   "a session ends with whoever opened it",
	"ListUltraServersByReservedCapacity":     "DescribeTrainingPlan tells the capacities of a plan",
}

// TestEveryOperationIsUsedOrLeftOutForAReason: of all operations of the SDK
// that list or describe, each is used by a scan or on the list above. An SDK
// with new ones fails here.
func TestEveryOperationIsUsedOrLeftOutForAReason(t *testing.T) {
	used := Actions(ScanOptions{})
	client := reflect.TypeFor[*sagemaker.Client]()
	found := 0
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		if !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "Describe") {
			continue
		}
		found++
		reason, out := leftOut[name]
		switch in := slices.Contains(used, "sagemaker:"+name); {
		case in && out:
			t.Errorf("%s is used, and left out: %s", name, reason)
		case !in && !out:
			t.Errorf("%s is neither used nor left out for a reason", name)
		}
	}
	if found < 150 {
		t.Errorf("only %d operations were found", found)
	}
	for name := range leftOut {
		if _, known := client.MethodByName(name); !known {
			t.Errorf("%s is left out and no operation", name)
		}
	}
}
