package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

var (
	here     = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}
	accounts = []inventory.Account{{ID: here.AccountID, Region: here.Region}}
)

const (
	arnHere  = "arn:aws:sagemaker:us-east-1:123456789012:"
	registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/"
)

func spec(fields map[string]any) inventory.Spec {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return inventory.Spec(text)
}

// churn is a small account: a training job writes what a model reads.
func churn() inventory.Document {
	resources := []inventory.Resource{
		{Kind: inventory.KindTrainingJob, Name: "churn-train-1", Status: "Completed", Spec: spec(map[string]any{
			"AlgorithmSpecification": map[string]any{"TrainingImage": registry + "train:1"},
			"RoleArn":                "arn:aws:iam::123456789012:role/train",
			"InputDataConfig":        []any{map[string]any{"DataSource": map[string]any{"S3DataSource": map[string]any{"S3Uri": "s3://data/clean/2026/"}}}},
			"OutputDataConfig":       map[string]any{"S3OutputPath": "s3://models/churn"},
		})},
		{Kind: inventory.KindProcessingJob, Name: "clean", Spec: spec(map[string]any{
			"ProcessingInputs":       []any{map[string]any{"S3Input": map[string]any{"S3Uri": "s3://raw"}}},
			"ProcessingOutputConfig": map[string]any{"Outputs": []any{map[string]any{"S3Output": map[string]any{"S3Uri": "s3://data/clean"}}}},
		})},
		{Kind: inventory.KindProcessingJob, Name: "report", Spec: spec(map[string]any{
			"ProcessingInputs": []any{map[string]any{"S3Input": map[string]any{"S3Uri": "s3://models/churn/"}}},
		})},
		{Kind: inventory.KindPipeline, Name: "Build", ARN: arnHere + "pipeline/build", Spec: spec(map[string]any{
			"PipelineDefinition": `{"Steps":[{"Name":"A","Arguments":{"AppSpecification":{"ImageUri":"` + registry + `a:1"}}},{"Name":"B","DependsOn":["A"],"Arguments":{"ModelPackageGroupName":"reg"}}]}`,
		})},
		{Kind: inventory.KindPipelineExecution, Name: "run", ARN: arnHere + "pipeline/build/execution/x0xe3u0axl5w", Spec: spec(map[string]any{
			"PipelineExecutionSteps": []any{map[string]any{"Metadata": map[string]any{"RegisterModel": map[string]any{"Arn": arnHere + "model-package/reg/1"}}}},
		})},
		{Kind: inventory.KindProcessingJob, Name: "pipelines-x0xe3u0axl5w-A-v8xQYp5GJK"},
		{Kind: inventory.KindHyperParameterTuningJob, Name: "tune"},
		{Kind: inventory.KindTrainingJob, Name: "child", Parent: "tune"},
		{Kind: inventory.KindTransformJob, Name: "score", Spec: spec(map[string]any{"ModelName": "gone"})},
		{Kind: inventory.KindMonitoringSchedule, Name: "watch", Spec: spec(map[string]any{"EndpointName": "churn-prod"})},
		{Kind: inventory.KindDomain, Name: "studio", ARN: arnHere + "domain/d-1"},
		{Kind: inventory.KindUserProfile, Name: "ada", ARN: arnHere + "user-profile/d-1/ada"},
		{Kind: inventory.KindUserProfile, Name: "ada", ARN: arnHere + "user-profile/d-2/ada"},
	}
	for i := range resources {
		resources[i].Place = here
	}
	return inventory.Document{
		Accounts: accounts, Resources: resources,
		Endpoints: []inventory.Endpoint{{
			Place: here, Name: "Churn-Prod", Status: "InService", Config: inventory.Config{Name: "cfg", Presence: inventory.Deleted, KMSKeyID: "key-1"},
			Variants: []inventory.Variant{{Name: "v", ModelName: "churn"}},
			Models: []inventory.Model{{
				Name: "churn", Presence: inventory.Present, ExecutionRoleARN: "arn:role", VPC: &inventory.VPC{SubnetIDs: []string{"subnet-1"}, SecurityGroupIDs: []string{"sg-1"}},
				Containers: []inventory.Container{{
					Image: &inventory.Image{Reference: registry + "serve:1"}, Artifact: &inventory.Artifact{URI: "s3://models/churn/churn-train-1/output/model.tar.gz"},
					ModelPackage: arnHere + "model-package/churn/3",
				}},
			}},
			Components: []inventory.Component{{Name: "part", ModelName: "churn"}},
			Async:      &inventory.Async{OutputURI: "s3://out/async", SuccessTopicARN: "arn:aws:sns:::ok"},
			Scaling:    []inventory.Scaling{{Policies: []inventory.Policy{{Alarms: []string{"high"}}}}},
		}, {
			Place: here, Name: "Second", Config: inventory.Config{Name: "cfg2", Presence: inventory.Present},
			Variants: []inventory.Variant{{Name: "v", ModelName: "churn"}},
		}},
		Alarms: []inventory.Alarm{
			{Place: here, Name: "errors", State: "OK", Metric: &inventory.CustomMetric{Dimensions: map[string]string{"EndpointName": "Churn-Prod"}}, AlarmActions: []string{"arn:aws:sns:::page"}},
			{Place: here, Name: "both", Suppressor: "quiet", LogGroups: []string{"/logs"}, InsufficientDataActions: []string{"arn:aws:sns:::silent"}, Rule: `ALARM("errors") OR ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:high)`},
		},
		LogGroups: []inventory.LogGroup{{Place: here, Name: "/aws/sagemaker/Endpoints/Churn-Prod"}, {Place: here, Name: "/aws/sagemaker/TrainingJobs"}},
		Callers: []inventory.Caller{
			{Place: here, Endpoint: "Churn-Prod", Principal: "app", Source: inventory.CallerSeen},
			{Place: here, Endpoint: "*", Principal: "admin", Source: inventory.CallerAllowed},
		},
	}
}

