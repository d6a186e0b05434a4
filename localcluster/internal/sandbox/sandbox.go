// Package sandbox prepares the inside of a new set of namespaces.
//
// Its functions run in a process that was started with the namespaces it needs,
// before that process starts any other. They change only that process's view of
// the machine: when its mount namespace ends, the kernel undoes all of it.
package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Namespaces of the supervisor: nothing it makes is visible to the machine.
const Namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC

// FirstNodeNamespaces are those of node 1, which shares the control plane's
// network so that the API server reaches Services through kube-proxy.
const FirstNodeNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID

// FurtherNodeNamespaces are those of nodes 2 and up, machines of their own.
const FurtherNodeNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS

// Mounts cuts the mount namespace off from the one it was copied from, then
// mounts what belongs to new namespaces: /proc and an empty /run. The tree ends
// up shared, because the kubelet hands mounts made later on to containers.
func Mounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cut the mounts off from the machine's: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share the mounts with containers: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount an empty /run: %w", err)
	}
	return nil
}

// Bind puts the directory from over the directory to; both must exist.
func Bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s over %s: %w", from, to, err)
	}
	return nil
}

// Hostname names the machine within its own UTS namespace.
func Hostname(name string) error {
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("set the host name %s: %w", name, err)
	}
	return nil
}

// Forwarding lets this network namespace route between its interfaces.
// route_localnet lets a Service address lead to a loopback listener.
func Forwarding() error {
	for _, setting := range []string{"net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet"} {
		if err := os.WriteFile("/proc/sys/"+setting, []byte("1"), 0o600); err != nil {
			return fmt.Errorf("switch on %s: %w", setting, err)
		}
	}
	return nil
}

// MakeDirectories makes those directories that are missing and returns the ones
// it made, parents first, so that they can be removed later.
func MakeDirectories(paths []string) ([]string, error) {
	var made []string
	for _, path := range paths {
		err := os.Mkdir(path, 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return made, fmt.Errorf("make a mount point: %w", err)
		}
		made = append(made, path)
	}
	return made, nil
}
