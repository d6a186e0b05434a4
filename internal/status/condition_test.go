package status_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/status"
)

func TestSetConditions(t *testing.T) {
	cases := map[string]struct {
		reason string
		state  status.State
		want   map[string]metav1.ConditionStatus
	}{
		"Done":        {"kstatus reads Ready alone as Current.", status.Done, map[string]metav1.ConditionStatus{"Ready": "True"}},
		"Progressing": {"Work in hand is no failure.", status.Progressing, map[string]metav1.ConditionStatus{"Ready": "Unknown", "Reconciling": "True"}},
		"Degraded":    {"Something is down, and is being worked at.", status.Degraded, map[string]metav1.ConditionStatus{"Ready": "False", "Reconciling": "True"}},
		"Stalled":     {"Somebody has to act.", status.Stalled, map[string]metav1.ConditionStatus{"Ready": "False", "Stalled": "True"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			// Every state is reached from every other: none leaves traces.
			for from := range cases {
				conditions := []metav1.Condition{}
				status.SetConditions(&conditions, 1, status.Summary{State: cases[from].state, Reason: "Before", Message: "before"})
				status.SetConditions(&conditions, 2, status.Summary{State: tc.state, Reason: "After", Message: "after"})
				got := map[string]metav1.ConditionStatus{}
				for _, c := range conditions {
					got[c.Type] = c.Status
					if c.Reason != "After" || c.Message != "after" || c.ObservedGeneration != 2 || c.LastTransitionTime.IsZero() {
						t.Errorf("condition %+v is out of date", c)
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s\nfrom %s (-want +got):\n%s", tc.reason, from, diff)
				}
			}
		})
	}
}

func TestSetConditionsIsIdempotent(t *testing.T) {
	conditions := []metav1.Condition{}
	summary := status.Summary{State: status.Stalled, Reason: v1alpha1.ReasonModelNotFound, Message: "no Model"}
	status.SetConditions(&conditions, 3, summary)
	before := append([]metav1.Condition{}, conditions...)
	status.SetConditions(&conditions, 3, summary)
	if diff := cmp.Diff(before, conditions); diff != "" {
		t.Errorf("the same summary changed the conditions (-before +after):\n%s", diff)
	}
}

func TestTruncate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		limit := rapid.IntRange(3, 64).Draw(t, "limit")
		got := status.Truncate(text, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes for a limit of %d", len(got), limit)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Fatalf("%q was cut within a character", got)
		}
		if len(text) <= limit && got != text {
			t.Fatalf("%q fits and became %q", text, got)
		}
	})
}

func TestResult(t *testing.T) {
	resource := v1alpha1.Resource("endpoints")
	boom := errors.New("boom")
	cases := map[string]struct {
		reason    string
		err       error
		wantAfter time.Duration
		wantErr   error
	}{
		"Done":     {"Without an error the next look is the caller's.", nil, time.Second, nil},
		"Conflict": {"Somebody wrote first: again, quietly.", fmt.Errorf("w: %w", apierrors.NewConflict(resource, "churn", boom)), 100 * time.Millisecond, nil},
		"Stalled":  {"Repeating mends nothing.", fmt.Errorf("w: %w", status.Stall("InvalidSpec", "no")), time.Minute, nil},
		"Other":    {"The work queue backs off.", boom, 0, boom},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			result, err := status.Result(tc.err, time.Second)
			if result.RequeueAfter != tc.wantAfter || !errors.Is(err, tc.wantErr) {
				t.Errorf("%s\nResult = %v, %v; want %v, %v", tc.reason, result.RequeueAfter, err, tc.wantAfter, tc.wantErr)
			}
		})
	}
}

func TestRecorder(t *testing.T) {
	fake := events.NewFakeRecorder(2)
	recorder := status.Recorder{Events: fake}
	recorder.Normal(&v1alpha1.Endpoint{}, v1alpha1.ReasonPromoted, "100% of the traffic")
	recorder.Warning(&v1alpha1.Endpoint{}, v1alpha1.ReasonRolledBack, strings.Repeat("x", 5000))
	if got, want := <-fake.Events, "Normal Promoted 100% of the traffic"; got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if got := <-fake.Events; !strings.HasPrefix(got, "Warning RolledBack xxx") || len(got) > 1024+len("Warning RolledBack ") {
		t.Errorf("event of %d bytes: the API refuses notes over 1024", len(got))
	}
}
