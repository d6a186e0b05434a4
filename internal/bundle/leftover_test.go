package bundle

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/inventory"
)

// noise does not compress, so that an archive of it has many parts.
func noise(length int) []byte {
	data := make([]byte, length)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(data)
	return data
}

// killed exports until half of the parts have arrived, and returns the folder
// that a kill would leave: one that no process holds.
func killed(t *testing.T, s *store, o Options) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(doneBytes, totalBytes int64) {
		if doneBytes > totalBytes/2 {
			cancel()
		}
	}
	if _, err := Write(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	left, err := leftovers(filepath.Dir(o.Dir), ".churn.part-")
	if err != nil || len(left) != 1 {
		t.Fatalf("%v is left, %v", left, err)
	}
	s.gets.Store(0)
	return left[0]
}

const partBytes = 64 << 10

func interrupted(t *testing.T) (*store, Options, []byte) {
	t.Helper()
	s := newStore(t)
	data := packed(t, entry{name: "model.bin", content: string(noise(20 * partBytes))})
	s.put(t, gzipArtifact.URI, data)
	o := s.exportOf(t, gzipArtifact)
	o.Transfer = blob.Transfer{PartBytes: partBytes, Parallelism: 2}
	return s, o, data
}

func TestAnInterruptedExportGoesOn(t *testing.T) {
	s, o, data := interrupted(t)
	killed(t, s, o)
	var notes []string
	o.Note = func(sentence string) { notes = append(notes, sentence) }
	write(t, o)
	if parts := len(data)/partBytes + 1; int(s.gets.Load()) > parts/2+1 || s.gets.Load() == 0 {
		t.Errorf("%d of %d parts were read again", s.gets.Load(), parts)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "interrupted export") {
		t.Errorf("notes are %q", notes)
	}
	if kept, err := os.ReadFile(filepath.Join(o.Dir, "artifact/model.tar.gz")); err != nil || !bytes.Equal(kept, data) {
		t.Errorf("the bundle's artifact is another: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(o.Dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("something is left beside the bundle: %v, %v", entries, err)
	}
}

func TestAChangedSourceStartsOver(t *testing.T) {
	s, o, _ := interrupted(t)
	killed(t, s, o)
	other := packed(t, entry{name: "other.bin", content: string(noise(5 * partBytes))})
	s.put(t, gzipArtifact.URI, other)
	s.gets.Store(0)
	write(t, o)
	if kept, err := os.ReadFile(filepath.Join(o.Dir, "artifact/model.tar.gz")); err != nil || !bytes.Equal(kept, other) {
		t.Errorf("the bundle's artifact is not what the store has now: %v", err)
	}
}

// TestALivingExportKeepsItsFolder lets another one begin meanwhile.
func TestALivingExportKeepsItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "churn")
	first, err := newWorkplace(dir)
	if err != nil {
		t.Fatal(err)
	}
	downloads, err := first.downloads()
	if err != nil {
		t.Fatal(err)
	}
	second, err := newWorkplace(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(downloads); err != nil {
		t.Errorf("the folder of a living export was taken: %v", err)
	}
	if err := errors.Join(first.close(nil), second.close(nil)); err != nil {
		t.Error(err)
	}
}

func TestABundleMovedAsideComesBack(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib"))
	o := s.exportOf(t, gzipArtifact)
	write(t, o)
	want := tree(t, o.Dir)
	// The moment between the two renames of publish.
	if err := os.Rename(o.Dir, filepath.Join(filepath.Dir(o.Dir), ".churn.part-1"+asideSuffix)); err != nil {
		t.Fatal(err)
	}
	if result := write(t, o); result.Changed {
		t.Error("the bundle was not recognised as the same")
	}
	if diff := cmp.Diff(want, tree(t, o.Dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteToARegistry(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo))))
	t.Cleanup(server.Close)
	t.Setenv(blob.EnvOCIUsername, "robot")
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib"))
	s.put(t, "s3://models/files/a.bin", []byte("a"))
	s.put(t, "s3://models/files/code/b.py", []byte("b = 1"))
	cases := map[string]struct {
		artifact *inventory.Artifact
		want     string
	}{
		"archive": {gzipArtifact, "/model.tar.gz"},
		"files":   {&inventory.Artifact{URI: "s3://models/files/", Compression: "None"}, "/"},
	}
	for name, tc := range cases {
		o := s.exportOf(t, tc.artifact)
		o.StoreURI, o.Store = "oci://registry.example.com/team/", blob.Options{EndpointURL: server.URL}
		write(t, o)
		uri := modelOf(t, o.Dir).Spec.Artifact.URI
		if !strings.HasPrefix(uri, "oci://registry.example.com/team/") || !strings.HasSuffix(uri, tc.want) {
			t.Errorf("%s: the Model's artifact is %s", name, uri)
		}
		if name == "files" && !strings.Contains(uri, "@sha256:") {
			t.Errorf("the files are not pinned: %s", uri)
		}
		bucket, at, err := blob.Open(t.Context(), uri, o.Store)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, err := range bucket.List(t.Context(), at.Key) {
			if err != nil {
				t.Fatal(err)
			}
			found++
		}
		if found != map[string]int{"archive": 1, "files": 2}[name] {
			t.Errorf("%s: %d files at %s", name, found, uri)
		}
	}
}

// TestNewFolderIsNotTakenForALeftover: a run that has taken the folder of this
// one for a leftover, before it was locked, costs nothing but another folder.
func TestNewFolderIsNotTakenForALeftover(t *testing.T) {
	if !locks {
		t.Skip("folders cannot be locked here")
	}
	for name, meddle := range map[string]func(t *testing.T, dir string) (*os.File, bool){
		"removed before": func(t *testing.T, dir string) (*os.File, bool) {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
			return claim(dir)
		},
		"removed after": func(t *testing.T, dir string) (*os.File, bool) {
			lock, ours := claim(dir)
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
			return lock, ours
		},
		"held by the other": func(*testing.T, string) (*os.File, bool) { return nil, false },
	} {
		t.Run(name, func(t *testing.T) {
			meddled := false
			w, err := claimNew(t.TempDir(), ".churn.part-", func(dir string) (*os.File, bool) {
				if !meddled {
					meddled = true
					return meddle(t, dir)
				}
				return claim(dir)
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(w.dir); err != nil || w.lock == nil {
				t.Errorf("the folder is not there or not locked: %v", err)
			}
			if err := w.close(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStoreOptionsAreForTheirStore: what was said of this run's store is not sent
// to another one that an old journal names.
func TestStoreOptionsAreForTheirStore(t *testing.T) {
	x := &exporter{Options: Options{StoreURI: "s3://models/", Store: blob.Options{Region: "eu-west-1", EndpointURL: "https://s3.example.com"}}}
	for scheme, want := range map[string]blob.Options{
		"s3": x.Store,
		"gs": {Region: "eu-west-1"},
	} {
		if diff := cmp.Diff(want, x.storeOptions(blob.Location{Scheme: scheme})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", scheme, diff)
		}
	}
}
