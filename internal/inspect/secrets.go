package inspect

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
	"landfall.dev/landfall/internal/inventory"
)

// Forms of a name that is given a value: quoted, as in Python, JSON and TOML, or
// the rest of a line, as in YAML and INI.
var (
	givenForm = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.-]*)(["']?\]?\s*[:=]\s*[rbuRBU]{0,2})("[^"]+"|'[^']+')`)
	plainForm = regexp.MustCompile(`^(\s*(?:-\s+|export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*[:=]\s*)([^\s"'#{}\[\]()]+)\s*$`)
)

// maskGiven replaces what is given to a secret name, also where spaces stand
// between them.
func maskGiven(text string) string {
	text = givenForm.ReplaceAllStringFunc(text, func(given string) string {
		m := givenForm.FindStringSubmatch(given)
		if !inventory.SecretName(m[1]) {
			return given
		}
		return m[1] + m[2] + m[3][:1] + inventory.Masked + m[3][:1]
	})
	if m := plainForm.FindStringSubmatch(text); m != nil && inventory.SecretName(m[2]) {
		return m[1] + inventory.Masked
	}
	return text
}

// minSecretLength is the shortest value that is taken for a secret by the name
// it is given to.
const minSecretLength = 8

// secretGiven says that a name and its value are a secret, and not the name of
// one, a word of a tokenizer, or what stands for a value.
func secretGiven(name, value string) bool {
	for _, scheme := range []string{"Bearer ", "Basic ", "Token ", "token "} {
		value = strings.TrimPrefix(value, scheme)
	}
	if len(value) < minSecretLength || !inventory.SecretName(name) || strings.ContainsAny(value, " \t\n<>{}[]$*%") {
		return false
	}
	lower := strings.ToLower(name)
	for _, ending := range []string{"name", "id", "arn", "path", "file", "url", "uri", "env", "header", "type", "field", "column", "key_prefix"} {
		if strings.HasSuffix(lower, "_"+ending) || strings.HasSuffix(lower, "-"+ending) {
			return false
		}
	}
	if strings.HasPrefix(value, "/") || strings.HasPrefix(value, "arn:") || strings.Contains(value, "://") {
		return false
	}
	return strings.ContainsAny(value, "0123456789")
}

// secretConstant reports keys of a well-known form and passwords in addresses.
func secretConstant(to reporter, c constant) {
	if !strings.ContainsAny(c.text, ":=_-") && len(c.text) < 2*minSecretLength {
		return
	}
	masked, count := inventory.MaskIdentifier(c.text)
	// What is put together at run time is no secret: f"postgresql://{user}:{password}@host".
	if count > 0 && !strings.ContainsAny(c.text, "{}<>%$*") && masked != c.text {
		to.report("HardcodedSecret", c.line, "a key of a well-known form, or a password or signature in an address")
	}
}

// secretArguments reports secrets that a call is given by name.
func (p program) secretArguments(c python.Call) {
	for _, name := range slices.Sorted(maps.Keys(c.Keywords)) {
		p.secretBinding(python.Binding{Name: name, Value: c.Keywords[name], Line: c.Line})
	}
}

// secretBinding reports a secret that the code gives to a name.
func (p program) secretBinding(b python.Binding) {
	if b.Value.Known && b.Value.String && secretGiven(b.Name, b.Value.Text) {
		p.report("HardcodedSecret", b.Line, b.Name+" is given a fixed value")
	}
}

// secretSettings reports secrets that a configuration gives to names.
func (f *file) secretSettings(line string, number int) {
	for _, m := range givenForm.FindAllStringSubmatch(line, -1) {
		if secretGiven(m[1], strings.Trim(m[3], `"'`)) {
			f.report("HardcodedSecret", number, m[1]+" is given a fixed value")
		}
	}
	if m := plainForm.FindStringSubmatch(line); m != nil && secretGiven(m[2], m[3]) {
		f.report("HardcodedSecret", number, m[2]+" is given a fixed value")
	}
}
