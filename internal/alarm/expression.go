package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Limits on a metric expression: AWS's are 2,048 characters, and ten metrics.
const (
	maxExpressionLength = 2048
	maxExpressionDepth  = 40
)

// expression translates the metric or the formula of an alarm on several
// metrics that is compared with the threshold.
func (t *translation) expression(a inventory.Alarm) (value, int32, error) {
	returned := slices.IndexFunc(a.Expressions, func(e inventory.MetricExpression) bool { return e.ReturnData })
	if returned < 0 && len(a.Expressions) == 1 {
		returned = 0
	}
	if returned < 0 {
		return value{}, 0, errors.New("none of its expressions is the one that is compared")
	}
	f := &formula{translation: t, alarm: a}
	v, err := f.named(a.Expressions[returned].ID)
	if err != nil {
		return value{}, 0, err
	}
	if f.periodSeconds == 0 {
		return value{}, 0, errors.New("its expressions rest on no metric")
	}
	return value{
		expr: v.expr, units: 1, subject: f.subject, notes: f.notes, series: f.series,
		says: strings.Join(f.says, ", "),
	}, f.periodSeconds, nil
}

// formula is the translation of one alarm's expressions.
type formula struct {
	*translation

	alarm         inventory.Alarm
	depth         int
	periodSeconds int32
	subject       subject
	says          []string
	notes, series []string
}

// operand is a part of a formula. PromQL tells numbers from series.
type operand struct {
	expr   string
	scalar bool
}

func (f *formula) named(id string) (operand, error) {
	if f.depth++; f.depth > maxExpressionDepth {
		return operand{}, errors.New("its expressions refer to one another too deeply")
	}
	defer func() { f.depth-- }()
	i := slices.IndexFunc(f.alarm.Expressions, func(e inventory.MetricExpression) bool { return e.ID == id })
	if i < 0 {
		return operand{}, fmt.Errorf("its expression refers to %s, which it does not define", id)
	}
	if e := f.alarm.Expressions[i]; e.Expression != "" {
		return f.parse(e.Expression)
	}
	return f.metric(f.alarm.Expressions[i])
}

func (f *formula) metric(e inventory.MetricExpression) (operand, error) {
	if e.Metric == nil {
		return operand{}, fmt.Errorf("its metric %s could not be read", e.ID)
	}
	if f.periodSeconds != 0 && f.periodSeconds != e.PeriodSeconds {
		return operand{}, fmt.Errorf("its metrics have periods of %d s and %d s", f.periodSeconds, e.PeriodSeconds)
	}
	metric := *e.Metric
	if e.ExtendedStatistic != "" {
		metric.Statistic = e.ExtendedStatistic
	}
	v, err := f.value(f.alarm.Place, metric, e.PeriodSeconds)
	if err != nil {
		return operand{}, err
	}
	f.periodSeconds, f.subject = e.PeriodSeconds, v.subject
	f.says = appendNew(f.says, e.ID+": "+v.says)
	for _, note := range v.notes {
		f.notes = appendNew(f.notes, note)
	}
	for _, series := range v.series {
		f.series = appendNew(f.series, series)
	}
	if v.units != 1 {
		// A formula counts in CloudWatch's units.
		return operand{expr: fmt.Sprintf("(%s * (%s))", number(v.units), v.expr)}, nil
	}
	return operand{expr: "(" + v.expr + ")"}, nil
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// parse reads arithmetic: numbers, ids, + - * / ^, parentheses and a few
// functions.
func (f *formula) parse(text string) (operand, error) {
	if len(text) > maxExpressionLength {
		return operand{}, fmt.Errorf("its expression has %d characters; at most %d are read", len(text), maxExpressionLength)
	}
	p := &arithmetic{formula: f, text: text, words: tokens(text)}
	result, err := p.sum()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q is not arithmetic", p.words[0])
	}
	if err != nil {
		return operand{}, fmt.Errorf("its expression %q is more than arithmetic: %w", text, err)
	}
	return result, nil
}

// tokens of an expression: words, numbers, and single characters.
func tokens(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		end := i + 1
		switch {
		case text[i] == ' ' || text[i] == '\t' || text[i] == '\n':
			i++
			continue
		case isWord(text[i]):
			for end < len(text) && isWord(text[end]) {
				end++
			}
		}
		words = append(words, text[i:end])
		i = end
	}
	return words
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}
