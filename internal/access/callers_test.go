package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

var (
	here  = inventory.Place{AccountID: "123456789012", Region: "eu-west-1"}
	there = inventory.Place{AccountID: "999999999999", Region: "eu-west-1"}
)

func endpoint(place inventory.Place, name string) Endpoint {
	return Endpoint{Name: name, Place: place, ARN: "arn:aws:sagemaker:" + place.Region + ":" + place.AccountID + ":endpoint/" + strings.ToLower(name)}
}

func TestCallers(t *testing.T) {
	role := func(name string, policies ...Policy) Identity {
		return Identity{ARN: "arn:aws:iam::123456789012:role/" + name, Policies: policies}
	}
	app := role("app", mustParse(t, "inline policy call", `{"Sid":"Churn","Effect":"Allow","Action":"sagemaker:InvokeEndpoint","Resource":"`+churn+`"}`))
	app.Services = []string{"lambda.amazonaws.com"}
	admin := role("admin", mustParse(t, "managed policy Admin", `{"Effect":"Allow","Action":"*","Resource":"*"}`))
	linked := role("linked", mustParse(t, "managed policy Linked", `{"Effect":"Allow","Action":"sagemaker:Invoke*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*/ocr"}`))
	linked.ServiceLinked = true
	limited := role("limited", mustParse(t, "p", `{"Effect":"Allow","Action":"sagemaker:InvokeEndpointAsync","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"x"}}}`))
	nobody := role("nobody", mustParse(t, "p", `{"Effect":"Deny","Action":"*","Resource":"*"}`))

	row := func(name, principal, through string, actions ...string) inventory.Caller {
		return inventory.Caller{
			Endpoint: name, Place: here, Principal: "arn:aws:iam::123456789012:role/" + principal, Source: inventory.CallerAllowed,
			Through: through, Actions: actions,
		}
	}
	conditional := row("*", "limited", "p, statement 1; depends on aws:SourceVpce", "sagemaker:InvokeEndpointAsync")
	conditional.Conditional = true
	want := []inventory.Caller{
		row("*", "admin", "managed policy Admin, statement 1", Actions...),
		conditional,
		row("Churn", "app", "inline policy call, statement 1 (Churn); only lambda.amazonaws.com may assume the role", invoke),
		row("Churn", "linked", "managed policy Linked, statement 1; a service-linked role", Actions...),
	}
	got := Callers([]Identity{app, admin, linked, limited, nobody}, []Endpoint{
		endpoint(here, "OCR"), endpoint(here, "Churn"), endpoint(there, "foreign"), {Name: "unread", Place: here},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Callers([]Identity{admin}, nil); got != nil {
		t.Errorf("got %v without endpoints", got)
	}
}

func TestThroughNamesAFewStatements(t *testing.T) {
	policy := mustParse(t, "p", strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow","Action":"*","Resource":"*"},`, 5), ","))
	got := Callers([]Identity{{ARN: "arn:aws:iam::123456789012:user/x", Policies: []Policy{policy}}}, []Endpoint{endpoint(here, "a")})
	if len(got) != 1 || got[0].Through != "p, statement 1; p, statement 2; p, statement 3; 2 more statements" {
		t.Errorf("got %+v", got)
	}
}

// TestEveryEndpointMeansEach checks that the short form for all endpoints says
// the same as a row for each.
func TestEveryEndpointMeansEach(t *testing.T) {
	endpoints := []Endpoint{endpoint(here, "a"), endpoint(here, "ab"), endpoint(here, "B1")}
	rapid.Check(t, func(t *rapid.T) {
		identity := Identity{ARN: "arn:aws:iam::123456789012:role/r", Policies: rapid.SliceOfN(policies(), 0, 3).Draw(t, "policies")}
		if rapid.Bool().Draw(t, "bounded") {
			boundary := policies().Draw(t, "boundary")
			identity.Boundary = &boundary
		}
		callers := Callers([]Identity{identity.About(Actions)}, endpoints)
		for _, e := range endpoints {
			for _, action := range Actions {
				decision := identity.Decide(action, e.ARN)
				index := slices.IndexFunc(callers, func(c inventory.Caller) bool {
					return (c.Endpoint == e.Name || c.Endpoint == EveryEndpoint) && slices.Contains(c.Actions, action)
				})
				if (index >= 0) != (decision.Verdict == Allowed) {
					t.Fatalf("%s on %s: %+v, listed %t", action, e.Name, decision, index >= 0)
				}
				if index >= 0 && callers[index].Conditional != decision.Conditional {
					t.Fatalf("%s on %s: %+v, listed as %+v", action, e.Name, decision, callers[index])
				}
			}
		}
	})
}
