package access

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	invoke = "sagemaker:InvokeEndpoint"
	churn  = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn"
)

// mustParse reads statements of the current version.
func mustParse(t *testing.T, name, statements string) Policy {
	t.Helper()
	policy, err := Parse(name, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func TestEvaluate(t *testing.T) {
	allow := func(action, resource string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource)
	}
	deny := func(action, resource string) string {
		return fmt.Sprintf(`{"Effect":"Deny","Action":%q,"Resource":%q}`, action, resource)
	}
	when := func(effect, condition string) string {
		return fmt.Sprintf(`{"Effect":%q,"Action":"sagemaker:*","Resource":"*","Condition":%s}`, effect, condition)
	}
	cases := map[string]struct {
		statements string
		want       Verdict
		open       []string
	}{
		"everything":            {allow("*", "*"), Allowed, nil},
		"case of the action":    {allow("SageMaker:invokeendpoint", "*"), Allowed, nil},
		"wildcard in an action": {allow("sagemaker:Invoke*", "*"), Allowed, nil},
		"one sign":              {allow("sagemaker:InvokeEndpoin?", "*"), Allowed, nil},
		"too short":             {allow("sagemaker:Invoke", "*"), NotAllowed, nil},
		"other service":         {allow("s3:*", "*"), NotAllowed, nil},
		"the endpoint":          {allow(invoke, churn), Allowed, nil},
		"other case of a name":  {allow(invoke, "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/Churn"), NotAllowed, nil},
		"other region":          {allow(invoke, "arn:aws:sagemaker:us-east-1:123456789012:endpoint/*"), NotAllowed, nil},
		"any region":            {allow(invoke, "arn:aws:sagemaker:*:*:endpoint/c*n"), Allowed, nil},
		"star over colons":      {allow(invoke, "arn:aws:sagemaker:*"), Allowed, nil},
		"incomplete ARN":        {allow(invoke, "arn:aws:sagemaker"), Allowed, nil},
		"deny wins":             {allow("*", "*") + "," + deny(invoke, churn), Denied, nil},
		"deny of another":       {allow("*", "*") + "," + deny(invoke, churn+"-b"), Allowed, nil},
		"deny alone":            {deny("*", "*"), Denied, nil},
		"NotAction":             {`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, Allowed, nil},
		"NotAction names it":    {`{"Effect":"Allow","NotAction":["iam:*","sagemaker:*"],"Resource":"*"}`, NotAllowed, nil},
		"NotResource":           {`{"Effect":"Allow","Action":"*","NotResource":"*:endpoint/other"}`, Allowed, nil},
		"NotResource names it":  {`{"Effect":"Allow","Action":"*","NotResource":"*:endpoint/churn"}`, NotAllowed, nil},
		"deny but for":          {allow("*", "*") + `,{"Effect":"Deny","Action":"*","NotResource":"*/churn"}`, Allowed, nil},
		"variable":              {allow(invoke, "arn:aws:sagemaker:*:*:endpoint/${aws:username}"), Allowed, []string{openVariable}},
		"variable elsewhere":    {allow(invoke, "arn:aws:sagemaker:*:*:endpoint/x-${aws:username}"), NotAllowed, nil},
		"escaped star":          {allow(invoke, "arn:aws:sagemaker:*:*:endpoint/${*}"), NotAllowed, nil},
		"variable in a deny":    {allow("*", "*") + "," + deny("*", "*${aws:x}"), Allowed, []string{openVariable}},

		"open condition":        {when("Allow", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), Allowed, []string{"aws:SourceIp"}},
		"open deny":             {allow("*", "*") + "," + when("Deny", `{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`), Allowed, []string{"aws:SourceVpce"}},
		"open beside certain":   {allow("*", "*") + "," + when("Allow", `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), Allowed, nil},
		"region holds":          {when("Allow", `{"StringEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]}}`), Allowed, nil},
		"region does not hold":  {when("Allow", `{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), NotAllowed, nil},
		"denied elsewhere":      {allow("*", "*") + "," + when("Deny", `{"StringNotEquals":{"aws:requestedregion":["eu-west-1"]}}`), Allowed, nil},
		"denied here":           {allow("*", "*") + "," + when("Deny", `{"StringNotLike":{"aws:RequestedRegion":"us-*"}}`), Denied, nil},
		"without TLS":           {allow("*", "*") + "," + when("Deny", `{"Bool":{"aws:SecureTransport":"false"}}`), Allowed, nil},
		"one does not hold":     {when("Allow", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"aws:ResourceAccount":"1"}}`), NotAllowed, nil},
		"IfExists":              {when("Allow", `{"StringEqualsIfExists":{"aws:RequestedRegion":"eu-west-1"}}`), Allowed, nil},
		"sets":                  {when("Allow", `{"ForAnyValue:StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`), Allowed, []string{"aws:RequestedRegion"}},
		"variable in condition": {when("Allow", `{"StringEquals":{"aws:RequestedRegion":"${aws:PrincipalTag/region}"}}`), Allowed, []string{"aws:RequestedRegion"}},
		"present":               {when("Allow", `{"Null":{"aws:RequestedRegion":"false"}}`), Allowed, nil},
		"absent":                {when("Allow", `{"Null":{"aws:RequestedRegion":"true"}}`), NotAllowed, nil},
		"ARN of the principal":  {when("Allow", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`), Allowed, []string{"aws:PrincipalArn"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := evaluate([]Policy{mustParse(t, "p", tc.statements)}, Request{Action: invoke, Resource: churn})
			if got.Verdict != tc.want || got.Conditional != (len(tc.open) > 0) {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
			if diff := cmp.Diff(tc.open, got.Open); diff != "" && tc.open != nil {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVariablesAreTextInTheOldVersion(t *testing.T) {
	old, err := Parse("p", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*/${aws:username}"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := evaluate([]Policy{old}, Request{Action: invoke, Resource: churn}); got.Verdict != NotAllowed {
		t.Errorf("got %+v", got)
	}
}

func TestIdentityConditionsAndBoundary(t *testing.T) {
	all := mustParse(t, "all", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	onlyChurn := mustParse(t, "churn only", `{"Effect":"Allow","Action":"*","Resource":"*/churn"}`)
	byUser := mustParse(t, "by user", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":"ada"}}}`)
	byVPC := mustParse(t, "by VPC", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"v"}}}`)
	nothing, broken := Policy{Name: "none"}, Policy{Name: "bad", Broken: "why"}
	cases := map[string]struct {
		identity Identity
		resource string
		want     Verdict
		open     string
	}{
		"user":                     {Identity{ARN: "arn:aws:iam::123456789012:user/team/ada", Policies: []Policy{byUser}}, churn, Allowed, ""},
		"other user":               {Identity{ARN: "arn:aws:iam::123456789012:user/bob", Policies: []Policy{byUser}}, churn, NotAllowed, ""},
		"role has no user name":    {Identity{ARN: "arn:aws:iam::123456789012:role/ada", Policies: []Policy{byUser}}, churn, NotAllowed, ""},
		"within the boundary":      {Identity{Policies: []Policy{all}, Boundary: &onlyChurn}, churn, Allowed, ""},
		"beyond the boundary":      {Identity{Policies: []Policy{all}, Boundary: &onlyChurn}, churn + "2", NotAllowed, ""},
		"a boundary gives nothing": {Identity{Policies: []Policy{nothing}, Boundary: &all}, churn, NotAllowed, ""},
		"empty boundary":           {Identity{Policies: []Policy{all}, Boundary: &nothing}, churn, NotAllowed, ""},
		"open boundary":            {Identity{Policies: []Policy{all}, Boundary: &byVPC}, churn, Allowed, "aws:SourceVpc"},
		"broken boundary":          {Identity{Policies: []Policy{all}, Boundary: &broken}, churn, Allowed, "permission boundary bad cannot be read"},
		"broken policy":            {Identity{Policies: []Policy{all, broken}}, churn, Allowed, "bad cannot be read"},
		"only a broken policy":     {Identity{Policies: []Policy{broken}}, churn, NotAllowed, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := tc.identity.Decide(invoke, tc.resource)
			if got.Verdict != tc.want || strings.Join(got.Open, " ") != tc.open || got.Conditional != (tc.open != "") {
				t.Errorf("got %+v, want %s, open %q", got, tc.want, tc.open)
			}
			about := tc.identity.About(Actions)
			if diff := cmp.Diff(got, about.Decide(invoke, tc.resource)); diff != "" {
				t.Errorf("leaving out other statements changed the decision:\n%s", diff)
			}
		})
	}
}

func TestAboutKeepsPositions(t *testing.T) {
	policy := mustParse(t, "p", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"Call","Effect":"Allow","Action":"sagemaker:*","Resource":"*"}`)
	identity := Identity{Policies: []Policy{policy, mustParse(t, "q", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)}}.About(Actions)
	if len(identity.Policies) != 1 || len(identity.Policies[0].Statements) != 1 {
		t.Fatalf("got %+v", identity.Policies)
	}
	if got := identity.Decide(invoke, churn); got.By[0].String() != "p, statement 2 (Call)" {
		t.Errorf("got %v", got.By)
	}
}

