package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/localcluster/internal/cluster"
	"landfall.dev/landfall/localcluster/internal/packages"
	"landfall.dev/landfall/localcluster/internal/probe"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

type upOptions struct {
	nodes, instance int
	fresh           bool
	patience        time.Duration
}

func (a *app) upCommand() *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Build what is missing, start the cluster and wait until it is ready",
		Long: `Build what is missing, start the cluster and wait until it is ready.

A cluster that was stopped goes on with the objects, volumes and images it had;
--fresh starts over but keeps images. Starting a running cluster does nothing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.up(cmd.Context(), o) },
	}
	cmd.Flags().IntVar(&o.nodes, "nodes", 1, fmt.Sprintf("number of nodes, 1 to %d", topology.MaxNodes))
	cmd.Flags().IntVar(&o.instance, "instance", 0, fmt.Sprintf("number that tells clusters on one machine apart, 0 to %d; each needs a state directory of its own", topology.MaxInstance))
	cmd.Flags().BoolVar(&o.fresh, "fresh", false, "forget the objects, pods and volumes of the last run")
	cmd.Flags().DurationVar(&o.patience, "timeout", 2*time.Minute, "how long the cluster may take to become ready, building not counted")
	return cmd
}

func (a *app) up(ctx context.Context, o upOptions) error {
	t, err := topology.New(o.instance, o.nodes)
	if err != nil {
		return usage(err)
	}
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := probe.Containers(ctx); err != nil {
		return fmt.Errorf("this machine cannot run containers for localcluster: %w; `localcluster build` still gives envtest its API server and etcd", err)
	}
	if _, err := packages.Ensure(ctx, a.progress); err != nil {
		return fmt.Errorf("install what the cluster needs: %w", err)
	}
	if err := a.build(ctx, dir); err != nil {
		return err
	}
	unlock, err := dir.Lock("cluster")
	if err != nil {
		return err
	}
	defer unlock()
	return a.start(ctx, dir, t, o)
}

func (a *app) start(ctx context.Context, dir state.Dir, t topology.Topology, o upOptions) error {
	status, err := cluster.Inspect(ctx, dir)
	if err != nil {
		return err
	}
	if status.Ready && *status.Topology != t {
		return fmt.Errorf("a cluster with %d nodes (instance %d) runs already: stop it with `localcluster down` first", status.Topology.Nodes, status.Topology.Instance)
	}
	if status.Ready && !o.fresh {
		fmt.Fprintln(a.progress, "the cluster runs already")
		return nil
	}
	if o.fresh {
		if err := errors.Join(cluster.Stop(dir), cluster.Wipe(dir)); err != nil {
			return err
		}
	}
	runc, err := runcPath(dir)
	if err != nil {
		return err
	}
	err = cluster.Start(ctx, cluster.Options{Dir: dir, Topology: t, RuncPath: runc, Patience: o.patience, Progress: a.progress})
	if err != nil {
		return fmt.Errorf("start the cluster: %w", err)
	}
	fmt.Fprintf(a.progress, "ready; next: eval \"$(localcluster env%s)\"\n", a.stateHint())
	return nil
}

// stateHint repeats --state in a command we suggest.
func (a *app) stateHint() string {
	if a.stateFlag == "" {
		return ""
	}
	return " --state " + a.stateFlag
}

// runcPath prefers the runc built here to the system's.
func runcPath(dir state.Dir) (string, error) {
	if own, err := exec.LookPath(filepath.Join(dir.Bin(), "runc")); err == nil {
		return own, nil
	}
	path, err := exec.LookPath("runc")
	if err != nil {
		return "", fmt.Errorf("find runc: %w; install Debian's package runc, or libseccomp-dev, pkg-config and gcc to build it", err)
	}
	return path, nil
}

func (a *app) downCommand() *cobra.Command {
	var wipe bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster and remove everything it left on the machine",
		Long: `Stop the cluster, or clear up after one that was killed: afterwards there is no
process, mount, interface, firewall rule or control group of it. Its data stays
in the state directory unless --wipe is given.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.down(wipe) },
	}
	cmd.Flags().BoolVar(&wipe, "wipe", false, "also remove objects, pods and volumes; programs and images stay")
	return cmd
}

func (a *app) down(wipe bool) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	unlock, err := dir.Lock("cluster")
	if err != nil {
		return err
	}
	defer unlock()
	if err := cluster.Stop(dir); err != nil {
		return fmt.Errorf("stop the cluster: %w", err)
	}
	if wipe {
		return cluster.Wipe(dir)
	}
	return nil
}
