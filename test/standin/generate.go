package standin

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Rule makes many resources of one kind. Everything in it is decided by the
// rule and its seed: the same file gives the same account.
type Rule struct {
	// Name is what other rules refer to; default Kind.
	Name string `json:"name,omitempty"`
	// Kind is a key of "resources", or one of scalableTargets,
	// scalingPolicies, scheduledActions, metricAlarms, compositeAlarms,
	// metrics and logGroups, whose entries Describe then holds.
	Kind string `json:"kind"`
	// Like names an earlier rule whose Describe, Summary, Of and Tags this one
	// begins with; what it sets itself replaces theirs, field by field.
	Like string `json:"like,omitempty"`
	// Count is how many are made, 1 to 100000; for each resource of the rule
	// named by Each, when that is set.
	Count int    `json:"count"`
	Each  string `json:"each,omitempty"`
	// Families are names of pieces of work: the i-th resource belongs to the
	// family i modulo their number. With Each it belongs to its parent's.
	Families []string `json:"families,omitempty"`
	// From and To bound the times of creation, RFC 3339, in rising order. With
	// Each they may be left out: the parent's time counts.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// LastsMinutes is how long a job runs, at least and at most; default 5
	// and 60.
	LastsMinutes []float64 `json:"lastsMinutes,omitempty"`
	// Seed changes what is picked.
	Seed int `json:"seed,omitempty"`
	// Let names texts for use in the others; see expression.
	Let map[string]string `json:"let,omitempty"`
	// Describe, Summary, Of and Tags are those of Resource, with expressions
	// in angle brackets in any text.
	Describe map[string]any    `json:"describe"`
	Summary  map[string]any    `json:"summary,omitempty"`
	Of       map[string]string `json:"of,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// made is a generated resource with what its children and those who refer to
// it need.
type made struct {
	record         *record
	family         string
	run            int
	created, ended time.Time
}

// generator carries out an account's rules in their order.
type generator struct {
	account *Account
	rules   map[string][]made
	// families index the resources of a rule by family.
	families map[string]map[string][]int
	share    sharer
}

// maxGenerated bounds one rule.
const maxGenerated = 100_000

// generate carries the rules out; what they make comes after what the file
// lists.
func (a *Account) generate() error {
	g := &generator{account: a, rules: map[string][]made{}, families: map[string]map[string][]int{}, share: newSharer()}
	for i := range a.Generate {
		rule := &a.Generate[i]
		if err := g.run(rule); err != nil {
			return fmt.Errorf("generate[%d] (%s): %w", i, orDefault(rule.Name, rule.Kind), err)
		}
	}
	a.Generate = nil // not needed any more, and long
	return nil
}

func (g *generator) run(rule *Rule) error {
	if err := g.inherit(rule); err != nil {
		return err
	}
	from, to, err := g.check(rule)
	if err != nil {
		return err
	}
	t, err := compileRule(rule)
	if err != nil {
		return err
	}
	parents := []*made{nil}
	if rule.Each != "" {
		parents = nil
		for i := range g.rules[rule.Each] {
			parents = append(parents, &g.rules[rule.Each][i])
		}
	}
	total := len(parents) * rule.Count
	out := make([]made, 0, total)
	index := map[string][]int{}
	for p, parent := range parents {
		for n := range rule.Count {
			s := &making{g: g, rule: rule, template: t, parent: parent, index: p*rule.Count + n, nth: n}
			s.place(from, to, total)
			item, err := s.make()
			if err != nil {
				return fmt.Errorf("number %d: %w", s.index, err)
			}
			index[item.family] = append(index[item.family], len(out))
			out = append(out, item)
		}
	}
	g.rules[rule.Name], g.families[rule.Name] = out, index
	return nil
}

// inherit fills a rule in from the one it is like.
func (g *generator) inherit(rule *Rule) error {
	rule.Name = orDefault(rule.Name, rule.Kind)
	if rule.Like == "" {
		return nil
	}
	for i := range g.account.Generate {
		base := &g.account.Generate[i]
		if base == rule {
			break
		}
		if base.Name == rule.Like {
			rule.Describe, rule.Summary = beneath(base.Describe, rule.Describe), beneath(base.Summary, rule.Summary)
			rule.Of, rule.Tags = beneath(base.Of, rule.Of), beneath(base.Tags, rule.Tags)
			return nil
		}
	}
	return fmt.Errorf("like: no rule %q stands before this one", rule.Like)
}

// beneath copies base and lays over on top.
func beneath[V any](base, over map[string]V) map[string]V {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, over)
	return out
}

func (g *generator) check(rule *Rule) (from, to time.Time, err error) {
	switch {
	case g.rules[rule.Name] != nil:
		return from, to, fmt.Errorf("name: %q appears twice", rule.Name)
	case kindByKey(rule.Kind) == nil && sections[rule.Kind] == nil:
		return from, to, fmt.Errorf("kind: %q is neither a kind of resource nor a section that rules can fill", rule.Kind)
	case rule.Each != "" && g.rules[rule.Each] == nil:
		return from, to, fmt.Errorf("each: no rule %q stands before this one", rule.Each)
	case rule.Count < 1 || rule.Count*max(1, len(g.rules[rule.Each])) > maxGenerated:
		return from, to, fmt.Errorf("count: %d is not between 1 and %d in all", rule.Count, maxGenerated)
	case len(rule.LastsMinutes) != 0 && len(rule.LastsMinutes) != 2:
		return from, to, errors.New("lastsMinutes: give the least and the most")
	}
	if rule.From == "" && rule.To == "" && rule.Each != "" {
		return from, to, nil
	}
	from, errFrom := time.Parse(time.RFC3339, orDefault(rule.From, "2025-11-01T00:00:00Z"))
	to, errTo := time.Parse(time.RFC3339, orDefault(rule.To, "2026-11-20T00:00:00Z"))
	if errFrom != nil || errTo != nil || to.Before(from) {
		return from, to, fmt.Errorf("from %q and to %q must be times in that order, such as 2026-01-31T23:59:59Z", rule.From, rule.To)
	}
	return from, to, nil
}

// make evaluates the rule once and puts the result where it belongs.
func (s *making) make() (made, error) {
	describe, err := s.fields(s.template.describe)
	if err != nil {
		return made{}, err
	}
	item := made{family: s.family, run: s.runs, created: s.created, ended: s.ended}
	if put := sections[s.rule.Kind]; put != nil {
		item.record = &record{kind: &kind{}, fields: describe}
		return item, put(s.g.account, describe)
	}
	summary, err := s.fields(s.template.summary)
	if err != nil {
		return made{}, err
	}
	of, err := s.texts(s.template.of)
	if err != nil {
		return made{}, err
	}
	tags, err := s.texts(s.template.tags)
	if err != nil {
		return made{}, err
	}
	k := kindByKey(s.rule.Kind)
	resource := Resource{Describe: describe, Summary: summary, Of: of, Tags: tags}
	if err := s.g.account.completeResource("resources."+s.rule.Kind, k, &resource); err != nil {
		return made{}, err
	}
	s.g.share.resource(&resource)
	resource.complete = true
	if s.g.account.Resources == nil {
		s.g.account.Resources = map[string][]Resource{}
	}
	s.g.account.Resources[s.rule.Kind] = append(s.g.account.Resources[s.rule.Kind], resource)
	item.record = resource.record(k)
	return item, nil
}

// sections are the parts of an account besides resources that rules can fill.
var sections = map[string]func(*Account, map[string]any) error{
	"scalableTargets":  appendTo(func(a *Account) *[]map[string]any { return &a.Scaling.ScalableTargets }),
	"scalingPolicies":  appendTo(func(a *Account) *[]map[string]any { return &a.Scaling.ScalingPolicies }),
	"scheduledActions": appendTo(func(a *Account) *[]map[string]any { return &a.Scaling.ScheduledActions }),
	"metricAlarms":     appendTo(func(a *Account) *[]map[string]any { return &a.Alarms.MetricAlarms }),
	"compositeAlarms":  appendTo(func(a *Account) *[]map[string]any { return &a.Alarms.CompositeAlarms }),
	"metrics": func(a *Account, fields map[string]any) error {
		p, err := decodeSection[TrafficProfile](fields)
		a.Metrics = append(a.Metrics, p)
		return err
	},
	"logGroups": func(a *Account, fields map[string]any) error {
		p, err := decodeSection[LogGroup](fields)
		a.LogGroups = append(a.LogGroups, p)
		return err
	},
}

func appendTo(list func(*Account) *[]map[string]any) func(*Account, map[string]any) error {
	return func(a *Account, fields map[string]any) error {
		*list(a) = append(*list(a), fields)
		return nil
	}
}

func decodeSection[T any](fields map[string]any) (T, error) {
	var out T
	text, err := json.Marshal(fields)
	if err != nil {
		return out, fmt.Errorf("write the entry: %w", err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("read the entry: %w", err)
	}
	return out, nil
}

// sharer keeps one copy of the values that many resources have in common, so
// that an account of tens of thousands fits into little memory. Wire values
// are never changed, which makes sharing safe.
type sharer struct {
	values map[string]any
	texts  map[string]string
}

func newSharer() sharer { return sharer{values: map[string]any{}, texts: map[string]string{}} }

func (s sharer) resource(r *Resource) {
	for name, value := range r.Describe {
		r.Describe[name] = s.value(value)
	}
	for key, value := range r.Tags {
		r.Tags[key] = s.text(value)
	}
}

// value shares whole maps and lists, and short texts.
func (s sharer) value(value any) any {
	switch v := value.(type) {
	case string:
		return s.text(v)
	case map[string]any:
		for name, inner := range v {
			v[name] = s.value(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = s.value(inner)
		}
		value = slices.Clip(v)
	default:
		return value
	}
	key, err := json.Marshal(value)
	if err != nil || len(key) > maxSharedBytes {
		return value
	}
	if held, ok := s.values[string(key)]; ok {
		return held
	}
	s.values[string(key)] = value
	return value
}

// maxSharedBytes: longer values are hardly ever alike.
const maxSharedBytes = 512

func (s sharer) text(text string) string {
	if held, ok := s.texts[text]; ok {
		return held
	}
	s.texts[text] = text
	return text
}
