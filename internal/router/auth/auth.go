// Package auth decides who may call the router, and for which namespace.
//
// It owns the two modes: none, which an operator has to ask for, and signatures
// checked against configured key pairs. It refuses defaults: no mode is chosen
// for anybody. The arithmetic of signatures is package sigv4's.
package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/sigv4"
)

// signingService is the SigV4 service name that SageMaker's clients use.
const signingService = "sagemaker"

// Caller is what a request is checked by.
type Caller struct {
	// Signed is what a signature covers.
	Signed sigv4.Request
	// Body is the whole payload; nil to Screen.
	Body *exchange.Body
	// Namespace is the one named by the path; empty when the path names none.
	Namespace string
	// Now is the time to judge signatures by.
	Now time.Time
}

// Authenticator decides which namespace a caller's request is for, or gives the
// fault to answer.
type Authenticator interface {
	// Screen gives the fault of a request that no body could mend, before its
	// body is read.
	Screen(caller Caller) *exchange.Fault
	// Authenticate decides.
	Authenticate(caller Caller) (namespace string, fault *exchange.Fault)
}

// None lets everyone in: namespaces are those of the path, or Default.
type None struct {
	// Default is the namespace of requests whose path names none.
	Default string
}

// Screen implements Authenticator.
func (None) Screen(Caller) *exchange.Fault { return nil }

// Authenticate implements Authenticator.
func (n None) Authenticate(caller Caller) (string, *exchange.Fault) {
	if caller.Namespace != "" {
		return caller.Namespace, nil
	}
	return n.Default, nil
}

// mustSign are the headers that say who is to answer, and how. SigV4 itself asks
// for x-amz-* alone, which these are not, though AWS's SDKs sign them all; here
// nobody on the wire can steer a signed request elsewhere. The general ones, such as Accept, are left
// out, since HTTP libraries add them after signing.
var mustSign = func() []string {
	var names []string
	for field := range exchange.FieldCount {
		if strings.HasPrefix(field.Name(), "X-Amzn-") {
			names = append(names, field.Name())
		}
	}
	return names
}()

// SigV4 lets in whoever signs with a known key, and only to that key's
// namespace.
type SigV4 struct{ keys *Keys }

// NewSigV4 returns an Authenticator for the key pairs in keys.
func NewSigV4(keys *Keys) SigV4 { return SigV4{keys: keys} }

// verifier checks against the key pairs of this moment.
func verifier(pairs keyPairs) sigv4.Verifier {
	return sigv4.Verifier{Service: signingService, Lookup: pairs.lookup, MustSign: mustSign}
}

// Screen implements Authenticator.
func (s SigV4) Screen(caller Caller) *exchange.Fault {
	if err := verifier(s.keys.current()).Screen(caller.Signed, caller.Now); err != nil {
		return refusal(err)
	}
	return nil
}

// Authenticate implements Authenticator.
func (s SigV4) Authenticate(caller Caller) (string, *exchange.Fault) {
	pairs := s.keys.current()
	identity, err := verifier(pairs).Verify(caller.Signed, caller.Body.SHA256(), caller.Now)
	if err != nil {
		return "", refusal(err)
	}
	namespace := pairs[identity.AccessKeyID].Namespace
	if caller.Namespace != "" && caller.Namespace != namespace {
		return "", exchange.NewFault(exchange.AccessDenied,
			"Access key %s is not authorized to perform sagemaker:InvokeEndpoint in namespace %s.",
			identity.AccessKeyID, caller.Namespace)
	}
	return namespace, nil
}

func refusal(err error) *exchange.Fault {
	if refused, ok := errors.AsType[*sigv4.Error](err); ok {
		return &exchange.Fault{
			Type: exchange.FaultType(refused.Code), StatusCode: sigv4.StatusCode, Message: refused.Message,
		}
	}
	return exchange.NewFault(exchange.InternalFailure, "%s", fmt.Sprintf("The signature could not be checked: %v.", err))
}
