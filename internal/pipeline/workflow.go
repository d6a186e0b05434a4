package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/placement"
)

// Defaults of Options.
const (
	// DefaultS3Endpoint is AWS's own.
	DefaultS3Endpoint = "s3.amazonaws.com"
	// DefaultToolImage has a shell and tar.
	DefaultToolImage = "docker.io/library/busybox:1.37"
)

// Options of a translation.
type Options struct {
	// Name and Namespace of the WorkflowTemplate.
	Name, Namespace string
	// ServiceAccountName runs the steps. It needs access to S3, and to Models
	// where the pipeline registers any. Empty means the namespace's default.
	ServiceAccountName string
	// Region of the buckets; empty leaves it to the SDK.
	Region string
	// S3Endpoint is a host; empty means DefaultS3Endpoint.
	S3Endpoint string
	// ToolImage packs models; empty means DefaultToolImage.
	ToolImage string
	// Images maps images of SageMaker to those for the cluster.
	Images map[string]string
	// Pools are the node pools of training and batch work; without one, pods run
	// anywhere.
	Pools map[placement.Class]string
}

// Result of a translation.
type Result struct {
	// Workflow is a WorkflowTemplate (argoproj.io/v1alpha1), as
	// *unstructured.Unstructured.
	Workflow any
	// Mapped are the names of the steps that run as they did.
	Mapped []string
	// Gaps name the others, and what is different about those that run.
	Gaps []gap.Gap
}

// object is JSON with fields.
type object = map[string]any

// packedModel names the model.tar.gz among the outputs of a training step.
const packedModel = "\x00model"

// made is an output of a step: where it lies in S3, and which task's artifact it
// is. File is the name of the file that it is.
type made struct {
	uri                  text
	task, artifact, file string
}

// builder puts a WorkflowTemplate together.
type builder struct {
	pipeline Pipeline
	options  Options
	defaults map[string]any
	// tasks are the names of tasks by step; last is the task that a step's
	// followers wait for.
	tasks, last map[string]string
	names       map[string]bool
	// outputs, files and models are what earlier steps leave.
	outputs map[string]map[string]made
	files   map[string]map[string]bool
	models  map[string]string
	// givens are the parameters for values that nobody knows.
	givens map[reference]string
	extra  []any

	dag, templates []any
	mapped         []string
	gaps           []gap.Gap
}

// Workflow translates a pipeline. Every step is among Mapped or named in a gap.
func Workflow(p Pipeline, options Options) Result {
	options.S3Endpoint = cmp.Or(options.S3Endpoint, DefaultS3Endpoint)
	options.ToolImage = cmp.Or(options.ToolImage, DefaultToolImage)
	b := &builder{
		pipeline: p, options: options, defaults: map[string]any{}, tasks: map[string]string{}, last: map[string]string{},
		names: map[string]bool{"pipeline": true}, outputs: map[string]map[string]made{}, files: map[string]map[string]bool{},
		models: map[string]string{}, givens: map[reference]string{},
	}
	for _, parameter := range p.Parameters {
		b.defaults[parameter.Name] = parameter.Default
		b.names[parameter.Name] = true
	}
	for _, step := range p.Steps {
		b.tasks[step.Name] = b.unique(slug(step.Name))
		b.last[step.Name] = b.tasks[step.Name]
	}
	for _, step := range b.ordered() {
		b.step(step)
	}
	b.whole()
	return Result{Workflow: b.manifest(), Mapped: b.mapped, Gaps: b.gaps}
}

// unique makes a name that no other task has.
func (b *builder) unique(name string) string {
	candidate := name
	for i := 2; b.names[candidate]; i++ {
		candidate = fmt.Sprintf("%s-%d", name, i)
	}
	b.names[candidate] = true
	return candidate
}

