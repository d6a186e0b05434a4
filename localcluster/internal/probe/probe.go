// Package probe finds out whether this machine can run containers for us, by
// trying: it makes the namespaces, mounts, interfaces and control groups that a
// cluster would make, in a process of its own, and lets the kernel undo them.
package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"landfall.dev/landfall/localcluster/internal/cgroup"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/packages"
	"landfall.dev/landfall/localcluster/internal/sandbox"
)

// Argument is the hidden subcommand that runs Inside.
const Argument = "probe-inside"

// cgroupName is a name that no cluster uses.
const cgroupName = "lf-probe"

// Containers is nil if this machine can run containers, else the reason. A
// missing package that `localcluster up` would install is not a reason. It starts
// the running program again with the single argument Argument, so it is only for
// programs that answer it with Inside.
func Containers(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("containers need root, and this is user %d: run localcluster as root", os.Geteuid())
	}
	if err := cgroup.New(cgroup.Root).Check(cgroupName); err != nil {
		return fmt.Errorf("limits for containers: %w", err)
	}
	if err := packages.Probe(ctx).Obstacle(); err != nil {
		return err
	}
	return namespaces(ctx)
}

func namespaces(ctx context.Context) error {
	command := exec.CommandContext(ctx, "/proc/self/exe", Argument)
	command.Args[0] = "localcluster"
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: sandbox.Namespaces, Pdeathsig: syscall.SIGKILL}
	var messages bytes.Buffer
	command.Stdout, command.Stderr = &messages, &messages
	err := command.Run()
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(strings.TrimPrefix(strings.TrimSpace(messages.String()), "localcluster: "))
	}
	return fmt.Errorf("start a process in namespaces of its own: %w; the machine must allow unshare(2) and CAP_SYS_ADMIN", err)
}

// Inside does, in namespaces of its own, what a cluster does first.
func Inside(ctx context.Context) error {
	if err := sandbox.Mounts(); err != nil {
		return err
	}
	if err := overlay(); err != nil {
		return err
	}
	if err := sandbox.Forwarding(); err != nil {
		return err
	}
	if err := link.Bridge("lfprobe"); err != nil {
		return err
	}
	if err := link.Veth("lfprobe1", "lfprobe2", os.Getpid()); err != nil {
		return err
	}
	return nftables(ctx)
}

// overlay mounts one, on the empty /run, because images are stacked that way.
func overlay() error {
	base := "/run/overlay"
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.MkdirAll(filepath.Join(base, name), 0o750); err != nil {
			return fmt.Errorf("prepare an overlay: %w", err)
		}
	}
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", base)
	if err := unix.Mount("overlay", filepath.Join(base, "merged"), "overlay", 0, options); err != nil {
		return fmt.Errorf("mount an overlay file system: %w; the kernel needs CONFIG_OVERLAY_FS", err)
	}
	return nil
}

// nftables makes a table, if nft is there already.
func nftables(ctx context.Context) error {
	program, err := exec.LookPath("nft")
	if errors.Is(err, exec.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the nft program: %w", err)
	}
	//nolint:gosec // nft, from the PATH
	if out, err := exec.CommandContext(ctx, program, "add", "table", "ip", "lfprobe").CombinedOutput(); err != nil {
		return fmt.Errorf("make an nftables table: %w: %s; the kernel needs CONFIG_NF_TABLES", err, bytes.TrimSpace(out))
	}
	return nil
}
