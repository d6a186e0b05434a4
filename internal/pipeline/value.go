package pipeline

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// piece of a value: a literal, or an expression of Argo's.
type piece struct {
	literal, expression string
	// ofTask says that the expression reads what a task left behind, which only
	// the DAG can see.
	ofTask bool
}

// text is a value whose parts are known when the workflow runs.
type text []piece

func literal(value string) text { return text{{literal: value}} }

// variable refers to a variable of a workflow.
func variable(expression string) piece { return piece{expression: expression} }

// plainVariable is an expression that the simple form {{…}} takes too.
var plainVariable = regexp.MustCompile(`^workflow\.[a-zA-Z]+(?:\.[a-zA-Z0-9]+)?$|^workflow\.parameters\['([A-Za-z0-9_-]+)'\]$`)

// template writes a text as Argo's templates do.
func (t text) template() string {
	var out strings.Builder
	for _, p := range t {
		if p.expression == "" {
			// Nothing of a definition is a tag of Argo's.
			out.WriteString(strings.ReplaceAll(p.literal, "{{", "{{='{'}}{{='{'}}"))
			continue
		}
		switch match := plainVariable.FindStringSubmatch(p.expression); {
		case match == nil:
			out.WriteString("{{=" + p.expression + "}}")
		case match[1] != "":
			out.WriteString("{{workflow.parameters." + match[1] + "}}")
		default:
			out.WriteString("{{" + p.expression + "}}")
		}
	}
	return out.String()
}

// expression writes a text as an expression of Argo's.
func (t text) expression() string {
	parts := make([]string, 0, len(t))
	for _, p := range t {
		if p.expression == "" {
			parts = append(parts, quoted(p.literal))
		} else {
			parts = append(parts, p.expression)
		}
	}
	switch len(parts) {
	case 0:
		return "''"
	case 1:
		return parts[0]
	default:
		return "(" + strings.Join(parts, " + ") + ")"
	}
}

// quoted writes a string of the expression language.
func quoted(value string) string {
	escaped := strconv.Quote(value)
	return "'" + strings.ReplaceAll(strings.ReplaceAll(escaped[1:len(escaped)-1], `\"`, `"`), "'", `\'`) + "'"
}

func (t text) ofTask() bool {
	for _, p := range t {
		if p.ofTask {
			return true
		}
	}
	return false
}

// constant returns the text where it holds no expression, and nothing elsewhere.
func (t text) constant() string {
	var out strings.Builder
	for _, p := range t {
		if p.expression != "" {
			return ""
		}
		out.WriteString(p.literal)
	}
	return out.String()
}

// executionVariables of SageMaker, and what a workflow has in their place.
var executionVariables = map[string]string{
	"PipelineName":        "workflow.name",
	"PipelineArn":         "workflow.name",
	"PipelineExecutionId": "workflow.uid", "PipelineExecutionArn": "workflow.name",
	"StartDateTime": "workflow.creationTimestamp.RFC3339", "CurrentDateTime": "workflow.creationTimestamp.RFC3339",
}

// text reads a value: a literal, a reference, a Std:Join or a Std:JsonGet.
func (b *builder) text(value any) text {
	if r, ok := referenceOf(value); ok {
		return b.reference(r)
	}
	if inner, ok := single(value, keyJSONGet); ok {
		return b.fileValue(inner)
	}
	if inner, ok := single(value, keyJoin); ok {
		return b.joined(inner)
	}
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		return literal(value)
	case json.Number:
		return literal(value.String())
	case bool:
		return literal(strconv.FormatBool(value))
	default:
		encoded, err := json.Marshal(value)
		if err != nil {
			return literal(fmt.Sprint(value))
		}
		return literal(string(encoded))
	}
}

func (b *builder) joined(value any) text {
	on, _ := at(value, "On").(string)
	values, _ := at(value, "Values").([]any)
	var joined text
	for i, inner := range values {
		if i > 0 && on != "" {
			joined = append(joined, piece{literal: on})
		}
		joined = append(joined, b.text(inner)...)
	}
	return joined.merged()
}

// merged puts literals that stand side by side into one.
func (t text) merged() text {
	var out text
	for _, p := range t {
		if last := len(out) - 1; last >= 0 && p.expression == "" && out[last].expression == "" {
			out[last].literal += p.literal
			continue
		}
		out = append(out, p)
	}
	return out
}

// reference reads a Get.
func (b *builder) reference(r reference) text {
	switch root, name, rest := r.cut(); root {
	case "Parameters":
		return text{variable(parameterVariable(name))}
	case "Execution":
		if expression, ok := executionVariables[name]; ok {
			return text{variable(expression)}
		}
	case "Steps":
		if location := b.location(name, rest); location != nil {
			return location
		}
	}
	return b.given(r)
}

func parameterVariable(name string) string { return "workflow.parameters['" + name + "']" }

// given is a value that nothing in the cluster knows: the workflow gets a
// parameter for it, that a person sets.
func (b *builder) given(r reference) text {
	name, known := b.givens[r]
	if !known {
		name = b.unique(slug("given-" + string(r)))
		b.givens[r] = name
		b.extra = append(b.extra, object{"name": name, "description": "takes the place of " + string(r)})
		b.gap(fmt.Sprintf("reference %.200s", r), "nothing in the cluster knows this value of SageMaker's",
			"give it as the parameter "+name+" when the workflow is submitted")
	}
	return text{variable(parameterVariable(name))}
}

// location is the place in S3 that a reference to a step stands for.
func (b *builder) location(step, rest string) text {
	if rest == modelPath {
		return b.outputs[step][packedModel].uri
	}
	if match := outputForm.FindStringSubmatch(rest); match != nil {
		return b.outputs[step][match[1]].uri
	}
	if rest == "ModelName" && b.models[step] != "" {
		return text{variable("workflow.name"), {literal: "-" + b.models[step]}}
	}
	return nil
}

// fileValue reads a Std:JsonGet: a value in a file of JSON that a step left.
func (b *builder) fileValue(value any) text {
	r, _ := referenceOf(at(value, "PropertyFile"))
	_, step, rest := r.cut()
	path, _ := at(value, "Path").(string)
	match := fileForm.FindStringSubmatch(rest)
	if match == nil || !b.files[step][match[1]] {
		return b.given(r + reference("."+path))
	}
	return text{{
		ofTask: true,
		expression: fmt.Sprintf("jsonpath(tasks[%s].outputs.parameters[%s], %s)",
			quoted(b.tasks[step]), quoted(slug(match[1])), quoted("$."+path)),
	}}
}

// known returns a text as it would be with the parameters' defaults.
func (b *builder) known(value any) string {
	if r, ok := referenceOf(value); ok {
		if root, name, _ := r.cut(); root == "Parameters" {
			return b.known(b.defaults[name])
		}
	}
	if inner, ok := single(value, keyJoin); ok {
		on, _ := at(inner, "On").(string)
		values, _ := at(inner, "Values").([]any)
		parts := make([]string, 0, len(values))
		for _, part := range values {
			parts = append(parts, b.known(part))
		}
		return strings.Join(parts, on)
	}
	return b.text(value).constant()
}
