package standin

import (
	"slices"
	"strings"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// lineageKinds say what came from what.
var lineageKinds = []*kind{
	{
		key: "experiments", noun: "experiment", arnType: "experiment", declaresNotFound: true,
		name: "ExperimentName", arn: "ExperimentArn",
		input: sm.DescribeExperimentInput{}, describe: sm.DescribeExperimentOutput{},
		lists: []listing{{
			input: sm.ListExperimentsInput{}, output: sm.ListExperimentsOutput{},
			from: map[string]string{"ExperimentSource": "Source"},
		}},
	}, {
		key: "trials", noun: "trial", arnType: "experiment-trial", declaresNotFound: true,
		name: "TrialName", arn: "TrialArn",
		input: sm.DescribeTrialInput{}, describe: sm.DescribeTrialOutput{},
		lists: []listing{{
			input: sm.ListTrialsInput{}, output: sm.ListTrialsOutput{}, from: map[string]string{"TrialSource": "Source"},
		}},
	}, {
		key: "trialComponents", noun: "trial component", arnType: "experiment-trial-component", declaresNotFound: true,
		name: "TrialComponentName", arn: "TrialComponentArn",
		input: sm.DescribeTrialComponentInput{}, describe: sm.DescribeTrialComponentOutput{},
		lists: []listing{{
			input: sm.ListTrialComponentsInput{}, output: sm.ListTrialComponentsOutput{},
			from:   map[string]string{"TrialComponentSource": "Source"},
			equals: map[string]string{"SourceArn": "Source.SourceArn"},
			// A component does not name its trials; "of" in the file does.
			accept: map[string]func(*record, string) bool{"TrialName": inList("TrialName"), "ExperimentName": inList("ExperimentName")},
		}},
	}, {
		key: "artifacts", noun: "artifact", arnType: "artifact", declaresNotFound: true,
		name: "ArtifactArn", arn: "ArtifactArn",
		input: sm.DescribeArtifactInput{}, describe: sm.DescribeArtifactOutput{},
		lists: []listing{{
			input: sm.ListArtifactsInput{}, output: sm.ListArtifactsOutput{}, equals: map[string]string{"SourceUri": "Source.SourceUri"},
		}},
	}, {
		key: "actions", noun: "action", arnType: "action", declaresNotFound: true,
		name: "ActionName", arn: "ActionArn", status: "Status",
		input: sm.DescribeActionInput{}, describe: sm.DescribeActionOutput{},
		lists: []listing{{
			input: sm.ListActionsInput{}, output: sm.ListActionsOutput{}, equals: map[string]string{"SourceUri": "Source.SourceUri"},
		}},
	}, {
		key: "contexts", noun: "context", arnType: "context", declaresNotFound: true,
		name: "ContextName", arn: "ContextArn",
		input: sm.DescribeContextInput{}, describe: sm.DescribeContextOutput{},
		lists: []listing{{
			input: sm.ListContextsInput{}, output: sm.ListContextsOutput{}, equals: map[string]string{"SourceUri": "Source.SourceUri"},
		}},
	}, {
		key: "associations", noun: "association", describe: smtypes.AssociationSummary{},
		lists: []listing{{input: sm.ListAssociationsInput{}, output: sm.ListAssociationsOutput{}}},
	}, {
		key: "mlflowTrackingServers", noun: "tracking server", arnType: "mlflow-tracking-server", declaresNotFound: true,
		name: "TrackingServerName", arn: "TrackingServerArn", status: "TrackingServerStatus",
		input: sm.DescribeMlflowTrackingServerInput{}, describe: sm.DescribeMlflowTrackingServerOutput{},
		lists: []listing{{input: sm.ListMlflowTrackingServersInput{}, output: sm.ListMlflowTrackingServersOutput{}}},
	}, {
		key: "mlflowApps", noun: "MLflow app", arnType: "mlflow-app/{Name}", declaresNotFound: true,
		name: "Arn", arn: "Arn", status: "Status",
		input: sm.DescribeMlflowAppInput{}, describe: sm.DescribeMlflowAppOutput{},
		lists: []listing{{
			input: sm.ListMlflowAppsInput{}, output: sm.ListMlflowAppsOutput{},
			accept: map[string]func(*record, string) bool{"DefaultForDomainId": func(r *record, want string) bool {
				list, _ := r.fields["DefaultDomainIdList"].([]any)
				return slices.Contains(list, any(want))
			}},
		}},
	},
}

// inList reads a field that may name several, with commas between.
func inList(field string) func(*record, string) bool {
	return func(r *record, want string) bool {
		return slices.Contains(strings.Split(r.text(field), ","), want)
	}
}
