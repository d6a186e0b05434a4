package access

import (
	"encoding/json"
	"slices"
	"strings"
)

// Identity is a user or role with the policies that hold for it, those of its
// groups included.
type Identity struct {
	ARN      string   `json:"arn"`
	Policies []Policy `json:"policies,omitempty"`
	// Boundary bounds what the policies allow; nil means no bound.
	Boundary *Policy `json:"boundary,omitempty"`
	// ServiceLinked says that an AWS service made the role for itself.
	ServiceLinked bool `json:"serviceLinked,omitempty"`
	// Services are the AWS services that may assume a role which nobody else
	// may, sorted. Empty for users and for other roles.
	Services []string `json:"services,omitempty"`
}

// Decide judges an action on a resource by all that holds for the identity.
func (i Identity) Decide(action, resource string) Decision {
	request := Request{Action: action, Resource: resource, Principal: i.ARN}
	decision := evaluate(i.Policies, request)
	if i.Boundary == nil || decision.Verdict != Allowed {
		return decision
	}
	if i.Boundary.Broken != "" {
		return decision.openedBy("permission boundary " + i.Boundary.Name + " cannot be read")
	}
	bound := evaluate([]Policy{*i.Boundary}, request)
	if bound.Verdict != Allowed {
		return bound
	}
	return decision.openedBy(bound.Open...)
}

// openedBy adds open keys to a decision.
func (d Decision) openedBy(keys ...string) Decision {
	d.Open = slices.Concat(d.Open, keys)
	slices.Sort(d.Open)
	d.Open = slices.Compact(d.Open)
	d.Conditional = len(d.Open) > 0
	return d
}

// About returns the identity with only those statements that speak of one of
// the actions: an account has thousands of others.
func (i Identity) About(actions []string) Identity {
	var kept []Policy
	for _, policy := range i.Policies {
		if policy = policy.About(actions); len(policy.Statements) > 0 || policy.Broken != "" {
			kept = append(kept, policy)
		}
	}
	i.Policies = kept
	if i.Boundary != nil {
		boundary := i.Boundary.About(actions)
		i.Boundary = &boundary
	}
	return i
}

// About returns the policy with only those statements that speak of one of the
// actions.
func (p Policy) About(actions []string) Policy {
	p.Statements = slices.DeleteFunc(slices.Clone(p.Statements), func(s Statement) bool {
		return !slices.ContainsFunc(actions, s.takesAction)
	})
	if len(p.Statements) == 0 {
		p.Statements = nil
	}
	return p
}

// Allows says that some policy could allow one of the actions on something.
func (i Identity) Allows() bool {
	return slices.ContainsFunc(i.Policies, func(p Policy) bool {
		return slices.ContainsFunc(p.Statements, func(s Statement) bool { return s.Effect == Allow })
	})
}

// ServicesOf reads the trust policy of a role, and returns the AWS services
// that may assume it, where nobody else may. It is empty where others may too,
// and where the policy cannot be read.
func ServicesOf(trustPolicy string) []string {
	document, err := parse(trustPolicy)
	if err != nil {
		return nil
	}
	var services []string
	for _, statement := range document.Statement {
		if statement.Effect != string(Allow) {
			continue
		}
		var principal map[string]texts
		if json.Unmarshal(statement.Principal, &principal) != nil || len(principal) != 1 || len(principal["Service"]) == 0 {
			return nil
		}
		services = append(services, principal["Service"]...)
	}
	slices.SortFunc(services, strings.Compare)
	return slices.Compact(services)
}
