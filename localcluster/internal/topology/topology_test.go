package topology

import (
	"net/netip"
	"testing"
)

func TestNew(t *testing.T) {
	tests := map[string]struct {
		instance, nodes int
		wantErr         bool
	}{
		"the usual":          {instance: 0, nodes: 1},
		"the largest":        {instance: MaxInstance, nodes: MaxNodes},
		"no nodes":           {instance: 0, nodes: 0, wantErr: true},
		"too many nodes":     {instance: 0, nodes: MaxNodes + 1, wantErr: true},
		"negative instance":  {instance: -1, nodes: 1, wantErr: true},
		"too large instance": {instance: MaxInstance + 1, nodes: 1, wantErr: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := New(tt.instance, tt.nodes)
			if (err != nil) != tt.wantErr {
				t.Fatalf("New(%d, %d): error %v, want one: %t", tt.instance, tt.nodes, err, tt.wantErr)
			}
			if err == nil && (got.Instance != tt.instance || got.Nodes != tt.nodes) {
				t.Errorf("New(%d, %d) = %+v", tt.instance, tt.nodes, got)
			}
		})
	}
}

// The documented addresses of the default cluster: scripts rely on them.
func TestDefaultNames(t *testing.T) {
	c, err := New(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"host":       {c.HostAddress().String(), "10.199.0.254"},
		"node 1":     {c.NodeAddress(1).String(), "10.199.0.1"},
		"node 2":     {c.NodeAddress(2).String(), "10.199.0.2"},
		"services":   {c.ServiceCIDR().String(), "10.96.0.0/16"},
		"kubernetes": {c.KubernetesService().String(), "10.96.0.1"},
		"pods":       {c.PodCIDR().String(), "10.244.0.0/16"},
		"node pods":  {c.NodePodCIDR(2).String(), "10.244.2.0/24"},
		"API":        {c.APIServer(), "https://10.199.0.1:6443"},
		"registry":   {c.Registry(), "10.199.0.1:5000"},
		"link":       {c.HostLink(), "lfhost"},
		"cgroup":     {c.NodeCgroup(1), "/lf/n1"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
		}
	}
}

// Two clusters can only live side by side if nothing of theirs collides.
func TestInstancesAreDisjoint(t *testing.T) {
	var taken []netip.Prefix
	names := map[string]bool{}
	for instance := 0; instance <= MaxInstance; instance++ {
		c, err := New(instance, MaxNodes)
		if err != nil {
			t.Fatal(err)
		}
		wire := netip.PrefixFrom(c.HostAddress(), c.PrefixBits()).Masked()
		for _, p := range []netip.Prefix{wire, c.ServiceCIDR(), c.PodCIDR()} {
			for _, other := range taken {
				if p.Overlaps(other) {
					t.Errorf("instance %d: %s overlaps %s", instance, p, other)
				}
			}
			taken = append(taken, p)
		}
		for n := 1; n <= MaxNodes; n++ {
			if !wire.Contains(c.NodeAddress(n)) || c.NodeAddress(n) == c.HostAddress() {
				t.Errorf("instance %d: node %d has the address %s outside of %s or the host's", instance, n, c.NodeAddress(n), wire)
			}
			if !c.PodCIDR().Overlaps(c.NodePodCIDR(n)) {
				t.Errorf("instance %d: the pods of node %d in %s are outside of %s", instance, n, c.NodePodCIDR(n), c.PodCIDR())
			}
		}
		for _, name := range []string{c.HostLink(), c.Cgroup()} {
			if names[name] {
				t.Errorf("instance %d: the name %s is taken", instance, name)
			}
			names[name] = true
		}
		// IFNAMSIZ: the kernel takes 15 characters.
		if len(c.HostLink()) > 15 || len(NodeUplink(MaxNodes)) > 15 {
			t.Errorf("instance %d: an interface name is too long", instance)
		}
	}
}
