package standin

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTwentyThousand: the large account is as large as it says, starts fast,
// is small in memory, and refers to what exists.
func TestTwentyThousand(t *testing.T) {
	var after runtime.MemStats
	began := time.Now()
	a, err := Load("accounts/twenty-thousand.yaml", environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	server, err := New(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	total := 0
	for _, k := range kinds {
		n := len(a.Resources[k.key])
		if n == 0 && k.input != nil && k.key != "subscribedWorkteams" {
			t.Errorf("no %s", k.key)
		}
		if k.input != nil {
			total += n
		}
	}
	t.Logf("%d resources in %v (aim 5 s), heap %d MiB", total, took, after.HeapAlloc>>20)
	if total < 19_500 || total > 20_500 || len(a.Resources["endpoints"]) != 300 {
		t.Errorf("%d resources, %d endpoints", total, len(a.Resources["endpoints"]))
	}
	if after.HeapAlloc > 200<<20 {
		t.Errorf("heap of %d MiB", after.HeapAlloc>>20)
	}
	s := server.regions[0].store
	for _, c := range [][3]string{
		{"endpoints", "EndpointConfigName", "endpointConfigs"}, {"transformJobs", "ModelName", "models"},
		{"inferenceComponents", "EndpointName", "endpoints"}, {"trials", "ExperimentName", "experiments"},
		{"trainingJobs", "TuningJobArn", "hyperParameterTuningJobs"}, {"pipelineExecutions", "PipelineArn", "pipelines"},
		{"trialComponents", "Source.SourceArn", "trainingJobs"}, {"spaces", "DomainId", "domains"},
	} {
		for _, r := range s.all(kindByKey(c[0]), began) {
			if to := r.text(c[1]); to != "" && s.find(kindByKey(c[2]), to, began) == nil {
				t.Fatalf("%s %s names the missing %s %q", c[0], r.text(r.kind.name), c[2], to)
			}
		}
	}
}

// TestGeneratedTwice: the same file gives the same account.
func TestGeneratedTwice(t *testing.T) {
	var texts [2]string
	for i := range texts {
		a, err := Load("accounts/twenty-thousand.yaml", environment(nil))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] {
		t.Error("two loads differ")
	}
}

const ruled = minimal + `
generate:
  - kind: endpointConfigs
    count: 4
    families: [a, b]
    from: 2026-01-01T00:00:00Z
    to: 2026-01-05T00:00:00Z
    describe: {EndpointConfigName: "<family>-<run>-<pad:3>-<n>", CreationTime: "<created>"}
  - kind: endpoints
    count: 2
    families: [b, a]
    let: {where: "<region>/<account>", twice: "<where> <where>"}
    describe:
      EndpointName: "<family>"
      EndpointConfigName: "<same:endpointConfigs>"
      FailureReason: "<twice>"
      EndpointStatus: "<turn:InService|Failed>"
      ProductionVariants: [{VariantName: v, CurrentInstanceCount: "<int:3-3>", CurrentWeight: "<number:n>"}]
    tags: {gone: "<none>", kept: "<ref:endpointConfigs>"}
  - {kind: inferenceComponents, each: endpoints, count: 2, describe: {InferenceComponentName: "<parent>-<nth>", EndpointName: "<parent.EndpointName>", VariantName: "<turn:x|y>"}}
  - {kind: models, name: first, count: 1, describe: {ModelName: m, EnableNetworkIsolation: true}}
  - {kind: models, name: second, like: first, count: 1, describe: {ModelName: m2}}
  - {kind: logGroups, count: 1, describe: {name: "<ref:endpoints>", storedBytes: "<int:5-5>"}}
  - {kind: metrics, count: 1, describe: {endpoint: "<ref:endpoints>", variant: v, shape: {kind: Steady, peakPerHour: 7}}}
`

func TestRules(t *testing.T) {
	a, err := Parse([]byte(ruled), t.TempDir(), environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, r := range a.Resources["endpointConfigs"] {
		got = append(got, r.Describe["EndpointConfigName"])
	}
	if diff := cmp.Diff([]any{"a-0-000-1", "b-0-001-2", "a-1-002-3", "b-1-003-4"}, got); diff != "" {
		t.Errorf("configurations: %s", diff)
	}
	want := []Resource{{
		Describe: map[string]any{
			"EndpointName": "b", "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/b", "EndpointConfigName": "b-0-001-2",
			"FailureReason": "us-east-1/123456789012 us-east-1/123456789012", "EndpointStatus": "InService",
			"ProductionVariants": []any{map[string]any{"VariantName": "v", "CurrentInstanceCount": int64(3), "CurrentWeight": 1.0}},
		},
		Tags: map[string]string{"kept": "a-0-000-1"},
	}}
	if diff := cmp.Diff(want, a.Resources["endpoints"][:1], cmp.AllowUnexported(Resource{}), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "complete" }, cmp.Ignore())); diff != "" {
		t.Errorf("endpoint: %s", diff)
	}
	if c := a.Resources["inferenceComponents"]; len(c) != 4 || c[3].Describe["InferenceComponentName"] != "a-1" || c[3].Describe["VariantName"] != "y" || c[3].Describe["EndpointName"] != "a" {
		t.Errorf("components: %v", c)
	}
	if m := a.Resources["models"]; len(m) != 2 || m[1].Describe["EnableNetworkIsolation"] != true {
		t.Errorf("models: %v", m)
	}
	if len(a.LogGroups) != 1 || a.LogGroups[0].Name != "b" || a.LogGroups[0].StoredBytes != 5 || len(a.Metrics) != 1 || len(a.Metrics[0].HourlyInvocations) != 168 {
		t.Errorf("sections: %+v %+v", a.LogGroups, a.Metrics)
	}
	for i, r := range a.Resources["endpointConfigs"] {
		day := float64(time.Date(2026, 1, i+1, 0, 0, 0, 0, time.UTC).Unix())
		if at, _ := number(r.Describe["CreationTime"]); at < day || at >= day+86400 {
			t.Errorf("configuration %d was made at %v", i, at)
		}
	}
}

func TestRulesRefuse(t *testing.T) {
	cases := map[string]struct{ rule, want string }{
		"Kind":     {`{kind: things, count: 1, describe: {}}`, "neither a kind"},
		"Count":    {`{kind: models, count: 0, describe: {}}`, "count: 0"},
		"Word":     {`{kind: models, count: 1, describe: {ModelName: "<nothing>"}}`, "<nothing>"},
		"Bracket":  {`{kind: models, count: 1, describe: {ModelName: "a<b"}}`, "angle bracket"},
		"Each":     {`{kind: models, count: 1, each: none, describe: {ModelName: a}}`, "each: no rule"},
		"Ref":      {`{kind: models, count: 1, describe: {ModelName: "<ref:none>"}}`, "no rule of that name"},
		"Loop":     {`{kind: models, count: 1, let: {a: "<b>", b: "<a>"}, describe: {ModelName: "<a>"}}`, "refer to one another"},
		"Twice":    {`{kind: models, count: 2, describe: {ModelName: same}}`, "appears twice"},
		"Shape":    {`{kind: models, count: 1, describe: {ModelName: a, Nonsense: b}}`, "Nonsense"},
		"Duration": {`{kind: models, count: 1, describe: {ModelName: "<created+soon>"}}`, "not a duration"},
		"Times":    {`{kind: models, count: 1, from: soon, describe: {ModelName: a}}`, "from \"soon\""},
		"Parent":   {`{kind: models, count: 1, describe: {ModelName: "<parent>"}}`, "no each"},
		"Like":     {`{kind: models, count: 1, like: none, describe: {ModelName: a}}`, "like: no rule"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(minimal+"generate:\n  - "+tc.rule), t.TempDir(), environment(nil))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"i", "pad:3", "hex:8", "int:1-9", "float:1-2", "number:n", "created+90s", "turn:a|b", "ref:models.ModelArn", "pad:-5", "hex:", "turn:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		rule := &Rule{Name: "r", Kind: "models", Count: 1}
		template, err := compileRule(rule)
		if err != nil {
			t.Fatal(err)
		}
		s := &making{g: &generator{account: &Account{}}, rule: rule, template: template}
		s.place(time.Unix(0, 0), time.Unix(9, 0), 1)
		first, err := s.eval(expression)
		if err != nil {
			return
		}
		if again, err := s.eval(expression); err != nil || again != first {
			t.Fatalf("%q gives %v and then %v, %v", expression, first, again, err)
		}
	})
}
