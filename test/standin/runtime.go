package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	headerErrorType  = "X-Amzn-Errortype"
	headerVariant    = "X-Amzn-Invoked-Production-Variant"
	headerAttributes = "X-Amzn-Sagemaker-Custom-Attributes"
	headerSession    = "X-Amzn-Sagemaker-Session-Id"
)

// headerLimits bound the request headers of InvokeEndpoint, in characters.
var headerLimits = map[string]int{
	"Content-Type": 1024, "Accept": 1024, headerAttributes: 1024,
	"X-Amzn-Sagemaker-Accept":                    1024,
	"X-Amzn-Sagemaker-Target-Model":              1024,
	"X-Amzn-Sagemaker-Target-Variant":            63,
	"X-Amzn-Sagemaker-Target-Container-Hostname": 63,
	"X-Amzn-Sagemaker-Inference-Id":              64,
	"X-Amzn-Sagemaker-Enable-Explanations":       64,
	"X-Amzn-Sagemaker-Inference-Component":       63,
	headerSession:                                256,
}

// serveRuntime answers SageMaker Runtime.
func (s *region) serveRuntime(w http.ResponseWriter, r *http.Request) {
	name, form, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/endpoints/"), "/")
	var refusal *apiError
	action := "sagemaker:InvokeEndpoint"
	whole, stream := s.timeouts()
	switch form {
	case "invocations":
		refusal = s.invoke(w, r, name, action, whole, s.answerWhole)
	case "invocations-response-stream":
		action = "sagemaker:InvokeEndpointWithResponseStream"
		refusal = s.invoke(w, r, name, action, stream, s.answerStream)
	default:
		refusal = &apiError{
			Status: http.StatusNotFound, Code: "UnknownOperationException",
			Message: fmt.Sprintf("The stand-in account does not implement %s.", r.URL.Path),
		}
	}
	s.counters.call(s.name, action, refusal != nil)
	if refusal != nil {
		writeRuntimeError(w, refusal)
	}
}

// invocation is one accepted call on its way to a container.
type invocation struct {
	endpoint string
	// component is set for calls to an inference component.
	component string
	variant   string
	backend   string
	body      []byte
	header    http.Header
	knobs     VariantKnobs
}

// answer sends the container's answer on; it returns an error only as long as
// nothing was written.
type answer func(w http.ResponseWriter, in invocation, resp *http.Response) *apiError

func (s *region) invoke(
	w http.ResponseWriter, r *http.Request, name, action string, timeout time.Duration, send answer,
) *apiError {
	body, who, refusal := s.authenticate(r, "sagemaker", s.account.Limits.MaxBodyBytes)
	if refusal != nil {
		return refusal
	}
	if refusal := s.admit(who, action, s.account.arn(kindEndpoint, name, nil)); refusal != nil {
		return asRuntimeRefusal(refusal)
	}
	in, refusal := s.route(name, body, r.Header)
	if refusal != nil {
		return refusal
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	refusal = s.callContainer(ctx, w, in, send)
	s.counters.invocation(in.endpoint, in.variant, refusal != nil)
	if refusal != nil {
		w.Header().Set(headerVariant, in.variant)
	}
	return refusal
}

// asRuntimeRefusal gives throttling and denial the status of the REST API.
func asRuntimeRefusal(e *apiError) *apiError {
	if e.Code == "AccessDeniedException" {
		return e.withStatus(http.StatusForbidden)
	}
	return e
}

func (s *region) callContainer(ctx context.Context, w http.ResponseWriter, in invocation, send answer) *apiError {
	if refusal := s.trouble(ctx, in); refusal != nil {
		return refusal
	}
	resp, err := s.callBackend(ctx, in)
	if err != nil {
		return s.backendFailed(in, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return s.modelError(in, resp)
	}
	return send(w, in, resp)
}

// trouble applies the variant's latency and error knobs.
func (s *region) trouble(ctx context.Context, in invocation) *apiError {
	if in.knobs.ExtraLatencyMillis > 0 {
		timer := time.NewTimer(time.Duration(in.knobs.ExtraLatencyMillis) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return s.backendFailed(in, ctx.Err())
		}
	}
	if in.knobs.ErrorRate == 0 || s.chance() >= in.knobs.ErrorRate {
		return nil
	}
	if in.knobs.ErrorType != "" {
		return &apiError{
			Status: platformErrors[in.knobs.ErrorType], Code: in.knobs.ErrorType,
			Message: "Failure asked for by the stand-in account's knobs.",
		}
	}
	return s.containerError(in, orDefault(in.knobs.ErrorStatus, 500), "failure asked for by the stand-in account's knobs")
}

// backendFailed tells a container that was too slow from one that is gone.
func (s *region) backendFailed(in invocation, err error) *apiError {
	if errors.Is(err, context.DeadlineExceeded) {
		return s.containerError(in, 0, "Your invocation timed out while waiting for a response from container primary. "+
			"Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.")
	}
	s.logger.Warn("backend failed", "endpoint", in.endpoint, "variant", in.variant, "error", err)
	return &apiError{
		Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
		Message: "The service is unavailable. Try your call again.",
	}
}

// containerError is a ModelError. Status 0 means the container did not answer.
func (s *region) containerError(in invocation, status int, body string) *apiError {
	side := "server"
	if status >= 400 && status < 500 {
		side = "client"
	}
	group := "/aws/sagemaker/Endpoints/" + in.endpoint
	message := fmt.Sprintf("Received %s error (%d) from primary with message \"%s\". "+
		"See https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#logEventViewer:group=%s in account %s for more information.",
		side, status, body, s.account.Region, s.account.Region, group, s.account.AccountID)
	fields := map[string]any{
		"OriginalStatusCode": status, "OriginalMessage": body,
		"LogStreamArn": fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", s.account.Region, s.account.AccountID, group),
	}
	if side == "client" {
		fields["ErrorCode"] = "CLIENT_ERROR_FROM_MODEL"
	}
	return &apiError{Status: http.StatusFailedDependency, Code: "ModelError", Message: message, Fields: fields}
}

// writeRuntimeError writes an error of the REST API: the type travels in a
// header, and without it SDKs see only a status.
func writeRuntimeError(w http.ResponseWriter, e *apiError) {
	if e.Code == codeTooLarge {
		http.Error(w, e.Message, e.Status)
		return
	}
	field := "message"
	switch e.Code {
	// The errors in the service's model; all others come from AWS's front end.
	case "ModelError", "ModelNotReadyException", "ValidationError", "InternalFailure", "ServiceUnavailable", "InternalDependencyException":
		field = "Message"
	}
	body := map[string]any{field: e.Message}
	for name, value := range e.Fields {
		body[name] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{}`)
	}
	w.Header().Set(headerErrorType, e.Code)
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(e.Status)
	_, _ = w.Write(text) // a failed write means the caller has gone
}
