package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// LogGroup is a group of CloudWatch Logs.
type LogGroup struct {
	Name string `json:"name"`
	// RetentionDays is how long events stay; 0 means for ever.
	RetentionDays int   `json:"retentionDays,omitempty"`
	StoredBytes   int64 `json:"storedBytes,omitempty"`
	// CreatedAt is RFC 3339.
	CreatedAt string `json:"createdAt,omitempty"`
	KMSKeyID  string `json:"kmsKeyID,omitempty"`
	// Class is STANDARD (the default), INFREQUENT_ACCESS or DELIVERY.
	Class string `json:"class,omitempty"`

	createdAt time.Time
}

func (a *Account) completeLogGroups() error {
	for i := range a.LogGroups {
		g := &a.LogGroups[i]
		g.Class = orDefault(g.Class, "STANDARD")
		if g.Name == "" {
			return fmt.Errorf("logGroups[%d].name: must be set", i)
		}
		if g.RetentionDays < 0 || g.StoredBytes < 0 {
			return fmt.Errorf("logGroups[%d]: retentionDays and storedBytes must not be negative", i)
		}
		if g.CreatedAt == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, g.CreatedAt)
		if err != nil {
			return fmt.Errorf("logGroups[%d].createdAt: %q is not a time such as 2026-01-31T23:59:59Z", i, g.CreatedAt)
		}
		g.createdAt = at
	}
	slices.SortFunc(a.LogGroups, func(x, y LogGroup) int { return strings.Compare(x.Name, y.Name) })
	return nil
}

var logOperations = map[string]jsonOperation{
	"DescribeLogGroups": {input: reflect.TypeFor[cwl.DescribeLogGroupsInput](), lowerFirst: true, serve: (*region).logGroups},
}

// maxLogPage is DescribeLogGroups' largest page, and its page when none is
// asked for.
const maxLogPage = 50

// logGroups answers DescribeLogGroups, by name.
func (s *region) logGroups(action string, params map[string]any) (map[string]any, *apiError) {
	p := s.pager(action, maxLogPage)
	if n, ok := number(params["Limit"]); ok {
		if n < 1 || n > maxLogPage {
			return nil, invalidParameter(fmt.Sprintf("1 validation error detected: Value '%s' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50", strconv.Itoa(int(n))))
		}
		p.size = int(n)
	}
	var kept []LogGroup
	for _, g := range s.account.LogGroups {
		keep, refusal := g.matches(params)
		if refusal != nil {
			return nil, refusal
		}
		if keep {
			kept = append(kept, g)
		}
	}
	kept, next, refusal := page(kept, without(params, "Limit"), "DescribeLogGroups", p)
	if refusal != nil {
		return nil, invalidParameter("The specified nextToken is invalid.")
	}
	list := []map[string]any{}
	for _, g := range kept {
		list = append(list, g.wire(s.account))
	}
	answer := map[string]any{"logGroups": list}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}

func (g LogGroup) matches(params map[string]any) (bool, *apiError) {
	for name, value := range params {
		text, _ := value.(string)
		switch name {
		case "Limit", "NextToken":
		case "LogGroupNamePrefix":
			if !strings.HasPrefix(g.Name, text) {
				return false, nil
			}
		case "LogGroupNamePattern":
			if !strings.Contains(strings.ToLower(g.Name), strings.ToLower(text)) {
				return false, nil
			}
		case "LogGroupClass":
			if g.Class != text {
				return false, nil
			}
		default:
			return false, invalidParameter("The stand-in account does not implement the parameter " + name + " of DescribeLogGroups.")
		}
	}
	return true, nil
}

func (g LogGroup) wire(a *Account) map[string]any {
	arn := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", a.partition(), a.Region, a.AccountID, g.Name)
	out := map[string]any{
		"logGroupName": g.Name, "arn": arn + ":*", "logGroupArn": arn, "storedBytes": g.StoredBytes, "metricFilterCount": 0,
		"creationTime": g.createdAt.UnixMilli(), "logGroupClass": g.Class,
	}
	if g.RetentionDays > 0 {
		out["retentionInDays"] = g.RetentionDays
	}
	if g.KMSKeyID != "" {
		out["kmsKeyId"] = g.KMSKeyID
	}
	return out
}

// without copies parameters but one.
func without(params map[string]any, name string) map[string]any {
	out := map[string]any{}
	for key, value := range params {
		if key != name {
			out[key] = value
		}
	}
	return out
}
