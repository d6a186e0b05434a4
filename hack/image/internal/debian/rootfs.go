package debian

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// User is the account that images run as when none is chosen; its id is the one
// Landfall's manifests use with runAsNonRoot.
const User = 10001

// accounts are the two that a Debian package may look up and the one that serves.
var accounts = map[string]string{
	"etc/passwd":        fmt.Sprintf("root:x:0:0:root:/root:/usr/sbin/nologin\napp:x:%d:%d:app:/nonexistent:/usr/sbin/nologin\n", User, User),
	"etc/group":         fmt.Sprintf("root:x:0:\napp:x:%d:\n", User),
	"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

// Skeleton lays out an empty merged-/usr system below root.
func Skeleton(root *os.Root) error {
	dirs := []string{"etc", "root", "run", "proc", "sys", "dev", "opt", "tmp", "var/tmp", "var/lib/dpkg/status.d", "usr"}
	for _, top := range mergedTop {
		dirs = append(dirs, "usr/"+top)
	}
	for _, dir := range dirs {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("lay out the root: %w", err)
		}
	}
	for _, top := range mergedTop {
		if err := root.Symlink("usr/"+top, top); err != nil {
			return fmt.Errorf("lay out the root: %w", err)
		}
	}
	for _, dir := range []string{"tmp", "var/tmp"} {
		if err := root.Chmod(dir, fs.ModeSticky|0o777); err != nil {
			return fmt.Errorf("lay out the root: %w", err)
		}
	}
	for name, content := range accounts {
		if err := root.WriteFile(name, []byte(content), 0o644); err != nil {
			return fmt.Errorf("lay out the root: %w", err)
		}
	}
	return nil
}

// Unpack extracts the packages in debsDir into rootDir and records each one's
// control data in var/lib/dpkg/status.d, where image scanners look for packages
// that dpkg did not install.
func Unpack(ctx context.Context, run Runner, rootDir, debsDir string, packages []Package) error {
	root, err := os.OpenRoot(rootDir)
	if err != nil {
		return fmt.Errorf("open the root: %w", err)
	}
	defer root.Close()
	if err := Skeleton(root); err != nil {
		return err
	}
	for _, p := range packages {
		file := filepath.Join(debsDir, p.File)
		if err := unpackOne(ctx, root, file); err != nil {
			return fmt.Errorf("unpack %s: %w", p.File, err)
		}
		control, err := run(ctx, "", "dpkg-deb", "--field", file)
		if err != nil {
			return fmt.Errorf("read the control data of %s: %w", p.File, err)
		}
		if err := root.WriteFile(path.Join("var/lib/dpkg/status.d", p.Name), control, 0o644); err != nil {
			return fmt.Errorf("record %s: %w", p.Name, err)
		}
	}
	return nil
}

func unpackOne(ctx context.Context, root *os.Root, file string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends dpkg-deb when Extract gives up early
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start dpkg-deb: %w", err)
	}
	if err := Extract(root, out); err != nil {
		cancel()
		return errors.Join(err, cmd.Wait())
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("dpkg-deb: %w", err)
	}
	return nil
}

// LinkBLAS does what the update-alternatives call of OpenBLAS's maintainer
// scripts would: the generic library names point at its pthread build. A root
// without OpenBLAS is left alone.
func LinkBLAS(rootDir string) error {
	found, err := filepath.Glob(filepath.Join(rootDir, "usr/lib/*/openblas-pthread"))
	if err != nil {
		return fmt.Errorf("look for OpenBLAS: %w", err)
	}
	for _, dir := range found {
		for _, name := range []string{"libblas.so.3", "liblapack.so.3", "libopenblas.so.0"} {
			link := filepath.Join(filepath.Dir(dir), name)
			if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("replace a BLAS alternative: %w", err)
			}
			if err := os.Symlink(path.Join("openblas-pthread", name), link); err != nil {
				return fmt.Errorf("link a BLAS alternative: %w", err)
			}
		}
	}
	return nil
}

// pythonDirs lists the library directories of the Python in the root, as paths
// inside it; none where there is no Python.
func pythonDirs(rootDir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(rootDir, "usr/lib/python3*"))
	if err != nil {
		return nil, fmt.Errorf("look for Python: %w", err)
	}
	for i, dir := range found {
		found[i] = strings.TrimPrefix(dir, strings.TrimSuffix(rootDir, "/"))
	}
	return found, nil
}
