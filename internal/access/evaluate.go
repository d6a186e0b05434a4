package access

import (
	"fmt"
	"slices"
	"strconv"
)

// Verdict is the outcome of an evaluation.
type Verdict string

// The verdicts.
const (
	// Allowed by a statement, and denied by none.
	Allowed Verdict = "Allowed"
	// Denied by a statement, whatever others allow.
	Denied Verdict = "Denied"
	// NotAllowed by any statement.
	NotAllowed Verdict = "NotAllowed"
)

// Decision is what policies say to a request.
type Decision struct {
	Verdict Verdict
	// Conditional means that an allowed request depends on what is not known.
	Conditional bool
	// By are the statements that decide: those without open conditions, where
	// there are any.
	By []Source
	// Open are the keys of the conditions that are open, and "policy variable"
	// for variables, sorted.
	Open []string
}

// Source names a statement of a policy.
type Source struct {
	Policy    string
	Statement string
}

// String says where a permission comes from.
func (s Source) String() string { return s.Policy + ", statement " + s.Statement }

// openVariable stands among the open keys for a variable in a Resource.
const openVariable = "policy variable"

// tally collects what the statements say.
type tally struct {
	denied, allowed, maybeAllowed []Source
	// allowOpen and denyOpen are keys that leave a statement open.
	allowOpen, denyOpen []string
	broken              []string
}

// evaluate judges a request by the policies of one identity. An explicit Deny
// wins over any Allow. A broken policy may hide a Deny, and makes what is
// allowed conditional.
func evaluate(policies []Policy, r Request) Decision {
	var t tally
	for _, policy := range policies {
		if policy.Broken != "" {
			t.broken = append(t.broken, policy.Name+" cannot be read")
		}
		for _, statement := range policy.Statements {
			t.add(policy.Name, statement, r)
		}
	}
	return t.decide()
}

func (t *tally) add(policy string, s Statement, r Request) {
	holds, open := s.applies(r)
	source := Source{policy, s.name()}
	switch {
	case holds == no:
	case s.Effect == Deny && holds == yes:
		t.denied = append(t.denied, source)
	case s.Effect == Deny:
		t.denyOpen = append(t.denyOpen, open...)
	case holds == yes:
		t.allowed = append(t.allowed, source)
	default:
		t.maybeAllowed = append(t.maybeAllowed, source)
		t.allowOpen = append(t.allowOpen, open...)
	}
}

func (t *tally) decide() Decision {
	switch {
	case len(t.denied) > 0:
		return Decision{Verdict: Denied, By: t.denied}
	case len(t.allowed)+len(t.maybeAllowed) == 0:
		return Decision{Verdict: NotAllowed}
	}
	by, open := t.allowed, slices.Concat(t.denyOpen, t.broken)
	if len(by) == 0 {
		by, open = t.maybeAllowed, append(open, t.allowOpen...)
	}
	return Decision{Verdict: Allowed, By: by}.openedBy(open...)
}

func (s Statement) name() string {
	if s.ID == "" {
		return strconv.Itoa(s.Position)
	}
	return fmt.Sprintf("%d (%s)", s.Position, s.ID)
}

// applies says whether a statement speaks of a request, and what leaves that
// open.
func (s Statement) applies(r Request) (holds truth, open []string) {
	if !s.takesAction(r.Action) {
		return no, nil
	}
	holds = s.takesResource(r.Resource)
	if holds == perhaps {
		open = append(open, openVariable)
	}
	for _, condition := range s.Conditions {
		judged := condition.holds(r, s.Variables)
		if judged == perhaps {
			open = append(open, condition.Key)
		}
		holds = min(holds, judged)
	}
	return holds, open
}

func (s Statement) takesAction(action string) bool {
	taken := func(list []string) bool {
		return slices.ContainsFunc(list, func(text string) bool { return actionTaken(text, action) })
	}
	if len(s.NotActions) > 0 {
		return !taken(s.NotActions)
	}
	return taken(s.Actions)
}

func (s Statement) takesResource(arn string) truth {
	taken := func(list []string) truth {
		highest := no
		for _, text := range list {
			highest = max(highest, resourceTaken(text, arn, s.Variables))
		}
		return highest
	}
	if len(s.NotResources) > 0 {
		return taken(s.NotResources).not()
	}
	return taken(s.Resources)
}
