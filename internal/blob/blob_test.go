package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// fakeS3 is an S3 server whose answers a test can spoil.
type fakeS3 struct {
	*front
	// healthy answers as it should.
	healthy http.Handler
}

func newFakeS3(t *testing.T) *fakeS3 {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("models"); err != nil {
		t.Fatal(err)
	}
	healthy := gofakes3.New(backend).Server()
	return &fakeS3{front: newFront(t, healthy), healthy: healthy}
}

func (f *fakeS3) options() Options {
	return Options{
		Region: "us-east-1", EndpointURL: f.URL,
		Credentials: &Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"},
	}
}

func (f *fakeS3) open(t *testing.T) Bucket {
	t.Helper()
	bucket, _, err := Open(t.Context(), "s3://models/", f.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	return bucket
}

func quick(t Transfer) Transfer {
	t.Backoff = func(int) time.Duration { return time.Millisecond }
	return t
}

func randomBytes(length int) []byte {
	data := make([]byte, length)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(data)
	return data
}

func put(t *testing.T, bucket Bucket, key string, data []byte) Object {
	t.Helper()
	if err := bucket.Write(t.Context(), key, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	object, err := bucket.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func download(t *testing.T, transfer Transfer, bucket Bucket, object Object) ([]byte, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "download")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := transfer.Download(t.Context(), bucket, object, file); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data, nil
}

func TestParse(t *testing.T) {
	cases := map[string]struct {
		want    Location
		wantErr string
	}{
		"s3://bucket/a/b.tar.gz":   {want: Location{"s3", "bucket", "a/b.tar.gz"}},
		"s3://bucket/prefix/":      {want: Location{"s3", "bucket", "prefix/"}},
		"s3://bucket":              {want: Location{"s3", "bucket", ""}},
		"s3://bucket/a b?c#d":      {want: Location{"s3", "bucket", "a b?c#d"}},
		"file:///data/m.tar.gz":    {want: Location{"file", "/data", "m.tar.gz"}},
		"file:///data/folder/":     {want: Location{"file", "/data/folder", ""}},
		"file:///m":                {want: Location{"file", "/", "m"}},
		"":                         {wantErr: "no scheme"},
		"/data/m.tar.gz":           {wantErr: "no scheme"},
		"s3:///key":                {wantErr: "names no bucket"},
		"s3://user@bucket/key":     {wantErr: "names no bucket"},
		"https://bucket/key":       {wantErr: `scheme "https"`},
		"file://relative/m.tar.gz": {wantErr: "not absolute"},
		"file:///%zz":              {wantErr: "not well escaped"},
	}
	for uri, tc := range cases {
		t.Run(uri, func(t *testing.T) {
			got, err := Parse(uri)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("got %v, want an error with %q", err, tc.wantErr)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Fatalf("%v (-want +got):\n%s", err, diff)
			}
			again, err := Parse(got.String())
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Errorf("String returned %q, which parses to (%v):\n%s", got, err, diff)
			}
		})
	}
}

func TestStores(t *testing.T) {
	file, _, err := Open(t.Context(), "file://"+t.TempDir()+"/", Options{})
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]Bucket{"s3": newFakeS3(t).open(t), "file": file, "memory": NewMemory("m")}
	for name, bucket := range stores {
		t.Run(name, func(t *testing.T) {
			data := randomBytes(100_000)
			object := put(t, bucket, "a/model.tar.gz", data)
			put(t, bucket, "a/b/other", []byte("x"))
			put(t, bucket, "ab", []byte("not below a/"))
			if object.SizeBytes != int64(len(data)) {
				t.Errorf("size is %d, want %d", object.SizeBytes, len(data))
			}
			var last atomic.Int64
			transfer := Transfer{PartBytes: 7777, Parallelism: 3, Progress: func(done int64) {
				last.Store(max(done, last.Load()))
			}}
			got, err := download(t, transfer, bucket, object)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("downloaded %d bytes, %v", len(got), err)
			}
			var keys []string
			for listed, err := range bucket.List(t.Context(), "a/") {
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, listed.Key)
			}
			if diff := cmp.Diff([]string{"a/b/other", "a/model.tar.gz"}, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if _, err := bucket.Stat(t.Context(), "missing"); KindOf(err) != KindNotFound {
				t.Errorf("got %v, want that it does not exist", err)
			}
		})
	}
}

