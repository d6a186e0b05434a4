package debian

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func packageTar(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	tw := tar.NewWriter(&out)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := tw.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func openRoot(t *testing.T) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

// listing maps every path below dir but directories to its mode or link target.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, file)
		info, err := d.Info()
		got[rel] = info.Mode().String()
		if d.Type() == fs.ModeSymlink {
			got[rel], err = os.Readlink(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestExtract(t *testing.T) {
	dir, root := openRoot(t)
	if err := Skeleton(root); err != nil {
		t.Fatalf("Skeleton: %v", err)
	}
	before := listing(t, dir)
	stream := packageTar(t,
		tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "./lib/x86_64-linux-gnu/", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "./lib/x86_64-linux-gnu/libc.so.6", Typeflag: tar.TypeReg, Mode: 0o755},
		tar.Header{Name: "./lib64/ld.so.2", Typeflag: tar.TypeSymlink, Linkname: "/lib/x86_64-linux-gnu/ld.so"},
		tar.Header{Name: "./bin/tool", Typeflag: tar.TypeReg, Mode: 0o666},
		tar.Header{Name: "./bin/alias", Typeflag: tar.TypeLink, Linkname: "./bin/tool"},
		tar.Header{Name: "./usr/share/doc/tool/copyright", Typeflag: tar.TypeReg, Mode: 0o644},
		tar.Header{Name: "./usr/share/doc/tool/README.gz", Typeflag: tar.TypeReg, Mode: 0o644},
		tar.Header{Name: "./usr/share/man/man1/tool.1.gz", Typeflag: tar.TypeReg, Mode: 0o644},
		tar.Header{Name: "./usr/lib/python3/dist-packages/m/tests/t.py", Typeflag: tar.TypeReg, Mode: 0o644},
		tar.Header{Name: "./usr/lib/python3/dist-packages/m/contests/t.py", Typeflag: tar.TypeReg, Mode: 0o644},
		tar.Header{Name: "./usr/lib/libm.a", Typeflag: tar.TypeReg, Mode: 0o644},
		// A later package may ship a file again.
		tar.Header{Name: "./usr/bin/tool", Typeflag: tar.TypeReg, Mode: 0o755},
	)
	if err := Extract(root, stream); err != nil {
		t.Fatalf("Extract: %v", err)
	}
	got := listing(t, dir)
	for name := range before {
		delete(got, name)
	}
	want := map[string]string{
		"usr/lib/x86_64-linux-gnu/libc.so.6":            "-rwxr-xr-x",
		"usr/lib64/ld.so.2":                             "/lib/x86_64-linux-gnu/ld.so",
		"usr/bin/tool":                                  "-rwxr-xr-x",
		"usr/bin/alias":                                 "-rw-rw-rw-",
		"usr/share/doc/tool/copyright":                  "-rw-r--r--",
		"usr/lib/python3/dist-packages/m/contests/t.py": "-rw-r--r--",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestExtractStaysInside(t *testing.T) {
	outside := t.TempDir()
	dir, root := openRoot(t)
	stream := packageTar(t,
		tar.Header{Name: "./opt/out", Typeflag: tar.TypeSymlink, Linkname: outside},
		tar.Header{Name: "./opt/out/file", Typeflag: tar.TypeReg, Mode: 0o644},
	)
	if err := Extract(root, stream); err == nil {
		t.Error("Extract wrote through a link that leaves the root; want a refusal")
	}
	climbing := packageTar(t, tar.Header{Name: "../../file", Typeflag: tar.TypeReg, Mode: 0o644})
	if err := Extract(root, climbing); err != nil {
		t.Errorf("Extract: %v; want a climbing name to be read from the root", err)
	}
	if _, ok := listing(t, dir)["file"]; !ok || len(listing(t, outside)) != 0 {
		t.Errorf("inside %v, outside %v; want the file inside only", listing(t, dir), listing(t, outside))
	}
}

func TestExtractRefusesDevices(t *testing.T) {
	_, root := openRoot(t)
	err := Extract(root, packageTar(t, tar.Header{Name: "./dev/null", Typeflag: tar.TypeChar}))
	if err == nil || !strings.Contains(err.Error(), "not a file, directory or link") {
		t.Errorf("Extract of a device: %v; want a refusal", err)
	}
}

func TestSkeleton(t *testing.T) {
	dir, root := openRoot(t)
	if err := Skeleton(root); err != nil {
		t.Fatalf("Skeleton: %v", err)
	}
	if got := listing(t, dir)["lib64"]; got != "usr/lib64" {
		t.Errorf("lib64 is %q; want a link to usr/lib64", got)
	}
	passwd, err := os.ReadFile(filepath.Join(dir, "etc/passwd"))
	if err != nil || !strings.Contains(string(passwd), "app:x:10001:10001:") {
		t.Errorf("etc/passwd is %q, %v; want the user 10001", passwd, err)
	}
	info, err := os.Stat(filepath.Join(dir, "tmp"))
	if err != nil || info.Mode() != fs.ModeDir|fs.ModeSticky|0o777 {
		t.Errorf("tmp is %v, %v; want it open to all and sticky", info.Mode(), err)
	}
}

// TestUnpack runs the real dpkg-deb on a package built here.
func TestUnpack(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not installed: packages are only unpacked on Debian and Ubuntu")
	}
	tree, debs, dir := t.TempDir(), t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		"DEBIAN/control": "Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.invalid>\nDescription: a test\n",
		"lib/hello.py":   "print('hello')\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(tree, name), content)
	}
	if out, err := exec.Command("dpkg-deb", "--build", tree, filepath.Join(debs, "hello_1_all.deb")).CombinedOutput(); err != nil {
		t.Fatalf("build the test's package: %v: %s", err, out)
	}
	if err := Unpack(t.Context(), Exec, dir, debs, []Package{{Name: "hello", File: "hello_1_all.deb"}}); err != nil {
		t.Fatalf("Unpack: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "usr/lib/hello.py")); err != nil || string(got) != "print('hello')\n" {
		t.Errorf("usr/lib/hello.py is %q, %v", got, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "var/lib/dpkg/status.d/hello")); err != nil || !strings.Contains(string(got), "Version: 1") {
		t.Errorf("the package's record is %q, %v", got, err)
	}
	damaged := filepath.Join(debs, "damaged_1_all.deb")
	put(t, damaged, "not a package")
	err := Unpack(t.Context(), Exec, t.TempDir(), debs, []Package{{Name: "damaged", File: "damaged_1_all.deb"}})
	if err == nil || !strings.Contains(err.Error(), "damaged_1_all.deb") {
		t.Errorf("Unpack of a damaged package: %v; want its name", err)
	}
}

func TestLinkBLAS(t *testing.T) {
	dir := t.TempDir()
	lib := filepath.Join(dir, "usr/lib/x86_64-linux-gnu")
	if err := os.MkdirAll(filepath.Join(lib, "openblas-pthread"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("blas/libblas.so.3", filepath.Join(lib, "libblas.so.3")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time finds its own links
		if err := LinkBLAS(dir); err != nil {
			t.Fatalf("LinkBLAS: %v", err)
		}
	}
	want := map[string]string{
		"libblas.so.3":     "openblas-pthread/libblas.so.3",
		"liblapack.so.3":   "openblas-pthread/liblapack.so.3",
		"libopenblas.so.0": "openblas-pthread/libopenblas.so.0",
	}
	if diff := cmp.Diff(want, listing(t, lib)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if err := LinkBLAS(t.TempDir()); err != nil {
		t.Errorf("LinkBLAS without OpenBLAS: %v", err)
	}
}