// TestPatternsAreWildcards compares with regular expressions.
func TestPatternsAreWildcards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab*?:]{0,12}`).Draw(t, "pattern")
		value := rapid.StringMatching(`[ab:]{0,12}`).Draw(t, "value")
		expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(text))
		want := regexp.MustCompile(`(?s)\A` + expression + `\z`).MatchString(value)
		if got := newPattern(text, true).takes(value) == yes; got != want {
			t.Fatalf("%q takes %q: %t, want %t", text, value, got, want)
		}
	})
}

// statements draws policies over a small world, so that they often meet.
func statements() *rapid.Generator[Statement] {
	return rapid.Custom(func(t *rapid.T) Statement {
		s := Statement{Position: rapid.IntRange(1, 9).Draw(t, "position"), Effect: rapid.SampledFrom([]Effect{Allow, Allow, Deny}).Draw(t, "effect"), Variables: true}
		actions := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "sagemaker:*", invoke, "sagemaker:InvokeEndpointAsync", "s3:*"}), 1, 2).Draw(t, "actions")
		resources := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "*/a", "*/a*", "arn:aws:sagemaker:*:*:endpoint/*", "*/?", "*/${aws:x}", "*/b?"}), 1, 2).Draw(t, "resources")
		if rapid.Bool().Draw(t, "notAction") {
			s.NotActions = actions
		} else {
			s.Actions = actions
		}
		if rapid.Bool().Draw(t, "notResource") {
			s.NotResources = resources
		} else {
			s.Resources = resources
		}
		key := rapid.SampledFrom([]string{"", "", "aws:SourceVpc", "aws:RequestedRegion"}).Draw(t, "key")
		if key != "" {
			s.Conditions = []Condition{{"StringEquals", key, []string{"eu-west-1"}}}
		}
		return s
	})
}

func policies() *rapid.Generator[Policy] {
	return rapid.Custom(func(t *rapid.T) Policy {
		return Policy{Name: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "name"), Statements: rapid.SliceOfN(statements(), 0, 4).Draw(t, "statements")}
	})
}

func TestMoreDenyNeverAllowsMore(t *testing.T) {
	rank := func(d Decision) int {
		switch {
		case d.Verdict == Allowed && !d.Conditional:
			return 2
		case d.Verdict == Allowed:
			return 1
		default:
			return 0
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		policy, extra := policies().Draw(t, "policy"), statements().Draw(t, "extra")
		before := evaluate([]Policy{policy}, Request{Action: invoke, Resource: churn})
		after := evaluate([]Policy{policy, {Name: "extra", Statements: []Statement{extra}}}, Request{Action: invoke, Resource: churn})
		if extra.Effect == Deny && rank(after) > rank(before) {
			t.Fatalf("a Deny turned %+v into %+v", before, after)
		}
		if extra.Effect == Allow && rank(after) < rank(before) {
			t.Fatalf("an Allow turned %+v into %+v", before, after)
		}
		everything := Statement{Effect: Deny, Actions: []string{"*"}, Resources: []string{"*"}}
		if got := evaluate([]Policy{policy, {Statements: []Statement{everything}}}, Request{Action: invoke, Resource: churn}); got.Verdict != Denied {
			t.Fatalf("a Deny of everything left %+v", got)
		}
	})
}
