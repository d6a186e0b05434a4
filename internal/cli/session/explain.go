package session

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"landfall.dev/landfall/internal/cli/output"
)

// Explain puts what a cluster (or the way to it) answered into plain words.
// What is the attempted act, such as: cannot read the Endpoints.
func (s *Session) Explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*output.Failure](err); ok {
		return failure
	}
	failure := &output.Failure{What: what, Why: err.Error(), Cause: err}
	for _, explain := range []func(*output.Failure, error) bool{
		s.explainInterrupt, s.explainKubeconfig, s.explainNetwork, s.explainCertificate, s.explainStatus,
	} {
		if explain(failure, err) {
			return failure
		}
	}
	return failure
}

// Why puts an error into the words that follow "why:".
func (s *Session) Why(err error) string {
	return output.AsFailure(s.Explain("", err)).Why
}

// WarnLost says that the cluster cannot be reached and is tried again.
func (s *Session) WarnLost(err error) { s.Warnf("%s; trying again", s.Why(err)) }

func (s *Session) explainInterrupt(failure *output.Failure, err error) bool {
	switch {
	case errors.Is(err, context.Canceled):
		failure.Why = "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		failure.Why = "the time given to it ran out"
		failure.Code = output.ExitTimeout
	default:
		return false
	}
	return true
}

func (s *Session) explainKubeconfig(failure *output.Failure, err error) bool {
	const choose = "name a cluster with --kubeconfig or --context, or set KUBECONFIG"
	text := err.Error()
	switch {
	case clientcmd.IsEmptyConfig(err):
		failure.Why = "there is no kubeconfig"
		if path := s.Getenv(clientcmd.RecommendedConfigPathEnvVar); path != "" {
			failure.Why = "KUBECONFIG is " + path + ", where no cluster is named"
		}
		failure.Next = choose
	case clientcmd.IsContextNotFound(err), strings.Contains(text, "context was not found"), strings.HasPrefix(text, "context ") && strings.HasSuffix(text, "does not exist"):
		failure.Why = text
		failure.Next = "kubectl config get-contexts"
	case clientcmd.IsConfigurationInvalid(err):
		failure.Why = text
		failure.Next = "kubectl config view"
	case strings.HasPrefix(text, "error loading config file "):
		path, _, _ := strings.Cut(strings.TrimPrefix(text, "error loading config file "), ": ")
		failure.Why = strings.Trim(path, `"`) + " is no kubeconfig"
		failure.Next = choose
	default:
		if path, ok := errors.AsType[*os.PathError](err); ok {
			failure.Why = fmt.Sprintf("cannot read %s: %v", path.Path, path.Err)
			failure.Next = choose
			return true
		}
		return false
	}
	return true
}

func (s *Session) explainNetwork(failure *output.Failure, err error) bool {
	address, ok := errors.AsType[*url.Error](err)
	if !ok {
		return false
	}
	host := address.URL
	if parsed, parseErr := url.Parse(address.URL); parseErr == nil {
		host = parsed.Scheme + "://" + parsed.Host
	}
	failure.Next = "check that the cluster runs and that this is its address, then: " + s.Program + " doctor" + s.Scope()
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		failure.Why = fmt.Sprintf("the API server's name %s cannot be found", lookup.Name)
		return true
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok {
		failure.Why = fmt.Sprintf("the API server at %s does not answer: %v", host, dial.Err)
		return true
	}
	if address.Timeout() {
		failure.Why = fmt.Sprintf("the API server at %s does not answer in time", host)
		return true
	}
	failure.Next = ""
	return false
}

func (s *Session) explainCertificate(failure *output.Failure, err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, hostname := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	if !unknown && !hostname && !invalid {
		return false
	}
	failure.Why = "the API server's certificate is not accepted: " + rootCause(err)
	failure.Next = "the kubeconfig may belong to an older cluster at the same address: fetch a new one"
	return true
}

func (s *Session) explainStatus(failure *output.Failure, err error) bool {
	if meta.IsNoMatchError(err) || isMissingKind(err) {
		failure.Why = "Landfall's resource types are not installed in this cluster"
		failure.Next = s.Program + " doctor" + s.Scope()
		return true
	}
	status, ok := apiStatus(err)
	if !ok {
		return false
	}
	failure.Why = status.Message
	switch {
	case apierrors.IsUnauthorized(err):
		failure.Why = "the cluster does not accept these credentials"
		failure.Next = "sign in to the cluster again, then: kubectl auth whoami"
	case apierrors.IsForbidden(err):
		failure.Next = "ask the cluster's administrators for that permission; kubectl auth can-i --list shows what you may do"
	case apierrors.IsNotFound(err):
		failure.Why = notFound(status)
		failure.Next = s.Program + " get endpoints -A"
	case apierrors.IsConflict(err):
		failure.Next = "somebody changed the object in the meantime: look at it and repeat the command"
	case apierrors.IsInvalid(err):
		failure.Why = invalidFields(status)
		failure.Next = "correct the named field"
	}
	return true
}

// isMissingKind tells a request for a kind the server does not serve from one
// for an object that does not exist: only the latter names the object.
func isMissingKind(err error) bool {
	status, ok := apiStatus(err)
	if !ok || !apierrors.IsNotFound(err) {
		return false
	}
	return status.Details == nil || status.Details.Name == ""
}

func apiStatus(err error) (metav1.Status, bool) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return metav1.Status{}, false
	}
	return status.Status(), true
}

// Causes returns the fields that an API server's refusal names, each with why.
func Causes(err error) []metav1.StatusCause {
	status, ok := apiStatus(err)
	if !ok || status.Details == nil {
		return nil
	}
	return status.Details.Causes
}

func notFound(status metav1.Status) string {
	if status.Details == nil {
		return status.Message
	}
	return fmt.Sprintf("there is no %s named %s", strings.TrimSuffix(status.Details.Kind, "s"), status.Details.Name)
}

// invalidFields lists the fields that the API server refused, one a line.
func invalidFields(status metav1.Status) string {
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return status.Message
	}
	var lines []string
	for _, cause := range status.Details.Causes {
		if cause.Field == "" {
			lines = append(lines, cause.Message)
			continue
		}
		lines = append(lines, cause.Field+": "+cause.Message)
	}
	return strings.Join(lines, "\n")
}

func rootCause(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
