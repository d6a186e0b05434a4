package awsfailure

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

var place = inventory.Place{AccountID: "123456789012", Region: "eu-west-1"}

func denied(message string) error {
	return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: message}
}

func TestFailuresAreGroupedAndPlaced(t *testing.T) {
	var l Log
	message := "User: arn:aws:iam::123456789012:user/x is not authorized to perform: sagemaker:GetModel on resource: "
	for _, name := range []string{"b", "a", "c", "a"} {
		if err := l.Record(t.Context(), "sagemaker:DescribeModel", name, denied(message+name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Record(t.Context(), "logs:DescribeLogGroups", "", errors.New("connection refused")); err != nil {
		t.Fatal(err)
	}
	want := []inventory.Unread{
		{Operation: "logs:DescribeLogGroups", Code: CodeTransport, Reason: "connection refused", Place: place},
		{
			Operation: "sagemaker:DescribeModel", Code: "AccessDeniedException", Action: "sagemaker:GetModel",
			Reason: message + "a", Resources: []string{"a", "b", "c"}, Place: place,
		},
	}
	if diff := cmp.Diff(want, l.List(place)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHopelessFailuresEndTheWork(t *testing.T) {
	var l Log
	expired := &smithy.GenericAPIError{Code: "ExpiredToken", Message: "expired"}
	if err := l.Record(t.Context(), "iam:GetAccountAuthorizationDetails", "", expired); err == nil {
		t.Error("expired credentials did not end the work")
	}
	if err := l.Record(t.Context(), "x:Y", "", errors.New("get credentials: none")); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("got %v, want what to do", err)
	}
	forged := &smithy.GenericAPIError{
		Code:    "InvalidSignatureException",
		Message: "It does not match. The Canonical String for this request should have been\nx-amz-security-token:IQoJb3JpZ2lu",
	}
	err := l.Record(t.Context(), "x:Y", "", forged)
	if code, message := Code(err); code != "InvalidSignatureException" || message != "It does not match." || !Refused(err) {
		t.Errorf("the reason to end got lost: %s, %s", code, message)
	}
	if code, _ := Code(l.Record(t.Context(), "x:Y", "", errors.New("get credentials: none"))); code != CodeNoCredentials {
		t.Errorf("the code is %s", code)
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(cause.Error(), "IQoJ") {
			t.Errorf("the session's token is told: %v", cause)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Record(cancelled, "x:Y", "", expired); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after the caller left", err)
	}
	if got := l.List(place); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
}

func TestGone(t *testing.T) {
	cases := map[string]struct {
		code, message string
		want          bool
	}{
		"jobs":         {"ResourceNotFound", "", true},
		"with suffix":  {"ResourceNotFoundException", "", true},
		"hosting":      {"ValidationException", `Could not find endpoint "x".`, true},
		"other reason": {"ValidationException", "1 validation error detected", false},
		"denied":       {"AccessDeniedException", "Could not find", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Gone(&smithy.GenericAPIError{Code: tc.code, Message: tc.message}); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}
