package standin

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// eval evaluates one expression of a rule. The words are:
//
//	i, n, nth, run       counts from 0: over the rule, from 1, within the parent, within the family
//	family               the family's name
//	created, ended       times in RFC 3339; created+90s and the like move them
//	stamp, date          the time of creation as 2026-01-31-23-59-59-123 and as 2026-01-31
//	account, region      of the account
//	hex:N                N hexadecimal digits
//	pad:N                i with zeros in front, N digits
//	pick:a|b|c           one of them; the same text gives the same pick in one resource
//	turn:a|b|c           one after the other, by nth
//	int:1-9, float:1-9   a number
//	number:WORD          another expression as a number
//	text:WORD            another expression as text
//	time:WORD            another expression, a time field of a resource, in RFC 3339
//	none                 leaves the field out
//	parent, parent.F     name or field of the resource this one is made for
//	ref:RULE, ref:RULE.F name or field of the resource of a rule with the same i
//	same:RULE(.F)        of one with the same family
//	any:RULE(.F)         of any one
//
// and every name under "let".
func (s *making) eval(expression string) (any, error) {
	word, rest, _ := strings.Cut(expression, ":")
	switch word {
	case "i", "nth", "run", "n", "pad":
		return s.count(word, rest)
	case "family":
		return s.family, nil
	case "account":
		return s.g.account.AccountID, nil
	case "region":
		return s.g.account.Region, nil
	case "none":
		return nil, nil
	case "stamp":
		millis := s.hash("stamp") % 1000
		return fmt.Sprintf("%s-%03d", s.created.Format("2006-01-02-15-04-05"), millis), nil
	case "date":
		return s.created.Format(time.DateOnly), nil
	case "hex":
		return s.hexadecimal(rest)
	case "pick", "turn":
		return s.choose(word, rest)
	case "int", "float":
		return s.between(word, rest)
	case "number":
		value, err := s.eval(rest)
		if err != nil {
			return nil, err
		}
		return strconv.ParseFloat(plainText(value), 64)
	case "text":
		value, err := s.eval(rest)
		return plainText(value), err
	case "time":
		value, err := s.eval(rest)
		seconds, ok := number(value)
		if err == nil && !ok {
			err = fmt.Errorf("time:%s: %v is not the time of a resource", rest, value)
		}
		return time.UnixMilli(int64(seconds * 1000)).UTC().Format(time.RFC3339), err
	case "ref", "same", "any":
		return s.refer(word, rest)
	}
	return s.name(expression)
}

// name evaluates what is not one of the words with arguments.
func (s *making) name(expression string) (any, error) {
	if rest, ok := strings.CutPrefix(expression, "created"); ok {
		return moved(s.created, rest)
	}
	if rest, ok := strings.CutPrefix(expression, "ended"); ok {
		return moved(s.ended, rest)
	}
	if path, ok := strings.CutPrefix(expression, "parent"); ok && (path == "" || path[0] == '.') {
		if s.parent == nil {
			return nil, errors.New("parent: the rule has no each")
		}
		return s.parent.field(strings.TrimPrefix(path, "."))
	}
	t, ok := s.template.let[expression]
	if !ok {
		return nil, fmt.Errorf("<%s>: neither an expression nor a name under let", expression)
	}
	if s.depth > 20 {
		return nil, fmt.Errorf("<%s>: names under let refer to one another", expression)
	}
	s.depth++
	defer func() { s.depth-- }()
	return s.expand(t)
}

func (s *making) count(word, rest string) (any, error) {
	switch word {
	case "nth":
		return strconv.Itoa(s.nth), nil
	case "run":
		return strconv.Itoa(s.runs), nil
	case "n":
		return strconv.Itoa(s.index + 1), nil
	case "pad":
		width, err := strconv.Atoi(rest)
		if err != nil || width > 20 {
			return nil, fmt.Errorf("pad:%s: give a number of digits", rest)
		}
		return fmt.Sprintf("%0*d", width, s.index), nil
	}
	return strconv.Itoa(s.index), nil
}

// moved adds a duration such as +90s to a time.
func moved(at time.Time, by string) (any, error) {
	if by == "" {
		return at.Format(time.RFC3339), nil
	}
	d, err := time.ParseDuration(by)
	if err != nil {
		return nil, fmt.Errorf("%s is not a duration such as +90s: %w", by, err)
	}
	return at.Add(d).Format(time.RFC3339), nil
}

func (s *making) hexadecimal(rest string) (any, error) {
	digits, err := strconv.Atoi(rest)
	if err != nil || digits < 1 || digits > 64 {
		return nil, fmt.Errorf("hex:%s: give 1 to 64 digits", rest)
	}
	var raw []byte
	for i := 0; len(raw)*2 < digits; i++ {
		raw = binary.BigEndian.AppendUint64(raw, s.hash("hex"+strconv.Itoa(i)))
	}
	return hex.EncodeToString(raw)[:digits], nil
}

func (s *making) choose(word, rest string) (any, error) {
	choices := strings.Split(rest, "|")
	if word == "turn" {
		return choices[s.nth%len(choices)], nil
	}
	return choices[s.hash(rest)%uint64(len(choices))], nil
}

func (s *making) between(word, rest string) (any, error) {
	low, high, _ := strings.Cut(rest, "-")
	a, errA := strconv.ParseFloat(low, 64)
	b, errB := strconv.ParseFloat(high, 64)
	if errA != nil || errB != nil || b < a {
		return nil, fmt.Errorf("%s:%s: give two numbers, as in int:1-9", word, rest)
	}
	if word == "int" {
		return a + float64(s.hash(rest)%uint64(b-a+1)), nil
	}
	return a + (b-a)*s.chance(rest), nil
}

// refer finds a resource of another rule.
func (s *making) refer(word, rest string) (any, error) {
	rule, path, _ := strings.Cut(rest, ".")
	all := s.g.rules[rule]
	if len(all) == 0 {
		return nil, fmt.Errorf("%s:%s: no rule of that name stands before this one", word, rest)
	}
	at := s.index % len(all)
	switch word {
	case "any":
		at = int(s.hash(rule) % uint64(len(all)))
	case "same":
		family := s.g.families[rule][s.family]
		if len(family) == 0 {
			return nil, fmt.Errorf("same:%s: rule %s has nothing of the family %q", rest, rule, s.family)
		}
		at = family[s.runs%len(family)]
	}
	return all[at].field(path)
}

// field gives the name, or a field by its path.
func (m made) field(path string) (any, error) {
	if path == "" {
		path = m.record.kind.name
	}
	if text := m.record.text(path); text != "" {
		if value := m.record.value(path); value != nil {
			return value, nil
		}
		return text, nil
	}
	return nil, fmt.Errorf("the %s has no %s", orDefault(m.record.kind.noun, "entry"), path)
}

func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return ""
	}
	if n, ok := number(value); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
