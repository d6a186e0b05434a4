package blob

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
)

// TestJournalLeadsToNoOtherFile: a journal that somebody wrote names no file
// beyond those that begin makes.
func TestJournalLeadsToNoOtherFile(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "victim"), "precious")
	for _, state := range []string{"victim", "../victim", ".model" + folderMark + "/../../victim", ".other" + folderMark + "1"} {
		u := newFolderParts(root, "churn/model")
		if _, err := u.resume(t.Context(), state, layout{sizeBytes: 8, partBytes: 8}); !errors.Is(err, errUploadGone) || u.temporary != "" {
			t.Errorf("%q is taken up as %q: %v", state, u.temporary, err)
		}
	}
}

// TestUploadsStayEncrypted: a store that is reached by TLS cannot send the bytes
// elsewhere without it.
func TestUploadsStayEncrypted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://store.example.com/session")
	}))
	t.Cleanup(server.Close)
	google := &googleSession{api: &googleAPI{client: server.Client(), address: server.URL}, bucket: "models", key: "model"}
	if err := google.begin(t.Context()); err == nil || google.state() != "" {
		t.Errorf("the session goes on at %q", google.state())
	}
	answer := &http.Response{
		Header:  http.Header{"Location": {"http://store.example.com/session"}},
		Request: &http.Request{URL: &url.URL{Scheme: "https", Host: "registry.example.com"}},
	}
	registry := &ociChunks{bucket: &ociBucket{scheme: "https"}}
	if err := registry.follow(answer); err == nil || registry.state() != "" {
		t.Errorf("the upload goes on at %q", registry.state())
	}
}

// TestEncryptedCopyIsCheckedByItsCondition: the entity tag of an encrypted object
// is no checksum, and the record claims none.
func TestEncryptedCopyIsCheckedByItsCondition(t *testing.T) {
	for name, partBytes := range map[string]int64{"by one request": 0, "in parts": 10_000} {
		t.Run(name, func(t *testing.T) {
			fake := newFakeS3(t)
			store := fake.open(t)
			data := randomBytes(50_000)
			object := put(t, store, "model", data)
			spoil := func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("X-Amz-Copy-Source") != "" && r.Header.Get("X-Amz-Copy-Source-If-Match") != object.ETag {
					t.Errorf("%s copies whatever is there now", r.URL)
				}
				if r.Method == http.MethodHead {
					w.Header().Set("X-Amz-Server-Side-Encryption", "aws:kms")
				}
				return fake.copySource(w, r)
			}
			fake.spoil.Store(&spoil)
			// Other content, as an entity tag that is no MD5 would have it.
			job, said := jobOf(t, randomBytes(50_001)[1:], store, "")
			job.From, job.Object.Key, job.Object.ETag = store, object.Key, object.ETag
			copied, err := quick(Transfer{serverPartBytes: partBytes}).Copy(t.Context(), job)
			if err != nil || !copied.InStore || copied.Check != CheckSource {
				t.Fatalf("got %+v, %v: %s", copied, err, said)
			}
			holds(t, store, job.Key, data)
		})
	}
}
