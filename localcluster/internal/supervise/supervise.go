// Package supervise is the first process of a cluster.
//
// It runs inside new namespaces, so it is process 1 there: it prepares mounts
// and network, keeps the control plane and the nodes running and reaps orphans.
// It never stops the cluster in an orderly way, because killing it does: the
// kernel then ends every process and drops every mount, interface and firewall
// rule that was made inside.
package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"landfall.dev/landfall/localcluster/internal/component"
	"landfall.dev/landfall/localcluster/internal/kubeapi"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/process"
	"landfall.dev/landfall/localcluster/internal/sandbox"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

const (
	// uplinkPatience is how long the driver may take to lay the wire to us.
	uplinkPatience = 30 * time.Second
	// pollEvery is how often the API server is asked whether it is ready.
	pollEvery = 50 * time.Millisecond
	// applyRetry is the pause before the base objects are applied again.
	applyRetry = time.Second
)

// Arguments is the command line of a supervisor, by which the driver finds one.
func Arguments(dir state.Dir) []string {
	return []string{"localcluster", "supervise", "--state", string(dir)}
}

// self is this program, also after its file was replaced or removed.
const self = "/proc/self/exe"

// Path is the PATH of all components: our programs first.
func Path(dir state.Dir) string {
	return dir.Bin() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

// Environment is what every component starts with: nothing of the user's, so
// that proxies, credentials and kubeconfigs of the shell have no effect.
func Environment(dir state.Dir) []string {
	return []string{"PATH=" + Path(dir), "HOME=/root", "LANG=C.UTF-8"}
}

type supervisor struct {
	cluster component.Cluster
	table   *process.Table
	keeper  *process.Keeper
	api     *kubeapi.Client
}

// Run supervises the cluster that the plan in dir describes. It returns only on
// failure to prepare, or when ctx ends.
func Run(ctx context.Context, dir state.Dir) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("the supervisor runs as process 1 of its own namespaces, this is process %d: use `localcluster up`", os.Getpid())
	}
	plan, err := dir.ReadPlan()
	if err != nil {
		return err
	}
	s := &supervisor{
		cluster: component.Cluster{Topology: plan.Topology, Dir: dir, RuncPath: plan.RuncPath},
		table:   process.NewTable(),
	}
	s.keeper = process.NewKeeper(s.table, func(c []state.Component) {
		if err := dir.WriteComponents(c); err != nil {
			slog.Error("cannot publish the components", "error", err)
		}
	})
	if s.api, err = kubeapi.New(plan.Topology.APIServer(), dir.PKI()); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	s.start(ctx)
	<-ctx.Done()
	return nil
}

// prepare makes this namespace a machine with a bridge to the outside.
func (s *supervisor) prepare(ctx context.Context) error {
	t := s.cluster.Topology
	if err := sandbox.Mounts(); err != nil {
		return err
	}
	if err := sandbox.Hostname("localcluster"); err != nil {
		return err
	}
	if err := sandbox.Forwarding(); err != nil {
		return err
	}
	if err := link.Up("lo", nil); err != nil {
		return err
	}
	if err := link.Bridge(topology.Bridge); err != nil {
		return err
	}
	address := netip.PrefixFrom(t.NodeAddress(1), t.PrefixBits())
	if err := link.Up(topology.Bridge, &address); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, uplinkPatience)
	defer cancel()
	if err := link.Await(waiting, topology.Uplink); err != nil {
		return err
	}
	if err := link.Join(topology.Uplink, topology.Bridge); err != nil {
		return err
	}
	if err := link.Up(topology.Uplink, nil); err != nil {
		return err
	}
	return link.Route(topology.Bridge, netip.MustParsePrefix("0.0.0.0/0"), t.HostAddress())
}

func (s *supervisor) start(ctx context.Context) {
	api, base := make(chan struct{}), make(chan struct{})
	gates := map[component.Stage]chan struct{}{component.AfterAPI: api, component.AfterBase: base}
	for _, p := range s.cluster.ControlPlane() {
		go func() {
			if gate, gated := gates[p.Stage]; gated {
				<-gate
			}
			s.keeper.Keep(ctx, p.Name, s.prepared(p, 0), nil)
		}()
	}
	for n := 1; n <= s.cluster.Topology.Nodes; n++ {
		go s.node(ctx, n)
	}
	go func() {
		s.awaitAPI(ctx)
		close(api)
		s.applyBase(ctx)
		close(base)
	}()
}

// prepared describes a process with its log file, anew for each start.
func (s *supervisor) prepared(p component.Process, namespaces uintptr) func() (process.Spec, error) {
	return func() (process.Spec, error) {
		log, err := OpenLog(s.cluster.Dir, p.Name)
		if err != nil {
			return process.Spec{}, err
		}
		path := p.Path
		if path == "" {
			path = self
		}
		return process.Spec{Path: path, Args: p.Args, Env: Environment(s.cluster.Dir), Output: log, Cloneflags: namespaces}, nil
	}
}

// OpenLog opens a component's log to append to.
func OpenLog(dir state.Dir, name string) (*os.File, error) {
	path := dir.Log(name)
	if err := os.MkdirAll(filepath.Dir(path), state.DirectoryMode); err != nil {
		return nil, fmt.Errorf("create the log directory: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	return file, nil
}

// node keeps one node running. A node is a process tree of its own, so killing
// its first process is a crash of that machine.
func (s *supervisor) node(ctx context.Context, n int) {
	name := topology.NodeName(n)
	p := component.Process{Name: name, Args: []string{"localcluster", "node", "--state", string(s.cluster.Dir), "--number", strconv.Itoa(n)}}
	if n == 1 {
		s.keeper.Keep(ctx, name, s.prepared(p, sandbox.FirstNodeNamespaces), nil)
		return
	}
	s.keeper.Keep(ctx, name, s.prepared(p, sandbox.FurtherNodeNamespaces), func(child process.Child) error {
		return s.connect(n, child.PID)
	})
}

// connect lays the wire to a further node's namespace and routes its pods there.
func (s *supervisor) connect(n, pid int) error {
	uplink := topology.NodeUplink(n)
	if err := link.Delete(uplink); err != nil {
		return err
	}
	if err := link.Veth(uplink, topology.NodeLink, pid); err != nil {
		return err
	}
	if err := link.Join(uplink, topology.Bridge); err != nil {
		return err
	}
	if err := link.Up(uplink, nil); err != nil {
		return err
	}
	return link.Route(topology.Bridge, s.cluster.Topology.NodePodCIDR(n), s.cluster.Topology.NodeAddress(n))
}

func (s *supervisor) awaitAPI(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for s.api.Ready(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// applyBase creates the objects every cluster starts with. Right after a first
// start the API server may still refuse some of them.
func (s *supervisor) applyBase(ctx context.Context) {
	p := component.Process{
		Name: "base-objects",
		Path: filepath.Join(s.cluster.Dir.Bin(), "kubectl"),
		Args: []string{"kubectl", "--kubeconfig", s.cluster.Dir.Kubeconfig(), "apply", "--server-side", "--force-conflicts",
			"--field-manager=localcluster", "-f", s.cluster.Manifests()},
	}
	for ctx.Err() == nil {
		spec, err := s.prepared(p, 0)()
		if err == nil {
			err = s.table.Run(spec)
			_ = spec.Output.Close()
		}
		if err == nil {
			return
		}
		slog.Warn("cannot apply the base objects yet", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(applyRetry):
		}
	}
}
