package standin

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// EndpointCalls say that a principal called an endpoint, so and so often.
type EndpointCalls struct {
	// Principal is the ARN of a user or of a role's session
	// (arn:aws:sts::…:assumed-role/Role/session).
	Principal string `json:"principal"`
	Endpoint  string `json:"endpoint"`
	// Operation is InvokeEndpoint (the default), InvokeEndpointAsync or
	// InvokeEndpointWithResponseStream.
	Operation string `json:"operation,omitempty"`
	// PerDay is the number of calls a day, spread evenly.
	PerDay int `json:"perDay"`
	// Days is how many days back they go, the day of the start included;
	// default 7.
	Days int `json:"days,omitempty"`
	// UserAgent and SourceIP are what CloudTrail saw.
	UserAgent string `json:"userAgent,omitempty"`
	SourceIP  string `json:"sourceIP,omitempty"`
	// DeniedPerDay are calls a day that IAM refused, besides.
	DeniedPerDay int `json:"deniedPerDay,omitempty"`
}

// maxLoggedCalls bounds the log files, which are made at the start.
const maxLoggedCalls = 300_000

func (c *CloudTrail) checkCalls() error {
	total := 0
	for i := range c.Calls {
		call := &c.Calls[i]
		at := fmt.Sprintf("cloudTrail.calls[%d]", i)
		call.Days, call.Operation = orDefault(call.Days, 7), orDefault(call.Operation, "InvokeEndpoint")
		switch {
		case !strings.HasPrefix(call.Principal, "arn:"):
			return fmt.Errorf("%s.principal: %q is not an ARN", at, call.Principal)
		case call.Endpoint == "":
			return fmt.Errorf("%s.endpoint: must be set", at)
		case call.PerDay < 0 || call.DeniedPerDay < 0 || call.Days < 0 || call.Days > 90:
			return fmt.Errorf("%s: perDay and deniedPerDay must not be negative, days must be 1 to 90", at)
		}
		total += (call.PerDay + call.DeniedPerDay) * call.Days
	}
	if total > maxLoggedCalls {
		return fmt.Errorf("cloudTrail.calls: %d calls in all; %d at most", total, maxLoggedCalls)
	}
	return nil
}

// objects makes the log files of every trail that logs invocations: one an
// hour, as AWS names them, with the calls up to now.
func (c *CloudTrail) objects(a *Account, now time.Time) ([]Bucket, error) {
	var out []Bucket
	for _, t := range c.Trails {
		bucket, _ := t.Trail["S3BucketName"].(string)
		if bucket == "" || !t.logsInvocations() {
			continue
		}
		objects, err := c.logFiles(a, t, now.UTC())
		if err != nil {
			return nil, err
		}
		out = append(out, Bucket{Name: bucket, Objects: objects})
	}
	return out, nil
}

// logsInvocations: calls of endpoints are data events, which a trail logs only
// when a selector names their resource type.
func (t Trail) logsInvocations() bool {
	text, err := json.Marshal([]any{t.EventSelectors, t.AdvancedEventSelectors})
	return err == nil && bytes.Contains(text, []byte(resourceTypeEndpoint))
}

const resourceTypeEndpoint = "AWS::SageMaker::Endpoint"

func (c *CloudTrail) logFiles(a *Account, t Trail, now time.Time) ([]Object, error) {
	hours := map[time.Time][]map[string]any{}
	for i, call := range c.Calls {
		first := now.Truncate(24*time.Hour).AddDate(0, 0, 1-call.Days)
		perDay := call.PerDay + call.DeniedPerDay
		for n := range perDay * call.Days {
			at := first.Add(time.Duration(float64(n) * 24 / float64(perDay) * float64(time.Hour))).Truncate(time.Second)
			if at.After(now) {
				break
			}
			denied := n%perDay >= call.PerDay
			hour := at.Truncate(time.Hour)
			hours[hour] = append(hours[hour], call.event(a, i, n, at, denied))
		}
	}
	prefix := "AWSLogs/"
	if own, _ := t.Trail["S3KeyPrefix"].(string); own != "" {
		prefix = own + "/" + prefix
	}
	var out []Object
	for hour, records := range hours {
		content, err := gzipJSON(map[string]any{"Records": records})
		if err != nil {
			return nil, fmt.Errorf("write a trail's log: %w", err)
		}
		out = append(out, Object{
			Key: fmt.Sprintf("%s%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%016X.json.gz", prefix, a.AccountID, a.Region, hour.Format("2006/01/02"),
				a.AccountID, a.Region, hour.Add(time.Hour).Format("20060102T1504Z"), digest(hour.String())),
			content: content,
		})
	}
	return out, nil
}

func digest(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

func gzipJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("start gzip: %w", err)
	}
	if err := json.NewEncoder(w).Encode(value); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end gzip: %w", err)
	}
	return out.Bytes(), nil
}

// event is one record of a log file. The form is CloudTrail's documented one;
// no public record of an endpoint's data event confirms every field.
func (c EndpointCalls) event(a *Account, call, n int, at time.Time, denied bool) map[string]any {
	id := digest(fmt.Sprintf("%s/%d/%d/%s", a.AccountID, call, n, at))
	arn := a.arn(kindEndpoint, c.Endpoint, nil)
	event := map[string]any{
		"eventVersion": "1.11", "userIdentity": c.userIdentity(), "eventTime": at.Format(time.RFC3339),
		"eventSource": "sagemaker.amazonaws.com", "eventName": c.Operation, "awsRegion": a.Region,
		"sourceIPAddress":   orDefault(c.SourceIP, "10.0.0.1"),
		"userAgent":         orDefault(c.UserAgent, "Boto3/1.43.67 md/Botocore#1.43.67"),
		"requestParameters": map[string]any{"endpointName": c.Endpoint}, "responseElements": nil,
		"requestID": fmt.Sprintf("%016x-r", id), "eventID": fmt.Sprintf("%016x-e", id), "readOnly": false,
		"resources": []any{map[string]any{"accountId": a.AccountID, "type": resourceTypeEndpoint, "ARN": arn}},
		"eventType": "AwsApiCall", "managementEvent": false, "recipientAccountId": a.AccountID, "eventCategory": "Data",
	}
	if denied {
		event["errorCode"] = "AccessDenied"
		event["errorMessage"] = fmt.Sprintf("User: %s is not authorized to perform: sagemaker:%s on resource: %s", c.Principal, c.Operation, arn)
	}
	return event
}

// userIdentity has the two forms that calls of endpoints come in.
func (c EndpointCalls) userIdentity() map[string]any {
	parts := strings.SplitN(c.Principal, ":", 6)
	account, resource := parts[min(4, len(parts)-1)], parts[len(parts)-1]
	kind, name, _ := strings.Cut(resource, "/")
	if kind != "assumed-role" {
		return map[string]any{"type": "IAMUser", "arn": c.Principal, "accountId": account, "userName": name[strings.LastIndex(name, "/")+1:]}
	}
	role, _, _ := strings.Cut(name, "/")
	return map[string]any{
		"type": "AssumedRole", "arn": c.Principal, "accountId": account, "principalId": "AROA:" + name,
		"sessionContext": map[string]any{"sessionIssuer": map[string]any{
			"type": "Role", "arn": "arn:" + parts[1] + ":iam::" + account + ":role/" + role, "accountId": account, "userName": role,
		}},
	}
}
