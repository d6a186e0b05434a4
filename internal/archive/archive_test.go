package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// header is an entry of a test archive. Its data is size bytes of 'x'.
type header struct {
	name     string
	kind     byte
	link     string
	size     int64
	mode     int64
	modified time.Time
}

func pack(t testing.TB, headers ...header) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, h := range headers {
		if h.kind == tar.TypeXGlobalHeader {
			comment := tar.Header{Typeflag: h.kind, PAXRecords: map[string]string{"comment": h.name}}
			if err := archive.WriteHeader(&comment); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if h.kind == 0 {
			h.kind = tar.TypeReg
		}
		if h.mode == 0 {
			h.mode = 0o600
		}
		err := archive.WriteHeader(&tar.Header{
			Name: h.name, Typeflag: h.kind, Linkname: h.link, Size: h.size, Mode: h.mode, ModTime: h.modified,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(archive, io.LimitReader(endless('x'), h.size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

type endless byte

func (e endless) Read(data []byte) (int, error) {
	for i := range data {
		data[i] = byte(e)
	}
	return len(data), nil
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	if _, err := zipped.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestRefusals(t *testing.T) {
	good := pack(t, header{name: "model.joblib", size: 9000})
	cases := map[string]struct {
		reason  string
		archive []byte
		limits  Limits
		want    Reason
		entry   string
	}{
		"climbing": {
			reason:  "a path that leaves the folder is the classic attack",
			archive: pack(t, header{name: "ok"}, header{name: "../evil", size: 1}),
			want:    ReasonClimbs, entry: "../evil",
		},
		"climbing inside": {
			reason:  "a '..' is never needed, so it is refused even where it stays inside",
			archive: pack(t, header{name: "a/../b"}), want: ReasonClimbs, entry: "a/../b",
		},
		"absolute": {archive: pack(t, header{name: "/etc/passwd"}), want: ReasonAbsolute, entry: "/etc/passwd"},
		"symbolic link": {
			archive: pack(t, header{name: "l", kind: tar.TypeSymlink, link: "/etc"}),
			want:    ReasonSymlink, entry: "l",
		},
		"hard link": {
			archive: pack(t, header{name: "a"}, header{name: "l", kind: tar.TypeLink, link: "a"}),
			want:    ReasonHardLink, entry: "l",
		},
		"device": {archive: pack(t, header{name: "sda", kind: tar.TypeBlock}), want: ReasonSpecial, entry: "sda"},
		"pipe":   {archive: pack(t, header{name: "p", kind: tar.TypeFifo}), want: ReasonSpecial, entry: "p"},
		"same file twice": {
			reason:  "the second would silently replace the first, whatever was checked of it",
			archive: pack(t, header{name: "a"}, header{name: "./a"}), want: ReasonDuplicate, entry: "./a",
		},
		"file below a file": {archive: pack(t, header{name: "a"}, header{name: "a/b"}), want: ReasonClash, entry: "a/b"},
		"file over a folder": {
			archive: pack(t, header{name: "a/b"}, header{name: "a"}), want: ReasonClash, entry: "a",
		},
		"folder over a file": {
			archive: pack(t, header{name: "a"}, header{name: "a/", kind: tar.TypeDir}), want: ReasonClash, entry: "a/",
		},
		"long name": {
			archive: pack(t, header{name: strings.Repeat("n", 256)}), want: ReasonBadName, entry: strings.Repeat("n", 256),
		},
		"too many": {
			archive: pack(t, header{name: "a"}, header{name: "b"}, header{name: "c"}), limits: Limits{MaxEntries: 2},
			want: ReasonTooMany, entry: "c",
		},
		"too many implied folders": {
			reason:  "one entry can make thousands of folders",
			archive: pack(t, header{name: strings.Repeat("d/", 100) + "f"}), limits: Limits{MaxEntries: 99},
			want: ReasonTooMany, entry: strings.Repeat("d/", 100) + "f",
		},
		"bomb": {
			archive: pack(t, header{name: "zeros", size: 8 << 20}), limits: Limits{MaxUnpackedBytes: 1 << 20},
			want: ReasonTooBig, entry: "zeros",
		},
		"bomb of small files": {
			reason:  "each file takes a whole block of the volume",
			archive: pack(t, header{name: "a", size: 1}, header{name: "b", size: 1}), limits: Limits{MaxUnpackedBytes: 8191},
			want: ReasonTooBig, entry: "b",
		},
		"truncated":          {archive: good[:len(good)/2], want: ReasonTruncated},
		"truncated checksum": {archive: good[:len(good)-4], want: ReasonTruncated},
		"damaged":            {archive: flip(good, len(good)-6), want: ReasonCorrupt},
		"trailing garbage":   {archive: append(bytes.Clone(good), "garbage"...), want: ReasonTrailing},
		"trailing data in the tar": {
			archive: zip(t, append(unzip(t, good), "garbage"...)), want: ReasonTrailing,
		},
		"endless padding": {archive: zip(t, append(unzip(t, good), make([]byte, 5<<20)...)), want: ReasonTrailing},
		"not gzip":        {archive: []byte("PK\x03\x04 this is a zip file"), want: ReasonNotGzip},
		"empty object":    {archive: nil, want: ReasonNotGzip},
		"not tar":         {archive: zip(t, bytes.Repeat([]byte("text "), 300)), want: ReasonNotTar},
		"no file":         {archive: pack(t, header{name: "d/", kind: tar.TypeDir}), want: ReasonEmptyOfFile},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := inspected(bytes.NewReader(tc.archive), tc.limits)
			checkRefused(t, err, tc.want, tc.entry, tc.reason)
			_, err = Unpack(bytes.NewReader(tc.archive), openRoot(t, t.TempDir()), tc.limits)
			checkRefused(t, err, tc.want, tc.entry, tc.reason)
		})
	}
}

func checkRefused(t *testing.T, err error, want Reason, entry, reason string) {
	t.Helper()
	var got *RefusedError
	if !errors.As(err, &got) {
		t.Fatalf("%s: got %v, want a refusal", reason, err)
	}
	if got.Reason != want || (entry != "" && got.Entry != entry) {
		t.Errorf("%s: got %q of entry %q, want %q of %q", reason, got.Reason, got.Entry, want, entry)
	}
}

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 0xff
	return data
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestUnpack(t *testing.T) {
	when := time.Unix(1_700_000_000, 0)
	dir := t.TempDir()
	content := pack(t,
		header{name: "as git archive writes it", kind: tar.TypeXGlobalHeader},
		header{name: "./", kind: tar.TypeDir},
		header{name: "./code/", kind: tar.TypeDir, mode: 0o700},
		header{name: "./code/inference.py", size: 10, modified: when},
		header{name: "./code/", kind: tar.TypeDir},
		header{name: "deep/er/run.sh", size: 5000, mode: 0o4711},
	)
	listing, err := Unpack(bytes.NewReader(content), openRoot(t, dir), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if listing.Files() != 2 || listing.UnpackedBytes != 5010 || listing.VolumeBytes != (1+1+2+2)*4096 {
		t.Errorf("got %d files, %d bytes, %d on the volume", listing.Files(), listing.UnpackedBytes, listing.VolumeBytes)
	}
	got := map[string]string{}
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && path != dir {
			got[strings.TrimPrefix(path, dir)] = info.Mode().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"/code": "drwxr-xr-x", "/code/inference.py": "-rw-r--r--",
		"/deep": "drwxr-xr-x", "/deep/er": "drwxr-xr-x", "/deep/er/run.sh": "-rwxr-xr-x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(dir, "code/inference.py"))
	if err != nil || !info.ModTime().Equal(when) {
		t.Errorf("file is dated %v (%v), want %v", info.ModTime(), err, when)
	}
}

func TestUnpackSeveralMembers(t *testing.T) {
	whole := unzip(t, pack(t, header{name: "a", size: 3}))
	content := append(zip(t, whole[:700]), zip(t, whole[700:])...)
	listing, err := Unpack(bytes.NewReader(content), openRoot(t, t.TempDir()), Limits{})
	if err != nil || listing.Files() != 1 {
		t.Errorf("got %d files, %v: compressors that work in parallel write several members", listing.Files(), err)
	}
}

func TestUnpackReportsItsOwnFailures(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Unpack(bytes.NewReader(pack(t, header{name: "model", size: 1})), openRoot(t, dir), Limits{})
	var refusal *RefusedError
	if !errors.Is(err, os.ErrExist) || errors.As(err, &refusal) {
		t.Errorf("got %v, want that the file exists, and no refusal", err)
	}
}

func TestSourceFailureIsNoRefusal(t *testing.T) {
	good := pack(t, header{name: "model", size: 100_000})
	broken := io.MultiReader(bytes.NewReader(good[:len(good)/2]), iotest.ErrReader(context.Canceled))
	_, err := inspected(broken, Limits{})
	var refusal *RefusedError
	if !errors.Is(err, context.Canceled) || errors.As(err, &refusal) {
		t.Errorf("got %v, want the reader's own error and no refusal", err)
	}
}

func TestClear(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	root := openRoot(t, dir)
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "a/b"), 0o755),
		os.WriteFile(filepath.Join(dir, "a/b/c"), nil, 0o600),
		os.WriteFile(filepath.Join(outside, "keep"), nil, 0o600),
		os.Symlink(outside, filepath.Join(dir, "link")),
	); err != nil {
		t.Fatal(err)
	}
	if err := Clear(root); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left %v (%v)", left, err)
	}
	if _, err := os.Stat(filepath.Join(outside, "keep")); err != nil {
		t.Errorf("followed a link out of the folder: %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, header{name: "a/b", size: 3}))
	f.Add(pack(f, header{name: "../x", size: 3}))
	f.Add(pack(f, header{name: "l", kind: tar.TypeSymlink, link: "/etc/passwd"}))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, content []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "inside")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		limits := Limits{MaxUnpackedBytes: 1 << 20, MaxEntries: 100}
		listing, err := Unpack(bytes.NewReader(content), openRoot(t, dir), limits)
		inspected, inspectErr := inspected(bytes.NewReader(content), limits)
		if (err == nil) != (inspectErr == nil) || (err == nil && !cmp.Equal(listing, inspected)) {
			t.Fatalf("unpacking says %v, inspecting %v", err, inspectErr)
		}
		checkContained(t, above, limits)
	})
}

// checkContained looks for anything outside the folder, any link, and more
// bytes than allowed.
func checkContained(t *testing.T, above string, limits Limits) {
	t.Helper()
	var total int64
	err := filepath.Walk(above, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		inside := strings.HasPrefix(path, filepath.Join(above, "inside"))
		if path != above && !inside || !info.IsDir() && !info.Mode().IsRegular() {
			t.Errorf("%s is a %s outside what is allowed", path, info.Mode())
		}
		if info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	if err != nil || total > limits.MaxUnpackedBytes {
		t.Errorf("%d bytes, %v", total, err)
	}
}

// inspected walks through an archive and writes nothing.
func inspected(content io.Reader, limits Limits) (Listing, error) {
	return Walk(content, limits, func(Entry, io.Reader) error { return nil })
}
