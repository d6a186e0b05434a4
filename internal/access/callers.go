package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Actions are those that call an endpoint.
var Actions = []string{
	"sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync", "sagemaker:InvokeEndpointWithResponseStream",
}

// Endpoint is an endpoint that may be called.
type Endpoint struct {
	Name string
	// ARN is AWS's own: the name in it is in lower case, and policies are
	// compared with that.
	ARN   string
	Place inventory.Place
}

// EveryEndpoint is the name that stands for all endpoints of a place.
const EveryEndpoint = "*"

// Callers lists who may call which of the endpoints, by place, endpoint and
// principal. Somebody who may call any endpoint of a place alike stands there
// once, for EveryEndpoint. Endpoints without an ARN, and those of other accounts
// than the identity's, are left out.
func Callers(identities []Identity, endpoints []Endpoint) []inventory.Caller {
	var callers []inventory.Caller
	for place, here := range byPlace(endpoints) {
		for _, identity := range identities {
			if account := arnField(identity.ARN, arnAccount); place.AccountID == "" || account == place.AccountID {
				callers = append(callers, callersOf(identity, here)...)
			}
		}
	}
	slices.SortFunc(callers, func(a, b inventory.Caller) int {
		return cmp.Or(a.Compare(b.Place), cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Principal, b.Principal),
			cmp.Compare(a.Through, b.Through))
	})
	return callers
}

func byPlace(endpoints []Endpoint) map[inventory.Place][]Endpoint {
	places := map[inventory.Place][]Endpoint{}
	for _, endpoint := range endpoints {
		if strings.Contains(endpoint.ARN, endpointMark) {
			places[endpoint.Place] = append(places[endpoint.Place], endpoint)
		}
	}
	return places
}

// endpointMark stands before the name in an endpoint's ARN.
const endpointMark = ":endpoint/"

// anyOf returns the ARN that only patterns for all endpoints take.
func anyOf(endpoint Endpoint) Endpoint {
	before, _, _ := strings.Cut(endpoint.ARN, endpointMark)
	return Endpoint{Name: EveryEndpoint, ARN: before + endpointMark + string(anyName), Place: endpoint.Place}
}

func callersOf(identity Identity, endpoints []Endpoint) []inventory.Caller {
	if !identity.Allows() {
		return nil
	}
	every := callerRows(identity, anyOf(endpoints[0]))
	var single []inventory.Caller
	alike := true
	for _, endpoint := range endpoints {
		rows := callerRows(identity, endpoint)
		alike = alike && sameRows(every, rows)
		single = append(single, rows...)
	}
	if alike {
		return every
	}
	return single
}

// sameRows says that two endpoints may be called alike.
func sameRows(a, b []inventory.Caller) bool {
	return slices.EqualFunc(a, b, func(a, b inventory.Caller) bool {
		return a.Through == b.Through && a.Conditional == b.Conditional && slices.Equal(a.Actions, b.Actions)
	})
}

// callerRows are the ways in which an identity may call an endpoint: one for
// all actions that the same statements allow.
func callerRows(identity Identity, endpoint Endpoint) []inventory.Caller {
	var rows []inventory.Caller
	for _, action := range Actions {
		decision := identity.Decide(action, endpoint.ARN)
		if decision.Verdict != Allowed {
			continue
		}
		through := identity.through(decision)
		index := slices.IndexFunc(rows, func(c inventory.Caller) bool { return c.Through == through })
		if index < 0 {
			index = len(rows)
			rows = append(rows, inventory.Caller{
				Endpoint: endpoint.Name, Place: endpoint.Place, Principal: identity.ARN, Source: inventory.CallerAllowed,
				Through: through, Conditional: decision.Conditional,
			})
		}
		rows[index].Actions = append(rows[index].Actions, action)
	}
	return rows
}

// maxSources bounds the statements that are named: administrators have many.
const maxSources = 3

// through says what allows a call, under which open conditions, and what kind
// of identity it is.
func (i Identity) through(decision Decision) string {
	var words []string
	for n, source := range decision.By {
		if n == maxSources {
			words = append(words, fmt.Sprintf("%d more statements", len(decision.By)-n))
			break
		}
		words = append(words, source.String())
	}
	text := strings.Join(words, "; ")
	if len(decision.Open) > 0 {
		text += "; depends on " + strings.Join(decision.Open, ", ")
	}
	switch {
	case i.ServiceLinked:
		text += "; a service-linked role"
	case len(i.Services) > 0:
		text += "; only " + strings.Join(i.Services, ", ") + " may assume the role"
	}
	return text
}
