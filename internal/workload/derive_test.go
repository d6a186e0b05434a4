package workload

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

var here = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}

const (
	arnHere = "arn:aws:sagemaker:us-east-1:123456789012:"
	// ours and theirs are registries: the account's, and one of SageMaker's.
	ours   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/"
	dlc    = "763104351884.dkr.ecr.us-east-1.amazonaws.com/"
	closed = "382416733822.dkr.ecr.us-east-1.amazonaws.com/"
	open   = "683313688378.dkr.ecr.us-east-1.amazonaws.com/"
)

// fields is a description in AWS's field names.
type fields = map[string]any

func spec(f fields) inventory.Spec {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return inventory.Spec(text)
}

// job is a described resource.
func job(kind inventory.ResourceKind, name string, f fields) inventory.Resource {
	return inventory.Resource{Kind: kind, Name: name, Place: here, Detail: inventory.Described, Status: "Completed", Spec: spec(f)}
}

func image(reference string) *inventory.Image {
	parsed, err := inventory.ParseImage(reference)
	if err != nil {
		panic(err)
	}
	return &parsed
}

// document is an inventory of two weeks with the resources.
func document(resources ...inventory.Resource) inventory.Document {
	return inventory.Document{
		ScannedAt: "2026-11-20T12:00:00Z", LookbackDays: 14, Resources: resources,
		Accounts: []inventory.Account{{ID: here.AccountID, Region: here.Region}},
	}
}

// serving adds an endpoint with one variant and one model to a document.
func serving(d inventory.Document, change func(e *inventory.Endpoint)) inventory.Document {
	e := inventory.Endpoint{
		Place: here, Name: "churn", Status: "InService", Mode: inventory.ModeRealTime,
		Config:   inventory.Config{Name: "churn-1", Presence: inventory.Present},
		Variants: []inventory.Variant{{Name: "v", ModelName: "m", InstanceType: "ml.m5.xlarge"}},
		Models:   []inventory.Model{{Name: "m", Presence: inventory.Present, Containers: []inventory.Container{{}}}},
	}
	change(&e)
	d.Endpoints = append(d.Endpoints, e)
	return d
}

// find returns the workload of a short key.
func find(t *testing.T, d inventory.Document, short string) inventory.Workload {
	t.Helper()
	list := Derive(d)
	i := slices.IndexFunc(list, func(w inventory.Workload) bool { return w.String() == short })
	if i < 0 {
		t.Fatalf("no workload %s in %v", short, list)
	}
	return list[i]
}

func pointer[T any](value T) *T { return &value }

func TestMembersAreTheNewestFirst(t *testing.T) {
	var resources []inventory.Resource
	for day := 1; day <= 25; day++ {
		r := job(inventory.KindTrainingJob, fmt.Sprintf("churn-2026-11-%02d-06-33-09-481", day), nil)
		r.CreatedAt = fmt.Sprintf("2026-11-%02dT06:33:09Z", day)
		r.Status = fmt.Sprintf("S%d", day)
		resources = append(resources, r)
	}
	w := find(t, document(resources...), "Training/churn")
	if w.ResourceCount != 25 || len(w.Resources) != inventory.MaxWorkloadResources {
		t.Errorf("%d of %d resources are named", len(w.Resources), w.ResourceCount)
	}
	if w.Resources[0].Name != "churn-2026-11-25-06-33-09-481" || w.Status != "S25" {
		t.Errorf("the newest is %s with status %s", w.Resources[0].Name, w.Status)
	}
}

func TestNow(t *testing.T) {
	cases := map[string]struct {
		document inventory.Document
		want     string
	}{
		"Scanned": {document(), "2026-11-20T12:00:00Z"},
		"Newest": {inventory.Document{
			Endpoints: []inventory.Endpoint{{CreatedAt: "2026-01-01T00:00:00Z", ModifiedAt: "2026-03-01T00:00:00Z"}},
			Resources: []inventory.Resource{{CreatedAt: "2026-02-01T00:00:00Z", EndedAt: "2026-04-01T00:00:00Z"}, {CreatedAt: "soon"}},
		}, "2026-04-01T00:00:00Z"},
		"Nothing": {inventory.Document{}, "0001-01-01T00:00:00Z"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := now(tc.document).Format("2006-01-02T15:04:05Z07:00"); got != tc.want {
				t.Errorf("now is %s, want %s", got, tc.want)
			}
		})
	}
}

