package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

// named is an endpoint that can move, with a model of its own.
func named(name, model string) inventory.Endpoint {
	return endpoint(func(e *inventory.Endpoint) {
		e.Name, e.Variants[0].ModelName, e.Models[0].Name = name, model, model
	})
}

func TestAnotherAccountOrRegionIsRefused(t *testing.T) {
	inv := account(named("churn", "m"))
	inv.Accounts = []inventory.Account{{ID: "123456789012", Region: "us-east-1"}}
	first, _ := built(t, inv, nil, Options{})
	for want, other := range map[string]inventory.Account{
		"eu-west-1":    {ID: "123456789012", Region: "eu-west-1"},
		"210987654321": {ID: "210987654321", Region: "us-east-1"},
	} {
		inv.Accounts = []inventory.Account{other}
		if _, _, err := Build(inv, reread(t, first), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("planning %+v into the plan of another account gives %v", other, err)
		}
	}
	inv.Accounts = []inventory.Account{{Region: "us-east-1"}} // whose account it is may not be readable
	built(t, inv, reread(t, first), Options{})
}

func TestARestrictedScanLeavesTheOthersAlone(t *testing.T) {
	first, _ := built(t, account(named("churn", "m"), named("fraud", "n")), nil, Options{})
	edited := reread(t, first)
	edited.Named("fraud")[0].Replicas.Min = 7
	restricted := account(named("churn", "m"))
	restricted.EndpointName = "ch*"
	next, changes := built(t, restricted, edited, Options{})
	if w := next.Named("fraud")[0]; w.Decision != Move || w.Replicas.Min != 7 || len(ofWorkloads(changes)) != 0 {
		t.Errorf("an endpoint that was not scanned is %s with %+v; changes %v", w.Decision, w.Replicas, changes)
	}
	whole, changes := built(t, account(named("churn", "m"), named("fraud", "n")), reread(t, next), Options{})
	if w := whole.Named("fraud")[0]; w.Replicas.Min != 7 || len(changes) != 1 || changes[0].Kind != EditKept {
		t.Errorf("after a whole scan: %+v, changes %v", w.Replicas, changes)
	}
	restricted.EndpointName = "*"
	if next, _ = built(t, restricted, reread(t, next), Options{}); next.Named("fraud")[0].Decision != Retire {
		t.Error("an endpoint that a scan looked for and did not find stays in the plan as if it were there")
	}
}

func TestAnOldImageMapDoesNotStopPlanning(t *testing.T) {
	inv := account(named("churn", "m"))
	first, _ := built(t, inv, nil, Options{Images: map[string]string{"registry.example.com/churn:1": "registry.example.com/ours:1"}})
	inv.Endpoints[0].Models[0].Containers = []inventory.Container{{Image: imageOf(t, "registry.example.com/churn:2")}}
	next, _ := built(t, inv, reread(t, first), Options{})
	if got := next.Workloads[0].Image; got != "registry.example.com/churn:2" {
		t.Errorf("the image is %q", got)
	}
	if len(next.ImageMap) != 1 {
		t.Errorf("the mapping was forgotten: %v", next.ImageMap)
	}
}

func TestNamesOfModelsFollowTheModel(t *testing.T) {
	modelOf := func(d Document, endpoint string) string { return d.Named(endpoint)[0].Names.Model }

	first, _ := built(t, account(named("churn", "churn-2026-10")), nil, Options{})
	updated, _ := built(t, account(named("churn", "churn-2026-11")), reread(t, first), Options{})
	if got := modelOf(updated, "churn"); got != "churn-2026-11" {
		t.Errorf("the next model is called %q, like the one before", got)
	}

	first, _ = built(t, account(named("a", "Churn")), nil, Options{})
	shared, _ := built(t, account(named("a", "Churn"), named("b", "churn"), named("z", "Churn")), reread(t, first), Options{})
	if got := modelOf(shared, "a"); got != "churn" || modelOf(shared, "z") != "churn" || modelOf(shared, "b") == "churn" {
		t.Errorf("the model was called churn and is %q once another endpoint serves it", got)
	}

	edited := reread(t, first)
	edited.Workloads[0].Names.Model = "fraud"
	given, _ := built(t, account(named("a", "Churn"), named("f", "fraud")), edited, Options{})
	if modelOf(given, "a") != "fraud" || modelOf(given, "f") == "fraud" {
		t.Errorf("two models are called %q", modelOf(given, "f"))
	}
}

func TestAScanOfSomeLeavesThePlanAsItIs(t *testing.T) {
	whole := demo(t)
	first, _ := built(t, whole, nil, Options{})
	some := whole
	some.EndpointName, some.Endpoints, some.Resources, some.Workloads = "rec*", nil, nil, nil
	for _, e := range whole.Endpoints {
		if strings.HasPrefix(e.Name, "rec") {
			some.Endpoints = append(some.Endpoints, e)
		}
	}
	next, changes := built(t, some, reread(t, first), Options{})
	if diff := cmp.Diff(encoded(t, first), encoded(t, next)); diff != "" || len(changes) != 0 {
		t.Errorf("a scan of some endpoints changes %v:\n%s", changes, diff)
	}
}