func TestListedObjectsDownload(t *testing.T) {
	bucket := newFakeS3(t).open(t)
	put(t, bucket, "p/one", []byte("1"))
	for object, err := range bucket.List(t.Context(), "p/") {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := download(t, Transfer{}, bucket, object); err != nil || string(got) != "1" {
			t.Errorf("got %q, %v: the entity tag of a listing must do for reading", got, err)
		}
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	for name, bucket := range map[string]Bucket{"s3": newFakeS3(t).open(t), "memory": NewMemory("m")} {
		t.Run(name, func(t *testing.T) {
			broken := io.MultiReader(strings.NewReader("half"), &failingReader{})
			if err := bucket.Write(t.Context(), "key", broken); !errors.Is(err, errBroken) {
				t.Errorf("got %v, want the reader's error", err)
			}
			if _, err := bucket.Stat(t.Context(), "key"); KindOf(err) != KindNotFound {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

var errBroken = errors.New("broken")

type failingReader struct{}

func (*failingReader) Read([]byte) (int, error) { return 0, errBroken }

// breakOff sends the beginning of the right answer and then drops the
// connection.
func (f *fakeS3) breakOff(w http.ResponseWriter, r *http.Request, afterBytes int) {
	whole := httptest.NewRecorder()
	f.healthy.ServeHTTP(whole, r)
	for key, values := range whole.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes()[:afterBytes])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestDownloadSurvivesBrokenConnections(t *testing.T) {
	fake := newFakeS3(t)
	bucket := fake.open(t)
	data := randomBytes(300_000)
	object := put(t, bucket, "model", data)
	var gets atomic.Int32
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && gets.Add(1) <= 5 {
			fake.breakOff(w, r, 1000)
		}
		return false
	}
	fake.spoil.Store(&spoil)
	transfer := quick(Transfer{PartBytes: 100_000, Parallelism: 3})
	got, err := download(t, transfer, bucket, object)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestDownloadFailures(t *testing.T) {
	cases := map[string]struct {
		reason string
		spoil  func(f *fakeS3, w http.ResponseWriter, r *http.Request) bool
		want   Kind
		// maxGets bounds the requests: only failures of the network and of
		// the store are worth another attempt.
		maxGets int32
		// stall is Transfer.StallTimeout. It is long where the answer matters:
		// a busy machine stands still, too.
		stall time.Duration
	}{
		"denied": {
			reason: "asking again does not help",
			spoil: func(_ *fakeS3, w http.ResponseWriter, _ *http.Request) bool {
				answerXML(w, http.StatusForbidden, "AccessDenied")
				return true
			},
			want: KindAccessDenied, maxGets: 1,
		},
		"gone": {
			spoil: func(_ *fakeS3, w http.ResponseWriter, _ *http.Request) bool {
				answerXML(w, http.StatusNotFound, "NoSuchKey")
				return true
			},
			want: KindNotFound, maxGets: 1,
		},
		"another region": {
			spoil: func(_ *fakeS3, w http.ResponseWriter, _ *http.Request) bool {
				answerXML(w, http.StatusMovedPermanently, "PermanentRedirect")
				return true
			},
			want: KindWrongRegion, maxGets: 1,
		},
		"breaks off for ever": {
			reason: "the number of attempts is bounded",
			spoil: func(f *fakeS3, w http.ResponseWriter, r *http.Request) bool {
				f.breakOff(w, r, 0)
				return true
			},
			want: KindUnreachable, maxGets: 12,
		},
		"stands still": {
			reason: "a connection that carries nothing is broken by the client",
			spoil: func(f *fakeS3, _ http.ResponseWriter, r *http.Request) bool {
				<-r.Context().Done()
				return true
			},
			want: KindUnreachable, maxGets: 12, stall: 50 * time.Millisecond,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			fake := newFakeS3(t)
			bucket := fake.open(t)
			object := put(t, bucket, "model", randomBytes(1000))
			var gets atomic.Int32
			spoil := func(w http.ResponseWriter, r *http.Request) bool {
				gets.Add(1)
				return tc.spoil(fake, w, r)
			}
			fake.spoil.Store(&spoil)
			transfer := quick(Transfer{Attempts: 3, StallTimeout: tc.stall})
			_, err := download(t, transfer, bucket, object)
			if KindOf(err) != tc.want || gets.Load() > tc.maxGets {
				t.Errorf("%s: got %v after %d requests, want %s after at most %d",
					tc.reason, err, gets.Load(), tc.want, tc.maxGets)
			}
			if err != nil && !strings.Contains(err.Error(), "s3://models/model") {
				t.Errorf("error does not name the object: %v", err)
			}
		})
	}
}

func answerXML(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
}

func TestDownloadNoticesReplacement(t *testing.T) {
	bucket := newFakeS3(t).open(t)
	object := put(t, bucket, "model", []byte("first"))
	put(t, bucket, "model", []byte("other"))
	if _, err := download(t, Transfer{}, bucket, object); KindOf(err) != KindChanged {
		t.Errorf("got %v, want that the object changed: parts of two models must not be mixed", err)
	}
}

func TestUnreachable(t *testing.T) {
	fake := newFakeS3(t)
	bucket := fake.open(t)
	fake.Close()
	_, err := bucket.Stat(t.Context(), "model")
	if KindOf(err) != KindUnreachable || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "RequestID") {
		t.Errorf("error is not one short line: %q", err)
	}
}

func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	bucket, _, err := Open(t.Context(), "s3://models/", Options{EndpointURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Stat(t.Context(), "model"); KindOf(err) != KindNoCredentials {
		t.Errorf("got %v, want that there are no credentials", err)
	}
}

func TestDownloadStopsWithItsContext(t *testing.T) {
	bucket := newFakeS3(t).open(t)
	object := put(t, bucket, "model", randomBytes(100))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := (Transfer{}).Download(ctx, bucket, object, file); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDigest(t *testing.T) {
	got, err := Digest(strings.NewReader("abc"))
	// The test vector of FIPS 180-2, appendix B.1.
	want := "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := Digest(&failingReader{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestExponentialBackoff(t *testing.T) {
	for attempt := 2; attempt < 100; attempt++ {
		pause := exponentialBackoff(attempt)
		if pause < firstBackoff/2 || pause > longestBackoff {
			t.Fatalf("pause before attempt %d is %s", attempt, pause)
		}
	}
}

func TestUploadsUseLargeParts(t *testing.T) {
	fake := newFakeS3(t)
	var parts atomic.Int64
	spoil := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("partNumber") {
			parts.Add(1)
		}
		return false
	}
	fake.spoil.Store(&spoil)
	const wholeParts = 2
	put(t, fake.open(t), "large", make([]byte, wholeParts*uploadPartBytes+1))
	if got := parts.Load(); got != wholeParts+1 {
		t.Errorf("the upload had %d parts, want %d", got, wholeParts+1)
	}
}
