package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// task is one task of the DAG and its template, as they come about.
type task struct {
	name string
	step Step
	// names of inputs and outputs are unique within a template.
	names             map[string]bool
	inputs, outputs   []any
	inputParameters   []any
	outputParameters  []any
	artifactArguments []any
	arguments         []any
	volumes, mounts   []any
	template          object
}

func (b *builder) newTask(step Step) *task {
	return &task{name: b.tasks[step.Name], step: step, names: map[string]bool{}, template: object{}}
}

func (t *task) unique(name string) string {
	candidate := name
	for i := 2; t.names[candidate]; i++ {
		candidate = fmt.Sprintf("%s-%d", name, i)
	}
	t.names[candidate] = true
	return candidate
}

// text writes a value for the task's template. What another task left is only
// seen by the DAG, so it becomes a parameter of the template.
func (b *builder) textOf(t *task, value any) string {
	read := b.text(value)
	if !read.ofTask() {
		return read.template()
	}
	name := t.unique("value")
	t.inputParameters = append(t.inputParameters, object{"name": name})
	t.arguments = append(t.arguments, object{"name": name, "value": "{{=" + read.expression() + "}}"})
	return "{{inputs.parameters." + name + "}}"
}

// folder gives the task a folder on a volume: container images do not have
// SageMaker's folders.
func (t *task) folder(path string) {
	name := t.unique("volume")
	t.volumes = append(t.volumes, object{"name": name, "emptyDir": object{}})
	t.mounts = append(t.mounts, object{"name": name, "mountPath": path})
}

// add puts a task and its template into the workflow.
func (b *builder) add(t *task, dependsOn []string, guard string) {
	template := t.template
	template["name"] = t.name
	if len(t.inputs)+len(t.inputParameters) > 0 {
		template["inputs"] = some(object{"artifacts": t.inputs, "parameters": t.inputParameters})
	}
	if len(t.outputs)+len(t.outputParameters) > 0 {
		template["outputs"] = some(object{"artifacts": t.outputs, "parameters": t.outputParameters})
	}
	if len(t.volumes) > 0 {
		template["volumes"] = t.volumes
	}
	if container, ok := template["container"].(object); ok && len(t.mounts) > 0 {
		container["volumeMounts"] = t.mounts
	}
	entry := object{"name": t.name, "template": t.name}
	if len(t.arguments)+len(t.artifactArguments) > 0 {
		entry["arguments"] = some(object{"parameters": t.arguments, "artifacts": t.artifactArguments})
	}
	var depends []string
	for _, name := range dependsOn {
		depends = append(depends, name+".Succeeded")
	}
	if len(depends) > 0 {
		entry["depends"] = strings.Join(depends, " && ")
	}
	if guard != "" {
		entry["when"] = guard
	}
	b.dag = append(b.dag, entry)
	b.templates = append(b.templates, template)
}

// some drops empty lists.
func some(of object) object {
	for name, value := range of {
		if list, ok := value.([]any); ok && len(list) == 0 {
			delete(of, name)
		}
	}
	return of
}

// missing is why a step cannot run as it did, and what would help.
type missing struct{ why, do string }

// step translates one step.
func (b *builder) step(step Step) {
	b.cached(step)
	switch step.Type {
	case TypeCondition:
		b.conditions(step)
		b.mapped = append(b.mapped, step.Name)
	case TypeTraining:
		b.run(step, b.training)
	case TypeProcessing:
		b.run(step, b.processing)
	case TypeModel, TypeCreateModel, TypeRegisterModel:
		b.run(step, b.model)
	case TypeFail:
		b.run(step, b.fail)
	default:
		b.suspend(step, unknown(step.Type))
	}
}

// run translates a step, or makes it wait where that cannot be done.
func (b *builder) run(step Step, translate func(t *task) *missing) {
	t := b.newTask(step)
	if lacks := translate(t); lacks != nil {
		delete(b.outputs, step.Name)
		delete(b.files, step.Name)
		delete(b.models, step.Name)
		b.last[step.Name] = t.name
		b.suspend(step, *lacks)
		return
	}
	for _, name := range fields(step.Rest) {
		b.differs(step, fmt.Sprintf("its field %s is left out", name), "look it up in SageMaker's schema of pipelines and decide")
	}
	b.mapped = append(b.mapped, step.Name)
}

// suspend makes a workflow wait at a step for a person to do its work.
func (b *builder) suspend(step Step, lacks missing) {
	t := b.newTask(step)
	t.template["suspend"] = object{}
	t.template["metadata"] = object{"annotations": object{"landfall.dev/missing": lacks.why}}
	b.add(t, b.depends(step), b.guard(step))
	b.gap("step "+step.Name, lacks.why, lacks.do+"; until then the workflow waits there for `argo resume`")
}

