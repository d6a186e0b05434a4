package standin

import (
	"fmt"
	"net/http"
	"slices"
)

// validationError is the runtime's spelling, without "Exception".
func validationError(format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// route finds the model server for a call, as SageMaker's front end does.
// Only the missing endpoint's wording is confirmed; the other messages are
// our own.
func (s *region) route(name string, body []byte, header http.Header) (invocation, *apiError) {
	if refusal := checkHeaders(header); refusal != nil {
		return invocation{}, refusal
	}
	endpoint := s.store.find(kindEndpoint, name, s.now())
	if endpoint == nil || endpoint.text("EndpointName") != name {
		return invocation{}, validationError("Endpoint %s of account %s not found.", name, s.account.AccountID)
	}
	in := invocation{endpoint: name, body: body, header: header}
	if endpoint.fields["AsyncInferenceConfig"] != nil {
		return in, validationError("Endpoint %s accepts asynchronous invocations only. Use InvokeEndpointAsync.", name)
	}
	pick := s.pickVariant
	if s.hostsComponents(name) {
		pick = s.pickComponent
	}
	if refusal := pick(&in, endpoint); refusal != nil {
		return in, refusal
	}
	if refusal := s.checkVariant(in); refusal != nil {
		return in, refusal
	}
	in.knobs = s.knobs.variant(in.endpoint, in.variant)
	if in.backend == "" {
		return in, noBackend(in, endpoint.text("EndpointStatus"))
	}
	return in, nil
}

func checkHeaders(header http.Header) *apiError {
	for name, limit := range headerLimits {
		if value := header.Get(name); len(value) > limit {
			return validationError("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", name, limit)
		}
	}
	for _, b := range []byte(header.Get(headerAttributes)) {
		if b < ' ' || b > '~' {
			return validationError("%s must be visible ASCII.", headerAttributes)
		}
	}
	return nil
}

func (s *region) hostsComponents(endpoint string) bool {
	return slices.ContainsFunc(s.store.all(kindComponent, s.now()), func(r *record) bool {
		return r.text("EndpointName") == endpoint
	})
}

func (s *region) pickComponent(in *invocation, _ *record) *apiError {
	name := in.header.Get("X-Amzn-Sagemaker-Inference-Component")
	if name == "" {
		return validationError("Inference Component Name header is required for endpoints to which you plan to deploy inference components.")
	}
	component := s.store.find(kindComponent, name, s.now())
	if component == nil || component.text("EndpointName") != in.endpoint {
		return validationError("Inference component %s of endpoint %s not found.", name, in.endpoint)
	}
	in.component, in.variant, in.backend = name, component.text("VariantName"), component.backends[""]
	return nil
}

// pickVariant honours a named variant and else draws by current weight. A
// variant without a weight counts 1, AWS's default; all zero means none.
func (s *region) pickVariant(in *invocation, endpoint *record) *apiError {
	if in.header.Get("X-Amzn-Sagemaker-Inference-Component") != "" {
		return validationError("Endpoint %s hosts no inference components.", in.endpoint)
	}
	variants := variantsOf(endpoint.fields)
	target := in.header.Get("X-Amzn-Sagemaker-Target-Variant")
	total := 0.0
	for _, v := range variants {
		total += weightOf(v)
	}
	draw := s.chance() * total
	for _, v := range variants {
		name, _ := v["VariantName"].(string)
		weight := weightOf(v)
		if name == target || (target == "" && draw < weight) {
			in.variant, in.backend = name, endpoint.backends[name]
			return nil
		}
		draw -= weight
	}
	if target != "" {
		return validationError("Variant %s of endpoint %s not found.", target, in.endpoint)
	}
	return noBackend(*in, endpoint.text("EndpointStatus"))
}

func weightOf(variant map[string]any) float64 {
	weight, set := number(variant["CurrentWeight"])
	if !set {
		return 1
	}
	return weight
}

// checkVariant applies what the endpoint configuration and model say: the
// serverless body limit, and that TargetModel is for multi-model variants.
func (s *region) checkVariant(in invocation) *apiError {
	variant := s.configuredVariant(in.endpoint, in.variant)
	if variant["ServerlessConfig"] != nil && int64(len(in.body)) > s.account.Limits.MaxServerlessBodyBytes {
		return tooLarge(s.account.Limits.MaxServerlessBodyBytes)
	}
	multi := s.isMultiModel(variant)
	switch target := in.header.Get("X-Amzn-Sagemaker-Target-Model"); {
	case multi && target == "":
		return validationError("Endpoint %s is a multi-model endpoint: TargetModel is required.", in.endpoint)
	case !multi && target != "" && variant != nil:
		return validationError("Endpoint %s is not a multi-model endpoint: TargetModel is not allowed.", in.endpoint)
	}
	return nil
}

// configuredVariant finds the variant in the endpoint's configuration; nil
// when the configuration has been deleted, as AWS allows.
func (s *region) configuredVariant(endpoint, variant string) map[string]any {
	now := s.now()
	config := s.store.find(kindEndpointConfig, s.store.find(kindEndpoint, endpoint, now).text("EndpointConfigName"), now)
	if config == nil {
		return nil
	}
	for _, v := range variantsOf(config.fields) {
		if v["VariantName"] == variant {
			return v
		}
	}
	return nil
}

func (s *region) isMultiModel(variant map[string]any) bool {
	name, _ := variant["ModelName"].(string)
	model := s.store.find(kindModel, name, s.now())
	if model == nil {
		return false
	}
	container, _ := model.fields["PrimaryContainer"].(map[string]any)
	return container["Mode"] == "MultiModel"
}

// noBackend is the answer of a variant without a model server: it is loading
// while the endpoint is on its way, and else gone.
func noBackend(in invocation, status string) *apiError {
	switch status {
	case "Creating", "Updating", "SystemUpdating", "RollingBack":
		return &apiError{
			Status: http.StatusTooManyRequests, Code: "ModelNotReadyException",
			Message: fmt.Sprintf("Model for endpoint %s variant %s is not ready for inference yet.", in.endpoint, in.variant),
		}
	}
	return &apiError{
		Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
		Message: fmt.Sprintf("Endpoint %s is %s and has no model server in this stand-in account.", in.endpoint, status),
	}
}
