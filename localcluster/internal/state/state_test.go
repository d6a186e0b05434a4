package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"landfall.dev/landfall/localcluster/internal/topology"
)

func TestResolve(t *testing.T) {
	tests := map[string]struct {
		flag, variable, cache string
		want                  string
		reason                string
	}{
		"flag":     {flag: "/a", variable: "/b", cache: "/c", want: "/a", reason: "the flag wins"},
		"variable": {variable: "/b", cache: "/c", want: "/b", reason: "the variable comes next"},
		"default":  {cache: "/c", want: "/c/landfall/localcluster", reason: "XDG_CACHE_HOME is the base"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv(Variable, tt.variable)
			t.Setenv("XDG_CACHE_HOME", tt.cache)
			got, err := Resolve(tt.flag)
			if err != nil || string(got) != tt.want {
				t.Errorf("%s: Resolve(%q) = %q, %v; want %q", tt.reason, tt.flag, got, err, tt.want)
			}
		})
	}
	t.Run("relative", func(t *testing.T) {
		got, err := Resolve("here")
		if err != nil || !filepath.IsAbs(string(got)) {
			t.Errorf("Resolve(%q) = %q, %v; want an absolute path", "here", got, err)
		}
	})
}

func TestPlanRoundTrip(t *testing.T) {
	dir := Dir(t.TempDir())
	if _, err := dir.ReadPlan(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("reading before writing: %v, want fs.ErrNotExist", err)
	}
	want := Plan{Topology: topology.Topology{Instance: 3, Nodes: 2}, RuncPath: "/bin/runc", CreatedDirectories: []string{"/a"}}
	if err := dir.WritePlan(want); err != nil {
		t.Fatal(err)
	}
	got, err := dir.ReadPlan()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the plan changed (-want +got):\n%s", diff)
	}
}

func TestReadPlanDamaged(t *testing.T) {
	dir := Dir(t.TempDir())
	if err := WriteFile(dir.plan(), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.ReadPlan(); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("a damaged plan: %v, want an error that names the way out", err)
	}
}

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "file")
	for _, content := range []string{"one", "two"} {
		if err := WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("the file holds %q, %v; want %q", got, err, content)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v; want the one", left, err)
	}
}

func TestLockExcludes(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "new"))
	unlock, err := dir.Lock("test")
	if err != nil {
		t.Fatal(err)
	}
	rival, err := os.Open(dir.join("test.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer rival.Close()
	try := func() error { return unix.Flock(int(rival.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
	if err := try(); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("a second holder got %v, want %v", err, unix.EWOULDBLOCK)
	}
	unlock()
	if err := try(); err != nil {
		t.Errorf("the lock was not given back: %v", err)
	}
}
