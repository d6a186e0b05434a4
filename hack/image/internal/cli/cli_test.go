package cli_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"landfall.dev/landfall/hack/image/internal/cli"
	"landfall.dev/landfall/hack/image/internal/oci"
)

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := cli.New()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(t.Context())
	return strings.TrimSpace(out.String()), err
}

// staticBinary compiles the smallest program there is.
func staticBinary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "tool")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", binary, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the test's binary: %v: %s", err, out)
	}
	return binary
}

func TestScratchThenApp(t *testing.T) {
	binary, dir := staticBinary(t), t.TempDir()
	base, app := filepath.Join(dir, "base"), filepath.Join(dir, "app")
	program := filepath.Join(dir, "program")
	if err := os.MkdirAll(filepath.Join(program, "__pycache__"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(program, "main.py"), []byte("print()"), 0o600); err != nil {
		t.Fatal(err)
	}
	scratch := []string{"scratch", "--binary", binary + "=/tool", "--file", binary + "=/etc/extra", "--entrypoint", "/tool", "--label", "a=b", "--out", base}
	first, err := run(t, scratch...)
	if err != nil {
		t.Fatalf("scratch: %v", err)
	}
	if again, err := run(t, scratch...); err != nil || again != first {
		t.Errorf("scratch again: %s, %v; want %s", again, err, first)
	}
	top, err := run(t, "app", "--base", base, "--dir", program, "--prefix", "/opt/program", "--entrypoint", "/tool,serve", "--env", "A=b", "--out", app)
	if err != nil {
		t.Fatalf("app: %v", err)
	}
	if got, err := run(t, "digest", app); err != nil || got != top {
		t.Errorf("digest: %s, %v; want %s", got, err, top)
	}
	img, err := oci.ReadLayout(app)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != runtime.GOARCH || config.Config.User != "10001" || config.Config.Labels["a"] != "b" || strings.Join(config.Config.Entrypoint, " ") != "/tool serve" {
		t.Errorf("configuration is %s, %+v", config.Architecture, config.Config)
	}
	root := filepath.Join(dir, "root")
	if _, err := run(t, "unpack", app, root); err != nil {
		t.Fatalf("unpack: %v", err)
	}
	passwd, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	if err != nil || !strings.Contains(string(passwd), "nonroot:x:65532:65532:") {
		t.Errorf("etc/passwd is %q, %v; want the user 65532", passwd, err)
	}
	if _, err := os.Stat(filepath.Join(root, "opt/program/__pycache__")); err == nil {
		t.Error("the image holds __pycache__")
	}
	if f, err := elf.Open(filepath.Join(root, "tool")); err != nil {
		t.Errorf("the image's binary: %v", err)
	} else {
		f.Close()
	}
}

func TestScratchRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ spec, want string }{
		"script":               {text + "=/tool", "not a Linux binary"},
		"relative destination": {text + "=tool", "want FILE=/DEST"},
		"climbing destination": {text + "=/a/../tool", "want FILE=/DEST"},
		"absent":               {"/nonexistent/file=/tool", "find the file"},
		"directory":            {filepath.Dir(text) + "=/tool", "is not a file"},
	}
	if shell, err := filepath.EvalSymlinks("/bin/sh"); err == nil {
		if f, err := elf.Open(shell); err == nil {
			f.Close()
			cases["dynamic binary"] = struct{ spec, want string }{shell + "=/sh", "CGO_ENABLED=0"}
		}
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, "scratch", "--binary", tc.spec, "--out", filepath.Join(t.TempDir(), "out"))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("scratch: %v; want an error that says %q", err, tc.want)
			}
		})
	}
}

func TestTarIsReproducible(t *testing.T) {
	var archives [][]byte
	for range 2 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "model.joblib"), []byte("model"), 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "model.tar.gz")
		if _, err := run(t, "tar", "--dir", dir, "--out", out); err != nil {
			t.Fatalf("tar: %v", err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, data)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two archives of the same files differ")
	}
	if _, err := run(t, "tar", "--dir", t.TempDir(), "--out", filepath.Join(t.TempDir(), "x")); err == nil || !strings.Contains(err.Error(), "holds nothing") {
		t.Errorf("tar of an empty directory: %v; want a refusal", err)
	}
}

func TestMissingFlags(t *testing.T) {
	for _, command := range []string{"base", "app", "scratch", "tar"} {
		if _, err := run(t, command); err == nil || !strings.Contains(err.Error(), "required flag") {
			t.Errorf("%s without flags: %v; want the required flags named", command, err)
		}
	}
}
