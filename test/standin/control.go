package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
)

const (
	contentJSON11 = "application/x-amz-json-1.1"
	targetControl = "SageMaker."
	// maxControlBodyBytes is far above any control request.
	maxControlBodyBytes = 1 << 20
)

// controlOperation is one operation of the SageMaker control API.
type controlOperation struct {
	name string
	// input is the SDK's input type, against which requests are checked.
	input reflect.Type
	// names is the kind that a Describe operation names; nil for others.
	names *kind
	// maxResults is the largest MaxResults; 0 means 100.
	maxResults int
	// serve answers; params have the shape of input.
	serve func(s *region, params map[string]any, now time.Time) (map[string]any, *apiError)
}

// controlOperations is built from the table of kinds.
var controlOperations = buildControlOperations()

func buildControlOperations() map[string]controlOperation {
	all := map[string]controlOperation{}
	add := func(op controlOperation) { all[op.name] = op }
	for _, k := range kinds {
		if k.input != nil {
			add(describeOperation(k, describing{input: k.input}))
		}
		for _, d := range k.also {
			add(describeOperation(k, d))
		}
		for _, l := range k.lists {
			add(listOperation(k, l))
		}
	}
	add(controlOperation{
		name:  "DescribePipelineDefinitionForExecution",
		input: reflect.TypeFor[sm.DescribePipelineDefinitionForExecutionInput](), serve: (*region).definitionForExecution,
	})
	add(controlOperation{name: "ListTags", input: reflect.TypeFor[sm.ListTagsInput](), serve: (*region).listTags})
	add(controlOperation{
		name: "UpdateEndpointWeightsAndCapacities", input: reflect.TypeFor[sm.UpdateEndpointWeightsAndCapacitiesInput](),
		serve: (*region).updateWeights,
	})
	return all
}

func describeOperation(k *kind, d describing) controlOperation {
	return controlOperation{
		name: operation(d.input), input: reflect.TypeOf(d.input), names: k,
		serve: func(s *region, params map[string]any, now time.Time) (map[string]any, *apiError) {
			return s.describe(k, d.output, params, now)
		},
	}
}

func listOperation(k *kind, l listing) controlOperation {
	name := operation(l.input)
	return controlOperation{
		name: name, input: reflect.TypeOf(l.input), maxResults: l.maxResults,
		serve: func(s *region, params map[string]any, now time.Time) (map[string]any, *apiError) {
			for _, parent := range l.parents {
				if params[parent] == nil {
					return nil, missingParameter(parent)
				}
			}
			if l.parentKind != "" {
				id, _ := params[l.parents[0]].(string)
				if parent := kindByKey(l.parentKind); s.store.find(parent, id, now) == nil {
					return nil, s.notFound(parent, id)
				}
			}
			return l.list(k, s.store.all(k, now), params, s.pager("sagemaker:"+name, s.account.Limits.PageSize))
		},
	}
}

// serveControl answers a JSON 1.1 request to SageMaker.
func (s *region) serveControl(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetControl)
	answer, refusal := s.control(name, r)
	s.counters.call(s.name, "sagemaker:"+name, refusal != nil)
	if refusal != nil {
		writeJSONError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, contentJSON11, answer)
}

func (s *region) control(name string, r *http.Request) (map[string]any, *apiError) {
	body, who, refusal := s.authenticate(r, "sagemaker", maxControlBodyBytes)
	if refusal != nil {
		return nil, refusal.withStatus(http.StatusBadRequest)
	}
	op, ok := controlOperations[name]
	if !ok {
		return nil, unknownOperation(name)
	}
	params, refusal := decodeJSON11(body, op.input, false)
	if refusal != nil {
		return nil, refusal
	}
	action := "sagemaker:" + name
	if refusal := s.admit(who, action, s.resourceOf(op, params)); refusal != nil {
		return nil, refusal
	}
	if refusal := checkMaxResults(op, params); refusal != nil {
		return nil, refusal
	}
	return op.serve(s, params, s.now())
}

func unknownOperation(name string) *apiError {
	return &apiError{
		Status: http.StatusBadRequest, Code: "UnknownOperationException",
		Message: fmt.Sprintf("The stand-in account does not implement %q.", name),
	}
}

// resourceOf is the ARN that an access denial names.
func (s *region) resourceOf(op controlOperation, params map[string]any) string {
	if op.names == nil {
		return "*"
	}
	id, _ := params[op.names.nameParam()].(string)
	arn := s.account.arn(op.names, id, func(name string) string {
		text, _ := params[name].(string)
		return text
	})
	switch {
	case strings.HasPrefix(id, "arn:"):
		return id
	case id == "" || arn == "":
		return "*"
	}
	return arn
}

// decodeJSON11 reads a request body and checks it against the SDK's input
// type, in whose names it answers; lowerFirst services write them with a small
// first letter. AWS ignores fields it does not know; here they are refused, because
// a test double should not hide a misspelt one.
func decodeJSON11(body []byte, input reflect.Type, lowerFirst bool) (map[string]any, *apiError) {
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	var decoded any
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&decoded); err != nil || decoder.More() {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "SerializationException", Message: "The body is not one JSON object."}
	}
	params, ok := decoded.(map[string]any)
	if !ok {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "SerializationException", Message: "The body is not one JSON object."}
	}
	for name, value := range params {
		if value == nil { // null means absent in the JSON protocols
			delete(params, name)
		}
	}
	if lowerFirst {
		params = upperFirst(params)
	}
	params, shape := conformFields("", params, input)
	if shape != nil {
		return nil, constraint(fmt.Sprint(shape.value), orDefault(shape.path, "body"), shape.message)
	}
	return params, nil
}

func upperFirst(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		out[strings.ToUpper(name[:min(1, len(name))])+name[min(1, len(name)):]] = value
	}
	return out
}

// checkMaxResults applies 1 to 100, and 50 at least for ListTags.
func checkMaxResults(op controlOperation, params map[string]any) *apiError {
	n, ok := number(params["MaxResults"])
	if !ok {
		return nil
	}
	low, high := 1.0, float64(orDefault(op.maxResults, 100))
	if op.name == "ListTags" {
		low = 50
	}
	switch {
	case n < low:
		return constraint(strconv.Itoa(int(n)), "MaxResults", fmt.Sprintf("Member must have value greater than or equal to %d", int(low)))
	case n > high:
		return constraint(strconv.Itoa(int(n)), "MaxResults", fmt.Sprintf("Member must have value less than or equal to %d", int(high)))
	}
	return nil
}
