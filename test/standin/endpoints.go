package standin

import (
	"fmt"
	"slices"
	"time"
)

var (
	kindEndpoint       = kindByKey("endpoints")
	kindEndpointConfig = kindByKey("endpointConfigs")
	kindModel          = kindByKey("models")
	kindComponent      = kindByKey("inferenceComponents")
	kindPipeline       = kindByKey("pipelines")
	kindExecution      = kindByKey("pipelineExecutions")
)

// listTags answers ListTags for any resource of the account. What AWS answers
// for an ARN without a resource is not known; here it is the not-found error
// of the hosting kinds.
func (s *region) listTags(params map[string]any, now time.Time) (map[string]any, *apiError) {
	arn, _ := params["ResourceArn"].(string)
	if arn == "" {
		return nil, missingParameter("ResourceArn")
	}
	r := s.store.findARN(arn, now)
	if r == nil {
		return nil, validation(fmt.Sprintf("Could not find resource %q.", arn))
	}
	tags := r.tagList()
	size := 50
	if n, ok := number(params["MaxResults"]); ok {
		size = int(n)
	}
	tags, next, refusal := page(tags, params, "ListTags", s.pager("sagemaker:ListTags", size))
	if refusal != nil {
		return nil, refusal
	}
	answer := map[string]any{"Tags": append([]map[string]any{}, tags...)}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

// updateWeights answers UpdateEndpointWeightsAndCapacities. Like AWS it takes
// the endpoint through Updating, for Limits.UpdateSeconds.
func (s *region) updateWeights(params map[string]any, now time.Time) (map[string]any, *apiError) {
	name, _ := params["EndpointName"].(string)
	wanted, _ := params["DesiredWeightsAndCapacities"].([]any)
	switch {
	case name == "":
		return nil, missingParameter("EndpointName")
	case len(wanted) == 0:
		return nil, missingParameter("DesiredWeightsAndCapacities")
	}
	old := s.store.find(kindEndpoint, name, now)
	if old == nil {
		return nil, s.notFound(kindEndpoint, name)
	}
	if status := old.text("EndpointStatus"); status != "InService" {
		return nil, validation(fmt.Sprintf("Cannot update endpoint %q: its status is %s, and it must be InService.", old.text("EndpointArn"), status))
	}
	updating, done := clone(old.fields), clone(old.fields)
	for i, item := range wanted {
		want, _ := item.(map[string]any)
		if refusal := applyDesired(i, want, updating, done); refusal != nil {
			return nil, refusal
		}
	}
	updating["EndpointStatus"] = "Updating"
	done["LastModifiedTime"] = epochSeconds(now)
	next := *old
	next.fields, next.pending = updating, done
	next.due = now.Add(time.Duration(s.account.Limits.UpdateSeconds) * time.Second)
	if !s.store.replace(old, &next) {
		return nil, validation(fmt.Sprintf("Cannot update in-progress endpoint %q.", old.text("EndpointArn")))
	}
	return map[string]any{"EndpointArn": old.text("EndpointArn")}, nil
}

// applyDesired writes one variant's desired weight and count into both forms,
// and the current ones into the finished form.
func applyDesired(i int, want, updating, done map[string]any) *apiError {
	name, _ := want["VariantName"].(string)
	at := fmt.Sprintf("DesiredWeightsAndCapacities.%d.member.", i+1)
	if name == "" {
		return missingParameter(at + "VariantName")
	}
	if weight, ok := number(want["DesiredWeight"]); ok && weight < 0 {
		return constraint(fmt.Sprint(weight), at+"DesiredWeight", "Member must have value greater than or equal to 0")
	}
	if count, ok := number(want["DesiredInstanceCount"]); ok && count < 0 {
		return constraint(fmt.Sprint(count), at+"DesiredInstanceCount", "Member must have value greater than or equal to 0")
	}
	found := setVariant(updating, name, want, "Desired") && setVariant(done, name, want, "Desired", "Current")
	if !found {
		return validation(fmt.Sprintf("Could not find variant %q.", name))
	}
	return nil
}

// setVariant writes the desired weight and count under each prefix; false
// when there is no such variant.
func setVariant(fields map[string]any, name string, want map[string]any, prefixes ...string) bool {
	i := slices.IndexFunc(variantsOf(fields), func(v map[string]any) bool { return v["VariantName"] == name })
	if i < 0 {
		return false
	}
	for _, field := range []string{"Weight", "InstanceCount"} {
		value, ok := want["Desired"+field]
		for _, prefix := range prefixes {
			if ok {
				variantsOf(fields)[i][prefix+field] = value
			}
		}
	}
	return true
}