// short writes the edges without the place.
func short(g *Graph) []string {
	var lines []string
	for _, e := range g.Edges {
		cut := func(id string) string { return strings.TrimPrefix(id, here.String()+"/") }
		lines = append(lines, cut(e.From)+" -"+e.Relation+"-> "+cut(e.To))
	}
	return lines
}

func TestOf(t *testing.T) {
	g := Of(churn())
	want := []string{
		"Alarm/both -alarm-> Alarm/errors",
		"Alarm/both -alarm-> Alarm/high",
		"Alarm/both -suppressor-> Alarm/quiet",
		"Alarm/both -topic-> Topic/arn:aws:sns:::silent",
		"Alarm/both -watches-> LogGroup//logs",
		"Alarm/errors -watches-> Endpoint/Churn-Prod",
		"Alarm/errors -topic-> Topic/arn:aws:sns:::page",
		"Alarm/high -scales-> Endpoint/Churn-Prod",
		"Artifact/s3://data/clean -writtenBy-> ProcessingJob/clean",
		"Artifact/s3://data/clean/2026 -within-> Artifact/s3://data/clean",
		"Artifact/s3://models/churn -contains-> Artifact/s3://models/churn/churn-train-1",
		"Artifact/s3://models/churn/churn-train-1 -writtenBy-> TrainingJob/churn-train-1",
		"Artifact/s3://models/churn/churn-train-1/output/model.tar.gz -within-> Artifact/s3://models/churn/churn-train-1",
		"Artifact/s3://out/async -writtenBy-> Endpoint/Churn-Prod",
		"Caller/admin -mayCall-> Endpoint/Churn-Prod",
		"Caller/admin -mayCall-> Endpoint/Second",
		"Caller/app -calls-> Endpoint/Churn-Prod",
		"Domain/studio -userProfile-> UserProfile/ada",
		"Domain/d-2 -userProfile-> UserProfile/ada@" + arnHere + "user-profile/d-2/ada",
		"Endpoint/Churn-Prod -endpointConfig-> EndpointConfig/cfg",
		"Endpoint/Churn-Prod -inferenceComponent-> InferenceComponent/part",
		"Endpoint/Second -endpointConfig-> EndpointConfig/cfg2",
		"EndpointConfig/cfg -kmsKey-> KMSKey/key-1",
		"EndpointConfig/cfg -model-> Model/churn",
		"EndpointConfig/cfg -topic-> Topic/arn:aws:sns:::ok",
		"EndpointConfig/cfg2 -model-> Model/churn",
		"HyperParameterTuningJob/tune -trainingJob-> TrainingJob/child",
		"InferenceComponent/part -model-> Model/churn",
		"LogGroup//aws/sagemaker/Endpoints/Churn-Prod -logsOf-> Endpoint/Churn-Prod",
		"Model/churn -modelPackage-> ModelPackage/churn/3",
		"Model/churn -artifact-> Artifact/s3://models/churn/churn-train-1/output/model.tar.gz",
		"Model/churn -containerImage-> ContainerImage/" + registry + "serve:1",
		"Model/churn -role-> Role/arn:role",
		"Model/churn -securityGroup-> SecurityGroup/sg-1",
		"Model/churn -subnet-> Subnet/subnet-1",
		"MonitoringSchedule/watch -endpoint-> Endpoint/Churn-Prod",
		"Pipeline/Build -pipelineExecution-> PipelineExecution/run",
		"Pipeline/Build -step-> PipelineStep/Build/A",
		"ModelPackageGroup/reg -writtenBy-> Pipeline/Build",
		"ModelPackage/reg/1 -writtenBy-> PipelineExecution/run",
		"Pipeline/Build -step-> PipelineStep/Build/B",
		"PipelineExecution/run -processingJob-> ProcessingJob/pipelines-x0xe3u0axl5w-A-v8xQYp5GJK",
		"PipelineStep/Build/A -containerImage-> ContainerImage/" + registry + "a:1",
		"PipelineStep/Build/B -after-> PipelineStep/Build/A",
		"ProcessingJob/report -artifact-> Artifact/s3://models/churn",
		"ProcessingJob/clean -artifact-> Artifact/s3://raw",
		"TrainingJob/churn-train-1 -artifact-> Artifact/s3://data/clean/2026",
		"TrainingJob/churn-train-1 -containerImage-> ContainerImage/" + registry + "train:1",
		"TrainingJob/churn-train-1 -role-> Role/arn:aws:iam::123456789012:role/train",
		"TransformJob/score -model-> Model/gone",
		"Pipeline/Build -containerImage-> ContainerImage/" + registry + "a:1",
	}
	got := short(g)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}

