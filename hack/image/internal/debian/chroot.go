package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
)

// CompileBytecode compiles every Python module in the root, which takes two
// thirds off a service's start. The bytecode does not refer to time stamps, so
// that it stays valid under the epoch times of a layer.
func CompileBytecode(ctx context.Context, rootDir string) error {
	dirs, err := pythonDirs(rootDir)
	if err != nil || len(dirs) == 0 {
		return err
	}
	// -B: what compileall itself imports would otherwise get bytecode with the
	// time stamp of this build, stale under the epoch times and never replaced.
	args := append([]string{"-B", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"}, dirs...)
	err = inRoot(ctx, rootDir, "/usr/bin/python3", args...)
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() == 1 {
		// compileall answers 1 when any module does not compile, and some
		// packages ship modules for other versions of Python.
		slog.WarnContext(ctx, "some modules have no bytecode", "error", err)
		return nil
	}
	return err
}

// CheckImports proves that the root holds what its modules need, including the
// shared libraries of packages that were dropped.
func CheckImports(ctx context.Context, rootDir string, modules []string) error {
	for _, module := range modules {
		script := "import importlib, sys; importlib.import_module(sys.argv[1])"
		if err := inRoot(ctx, rootDir, "/usr/bin/python3", "-B", "-c", script, module); err != nil {
			return fmt.Errorf("import %s in the new root (was a package dropped that it needs?): %w", module, err)
		}
	}
	return nil
}

// UpdateLinkerCache writes /etc/ld.so.cache.
func UpdateLinkerCache(ctx context.Context, rootDir string) error {
	cmd := exec.CommandContext(ctx, "/sbin/ldconfig", "-r", rootDir)
	cmd.SysProcAttr = asRoot(&syscall.SysProcAttr{})
	return output(cmd, "write the linker cache")
}

// inRoot runs a program of the root with nothing mounted in it.
func inRoot(ctx context.Context, rootDir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	// A fixed hash seed keeps sets, and so bytecode, in one order.
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONHASHSEED=0", "HOME=/"}
	cmd.SysProcAttr = asRoot(&syscall.SysProcAttr{Chroot: rootDir})
	return output(cmd, "run "+name+" in the new root")
}

// asRoot gives an unprivileged caller a user namespace in which it is root and
// may therefore change its root directory.
func asRoot(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return attr
	}
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	return attr
}

func output(cmd *exec.Cmd, act string) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("%s: this needs root or unprivileged user namespaces: %w", act, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", act, err, tail(out.String(), 6))
	}
	return nil
}
