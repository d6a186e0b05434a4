package door

import (
	"net/http"
	"net/url"
	"strings"

	"landfall.dev/landfall/internal/router/exchange"
)

// target is what a path names.
type target struct {
	// namespace is empty when the path names none.
	namespace string
	// endpoint is the name that callers use, not yet checked.
	endpoint string
}

// parsePath reads /endpoints/{name}/invocations and
// /ns/{namespace}/endpoints/{name}/invocations, still percent-encoded. It says
// whether the path has one of these forms.
func parsePath(escaped string) (target, bool) {
	var where target
	rest, ok := strings.CutPrefix(escaped, "/ns/")
	if ok {
		var namespace string
		namespace, rest, ok = strings.Cut(rest, "/")
		if !ok || namespace == "" || !unescape(namespace, &where.namespace) {
			return target{}, false
		}
	} else {
		rest = strings.TrimPrefix(escaped, "/")
	}
	rest, ok = strings.CutPrefix(rest, "endpoints/")
	if !ok {
		return target{}, false
	}
	name, tail, ok := strings.Cut(rest, "/")
	if !ok || name == "" || tail != "invocations" || !unescape(name, &where.endpoint) {
		return target{}, false
	}
	return where, true
}

func unescape(segment string, into *string) bool {
	text, err := url.PathUnescape(segment)
	*into = text
	return err == nil
}

// Limits of names.
const (
	// maxEndpointName and its pattern: SageMaker API reference, InvokeEndpoint.
	maxEndpointName     = 63
	endpointNamePattern = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
	// maxNamespace is a DNS label's (RFC 1123).
	maxNamespace = 63
)

// check refuses names that cannot be, in AWS's words for such a refusal.
func (t target) check() *exchange.Fault {
	if !isEndpointName(t.endpoint) {
		return exchange.NewFault(exchange.ValidationError,
			"1 validation error detected: Value '%s' at 'endpointName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: %s", printable(t.endpoint), endpointNamePattern)
	}
	if t.namespace != "" && !isNamespace(t.namespace) {
		return exchange.NewFault(exchange.ValidationError,
			"Namespace '%s' in the path is not one: at most %d lower-case letters, digits and '-'",
			printable(t.namespace), maxNamespace)
	}
	return nil
}

func isEndpointName(name string) bool {
	if len(name) == 0 || len(name) > maxEndpointName || name[0] == '-' || name[len(name)-1] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && c != '-' {
			return false
		}
	}
	return true
}

func isNamespace(name string) bool {
	return isEndpointName(name) && len(name) <= maxNamespace && strings.ToLower(name) == name
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// printable cuts what a caller wrote to what a message may repeat.
func printable(text string) string {
	const most = 2 * maxEndpointName
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), most)]
}

// readHeader takes the fields that SageMaker defines out of a request's header.
func readHeader(h http.Header, into *exchange.Header) *exchange.Fault {
	for field := range exchange.FieldCount {
		values := h[field.Name()]
		if len(values) == 0 {
			continue
		}
		if len(values) > 1 {
			return exchange.NewFault(exchange.ValidationError,
				"Header %s appears %d times; it must appear once.", field.Name(), len(values))
		}
		if err := field.Check(values[0]); err != nil {
			return exchange.NewFault(exchange.ValidationError, "1 validation error detected: %v.", err)
		}
		into[field] = values[0]
	}
	return nil
}
