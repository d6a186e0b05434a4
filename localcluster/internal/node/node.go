// Package node is the first process of one cluster node.
//
// It gives the node its own view of the directories that kubelet, containerd
// and the network plugins hard-code, then keeps those programs running. It
// knows nothing of the other nodes.
package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"landfall.dev/landfall/localcluster/internal/cgroup"
	"landfall.dev/landfall/localcluster/internal/component"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/process"
	"landfall.dev/landfall/localcluster/internal/sandbox"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/supervise"
	"landfall.dev/landfall/localcluster/internal/topology"
)

const (
	// wirePatience is how long the supervisor may take to connect us.
	wirePatience = 30 * time.Second
	// cgroupPatience is how long the pods of a crashed node may take to end.
	cgroupPatience = 5 * time.Second
	// pollEvery is how often containerd's socket is looked for.
	pollEvery = 20 * time.Millisecond
)

// overlays maps the fixed paths that each node must have for itself to the
// names of the directories that take their place.
var overlays = []struct{ fixed, own string }{
	{"/var/lib/kubelet", "kubelet"},
	{"/var/lib/cni", "cni"},
	{"/var/log/pods", "pod-logs"},
	{"/var/log/containers", "container-logs"},
}

// MountPoints lists the fixed paths, which must exist on the machine.
func MountPoints() []string {
	var paths []string
	for _, overlay := range overlays {
		paths = append(paths, overlay.fixed)
	}
	return paths
}

// Run is node number n of the cluster planned in dir, until ctx ends.
func Run(ctx context.Context, dir state.Dir, n int) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("a node runs as process 1 of its own namespaces, this is process %d: use `localcluster up`", os.Getpid())
	}
	plan, err := dir.ReadPlan()
	if err != nil {
		return err
	}
	if n < 1 || n > plan.Topology.Nodes {
		return fmt.Errorf("node %d is not in the plan, which has nodes 1 to %d", n, plan.Topology.Nodes)
	}
	cluster := component.Cluster{Topology: plan.Topology, Dir: dir, RuncPath: plan.RuncPath}
	if err := prepare(ctx, cluster, n); err != nil {
		return err
	}
	keeper := process.NewKeeper(process.NewTable(), func([]state.Component) {})
	for _, p := range cluster.Node(n) {
		go func() {
			if p.Stage == component.AfterContainerd {
				awaitSocket(ctx, component.ContainerdSocket)
			}
			keeper.Keep(ctx, p.Name, func() (process.Spec, error) {
				log, err := supervise.OpenLog(dir, p.Name)
				return process.Spec{Path: p.Path, Args: p.Args, Env: supervise.Environment(dir), Output: log}, err
			}, nil)
		}()
	}
	slog.Info("node started", "node", topology.NodeName(n))
	<-ctx.Done()
	return nil
}

func prepare(ctx context.Context, c component.Cluster, n int) error {
	if err := sandbox.Mounts(); err != nil {
		return err
	}
	for _, overlay := range overlays {
		own := c.Dir.Node(n, overlay.own)
		if err := os.MkdirAll(own, state.DirectoryMode); err != nil {
			return fmt.Errorf("create a directory of the node: %w", err)
		}
		if err := sandbox.Bind(own, overlay.fixed); err != nil {
			return err
		}
	}
	if err := freshGroups(c.Topology, n); err != nil {
		return err
	}
	if n == 1 {
		return nil
	}
	return connect(ctx, c.Topology, n)
}

// freshGroups removes the control groups that pods of an earlier run left: the
// kubelet would spend seconds on each before it starts any pod.
func freshGroups(t topology.Topology, n int) error {
	tree := cgroup.New(cgroup.Root)
	if err := tree.Remove(filepath.Join(t.Cgroup(), topology.NodeName(n)), cgroupPatience); err != nil {
		return err
	}
	return tree.Create(t.Cgroup(), []string{topology.NodeName(n)})
}

// connect configures the wire that the supervisor lays into our namespace.
func connect(ctx context.Context, t topology.Topology, n int) error {
	if err := sandbox.Hostname(topology.NodeName(n)); err != nil {
		return err
	}
	if err := sandbox.Forwarding(); err != nil {
		return err
	}
	if err := link.Up("lo", nil); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, wirePatience)
	defer cancel()
	if err := link.Await(waiting, topology.NodeLink); err != nil {
		return err
	}
	address := netip.PrefixFrom(t.NodeAddress(n), t.PrefixBits())
	if err := link.Up(topology.NodeLink, &address); err != nil {
		return err
	}
	return link.Route(topology.NodeLink, netip.MustParsePrefix("0.0.0.0/0"), t.NodeAddress(1))
}

func awaitSocket(ctx context.Context, path string) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
