// Package component describes what runs in a cluster: every process with its
// arguments, every identity it uses and every configuration file it reads.
//
// It is pure: descriptions come from a topology and a state directory, and
// golden files pin them. It starts and writes nothing.
package component

import (
	"net"

	"landfall.dev/landfall/localcluster/internal/pki"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

// Users that the base manifests grant rights to.
const (
	userKubeletClient = "localcluster:kubelet-client"
	userMetrics       = "localcluster:metrics-server"
	userDNS           = "localcluster:coredns"
	userVolumes       = "localcluster:volume-provisioner"
)

// Cluster is what all descriptions are made from.
type Cluster struct {
	Topology topology.Topology
	Dir      state.Dir
	// RuncPath is the low-level container runtime.
	RuncPath string
}

// Identities lists every certificate of the cluster.
func (c Cluster) Identities() []pki.Identity {
	api := c.Topology.APIServer()
	first := net.IP(c.Topology.NodeAddress(1).AsSlice())
	client := func(name, user string, groups ...string) pki.Identity {
		return pki.Identity{Name: name, Authority: pki.Cluster, User: user, Groups: groups, Server: api}
	}
	list := []pki.Identity{
		{
			Name: "apiserver", Authority: pki.Cluster, User: "kube-apiserver",
			DNSNames:  []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
			Addresses: []net.IP{net.IPv4(127, 0, 0, 1).To4(), c.Topology.KubernetesService().AsSlice(), first},
		},
		{
			Name: "metrics-server-serving", Authority: pki.Cluster, User: "metrics-server",
			DNSNames: []string{"metrics-server.kube-system.svc"}, Addresses: []net.IP{first},
		},
		{Name: "front-proxy", Authority: pki.FrontProxy, User: "front-proxy-client"},
		{Name: "kubelet-client", Authority: pki.Cluster, User: userKubeletClient},
		client("admin", "admin", "system:masters"),
		client("controller-manager", "system:kube-controller-manager"),
		client("scheduler", "system:kube-scheduler"),
		client("proxy", "system:kube-proxy"),
		client("metrics-server", userMetrics),
		client("coredns", userDNS),
		client("volume-provisioner", userVolumes),
	}
	for n := 1; n <= c.Topology.Nodes; n++ {
		name := topology.NodeName(n)
		kubelet := client(name, "system:node:"+name, "system:nodes")
		kubelet.DNSNames = []string{name}
		kubelet.Addresses = []net.IP{c.Topology.NodeAddress(n).AsSlice()}
		list = append(list, kubelet)
	}
	return list
}

func (c Cluster) certificate(name string) string { return pki.CertificatePath(c.Dir.PKI(), name) }
func (c Cluster) key(name string) string         { return pki.KeyPath(c.Dir.PKI(), name) }
