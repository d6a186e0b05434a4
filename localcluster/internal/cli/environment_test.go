package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithKubeconfigReplacesTheShells(t *testing.T) {
	cases := map[string]struct{ given, want []string }{
		"none set":       {[]string{"A=1"}, []string{"A=1", "KUBECONFIG=ours"}},
		"another's":      {[]string{"KUBECONFIG=theirs", "A=1"}, []string{"A=1", "KUBECONFIG=ours"}},
		"a longer name":  {[]string{"KUBECONFIG_DIR=d"}, []string{"KUBECONFIG_DIR=d", "KUBECONFIG=ours"}},
		"an empty shell": {nil, []string{"KUBECONFIG=ours"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, withKubeconfig(c.given, "ours")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
