package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// IAM holds what GetAccountAuthorizationDetails answers, in AWS's shape,
// checked against the SDK's types. Policy documents may be written as maps.
// ARNs and paths left out are derived.
type IAM struct {
	Users    []map[string]any `json:"users,omitempty"`
	Groups   []map[string]any `json:"groups,omitempty"`
	Roles    []map[string]any `json:"roles,omitempty"`
	Policies []map[string]any `json:"policies,omitempty"`
}

// iamPart is one of the lists of the answer.
type iamPart struct {
	key    string
	items  *[]map[string]any
	as     reflect.Type
	member string
	// name is the field that names an item, arnType the ARN's resource type.
	name, arnType string
	// filters are the values of Filter that ask for it.
	filters []string
}

func (i *IAM) parts() []iamPart {
	return []iamPart{
		{"users", &i.Users, reflect.TypeFor[iamtypes.UserDetail](), "UserDetailList", "UserName", "user", []string{"User"}},
		{"groups", &i.Groups, reflect.TypeFor[iamtypes.GroupDetail](), "GroupDetailList", "GroupName", "group", []string{"Group"}},
		{"roles", &i.Roles, reflect.TypeFor[iamtypes.RoleDetail](), "RoleDetailList", "RoleName", "role", []string{"Role"}},
		{"policies", &i.Policies, reflect.TypeFor[iamtypes.ManagedPolicyDetail](), "Policies", "PolicyName", "policy", []string{"LocalManagedPolicy", "AWSManagedPolicy"}},
	}
}

// complete turns the file's entries into wire form.
func (i *IAM) complete() error {
	for _, part := range i.parts() {
		for n, item := range *part.items {
			at := fmt.Sprintf("iam.%s[%d]", part.key, n)
			encoded, ok := encodeDocuments(item).(map[string]any)
			if !ok {
				return fmt.Errorf("%s: must be an object", at)
			}
			fields, shape := conformFields(at, encoded, part.as)
			if shape != nil {
				return shape
			}
			if name, _ := fields[part.name].(string); name == "" {
				return fmt.Errorf("%s.%s: must be set", at, part.name)
			}
			fields["Path"] = orDefault(fields["Path"], any("/"))
			(*part.items)[n] = fields
		}
	}
	return nil
}

// encodeDocuments turns policy documents into JSON and percent-encodes them,
// as IAM sends them (RFC 3986).
func encodeDocuments(value any) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = encodeDocuments(item)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			if name == "PolicyDocument" || name == "AssumeRolePolicyDocument" || name == "Document" {
				out[name] = encodeDocument(inner)
				continue
			}
			out[name] = encodeDocuments(inner)
		}
		return out
	}
	return value
}

func encodeDocument(value any) any {
	text, ok := value.(string)
	if !ok {
		document, err := json.Marshal(value)
		if err != nil {
			return value // refused by the shape check, with its path
		}
		text = string(document)
	}
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// iamItem is an item with the list it stands in.
type iamItem struct {
	part   iamPart
	fields map[string]any
}

// answerIAM answers GetAccountAuthorizationDetails: users, groups, roles and
// policies, in pages that go from one list to the next.
func (s *region) answerIAM(form url.Values, requestID string) (any, *apiError) {
	switch form.Get("Action") {
	case "GetAccountAuthorizationDetails":
	case "SimulatePrincipalPolicy":
		return s.simulatePolicy(form, requestID)
	default:
		return nil, invalidAction(form.Get("Action"))
	}
	p := s.pager("iam:GetAccountAuthorizationDetails", 100)
	if text := form.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return nil, &apiError{Status: 400, Code: "ValidationError", Message: fmt.Sprintf(
				"1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000", text)}
		}
		p.size = n
	}
	filters := formList(form, "Filter")
	items := s.iamItems(filters)
	params := map[string]any{"Filter": filters, "NextToken": form.Get("Marker")}
	items, next, refusal := page(items, params, "GetAccountAuthorizationDetails", p)
	if refusal != nil {
		return nil, &apiError{Status: 400, Code: "ValidationError", Message: "Invalid Marker."}
	}
	result := xmlNode{name: "GetAccountAuthorizationDetailsResult"}
	for _, part := range s.account.IAM.parts() {
		list := xmlNode{name: part.member}
		for _, item := range items {
			if item.part.key == part.key {
				list.inner = append(list.inner, toXML("member", item.fields, part.as))
			}
		}
		result.inner = append(result.inner, list)
	}
	result.inner = append(result.inner, xmlNode{name: "IsTruncated", text: strconv.FormatBool(next != "")})
	if next != "" {
		result.inner = append(result.inner, xmlNode{name: "Marker", text: next})
	}
	return xmlNode{name: "GetAccountAuthorizationDetailsResponse", inner: []xmlNode{
		result, {name: "ResponseMetadata", inner: []xmlNode{{name: "RequestId", text: requestID}}},
	}}, nil
}

// iamItems gives what the filters ask for. The account's entries are shared by
// its regions: IAM has none.
func (s *region) iamItems(filters []string) []iamItem {
	var out []iamItem
	for _, place := range s.regions {
		if place.account.AccountID != s.account.AccountID {
			continue
		}
		for _, part := range place.account.IAM.parts() {
			for _, fields := range *part.items {
				item := iamItem{part, maps.Clone(fields)}
				item.complete(s.account)
				if len(filters) == 0 || slices.ContainsFunc(part.filters, func(f string) bool { return slices.Contains(filters, f) }) && item.fits(filters) {
					out = append(out, item)
				}
			}
		}
	}
	return out
}

func (i iamItem) complete(a *Account) {
	if i.fields["Arn"] == nil {
		i.fields["Arn"] = fmt.Sprintf("arn:%s:iam::%s:%s%v%v", a.partition(), a.AccountID, i.part.arnType, i.fields["Path"], i.fields[i.part.name])
	}
}

// fits tells AWS's own policies from the account's.
func (i iamItem) fits(filters []string) bool {
	if i.part.key != "policies" {
		return true
	}
	arn, _ := i.fields["Arn"].(string)
	if strings.Contains(arn, ":iam::aws:") {
		return slices.Contains(filters, "AWSManagedPolicy")
	}
	return slices.Contains(filters, "LocalManagedPolicy")
}

// formList reads Name.member.1, Name.member.2 and so on.
func formList(form url.Values, name string) []string {
	var out []string
	for i := 1; form.Has(fmt.Sprintf("%s.member.%d", name, i)); i++ {
		out = append(out, form.Get(fmt.Sprintf("%s.member.%d", name, i)))
	}
	return out
}
