package blob

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// uploadPart is a length that every store takes.
const uploadPart = googleChunkBytes

// place is a store to upload to. open opens it as a new process would.
type place struct {
	*front
	open func(t *testing.T) Bucket
}

// places are all stores that take parts.
func places() map[string]func(t *testing.T) place {
	return map[string]func(t *testing.T) place{
		"s3": func(t *testing.T) place {
			fake := newFakeS3(t)
			return place{front: fake.front, open: fake.open}
		},
		"gs": func(t *testing.T) place {
			fake := newFakeGCS(t)
			t.Setenv(envGoogleEmulator, strings.TrimPrefix(fake.URL, "http://"))
			return place{front: fake, open: func(t *testing.T) Bucket { return opened(t, "gs://models/", Options{}) }}
		},
		"azblob": func(t *testing.T) place {
			fake := newFakeAzure(t)
			t.Setenv(EnvAzureAccount, "account")
			t.Setenv(EnvAzureKey, base64.StdEncoding.EncodeToString([]byte("key")))
			return place{front: fake, open: func(t *testing.T) Bucket {
				return opened(t, "azblob://models/", Options{EndpointURL: fake.URL + "/account"})
			}}
		},
		"oci": func(t *testing.T) place {
			fake := newRegistry(t, false)
			t.Setenv(EnvOCIUsername, "robot")
			return place{front: fake, open: func(t *testing.T) Bucket {
				return opened(t, "oci://registry.example.com/team/churn:1/", Options{EndpointURL: fake.URL})
			}}
		},
		"file": func(t *testing.T) place {
			dir := t.TempDir()
			return place{front: newFront(t, nil), open: func(t *testing.T) Bucket { return opened(t, "file://"+dir+"/", Options{}) }}
		},
	}
}

// notes collects what is said.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

// jobOf copies content that is on this machine.
func jobOf(t *testing.T, data []byte, to Bucket, journal string) (Job, *notes) {
	t.Helper()
	digest, err := Digest(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	said := &notes{}
	return Job{
		From: NewMemory("m"), Object: Object{Key: "model", SizeBytes: int64(len(data)), Digest: digest},
		To: to, Key: "churn/model.tar.gz", Content: bytes.NewReader(data), Journal: journal, Note: said.add,
	}, said
}

// interrupt runs a copy until the store has confirmed so many bytes.
func interrupt(t *testing.T, transfer Transfer, job Job, afterBytes int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	transfer.Progress = func(done int64) {
		if done >= afterBytes {
			cancel()
		}
	}
	if _, err := transfer.Copy(ctx, job); err == nil {
		t.Fatal("the interrupted copy says it is complete")
	}
}

func holds(t *testing.T, bucket Bucket, key string, data []byte) {
	t.Helper()
	there, err := bucket.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := download(t, Transfer{}, bucket, there); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the store holds %d bytes, want the %d that were copied; %v", len(got), len(data), err)
	}
}

// TestKilledUploadGoesOn interrupts an upload at 60 %, and has another one with
// nothing but the journal go on. What the store receives is counted.
func TestKilledUploadGoesOn(t *testing.T) {
	data := randomBytes(20*uploadPart + 123)
	transfer := quick(Transfer{PartBytes: uploadPart, Parallelism: 2})
	for name, open := range places() {
		for _, from := range []string{"this machine", "a store"} {
			t.Run(name+" from "+from, func(t *testing.T) {
				at := open(t)
				journal := filepath.Join(t.TempDir(), "journal"+UploadSuffix)
				job, _ := jobOf(t, data, at.open(t), journal)
				if from == "a store" {
					job.Content = nil
					store := newFakeS3(t).open(t)
					job.From, job.Object = store, put(t, store, "model", data)
				}
				size := job.Object.SizeBytes
				interrupt(t, transfer, job, size*6/10)
				if _, err := job.To.Stat(t.Context(), job.Key); KindOf(err) != KindNotFound {
					t.Errorf("something is visible of an unfinished upload: %v", err)
				}
				job.To = at.open(t)
				read := &counting{Bucket: job.From}
				job.From = read
				at.settle()
				before := at.received.Load()
				copied, err := transfer.Copy(t.Context(), job)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, at.open(t), job.Key, data)
				again := at.received.Load() - before
				// Beside the parts there are lists of them.
				if name != "file" && (again < size-copied.KeptBytes || again > size-copied.KeptBytes+20_000) {
					t.Errorf("%d bytes were sent again, and %d kept of %d", again, copied.KeptBytes, size)
				}
				if copied.KeptBytes < size*6/10 || copied.KeptBytes > size*6/10+3*uploadPart {
					t.Errorf("%d bytes of %d were kept", copied.KeptBytes, size)
				}
				if back := read.read.Load(); job.Content == nil && back > size-copied.KeptBytes+2*uploadPart {
					t.Errorf("%d bytes were read again to send %d", back, size-copied.KeptBytes)
				}
				if _, err := os.Stat(journal); !os.IsNotExist(err) {
					t.Errorf("the journal of a complete upload is there: %v", err)
				}
				if copied, err := transfer.Copy(t.Context(), job); err != nil || !copied.Skipped {
					t.Errorf("got %+v, %v, want that nothing is copied again", copied, err)
				}
			})
		}
	}
}

