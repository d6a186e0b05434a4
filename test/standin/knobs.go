package standin

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// AnyVariant is the key of knobs that hold for every variant of an endpoint.
const AnyVariant = "*"

// Knobs are the faults the stand-in shows. The account file sets them for the
// start, the admin listener while it runs.
type Knobs struct {
	// Operations are keyed by IAM action, such as "sagemaker:ListEndpoints",
	// "sagemaker:InvokeEndpoint", "cloudwatch:GetMetricData" or "s3:GET".
	Operations map[string]OperationKnobs `json:"operations,omitempty"`
	// Endpoints are keyed by endpoint name, then by variant name or AnyVariant.
	Endpoints map[string]map[string]VariantKnobs `json:"endpoints,omitempty"`
}

// OperationKnobs change how one operation answers.
type OperationKnobs struct {
	// RatePerSecond refuses calls above this rate with ThrottlingException;
	// 0 means no limit.
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
	// Burst is how many calls may come at once; default 1.
	Burst int `json:"burst,omitempty"`
	// Deny refuses every call with AccessDeniedException.
	Deny bool `json:"deny,omitempty"`
	// EmptyFirstPage makes a list begin with an empty page and a token.
	EmptyFirstPage bool `json:"emptyFirstPage,omitempty"`
}

// VariantKnobs change how one variant answers.
type VariantKnobs struct {
	// ExtraLatencyMillis delays each answer, in milliseconds.
	ExtraLatencyMillis int `json:"extraLatencyMillis,omitempty"`
	// ErrorRate is the share of invocations that fail, 0 to 1.
	ErrorRate float64 `json:"errorRate,omitempty"`
	// ErrorStatus is the status the container seems to have answered with,
	// reported as ModelError; default 500.
	ErrorStatus int `json:"errorStatus,omitempty"`
	// ErrorType makes failures the platform's own instead of ModelError:
	// ServiceUnavailable, InternalFailure, ThrottlingException,
	// ModelNotReadyException or InternalDependencyException.
	ErrorType string `json:"errorType,omitempty"`
	// Jitter is the largest amount added to or taken from each fractional
	// number of the answer. Whole numbers, labels and text stay.
	Jitter float64 `json:"jitter,omitempty"`
}

// platformErrors are the failures of SageMaker itself, with their status.
var platformErrors = map[string]int{
	"ServiceUnavailable": 503, "InternalFailure": 500, "ThrottlingException": 429,
	"ModelNotReadyException": 429, "InternalDependencyException": 530,
}

func (k Knobs) validate() error {
	for action, o := range k.Operations {
		at := "knobs.operations." + action
		if o.RatePerSecond < 0 {
			return fmt.Errorf("%s.ratePerSecond: %v is negative", at, o.RatePerSecond)
		}
		if o.Burst < 0 {
			return fmt.Errorf("%s.burst: %d is negative", at, o.Burst)
		}
	}
	for endpoint, variants := range k.Endpoints {
		for variant, v := range variants {
			if err := v.validate(); err != nil {
				return fmt.Errorf("knobs.endpoints.%s.%s.%w", endpoint, variant, err)
			}
		}
	}
	return nil
}

func (v VariantKnobs) validate() error {
	switch {
	case v.ExtraLatencyMillis < 0:
		return fmt.Errorf("extraLatencyMillis: %d is negative", v.ExtraLatencyMillis)
	case v.ErrorRate < 0 || v.ErrorRate > 1:
		return fmt.Errorf("errorRate: %v is not between 0 and 1", v.ErrorRate)
	case v.ErrorStatus != 0 && (v.ErrorStatus < 400 || v.ErrorStatus > 599):
		return fmt.Errorf("errorStatus: %d is not an HTTP error status, 400 to 599", v.ErrorStatus)
	case v.Jitter < 0:
		return fmt.Errorf("jitter: %v is negative", v.Jitter)
	}
	if _, known := platformErrors[v.ErrorType]; v.ErrorType != "" && !known {
		return fmt.Errorf("errorType: %q is not an error of SageMaker Runtime's own", v.ErrorType)
	}
	return nil
}

// knobPanel holds the current knobs and the buckets of their rates.
type knobPanel struct {
	mu       sync.Mutex
	knobs    Knobs
	limiters map[string]*rate.Limiter
}

func (p *knobPanel) set(k Knobs) {
	limiters := map[string]*rate.Limiter{}
	for action, o := range k.Operations {
		if o.RatePerSecond > 0 {
			limiters[action] = rate.NewLimiter(rate.Limit(o.RatePerSecond), orDefault(o.Burst, 1))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.knobs, p.limiters = k, limiters
}

func (p *knobPanel) get() Knobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Knobs{Operations: maps.Clone(p.knobs.Operations), Endpoints: maps.Clone(p.knobs.Endpoints)}
}

// allow takes a token from the operation's bucket.
func (p *knobPanel) allow(action string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter := p.limiters[action]
	return limiter == nil || limiter.AllowN(now, 1)
}

func (p *knobPanel) denies(action string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.knobs.Operations[action].Deny
}

func (p *knobPanel) emptyFirstPage(action string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.knobs.Operations[action].EmptyFirstPage
}

// variant gives a variant's own knobs, else those of AnyVariant.
func (p *knobPanel) variant(endpoint, variant string) VariantKnobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own, ok := p.knobs.Endpoints[endpoint][variant]; ok {
		return own
	}
	return p.knobs.Endpoints[endpoint][AnyVariant]
}
