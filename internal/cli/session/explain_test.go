package session_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
)

func request(cause error) error {
	return fmt.Errorf("list: %w", &url.Error{Op: "Get", URL: "https://cluster.example:6443/apis?token=hidden", Err: cause})
}

func TestExplain(t *testing.T) {
	endpoints := schema.GroupResource{Group: "landfall.dev", Resource: "endpoints"}
	kind := v1alpha1.GroupVersion.WithKind("Endpoint")
	cases := map[string]struct {
		err       error
		why, next string
		code      int
	}{
		"refused connection": {
			err: request(&net.OpError{Op: "dial", Err: errors.New("connection refused")}),
			why: "the API server at https://cluster.example:6443 does not answer: connection refused", next: "landfall doctor", code: output.ExitFailed,
		},
		"unknown name": {
			err: request(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "cluster.example"}}),
			why: "the API server's name cluster.example cannot be found", next: "landfall doctor", code: output.ExitFailed,
		},
		"foreign certificate": {
			err: request(x509.UnknownAuthorityError{}),
			why: "the API server's certificate is not accepted", next: "fetch a new one", code: output.ExitFailed,
		},
		"rejected credentials": {
			err: apierrors.NewUnauthorized("no"), why: "the cluster does not accept these credentials", next: "kubectl auth whoami", code: output.ExitFailed,
		},
		"no right": {
			err: apierrors.NewForbidden(endpoints, "churn", errors.New("no")), why: "forbidden", next: "ask the cluster's administrators", code: output.ExitFailed,
		},
		"no such object": {
			err: apierrors.NewNotFound(endpoints, "churn"), why: "there is no endpoint named churn", next: "landfall get endpoints -A", code: output.ExitFailed,
		},
		"no such kind, from the server": {
			err: &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound, Code: 404}},
			why: "Landfall's resource types are not installed", next: "landfall doctor", code: output.ExitFailed,
		},
		"no such kind, from discovery": {
			err: &meta.NoKindMatchError{GroupKind: kind.GroupKind()}, why: "Landfall's resource types are not installed", next: "landfall doctor", code: output.ExitFailed,
		},
		"changed meanwhile": {
			err: apierrors.NewConflict(endpoints, "churn", errors.New("stale")), why: "stale", next: "repeat the command", code: output.ExitFailed,
		},
		"invalid": {
			err: apierrors.NewInvalid(kind.GroupKind(), "churn", field.ErrorList{field.Required(field.NewPath("spec", "live"), "say where")}),
			why: "spec.live: Required value: say where", next: "correct the named field", code: output.ExitFailed,
		},
		"interrupted": {err: fmt.Errorf("list: %w", context.Canceled), why: "interrupted", code: output.ExitFailed},
		"too late":    {err: context.DeadlineExceeded, why: "ran out", code: output.ExitTimeout},
		"anything":    {err: errors.New("odd"), why: "odd", code: output.ExitFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			failure := output.AsFailure(session.New("landfall").Explain("cannot read the endpoints", c.err))
			if failure.What != "cannot read the endpoints" || !strings.Contains(failure.Why, c.why) || !strings.Contains(failure.Next, c.next) {
				t.Errorf("failure = %+v, want why %q and next %q", failure, c.why, c.next)
			}
			if failure.ExitCode() != c.code {
				t.Errorf("exit code = %d, want %d", failure.ExitCode(), c.code)
			}
			if strings.Contains(failure.Why, "hidden") {
				t.Errorf("the address is shown with its query: %s", failure.Why)
			}
			if !errors.Is(failure, c.err) {
				t.Error("the cause was dropped, and -v cannot show it")
			}
		})
	}
	if session.New("landfall").Explain("x", nil) != nil {
		t.Error("no error was explained")
	}
}

func TestExplainAWS(t *testing.T) {
	cases := map[string]struct{ err, why, next string }{
		"expired":     {"cannot list the endpoints of region us-east-1: ExpiredTokenException: The security token included in the request is expired", "the AWS session has expired", "sign in again"},
		"expired sso": {"get credentials: failed to refresh cached credentials, the SSO session has expired or is invalid: token has expired", "the AWS session has expired", "sign in again"},
		"none":        {"get credentials: failed to refresh cached credentials, no EC2 IMDS role found", "no AWS credentials were found", "AWS_PROFILE"},
		"role":        {"get credentials: failed to refresh cached credentials, operation error STS: AssumeRole, api error AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/y", "AWS does not let you assume the role", "--external-id"},
		"wrong":       {"UnrecognizedClientException: The security token included in the request is invalid.", "AWS does not accept these credentials", "aws sts get-caller-identity"},
		"denied":      {"AccessDeniedException: User: arn:aws:iam::1:user/x is not authorized to perform: sagemaker:ListEndpoints", "sagemaker:ListEndpoints", "ask for that permission"},
		"unreachable": {"operation error SageMaker: ListEndpoints, dial tcp: lookup api.sagemaker.moon-1.amazonaws.com: no such host", "AWS cannot be reached from here", "AWS_ENDPOINT_URL"},
		"other":       {"ValidationException: odd", "ValidationException: odd", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			failure := output.AsFailure(session.New("landfall").ExplainAWS("cannot scan", errors.New(c.err)))
			if !strings.Contains(failure.Why, c.why) || !strings.Contains(failure.Next, c.next) {
				t.Errorf("failure = %+v, want why %q and next %q", failure, c.why, c.next)
			}
		})
	}
}
