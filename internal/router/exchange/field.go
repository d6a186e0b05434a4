package exchange

import "fmt"

// Field is a request header that SageMaker Runtime's InvokeEndpoint defines.
// No other header of a caller reaches a model.
type Field uint8

// The request headers of InvokeEndpoint.
const (
	ContentType Field = iota
	Accept
	CustomAttributes
	TargetModel
	TargetVariant
	TargetContainerHostname
	InferenceID
	EnableExplanations
	InferenceComponent
	SessionID
	PrefixAwareID
	// FieldCount is the number of fields.
	FieldCount
)

// fieldRule is a field's name on the wire and what its value may be.
type fieldRule struct {
	name string
	// maxBytes is the longest value SageMaker accepts.
	maxBytes int
	// visible allows nothing but visible US-ASCII and spaces.
	visible bool
}

// Names and limits: the InvokeEndpoint operation of the SageMaker Runtime API
// reference, and aws-sdk-go-v2's model of it. Prefix-Aware-Id has no published
// limit; it gets the one of Session-Id, which it resembles.
var fieldRules = [FieldCount]fieldRule{
	ContentType:             {"Content-Type", 1024, true},
	Accept:                  {"Accept", 1024, true},
	CustomAttributes:        {"X-Amzn-Sagemaker-Custom-Attributes", 1024, true},
	TargetModel:             {"X-Amzn-Sagemaker-Target-Model", 1024, true},
	TargetVariant:           {"X-Amzn-Sagemaker-Target-Variant", 63, true},
	TargetContainerHostname: {"X-Amzn-Sagemaker-Target-Container-Hostname", 63, true},
	InferenceID:             {"X-Amzn-Sagemaker-Inference-Id", 64, true},
	EnableExplanations:      {"X-Amzn-Sagemaker-Enable-Explanations", 64, false},
	InferenceComponent:      {"X-Amzn-Sagemaker-Inference-Component", 63, true},
	SessionID:               {"X-Amzn-Sagemaker-Session-Id", 256, true},
	PrefixAwareID:           {"X-Amzn-Sagemaker-Prefix-Aware-Id", 256, true},
}

// Name is the field's header name, in the canonical capitals of HTTP libraries
// (header names are compared without regard to case).
func (f Field) Name() string { return fieldRules[f].name }

// Check says what is wrong with a value of the field, or nil.
func (f Field) Check(value string) error {
	rule := fieldRules[f]
	if len(value) > rule.maxBytes {
		return fmt.Errorf("header %s has %d bytes; at most %d are allowed", rule.name, len(value), rule.maxBytes)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c == 0x7f || (rule.visible && c > 0x7f) {
			return fmt.Errorf("header %s holds byte 0x%02x at position %d; only visible US-ASCII characters are allowed",
				rule.name, c, i)
		}
	}
	return nil
}

// Header holds the request headers of one invocation; empty means absent.
type Header [FieldCount]string

// AnswerField is a response header that may reach the caller.
type AnswerField uint8

// The response headers of InvokeEndpoint, and those Landfall adds.
const (
	AnswerContentType AnswerField = iota
	// AnswerContentEncoding is kept because a body without it would be
	// unreadable, though SageMaker does not list it.
	AnswerContentEncoding
	AnswerCustomAttributes
	AnswerNewSessionID
	AnswerClosedSessionID
	AnswerInvokedVariant
	AnswerErrorType
	// AnswerSageMakerVariant is the production variant that SageMaker itself
	// named, when a sageMaker variant answered.
	AnswerSageMakerVariant
	// AnswerFieldCount is the number of answer fields.
	AnswerFieldCount
)

// spelling is a header's name in the canonical capitals of HTTP libraries, and
// as AWS spells it.
type spelling struct{ canonical, aws string }

var answerFields = [AnswerFieldCount]spelling{
	AnswerContentType:      {"Content-Type", "Content-Type"},
	AnswerContentEncoding:  {"Content-Encoding", "Content-Encoding"},
	AnswerCustomAttributes: {"X-Amzn-Sagemaker-Custom-Attributes", "X-Amzn-SageMaker-Custom-Attributes"},
	AnswerNewSessionID:     {"X-Amzn-Sagemaker-New-Session-Id", "X-Amzn-SageMaker-New-Session-Id"},
	AnswerClosedSessionID:  {"X-Amzn-Sagemaker-Closed-Session-Id", "X-Amzn-SageMaker-Closed-Session-Id"},
	AnswerInvokedVariant:   {"X-Amzn-Invoked-Production-Variant", "x-Amzn-Invoked-Production-Variant"},
	AnswerErrorType:        {"X-Amzn-Errortype", "x-amzn-ErrorType"},
	AnswerSageMakerVariant: {"X-Landfall-Sagemaker-Variant", "X-Landfall-SageMaker-Variant"},
}

// Name is the field's header name in the canonical capitals of HTTP libraries,
// to look it up by.
func (f AnswerField) Name() string { return answerFields[f].canonical }

// Spelling is the field's header name as AWS sends it.
func (f AnswerField) Spelling() string { return answerFields[f].aws }

// AnswerHeader holds the response headers of one answer; empty means absent.
type AnswerHeader [AnswerFieldCount]string
