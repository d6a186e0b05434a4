package access

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const everyForm = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "One", "Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": "arn:aws:sagemaker:*:*:endpoint/a+b"},
    {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": ["x", "y"],
     "Condition": {"StringLike": {"aws:x": ["1", "2"]}, "Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"n": 3}}}
  ]
}`

func TestParseEveryForm(t *testing.T) {
	want := Policy{Name: "p", Statements: []Statement{
		{
			Position: 1, ID: "One", Effect: Allow, Variables: true, Actions: []string{"sagemaker:InvokeEndpoint"},
			Resources: []string{"arn:aws:sagemaker:*:*:endpoint/a+b"},
		},
		{
			Position: 2, Effect: Deny, Variables: true, NotActions: []string{"s3:*"}, NotResources: []string{"x", "y"},
			Conditions: []Condition{
				{"Bool", "aws:SecureTransport", []string{"false"}}, {"NumericLessThan", "n", []string{"3"}},
				{"StringLike", "aws:x", []string{"1", "2"}},
			},
		},
	}}
	for name, text := range map[string]string{"plain": everyForm, "encoded": url.PathEscape(everyForm), "spaced": "\n " + everyForm + "\n"} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("p", text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseASingleStatementOfTheOldVersion(t *testing.T) {
	got, err := Parse("p", `{"Statement":{"Effect":"Allow","Action":["*"],"Resource":"*"}}`)
	if err != nil || len(got.Statements) != 1 || got.Statements[0].Variables {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseAPolicyThatSaysNothing(t *testing.T) {
	if got, err := Parse("p", `{"Version":"2012-10-17","Statement":[]}`); err != nil || got.Broken != "" || len(got.Statements) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	statement := func(text string) string { return `{"Statement":[` + text + `]}` }
	cases := map[string]struct{ text, want string }{
		"nothing":             {"", "not a policy"},
		"no JSON":             {"hello", "not a policy"},
		"bad encoding":        {"%7B%zz", "URL-encoded"},
		"cut off":             {`{"Statement":[`, "not a policy"},
		"two documents":       {statement(`{"Effect":"Allow","Action":"*","Resource":"*"}`) + "{}", "follows the end"},
		"no statement":        {`{"Version":"2012-10-17"}`, "no Statement"},
		"null statement":      {`{"Statement":null}`, `Effect is ""`},
		"lower-case effect":   {statement(`{"Effect":"allow","Action":"*","Resource":"*"}`), "want Allow or Deny"},
		"no action":           {statement(`{"Effect":"Allow","Resource":"*"}`), "Action or NotAction"},
		"both actions":        {statement(`{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}`), "Action or NotAction"},
		"no resource":         {statement(`{"Effect":"Allow","Action":"*"}`), "Resource or NotResource"},
		"principal":           {statement(`{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}`), "no Principal"},
		"object as an action": {statement(`{"Effect":"Allow","Action":{"a":1},"Resource":"*"}`), "text or a list of texts"},
		"second is broken":    {statement(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"No"}`), "statement 2"},
		"too long":            {strings.Repeat(" ", maxDocumentBytes+1), "at most"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("policy x", tc.text)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "policy x") {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
			if got.Name != "policy x" || got.Broken == "" || got.Statements != nil {
				t.Errorf("the policy is %+v", got)
			}
		})
	}
}

func TestServicesOf(t *testing.T) {
	trust := func(principal string) string {
		return `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}]}`
	}
	cases := map[string]struct {
		text string
		want []string
	}{
		"one service":        {trust(`{"Service":"lambda.amazonaws.com"}`), []string{"lambda.amazonaws.com"}},
		"two, encoded":       {url.PathEscape(trust(`{"Service":["b.amazonaws.com","a.amazonaws.com"]}`)), []string{"a.amazonaws.com", "b.amazonaws.com"}},
		"people":             {trust(`{"AWS":"arn:aws:iam::123456789012:root"}`), nil},
		"people and service": {trust(`{"AWS":"*","Service":"a.amazonaws.com"}`), nil},
		"anybody":            {trust(`"*"`), nil},
		"federated":          {trust(`{"Federated":"x"}`), nil},
		"malformed":          {"%", nil},
		"denied others": {
			`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*"},{"Effect":"Allow","Principal":{"Service":"a"},"Action":"*"}]}`,
			[]string{"a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, ServicesOf(tc.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParse checks that no document crashes the reading or the judging, that
// broken documents have a reason, and that what was read survives being stored.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		everyForm, url.PathEscape(everyForm), "", "%7B", "{", `{"Statement":{}}`, `{"Statement":[[]]}`, `{"Statement":"x"}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:${aws:x}:*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"a":[]},"ForAllValues:StringLike":{"b":[null]}}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		policy, err := Parse("p", text)
		if (err != nil) != (policy.Broken != "") {
			t.Fatalf("error %v, broken %q", err, policy.Broken)
		}
		stored, err := json.Marshal(policy)
		if err != nil {
			t.Fatal(err)
		}
		var again Policy
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		ServicesOf(text)
		endpoint := Endpoint{Name: "A", ARN: "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/a"}
		identity := func(p Policy) Identity {
			return Identity{ARN: "arn:aws:iam::123456789012:role/r", Policies: []Policy{p}}
		}
		first := Callers([]Identity{identity(policy)}, []Endpoint{endpoint})
		if diff := cmp.Diff(first, Callers([]Identity{identity(again).About(Actions)}, []Endpoint{endpoint})); diff != "" {
			t.Fatalf("storing changed who may call (-before +after):\n%s", diff)
		}
	})
}
