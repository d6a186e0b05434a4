// Package build compiles the cluster's programs from their Go modules.
//
// It owns the bin directory: which programs exist, from which module and flags,
// and whether what lies there is still what the sources would give. It installs
// nothing system-wide; for the two Debian packages see package packages.
package build

import (
	"path/filepath"
	"strings"
)

// Versions compiled into programs that would otherwise call themselves unknown.
const (
	// KubernetesVersion is that of k8s.io/kubernetes in go.mod.
	KubernetesVersion = "v1.36.3"
	// ContainerdVersion is that of containerd in runtime/go.mod.
	ContainerdVersion = "v2.4.2"
)

// Target is one program to build.
type Target struct {
	// Output is the file's path below the bin directory.
	Output string
	// Module is the directory of the go.mod, relative to the source root.
	Module string
	// Package is what go build is given.
	Package string
	// Sources are our own directories that go into it, relative to the root.
	Sources []string
	// Links are further names for the same program.
	Links []string
	// LinkerFlags, Tags and CGO are passed on.
	LinkerFlags string
	Tags        string
	CGO         bool
	// Note is shown when a cold build takes long.
	Note string
}

// runcOutput is where a runc of our own lies.
const runcOutput = "runc"

// components are the names the kube binary answers to.
var components = []string{
	"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
	"kubectl", "etcd", "coredns", "metrics-server", "volume-provisioner",
}

// envtestNames are the programs that controller-runtime's envtest looks for, and
// the scheduler, which tests start beside it.
var envtestNames = []string{"kube-apiserver", "etcd", "kubectl", "kube-scheduler"}

// Targets lists what a cluster needs. runc is left out where its C library is
// missing; an installed one takes its place.
func Targets(withRunc bool) []Target {
	targets := []Target{
		kubeTarget(),
		{Output: "pause", Module: ".", Package: "./cmd/pause", Sources: []string{"cmd/pause"}},
		containerdTarget("containerd"),
		containerdTarget("containerd-shim-runc-v2"),
		containerdTarget("ctr"),
		pluginTarget("main/ptp"),
		pluginTarget("main/loopback"),
		pluginTarget("ipam/host-local"),
		pluginTarget("meta/portmap"),
	}
	if withRunc {
		targets = append(targets, Target{
			Output: runcOutput, Module: "runtime", Package: "github.com/opencontainers/runc", Tags: "seccomp", CGO: true,
		})
	}
	return targets
}

func kubeTarget() Target {
	version := strings.Split(strings.TrimPrefix(KubernetesVersion, "v"), ".")
	links := append([]string(nil), components...)
	for _, name := range envtestNames {
		links = append(links, filepath.Join("envtest", name))
	}
	return Target{
		Output: "kube", Module: ".", Package: "./cmd/kube",
		Sources: []string{"cmd/kube", "internal/provisioner", "internal/provisioner/class"},
		Links:   links,
		// Without them kubectl refuses to parse the server's version.
		LinkerFlags: strings.Join([]string{
			"-X k8s.io/component-base/version.gitVersion=" + KubernetesVersion,
			"-X k8s.io/component-base/version.gitMajor=" + version[0],
			"-X k8s.io/component-base/version.gitMinor=" + version[1],
			"-X k8s.io/client-go/pkg/version.gitVersion=" + KubernetesVersion,
		}, " "),
		Note: "about 5 minutes of two cores the first time",
	}
}

func containerdTarget(name string) Target {
	return Target{
		Output: name, Module: "runtime", Package: "github.com/containerd/containerd/v2/cmd/" + name,
		LinkerFlags: "-X github.com/containerd/containerd/v2/version.Version=" + ContainerdVersion,
	}
}

func pluginTarget(path string) Target {
	return Target{
		Output: filepath.Join("cni", filepath.Base(path)), Module: "runtime",
		Package: "github.com/containernetworking/plugins/plugins/" + path,
	}
}
