package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"landfall.dev/landfall/localcluster/internal/image"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

func (a *app) kubeconfigCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the administrator's kubeconfig",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, _, err := a.plan()
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, dir.Kubeconfig())
			return nil
		},
	}
}

// setting is one line of env.
type setting struct{ variable, key, value string }

func settings(dir state.Dir, t *topology.Topology) []setting {
	list := []setting{{"KUBEBUILDER_ASSETS", "kubebuilderAssets", dir.Envtest()}}
	if t == nil {
		return list
	}
	return append(list,
		setting{"KUBECONFIG", "kubeconfig", dir.Kubeconfig()},
		setting{"LOCALCLUSTER_REGISTRY", "registry", t.Registry()},
		setting{"LOCALCLUSTER_HOST_ADDRESS", "hostAddress", t.HostAddress().String()},
		setting{"LOCALCLUSTER_NODE_ADDRESS", "nodeAddress", t.NodeAddress(1).String()},
		setting{"LOCALCLUSTER_DNS_ADDRESS", "dnsAddress", t.NodeAddress(1).String()},
		setting{"LOCALCLUSTER_SERVICE_CIDR", "serviceCIDR", t.ServiceCIDR().String()},
		setting{"LOCALCLUSTER_POD_CIDR", "podCIDR", t.PodCIDR().String()},
	)
}

func (a *app) envCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the cluster's addresses and files as shell exports, or as JSON",
		Long: `Print where the cluster and its programs are.

Before the first start there is only KUBEBUILDER_ASSETS, which needs no cluster:
controller-runtime's envtest finds its API server and etcd there, and
kube-scheduler lies beside them.`,
		Args: cobra.NoArgs,
	}
	format := outputFlag(cmd, "shell", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		chosen, err := format()
		if err != nil {
			return err
		}
		return a.env(chosen)
	}
	return cmd
}

func (a *app) env(format string) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	var t *topology.Topology
	plan, err := dir.ReadPlan()
	switch {
	case err == nil:
		t = &plan.Topology
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	list := settings(dir, t)
	if format == "json" {
		object := map[string]string{"state": string(dir)}
		for _, s := range list {
			object[s.key] = s.value
		}
		return a.writeJSON(object)
	}
	for _, s := range list {
		fmt.Fprintf(a.out, "export %s=%s\n", s.variable, quote(s.value))
	}
	return nil
}

// quote makes a value safe for a POSIX shell.
func quote(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

func (a *app) loadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "load PATH NAME:TAG",
		Short: "Push an image into the cluster's registry and print the name pods use",
		Long: `Push an image into the cluster's registry and print the name pods use.

PATH is the directory of an OCI image layout or the file of a docker archive. A
registry in the name is dropped. Pods may use either the printed name or the one
given: every pull goes to this registry. Pushed images outlive restarts.`,
		Example: `  localcluster load ./layout landfall/router:dev
  localcluster load ./image.tar quay.io/example/model:1 -o json`,
		Args: cobra.ExactArgs(2),
	}
	format := outputFlag(cmd, "name", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		chosen, err := format()
		if err != nil {
			return err
		}
		return a.load(cmd.Context(), args[0], args[1], chosen)
	}
	return cmd
}

func (a *app) load(ctx context.Context, path, wanted, format string) error {
	_, plan, err := a.plan()
	if err != nil {
		return err
	}
	references, err := image.References(plan.Topology.Registry(), wanted)
	if err != nil {
		return usage(err)
	}
	artifact, err := image.Open(path)
	if err != nil {
		return err
	}
	for _, reference := range references {
		if err := image.Push(ctx, reference, artifact); err != nil {
			return fmt.Errorf("%w; is the cluster up? see `localcluster status`", err)
		}
	}
	if format == "name" {
		fmt.Fprintln(a.out, references[0])
		return nil
	}
	digest, err := artifact.Digest()
	if err != nil {
		return fmt.Errorf("compute the digest: %w", err)
	}
	return a.writeJSON(map[string]string{"image": references[0], "digest": digest})
}

func (a *app) logsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logs NAME",
		Short: "Print the log of a component of the last run",
		Long:  "Print the log of a component of the last run. Without a name, list the components.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.dir()
			if err != nil {
				return err
			}
			return a.logs(dir, args)
		},
	}
}

func (a *app) logs(dir state.Dir, args []string) error {
	names, err := logNames(dir)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		fmt.Fprintln(a.out, strings.Join(names, "\n"))
		return nil
	}
	if !slices.Contains(names, args[0]) {
		return usage(fmt.Errorf("there is no log of %q: the names are %s", args[0], strings.Join(names, ", ")))
	}
	content, err := os.ReadFile(dir.Log(args[0]))
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	_, err = a.out.Write(content)
	return err
}

func logNames(dir state.Dir) ([]string, error) {
	files, err := os.ReadDir(dir.Logs())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there are no logs in %s: no cluster was started there", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	var names []string
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), ".log"); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

func (a *app) kubectlCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "kubectl [ARGUMENTS...]",
		Short:              "Run kubectl on the cluster as its administrator",
		DisableFlagParsing: true,
		Args:               cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, _, err := a.plan()
			if err != nil {
				return err
			}
			program, err := exec.LookPath(filepath.Join(dir.Bin(), "kubectl"))
			if err != nil {
				return fmt.Errorf("find kubectl: %w; build it with `localcluster build`", err)
			}
			err = unix.Exec(program, append([]string{"kubectl"}, args...), withKubeconfig(os.Environ(), dir.Kubeconfig()))
			return fmt.Errorf("run kubectl: %w", err)
		},
	}
}

// withKubeconfig sets KUBECONFIG in an environment. A variable that stands there
// already is replaced, not added to: of two entries a program reads the first.
func withKubeconfig(environment []string, path string) []string {
	const name = "KUBECONFIG="
	kept := slices.DeleteFunc(slices.Clone(environment), func(entry string) bool { return strings.HasPrefix(entry, name) })
	return append(kept, name+path)
}
