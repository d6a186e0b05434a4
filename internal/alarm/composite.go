package alarm

import (
	"errors"
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Limits on a composite alarm's rule: AWS's are 10,240 characters and 100
// alarms.
const (
	maxRuleLength = 10240
	maxRuleDepth  = 30
)

// term is a part of a rule. PromQL has no negation of its own, only unless: a
// negated term holds the expression that must not be true.
type term struct {
	expr    string
	negated bool
}

// combination is the translation of one composite alarm.
type combination struct {
	*translation

	place   inventory.Place
	words   []string
	depth   int
	subject subject
	notes   []string
}

// composite translates a rule over other alarms.
func (t *translation) composite(a inventory.Alarm) (condition, error) {
	c := &combination{translation: t, place: a.Place}
	result, err := c.rule(a.Rule)
	if err == nil && result.negated {
		err = errors.New("it is true whenever other alarms are not, which PromQL cannot say alone")
	}
	if err != nil {
		return condition{}, fmt.Errorf("its rule %.200q: %w", a.Rule, err)
	}
	return condition{expr: result.expr, subject: c.subject, says: a.Rule, notes: c.notes}, nil
}

func (c *combination) rule(text string) (term, error) {
	if c.depth++; c.depth > maxRuleDepth {
		return term{}, errors.New("composite alarms refer to one another too deeply")
	}
	defer func() { c.depth-- }()
	if len(text) > maxRuleLength {
		return term{}, fmt.Errorf("it has %d characters; at most %d are read", len(text), maxRuleLength)
	}
	outer := c.words
	defer func() { c.words = outer }()
	c.words = ruleTokens(text)
	result, err := c.either()
	if err == nil && len(c.words) > 0 {
		err = fmt.Errorf("%q is not understood", c.words[0])
	}
	return result, err
}

// ruleTokens are words, parentheses, and names in quotes with a quote before
// them.
func ruleTokens(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			i++
		case '(', ')':
			words = append(words, text[i:i+1])
			i++
		case '"', '\'':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return append(words, text[i:])
			}
			words = append(words, `"`+text[i+1:i+1+end])
			i += end + 2
		default:
			end := strings.IndexAny(text[i:], " \t\r\n()")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, text[i:i+end])
			i += end
		}
	}
	return words
}

func (c *combination) next() string {
	if len(c.words) == 0 {
		return ""
	}
	word := c.words[0]
	c.words = c.words[1:]
	return word
}

func (c *combination) either() (term, error) { return c.chain("OR", c.both) }

func (c *combination) both() (term, error) { return c.chain("AND", c.not) }

func (c *combination) chain(word string, read func() (term, error)) (term, error) {
	if c.depth++; c.depth > maxRuleDepth {
		return term{}, errors.New("it is nested too deeply")
	}
	defer func() { c.depth-- }()
	left, err := read()
	for err == nil && len(c.words) > 0 && strings.EqualFold(c.words[0], word) {
		c.next()
		var right term
		if right, err = read(); err == nil {
			left, err = joined(word, left, right)
		}
	}
	return left, err
}

// joined says a combination of two terms with and, or and unless.
func joined(word string, left, right term) (term, error) {
	if left.negated && !right.negated {
		left, right = right, left
	}
	and := word == "AND"
	switch {
	case left.negated:
		// Neither: not one or the other; and the other way round.
		and = !and
		fallthrough
	case !right.negated:
		operator := "or"
		if and {
			operator = "and on ()"
		}
		return term{expr: fmt.Sprintf("(%s %s %s)", left.expr, operator, right.expr), negated: left.negated}, nil
	case and:
		return term{expr: fmt.Sprintf("(%s unless on () %s)", left.expr, right.expr)}, nil
	default:
		return term{}, errors.New("one alarm or the absence of another cannot be said in PromQL")
	}
}

func (c *combination) not() (term, error) {
	if len(c.words) == 0 || !strings.EqualFold(c.words[0], "NOT") {
		return c.primary()
	}
	if c.depth++; c.depth > maxRuleDepth {
		return term{}, errors.New("it is nested too deeply")
	}
	defer func() { c.depth-- }()
	c.next()
	inner, err := c.not()
	inner.negated = !inner.negated
	return inner, err
}

func (c *combination) primary() (term, error) {
	word := c.next()
	if word == "(" {
		inner, err := c.either()
		if err == nil && c.next() != ")" {
			err = errors.New("a parenthesis is not closed")
		}
		return inner, err
	}
	state := strings.ToUpper(word)
	if state != "ALARM" && state != "OK" {
		return term{}, fmt.Errorf("%q has no counterpart", word)
	}
	if c.next() != "(" {
		return term{}, fmt.Errorf("%s names no alarm", state)
	}
	name := alarmName(c.next())
	if c.next() != ")" {
		return term{}, fmt.Errorf("%s(%s is not closed", state, name)
	}
	part, err := c.part(name)
	part.negated = part.negated != (state == "OK")
	return part, err
}

// alarmName takes the quotes off a name, and the rest off an ARN.
func alarmName(word string) string {
	name := strings.TrimPrefix(word, `"`)
	if _, last, ok := strings.Cut(name, ":alarm:"); ok && strings.HasPrefix(name, "arn:") {
		return last
	}
	return name
}

// part is one of the alarms that a rule combines. Its waiting has to be part of
// the expression, as a rule waits only once.
func (c *combination) part(name string) (term, error) {
	a, ok := c.find(c.place, name)
	if !ok {
		return term{}, fmt.Errorf("the alarm %s is not in the inventory", name)
	}
	if a.Rule != "" {
		return c.rule(a.Rule)
	}
	part, err := c.condition(a)
	if err != nil {
		return term{}, fmt.Errorf("the alarm %s: %w", name, err)
	}
	if c.subject == (subject{}) {
		c.subject = part.subject
	}
	for _, note := range part.notes {
		c.notes = appendNew(c.notes, name+": "+note)
	}
	if part.forSeconds > 0 {
		periods := max(a.EvaluationPeriods, 1)
		return term{expr: "(" + counted(part.expr, periods, periods, part.forSeconds/(periods-1)) + ")"}, nil
	}
	return term{expr: "(" + part.expr + ")"}, nil
}
