// Package topology decides every address and kernel name of one cluster.
//
// It is pure: the same instance number and node count always give the same
// result, so the driver, the supervisor, the nodes and the tests agree without
// talking to each other. It refuses counts that would leave its ranges.
package topology

import (
	"fmt"
	"net/netip"
	"strconv"
)

const (
	// MaxInstance bounds how many clusters can live side by side on a machine.
	MaxInstance = 9
	// MaxNodes bounds the nodes of one cluster; each takes one /24 for its pods.
	MaxNodes = 20

	// APIPort serves the Kubernetes API on the first node's address.
	APIPort = 6443
	// RegistryPort serves the image registry on the first node's address.
	RegistryPort = 5000
	// MetricsPort serves metrics-server, which the API server proxies to.
	MetricsPort = 4443
	// DNSReadyPort answers whether CoreDNS has synchronised.
	DNSReadyPort = 8181

	// hostOctet is the last octet of the machine's own address on the bridge.
	hostOctet = 254
)

// Names inside the cluster's own network namespace, so they need no instance.
const (
	// Bridge joins the uplink and the further nodes; it carries node 1's address.
	Bridge = "lf0"
	// Uplink is the cluster's end of the wire to the machine.
	Uplink = "lfup"
	// NodeLink is the network interface of the second and later nodes.
	NodeLink = "eth0"
)

// Topology names one cluster. The zero value is not valid; use New.
type Topology struct {
	// Instance tells clusters on one machine apart: 0 to MaxInstance.
	Instance int `json:"instance"`
	// Nodes counts the nodes: 1 to MaxNodes.
	Nodes int `json:"nodes"`
}

// New checks the numbers and returns the topology they stand for.
func New(instance, nodes int) (Topology, error) {
	if instance < 0 || instance > MaxInstance {
		return Topology{}, fmt.Errorf("instance %d is out of range: use 0 to %d", instance, MaxInstance)
	}
	if nodes < 1 || nodes > MaxNodes {
		return Topology{}, fmt.Errorf("%d nodes is out of range: use 1 to %d", nodes, MaxNodes)
	}
	return Topology{Instance: instance, Nodes: nodes}, nil
}

// NodeName is the Kubernetes name of node n, counted from 1.
func NodeName(n int) string { return "n" + strconv.Itoa(n) }

// NodeUplink is the bridge's end of the wire to node n (n ≥ 2).
func NodeUplink(n int) string { return NodeName(n) + "-up" }

func (t Topology) address(last int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 199, byte(t.Instance), byte(last)})
}

// HostAddress is the machine as pods and the API server see it.
func (t Topology) HostAddress() netip.Addr { return t.address(hostOctet) }

// NodeAddress is the address of node n, counted from 1. Node 1 also carries the
// API server, the registry and CoreDNS.
func (t Topology) NodeAddress(n int) netip.Addr { return t.address(n) }

// PrefixBits is the length of the network that holds nodes and machine.
func (t Topology) PrefixBits() int { return 24 }

// ServiceCIDR is the range of Service addresses.
func (t Topology) ServiceCIDR() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(96 + t.Instance), 0, 0}), 16)
}

// KubernetesService is the address of the kubernetes Service: the first of the
// range, which the API server claims for itself.
func (t Topology) KubernetesService() netip.Addr { return t.ServiceCIDR().Addr().Next() }

// PodCIDR is the range of all pod addresses.
func (t Topology) PodCIDR() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(244 - t.Instance), 0, 0}), 16)
}

// NodePodCIDR is the part of PodCIDR that node n gives to its pods.
func (t Topology) NodePodCIDR(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(244 - t.Instance), byte(n), 0}), 24)
}

// APIServer is the URL of the Kubernetes API, from the machine and from pods.
func (t Topology) APIServer() string {
	return "https://" + netip.AddrPortFrom(t.NodeAddress(1), APIPort).String()
}

// DNSReady is the URL that answers whether CoreDNS has synchronised.
func (t Topology) DNSReady() string {
	return "http://" + netip.AddrPortFrom(t.NodeAddress(1), DNSReadyPort).String() + "/ready"
}

// Registry is the host:port of the image registry, as used in image references.
func (t Topology) Registry() string {
	return netip.AddrPortFrom(t.NodeAddress(1), RegistryPort).String()
}

// PauseImage is the reference of the image that holds each pod's namespaces.
func (t Topology) PauseImage() string { return t.Registry() + "/localcluster/pause:1" }

// HostLink is the machine's end of the wire into the cluster.
func (t Topology) HostLink() string { return "lfhost" + t.suffix() }

// Cgroup is the name of the cluster's directory in each cgroup hierarchy.
func (t Topology) Cgroup() string { return "lf" + t.suffix() }

// NodeCgroup is the cgroup path, from the hierarchy's root, of node n's pods.
func (t Topology) NodeCgroup(n int) string { return "/" + t.Cgroup() + "/" + NodeName(n) }

// suffix keeps the common case, instance 0, free of a number.
func (t Topology) suffix() string {
	if t.Instance == 0 {
		return ""
	}
	return strconv.Itoa(t.Instance)
}
