package inventory

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Masked stands in place of a value that may be secret.
const Masked = "***"

// MaskEnv returns an environment with every value that may be secret replaced,
// and the names of those, sorted. What is masked already stays so and is named.
func MaskEnv(env map[string]string) (masked map[string]string, names []string) {
	if len(env) == 0 {
		return nil, nil
	}
	masked = make(map[string]string, len(env))
	for name, value := range env {
		masked[name] = value
		if value == Masked || value != "" && (SecretName(name) || secretValue(value) || keyOf(name, value)) {
			masked[name] = Masked
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return masked, names
}

// MaskText returns a text with every word that looks like a key replaced, and
// every value that is given to a secret name; and how many there were.
func MaskText(text string) (string, int) {
	count := 0
	text = assignmentForm.ReplaceAllStringFunc(text, func(assignment string) string {
		name, value, _ := strings.Cut(assignment, "=")
		if value == Masked || !SecretName(name) {
			return assignment
		}
		count++
		return name + "=" + Masked
	})
	masked := wordForm.ReplaceAllStringFunc(text, func(word string) string {
		if secretValue(word) {
			count++
			return Masked
		}
		return word
	})
	return masked, count
}

// MaskIdentifier returns a name, an ARN or an address with the parts replaced
// that only a secret can be: a password or a signature in an address, a key of
// a well-known form. What merely looks random stays, since names do.
func MaskIdentifier(text string) (string, int) {
	count := 0
	for _, form := range keyForms {
		text = form.ReplaceAllStringFunc(text, func(string) string { count++; return Masked })
	}
	masked := passwordForm.ReplaceAllStringFunc(text, func(match string) string {
		scheme, _, _ := strings.Cut(match, "://")
		if strings.HasSuffix(match, "//"+Masked+"@") {
			return match
		}
		count++
		return scheme + "://" + Masked + "@"
	})
	masked = parameterForm.ReplaceAllStringFunc(masked, func(match string) string {
		name, value, _ := strings.Cut(match, "=")
		if value == Masked {
			return match
		}
		count++
		return name + "=" + Masked
	})
	return masked, count
}

// keyForms are forms of keys that no name takes. They are unlike secretForms
// in that a name such as churn-sk-learn-model does not match.
var keyForms = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
	regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{10,}`),
	regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{30,}`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?`),
}

var (
	passwordForm  = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:?[^/\s@]+@`)
	parameterForm = regexp.MustCompile(`(?i)\b(?:x-amz-signature|x-amz-security-token|x-amz-credential|sig|signature|token|password|pwd|accountkey|sharedaccesskey)=[^&;\s]+`)
)

var wordForm = regexp.MustCompile(`[^\s"'()\[\]{}<>,;]+`)

var assignmentForm = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*=(?:"[^"]*"|'[^']*'|[^\s"'()\[\]{}<>,;&]+)`)

// keyOf says that a name ends in KEY and that its value is a run of letters and
// digits, as keys are that neither name nor form tells from others.
func keyOf(name, value string) bool {
	words := nameWords(name)
	if len(words) == 0 || len(value) < minRunLength || !runForm.MatchString(value) {
		return false
	}
	last := words[len(words)-1]
	return (last == "KEY" || last == "KEYS") && strings.IndexFunc(value, unicode.IsDigit) >= 0
}

var runForm = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// secretWords mark a name as secret wherever they stand in it.
var secretWords = []string{
	"SECRET", "SECRETS", "TOKEN", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "PWD", "PASS", "CREDENTIAL",
	"CREDENTIALS", "CREDS", "APIKEY", "AUTH", "AUTHORIZATION", "BEARER", "COOKIE", "DSN", "WEBHOOK", "JWT", "SAS",
	"PRIVATE", "CONNECTIONSTRING", "PAT",
}

// keyWords mark a name as secret when KEY or KEYS follows.
var keyWords = []string{
	"API", "ACCESS", "SECRET", "SIGNING", "ENCRYPTION", "MASTER", "AUTH", "LICENSE", "LICENCE", "SSH", "ACCOUNT",
	"SHARED", "STORAGE", "SERVICE", "SUBSCRIPTION", "FUNCTION", "SSL", "TLS", "HMAC", "DEPLOY",
}

