// Package cgroup makes and removes a cluster's control groups.
//
// It works on version 1 and hybrid machines (one directory per controller) and
// on version 2 (one tree). It only touches directories below the name it is
// given. Kernel documentation: cgroup-v1/cgroups.rst and cgroup-v2.rst.
package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Root is where every Linux system mounts its cgroup file systems.
const Root = "/sys/fs/cgroup"

// needed are the version 1 controllers without which a kubelet cannot limit
// pods; a machine that lacks one cannot run containers for us.
var needed = []string{"cpu", "cpuset", "memory", "pids"}

// delegated are the version 2 controllers a kubelet requires in its root.
var delegated = []string{"cpu", "cpuset", "memory", "pids"}

// removeEvery is the pause between two passes over groups that are busy.
const removeEvery = 20 * time.Millisecond

// groupMode lets unprivileged programs read a group's figures.
const groupMode = 0o755

// settingMode goes with writes to files that the kernel made and that keep theirs.
const settingMode = 0o600

// Tree is the machine's cgroup file system. Use Root except in tests.
type Tree struct{ root string }

// New returns the tree mounted at root.
func New(root string) Tree { return Tree{root: root} }

// unified tells version 2 from version 1 and hybrid set-ups.
func (t Tree) unified() bool {
	_, err := os.Stat(filepath.Join(t.root, "cgroup.controllers"))
	return err == nil
}

// hierarchies lists the mount points: one for version 2, else one per
// controller. Links such as "cpu,cpuacct" would name one of them twice.
func (t Tree) hierarchies() ([]string, error) {
	if t.unified() {
		return []string{t.root}, nil
	}
	entries, err := os.ReadDir(t.root)
	if err != nil {
		return nil, fmt.Errorf("list the cgroup hierarchies: %w", err)
	}
	var found []string
	for _, entry := range entries {
		path := filepath.Join(t.root, entry.Name())
		if _, err := os.Stat(filepath.Join(path, "cgroup.procs")); entry.IsDir() && err == nil {
			found = append(found, path)
		}
	}
	return found, nil
}

// Check says why containers could not be limited here; nil if they can. It
// makes and removes a directory called name in every hierarchy.
func (t Tree) Check(name string) error {
	hierarchies, err := t.hierarchies()
	if err != nil {
		return err
	}
	if err := t.checkControllers(hierarchies); err != nil {
		return err
	}
	for _, hierarchy := range hierarchies {
		path := filepath.Join(hierarchy, name)
		if err := os.Mkdir(path, groupMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make a control group: %w", err)
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove the control group just made: %w", err)
		}
	}
	return nil
}

func (t Tree) checkControllers(hierarchies []string) error {
	have := map[string]bool{}
	for _, hierarchy := range hierarchies {
		// A version 1 hierarchy can carry several controllers: "cpu,cpuacct".
		for _, controller := range strings.Split(filepath.Base(hierarchy), ",") {
			have[controller] = true
		}
	}
	want := needed
	if t.unified() {
		content, err := os.ReadFile(filepath.Join(t.root, "cgroup.controllers"))
		if err != nil {
			return fmt.Errorf("read the cgroup controllers: %w", err)
		}
		for _, controller := range strings.Fields(string(content)) {
			have[controller] = true
		}
		want = delegated
	}
	for _, controller := range want {
		if !have[controller] {
			return fmt.Errorf("the cgroup controller %q is not available under %s", controller, t.root)
		}
	}
	return nil
}

// Create makes name and name/child for each child in every hierarchy, ready
// for a kubelet to use name/child as its root.
func (t Tree) Create(name string, children []string) error {
	hierarchies, err := t.hierarchies()
	if err != nil {
		return err
	}
	for _, hierarchy := range hierarchies {
		if err := t.createIn(hierarchy, name, children); err != nil {
			return err
		}
	}
	return nil
}

func (t Tree) createIn(hierarchy, name string, children []string) error {
	paths := []string{filepath.Join(hierarchy, name)}
	for _, child := range children {
		paths = append(paths, filepath.Join(hierarchy, name, child))
	}
	for _, path := range paths {
		if err := os.MkdirAll(path, groupMode); err != nil {
			return fmt.Errorf("make a control group: %w", err)
		}
		if err := t.inherit(path); err != nil {
			return err
		}
	}
	return nil
}

// inherit gives a new group what it needs from its parent to hold processes.
func (t Tree) inherit(path string) error {
	parent := filepath.Dir(path)
	if t.unified() {
		enable := "+" + strings.Join(delegated, " +")
		if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte(enable), settingMode); err != nil {
			return fmt.Errorf("hand the controllers of %s down: %w; with \"device or resource busy\", processes sit in that group itself: move them to a child group", parent, err)
		}
		return nil
	}
	// A version 1 cpuset starts empty, and nothing can run in an empty one.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		if err := copyValue(filepath.Join(parent, file), filepath.Join(path, file)); err != nil {
			return err
		}
	}
	// Without it, a pod's memory limit would not bind its containers. Kernels
	// that always account so refuse the write, which is then not needed.
	hierarchical := filepath.Join(path, "memory.use_hierarchy")
	if current, err := os.ReadFile(hierarchical); err == nil && !bytes.HasPrefix(current, []byte("1")) {
		if err := os.WriteFile(hierarchical, []byte("1"), settingMode); err != nil {
			return fmt.Errorf("account memory by hierarchy: %w", err)
		}
	}
	return nil
}

// copyValue copies a setting; a hierarchy without that setting is left alone.
func copyValue(from, to string) error {
	value, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the parent's setting: %w", err)
	}
	//nolint:gosec // both names are ours
	if err := os.WriteFile(to, bytes.TrimSpace(value), settingMode); err != nil {
		return fmt.Errorf("pass on %s: %w", filepath.Base(from), err)
	}
	return nil
}

// Remove deletes name and everything below it in every hierarchy. Groups of
// processes that are just ending are busy for a moment, so it retries until
// patience has passed.
func (t Tree) Remove(name string, patience time.Duration) error {
	expired := time.NewTimer(patience)
	defer expired.Stop()
	again := time.NewTicker(removeEvery)
	defer again.Stop()
	for {
		left, err := t.removeOnce(name)
		if err == nil && left == "" {
			return nil
		}
		select {
		case <-expired.C:
			return errors.Join(err, fmt.Errorf("the control group %s is still in use after %s", left, patience))
		case <-again.C:
		}
	}
}

// removeOnce makes one pass, deepest first, and names a group that stayed.
func (t Tree) removeOnce(name string) (string, error) {
	hierarchies, err := t.hierarchies()
	if err != nil {
		return "", err
	}
	left := ""
	for _, hierarchy := range hierarchies {
		groups, err := descendants(filepath.Join(hierarchy, name))
		if err != nil {
			return "", err
		}
		for _, group := range slices.Backward(groups) {
			if err := os.Remove(group); err != nil && !errors.Is(err, fs.ErrNotExist) {
				left = group
			}
		}
	}
	return left, nil
}

// Exists lists the directories called name, one per hierarchy that has it.
func (t Tree) Exists(name string) ([]string, error) {
	hierarchies, err := t.hierarchies()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, hierarchy := range hierarchies {
		path := filepath.Join(hierarchy, name)
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found, nil
}

// descendants lists a group and all below it, parents first. Groups may vanish
// while we look.
func descendants(top string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the control groups below %s: %w", top, err)
	}
	return found, nil
}
