package component

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"maps"
	"text/template"

	"landfall.dev/landfall/localcluster/internal/pki"
	"landfall.dev/landfall/localcluster/internal/provisioner/class"
	"landfall.dev/landfall/localcluster/internal/topology"
)

//go:embed template/*
var sources embed.FS

var templates = template.Must(template.New("").Option("missingkey=error").ParseFS(sources, "template/*"))

// ContainerdSocket is where a node's containerd listens, in the node's own /run.
const ContainerdSocket = "/run/containerd/containerd.sock"

// values is what the templates may name.
type values struct {
	Cluster
	Node             int
	NodeName         string
	ContainerdSocket string
	Authority        string
	AuthorityBase64  string
	KeyPath          string
	CertificatePath  string
	Provisioner      string
	Users            map[string]string
	MetricsPort      int
	DNSReadyPort     int
}

// Files renders every configuration file: path to content. authority is the
// cluster's CA certificate in PEM.
func (c Cluster) Files(authority []byte) (map[string][]byte, error) {
	v := values{
		Cluster:          c,
		ContainerdSocket: ContainerdSocket,
		Authority:        c.certificate(pki.Cluster),
		AuthorityBase64:  base64.StdEncoding.EncodeToString(authority),
		Provisioner:      class.Provisioner,
		Users: map[string]string{
			"kubeletClient": userKubeletClient, "metrics": userMetrics, "dns": userDNS, "volumes": userVolumes,
		},
		MetricsPort:  topology.MetricsPort,
		DNSReadyPort: topology.DNSReadyPort,
	}
	files, err := render(v, map[string]string{
		c.Dir.Config("Corefile"): "Corefile",
		c.Manifests():            "base.yaml",
		c.Dir.Config("certs.d", "_default", "hosts.toml"):            "hosts.toml",
		c.Dir.Config("certs.d", c.Topology.Registry(), "hosts.toml"): "hosts.toml",
	})
	if err != nil {
		return nil, err
	}
	for n := 1; n <= c.Topology.Nodes; n++ {
		name := topology.NodeName(n)
		v.Node, v.NodeName = n, name
		v.CertificatePath, v.KeyPath = c.certificate(name), c.key(name)
		node, err := render(v, map[string]string{
			c.Dir.Config(name, "containerd.toml"):                 "containerd.toml",
			c.Dir.Config(name, "kubelet.yaml"):                    "kubelet.yaml",
			c.Dir.Config(name, "proxy.yaml"):                      "proxy.yaml",
			c.Dir.Config(name, "cni", "10-localcluster.conflist"): "cni.conflist",
		})
		if err != nil {
			return nil, err
		}
		maps.Copy(files, node)
		// Empty on purpose: pods look names up in the cluster's DNS only.
		files[c.Dir.Config(name, "resolv.conf")] = nil
	}
	return files, nil
}

// Manifests is the path of the objects every cluster starts with.
func (c Cluster) Manifests() string { return c.Dir.Config("base.yaml") }

func render(v values, wanted map[string]string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for path, name := range wanted {
		var content bytes.Buffer
		if err := templates.ExecuteTemplate(&content, name, v); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		files[path] = content.Bytes()
	}
	return files, nil
}