func TestStatuses(t *testing.T) {
	g := Of(churn())
	for id, want := range map[string]string{
		ID(here, inventory.KindModel, "gone"):                StatusMissing,
		ID(here, inventory.KindEndpointConfig, "cfg"):        StatusMissing,
		ID(here, inventory.KindEndpointConfig, "cfg2"):       "",
		ID(here, inventory.KindEndpoint, "Churn-Prod"):       "InService",
		ID(here, inventory.KindTrainingJob, "churn-train-1"): "Completed",
		ID(inventory.Place{}, KindRole, "arn:role"):          "",
		ID(here, inventory.KindModelPackage, "churn/3"):      StatusMissing,
		ID(here, KindAlarm, "errors"):                        "OK",
	} {
		if n := g.Node(id); n == nil || n.Status != want {
			t.Errorf("node %s is %+v; want status %q", id, n, want)
		}
	}
	d := churn()
	d.Unread = []inventory.Unread{{Operation: "sagemaker:ListModels", Place: here}}
	if n := Of(d).Node(ID(here, inventory.KindModel, "gone")); n.Status != StatusNotRead {
		t.Errorf("a model that could not be listed is %q", n.Status)
	}
	d.Unread, d.EndpointName = nil, "churn*"
	if n := Of(d).Node(ID(here, inventory.KindModel, "gone")); n.Status != "" {
		t.Errorf("a restricted scan says that a model is %q", n.Status)
	}
}

