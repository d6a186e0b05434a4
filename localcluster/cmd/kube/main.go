// Command kube is every control-plane and node component of a Kubernetes
// cluster in one executable. The name it is called by (argv[0]) selects the
// component, so the build makes one symbolic link per name beside it.
//
// One binary instead of nine halves the build time and, because its pages are
// shared between the processes, most of the memory.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	metricsserver "sigs.k8s.io/metrics-server/cmd/metrics-server/app"

	"landfall.dev/landfall/localcluster/internal/provisioner"
)

// commands builds the components that are ordinary cobra commands.
var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": func() *cobra.Command { return controllermanager.NewControllerManagerCommand() },
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":              proxy.NewProxyCommand,
	"metrics-server": func() *cobra.Command {
		return metricsserver.NewMetricsServerCommand(genericapiserver.SetupSignalHandler())
	},
	"volume-provisioner": func() *cobra.Command { return provisioner.NewCommand(genericapiserver.SetupSignalContext()) },
}

// mains are the components that parse os.Args themselves.
var mains = map[string]func(){
	"etcd":    func() { etcdmain.Main(os.Args) },
	"coredns": runCoreDNS,
	"kubectl": runKubectl,
}

func main() {
	name := filepath.Base(os.Args[0])
	if run, ok := mains[name]; ok {
		run()
		return
	}
	if build, ok := commands[name]; ok {
		os.Exit(cli.Run(build()))
	}
	fmt.Fprintf(os.Stderr, "kube: called as %q; call it through a link with one of these names: %s\n",
		name, strings.Join(names(), ", "))
	os.Exit(2)
}

func runCoreDNS() {
	// Directives fixes both which plugins a Corefile may name and the order in
	// which they see a query.
	dnsserver.Directives = []string{"reload", "bind", "ready", "errors", "log", "cache", "hosts", "kubernetes"}
	coremain.Run()
}

func runKubectl() {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
}

func names() []string {
	var all []string
	for name := range commands {
		all = append(all, name)
	}
	for name := range mains {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
