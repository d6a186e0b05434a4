package sagemaker

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

const tracked = `
accountID: "123456789012"
region: us-east-1
credentials: [{accessKeyID: AKIATEST, secretAccessKey: secret}]
limits: {pageSize: 2}
resources:
  artifacts:
    - describe: {ArtifactArn: "arn:aws:sagemaker:us-east-1:123456789012:artifact/1", ArtifactName: oldest, ArtifactType: Code, CreationTime: 2026-01-01T00:00:00Z, Source: {SourceUri: "https://ana:not-a-password@git.example/x"}}
    - describe: {ArtifactArn: "arn:aws:sagemaker:us-east-1:123456789012:artifact/2", ArtifactType: Model, CreationTime: 2026-02-01T00:00:00Z, LastModifiedTime: 2026-02-02T00:00:00Z, Source: {SourceUri: s3://m/model.tar.gz, SourceTypes: [{SourceIdType: S3ETag, Value: abc}]}}
    - describe: {ArtifactArn: "arn:aws:sagemaker:us-east-1:123456789012:artifact/3", ArtifactType: DataSet, CreationTime: 2026-03-01T00:00:00Z, Source: {SourceUri: s3://d/}}
  actions:
    - describe: {ActionName: deploy, ActionType: ModelDeployment, Status: Completed, CreationTime: 2026-04-01T00:00:00Z, Source: {SourceUri: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e", SourceType: SageMakerEndpoint, SourceId: e-1}}
  associations:
    - describe: {SourceArn: "arn:aws:sagemaker:us-east-1:123456789012:artifact/2", DestinationArn: "arn:aws:sagemaker:us-east-1:123456789012:action/deploy", AssociationType: ContributedTo, CreationTime: 2026-04-01T00:00:00Z}
`

// ofLineage scans the account above, and returns what was tracked.
func ofLineage(t *testing.T, account *standintest.Account, most int) []inventory.Lineage {
	t.Helper()
	newClient(t, account)
	d, err := quickClient(t, 5000).Scan(t.Context(), ScanOptions{Now: scanTime, LineageMost: most})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Unread) != 0 {
		t.Errorf("unread: %v", codes(d.Unread))
	}
	return d.Lineage
}

func TestLineage(t *testing.T) {
	account := standintest.Start(t, standintest.Parse(t, tracked, nil))
	const arn = "arn:aws:sagemaker:us-east-1:123456789012:"
	want := []inventory.Lineage{{
		Place: demoPlace, Most: DefaultLineageMost,
		Entities: []inventory.LineageEntity{
			{
				Kind: inventory.LineageAction, Name: "deploy", ARN: arn + "action/deploy", Type: "ModelDeployment", Status: "Completed",
				Source: arn + "endpoint/e", SourceID: "e-1", SourceType: "SageMakerEndpoint", CreatedAt: "2026-04-01T00:00:00Z",
			},
			{
				Kind: inventory.LineageArtifact, Name: "oldest", ARN: arn + "artifact/1", Type: "Code",
				Source: inventory.Masked, CreatedAt: "2026-01-01T00:00:00Z",
			},
			{
				Kind: inventory.LineageArtifact, ARN: arn + "artifact/2", Type: "Model", Source: "s3://m/model.tar.gz",
				CreatedAt: "2026-02-01T00:00:00Z", ModifiedAt: "2026-02-02T00:00:00Z",
			},
			{Kind: inventory.LineageArtifact, ARN: arn + "artifact/3", Type: "DataSet", Source: "s3://d/", CreatedAt: "2026-03-01T00:00:00Z"},
		},
		Links: []inventory.LineageLink{{
			Source: arn + "artifact/2", Destination: arn + "action/deploy", Relation: "ContributedTo", CreatedAt: "2026-04-01T00:00:00Z",
		}},
		Ignored: []string{"artifact: Source.SourceTypes[].SourceIdType", "artifact: Source.SourceTypes[].Value"},
	}}
	if diff := cmp.Diff(want, ofLineage(t, account, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLineageIsBounded: the newest are kept, what has more is named, no call is
// made beyond the bound, and a page that is asked for again counts once.
func TestLineageIsBounded(t *testing.T) {
	account := standintest.Start(t, standintest.Parse(t, tracked, nil))
	for most, wanted := range map[int][]string{1: {"3"}, 2: {"2", "3"}, 3: {"1", "2", "3"}} {
		before := account.Server.Requests().Operations["sagemaker:ListArtifacts"].Calls
		found := ofLineage(t, account, most)[0]
		var names []string
		for _, e := range found.Entities {
			if e.Kind == inventory.LineageArtifact {
				names = append(names, lastWord(e.ARN))
			}
		}
		if diff := cmp.Diff(wanted, names); diff != "" {
			t.Errorf("most %d (-want +got):\n%s", most, diff)
		}
		if cut := slices.Contains(found.Cut, "Artifacts"); cut != (most < 3) {
			t.Errorf("most %d: cut is %v", most, found.Cut)
		}
		if calls := account.Server.Requests().Operations["sagemaker:ListArtifacts"].Calls - before; calls > int64(1+most/3) {
			t.Errorf("most %d: %d calls", most, calls)
		}
	}
	err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{"sagemaker:List*": {ExpireTokens: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if found := ofLineage(t, account, 0)[0]; len(found.Entities) != 4 || len(found.Cut) != 0 {
		t.Errorf("with tokens that expire %d entities, cut %v", len(found.Entities), found.Cut)
	}
	before := account.Server.Requests().Operations["sagemaker:ListArtifacts"].Calls
	if found := ofLineage(t, account, -1); found != nil {
		t.Errorf("not asked for, and found %+v", found)
	}
	if account.Server.Requests().Operations["sagemaker:ListArtifacts"].Calls != before {
		t.Error("not asked for, and listed")
	}
}
