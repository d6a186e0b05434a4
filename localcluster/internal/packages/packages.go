// Package packages installs what a cluster needs from the operating system: the
// nft program, and either libseccomp's headers (to build runc) or runc itself.
// It knows Debian's package manager only; elsewhere it says what to install.
package packages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// System is what the machine has. Probe fills it in; tests write it.
type System struct {
	// NFT and Runc tell whether the programs are on the PATH.
	NFT, Runc bool
	// Compiler tells whether gcc and pkg-config are there, Seccomp whether
	// libseccomp's headers are.
	Compiler, Seccomp bool
	// Apt tells whether apt-get is there, Root whether we may use it.
	Apt, Root bool
}

// Probe looks at this machine.
func Probe(ctx context.Context) System {
	return System{
		NFT:      has("nft"),
		Runc:     has("runc"),
		Compiler: has("gcc") && has("pkg-config"),
		Seccomp:  has("pkg-config") && exec.CommandContext(ctx, "pkg-config", "--exists", "libseccomp").Run() == nil,
		Apt:      has("apt-get"),
		Root:     os.Geteuid() == 0,
	}
}

func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// BuildsRunc tells whether runc is built from its module: after Ensure, it is
// whenever a C compiler was there from the start.
func (s System) BuildsRunc() bool { return s.Compiler && s.Seccomp }

// Missing lists the Debian packages to install.
func (s System) Missing() []string {
	var missing []string
	if !s.NFT {
		missing = append(missing, "nftables")
	}
	switch {
	case s.BuildsRunc() || s.Runc:
	case s.Compiler:
		missing = append(missing, "libseccomp-dev")
	default:
		missing = append(missing, "runc")
	}
	return missing
}

// Obstacle says why the missing packages cannot be installed; nil if they can,
// or if none is missing.
func (s System) Obstacle() error {
	missing := strings.Join(s.Missing(), " ")
	switch {
	case missing == "":
		return nil
	case !s.Apt:
		return fmt.Errorf("this machine lacks %s and has no apt-get: install the nft program and runc with its own package manager", missing)
	case !s.Root:
		return fmt.Errorf("this machine lacks %s: as root, run `apt-get install %s`", missing, missing)
	}
	return nil
}

// Ensure installs what is missing and returns the machine as it is afterwards.
func Ensure(ctx context.Context, progress io.Writer) (System, error) {
	system := Probe(ctx)
	missing := system.Missing()
	if len(missing) == 0 {
		return system, nil
	}
	if err := system.Obstacle(); err != nil {
		return system, err
	}
	fmt.Fprintf(progress, "installing %s\n", strings.Join(missing, " "))
	install := append([]string{"install", "-y", "--no-install-recommends"}, missing...)
	if apt(ctx, install...) != nil {
		// The usual cause is a package list that was never fetched or is old.
		if err := apt(ctx, "update"); err != nil {
			return system, err
		}
		if err := apt(ctx, install...); err != nil {
			return system, err
		}
	}
	after := Probe(ctx)
	if left := after.Missing(); len(left) > 0 {
		return after, fmt.Errorf("still missing after their installation: %s", strings.Join(left, " "))
	}
	return after, nil
}

func apt(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, "apt-get", args...) //nolint:gosec // our own package names
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var messages bytes.Buffer
	command.Stdout, command.Stderr = &messages, &messages
	if err := command.Run(); err != nil {
		return errors.Join(fmt.Errorf("run apt-get %s: %w", strings.Join(args, " "), err), errors.New(strings.TrimSpace(messages.String())))
	}
	return nil
}
