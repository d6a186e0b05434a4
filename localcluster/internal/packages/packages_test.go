package packages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMissingAndObstacle(t *testing.T) {
	tests := map[string]struct {
		system   System
		missing  []string
		builds   bool
		obstacle string
	}{
		"everything there":        {system: System{NFT: true, Compiler: true, Seccomp: true}, builds: true},
		"installed runc":          {system: System{NFT: true, Runc: true}},
		"bare Debian as root":     {system: System{Apt: true, Root: true}, missing: []string{"nftables", "runc"}},
		"Debian with a compiler":  {system: System{NFT: true, Compiler: true, Apt: true, Root: true}, missing: []string{"libseccomp-dev"}},
		"compiler and runc":       {system: System{NFT: true, Compiler: true, Runc: true}},
		"Debian, not root":        {system: System{Runc: true, Apt: true}, missing: []string{"nftables"}, obstacle: "apt-get install nftables"},
		"another distribution":    {system: System{Root: true}, missing: []string{"nftables", "runc"}, obstacle: "no apt-get"},
		"headers but no compiler": {system: System{NFT: true, Seccomp: true, Apt: true, Root: true}, missing: []string{"runc"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.missing, tt.system.Missing()); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if got := tt.system.BuildsRunc(); got != tt.builds {
				t.Errorf("builds runc: %t, want %t", got, tt.builds)
			}
			err := tt.system.Obstacle()
			if (err != nil) != (tt.obstacle != "") || err != nil && !strings.Contains(err.Error(), tt.obstacle) {
				t.Errorf("obstacle: %v, want %q", err, tt.obstacle)
			}
		})
	}
}