// TestUploadStartsOver spoils what is needed to go on.
func TestUploadStartsOver(t *testing.T) {
	data := randomBytes(6*uploadPart + 1)
	transfer := quick(Transfer{PartBytes: uploadPart, Parallelism: 1})
	cases := map[string]struct {
		spoil func(t *testing.T, at place, job *Job, header uploadHeader)
		// wantKept is what may be kept, of three parts and the one under way.
		wantKept func(kept int64) bool
		wantNote string
	}{
		"the upload is gone": {
			spoil: func(t *testing.T, at place, job *Job, header uploadHeader) {
				forgetEverything(t, at, job, header)
			},
			wantKept: func(kept int64) bool { return kept == 0 }, wantNote: "it begins anew",
		},
		"the content is another": {
			spoil:    func(_ *testing.T, _ place, job *Job, _ uploadHeader) { job.Object.Digest = "sha256:other" },
			wantKept: func(kept int64) bool { return kept == 0 }, wantNote: "is of other content, and is given up",
		},
		"the journal is lost": {
			spoil:    func(t *testing.T, _ place, job *Job, _ uploadHeader) { write(t, job.Journal, "{") },
			wantKept: func(kept int64) bool { return kept == 0 },
		},
		"a line of the journal was cut": {
			spoil: func(t *testing.T, _ place, job *Job, _ uploadHeader) {
				text, err := os.ReadFile(job.Journal)
				if err != nil {
					t.Fatal(err)
				}
				write(t, job.Journal, string(text[:len(text)-9]))
			},
			wantKept: func(kept int64) bool { return kept >= 2*uploadPart },
		},
		"nothing": {
			spoil:    func(*testing.T, place, *Job, uploadHeader) {},
			wantKept: func(kept int64) bool { return kept >= 3*uploadPart }, wantNote: "were in the store from an interrupted export",
		},
	}
	for name, open := range places() {
		for what, tc := range cases {
			t.Run(name+" "+what, func(t *testing.T) {
				at := open(t)
				job, said := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
				interrupt(t, transfer, job, 3*uploadPart)
				header, _, ok, err := readUpload(job.Journal)
				if !ok || err != nil {
					t.Fatalf("the journal cannot be read: %v", err)
				}
				if !strings.Contains(said.String(), "is unfinished; the same command goes on with it") {
					t.Errorf("nobody was told of what stays in the store: %s", said)
				}
				tc.spoil(t, at, &job, header)
				job.To = at.open(t)
				copied, err := transfer.Copy(t.Context(), job)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, at.open(t), job.Key, data)
				if !tc.wantKept(copied.KeptBytes) || !strings.Contains(said.String(), tc.wantNote) {
					t.Errorf("%d bytes were kept, and said: %s", copied.KeptBytes, said)
				}
			})
		}
	}
}

// forgetEverything has the store lose the upload.
func forgetEverything(t *testing.T, at place, job *Job, header uploadHeader) {
	t.Helper()
	if strings.HasPrefix(header.URI, "azblob:") {
		// Blocks go when others are committed.
		other := Job{From: job.From, Object: Object{Key: "x", SizeBytes: 1}, To: at.open(t), Key: job.Key}
		staged, _ := other.To.(stager).stage(job.Key, other.Object)
		if _, err := staged.finish(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	staged, _ := at.open(t).(stager).stage(job.Key, job.Object)
	if _, err := staged.resume(t.Context(), header.State, layout{sizeBytes: header.SizeBytes, partBytes: header.PartBytes}); err != nil {
		t.Fatal(err)
	}
	if err := staged.abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(header.URI, "oci:") {
		gone := func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/uploads/") {
				w.WriteHeader(http.StatusNotFound)
				return true
			}
			return false
		}
		at.spoil.Store(&gone)
	}
}

// TestPartsAreSentAgain: a store that fails once costs one part.
func TestPartsAreSentAgain(t *testing.T) {
	data := randomBytes(5*uploadPart + 7)
	for name, open := range places() {
		if name == "file" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			at := open(t)
			job, said := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
			var failures, parts atomic.Int64
			spoil := func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPut && r.Method != http.MethodPatch || r.ContentLength < uploadPart || parts.Add(1) != 2 {
					return false
				}
				failures.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			at.spoil.Store(&spoil)
			transfer := quick(Transfer{PartBytes: uploadPart, Parallelism: 2})
			copied, err := transfer.Copy(t.Context(), job)
			if err != nil || failures.Load() != 1 {
				t.Fatalf("%v after %d failures: %s", err, failures.Load(), said)
			}
			holds(t, at.open(t), job.Key, data)
			if want := map[string]Check{"s3": CheckParts, "gs": CheckWhole, "azblob": CheckParts, "oci": CheckWhole}[name]; copied.Check != want {
				t.Errorf("it was checked by %s, want %s", copied.Check, want)
			}
		})
	}
}

// TestTwoExportsOfOneObject begin, overlap and end as they like.
func TestTwoExportsOfOneObject(t *testing.T) {
	data := randomBytes(8*uploadPart + 7)
	transfer := quick(Transfer{PartBytes: uploadPart, Parallelism: 2})
	for name, open := range places() {
		t.Run(name, func(t *testing.T) {
			at := open(t)
			dir := t.TempDir()
			killed, _ := jobOf(t, data, at.open(t), filepath.Join(dir, "killed"))
			interrupt(t, transfer, killed, 3*uploadPart)
			var group sync.WaitGroup
			for i := range 2 {
				job, _ := jobOf(t, data, at.open(t), filepath.Join(dir, strconv.Itoa(i)))
				group.Go(func() {
					if _, err := transfer.Copy(t.Context(), job); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			holds(t, at.open(t), killed.Key, data)
			killed.To = at.open(t)
			if copied, err := transfer.Copy(t.Context(), killed); err != nil || !copied.Skipped {
				t.Errorf("got %+v, %v, want that it is there", copied, err)
			}
			if _, err := os.Stat(killed.Journal); !os.IsNotExist(err) {
				t.Errorf("the journal of what another export completed is there: %v", err)
			}
			if left := unfinished(t, at.open(t)); len(left) > 0 {
				t.Errorf("uploads are left: %v", left)
			}
		})
	}
}
