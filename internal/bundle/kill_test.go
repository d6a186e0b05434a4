package bundle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/export"
)

// gate stands before a store that does not copy by itself. It counts what parts
// bring, and holds them back from one on.
type gate struct {
	*httptest.Server
	// parts and bytes are of what the store got.
	parts, bytes atomic.Int64
	// holdAfter is the number of parts after which others wait; zero lets all
	// through. held hears of the first that waits.
	holdAfter atomic.Int64
	held      chan struct{}
}

func newGate(t *testing.T, s *store) *gate {
	t.Helper()
	behind, err := url.Parse(s.options.EndpointURL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{held: make(chan struct{}, 100)}
	ended := make(chan struct{})
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		if r.URL.Query().Has("partNumber") {
			if limit := g.holdAfter.Load(); g.parts.Add(1) > limit && limit > 0 {
				g.held <- struct{}{}
				<-ended
				return
			}
			g.bytes.Add(r.ContentLength)
		}
		pass(w, r, behind.Host)
	}))
	t.Cleanup(func() {
		close(ended)
		g.Close()
	})
	return g
}

// pass sends a request on.
func pass(w http.ResponseWriter, r *http.Request, host string) {
	on := r.Clone(r.Context())
	on.URL.Scheme, on.URL.Host, on.RequestURI = "http", host, ""
	answer, err := http.DefaultTransport.RoundTrip(on)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// Variables by which TestProcess knows that it is a process to be killed.
const (
	envExportStore = "LANDFALL_TEST_EXPORT_STORE"
	envExportDir   = "LANDFALL_TEST_EXPORT_DIR"
)

func uploadOptions(t *testing.T, endpoint, dir string) Options {
	t.Helper()
	s := &store{options: blob.Options{
		Region: "us-east-1", EndpointURL: endpoint,
		Credentials: &blob.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"},
	}}
	o := s.exportOf(t, gzipArtifact)
	o.Dir, o.StoreURI = dir, "s3://copies/"
	o.Transfer = blob.Transfer{PartBytes: partBytes, Parallelism: 2, Backoff: func(int) time.Duration { return time.Millisecond }}
	return o
}

// TestProcess is the export that TestAnExportKilledWhileItCopies kills. On its
// own it has nothing to do.
func TestProcess(t *testing.T) {
	if dir := os.Getenv(envExportDir); dir != "" {
		write(t, uploadOptions(t, os.Getenv(envExportStore), dir))
	}
}

// TestAnExportKilledWhileItCopies kills a process with SIGKILL when the store has
// 60 % of a model.tar.gz, and has another export go on: only the rest is sent.
func TestAnExportKilledWhileItCopies(t *testing.T) {
	s := newStore(t)
	data := packed(t, entry{name: "model.bin", content: string(noise(20 * partBytes))})
	s.put(t, gzipArtifact.URI, data)
	g := newGate(t, s)
	dir := filepath.Join(t.TempDir(), "out", "churn")
	parts := int64(len(data)/partBytes + 1)
	g.holdAfter.Store(parts * 6 / 10)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	process := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestProcess$")
	process.Env = append(os.Environ(), envExportStore+"="+g.URL, envExportDir+"="+dir)
	var said bytes.Buffer
	process.Stdout, process.Stderr = &said, &said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.held:
	case <-ctx.Done():
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := process.Wait(); err == nil || ctx.Err() != nil {
		t.Fatalf("the export was not killed while it copied: %s", said.String())
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a killed export left a bundle: %v", err)
	}

	g.holdAfter.Store(0)
	first := g.bytes.Swap(0)
	s.gets.Store(0)
	o := uploadOptions(t, g.URL, dir)
	var notes []string
	o.Note = func(sentence string) { notes = append(notes, sentence) }
	result := write(t, o)
	size := int64(len(data))
	// Two parts may have arrived whose answer did not.
	if again := g.bytes.Load(); first < size/2 || again > size-first+2*partBytes {
		t.Errorf("%d bytes were sent, and then %d, of %d", first, again, size)
	}
	if !bytes.Equal(s.get(t, result.Manifest.Artifact.URI), data) {
		t.Error("the copy is not the object")
	}
	if got := result.Manifest.Artifact.CopyCheck; got != string(blob.CheckParts) {
		t.Errorf("the copy was checked by %q", got)
	}
	if !strings.Contains(strings.Join(notes, "\n"), "were in the store from an interrupted export") {
		t.Errorf("notes are %q", notes)
	}
	if left := unfinished(t, s); len(left) > 0 {
		t.Errorf("uploads are left: %v", left)
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("something is left beside the bundle: %v, %v", entries, err)
	}
}

func unfinished(t *testing.T, s *store) []string {
	t.Helper()
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.options.EndpointURL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATEST", "secret", ""),
	})
	listed, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("copies")})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, upload := range listed.Uploads {
		ids = append(ids, aws.ToString(upload.UploadId))
	}
	return ids
}

