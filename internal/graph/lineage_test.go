package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

// copied is an account in which somebody copied a model by hand: only lineage
// tells which job made what the endpoint serves.
func copied() inventory.Document {
	entity := func(kind inventory.LineageKind, name, of, at string) inventory.LineageEntity {
		return inventory.LineageEntity{
			Kind: kind, ARN: arnHere + strings.ToLower(string(kind)) + "/" + name, Type: "T", Source: of, CreatedAt: at,
		}
	}
	link := func(source, destination string) inventory.LineageLink {
		return inventory.LineageLink{Source: arnHere + source, Destination: arnHere + destination}
	}
	const endpoint = arnHere + "endpoint/ocr"
	job := func(name string) inventory.Resource {
		return inventory.Resource{Kind: inventory.KindTrainingJob, Name: name, Place: here, ARN: arnHere + "training-job/" + name}
	}
	return inventory.Document{
		Accounts: accounts, Resources: []inventory.Resource{job("Train-1"), job("Train-2"), job("Train-3")},
		Endpoints: []inventory.Endpoint{{
			Name: "OCR", Place: here, ARN: endpoint, Variants: []inventory.Variant{{Name: "v", ModelName: "m"}},
			Models: []inventory.Model{{Name: "m", Containers: []inventory.Container{{Artifact: &inventory.Artifact{URI: "s3://models/live.tar.gz"}}}}},
		}},
		Lineage: []inventory.Lineage{{
			Place: here,
			Entities: []inventory.LineageEntity{
				entity(inventory.LineageArtifact, "live", "s3://models/live.tar.gz", ""),
				entity(inventory.LineageArtifact, "gone", "s3://models/gone.tar.gz", ""),
				entity(inventory.LineageArtifact, "older", "s3://models/older.tar.gz", ""),
				entity(inventory.LineageAction, "first", endpoint, "2026-01-01T00:00:00Z"),
				entity(inventory.LineageAction, "second", endpoint, "2026-02-01T00:00:00Z"),
				entity(inventory.LineageContext, "ocr", endpoint, ""),
			},
			Links: []inventory.LineageLink{
				link("experiment-trial-component/train-1-aws-training-job", "artifact/live"),
				// A file that is gone: what it came from shows through.
				link("experiment-trial-component/train-2-aws-training-job", "artifact/gone"),
				link("artifact/gone", "action/second"), link("artifact/live", "action/second"),
				// What was served before, and what nobody knows any more.
				link("experiment-trial-component/train-3-aws-training-job", "artifact/older"), link("artifact/older", "action/first"),
				link("experiment-trial-component/forgotten-aws-training-job", "action/second"),
				link("action/first", "context/ocr"), link("action/second", "context/ocr"), link("context/ocr", "action/second"),
			},
		}},
	}
}

func TestLineageTellsWhatNothingElseDoes(t *testing.T) {
	g := Of(copied())
	var got []string
	for _, e := range g.Edges {
		if e.Relation == relationLineage {
			got = append(got, g.Node(e.From).Name+" <- "+g.Node(e.To).Name)
		}
	}
	if diff := cmp.Diff([]string{"OCR <- Train-2", "s3://models/live.tar.gz <- Train-1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Name == "forgotten" || strings.Contains(n.Name, "gone") }) {
		t.Error("lineage brought back what is gone")
	}
	got = g.WorkloadDependencies()[here.String()+"/Endpoint/OCR"]
	want := []string{here.String() + "/Training/Train-1", here.String() + "/Training/Train-2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the endpoint depends on (-want +got):\n%s", diff)
	}
}

// TestLineageAddsNothingTwice: where paths say which job wrote a file, lineage
// is silent.
func TestLineageAddsNothingTwice(t *testing.T) {
	d := copied()
	d.Resources[0].Spec = spec(map[string]any{"ModelArtifacts": map[string]any{"S3ModelArtifacts": "s3://models/live.tar.gz"}})
	d.Lineage[0].Links = d.Lineage[0].Links[:1]
	for _, e := range Of(d).Edges {
		if e.Relation == relationLineage {
			t.Errorf("%+v says nothing new", e)
		}
	}
}

// TestMaskedSourcesAreNotTheSame: an action whose source is masked is not taken
// for a newer one of another thing.
func TestMaskedSourcesAreNotTheSame(t *testing.T) {
	d := copied()
	action := func(name, at string) inventory.LineageEntity {
		return inventory.LineageEntity{
			Kind: inventory.LineageAction, ARN: arnHere + "action/" + name, Type: "Copy", Source: inventory.Masked, CreatedAt: at,
		}
	}
	link := func(source, destination string) inventory.LineageLink {
		return inventory.LineageLink{Source: arnHere + source, Destination: arnHere + destination}
	}
	d.Lineage[0].Entities = append(d.Lineage[0].Entities, action("a", "2026-01-01T00:00:00Z"), action("b", "2026-02-01T00:00:00Z"))
	d.Lineage[0].Links = []inventory.LineageLink{
		link("experiment-trial-component/train-1-aws-training-job", "action/a"), link("action/a", "artifact/live"),
		link("experiment-trial-component/train-2-aws-training-job", "action/b"), link("action/b", "artifact/live"),
	}
	g := Of(d)
	var got []string
	for _, e := range g.Edges {
		if e.Relation == relationLineage {
			got = append(got, g.Node(e.From).Name+" <- "+g.Node(e.To).Name)
		}
	}
	if diff := cmp.Diff([]string{"s3://models/live.tar.gz <- Train-1", "s3://models/live.tar.gz <- Train-2"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
