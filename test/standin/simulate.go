package standin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// simulatePolicy answers SimulatePrincipalPolicy as this account decides: what
// the knobs do not deny is allowed. Users are those who have a key pair, roles
// those that can be assumed; neither has a path.
func (s *region) simulatePolicy(form url.Values, requestID string) (any, *apiError) {
	source := form.Get("PolicySourceArn")
	kind, name, _ := strings.Cut(strings.TrimPrefix(source, fmt.Sprintf("arn:%s:iam::%s:", s.account.partition(), s.account.AccountID)), "/")
	if !s.hasPrincipal(kind, name) {
		return nil, &apiError{Status: http.StatusNotFound, Code: "NoSuchEntity", Message: "The entity " + source + " cannot be found."}
	}
	results := xmlNode{name: "EvaluationResults"}
	for _, action := range formList(form, "ActionNames") {
		decision := "allowed"
		if s.knobs.operation(s.name, action).Deny {
			decision = "implicitDeny"
		}
		results.inner = append(results.inner, xmlNode{name: "member", inner: []xmlNode{
			{name: "EvalActionName", text: action}, {name: "EvalResourceName", text: "*"}, {name: "EvalDecision", text: decision},
		}})
	}
	return xmlNode{name: "SimulatePrincipalPolicyResponse", inner: []xmlNode{
		{name: "SimulatePrincipalPolicyResult", inner: []xmlNode{results, {name: "IsTruncated", text: "false"}}},
		{name: "ResponseMetadata", inner: []xmlNode{{name: "RequestId", text: requestID}}},
	}}, nil
}

func (s *region) hasPrincipal(kind, name string) bool {
	for _, place := range s.regions {
		if place.account.AccountID != s.account.AccountID {
			continue
		}
		for _, key := range place.account.Credentials {
			if kind == "user" && key.UserName == name {
				return true
			}
		}
		for _, role := range place.account.Roles {
			if kind == "role" && role.Name == name {
				return true
			}
		}
	}
	return false
}
