package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	ct "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// CloudTrail holds an account's trails, and the calls that they logged.
type CloudTrail struct {
	Trails []Trail `json:"trails,omitempty"`
	// EventDataStores are CloudTrail Lake's, in AWS's shape.
	EventDataStores []map[string]any `json:"eventDataStores,omitempty"`
	// Calls are the invocations that the trails' log files show.
	Calls []EndpointCalls `json:"calls,omitempty"`
}

// Trail is a trail with what the other operations answer about it. All parts
// are in AWS's shape, checked against the SDK's types.
type Trail struct {
	// Trail is the entry of DescribeTrails. TrailARN is derived when left out.
	Trail map[string]any `json:"trail"`
	// Status is the answer of GetTrailStatus; default IsLogging true.
	Status map[string]any `json:"status,omitempty"`
	// EventSelectors and AdvancedEventSelectors are those of
	// GetEventSelectors. Without either a trail logs management events only.
	EventSelectors         []map[string]any `json:"eventSelectors,omitempty"`
	AdvancedEventSelectors []map[string]any `json:"advancedEventSelectors,omitempty"`
}

// complete turns the file's entries into wire form.
func (c *CloudTrail) complete() error {
	for i := range c.Trails {
		t := &c.Trails[i]
		at := fmt.Sprintf("cloudTrail.trails[%d]", i)
		if name, _ := t.Trail["Name"].(string); name == "" {
			return fmt.Errorf("%s.trail.Name: must be set", at)
		}
		if t.Status == nil {
			t.Status = map[string]any{"IsLogging": true}
		}
		if err := conformInto(at+".trail", &t.Trail, reflect.TypeFor[cttypes.Trail]()); err != nil {
			return err
		}
		if err := conformInto(at+".status", &t.Status, reflect.TypeFor[ct.GetTrailStatusOutput]()); err != nil {
			return err
		}
		if err := conformAll(at+".eventSelectors", t.EventSelectors, reflect.TypeFor[cttypes.EventSelector]()); err != nil {
			return err
		}
		if err := conformAll(at+".advancedEventSelectors", t.AdvancedEventSelectors, reflect.TypeFor[cttypes.AdvancedEventSelector]()); err != nil {
			return err
		}
	}
	if err := conformAll("cloudTrail.eventDataStores", c.EventDataStores, reflect.TypeFor[cttypes.EventDataStore]()); err != nil {
		return err
	}
	return c.checkCalls()
}

func conformInto(at string, fields *map[string]any, as reflect.Type) error {
	conformed, shape := conformFields(at, *fields, as)
	if shape != nil {
		return shape
	}
	*fields = conformed
	return nil
}

func conformAll(at string, items []map[string]any, as reflect.Type) error {
	for i := range items {
		if err := conformInto(fmt.Sprintf("%s[%d]", at, i), &items[i], as); err != nil {
			return err
		}
	}
	return nil
}

var trailOperations = map[string]jsonOperation{
	"DescribeTrails":      {input: reflect.TypeFor[ct.DescribeTrailsInput](), lowerFirst: true, serve: (*region).describeTrails},
	"GetTrailStatus":      {input: reflect.TypeFor[ct.GetTrailStatusInput](), serve: (*region).trailStatus},
	"GetEventSelectors":   {input: reflect.TypeFor[ct.GetEventSelectorsInput](), serve: (*region).eventSelectors},
	"GetEventDataStore":   {input: reflect.TypeFor[ct.GetEventDataStoreInput](), serve: (*region).eventDataStore},
	"ListEventDataStores": {input: reflect.TypeFor[ct.ListEventDataStoresInput](), serve: (*region).eventDataStores},
}

// wire is the trail as DescribeTrails gives it.
func (t Trail) wire(a *Account) map[string]any {
	out := map[string]any{"HomeRegion": a.Region, "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": false}
	for name, value := range t.Trail {
		out[name] = value
	}
	if out["TrailARN"] == nil {
		out["TrailARN"] = fmt.Sprintf("arn:%s:cloudtrail:%v:%s:trail/%v", a.partition(), out["HomeRegion"], a.AccountID, out["Name"])
	}
	out["HasCustomEventSelectors"] = len(t.EventSelectors)+len(t.AdvancedEventSelectors) > 0
	return out
}

