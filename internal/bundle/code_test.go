package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
)

// entry is a file of a test archive.
type entry struct{ name, content string }

// packed makes a model.tar.gz of executable files.
func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var data bytes.Buffer
	zipped := gzip.NewWriter(&data)
	archive := tar.NewWriter(zipped)
	for _, e := range entries {
		err := archive.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.content)), Mode: 0o755})
		if err == nil {
			_, err = archive.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// inference is code with findings on known lines.
const inference = `import os
import boto3

client = boto3.client("s3", region_name="eu-west-1")


def model_fn(model_dir):
    return os.environ["SM_MODEL_DIR"]
`

func located(found []export.Finding) []string {
	var at []string
	for _, f := range found {
		if f.File != "" {
			at = append(at, f.ID+" "+f.Where)
		}
	}
	slices.Sort(at)
	return at
}

func TestFindingsInTheCode(t *testing.T) {
	want := []string{
		"AWSCall artifact: code/inference.py:4", "HardcodedRegion artifact: code/inference.py:4",
		"InstallAtStart artifact: code/requirements.txt:1", "PackageUndeclared artifact: code/inference.py:2",
		"RequirementUnpinned artifact: code/requirements.txt:1",
		"SageMakerVariableNeeded artifact: code/inference.py:8", "ServingHook artifact: code/inference.py:7",
	}
	entries := []entry{{"code/inference.py", inference}, {"code/requirements.txt", "pandas>=2\n"}}
	for _, in := range []string{"bundle", "store", "place"} {
		t.Run("archive, left in the "+in, func(t *testing.T) {
			s := newStore(t)
			s.put(t, gzipArtifact.URI, packed(t, entries...))
			o := s.exportOf(t, gzipArtifact)
			checkFindings(t, o, in, want)
		})
		t.Run("prefix, left in the "+in, func(t *testing.T) {
			s := newStore(t)
			for _, e := range entries {
				s.put(t, "s3://models/churn/"+e.name, []byte(e.content))
			}
			o := s.exportOf(t, &inventory.Artifact{URI: "s3://models/churn/", Compression: "None"})
			checkFindings(t, o, in, want)
		})
	}
}

func checkFindings(t *testing.T, o Options, in string, want []string) {
	t.Helper()
	switch in {
	case "store":
		o.StoreURI = "s3://copies/"
	case "place":
		o.KeepInPlace = true
	}
	result := write(t, o)
	if diff := cmp.Diff(want, located(result.Bundle.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	data, err := os.ReadFile(filepath.Join(o.Dir, "code", "code", "inference.py"))
	if err != nil || string(data) != inference {
		t.Errorf("the code in the bundle is %q (%v)", data, err)
	}
	info, err := os.Stat(filepath.Join(o.Dir, "code", "code", "inference.py"))
	if err != nil || info.Mode().Perm()&0o111 != 0 {
		t.Errorf("the code is executable: %v (%v)", info.Mode(), err)
	}
	if again := write(t, o); again.Changed {
		t.Error("the same export changed the bundle")
	}
}

func TestCodeStaysWithinItsBounds(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("# a line\n", maxCodeFileBytes/9+1)
	s.put(t, gzipArtifact.URI, packed(t, entry{"code/long.py", long}, entry{"weights.bin", "x"}, entry{"code/short.py", "x = 1\n"}))
	o := s.exportOf(t, gzipArtifact)
	result := write(t, o)
	if diff := cmp.Diff([]string{"code/short.py"}, tree(t, filepath.Join(o.Dir, "code"))); diff != "" {
		t.Errorf("code (-want +got):\n%s", diff)
	}
	if at := located(result.Bundle.Findings); !slices.Contains(at, "CodeLeftOut artifact: code/long.py") {
		t.Errorf("findings %q do not say what was left out", at)
	}
}

func TestRefusedArchivesLeaveNoCode(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, packed(t, entry{"code/a.py", inference}, entry{"code/../../evil.py", "x"}))
	o := s.exportOf(t, gzipArtifact)
	result := write(t, o)
	if got := tree(t, o.Dir); slices.ContainsFunc(got, func(name string) bool { return strings.HasSuffix(name, ".py") }) {
		t.Errorf("code of a refused archive was kept: %q", got)
	}
	if at := located(result.Bundle.Findings); len(at) > 0 {
		t.Errorf("findings of a refused archive: %q", at)
	}
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzExamine looks through archives that nobody vouches for: nothing may be
// written but below the folder for code, and nothing beyond its bounds.
func FuzzExamine(f *testing.F) {
	f.Add(unzipped(f, packed(f, entry{"code/inference.py", inference}, entry{"m.pkl", "\x80\x04N."})))
	f.Add(unzipped(f, packed(f, entry{"code/../x.py", "x"})))
	f.Add(unzipped(f, packed(f, entry{"a.zip", "PK\x03\x04"}, entry{"code", "x"}, entry{"code/a.py", "x"})))
	f.Fuzz(func(t *testing.T, tarred []byte) {
		// Compressed here: hardly any mutation of gzip would get past its sums.
		data := zipped(t, tarred)
		outer := t.TempDir()
		work := filepath.Join(outer, "work")
		if err := os.Mkdir(work, 0o755); err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(outer, "model.tar.gz")
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
		x := &exporter{Options: Options{MaxUnpackedBytes: 64 << 20}, work: work}
		read, err := x.examine(at)
		if err != nil {
			t.Fatalf("an archive fails the export: %v", err)
		}
		if want, err := checksum(at); err != nil || want.Digest != read.sum.Digest {
			t.Errorf("digest %s; want %s (%v)", read.sum.Digest, want.Digest, err)
		}
		sumBytes := int64(0)
		for _, name := range tree(t, outer) {
			if name != "model.tar.gz" && !strings.HasPrefix(name, "work/code/") {
				t.Errorf("%q was written", name)
			}
			info, err := os.Lstat(filepath.Join(outer, name))
			if err != nil || !info.Mode().IsRegular() {
				t.Errorf("%q is no regular file (%v)", name, err)
				continue
			}
			sumBytes += info.Size()
		}
		if sumBytes > maxCodeBytes+int64(len(data)) {
			t.Errorf("%d bytes were written", sumBytes)
		}
		if read.refused != "" && len(tree(t, work)) > 0 {
			t.Error("code of a refused archive was kept")
		}
	})
}

// TestNamesThatAreNoText come from archives made on other systems.
func TestNamesThatAreNoText(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib", "code/\xff\xfe.py", "code/a\nb.py", "code/a\x1b[31m.py"))
	o := s.exportOf(t, gzipArtifact)
	o.KeepInPlace = true
	result := write(t, o) // and verifies
	left := 0
	for _, f := range result.Bundle.Findings {
		if f.ID == "CodeLeftOut" {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d files are said to be left out, want the one whose name is no text", left)
	}
}
