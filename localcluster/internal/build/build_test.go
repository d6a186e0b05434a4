package build

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write lays out files below root.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func sample(t *testing.T) (Builder, Target, *bytes.Buffer) {
	t.Helper()
	root := t.TempDir()
	write(t, root, map[string]string{
		"go.mod":               "module landfall.dev/landfall/localcluster\n\ngo 1.26\n",
		"go.sum":               "",
		"cmd/tool/main.go":     "package main\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n",
		"cmd/tool/x_test.go":   "package main\n",
		"cmd/other/main.go":    "package main\n\nfunc main() {}\n",
		"cmd/tool/README.text": "",
	})
	var progress bytes.Buffer
	b := Builder{Source: root, Bin: filepath.Join(root, "bin"), Progress: &progress}
	target := Target{Output: "sub/tool", Module: ".", Package: "./cmd/tool", Sources: []string{"cmd/tool"}, Links: []string{"alias", "links/tool"}, LinkerFlags: "-X main.version=v9"}
	return b, target, &progress
}

func TestAllBuildsOnlyWhatChanged(t *testing.T) {
	b, target, progress := sample(t)
	build := func(reason string, want int) {
		t.Helper()
		progress.Reset()
		got, err := b.All(t.Context(), []Target{target})
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: built %d, want %d; %s", reason, got, want, progress)
		}
	}
	build("nothing is there", 1)
	build("nothing changed", 0)
	write(t, b.Source, map[string]string{"cmd/other/main.go": "package main\n\nfunc main() { println(1) }\n", "cmd/tool/x_test.go": "package main\n\nvar x = 1\n"})
	build("only other sources and tests changed", 0)
	write(t, b.Source, map[string]string{"cmd/tool/main.go": "package main\n\nfunc main() { println(2) }\n"})
	build("its source changed", 1)
	write(t, b.Source, map[string]string{"go.sum": "\n"})
	build("a dependency changed", 1)
	target.LinkerFlags = ""
	build("the flags changed", 1)
	if err := os.Remove(filepath.Join(b.Bin, "alias")); err != nil {
		t.Fatal(err)
	}
	build("a link is missing", 0)
	if _, err := os.Stat(filepath.Join(b.Bin, "alias")); err != nil {
		t.Errorf("the link was not put back: %v", err)
	}
	if err := os.Remove(filepath.Join(b.Bin, target.Output)); err != nil {
		t.Fatal(err)
	}
	build("the program is missing", 1)
}

func TestLinksLeadToTheProgram(t *testing.T) {
	b, target, _ := sample(t)
	// An old link to somewhere else is put right.
	if err := os.MkdirAll(b.Bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/bin/false", filepath.Join(b.Bin, "alias")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.All(t.Context(), []Target{target}); err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(filepath.Join(b.Bin, target.Output))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range target.Links {
		got, err := os.Stat(filepath.Join(b.Bin, link))
		if err != nil || !os.SameFile(want, got) {
			t.Errorf("%s does not lead to the program: %v", link, err)
		}
	}
}

func TestAFailedBuildKeepsTheOldProgram(t *testing.T) {
	b, target, _ := sample(t)
	if _, err := b.All(t.Context(), []Target{target}); err != nil {
		t.Fatal(err)
	}
	write(t, b.Source, map[string]string{"cmd/tool/main.go": "package main\n\nfunc main() { undefined() }\n"})
	_, err := b.All(t.Context(), []Target{target})
	if err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("All: %v, want the compiler's message", err)
	}
	if missing := b.Missing([]Target{target}); len(missing) > 0 {
		t.Errorf("the old program is gone: %v", missing)
	}
	if _, err := b.All(t.Context(), []Target{target}); err == nil {
		t.Error("the failed build counts as up to date")
	}
}

func TestFindSource(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"repository/go.mod":              "module landfall.dev/landfall\n",
		"repository/localcluster/go.mod": "// a comment\nmodule landfall.dev/landfall/localcluster\n",
		"repository/cmd/x/main.go":       "package main\n",
		"repository/localcluster/a/b.go": "package a\n",
		"elsewhere/go.mod":               "module landfall.dev/landfall/localcluster/runtime\n",
	})
	source := filepath.Join(root, "repository/localcluster")
	tests := map[string]struct {
		explicit, from string
		wantErr        bool
	}{
		"named":                  {explicit: source, from: root},
		"in it":                  {from: source},
		"below it":               {from: filepath.Join(source, "a")},
		"the repository's root":  {from: filepath.Join(root, "repository")},
		"below the root":         {from: filepath.Join(root, "repository/cmd/x")},
		"outside":                {from: root, wantErr: true},
		"a similar module":       {from: filepath.Join(root, "elsewhere"), wantErr: true},
		"named wrongly":          {explicit: filepath.Join(root, "elsewhere"), from: source, wantErr: true},
		"named but there is not": {explicit: filepath.Join(root, "x"), from: source, wantErr: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := FindSource(tt.explicit, tt.from)
			if (err != nil) != tt.wantErr {
				t.Fatalf("FindSource: %q, %v; want an error: %t", got, err, tt.wantErr)
			}
			if err == nil && got != source {
				t.Errorf("FindSource: %s, want %s", got, source)
			}
		})
	}
}

// The versions in the programs must be those that go.mod pins.
func TestVersionsMatchTheModules(t *testing.T) {
	for file, want := range map[string]string{
		"../../go.mod":         "k8s.io/kubernetes " + KubernetesVersion,
		"../../runtime/go.mod": "github.com/containerd/containerd/v2 " + ContainerdVersion,
	} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), want) {
			t.Errorf("%s does not require %q", file, want)
		}
	}
}

// Every target's own sources and module must exist, or builds fail far away.
func TestTargetsExist(t *testing.T) {
	seen := map[string]bool{}
	for _, target := range Targets(true) {
		for _, name := range append([]string{target.Output}, target.Links...) {
			if seen[name] {
				t.Errorf("two targets make %s", name)
			}
			seen[name] = true
		}
		if _, err := os.Stat(filepath.Join("../..", target.Module, "go.mod")); err != nil {
			t.Error(err)
		}
		for _, directory := range target.Sources {
			files, err := goFiles("../..", directory)
			if err != nil || len(files) == 0 {
				t.Errorf("%s has no sources in %s: %v", target.Output, directory, err)
			}
		}
	}
	if with, without := len(Targets(true)), len(Targets(false)); with != without+1 {
		t.Errorf("%d targets with runc and %d without", with, without)
	}
}
