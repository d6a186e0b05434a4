package report

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/workload"
)

// demo is the inventory of the demonstration account.
func demo(t *testing.T) inventory.Document {
	t.Helper()
	text, err := os.ReadFile("../sagemaker/testdata/demo.inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventory.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	d.Workloads = workload.Derive(d)
	return d
}

func drawn(t *testing.T, d inventory.Document, p *plan.Document) string {
	t.Helper()
	page, err := Render(Build(d, p))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestThePageStandsAlone(t *testing.T) {
	d := demo(t)
	p, _, err := plan.Build(d, nil, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	page := drawn(t, d, &p)
	if page != drawn(t, d, &p) {
		t.Error("the same inventory gives two pages")
	}
	if found := regexp.MustCompile(`(?i)(?:src|href)="(?:https?:)?//[^"]*"|@import|url\(`).FindString(page); found != "" {
		t.Errorf("the page fetches something: %s", found)
	}
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil || !strings.Contains(policy[1], "default-src &#39;none&#39;") || strings.Contains(policy[1], "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	// Attributes of style and of events would be refused by that policy.
	if found := regexp.MustCompile(`<[a-z]+[^>]* (?:style|on[a-z]+)=`).FindString(page); found != "" {
		t.Errorf("the policy forbids %q", found)
	}
	for _, w := range d.Workloads {
		if !strings.Contains(page, w.Name) {
			t.Errorf("the page lacks %s", w.Name)
		}
	}
}

func TestNamesCannotBreakOut(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>`
	key := inventory.WorkloadKey{Kind: inventory.WorkloadEndpoint, Name: evil}
	d := inventory.Document{
		Accounts:  []inventory.Account{{ID: evil}},
		Workloads: []inventory.Workload{{WorkloadKey: key, Status: "Failed", Criticality: inventory.Criticality{Reasons: []string{evil}}}},
		Endpoints: []inventory.Endpoint{{Name: evil, Status: "Failed", FailureReason: evil}},
		Unread:    []inventory.Unread{{Operation: evil, Code: evil, Reason: evil, Action: evil}},
	}
	page := drawn(t, d, nil)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
		t.Error("a name became part of the page")
	}
	text := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(page)
	var read struct {
		Workloads []struct{ Found struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(text[1]), &read); err != nil || len(read.Workloads) != 1 || read.Workloads[0].Found.Name != evil {
		t.Errorf("the data reads %+v (%v)", read, err)
	}
}

func TestConcerns(t *testing.T) {
	one := int32(1)
	critical := inventory.Criticality{Level: inventory.CriticalityHigh}
	served := func(change func(*subject)) subject {
		s := subject{
			Workload: inventory.Workload{
				WorkloadKey: inventory.WorkloadKey{Kind: inventory.WorkloadEndpoint, Name: "churn"}, Status: "InService",
				Traffic: &inventory.Traffic{Requests: 1000, RequestsPerDay: 100}, CostPerMonth: &inventory.Cost{USD: 100},
			},
			endpoint: &inventory.Endpoint{Name: "churn", Variants: []inventory.Variant{{InstanceCount: inventory.Counts{Current: &one}}}},
			alarms:   1,
		}
		change(&s)
		return s
	}
	cases := map[string]struct {
		change func(*subject)
		// want is part of the concern; empty means that there is none.
		want    string
		urgency Urgency
	}{
		"all is well": {func(*subject) {}, "", Now},
		"failed":      {func(s *subject) { s.Status, s.endpoint.FailureReason = "Failed", "no ping." }, "It is Failed: no ping.", Now},
		"errors":      {func(s *subject) { s.Traffic.ServerErrorShare = 0.05 }, "5.0 % of its requests", Now},
		"few errors":  {func(s *subject) { s.Traffic.ServerErrorShare = 0.001 }, "", Now},
		"config gone": {func(s *subject) { s.endpoint.Config = inventory.Config{Name: "c", Presence: inventory.Deleted} }, "its configuration c was deleted", Now},
		"callers unknown": {
			func(s *subject) {
				s.Criticality, s.ConsumersUnknown, s.endpoint.Scaling = critical, "no trail", []inventory.Scaling{{}}
			},
			"nobody knows who calls it.", Soon,
		},
		"callers not in the trail": {
			func(s *subject) {
				s.Criticality, s.ConsumersUnknown, s.endpoint.Scaling, s.trailRead = critical, "some calls only", []inventory.Scaling{{}}, true
			},
			"CloudTrail shows nobody who calls it.", Soon,
		},
		"callers seen": {
			func(s *subject) {
				s.Criticality, s.ConsumersUnknown, s.endpoint.Scaling = critical, "no trail", []inventory.Scaling{{}}
				s.Consumers = []inventory.Consumer{{Name: "checkout", How: "CloudTrail"}}
			}, "", Soon,
		},
		"alone":     {func(s *subject) { s.Criticality = critical }, "single instance", Soon},
		"unwatched": {func(s *subject) { s.Criticality, s.alarms, s.endpoint.Scaling = critical, 0, []inventory.Scaling{{}} }, "no alarm", Soon},
		"blocked": {
			func(s *subject) {
				s.planned = &plan.Workload{Settings: plan.Settings{Decision: plan.Blocked}, Blockers: []plan.Blocker{{Thing: "image x", Why: "closed", Do: "name another"}}}
			}, "It cannot move because of image x: closed.", Soon,
		},
		"failed runs": {func(s *subject) { s.Runs = &inventory.Runs{Count: 4, Failed: 3, InLookback: 4} }, "3 of its 4 runs failed", Soon},
		"unread":      {func(s *subject) { s.endpoint.Unread = "denied" }, "could not be read: denied.", Soon},
		"secrets": {
			func(s *subject) {
				s.endpoint.Models = []inventory.Model{{Containers: []inventory.Container{{MaskedEnv: []string{"HF_TOKEN"}}}}}
			}, "HF_TOKEN", Sometime,
		},
		"idle":     {func(s *subject) { s.Traffic = &inventory.Traffic{} }, "Nobody called it, and it costs $100 a month.", Sometime},
		"idle GPU": {func(s *subject) { s.Hardware = inventory.Hardware{Needs: inventory.GPUUnused, Basis: "3 %"} }, "stays idle: 3 %.", Sometime},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			all := concerns([]subject{served(tc.change)}, inventory.Document{})
			if tc.want == "" {
				if len(all) > 0 {
					t.Errorf("there is %+v", all)
				}
				return
			}
			if len(all) != 1 || !strings.Contains(all[0].What, tc.want) || all[0].Urgency != tc.urgency || all[0].Do == "" {
				t.Errorf("there is %+v, want one with %q", all, tc.want)
			}
		})
	}
}

func TestTheMostUrgentComesFirst(t *testing.T) {
	d := demo(t)
	all := concerns(subjectsOf(d, nil), d)
	if len(all) == 0 || !slices.IsSortedFunc(all, func(a, b Concern) int { return int(a.Urgency - b.Urgency) }) {
		t.Errorf("the order is %+v", all)
	}
	total := 0
	for _, g := range grouped(all) {
		for _, e := range slices.Concat(g.First, g.Rest) {
			total += len(e.Concerns) * len(e.Subjects)
		}
		if len(g.First) > shownEntries {
			t.Errorf("%s shows %d entries at once", g.Urgency, len(g.First))
		}
	}
	if total != len(all) {
		t.Errorf("grouping keeps %d of %d concerns", total, len(all))
	}
}

func TestWhatManyShareIsSaidOnce(t *testing.T) {
	said := func(subject, what string) Concern {
		return Concern{Urgency: Soon, Workload: "1/r/Endpoint/" + subject, Subject: subject, What: what, Do: "act"}
	}
	got := grouped([]Concern{said("a", "own"), said("a", "common"), said("b", "common"), said("c", "common"), said("c", "two"), said("d", "two")})
	type entry struct{ Names, Says []string }
	var entries []entry
	for _, e := range got[0].First {
		var line entry
		for _, s := range e.Subjects {
			line.Names = append(line.Names, s.Name)
		}
		for _, c := range e.Concerns {
			line.Says = append(line.Says, c.What)
		}
		entries = append(entries, line)
	}
	want := []entry{{[]string{"a"}, []string{"own"}}, {[]string{"a", "b", "c"}, []string{"common"}}, {[]string{"c"}, []string{"two"}}, {[]string{"d"}, []string{"two"}}}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestManyWorkloadsDoNotHideTheSentence names the first of many, and counts each
// once.
func TestManyWorkloadsDoNotHideTheSentence(t *testing.T) {
	const many = mostNamed + 3
	var all []Concern
	for i := range many {
		name := fmt.Sprintf("endpoint-%02d", i)
		for _, what := range []string{"one", "two"} {
			all = append(all, Concern{Urgency: Soon, Workload: "1/r/Endpoint/" + name, Subject: name, What: what, Do: "act"})
		}
	}
	group := grouped(all)[0]
	if group.Count() != many {
		t.Errorf("counts %d, want %d", group.Count(), many)
	}
	for _, e := range group.First {
		if !e.Shared() || len(e.Named()) != mostNamed || len(e.Unnamed()) != many-mostNamed || e.Unnamed()[0].Name != "endpoint-12" {
			t.Errorf("%q names %d, and then %v", e.Concerns[0].What, len(e.Named()), e.Unnamed())
		}
	}
	alone := Entry{Subjects: []Subject{{Name: "a"}}}
	if alone.Shared() || len(alone.Named()) != 1 || len(alone.Unnamed()) != 0 {
		t.Errorf("one workload is named %v, and then %v", alone.Named(), alone.Unnamed())
	}
}

func TestNamesakesSayWhereTheyAre(t *testing.T) {
	in := func(region, name string) subject {
		key := inventory.WorkloadKey{Place: inventory.Place{AccountID: "1", Region: region}, Kind: inventory.WorkloadEndpoint, Name: name}
		return subject{Workload: inventory.Workload{WorkloadKey: key, Status: "Failed"}, endpoint: &inventory.Endpoint{Name: name, FailureReason: "no " + name + " in " + region}}
	}
	var got []string
	for _, c := range concerns([]subject{in("a", "churn"), in("b", "churn"), in("b", "fraud")}, inventory.Document{}) {
		got = append(got, c.Subject)
	}
	if diff := cmp.Diff([]string{"churn (1 a)", "churn (1 b)", "fraud"}, got); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

func TestTheNodeOfAWorkload(t *testing.T) {
	churn := inventory.Workload{
		WorkloadKey: inventory.WorkloadKey{Kind: inventory.WorkloadPipeline, Name: "churn"},
		Resources:   []inventory.Reference{{Kind: inventory.KindPipelineExecution, Name: "run"}},
	}
	order := []graph.Node{{Kind: inventory.KindModel, Name: "churn"}, {Kind: inventory.KindPipelineExecution, Name: "run"}, {Kind: inventory.KindExperiment, Name: "churn"}, {Kind: inventory.KindPipeline, Name: "churn"}}
	for i, n := range order {
		if got := closeness(n, churn); got != i {
			t.Errorf("%s %s stands for it by %d, want %d", n.Kind, n.Name, got, i)
		}
	}
}
