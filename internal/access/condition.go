package access

import "strings"

// Request is what is asked of IAM.
type Request struct {
	// Action is such as sagemaker:InvokeEndpoint.
	Action string
	// Resource is the ARN of what is acted on.
	Resource string
	// Principal is the ARN of the user or role that acts; empty where it is not
	// known, which leaves conditions on it open.
	Principal string
}

// keyValue is what is known of a key of the request.
type keyValue struct {
	text    string
	present bool
}

// Positions of the fields in an ARN.
const (
	arnRegion  = 3
	arnAccount = 4
	arnName    = 5
)

func arnField(arn string, index int) string {
	fields := strings.SplitN(arn, ":", arnFields)
	if len(fields) < arnFields {
		return ""
	}
	return fields[index]
}

// lookUp returns what is known of a key without having seen the request. Keys
// that a session can change, such as tags, are not.
func (r Request) lookUp(key string) (value keyValue, known bool) {
	of := func(text string) (keyValue, bool) { return keyValue{text, true}, text != "" }
	switch strings.ToLower(key) {
	case "aws:requestedregion":
		return of(arnField(r.Resource, arnRegion))
	case "aws:resourceaccount":
		return of(arnField(r.Resource, arnAccount))
	case "aws:principalaccount":
		return of(arnField(r.Principal, arnAccount))
	case "aws:principalarn":
		return of(r.Principal)
	case "aws:username":
		name, isUser := strings.CutPrefix(arnField(r.Principal, arnName), "user/")
		return keyValue{name[strings.LastIndexByte(name, '/')+1:], isUser}, r.Principal != ""
	case "aws:securetransport":
		// The SDKs and AWS's addresses for inference speak HTTPS only.
		return of("true")
	case "aws:principalisawsservice":
		return of("false")
	default:
		return keyValue{}, false
	}
}

// comparison is a condition operator that can be judged.
type comparison struct {
	equal   func(pattern, value string) bool
	negated bool
}

func same(a, b string) bool { return a == b }

func like(text, value string) bool { return newPattern(text, false).matches([]rune(value)) }

// likeARN compares field by field, as ArnLike and ArnEquals do.
func likeARN(text, value string) bool {
	want, got := strings.SplitN(text, ":", arnFields), strings.SplitN(value, ":", arnFields)
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !like(want[i], got[i]) {
			return false
		}
	}
	return true
}

var comparisons = map[string]comparison{
	"stringequals": {same, false}, "stringnotequals": {same, true},
	"stringequalsignorecase": {strings.EqualFold, false}, "stringnotequalsignorecase": {strings.EqualFold, true},
	"stringlike": {like, false}, "stringnotlike": {like, true},
	"arnequals": {likeARN, false}, "arnlike": {likeARN, false},
	"arnnotequals": {likeARN, true}, "arnnotlike": {likeARN, true},
	"bool": {strings.EqualFold, false},
}

// holds judges a condition. Operators and keys that are not known leave it open.
func (c Condition) holds(r Request, variables bool) truth {
	value, known := r.lookUp(c.Key)
	operator, ifExists := strings.CutSuffix(strings.ToLower(c.Operator), "ifexists")
	if !known || variables && strings.Contains(strings.Join(c.Values, "\n"), "${") {
		return perhaps
	}
	if operator == "null" && len(c.Values) == 1 {
		return truthOf(strings.EqualFold(c.Values[0], "true") != value.present)
	}
	compare, judged := comparisons[operator]
	switch {
	case !judged:
		return perhaps
	case !value.present:
		return truthOf(ifExists || compare.negated)
	}
	for _, want := range c.Values {
		if compare.equal(want, value.text) {
			return truthOf(!compare.negated)
		}
	}
	return truthOf(compare.negated)
}