// SecretName judges the name of a variable by its words, so that HF_TOKEN is
// secret and MAX_TOKENS or TOKENIZERS_PARALLELISM is not.
func SecretName(name string) bool {
	words := nameWords(name)
	for i, word := range words {
		if slices.Contains(secretWords, word) {
			return true
		}
		following := ""
		if i+1 < len(words) {
			following = words[i+1]
		}
		if (following == "KEY" || following == "KEYS") && slices.Contains(keyWords, word) {
			return true
		}
		if word == "CONNECTION" && following == "STRING" {
			return true
		}
	}
	return false
}

// nameWords splits HF_TOKEN, hf-token and hfToken alike.
func nameWords(name string) []string {
	var spaced strings.Builder
	var before rune
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			spaced.WriteByte(' ')
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		spaced.WriteRune(r)
		before = r
	}
	return strings.Fields(strings.ToUpper(spaced.String()))
}

// secretForms are the forms of keys that well-known services hand out.
var secretForms = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b`),                                     // AWS
	regexp.MustCompile(`\b(?:hf|ghp|gho|ghu|ghs|ghr|glpat|sk|pk|rk|xox[abprs])[_-][A-Za-z0-9_-]{10,}`), // hubs, Slack, model vendors
	regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{10,}`),
	regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{20,}`),                      // Google
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+`),        // JSON web tokens
	regexp.MustCompile(`-----BEGIN [A-Z ]+-----`),                       // PEM
	regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:[^/\s@]+@`), // password in an address
	regexp.MustCompile(`(?i)[?&;](?:x-amz-signature|x-amz-security-token|sig|signature|token|password|accountkey|sharedaccesskey)=`),
	regexp.MustCompile(`(?i)\b(?:accountkey|sharedaccesskey|password|pwd)=[^;\s]+`), // connection strings
}

// Bounds of what looks random. Words and paths stay below four bits a
// character; base64 of 24 random bytes lies above. Keys in base64's alphabet
// for addresses are judged by their longest run without '-' and '_', which
// separate words in names.
const (
	minRandomLength = 24
	minRandomBits   = 4.0
	minRunLength    = 16
	minRunBits      = 3.4
)

var randomForm = regexp.MustCompile(`^[A-Za-z0-9+/_=-]+$`)

// secretValue judges a value by its form.
func secretValue(value string) bool {
	for _, form := range secretForms {
		if form.MatchString(value) {
			return true
		}
	}
	return looksRandom(value)
}

// looksRandom says that a value is one long run of mixed characters, as keys
// are that no form above knows.
func looksRandom(value string) bool {
	if len(value) < minRandomLength || !randomForm.MatchString(value) || strings.HasPrefix(value, "/") {
		return false
	}
	runs := strings.FieldsFunc(value, func(r rune) bool { return r == '-' || r == '_' })
	if len(runs) == 1 {
		return mixed(value) && entropyBits(value) > minRandomBits
	}
	return slices.ContainsFunc(runs, func(run string) bool {
		return len(run) >= minRunLength && mixed(run) && entropyBits(run) > minRunBits
	})
}

// mixed says that a text holds upper-case and lower-case letters and a digit.
func mixed(text string) bool {
	upper := strings.IndexFunc(text, unicode.IsUpper) >= 0
	lower := strings.IndexFunc(text, unicode.IsLower) >= 0
	return upper && lower && strings.IndexFunc(text, unicode.IsDigit) >= 0
}

// entropyBits is Shannon's entropy of the characters, in bits a character.
func entropyBits(text string) float64 {
	counts := map[rune]int{}
	for _, r := range text {
		counts[r]++
	}
	bits, length := 0.0, float64(len([]rune(text)))
	for _, count := range counts {
		share := float64(count) / length
		bits -= share * math.Log2(share)
	}
	return bits
}
