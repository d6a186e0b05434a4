package blob

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilledFallbackGoesOn: what went through this machine, since S3 did not copy
// by itself, goes on where it was, and S3 is not asked again first.
func TestKilledFallbackGoesOn(t *testing.T) {
	fake := newFakeS3(t)
	data := randomBytes(20 * 10_000)
	store := fake.open(t)
	job, said := jobOf(t, data, store, filepath.Join(t.TempDir(), "journal"))
	object := put(t, store, "model", data)
	job.From, job.Object.Key, job.Object.ETag = store, object.Key, object.ETag
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Amz-Copy-Source") == "" {
			return false
		}
		answerXML(w, http.StatusForbidden, "AccessDenied")
		return true
	}
	fake.spoil.Store(&refuse)
	transfer := quick(Transfer{PartBytes: 10_000, serverPartBytes: 50_000, Parallelism: 2})
	interrupt(t, transfer, job, int64(len(data))*6/10)
	fake.settle()
	copied, err := transfer.Copy(t.Context(), job)
	if err != nil || copied.KeptBytes < int64(len(data))*6/10 || copied.InStore {
		t.Fatalf("got %+v, %v, want that it goes on: %s", copied, err, said)
	}
	holds(t, store, job.Key, data)
	if left := unfinished(t, store); len(left) > 0 {
		t.Errorf("uploads are left: %v", left)
	}
}

// TestRegistryWithoutChunksIsNotAskedToGoOn: of a registry that refuses chunks
// nothing is recorded, so that the next call does not run into the same again.
func TestRegistryWithoutChunksIsNotAskedToGoOn(t *testing.T) {
	t.Setenv(EnvOCIUsername, "robot")
	fake := newRegistry(t, false)
	bucket := opened(t, "oci://registry.example.com/team/churn:1/", Options{EndpointURL: fake.URL})
	job, said := jobOf(t, randomBytes(4*uploadPart), bucket, filepath.Join(t.TempDir(), "journal"))
	transfer := quick(Transfer{PartBytes: uploadPart})
	// The first run ends while the upload is begun and nothing is sent.
	staged, _ := bucket.(stager).stage(job.Key, job.Object)
	if err := staged.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	journal := &uploadJournal{path: job.Journal}
	header := uploadHeader{
		Way: "oci", URI: bucket.Location(job.Key).String(), Content: job.content(), SizeBytes: job.Object.SizeBytes,
		PartBytes: uploadPart, State: staged.state(),
	}
	if err := journal.begin(header, nil); err != nil {
		t.Fatal(err)
	}
	if err := journal.close(); err != nil {
		t.Fatal(err)
	}
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || r.Header.Get("Content-Range") == "" {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return true
	}
	fake.spoil.Store(&refuse)
	if _, err := transfer.Copy(t.Context(), job); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	data := make([]byte, job.Object.SizeBytes)
	if _, err := job.Content.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	holds(t, bucket, job.Key, data)
	if strings.Contains(said.String(), "the same command goes on with it") {
		t.Errorf("an upload that was given up is said to go on: %s", said)
	}
	if _, _, ok, err := readUpload(job.Journal); ok || err != nil {
		t.Errorf("the journal of an upload without chunks is there: %v", err)
	}
}

// TestUnfitUploadIsGivenUp: a store that refuses to make the object of what it
// has refuses that the next time too, so that the next call begins anew.
func TestUnfitUploadIsGivenUp(t *testing.T) {
	data := randomBytes(5*uploadPart + 7)
	for name, refused := range map[string]func(r *http.Request) bool{
		"s3": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") },
		"gs": func(r *http.Request) bool { return r.Header.Get("X-Goog-Hash") != "" },
		"azblob": func(r *http.Request) bool {
			return r.URL.Query().Get("comp") == "blocklist" && r.Method == http.MethodPut
		},
		"oci": func(r *http.Request) bool { return r.Method == http.MethodPut && r.URL.Query().Has("digest") },
	} {
		t.Run(name, func(t *testing.T) {
			at := places()[name](t)
			job, said := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
			refuse := func(w http.ResponseWriter, r *http.Request) bool {
				if !refused(r) {
					return false
				}
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusBadRequest)
				return true
			}
			at.spoil.Store(&refuse)
			transfer := quick(Transfer{PartBytes: uploadPart})
			if _, err := transfer.Copy(t.Context(), job); err == nil {
				t.Fatal("an object that the store refused counts as copied")
			}
			if _, _, ok, err := readUpload(job.Journal); ok || err != nil {
				t.Errorf("the next call goes on with what the store refuses: %v, %s", err, said)
			}
			at.spoil.Store(nil)
			job.To = at.open(t)
			if _, err := transfer.Copy(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			holds(t, at.open(t), job.Key, data)
		})
	}
}

// TestDamagedObjectDoesNotStay: Google Cloud Storage shows an object that is not
// what was sent, which the next call would take for the copy.
func TestDamagedObjectDoesNotStay(t *testing.T) {
	data := randomBytes(5*uploadPart + 7)
	at := places()["gs"](t)
	job, _ := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
	damage := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Goog-Hash") == "" {
			return false
		}
		// A store that does not look at the checksum, and keeps something else.
		r.Header.Del("X-Goog-Hash")
		body, _ := io.ReadAll(r.Body)
		body[0]++
		r.Body = io.NopCloser(bytes.NewReader(body))
		return false
	}
	at.spoil.Store(&damage)
	transfer := quick(Transfer{PartBytes: uploadPart})
	if _, err := transfer.Copy(t.Context(), job); err == nil {
		t.Fatal("a damaged copy counts as one")
	}
	at.spoil.Store(nil)
	job.To = at.open(t)
	copied, err := transfer.Copy(t.Context(), job)
	if err != nil || copied.Skipped {
		t.Fatalf("got %+v, %v, want that it is copied", copied, err)
	}
	holds(t, at.open(t), job.Key, data)
}

// TestOnePartIsGone: an upload of which the store has lost a part begins anew, and
// the rest of it is given up.
func TestOnePartIsGone(t *testing.T) {
	fake := newFakeS3(t)
	store := fake.open(t)
	data := randomBytes(5*uploadPart + 7)
	job, said := jobOf(t, data, store, filepath.Join(t.TempDir(), "journal"))
	refused := false
	lose := func(w http.ResponseWriter, r *http.Request) bool {
		if refused || r.Method != http.MethodPost || !r.URL.Query().Has("uploadId") {
			return false
		}
		refused = true
		answerXML(w, http.StatusBadRequest, "InvalidPart")
		return true
	}
	fake.spoil.Store(&lose)
	if _, err := quick(Transfer{PartBytes: uploadPart}).Copy(t.Context(), job); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	holds(t, store, job.Key, data)
	if left := unfinished(t, store); len(left) > 0 {
		t.Errorf("uploads are left: %v", left)
	}
}