// interruptedCopy exports to a store until half of the model is there.
func interruptedCopy(t *testing.T) (*store, Options) {
	t.Helper()
	s := newStore(t)
	s.put(t, gzipArtifact.URI, packed(t, entry{name: "model.bin", content: string(noise(20 * partBytes))}))
	o := uploadOptions(t, newGate(t, s).URL, filepath.Join(t.TempDir(), "out", "churn"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var notes []string
	interrupted := o
	interrupted.Note = func(sentence string) { notes = append(notes, sentence) }
	interrupted.Copying = func(doneBytes, totalBytes int64) {
		if doneBytes > totalBytes/2 && doneBytes < totalBytes {
			cancel()
		}
	}
	if _, err := Write(ctx, interrupted); err == nil {
		t.Fatal("the interrupted export says it is complete")
	}
	if left := unfinished(t, s); len(left) != 1 || !strings.Contains(strings.Join(notes, "\n"), left[0]) {
		t.Fatalf("the uploads %v are left, and said: %q", left, notes)
	}
	return s, o
}

// TestAnUnfinishedCopyIsGivenUp by whoever changes their mind.
func TestAnUnfinishedCopyIsGivenUp(t *testing.T) {
	cases := map[string]func(t *testing.T, s *store, o *Options){
		"no store any more": func(_ *testing.T, _ *store, o *Options) { o.StoreURI = "" },
		"another place":     func(_ *testing.T, _ *store, o *Options) { o.StoreURI = "s3://copies/elsewhere/" },
		"another source": func(t *testing.T, s *store, _ *Options) {
			s.put(t, gzipArtifact.URI, packed(t, entry{name: "other.bin", content: string(noise(5 * partBytes))}))
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			s, o := interruptedCopy(t)
			change(t, s, &o)
			write(t, o)
			if left := unfinished(t, s); len(left) > 0 {
				t.Errorf("uploads are left: %v", left)
			}
		})
	}
}

// TestTwoRecordsOfUploads: two killed exports leave two uploads, of which none is
// forgotten.
func TestTwoRecordsOfUploads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "churn")
	for i := range 2 {
		folder := filepath.Join(filepath.Dir(dir), fmt.Sprintf(".churn.part-%d", i), downloadsFolder)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "one"+blob.UploadSuffix), fmt.Append(nil, i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, err := newWorkplace(dir)
	if err != nil {
		t.Fatal(err)
	}
	journals, err := w.journals()
	if err != nil || len(journals) != 2 {
		t.Errorf("the records are %v, %v", journals, err)
	}
	if err := w.close(nil); err != nil {
		t.Error(err)
	}
}

// TestCopyCheckStays: what was found in its place was checked when it was made.
func TestCopyCheckStays(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib"))
	o := s.exportOf(t, gzipArtifact)
	o.StoreURI, o.Access = "s3://copies/", export.Access{}
	if got := write(t, o).Manifest.Artifact.CopyCheck; got != string(blob.CheckWhole) {
		t.Errorf("a copy inside the store was checked by %q", got)
	}
	if again := write(t, o); again.Changed || again.Manifest.Artifact.CopyCheck != string(blob.CheckWhole) {
		t.Errorf("the second export found %+v, changed: %v", again.Manifest.Artifact, again.Changed)
	}
}
