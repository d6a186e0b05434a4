package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a definition. All names have to be unique, references known, and
// no step may depend on itself; everything that is wrong is in one error.
func Parse(definition []byte) (Pipeline, error) {
	if len(definition) > maxBytes {
		return Pipeline{}, fmt.Errorf("the definition has %d bytes; SageMaker's limit is %d", len(definition), maxBytes)
	}
	if deepest(definition) > maxDepth {
		return Pipeline{}, fmt.Errorf("the definition is nested more than %d deep", maxDepth)
	}
	var raw rawPipeline
	if err := decode(definition, &raw); err != nil {
		return Pipeline{}, fmt.Errorf("cannot read the definition: %w", err)
	}
	if raw.Version != Version {
		return Pipeline{}, fmt.Errorf("the definition has the version %.40q; want %s", raw.Version, Version)
	}
	r := &reader{}
	r.pipeline.Experiment, r.pipeline.Metadata = raw.Experiment, raw.Metadata
	for _, p := range raw.Parameters {
		r.pipeline.Parameters = append(r.pipeline.Parameters, Parameter(p))
	}
	r.ignored("", definition, "Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps")
	if err := r.steps(raw.Steps, nil); err != nil {
		return Pipeline{}, err
	}
	if err := check(r.pipeline); err != nil {
		return Pipeline{}, err
	}
	return r.pipeline, nil
}

type reader struct {
	pipeline Pipeline
}

func (r *reader) steps(raws []json.RawMessage, guards []Guard) error {
	for _, raw := range raws {
		if len(r.pipeline.Steps) >= maxSteps {
			return fmt.Errorf("the definition has more than %d steps", maxSteps)
		}
		if err := r.step(raw, guards); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) step(data json.RawMessage, guards []Guard) error {
	var raw rawStep
	if err := decode(data, &raw); err != nil {
		return fmt.Errorf("cannot read step %d of the definition: %w", len(r.pipeline.Steps)+1, err)
	}
	step := Step{
		Name: raw.Name, Type: raw.Type, Title: raw.Title, Description: raw.Description, Arguments: raw.Arguments,
		DependsOn: raw.DependsOn, Files: raw.Files, Cached: raw.Cache.Enabled, Retries: raw.Retries, Guards: guards,
	}
	var fields map[string]any
	if err := decode(data, &fields); err != nil {
		return fmt.Errorf("cannot read step %s: %w", raw.Name, err)
	}
	for _, known := range []string{
		"Name", "Type", "DisplayName", "Description", "Arguments", "DependsOn", "PropertyFiles", "CacheConfig", "RetryPolicies",
	} {
		delete(fields, known)
	}
	step.Rest = fields
	if raw.Type != TypeCondition {
		r.pipeline.Steps = append(r.pipeline.Steps, step)
		return nil
	}
	var branches rawBranches
	if err := decode(data, &branches); err != nil {
		return fmt.Errorf("cannot read condition %s: %w", raw.Name, err)
	}
	step.Conditions = branches.Arguments.Conditions
	r.ignoredOf("step "+step.Name+".Arguments.", step.Arguments, "Conditions", "IfSteps", "ElseSteps")
	step.Arguments = nil
	r.pipeline.Steps = append(r.pipeline.Steps, step)
	inner := slices.Clip(guards)
	return errors.Join(
		r.steps(branches.Arguments.If, append(inner, Guard{Step: step.Name})),
		r.steps(branches.Arguments.Else, append(inner, Guard{Step: step.Name, Else: true})))
}

func (r *reader) ignored(path string, data []byte, known ...string) {
	var fields map[string]any
	if decode(data, &fields) == nil {
		r.ignoredOf(path, fields, known...)
	}
}

func (r *reader) ignoredOf(path string, fields map[string]any, known ...string) {
	for name := range fields {
		if !slices.Contains(known, name) {
			r.pipeline.Ignored = append(r.pipeline.Ignored, path+name)
		}
	}
	slices.Sort(r.pipeline.Ignored)
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("something stands behind the JSON")
	}
	return nil
}

// deepest counts how deep objects and lists are nested.
func deepest(data []byte) int {
	depth, most, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			most = max(most, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return most
}

// check finds duplicates, references to nothing, and cycles.
func check(p Pipeline) error {
	var problems []error
	parameters, steps := map[string]bool{}, map[string]bool{}
	for _, parameter := range p.Parameters {
		if parameter.Name == "" || parameters[parameter.Name] {
			problems = append(problems, fmt.Errorf("parameter %q has no name, or the name is used twice", parameter.Name))
		}
		parameters[parameter.Name] = true
	}
	for i, step := range p.Steps {
		if steps[step.Name] || step.Name == "" || step.Type == "" {
			problems = append(problems, fmt.Errorf("step %d, %q of type %q: it needs a type and a name that no other step has", i+1, step.Name, step.Type))
		}
		steps[step.Name] = true
	}
	for _, step := range p.Steps {
		problems = append(problems, step.dangling(parameters, steps)...)
	}
	if len(problems) == 0 {
		problems = append(problems, p.cycle())
	}
	return errors.Join(problems...)
}

// dangling finds what a step refers to and the definition does not have.
func (s Step) dangling(parameters, steps map[string]bool) []error {
	var problems []error
	for _, name := range s.DependsOn {
		if !steps[name] {
			problems = append(problems, fmt.Errorf("step %s depends on %q, which is no step", s.Name, name))
		}
	}
	for _, reference := range s.references() {
		root, name, _ := reference.cut()
		if root == "Parameters" && !parameters[name] || root == "Steps" && !steps[name] {
			problems = append(problems, fmt.Errorf("step %s refers to %.200q, which the definition does not have", s.Name, string(reference)))
		}
	}
	return problems
}

// needs returns the names of the steps that a step waits for: those it names,
// those it takes something from, and the conditions around it.
func (s Step) needs() []string {
	needs := slices.Clone(s.DependsOn)
	for _, reference := range s.references() {
		if root, name, _ := reference.cut(); root == "Steps" {
			needs = append(needs, name)
		}
	}
	for _, guard := range s.Guards {
		needs = append(needs, guard.Step)
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}

// cycle returns an error that names a cycle, if there is one.
func (p Pipeline) cycle() error {
	const open, done = 1, 2
	byName, state := map[string]Step{}, map[string]int{}
	for _, step := range p.Steps {
		byName[step.Name] = step
	}
	var path []string
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case done:
			return nil
		case open:
			return fmt.Errorf("steps depend on one another in a circle: %s", strings.Join(append(path[slices.Index(path, name):], name), " -> "))
		}
		state[name] = open
		path = append(path, name)
		for _, need := range byName[name].needs() {
			if err := visit(need); err != nil {
				return err
			}
		}
		path, state[name] = path[:len(path)-1], done
		return nil
	}
	for _, step := range p.Steps {
		if err := visit(step.Name); err != nil {
			return err
		}
	}
	return nil
}
