package standin

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	rgt "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
)

var tagOperations = map[string]jsonOperation{
	"GetResources": {input: reflect.TypeFor[rgt.GetResourcesInput](), serve: (*region).tagResources},
}

// maxTagPage is GetResources' largest page, and its page when none is asked
// for.
const maxTagPage = 100

// tagResources answers GetResources: the tagged resources, by ARN.
func (s *region) tagResources(action string, params map[string]any) (map[string]any, *apiError) {
	p := s.pager(action, maxTagPage)
	if n, ok := number(params["ResourcesPerPage"]); ok {
		if n < 1 || n > maxTagPage {
			return nil, invalidParameter("ResourcesPerPage must be between 1 and 100, not " + strconv.Itoa(int(n)))
		}
		p.size = int(n)
	}
	for name := range params {
		if !slices.Contains([]string{"ResourcesPerPage", "PaginationToken", "ResourceTypeFilters", "ResourceARNList", "TagFilters"}, name) {
			return nil, invalidParameter("The stand-in account does not implement the parameter " + name + " of GetResources.")
		}
	}
	arns, types := texts(params["ResourceARNList"]), texts(params["ResourceTypeFilters"])
	var kept []*record
	for _, k := range kinds {
		for _, r := range s.store.all(k, s.now()) {
			arn := r.text(k.arn)
			if len(r.tags) > 0 && arn != "" && (len(arns) == 0 || slices.Contains(arns, arn)) && ofType(arn, types) && hasTags(r.tags, params["TagFilters"]) {
				kept = append(kept, r)
			}
		}
	}
	slices.SortFunc(kept, func(a, b *record) int { return strings.Compare(a.text(a.kind.arn), b.text(b.kind.arn)) })
	query := maps.Clone(params)
	delete(query, "PaginationToken")
	delete(query, "ResourcesPerPage")
	query["NextToken"] = orDefault(params["PaginationToken"], any(""))
	kept, next, refusal := page(kept, query, "GetResources", p)
	if refusal != nil {
		return nil, &apiError{Status: 400, Code: "PaginationTokenExpiredException", Message: refusal.Message}
	}
	list := []map[string]any{}
	for _, r := range kept {
		list = append(list, map[string]any{"ResourceARN": r.text(r.kind.arn), "Tags": r.tagList()})
	}
	return map[string]any{"PaginationToken": next, "ResourceTagMappingList": list}, nil
}

func invalidParameter(message string) *apiError {
	return &apiError{Status: 400, Code: "InvalidParameterException", Message: message}
}

// tagList gives the tags by key.
func (r *record) tagList() []map[string]any {
	tags := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		tags = append(tags, map[string]any{"Key": key, "Value": r.tags[key]})
	}
	return tags
}

func texts(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// ofType matches "sagemaker" and "sagemaker:endpoint".
func ofType(arn string, types []string) bool {
	if len(types) == 0 {
		return true
	}
	parts := strings.SplitN(arn, ":", 6)
	resource, _, _ := strings.Cut(parts[5], "/")
	return slices.Contains(types, parts[2]) || slices.Contains(types, parts[2]+":"+resource)
}

// hasTags: every filter's key must be there, with one of its values if it has
// any.
func hasTags(tags map[string]string, filters any) bool {
	list, _ := filters.([]any)
	for _, item := range list {
		filter, _ := item.(map[string]any)
		key, _ := filter["Key"].(string)
		value, ok := tags[key]
		values := texts(filter["Values"])
		if !ok || len(values) > 0 && !slices.Contains(values, value) {
			return false
		}
	}
	return true
}
