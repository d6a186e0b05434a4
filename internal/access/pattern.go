package access

import "strings"

// truth is what can be said without the request: no, perhaps, or yes.
type truth int

const (
	no truth = iota
	perhaps
	yes
)

func truthOf(is bool) truth {
	if is {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// pattern is a text with wildcards, one rune for each sign.
type pattern struct {
	signs []rune
	// varies says that it holds a variable, which stands for anything.
	varies bool
}

// Signs that stand for something else than themselves, and the name of an
// endpoint that may be any: only a pattern that takes all names takes it. They
// are from Unicode's private use area, which no ARN holds.
const (
	signMany = '\uE001'
	signOne  = '\uE002'
	anyName  = '\uE003'
)

// escapes are the variables that stand for a wildcard or dollar sign itself.
var escapes = map[string]rune{"${*}": '*', "${?}": '?', "${$}": '$'}

// newPattern reads a pattern. Without variables, ${ is a text like any other.
func newPattern(text string, variables bool) pattern {
	var p pattern
	for text != "" {
		if variables && strings.HasPrefix(text, "${") {
			if end := strings.IndexByte(text, '}'); end > 0 {
				p = p.withVariable(text[:end+1])
				text = text[end+1:]
				continue
			}
		}
		sign := []rune(text[:runeLength(text)])[0]
		text = text[runeLength(text):]
		switch sign {
		case '*':
			sign = signMany
		case '?':
			sign = signOne
		}
		p.signs = append(p.signs, sign)
	}
	return p
}

func runeLength(text string) int {
	for i := range text {
		if i > 0 {
			return i
		}
	}
	return len(text)
}

func (p pattern) withVariable(text string) pattern {
	if sign, literal := escapes[text]; literal {
		return pattern{append(p.signs, sign), p.varies}
	}
	return pattern{append(p.signs, signMany), true}
}

// matches says whether the pattern takes a text. It looks back to the last
// wildcard only, and so takes time in proportion to the product of the lengths
// at most.
func (p pattern) matches(text []rune) bool {
	at, from := 0, 0
	lastMany, resume := -1, 0
	for from < len(text) {
		switch {
		case at < len(p.signs) && p.signs[at] == signMany:
			lastMany, resume = at, from
			at++
		case at < len(p.signs) && (p.signs[at] == text[from] || p.signs[at] == signOne && text[from] != anyName):
			at++
			from++
		case lastMany >= 0:
			resume++
			at, from = lastMany+1, resume
		default:
			return false
		}
	}
	for at < len(p.signs) && p.signs[at] == signMany {
		at++
	}
	return at == len(p.signs)
}

// takes is matches, uncertain where a variable stands for something unknown.
func (p pattern) takes(text string) truth {
	if !p.matches([]rune(text)) {
		return no
	}
	if p.varies {
		return perhaps
	}
	return yes
}

// actionTaken says whether a pattern such as sagemaker:Invoke* takes an action.
// Case does not matter in actions.
func actionTaken(text, action string) bool {
	return newPattern(strings.ToLower(text), false).matches([]rune(strings.ToLower(action)))
}

// arnFields is how many fields an ARN has, with colons between.
const arnFields = 6

// resourceTaken says whether the pattern of a Resource takes an ARN. A wildcard
// reaches over colons, and the fields that an incomplete ARN lacks stand for
// anything, as the IAM user guide has it for the Resource element.
func resourceTaken(text, arn string, variables bool) truth {
	taken := newPattern(text, variables).takes(arn)
	fields := strings.Count(text, ":") + 1
	if taken == no && strings.HasPrefix(text, "arn:") && fields < arnFields {
		taken = newPattern(text+strings.Repeat(":*", arnFields-fields), variables).takes(arn)
	}
	return taken
}
