package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"landfall.dev/landfall/localcluster/internal/cgroup"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/state"
)

const (
	// endPatience is how long the kernel may take to end a process tree.
	endPatience = 15 * time.Second
	// groupPatience is how long its control groups may stay busy after that.
	groupPatience = 10 * time.Second
)

// Stop ends the cluster in dir, however it was left, and removes what is
// outside of its namespaces: the wire, the control groups, the mount points. It
// keeps the cluster's data. Stopping a stopped cluster is fine.
func Stop(dir state.Dir) error {
	pids, err := supervisors("/proc", dir)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := kill(pid); err != nil {
			return err
		}
	}
	plan, err := dir.ReadPlan()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(
		link.Delete(plan.Topology.HostLink()),
		cgroup.New(cgroup.Root).Remove(plan.Topology.Cgroup(), groupPatience),
		removeDirectories(plan.CreatedDirectories),
	)
}

// kill ends a process and waits until it is gone. A handle, not the number, is
// signalled, so that nobody else's process can be hit.
func kill(pid int) error {
	handle, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("get hold of process %d: %w", pid, err)
	}
	defer func() { _ = unix.Close(handle) }()
	if err := unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	deadline := time.Now().Add(endPatience) //nolint:forbidigo // this package ends real processes
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return fmt.Errorf("process %d was killed but has not ended after %s; a process in it may hang in the kernel", pid, endPatience)
		}
		// A process handle becomes readable when the process ends: pidfd_open(2).
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for process %d to end: %w", pid, err)
		}
		if n > 0 {
			return nil
		}
	}
}

// removeDirectories removes directories we made, if nothing was put there.
func removeDirectories(made []string) error {
	for _, path := range slices.Backward(made) {
		err := os.Remove(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTEMPTY) {
			return fmt.Errorf("remove a mount point we made: %w", err)
		}
	}
	return nil
}

// Wipe removes the cluster's objects, pods and volumes, and keeps what is slow
// to make again: programs, pushed images and the images that nodes unpacked.
// The cluster must be stopped.
func Wipe(dir state.Dir) error {
	running, err := Running(dir)
	if err != nil {
		return err
	}
	if running {
		return errors.New("the cluster runs: stop it with `localcluster down` first")
	}
	doomed := []string{dir.Etcd(), dir.Volumes()}
	nodes, err := os.ReadDir(dir.Nodes())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the nodes: %w", err)
	}
	for _, node := range nodes {
		for _, part := range []string{"kubelet", "cni", "pod-logs", "container-logs"} {
			doomed = append(doomed, dir.Nodes()+"/"+node.Name()+"/"+part)
		}
	}
	for _, path := range doomed {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("wipe the cluster's data: %w", err)
		}
	}
	return nil
}