// ordered returns the steps so that each stands behind what it needs.
func (b *builder) ordered() []Step {
	byName, seen := map[string]Step{}, map[string]bool{}
	for _, step := range b.pipeline.Steps {
		byName[step.Name] = step
	}
	var ordered []Step
	var visit func(step Step)
	visit = func(step Step) {
		if seen[step.Name] {
			return
		}
		seen[step.Name] = true
		for _, need := range step.needs() {
			visit(byName[need])
		}
		ordered = append(ordered, step)
	}
	for _, step := range b.pipeline.Steps {
		visit(step)
	}
	return ordered
}

func (b *builder) gap(thing, why, do string) {
	g := gap.Gap{Thing: thing, Why: why, Do: do}
	if !slices.Contains(b.gaps, g) {
		b.gaps = append(b.gaps, g)
	}
}

// differs names what is different about a step that runs.
func (b *builder) differs(step Step, why, do string) { b.gap("step "+step.Name, why, do) }

// whole names what is different about the pipeline.
func (b *builder) whole() {
	if b.pipeline.Experiment != nil {
		b.gap("experiment of the pipeline", "no experiment records its runs", "have the steps write to MLflow")
	}
	for _, name := range b.pipeline.Ignored {
		b.gap("field "+name, "the translation does not know it", "look it up in SageMaker's schema of pipelines and decide")
	}
}

func (b *builder) manifest() *unstructured.Unstructured {
	parameters := make([]any, 0, len(b.pipeline.Parameters))
	for _, p := range b.pipeline.Parameters {
		parameter := object{"name": p.Name, "description": p.Type}
		if p.Default != nil {
			parameter["value"] = b.plain(p.Default)
		}
		if len(p.Enum) > 0 {
			var enum []any
			for _, value := range p.Enum {
				enum = append(enum, b.plain(value))
			}
			parameter["enum"] = enum
		}
		parameters = append(parameters, parameter)
	}
	tasks := b.dag
	if len(tasks) == 0 {
		// Argo refuses a DAG without tasks.
		tasks = []any{object{"name": "nothing", "template": "nothing"}}
		b.templates = append(b.templates, object{"name": "nothing", "suspend": object{"duration": "0"}})
	}
	spec := object{
		"entrypoint": "pipeline",
		"arguments":  object{"parameters": append(parameters, b.extra...)},
		"templates":  append([]any{object{"name": "pipeline", "dag": object{"tasks": tasks}}}, b.templates...),
	}
	if b.options.ServiceAccountName != "" {
		spec["serviceAccountName"] = b.options.ServiceAccountName
	}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
		"metadata": object{
			"name": b.options.Name, "namespace": b.options.Namespace,
			"labels": object{naming.LabelPartOf: naming.PartOfLandfall},
		},
		"spec": spec,
	}}
}

// plain writes a parameter's value.
func (b *builder) plain(value any) string {
	return b.text(value).constant()
}

// depends are the tasks that must have succeeded before a step's own. A
// condition runs nothing: who waits for one waits for what it waits for.
func (b *builder) depends(step Step) []string {
	tasks := map[string]bool{}
	seen := map[string]bool{}
	var add func(names []string)
	add = func(names []string) {
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			i := slices.IndexFunc(b.pipeline.Steps, func(s Step) bool { return s.Name == name })
			if b.pipeline.Steps[i].Type == TypeCondition {
				add(b.pipeline.Steps[i].needs())
			} else {
				tasks[b.last[name]] = true
			}
			for output := range b.outputs[name] {
				if task := b.outputs[name][output].task; task != "" {
					tasks[task] = true
				}
			}
		}
	}
	add(step.needs())
	var names []string
	for task := range tasks {
		names = append(names, task)
	}
	slices.Sort(names)
	return names
}

// guard writes the conditions around a step.
func (b *builder) guard(step Step) string {
	var all []string
	for _, g := range step.Guards {
		i := slices.IndexFunc(b.pipeline.Steps, func(s Step) bool { return s.Name == g.Step })
		condition := b.conditions(b.pipeline.Steps[i])
		if g.Else {
			condition = "!(" + condition + ")"
		}
		all = append(all, condition)
	}
	if len(all) == 0 {
		return ""
	}
	return "{{=" + strings.Join(all, " && ") + "}}"
}
