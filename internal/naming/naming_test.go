package naming_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"landfall.dev/landfall/internal/naming"
)

func TestChildNameIsAValidServiceName(t *testing.T) {
	endpoint, variant := strings.Repeat("a", 18), strings.Repeat("b", 32)
	name := naming.ChildName(endpoint, variant)
	if len(name) != naming.MaxChildNameLength {
		t.Errorf("ChildName of the longest names has %d characters, want %d", len(name), naming.MaxChildNameLength)
	}
	if problems := validation.IsDNS1035Label(name); len(problems) != 0 {
		t.Errorf("ChildName %q is no Service name: %v", name, problems)
	}
}

func TestLabelsAreValid(t *testing.T) {
	for key, value := range naming.ChildLabels("churn", "cluster") {
		if problems := validation.IsQualifiedName(key); len(problems) != 0 {
			t.Errorf("label key %q: %v", key, problems)
		}
		if problems := validation.IsValidLabelValue(value); len(problems) != 0 {
			t.Errorf("label %s=%q: %v", key, value, problems)
		}
	}
}

// The selector of a Deployment cannot be changed afterwards, so a change here
// would strand every Deployment that runs.
func TestSelectorLabelsAreFixed(t *testing.T) {
	want := map[string]string{
		"app.kubernetes.io/name": "landfall-endpoint",
		"landfall.dev/endpoint":  "churn",
		"landfall.dev/variant":   "cluster",
	}
	if diff := cmp.Diff(want, naming.SelectorLabels("churn", "cluster")); diff != "" {
		t.Errorf("SelectorLabels (-want +got):\n%s", diff)
	}
}

func TestEndpointPath(t *testing.T) {
	if got, want := naming.EndpointPath("team-a", "Churn-Prod"), "/ns/team-a/endpoints/Churn-Prod/invocations"; got != want {
		t.Errorf("EndpointPath = %q, want %q", got, want)
	}
}
