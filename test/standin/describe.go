package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unidentifying are parameters of Describe operations that ask for a form of
// the answer and not for a resource.
var unidentifying = []string{"IncludedData", "IncludeAvailableUpgrade", "NextToken", "MaxResults", "NodeLogicalId"}

// describe answers one Describe operation. output, when set, is an older
// form of the answer.
func (s *region) describe(k *kind, output any, params map[string]any, now time.Time) (map[string]any, *apiError) {
	id, _ := params[k.nameParam()].(string)
	if number, ok := params[k.nameParam()].(int64); ok {
		id = strconv.FormatInt(number, 10)
	}
	if id == "" && k.key == "imageVersions" {
		return s.newestImageVersion(k, params, now)
	}
	if id == "" {
		return nil, missingParameter(k.nameParam())
	}
	for _, param := range k.within {
		if params[param] == nil {
			return nil, missingParameter(param)
		}
	}
	r := s.identify(k, id, params, now)
	switch {
	case r == nil || s.knobs.gone(s.name, "sagemaker:"+operation(k.input), id):
		return nil, s.notFound(k, id)
	case output != nil:
		return r.project(reflect.TypeOf(output)), nil
	case k.wrap != "":
		return map[string]any{k.wrap: r.fields}, nil
	}
	return r.fields, nil
}

// identify finds the resource that agrees with every parameter. Of several,
// which are versions, it is the last in the file.
func (s *region) identify(k *kind, id string, params map[string]any, now time.Time) *record {
	found := s.store.match(k, id, now)
	for _, r := range slices.Backward(found) {
		agrees := true
		for name, value := range params {
			if name == k.nameParam() || slices.Contains(unidentifying, name) {
				continue
			}
			agrees = agrees && r.text(name) == fmt.Sprint(value)
		}
		if agrees {
			return r
		}
	}
	return nil
}

// newestImageVersion answers without a version, which means the last one.
func (s *region) newestImageVersion(k *kind, params map[string]any, now time.Time) (map[string]any, *apiError) {
	image, _ := params["ImageName"].(string)
	if image == "" {
		return nil, missingParameter("ImageName")
	}
	for _, r := range slices.Backward(s.store.all(k, now)) {
		if r.text("ImageName") == image && params["Alias"] == nil {
			return r.fields, nil
		}
	}
	return nil, s.notFound(k, image)
}

// definitionForExecution answers DescribePipelineDefinitionForExecution: the
// definition the file gives for the run, or else its pipeline's of today.
func (s *region) definitionForExecution(params map[string]any, now time.Time) (map[string]any, *apiError) {
	arn, _ := params["PipelineExecutionArn"].(string)
	if arn == "" {
		return nil, missingParameter("PipelineExecutionArn")
	}
	run := s.store.find(kindExecution, arn, now)
	if run == nil {
		return nil, s.notFound(kindExecution, arn)
	}
	answer := map[string]any{"PipelineDefinition": run.of["PipelineDefinition"]}
	if at, ok := run.fields["CreationTime"]; ok {
		answer["CreationTime"] = at
	}
	if answer["PipelineDefinition"] != "" {
		return answer, nil
	}
	for _, p := range s.store.all(kindPipeline, now) {
		if ofPipeline(run, p.text("PipelineName")) {
			answer["PipelineDefinition"] = p.text("PipelineDefinition")
			return answer, nil
		}
	}
	return nil, s.notFound(kindPipeline, arn)
}

// notFound is AWS's wording. It is confirmed for endpoints and endpoint
// configurations only.
func (s *region) notFound(k *kind, id string) *apiError {
	if k.declaresNotFound {
		return &apiError{Status: 400, Code: "ResourceNotFound", Message: "Requested resource not found."}
	}
	arn := id
	if !strings.HasPrefix(id, "arn:") {
		arn = s.account.arn(k, id, func(string) string { return "" })
	}
	return validation(fmt.Sprintf("Could not find %s %q.", k.noun, arn))
}
