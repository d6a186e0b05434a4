package standin

import (
	"strings"
	"testing"
)

// TestFleetAccount holds the large demonstration account to what it is for.
func TestFleetAccount(t *testing.T) {
	a, err := Load("accounts/fleet.yaml", environment(map[string]string{"CHURN_BACKEND_URL": ""}))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, k := range kinds {
		n := len(a.Resources[k.key])
		if n == 0 && k.input != nil && !strings.Contains("actions contexts subscribedWorkteams", k.key) {
			t.Errorf("no %s", k.key)
		}
		if k.input != nil {
			total += n
		}
	}
	t.Logf("%d resources", total)
	if total < 350 || total > 450 || len(a.Resources["endpoints"]) < 25 {
		t.Errorf("%d resources, %d endpoints", total, len(a.Resources["endpoints"]))
	}
	if _, err := New(a, Options{}); err != nil {
		t.Fatal(err)
	}
}