// anyDocument draws an account with all sorts of things in it.
func anyDocument(t *rapid.T) inventory.Document {
	names := rapid.SampledFrom([]string{"a", "b", "a-2026-11-20-06-33-09-481", "a-001-1a2b3c4d", "c", "churn"})
	kinds := rapid.SampledFrom([]inventory.ResourceKind{
		inventory.KindTrainingJob, inventory.KindModel, inventory.KindEndpointConfig, inventory.KindTransformJob,
		inventory.KindHyperParameterTuningJob, inventory.KindPipeline, inventory.KindPipelineExecution, inventory.KindDomain,
		inventory.KindApp, inventory.KindNotebookInstance, inventory.KindModelPackage, inventory.KindCluster,
		inventory.KindProcessingJob, inventory.KindMonitoringSchedule, inventory.KindTrialComponent, "Quantum",
	})
	specs := rapid.SampledFrom([]inventory.Spec{
		nil, spec(fields{"ModelName": "a"}), spec(fields{"HyperParameters": "not an object", "InstanceType": 4}),
		spec(fields{"ResourceConfig": fields{"InstanceType": "ml.g5.xlarge", "InstanceCount": 2}, "InputDataConfig": []any{fields{"S3Uri": "s3://b/a"}}, "OutputDataConfig": fields{"S3OutputPath": "s3://b"}}),
		inventory.Spec(`{"Containers":[{"Image":"` + dlc + `pytorch-inference:2.6.0","ModelDataUrl":"s3://b/a/output/model.tar.gz"}]`),
	})
	parents := rapid.SampledFrom([]string{"", "a", arnHere + "pipeline/a/execution/x", arnHere + "hyper-parameter-tuning-job/a"})
	resource := rapid.Custom(func(t *rapid.T) inventory.Resource {
		return inventory.Resource{
			Kind: kinds.Draw(t, "kind"), Name: names.Draw(t, "name"), Place: here, Spec: specs.Draw(t, "spec"),
			Parent: parents.Draw(t, "parent"), CreatedAt: rapid.SampledFrom([]string{"", "2026-11-19T00:00:00Z", "2025-01-01T00:00:00Z"}).Draw(t, "at"),
			EndedAt: "2026-11-19T02:00:00Z", Status: rapid.SampledFrom([]string{"Completed", "Failed", "InService"}).Draw(t, "status"),
		}
	})
	d := document(rapid.SliceOfN(resource, 0, 15).Draw(t, "resources")...)
	for i := range d.Resources {
		d.Resources[i].ARN = fmt.Sprintf("arn:%d", i)
	}
	for i, name := range rapid.SliceOfNDistinct(names, 0, 3, rapid.ID).Draw(t, "endpoints") {
		d = serving(d, func(e *inventory.Endpoint) { e.Name, e.Variants[0].ModelName = name, fmt.Sprint("m", i) })
	}
	return d
}

// TestNothingIsDroppedOrDoubled counts everything in every document.
func TestNothingIsDroppedOrDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument(t)
		a := newAccount(d, cost.Prices())
		placed := map[*inventory.Resource]int{}
		endpoints := 0
		for _, g := range a.groups {
			if g.endpoint != nil {
				endpoints++
			}
			for _, p := range g.parts {
				placed[p.Resource]++
			}
		}
		if endpoints != len(d.Endpoints) {
			t.Fatalf("%d endpoints became %d workloads", len(d.Endpoints), endpoints)
		}
		for i := range d.Resources {
			if placed[&d.Resources[i]] != 1 {
				t.Fatalf("%s %s is in %d workloads", d.Resources[i].Kind, d.Resources[i].Name, placed[&d.Resources[i]])
			}
		}
	})
}

// TestDeriveHolds checks what every workload must have, that the order is
// right, and that the same document gives the same workloads.
func TestDeriveHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument(t)
		list := Derive(d)
		if !slices.IsSortedFunc(list, func(x, y inventory.Workload) int { return x.Compare(y.WorkloadKey) }) {
			t.Fatal("the workloads are not sorted")
		}
		for _, w := range list {
			if w.Hardware.Needs == "" || w.Hardware.Basis == "" || len(w.Criticality.Reasons) == 0 || w.ResourceCount == 0 {
				t.Fatalf("%s lacks a conclusion: %+v", w.String(), w)
			}
			if !slices.Contains(inventory.CriticalityLevels, w.Criticality.Level) {
				t.Fatalf("%s has criticality %q", w.String(), w.Criticality.Level)
			}
			if c := w.CostPerMonth; c != nil && (c.USD < 0 || c.Basis == "" || c.PricesOf == "") {
				t.Fatalf("%s costs %+v", w.String(), c)
			}
		}
		if diff := cmp.Diff(list, Derive(d)); diff != "" {
			t.Fatalf("a second look differs:\n%s", diff)
		}
	})
}

func BenchmarkDerive20000(b *testing.B) {
	var resources []inventory.Resource
	for i := range 20_000 {
		r := job(inventory.KindTrainingJob, fmt.Sprintf("team-%d-2026-11-20-06-33-09-%03d", i/100, i%1000), nil)
		if i%100 < 3 {
			r = job(inventory.KindTrainingJob, r.Name, fields{"ResourceConfig": fields{"InstanceType": "ml.g5.xlarge"}, "RoleArn": "arn:aws:iam::123456789012:role/r"})
		}
		r.CreatedAt = "2026-11-19T00:00:00Z"
		resources = append(resources, r)
	}
	d := document(resources...)
	b.ReportAllocs()
	for b.Loop() {
		Derive(d)
	}
}
