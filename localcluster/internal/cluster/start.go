// Package cluster starts, watches and stops a whole cluster from outside.
//
// It owns everything that happens on the machine's side: the state directory,
// the supervisor process, the wire into its network and the control groups. What
// runs inside is up to packages supervise and node.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"landfall.dev/landfall/localcluster/internal/cgroup"
	"landfall.dev/landfall/localcluster/internal/component"
	"landfall.dev/landfall/localcluster/internal/image"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/node"
	"landfall.dev/landfall/localcluster/internal/pki"
	"landfall.dev/landfall/localcluster/internal/sandbox"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/supervise"
	"landfall.dev/landfall/localcluster/internal/topology"
)

// Options say what to start.
type Options struct {
	Dir      state.Dir
	Topology topology.Topology
	// RuncPath is the low-level container runtime.
	RuncPath string
	// Patience is how long the cluster may take to become ready.
	Patience time.Duration
	// Progress receives a line per step.
	Progress io.Writer
}

// supervisorLog names the supervisor's own log.
const supervisorLog = "supervisor"

// Start brings a cluster up and returns once its nodes are ready and pods can be
// created. The caller holds the state directory's lock and has built all
// programs. On failure nothing is left running.
func Start(ctx context.Context, o Options) error {
	if err := Stop(o.Dir); err != nil {
		return fmt.Errorf("clear what an earlier run left: %w", err)
	}
	if err := o.checkRanges(); err != nil {
		return err
	}
	if err := o.prepare(); err != nil {
		return err
	}
	err := o.launch(ctx)
	if err == nil {
		return nil
	}
	if stopErr := Stop(o.Dir); stopErr != nil {
		err = errors.Join(err, fmt.Errorf("and clear up afterwards: %w", stopErr))
	}
	return err
}

// ranges are the networks that the machine reaches through the cluster.
func ranges(t topology.Topology) []netip.Prefix {
	return []netip.Prefix{t.ServiceCIDR(), t.PodCIDR()}
}

// checkRanges refuses to shadow networks that the machine uses already, among
// them those of another cluster.
func (o Options) checkRanges() error {
	t := o.Topology
	wire := netip.PrefixFrom(t.HostAddress(), t.PrefixBits()).Masked()
	for _, r := range append(ranges(t), wire) {
		taken, err := link.Overlapping(r, t.HostLink())
		if err != nil {
			return err
		}
		if taken != "" {
			return fmt.Errorf("the cluster needs the network %s, but this machine routes %s already: choose another range with --instance 1 to %d", r, taken, topology.MaxInstance)
		}
	}
	exists, err := link.Exists(t.HostLink())
	if err != nil {
		return err
	}
	if exists {
		return fmt.Errorf("the interface %s exists already: another cluster of instance %d runs from a different state directory; stop that one or use another --instance", t.HostLink(), t.Instance)
	}
	return nil
}

// prepare writes everything the supervisor needs to the state directory.
func (o Options) prepare() error {
	c := component.Cluster{Topology: o.Topology, Dir: o.Dir, RuncPath: o.RuncPath}
	//nolint:forbidigo // certificates count from now
	if err := pki.Ensure(o.Dir.PKI(), c.Identities(), time.Now()); err != nil {
		return err
	}
	authority, err := os.ReadFile(pki.CertificatePath(o.Dir.PKI(), pki.Cluster))
	if err != nil {
		return fmt.Errorf("read the cluster's authority: %w", err)
	}
	files, err := c.Files(authority)
	if err != nil {
		return err
	}
	for _, old := range []string{o.Dir.Logs(), o.Dir.Config()} {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("remove the files of the last run: %w", err)
		}
	}
	for path, content := range files {
		if err := state.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.Dir.Volumes(), state.DirectoryMode); err != nil {
		return fmt.Errorf("create the directory for volumes: %w", err)
	}
	made, err := sandbox.MakeDirectories(node.MountPoints())
	plan := state.Plan{Topology: o.Topology, RuncPath: o.RuncPath, CreatedDirectories: made}
	return errors.Join(err, o.Dir.WriteComponents(nil), o.Dir.WritePlan(plan))
}

func (o Options) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.Patience)
	defer cancel()
	if err := o.createGroups(); err != nil {
		return err
	}
	command, ended, err := o.spawn(ctx)
	if err != nil {
		return err
	}
	host := netip.PrefixFrom(o.Topology.HostAddress(), o.Topology.PrefixBits())
	if err := link.ToHost(o.Topology.HostLink(), topology.Uplink, command.Process.Pid, host, o.Topology.NodeAddress(1), ranges(o.Topology)); err != nil {
		return err
	}
	waiting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		err := <-ended
		stop(fmt.Errorf("the supervisor ended: %w: %s", err, lastLines(o.Dir.Log(supervisorLog), 5)))
	}()
	if err := o.await(waiting); err != nil {
		if cause := context.Cause(waiting); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
			return cause
		}
		return err
	}
	return nil
}

func (o Options) createGroups() error {
	var nodes []string
	for n := 1; n <= o.Topology.Nodes; n++ {
		nodes = append(nodes, topology.NodeName(n))
	}
	return cgroup.New(cgroup.Root).Create(o.Topology.Cgroup(), nodes)
}

// spawn starts the supervisor, detached from our terminal and our lifetime.
func (o Options) spawn(ctx context.Context) (*exec.Cmd, <-chan error, error) {
	log, err := supervise.OpenLog(o.Dir, supervisorLog)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	command := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe")
	command.Args = supervise.Arguments(o.Dir)
	command.Env = supervise.Environment(o.Dir)
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: sandbox.Namespaces, Setsid: true}
	if err := command.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the supervisor in namespaces of its own: %w", err)
	}
	ended := make(chan error, 1)
	go func() {
		if err := command.Wait(); err != nil {
			ended <- err
			return
		}
		ended <- errors.New("exited with status 0")
	}()
	return command, ended, nil
}

// await returns when the cluster is usable, or says what it still waits for.
func (o Options) await(ctx context.Context) error {
	began := time.Now() //nolint:forbidigo // shown to a person, decides nothing
	for _, step := range o.readiness() {
		if err := poll(ctx, step.check); err != nil {
			return fmt.Errorf("wait for %s: %w; look at `localcluster logs %s`", step.what, err, step.log)
		}
		fmt.Fprintf(o.Progress, "%s after %.1f s\n", step.done, time.Since(began).Seconds())
	}
	return nil
}

// pushPause puts the image that every pod starts with into the registry.
func (o Options) pushPause(ctx context.Context) error {
	pause, err := image.Static(filepath.Join(o.Dir.Bin(), "pause"), "pause")
	if err != nil {
		return fmt.Errorf("make the pause image: %w", err)
	}
	return image.Push(ctx, o.Topology.PauseImage(), image.Of(pause))
}

// lastLines quotes the end of a log in an error message.
func lastLines(path string, count int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