func TestWorkloadDependencies(t *testing.T) {
	full := func(short string) string { return here.String() + "/" + short }
	want := map[string][]string{
		full("Endpoint/Churn-Prod"):    {full("Training/churn-train-1")},
		full("Endpoint/Second"):        {full("Training/churn-train-1")},
		full("Training/churn-train-1"): {full("Processing/clean")},
		full("Processing/report"):      {full("Training/churn-train-1")},
		full("Monitoring/watch"):       {full("Endpoint/Churn-Prod")},
	}
	if diff := cmp.Diff(want, Of(churn()).WorkloadDependencies()); diff != "" {
		t.Errorf("dependencies (-want +got):\n%s", diff)
	}
}

// TestJobsThatWereOnlyListed finds them by the names in paths, before a prefix
// that is shorter.
func TestJobsThatWereOnlyListed(t *testing.T) {
	d := inventory.Document{Resources: []inventory.Resource{
		{Kind: inventory.KindTrainingJob, Name: "listed", Place: here, Detail: inventory.Listed},
		{Kind: inventory.KindPipeline, Name: "p", Place: here, Spec: spec(map[string]any{"OutputDataConfig": map[string]any{"S3OutputPath": "s3://b/out"}})},
		{Kind: inventory.KindModel, Name: "m", Place: here, Spec: spec(map[string]any{"ModelDataUrl": "s3://b/out/listed/output/model.tar.gz"})},
	}}
	want := []string{here.String() + "/Training/listed"}
	if got := Of(d).WorkloadDependencies()[here.String()+"/UnusedModel/m"]; !slices.Equal(got, want) {
		t.Errorf("the model depends on %v, want %v", got, want)
	}
}

func TestCycles(t *testing.T) {
	job := func(name, in, out string) inventory.Resource {
		return inventory.Resource{Kind: inventory.KindProcessingJob, Name: name, Place: here, Spec: spec(map[string]any{
			"ProcessingInputs": []any{map[string]any{"S3Uri": in}}, "ProcessingOutputConfig": map[string]any{"S3Uri": out},
		})}
	}
	g := Of(inventory.Document{Resources: []inventory.Resource{
		job("a", "s3://b/x", "s3://b/y"), job("b", "s3://b/y", "s3://b/x"), job("alone", "s3://b/z", "s3://b/z"),
	}})
	want := [][]string{{"Artifact/s3://b/x", "Artifact/s3://b/y", ID(here, inventory.KindProcessingJob, "a"), ID(here, inventory.KindProcessingJob, "b")}}
	got := g.cycles()
	for _, cycle := range got {
		slices.Sort(cycle)
	}
	for _, cycle := range want {
		slices.Sort(cycle)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cycles (-want +got):\n%s", diff)
	}
}

// anyGraph draws a graph with circles.
func anyGraph(t *rapid.T) *Graph {
	count := rapid.IntRange(1, 12).Draw(t, "nodes")
	var nodes []Node
	for i := range count {
		nodes = append(nodes, Node{ID: fmt.Sprintf("n%02d", i), Kind: KindStep})
	}
	id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("n%02d", rapid.IntRange(0, count).Draw(t, "i")) })
	edges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Edge {
		return Edge{From: id.Draw(t, "from"), To: id.Draw(t, "to"), Relation: "r"}
	}), 0, 30).Draw(t, "edges")
	return assemble(nodes, edges)
}

func TestEdgesEndInNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, e := range anyGraph(t).Edges {
			if e.To > "n11" || e.From == e.To {
				t.Fatalf("edge %v", e)
			}
		}
	})
}

func TestOrderPutsDependenciesFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t)
		order := g.order()
		if len(order) != len(g.Nodes) {
			t.Fatalf("%d of %d nodes stand in the order", len(order), len(g.Nodes))
		}
		circle := map[string]int{}
		for i, cycle := range g.cycles() {
			for _, id := range cycle {
				circle[id] = i + 1
			}
		}
		for _, e := range g.Edges {
			together := circle[e.From] != 0 && circle[e.From] == circle[e.To]
			if slices.Index(order, e.From) < slices.Index(order, e.To) && !together {
				t.Fatalf("%s stands before %s, which it depends on: %v", e.From, e.To, order)
			}
		}
	})
}

