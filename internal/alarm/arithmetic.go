package alarm

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// arithmetic is a recursive-descent parser of CloudWatch's metric math, as far
// as it is arithmetic on series.
type arithmetic struct {
	formula *formula
	text    string
	words   []string
}

func (p *arithmetic) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *arithmetic) next() string {
	word := p.peek()
	if word != "" {
		p.words = p.words[1:]
	}
	return word
}

func (p *arithmetic) sum() (operand, error) { return p.chain("+-", p.product) }

func (p *arithmetic) product() (operand, error) { return p.chain("*/", p.power) }

func (p *arithmetic) power() (operand, error) { return p.chain("^", p.unary) }

// chain reads operands with operators of one rank between.
func (p *arithmetic) chain(operators string, read func() (operand, error)) (operand, error) {
	if p.formula.depth++; p.formula.depth > maxExpressionDepth {
		return operand{}, errors.New("it is nested too deeply")
	}
	defer func() { p.formula.depth-- }()
	left, err := read()
	if err != nil {
		return operand{}, err
	}
	for operator := p.peek(); operator != "" && strings.Contains(operators, operator); operator = p.peek() {
		p.next()
		right, err := read()
		if err != nil {
			return operand{}, err
		}
		left = operand{expr: fmt.Sprintf("(%s %s %s)", left.expr, operator, right.expr), scalar: left.scalar && right.scalar}
	}
	return left, nil
}

func (p *arithmetic) unary() (operand, error) {
	if p.peek() != "-" {
		return p.primary()
	}
	p.next()
	of, err := p.primary()
	return operand{expr: "(-" + of.expr + ")", scalar: of.scalar}, err
}

func (p *arithmetic) primary() (operand, error) {
	word := p.next()
	if word == "(" {
		inner, err := p.sum()
		if err != nil {
			return operand{}, err
		}
		return inner, p.expect(")")
	}
	if value, err := strconv.ParseFloat(word, 64); err == nil && word[0] >= '0' && word[0] <= '9' {
		return operand{expr: number(value), scalar: true}, nil
	}
	if word == "" || !isWord(word[0]) {
		return operand{}, fmt.Errorf("%q is not a metric", word)
	}
	if p.peek() == "(" {
		return p.function(word)
	}
	return p.formula.named(word)
}

func (p *arithmetic) expect(want string) error {
	if word := p.next(); word != want {
		return fmt.Errorf("%q stands where %q should", word, want)
	}
	return nil
}

// functions of CloudWatch that PromQL has too, on one series.
var functions = map[string]string{"ABS": "abs", "CEIL": "ceil", "FLOOR": "floor", "LOG": "ln", "LOG10": "log10"}

func (p *arithmetic) function(name string) (operand, error) {
	p.next()
	of, err := p.sum()
	if err != nil {
		return operand{}, err
	}
	same, known := functions[strings.ToUpper(name)]
	switch {
	case of.scalar:
		return operand{}, fmt.Errorf("%s of a number", name)
	case known:
		return operand{expr: same + "(" + of.expr + ")"}, p.expect(")")
	case strings.ToUpper(name) != "FILL":
		return operand{}, fmt.Errorf("the function %s has no counterpart", name)
	}
	if err := p.expect(","); err != nil {
		return operand{}, err
	}
	with, err := p.unary()
	if err != nil || !with.scalar {
		return operand{}, errors.New("FILL with something else than a number has no counterpart")
	}
	return operand{expr: fmt.Sprintf("(%s or vector(%s))", of.expr, with.expr)}, p.expect(")")
}
