package standin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"landfall.dev/landfall/internal/sigv4"
)

// apiError is an error an AWS API answers with.
type apiError struct {
	// Status is the HTTP status.
	Status int
	// Code is the error type SDKs match.
	Code string
	// Message is for people.
	Message string
	// Fields are further members of the body, such as OriginalStatusCode.
	Fields map[string]any
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func validation(message string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: "ValidationException", Message: message}
}

func missingParameter(name string) *apiError {
	return constraint("null", name, "Member must not be null")
}

// constraint is the wording of a failed constraint; paths start in lower case.
func constraint(value, path, rule string) *apiError {
	path = strings.ToLower(path[:1]) + path[1:]
	return validation(fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, path, rule))
}

// throttled is AWS's refusal above the rate.
func throttled() *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate exceeded"}
}

// denied is IAM's refusal; it names the action a policy would have to allow.
func (c caller) denied(action, resource string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		c.arn, action, resource, action)}
}

// authError turns a refused signature into an API error with this status.
func authError(err error, status int) *apiError {
	var refusal *sigv4.Error
	if errors.As(err, &refusal) {
		return &apiError{Status: status, Code: string(refusal.Code), Message: refusal.Message}
	}
	return &apiError{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
}

// writeJSONError writes the error of a JSON 1.1 service.
func writeJSONError(w http.ResponseWriter, e *apiError) {
	writeJSON(w, e.Status, contentJSON11, map[string]any{"__type": e.Code, "message": e.Message})
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure","message":"answer is not JSON"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	// A failed write means the caller has gone; there is nobody to tell.
	_, _ = w.Write(text)
}
