package layer_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/hack/image/internal/layer"
)

type header struct {
	Name, Link string
	Mode       int64
	Content    string
}

func read(t *testing.T, data []byte) []header {
	t.Helper()
	var all []header
	tr := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("read the layer: %v", err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s: owner %d:%d %q, time %v; want root at the epoch", h.Name, h.Uid, h.Gid, h.Uname, h.ModTime)
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			t.Fatalf("read %s: %v", h.Name, err)
		}
		all = append(all, header{Name: h.Name, Link: h.Linkname, Mode: h.Mode, Content: string(content)})
	}
}

func tree(t *testing.T, dirMode, fileMode fs.FileMode, when time.Time) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "pkg", "__pycache__"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "pkg", "b.py"), []byte("b"), fileMode))
	must(os.WriteFile(filepath.Join(dir, "pkg", "__pycache__", "b.pyc"), []byte("x"), 0o644))
	must(os.WriteFile(filepath.Join(dir, "run"), []byte("#!"), fileMode|0o100))
	must(os.Symlink("pkg/b.py", filepath.Join(dir, "link")))
	must(os.Chmod(filepath.Join(dir, "pkg"), dirMode))
	must(os.Chmod(filepath.Join(dir, "pkg", "b.py"), fileMode))
	must(os.Chtimes(filepath.Join(dir, "run"), when, when))
	return dir
}

func write(t *testing.T, entries []layer.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := layer.Write(&out, entries); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return out.Bytes()
}

func TestDirIsReproducible(t *testing.T) {
	first := tree(t, 0o755, 0o644, time.Unix(1_700_000_000, 0))
	second := tree(t, 0o775, 0o664, time.Unix(1_600_000_000, 0))
	var layers [][]byte
	for _, dir := range []string{first, second} {
		entries, err := layer.Dir(dir, "/opt/program/", layer.PlainModes, "__pycache__")
		if err != nil {
			t.Fatalf("Dir: %v", err)
		}
		layers = append(layers, write(t, entries))
	}
	if !bytes.Equal(layers[0], layers[1]) {
		t.Error("a later, group-writable copy of the tree gave another layer")
	}
	want := []header{
		{Name: "opt/", Mode: 0o755},
		{Name: "opt/program/", Mode: 0o755},
		{Name: "opt/program/link", Link: "pkg/b.py", Mode: 0o777},
		{Name: "opt/program/pkg/", Mode: 0o755},
		{Name: "opt/program/pkg/b.py", Mode: 0o644, Content: "b"},
		{Name: "opt/program/run", Mode: 0o755, Content: "#!"},
	}
	if diff := cmp.Diff(want, read(t, layers[0])); diff != "" {
		t.Errorf("layer (-want +got):\n%s", diff)
	}
}

func TestKeepModes(t *testing.T) {
	entries, err := layer.Dir(tree(t, 0o750, 0o640, time.Unix(1, 0)), "", layer.KeepModes, "__pycache__", "link", "run")
	if err != nil {
		t.Fatalf("Dir: %v", err)
	}
	entries = append(entries, layer.Entry{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777})
	want := []header{
		{Name: "pkg/", Mode: 0o750},
		{Name: "pkg/b.py", Mode: 0o640, Content: "b"},
		{Name: "tmp/", Mode: 0o1777},
	}
	if diff := cmp.Diff(want, read(t, write(t, entries))); diff != "" {
		t.Errorf("layer (-want +got):\n%s", diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	cases := map[string]struct {
		entries []layer.Entry
		want    string
	}{
		"climbing name":     {[]layer.Entry{{Name: "../etc/passwd"}}, "not a name in an image"},
		"absolute name":     {[]layer.Entry{{Name: "/etc/passwd"}}, "not a name in an image"},
		"whiteout":          {[]layer.Entry{{Name: "etc/.wh.passwd"}}, "reads as a deletion"},
		"device":            {[]layer.Entry{{Name: "dev/null", Mode: fs.ModeDevice}}, "files, directories and symbolic links only"},
		"same name twice":   {[]layer.Entry{{Name: "a"}, {Name: "a"}}, "two entries are called a"},
		"file as directory": {[]layer.Entry{{Name: "a"}, {Name: "a/b"}}, "cannot lie below a"},
		"missing source":    {[]layer.Entry{{Name: "a", SourcePath: "no-such-file"}}, "no-such-file"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := layer.Write(io.Discard, tc.entries)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Write: %v; want an error that says %q", err, tc.want)
			}
		})
	}
}

func TestDirRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := layer.Dir(file, "", layer.PlainModes); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("Dir of a file: %v; want a refusal", err)
	}
	if _, err := layer.Dir(filepath.Dir(file), "", layer.PlainModes, "[a"); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("Dir with a malformed pattern: %v; want ErrBadPattern", err)
	}
}
