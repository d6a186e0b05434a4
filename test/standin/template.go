package standin

import (
	"fmt"
	"strings"
	"time"
)

// ruleTemplate is a rule ready to be evaluated many times.
type ruleTemplate struct {
	let      map[string]textTemplate
	describe map[string]any
	summary  map[string]any
	of, tags map[string]textTemplate
}

// textTemplate is a text with expressions in it: literals and expressions by
// turns, a literal first.
type textTemplate []string

// compileText splits at angle brackets. Text without any is one literal.
func compileText(text string) (textTemplate, error) {
	var out textTemplate
	for {
		before, after, found := strings.Cut(text, "<")
		out = append(out, before)
		if !found {
			return out, nil
		}
		expression, rest, closed := strings.Cut(after, ">")
		if !closed || expression == "" {
			return nil, fmt.Errorf("%q: an angle bracket begins an expression, as in <family>", text)
		}
		out = append(out, expression)
		text = rest
	}
}

func compileTexts(texts map[string]string) (map[string]textTemplate, error) {
	out := map[string]textTemplate{}
	for name, text := range texts {
		t, err := compileText(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

// compileValue replaces every text that has expressions by its template.
func compileValue(value any) (any, error) {
	switch v := value.(type) {
	case string:
		t, err := compileText(v)
		if err != nil || len(t) > 1 {
			return t, err
		}
		return v, nil
	case map[string]any:
		return compileFields(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			compiled, err := compileValue(item)
			if err != nil {
				return nil, err
			}
			out[i] = compiled
		}
		return out, nil
	}
	return value, nil
}

func compileFields(fields map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, value := range fields {
		compiled, err := compileValue(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = compiled
	}
	return out, nil
}

func compileRule(rule *Rule) (*ruleTemplate, error) {
	t := &ruleTemplate{}
	var err error
	for _, part := range []struct {
		name string
		from map[string]string
		to   *map[string]textTemplate
	}{{"let", rule.Let, &t.let}, {"of", rule.Of, &t.of}, {"tags", rule.Tags, &t.tags}} {
		if *part.to, err = compileTexts(part.from); err != nil {
			return nil, fmt.Errorf("%s.%w", part.name, err)
		}
	}
	if t.describe, err = compileFields(rule.Describe); err != nil {
		return nil, fmt.Errorf("describe.%w", err)
	}
	if t.summary, err = compileFields(rule.Summary); err != nil {
		return nil, fmt.Errorf("summary.%w", err)
	}
	return t, nil
}

// making is one resource that is being made.
type making struct {
	g        *generator
	rule     *Rule
	template *ruleTemplate
	parent   *made
	// index counts over the whole rule, nth within the parent, runs within
	// the family.
	index, nth, runs int
	family           string
	created, ended   time.Time
	// depth guards against names of "let" that refer to one another.
	depth int
}

// place decides family and times.
func (s *making) place(from, to time.Time, total int) {
	switch n := len(s.rule.Families); {
	case n > 0:
		s.family, s.runs = s.rule.Families[s.index%n], s.index/n
	case s.parent != nil:
		s.family, s.runs = s.parent.family, s.nth
	default:
		s.runs = s.index
	}
	if from.IsZero() {
		s.created = s.parent.created.Add(time.Duration(s.nth) * time.Minute)
	} else {
		step := to.Sub(from) / time.Duration(total)
		s.created = from.Add(step*time.Duration(s.index) + time.Duration(s.chance("created")*float64(step)))
	}
	s.created = s.created.UTC().Truncate(time.Second)
	least, most := 5.0, 60.0
	if len(s.rule.LastsMinutes) == 2 {
		least, most = s.rule.LastsMinutes[0], s.rule.LastsMinutes[1]
	}
	s.ended = s.created.Add(time.Duration((least + (most-least)*s.chance("ended")) * float64(time.Minute))).Truncate(time.Second)
}

// hash is a number that the rule, its seed, the resource and a word decide.
func (s *making) hash(word string) uint64 {
	return digest(fmt.Sprintf("%d/%s/%d/%s", s.rule.Seed, s.rule.Name, s.index, word))
}

// chance is such a number from 0 to 1.
func (s *making) chance(word string) float64 { return float64(s.hash(word)>>11) / (1 << 53) }

// fields evaluates a compiled map. Parts without expressions are shared by all
// resources of the rule.
func (s *making) fields(fields map[string]any) (map[string]any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		made, err := s.value(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if made != nil { // <none> leaves a field out
			out[name] = made
		}
	}
	return out, nil
}

func (s *making) value(value any) (any, error) {
	switch v := value.(type) {
	case textTemplate:
		return s.expand(v)
	case map[string]any:
		return s.fields(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			made, err := s.value(item)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			out[i] = made
		}
		return out, nil
	}
	return value, nil
}

func (s *making) texts(texts map[string]textTemplate) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(texts))
	for name, t := range texts {
		value, err := s.expand(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if value != nil {
			out[name] = plainText(value)
		}
	}
	return out, nil
}

// expand evaluates a text. One that is a single expression keeps the
// expression's type, so that numbers stay numbers.
func (s *making) expand(t textTemplate) (any, error) {
	if len(t) == 3 && t[0] == "" && t[2] == "" {
		return s.eval(t[1])
	}
	var b strings.Builder
	for i, part := range t {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		value, err := s.eval(part)
		if err != nil {
			return nil, err
		}
		b.WriteString(plainText(value))
	}
	return b.String(), nil
}
