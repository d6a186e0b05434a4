package standin

import (
	"errors"
	"fmt"
)

// AnyVariant is the key of knobs that hold for every variant of an endpoint.
const AnyVariant = "*"

// Knobs are the faults the stand-in shows. The account file sets them for the
// start, the admin listener while it runs.
type Knobs struct {
	// Operations are keyed by IAM action, such as "sagemaker:ListEndpoints",
	// "sagemaker:InvokeEndpoint", "cloudwatch:GetMetricData" or "s3:GET". A
	// key may end in "*" ("sagemaker:List*"); it then holds for each operation
	// it begins, one by one. A key may begin with "account/region/" and then
	// holds there only. Of several keys the one for the place counts, then the
	// longest.
	Operations map[string]OperationKnobs `json:"operations,omitempty"`
	// Endpoints are keyed by endpoint name, then by variant name or AnyVariant.
	Endpoints map[string]map[string]VariantKnobs `json:"endpoints,omitempty"`
}

// OperationKnobs change how one operation answers.
type OperationKnobs struct {
	// RatePerSecond refuses calls above this rate with ThrottlingException,
	// counted for each account and region on its own; 0 means no limit.
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
	// Burst is how many calls may come at once; default 1.
	Burst int `json:"burst,omitempty"`
	// Deny refuses every call with AccessDeniedException.
	Deny bool `json:"deny,omitempty"`
	// EmptyFirstPage makes a list begin with an empty page and a token.
	EmptyFirstPage bool `json:"emptyFirstPage,omitempty"`
	// EmptyPages are further empty pages with a token.
	EmptyPages []EmptyPages `json:"emptyPages,omitempty"`
	// TokenSeconds is how long a NextToken is good for; 0 means for ever. An
	// older one is refused with ValidationException.
	TokenSeconds int `json:"tokenSeconds,omitempty"`
	// ExpireTokens refuses the next so many calls that bring a NextToken.
	ExpireTokens int `json:"expireTokens,omitempty"`
	// Fail answers with an error.
	Fail *Failure `json:"fail,omitempty"`
	// ResetConnections breaks the connection of the next so many calls.
	ResetConnections int `json:"resetConnections,omitempty"`
	// DelayMillis makes every answer wait, in milliseconds.
	DelayMillis int `json:"delayMillis,omitempty"`
	// Gone are names that Describe does not find although lists have them, as
	// of resources deleted in between.
	Gone []string `json:"gone,omitempty"`
}

// EmptyPages are Count empty pages (default 1) before the page with items
// numbered Before, from 0.
type EmptyPages struct {
	Before int `json:"before"`
	Count  int `json:"count,omitempty"`
}

// Failure is an error asked for.
type Failure struct {
	// Code is the error type, such as InternalFailure, ResourceNotFound or
	// ValidationException.
	Code string `json:"code"`
	// Status is the HTTP status; default 500 for InternalFailure, 503 for
	// ServiceUnavailable and 400 for others.
	Status int `json:"status,omitempty"`
	// Message is the text; there is a default.
	Message string `json:"message,omitempty"`
	// Count is how many calls fail before the next ones succeed; 0 means all.
	Count int `json:"count,omitempty"`
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
		if err := o.validate(); err != nil {
			return fmt.Errorf("knobs.operations.%s.%w", action, err)
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

// maxDelayMillis keeps a mistyped delay from hanging every client.
const maxDelayMillis = 600_000

func (o OperationKnobs) validate() error {
	switch {
	case o.RatePerSecond < 0:
		return fmt.Errorf("ratePerSecond: %v is negative", o.RatePerSecond)
	case o.Burst < 0:
		return fmt.Errorf("burst: %d is negative", o.Burst)
	case o.TokenSeconds < 0 || o.ExpireTokens < 0 || o.ResetConnections < 0:
		return errors.New("tokenSeconds, expireTokens and resetConnections: must not be negative")
	case o.DelayMillis < 0 || o.DelayMillis > maxDelayMillis:
		return fmt.Errorf("delayMillis: %d is not between 0 and %d", o.DelayMillis, maxDelayMillis)
	}
	for i, e := range o.EmptyPages {
		if e.Before < 0 || e.Count < 0 || e.Count > 1000 {
			return fmt.Errorf("emptyPages[%d]: before must not be negative, and count must be 0 to 1000", i)
		}
	}
	if f := o.Fail; f != nil && (f.Code == "" || f.Count < 0 || f.Status != 0 && (f.Status < 400 || f.Status > 599)) {
		return errors.New("fail: code must be set, count not negative, and status 400 to 599")
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