// trails are those of the region, and the multi-region ones of the account's
// other regions, which CloudTrail calls shadow trails.
func (s *region) trails(shadows bool) []trailAt {
	var out []trailAt
	for _, place := range s.regions {
		if place.account.AccountID != s.account.AccountID {
			continue
		}
		for _, t := range place.account.CloudTrail.Trails {
			if place == s || shadows && t.Trail["IsMultiRegionTrail"] == true {
				out = append(out, trailAt{t, t.wire(place.account)})
			}
		}
	}
	return out
}

// trailAt is a trail with its wire form.
type trailAt struct {
	Trail
	fields map[string]any
}

func (s *region) describeTrails(_ string, params map[string]any) (map[string]any, *apiError) {
	names := texts(params["TrailNameList"])
	list := []map[string]any{}
	for _, t := range s.trails(params["IncludeShadowTrails"] != false) {
		if len(names) == 0 || slices.Contains(names, fmt.Sprint(t.fields["Name"])) || slices.Contains(names, fmt.Sprint(t.fields["TrailARN"])) {
			list = append(list, t.fields)
		}
	}
	return map[string]any{"trailList": list}, nil
}

// trail finds a trail by name or ARN.
func (s *region) trail(id any) (trailAt, *apiError) {
	if id == nil {
		return trailAt{}, &apiError{Status: 400, Code: "InvalidTrailNameException", Message: "Trail name cannot be blank!"}
	}
	for _, t := range s.trails(true) {
		if t.fields["Name"] == id || t.fields["TrailARN"] == id {
			return t, nil
		}
	}
	return trailAt{}, &apiError{Status: 400, Code: "TrailNotFoundException", Message: fmt.Sprintf("Unknown trail: %v for the user: %s", id, s.account.AccountID)}
}

func (s *region) trailStatus(_ string, params map[string]any) (map[string]any, *apiError) {
	t, refusal := s.trail(params["Name"])
	if refusal != nil {
		return nil, refusal
	}
	return t.Status, nil
}

func (s *region) eventSelectors(_ string, params map[string]any) (map[string]any, *apiError) {
	t, refusal := s.trail(params["TrailName"])
	if refusal != nil {
		return nil, refusal
	}
	answer := map[string]any{"TrailARN": t.fields["TrailARN"]}
	switch {
	case len(t.AdvancedEventSelectors) > 0:
		answer["AdvancedEventSelectors"] = t.AdvancedEventSelectors
	case len(t.EventSelectors) > 0:
		answer["EventSelectors"] = t.EventSelectors
	default: // what a new trail has
		answer["EventSelectors"] = []map[string]any{{
			"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": []any{}, "ExcludeManagementEventSources": []any{},
		}}
	}
	return answer, nil
}

// maxDataStorePage is the page of ListEventDataStores.
const maxDataStorePage = 25

// eventDataStores answers the fields that ListEventDataStores still gives;
// the SDK deprecates the others.
func (s *region) eventDataStores(action string, params map[string]any) (map[string]any, *apiError) {
	p := s.pager(action, maxDataStorePage)
	if n, ok := number(params["MaxResults"]); ok {
		p.size = int(max(1, n))
	}
	kept, next, refusal := page(s.account.CloudTrail.EventDataStores, params, "ListEventDataStores", p)
	if refusal != nil {
		return nil, &apiError{Status: 400, Code: "InvalidNextTokenException", Message: refusal.Message}
	}
	answer := map[string]any{"EventDataStores": append([]map[string]any{}, kept...)}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

// eventDataStore answers GetEventDataStore, by ARN or by the id that ends it.
func (s *region) eventDataStore(_ string, params map[string]any) (map[string]any, *apiError) {
	id := fmt.Sprint(params["EventDataStore"])
	for _, store := range s.account.CloudTrail.EventDataStores {
		arn := fmt.Sprint(store["EventDataStoreArn"])
		if arn == id || strings.HasSuffix(arn, "/"+id) {
			return store, nil
		}
	}
	return nil, &apiError{Status: 400, Code: "EventDataStoreNotFoundException", Message: "The specified event data store was not found: " + id}
}
