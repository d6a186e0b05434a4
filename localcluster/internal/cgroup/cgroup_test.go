package cgroup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeTree lays out files as a cgroup file system would show them.
func fakeTree(t *testing.T, files map[string]string) Tree {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return New(root)
}

func versionOne() map[string]string {
	return map[string]string{
		"cpu/cgroup.procs":                "",
		"cpuset/cgroup.procs":             "",
		"cpuset/cpuset.cpus":              "0-1\n",
		"cpuset/cpuset.mems":              "0\n",
		"memory/cgroup.procs":             "",
		"pids/cgroup.procs":               "",
		"not-a-hierarchy/notes":           "",
		"unified/cgroup.procs":            "",
		"unified/cgroup.subtree_controls": "",
	}
}

func TestHierarchies(t *testing.T) {
	tree := fakeTree(t, versionOne())
	if err := os.Symlink("cpu", filepath.Join(tree.root, "cpu,cpuacct")); err != nil {
		t.Fatal(err)
	}
	got, err := tree.hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range got {
		names = append(names, filepath.Base(path))
	}
	if diff := cmp.Diff([]string{"cpu", "cpuset", "memory", "pids", "unified"}, names); diff != "" {
		t.Errorf("hierarchies (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	without := func(name string) map[string]string {
		files := versionOne()
		delete(files, name)
		return files
	}
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"version 1":                      {files: versionOne()},
		"version 1 joint controllers":    {files: map[string]string{"cpu,cpuacct/cgroup.procs": "", "cpuset/cgroup.procs": "", "memory/cgroup.procs": "", "pids/cgroup.procs": ""}},
		"version 1 without memory":       {files: without("memory/cgroup.procs"), want: `"memory" is not available`},
		"version 2":                      {files: map[string]string{"cgroup.controllers": "cpuset cpu io memory pids\n"}},
		"version 2 without cpuset":       {files: map[string]string{"cgroup.controllers": "cpu io memory pids\n"}, want: `"cpuset" is not available`},
		"no cgroup file system is there": {files: map[string]string{}, want: `"cpu" is not available`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := fakeTree(t, tt.files)
			err := tree.Check("probe")
			if tt.want == "" && err != nil {
				t.Fatalf("Check: %v, want none", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("Check: %v, want one with %q", err, tt.want)
			}
			if left, err := tree.Exists("probe"); err != nil || len(left) > 0 {
				t.Errorf("Check left %v, %v", left, err)
			}
		})
	}
}

func TestCreateVersionOne(t *testing.T) {
	tree := fakeTree(t, versionOne())
	if err := tree.Create("lf", []string{"n1", "n2"}); err != nil {
		t.Fatal(err)
	}
	for _, hierarchy := range []string{"cpu", "cpuset", "memory", "pids", "unified"} {
		for _, child := range []string{"n1", "n2"} {
			if _, err := os.Stat(filepath.Join(tree.root, hierarchy, "lf", child)); err != nil {
				t.Error(err)
			}
		}
	}
	for path, want := range map[string]string{
		"cpuset/lf/cpuset.cpus": "0-1", "cpuset/lf/n1/cpuset.cpus": "0-1", "cpuset/lf/n2/cpuset.mems": "0",
	} {
		got, err := os.ReadFile(filepath.Join(tree.root, path))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(tree.root, "cpu/lf/cpuset.cpus")); err == nil {
		t.Error("a hierarchy without cpusets was given one")
	}
}

func TestCreateAccountsMemoryByHierarchy(t *testing.T) {
	files := versionOne()
	// The kernel shows the file in each new group; here it lies there already.
	files["memory/lf/memory.use_hierarchy"] = "0\n"
	tree := fakeTree(t, files)
	if err := tree.Create("lf", nil); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(tree.root, "memory/lf/memory.use_hierarchy"))
	if err != nil || string(got) != "1" {
		t.Errorf("memory.use_hierarchy holds %q, %v; want 1", got, err)
	}
}

func TestCreateVersionTwo(t *testing.T) {
	tree := fakeTree(t, map[string]string{"cgroup.controllers": "cpuset cpu memory pids\n"})
	if err := tree.Create("lf", []string{"n1"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"cgroup.subtree_control", "lf/cgroup.subtree_control"} {
		got, err := os.ReadFile(filepath.Join(tree.root, path))
		if err != nil || string(got) != "+cpu +cpuset +memory +pids" {
			t.Errorf("%s holds %q, %v", path, got, err)
		}
	}
}

func TestRemove(t *testing.T) {
	tree := fakeTree(t, versionOne())
	for _, path := range []string{"cpu/lf/n1/kubepods/burstable/pod1", "memory/lf/n2", "cpu/other"} {
		if err := os.MkdirAll(filepath.Join(tree.root, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := tree.Remove("lf", 0); err != nil {
		t.Fatal(err)
	}
	if left, err := tree.Exists("lf"); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(tree.root, "cpu/other")); err != nil {
		t.Errorf("a group of somebody else is gone: %v", err)
	}
	if err := tree.Remove("lf", 0); err != nil {
		t.Errorf("removing what is gone: %v", err)
	}
}

func TestRemoveNamesWhatStays(t *testing.T) {
	tree := fakeTree(t, versionOne())
	// A file in it makes the directory as impossible to remove as a process would.
	busy := filepath.Join(tree.root, "cpu/lf/n1")
	if err := os.MkdirAll(busy, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(busy, "busy"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := tree.Remove("lf", 0); err == nil || !strings.Contains(err.Error(), "cpu/lf") {
		t.Errorf("Remove: %v, want an error that names the group", err)
	}
}