// TestBesideIsBeyond: what stands beside a workload is none of its own, and is
// related to something of it.
func TestBesideIsBeyond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t)
		for i := range g.Nodes {
			g.Nodes[i].Workload = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "workload")
		}
		needs, neededBy := g.Beside("a")
		beside := func(nodes []Node, id string) bool {
			return slices.ContainsFunc(nodes, func(n Node) bool { return n.ID == id })
		}
		for _, e := range g.Edges {
			from, to := g.Node(e.From), g.Node(e.To)
			out, in := from.Workload == "a" && to.Workload != "a", to.Workload == "a" && from.Workload != "a"
			if out && !beside(needs, to.ID) || in && !beside(neededBy, from.ID) {
				t.Fatalf("%v is not beside a: %v, %v", e, needs, neededBy)
			}
		}
		for _, n := range slices.Concat(needs, neededBy) {
			if n.Workload == "a" {
				t.Fatalf("%v is its own", n)
			}
		}
	})
}

// order and cycles are what Components means for a graph.
func (g *Graph) order() []string {
	var ids []string
	for _, component := range Components(g.out) {
		for _, at := range component {
			ids = append(ids, g.Nodes[at].ID)
		}
	}
	return ids
}

func (g *Graph) cycles() [][]string {
	var cycles [][]string
	for _, component := range Components(g.out) {
		var ids []string
		work := 0
		for _, at := range component {
			ids = append(ids, g.Nodes[at].ID)
			if g.Nodes[at].Kind != KindArtifact {
				work++ // files that one job reads and writes make no circle by themselves
			}
		}
		if work > 1 {
			cycles = append(cycles, ids)
		}
	}
	return cycles
}

func TestOfIsDeterministic(t *testing.T) {
	first := Of(churn())
	for range 5 {
		again := Of(churn())
		if diff := cmp.Diff(first.Edges, again.Edges); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(first.order(), again.order()); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestNeighbours(t *testing.T) {
	g := Of(churn())
	model := ID(here, inventory.KindModel, "churn")
	want := []string{ID(here, inventory.KindEndpointConfig, "cfg"), ID(here, inventory.KindEndpointConfig, "cfg2"), ID(here, inventory.KindInferenceComponent, "part")}
	if diff := cmp.Diff(want, g.Dependents(model)); diff != "" {
		t.Error(diff)
	}
	if got := g.Dependencies(ID(here, inventory.KindTransformJob, "score")); !slices.Equal(got, []string{ID(here, inventory.KindModel, "gone")}) {
		t.Errorf("dependencies are %v", got)
	}
}

// large is an account of n described training jobs that read what others
// wrote.
func large(n int) inventory.Document {
	d := inventory.Document{Accounts: accounts}
	for i := range n {
		d.Resources = append(d.Resources, inventory.Resource{
			Kind: inventory.KindTrainingJob, Name: fmt.Sprintf("team-%d-2026-11-20-06-33-09-%03d", i/10, i%1000), Place: here,
			ARN: fmt.Sprintf("%straining-job/t-%d", arnHere, i), Spec: spec(map[string]any{
				"AlgorithmSpecification": map[string]any{"TrainingImage": registry + "train:1"},
				"RoleArn":                "arn:aws:iam::123456789012:role/train",
				"InputDataConfig":        []any{map[string]any{"S3Uri": fmt.Sprintf("s3://data/team-%d/in/%d", i/10, i)}, map[string]any{"S3Uri": "s3://data/team-" + strconv.Itoa(i/10)}},
				"OutputDataConfig":       map[string]any{"S3OutputPath": fmt.Sprintf("s3://data/team-%d/out", i/10)},
			}),
		})
	}
	return d
}

func BenchmarkOf20000(b *testing.B) {
	d := large(20_000)
	b.ReportAllocs()
	for b.Loop() {
		g := Of(d)
		g.order()
		g.WorkloadDependencies()
	}
}
