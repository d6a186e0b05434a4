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
	// serve answers; params have the shape of input.
	serve func(s *Server, params map[string]any, now time.Time) (map[string]any, *apiError)
}

// controlOperations is built from the table of kinds.
var controlOperations = buildControlOperations()

func buildControlOperations() map[string]controlOperation {
	all := map[string]controlOperation{}
	add := func(op controlOperation) { all[op.name] = op }
	for _, k := range kinds {
		add(controlOperation{
			name: operation(k.describe), input: describeInput(k),
			serve: func(s *Server, params map[string]any, now time.Time) (map[string]any, *apiError) {
				return s.describe(k, params, now)
			},
		})
		for _, l := range k.lists {
			name := operation(l.input)
			add(controlOperation{
				name: name, input: reflect.TypeOf(l.input),
				serve: func(s *Server, params map[string]any, now time.Time) (map[string]any, *apiError) {
					return l.list(k, s.store.all(k, now), params, s.account.Limits.PageSize, s.knobs.emptyFirstPage("sagemaker:"+name))
				},
			})
		}
	}
	add(controlOperation{name: "ListTags", input: reflect.TypeFor[sm.ListTagsInput](), serve: (*Server).listTags})
	add(controlOperation{
		name: "UpdateEndpointWeightsAndCapacities", input: reflect.TypeFor[sm.UpdateEndpointWeightsAndCapacitiesInput](),
		serve: (*Server).updateWeights,
	})
	return all
}

// describeInput is the one field every Describe operation of the table needs.
func describeInput(k *kind) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: k.name, Type: reflect.TypeFor[string]()}})
}

// serveControl answers a JSON 1.1 request to SageMaker.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetControl)
	answer, refusal := s.control(name, r)
	s.counters.call("sagemaker:"+name, refusal != nil)
	if refusal != nil {
		writeJSONError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, contentJSON11, answer)
}

func (s *Server) control(name string, r *http.Request) (map[string]any, *apiError) {
	body, who, refusal := s.authenticate(r, "sagemaker", maxControlBodyBytes)
	if refusal != nil {
		return nil, refusal.withStatus(http.StatusBadRequest)
	}
	op, ok := controlOperations[name]
	if !ok {
		return nil, unknownOperation(name)
	}
	params, refusal := decodeJSON11(body, op.input)
	if refusal != nil {
		return nil, refusal
	}
	action := "sagemaker:" + name
	if refusal := s.admit(who, action, s.resourceOf(name, params)); refusal != nil {
		return nil, refusal
	}
	if refusal := checkMaxResults(name, params); refusal != nil {
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
func (s *Server) resourceOf(name string, params map[string]any) string {
	for _, k := range kinds {
		if id, ok := params[k.name].(string); ok && operation(k.describe) == name {
			return s.account.arn(k, id)
		}
	}
	return "*"
}

// decodeJSON11 reads a request body and checks it against the SDK's input
// type. AWS ignores fields it does not know; here they are refused, because
// a test double should not hide a misspelt one.
func decodeJSON11(body []byte, input reflect.Type) (map[string]any, *apiError) {
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
	params, shape := conformFields("", params, input)
	if shape != nil {
		return nil, constraint(fmt.Sprint(shape.value), orDefault(shape.path, "body"), shape.message)
	}
	return params, nil
}

// checkMaxResults applies 1 to 100, and 50 at least for ListTags.
func checkMaxResults(name string, params map[string]any) *apiError {
	n, ok := number(params["MaxResults"])
	if !ok {
		return nil
	}
	low, high := 1.0, 100.0
	if name == "ListTags" {
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
