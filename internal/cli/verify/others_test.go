package verify

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/naming"
)

func TestARunTellsOfWhatOthersLeft(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		until time.Time
		want  string
	}{
		"killed":    {now.Add(-time.Hour), "An earlier run, landfall-verify-y of "},
		"under way": {now.Add(time.Hour), "Another run, landfall-verify-y, is under way until "},
	} {
		t.Run(name, func(t *testing.T) {
			r, words := answered(t, "get")
			earlier := r.trial
			earlier.Suffix, earlier.Until = "y", c.until.UTC().Format(time.RFC3339)
			if _, err := r.cluster.CoreV1().ConfigMaps("team-a").Create(t.Context(), earlier.NewAnchor(), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			other := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "app", Labels: map[string]string{naming.LabelName: "app"}}}
			if _, err := r.cluster.CoreV1().ConfigMaps("team-a").Create(t.Context(), other, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			r.tellOthers(t.Context())
			for _, want := range []string{c.want, "kubectl delete configmap landfall-verify-y -n team-a"} {
				if !strings.Contains(words.String(), want) {
					t.Errorf("no %q in %q", want, words)
				}
			}
			if strings.Count(words.String(), "\n") != 1 {
				t.Errorf("it tells of others: %s", words)
			}
		})
	}
}