// unknown says what takes the place of a type of step.
func unknown(kind string) missing {
	do := map[string]string{
		TypeTransform:   "run a Job with a container that serves the model and a client that sends it the input",
		"Lambda":        "call the function from a container step with the AWS CLI, or move its code into a container",
		"Callback":      "send to the queue from a container step, and let whoever answers resume the workflow",
		"EMR":           "submit the Spark job with the Spark operator, or from a container step with the AWS CLI",
		"EMRServerless": "submit the Spark job with the Spark operator, or from a container step with the AWS CLI",
		"QualityCheck":  "run open tools, such as Evidently, in a container step: SageMaker's image is closed",
		"ClarifyCheck":  "run open tools, such as SHAP and Fairlearn, in a container step: SageMaker's image is closed",
		"AutoML":        "run AutoGluon in a container step",
		"Tuning":        "run the search with Katib or Optuna, and hand the best job's values on",
		"NotebookJob":   "run the notebook with papermill in a container step",
	}[kind]
	if do == "" {
		do = "write a template that does the same"
	}
	return missing{why: fmt.Sprintf("a step of the type %.60s has no counterpart in Argo Workflows", kind), do: do}
}

func (b *builder) cached(step Step) {
	if step.Cached {
		b.differs(step, "results of earlier runs are not used again: a key for Argo's memoize would have to cover the contents of the inputs, not their addresses",
			"add memoize by hand where a key can tell, or live with the extra run")
	}
}

// retries of SageMaker are for its own faults, not for failures of the code:
// Argo's policy OnError is the same.
func (b *builder) retries(t *task, spot bool) {
	retries := t.step.Retries
	if len(retries) == 0 {
		if spot {
			t.template["retryStrategy"] = object{"limit": int64(spotRetries), "retryPolicy": "OnError"}
		}
		return
	}
	strategy := object{"retryPolicy": "OnError"}
	var limit, minutes int64
	var interval, rate float64
	for _, r := range retries {
		limit = max(limit, r.MaxAttempts)
		minutes = max(minutes, r.ExpireAfterMin)
		interval, rate = max(interval, r.IntervalSeconds), max(rate, r.BackoffRate)
	}
	if limit > 0 {
		strategy["limit"] = min(limit, maxRetries)
	}
	backoff := object{}
	if interval > 0 {
		backoff["duration"] = fmt.Sprintf("%ds", int64(math.Ceil(min(interval, maxWaitSeconds))))
	}
	if rate >= 1 {
		backoff["factor"] = int64(math.Round(min(rate, maxBackoffFactor)))
	}
	if minutes > 0 {
		backoff["maxDuration"] = fmt.Sprintf("%dm", min(minutes, maxWaitSeconds))
	}
	if len(backoff) > 0 {
		strategy["backoff"] = backoff
	}
	t.template["retryStrategy"] = strategy
	if len(retries) > 1 || rate != math.Trunc(rate) {
		b.differs(t.step, "Argo has one retry policy for all errors, and a whole number for the back-off: the most patient of the step's policies stands for all",
			"nothing, or adjust retryStrategy by hand")
	}
}

// Bounds that keep numbers of a definition within Argo's.
const (
	spotRetries      = 3
	maxRetries       = 100
	maxWaitSeconds   = 86400
	maxBackoffFactor = 10
)

// environment turns SageMaker's map into variables.
func (b *builder) environment(t *task, value any, more ...any) []any {
	variables := slices.Clone(more)
	from, _ := value.(map[string]any)
	for _, name := range fields(from) {
		variables = append(variables, object{"name": name, "value": b.textOf(t, from[name])})
	}
	return variables
}

// words of an entrypoint or of arguments.
func (b *builder) words(t *task, value any) []any {
	items, _ := value.([]any)
	var words []any
	for _, item := range items {
		words = append(words, b.textOf(t, item))
	}
	return words
}

// image of a step, as it is called for the cluster.
func (b *builder) image(t *task, value any) string {
	if mapped, ok := b.options.Images[b.known(value)]; ok {
		return mapped
	}
	return b.textOf(t, value)
}

// leftOut names arguments that nothing in the workflow carries.
func (b *builder) leftOut(t *task, known ...string) {
	for _, name := range fields(t.step.Arguments) {
		if value := t.step.Arguments[name]; value == nil || value == false || slices.Contains(known, name) {
			continue
		}
		b.differs(t.step, fmt.Sprintf("its argument %s is left out", name),
			cmp.Or(leftOutAdvice[name], "look it up in SageMaker's API of the step's job and decide"))
	}
}

// leftOutAdvice says what to do about arguments.
var leftOutAdvice = map[string]string{
	"CheckpointConfig":           "mount a volume at the checkpoints' path, or have the code write them to S3",
	"VpcConfig":                  "write a NetworkPolicy for the pods that runs on nodes in the same network",
	"NetworkConfig":              "write a NetworkPolicy for the pods",
	"EnableNetworkIsolation":     "write a NetworkPolicy that lets nothing out",
	"DebugHookConfig":            "nothing, or log from the code: SageMaker's debugger does not leave AWS",
	"ProfilerConfig":             "nothing, or run a profiler in the code",
	"ProfilerRuleConfigurations": "nothing, or run a profiler in the code",
	"ExperimentConfig":           "have the code write to MLflow",
	"ModelMetrics":               "add evaluationMetrics to the Model by hand",
	"MetadataProperties":         "nothing, or label the Model by hand",
	"ModelPackageGroupName":      "nothing: models of one group share the start of their name",
	"VpcConfigOverride":          "write a NetworkPolicy for the pods",
}
