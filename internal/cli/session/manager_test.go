package session_test

import (
	"bytes"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/session"
)

func TestWhoPutsChangesBackIsWarnedOf(t *testing.T) {
	cases := map[string]struct {
		labels, annotations map[string]string
		tool, pause         string
	}{
		"nobody":                       {labels: map[string]string{"app.kubernetes.io/managed-by": "landfall-render"}},
		"a Kustomization":              {labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "phase-2", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}, tool: "Flux", pause: "flux suspend kustomization phase-2 -n flux-system"},
		"a HelmRelease":                {labels: map[string]string{"helm.toolkit.fluxcd.io/name": "churn", "app.kubernetes.io/managed-by": "Helm"}, tool: "Flux", pause: "flux suspend helmrelease churn"},
		"an Application, by its ID":    {annotations: map[string]string{"argocd.argoproj.io/tracking-id": "landfall-phase-2:landfall.dev/Endpoint:team-a/churn"}, tool: "Argo CD", pause: "argocd app set landfall-phase-2 --sync-policy none"},
		"an Application, by its label": {labels: map[string]string{"argocd.argoproj.io/instance": "models"}, tool: "Argo CD", pause: "argocd app set models --sync-policy none"},
		"a release":                    {labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}, tool: "Helm"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			endpoint := &v1alpha1.Endpoint{ObjectMeta: metav1.ObjectMeta{Name: "churn", Labels: tc.labels, Annotations: tc.annotations}}
			if got := session.ManagerOf(endpoint); got.Tool != tc.tool || !strings.HasPrefix(got.Pause, tc.pause) || (got.Pause == "") != (tc.pause == "") {
				t.Errorf("got %+v, want %s and %q", got, tc.tool, tc.pause)
			}
			var said bytes.Buffer
			s := &session.Session{ErrOut: &said}
			s.WarnOfManager("churn", endpoint)
			if text := said.String(); !strings.Contains(text, tc.tool) || !strings.Contains(text, tc.pause) || (text == "") != (tc.tool == "") {
				t.Errorf("said %q", text)
			}
		})
	}
}
