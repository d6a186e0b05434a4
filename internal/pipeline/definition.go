package pipeline

import "encoding/json"

// Version of the definitions that are read: SageMaker has no other.
const Version = "2020-12-01"

// Limits on what is read. SageMaker itself takes definitions of 1 MiB.
const (
	maxBytes = 1 << 20
	maxDepth = 100
	maxSteps = 1000
)

// Types of steps, in SageMaker's words. A definition may hold others.
const (
	TypeTraining      = "Training"
	TypeProcessing    = "Processing"
	TypeTransform     = "Transform"
	TypeModel         = "Model"
	TypeCreateModel   = "CreateModel"
	TypeRegisterModel = "RegisterModel"
	TypeCondition     = "Condition"
	TypeFail          = "Fail"
)

// Pipeline is a definition.
type Pipeline struct {
	Parameters []Parameter
	// Experiment is the PipelineExperimentConfig, nil without.
	Experiment any
	// Metadata is kept as it is.
	Metadata any
	// Steps in the definition's order, those of conditions behind their
	// condition.
	Steps []Step
	// Ignored names the fields of the definition and its steps that are not
	// understood.
	Ignored []string
}

// Parameter of a pipeline.
type Parameter struct {
	Name string
	// Type is String, Integer, Float or Boolean.
	Type string
	// Default is nil for parameters that have to be given.
	Default any
	// Enum lists the allowed values.
	Enum []any
}

// Step of a pipeline.
type Step struct {
	Name, Type string
	// Title and Description are for people.
	Title, Description string
	// Arguments are those of the API call that the step makes; values may be
	// references.
	Arguments map[string]any
	// DependsOn are names of steps that must have succeeded.
	DependsOn []string
	// Files are outputs that conditions read.
	Files []PropertyFile
	// Cached says that earlier results are used again.
	Cached  bool
	Retries []Retry
	// Guards are the conditions in whose branches the step stands, the outer
	// one first.
	Guards []Guard
	// Conditions are those of a condition step, of which all must be true.
	Conditions []any
	// Rest holds what only some types have, such as FunctionArn.
	Rest map[string]any
}

// PropertyFile is a file of JSON in an output of a processing step.
type PropertyFile struct {
	Name   string `json:"PropertyFileName"`
	Output string `json:"OutputName"`
	Path   string `json:"FilePath"`
}

// Retry is a retry policy.
type Retry struct {
	Exceptions      []string `json:"ExceptionType"`
	IntervalSeconds float64  `json:"IntervalSeconds"`
	BackoffRate     float64  `json:"BackoffRate"`
	MaxAttempts     int64    `json:"MaxAttempts"`
	ExpireAfterMin  int64    `json:"ExpireAfterMin"`
}

// Guard is a condition step and the branch that a step stands in.
type Guard struct {
	Step string
	Else bool
}

// rawPipeline and rawStep are the definition's JSON.
type rawPipeline struct {
	Version    string            `json:"Version"`
	Metadata   any               `json:"Metadata"`
	Parameters []rawParameter    `json:"Parameters"`
	Experiment any               `json:"PipelineExperimentConfig"`
	Steps      []json.RawMessage `json:"Steps"`
}

type rawParameter struct {
	Name    string `json:"Name"`
	Type    string `json:"Type"`
	Default any    `json:"DefaultValue"`
	Enum    []any  `json:"EnumValues"`
}

type rawStep struct {
	Name        string         `json:"Name"`
	Type        string         `json:"Type"`
	Title       string         `json:"DisplayName"`
	Description string         `json:"Description"`
	Arguments   map[string]any `json:"Arguments"`
	DependsOn   []string       `json:"DependsOn"`
	Files       []PropertyFile `json:"PropertyFiles"`
	Cache       struct {
		Enabled bool `json:"Enabled"`
	} `json:"CacheConfig"`
	Retries []Retry `json:"RetryPolicies"`
}

// rawBranches are the arguments of a condition.
type rawBranches struct {
	Arguments struct {
		Conditions []any             `json:"Conditions"`
		If         []json.RawMessage `json:"IfSteps"`
		Else       []json.RawMessage `json:"ElseSteps"`
	} `json:"Arguments"`
}
