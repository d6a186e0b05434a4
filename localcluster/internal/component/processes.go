package component

import (
	"fmt"
	"path/filepath"

	"landfall.dev/landfall/localcluster/internal/pki"
	"landfall.dev/landfall/localcluster/internal/topology"
)

// Stage says when a process may start.
type Stage int

const (
	// AtOnce needs nothing but the network.
	AtOnce Stage = iota
	// AfterAPI needs the API server to be ready: started earlier these exit or
	// back off for seconds.
	AfterAPI
	// AfterBase needs the rights that the base objects grant, or it exits.
	AfterBase
	// AfterContainerd needs the node's containerd socket.
	AfterContainerd
)

// Process is one program of the cluster.
type Process struct {
	// Name is unique in the cluster and names the log file.
	Name string
	// Path is the program; empty means the driver itself.
	Path string
	// Args is argv, program name first.
	Args  []string
	Stage Stage
}

// process describes a program from the state's bin directory.
func (c Cluster) process(name, program string, stage Stage, args ...string) Process {
	return Process{Name: name, Path: filepath.Join(c.Dir.Bin(), program), Args: append([]string{program}, args...), Stage: stage}
}

// ControlPlane lists the processes that share the first node's address.
func (c Cluster) ControlPlane() []Process {
	return []Process{
		c.etcd(),
		c.apiServer(),
		{Name: "registry", Args: []string{"localcluster", "serve-registry", "--state", string(c.Dir), "--address", c.Topology.Registry()}},
		c.controllerManager(),
		c.process("kube-scheduler", "kube-scheduler", AfterAPI,
			"--kubeconfig="+c.Dir.ComponentKubeconfig("scheduler"),
			"--leader-elect=false",
		),
		c.process("coredns", "coredns", AfterBase, "-conf", c.Dir.Config("Corefile")),
		c.metricsServer(),
		c.process("volume-provisioner", "volume-provisioner", AfterBase,
			"--kubeconfig="+c.Dir.ComponentKubeconfig("volume-provisioner"),
			"--root="+c.Dir.Volumes(),
		),
	}
}

func (c Cluster) etcd() Process {
	const client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
	return c.process("etcd", "etcd", AtOnce,
		"--data-dir="+c.Dir.Etcd(),
		"--listen-client-urls="+client,
		"--advertise-client-urls="+client,
		"--listen-peer-urls="+peer,
		// A crash of the machine may lose a test cluster; a crash of a process
		// loses nothing, because the kernel holds what was written.
		"--unsafe-no-fsync",
		"--log-level=warn",
	)
}

func (c Cluster) apiServer() Process {
	address := c.Topology.NodeAddress(1).String()
	return c.process("kube-apiserver", "kube-apiserver", AtOnce,
		"--etcd-servers=http://127.0.0.1:2379",
		"--service-cluster-ip-range="+c.Topology.ServiceCIDR().String(),
		"--bind-address=0.0.0.0",
		"--advertise-address="+address,
		fmt.Sprintf("--secure-port=%d", topology.APIPort),
		"--tls-cert-file="+c.certificate("apiserver"),
		"--tls-private-key-file="+c.key("apiserver"),
		"--client-ca-file="+c.certificate(pki.Cluster),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+pki.PublicKeyPath(c.Dir.PKI(), pki.ServiceAccount),
		"--service-account-signing-key-file="+c.key(pki.ServiceAccount),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged",
		"--kubelet-client-certificate="+c.certificate("kubelet-client"),
		"--kubelet-client-key="+c.key("kubelet-client"),
		"--kubelet-certificate-authority="+c.certificate(pki.Cluster),
		"--kubelet-preferred-address-types=InternalIP",
		"--requestheader-client-ca-file="+c.certificate(pki.FrontProxy),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file="+c.certificate("front-proxy"),
		"--proxy-client-key-file="+c.key("front-proxy"),
		"--profiling=false",
		// Tests of node failure wait for these two; the default is 300 s.
		"--default-not-ready-toleration-seconds=5",
		"--default-unreachable-toleration-seconds=5",
	)
}

func (c Cluster) controllerManager() Process {
	kubeconfig := c.Dir.ComponentKubeconfig("controller-manager")
	return c.process("kube-controller-manager", "kube-controller-manager", AfterAPI,
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--service-account-private-key-file="+c.key(pki.ServiceAccount),
		"--root-ca-file="+c.certificate(pki.Cluster),
		"--cluster-signing-cert-file="+c.certificate(pki.Cluster),
		"--cluster-signing-key-file="+c.key(pki.Cluster),
		"--cluster-cidr="+c.Topology.PodCIDR().String(),
		// Each node's range follows from its number, so nothing waits for one.
		"--allocate-node-cidrs=false",
		"--leader-elect=false",
		// One credential per controller: with a shared one RBAC refuses them.
		"--use-service-account-credentials",
		// The default 20 requests/s delay the first service account by seconds.
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
		// Three missed node leases, rather than the default of 50 s.
		"--node-monitor-grace-period=12s",
		"--node-monitor-period=2s",
		"--horizontal-pod-autoscaler-sync-period=5s",
	)
}

func (c Cluster) metricsServer() Process {
	kubeconfig := c.Dir.ComponentKubeconfig("metrics-server")
	return c.process("metrics-server", "metrics-server", AfterBase,
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address="+c.Topology.NodeAddress(1).String(),
		fmt.Sprintf("--secure-port=%d", topology.MetricsPort),
		"--tls-cert-file="+c.certificate("metrics-server-serving"),
		"--tls-private-key-file="+c.key("metrics-server-serving"),
		"--kubelet-certificate-authority="+c.certificate(pki.Cluster),
		"--kubelet-preferred-address-types=InternalIP",
		// The resolution must exceed the timeout, or scrapes would overlap.
		"--metric-resolution=10s",
		"--kubelet-request-timeout=5s",
	)
}

// Node lists the processes of node n.
func (c Cluster) Node(n int) []Process {
	name := topology.NodeName(n)
	named := func(p Process) Process {
		p.Name += "-" + name
		return p
	}
	return []Process{
		named(c.process("containerd", "containerd", AtOnce, "--config", c.Dir.Config(name, "containerd.toml"))),
		named(c.process("kubelet", "kubelet", AfterContainerd,
			"--kubeconfig="+c.Dir.ComponentKubeconfig(name),
			"--config="+c.Dir.Config(name, "kubelet.yaml"),
			"--hostname-override="+name,
			"--node-ip="+c.Topology.NodeAddress(n).String(),
		)),
		named(c.process("kube-proxy", "kube-proxy", AfterContainerd, "--config="+c.Dir.Config(name, "proxy.yaml"))),
	}
}
