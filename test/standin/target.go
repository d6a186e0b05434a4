package standin

import (
	"net/http"
	"reflect"
	"strings"
)

// jsonService is a service that speaks JSON 1.1 and is not SageMaker.
type jsonService struct {
	// signingName is what callers sign for, actions the prefix of IAM's names.
	signingName, actions string
	operations           map[string]jsonOperation
}

// jsonOperation is one of its operations.
type jsonOperation struct {
	// input is the SDK's input type, against which requests are checked.
	input reflect.Type
	// lowerFirst: names on the wire begin in lower case.
	lowerFirst bool
	serve      func(s *region, action string, params map[string]any) (map[string]any, *apiError)
}

// jsonServices are keyed by what stands before the dot in the target header.
var jsonServices = map[string]jsonService{
	"AnyScaleFrontendService":           {"application-autoscaling", "application-autoscaling", scalingJSON()},
	"CloudTrail_20131101":               {"cloudtrail", "cloudtrail", trailOperations},
	"Logs_20140328":                     {"logs", "logs", logOperations},
	"ResourceGroupsTaggingAPI_20170126": {"tagging", "tag", tagOperations},
}

// serveTarget answers the JSON 1.1 services.
func (s *region) serveTarget(w http.ResponseWriter, r *http.Request, target string) {
	prefix, name, _ := strings.Cut(target, ".")
	service, known := jsonServices[prefix]
	if !known {
		writeJSONError(w, unknownOperation(target))
		return
	}
	action := service.actions + ":" + name
	answer, refusal := s.target(r, service, name, action)
	s.counters.call(s.name, action, refusal != nil)
	if refusal != nil {
		writeJSONError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, contentJSON11, answer)
}

func (s *region) target(r *http.Request, service jsonService, name, action string) (map[string]any, *apiError) {
	body, who, refusal := s.authenticate(r, service.signingName, maxControlBodyBytes)
	if refusal != nil {
		return nil, refusal.withStatus(http.StatusBadRequest)
	}
	op, ok := service.operations[name]
	if !ok {
		return nil, unknownOperation(name)
	}
	params, refusal := decodeJSON11(body, op.input, op.lowerFirst)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.admit(who, action, "*"); refusal != nil {
		return nil, refusal
	}
	return op.serve(s, action, params)
}
