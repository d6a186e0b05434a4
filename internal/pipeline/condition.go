package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"
)

// comparisons by SageMaker's names.
var comparisons = map[string]string{
	"Equals": "==", "GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<=",
}

// conditions writes a condition step as an expression: all have to be true.
func (b *builder) conditions(step Step) string {
	return b.all(step, step.Conditions, " && ", "true")
}

func (b *builder) all(step Step, conditions []any, operator, empty string) string {
	var parts []string
	for _, condition := range conditions {
		parts = append(parts, b.condition(step, condition))
	}
	if len(parts) == 0 {
		return empty
	}
	return "(" + strings.Join(parts, operator) + ")"
}

func (b *builder) condition(step Step, condition any) string {
	kind, _ := at(condition, "Type").(string)
	left, right := at(condition, "LeftValue"), at(condition, "RightValue")
	switch kind {
	case "Not":
		return "!(" + b.condition(step, at(condition, "Expression")) + ")"
	case "Or":
		inner, _ := at(condition, "Conditions").([]any)
		return b.all(step, inner, " || ", "false")
	case "In":
		query := at(condition, "QueryValue")
		values, _ := at(condition, "Values").([]any)
		var parts []string
		for _, value := range values {
			parts = append(parts, b.compared(query, "==", value))
		}
		if len(parts) == 0 {
			return "false"
		}
		return "(" + strings.Join(parts, " || ") + ")"
	}
	operator, ok := comparisons[kind]
	if !ok {
		b.differs(step, fmt.Sprintf("its condition of the type %.60q has no counterpart, and counts as false", kind),
			"write the expression by hand in when, where it now says false")
		return "false"
	}
	return b.compared(left, operator, right)
}

// compared compares as numbers where SageMaker does: in every order, and where
// one side is a number.
func (b *builder) compared(left any, operator string, right any) string {
	numeric := operator != "==" || b.numeric(left) || b.numeric(right)
	side := func(value any) string {
		expression := b.text(value).expression()
		if _, isNumber := value.(json.Number); isNumber {
			return strings.Trim(expression, "'")
		}
		if numeric {
			return "asFloat(" + expression + ")"
		}
		return "string(" + expression + ")"
	}
	return side(left) + " " + operator + " " + side(right)
}

// numeric says that a value is a number, or a parameter of numbers.
func (b *builder) numeric(value any) bool {
	if _, ok := value.(json.Number); ok {
		return true
	}
	r, _ := referenceOf(value)
	root, name, _ := r.cut()
	for _, p := range b.pipeline.Parameters {
		if root == "Parameters" && p.Name == name {
			return p.Type == "Integer" || p.Type == "Float"
		}
	}
	return false
}
