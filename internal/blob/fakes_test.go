package blob

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// kept is an object of a fake store.
type kept struct {
	data       []byte
	generation int64
}

// shelf holds the objects of a fake store by key.
type shelf struct {
	mu      sync.Mutex
	objects map[string]kept
	next    int64
}

func (s *shelf) put(key string, data []byte) kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	s.objects[key] = kept{data: data, generation: s.next}
	return s.objects[key]
}

func (s *shelf) get(key string) (kept, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[key]
	return object, ok
}

func (s *shelf) keys(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.objects)), func(key string) bool { return !strings.HasPrefix(key, prefix) })
}

var written = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

// serveBytes answers a read, of a range where one is asked for.
func serveBytes(w http.ResponseWriter, r *http.Request, data []byte) {
	if ranged := r.Header.Get("X-Ms-Range"); ranged != "" {
		r.Header.Set("Range", ranged)
	}
	http.ServeContent(w, r, "", written, strings.NewReader(string(data)))
}

// fakeGCS speaks as much of Google Cloud Storage as its client asks for: the
// JSON API to look up, list and upload, the XML API to read.
type fakeGCS struct {
	shelf
	sessions map[string]*session
}

// session is a resumable upload.
type session struct {
	key  string
	data []byte
	// done is set with the last byte.
	done bool
}

func newFakeGCS(t *testing.T) *front {
	t.Helper()
	fake := &fakeGCS{shelf: shelf{objects: map[string]kept{}}, sessions: map[string]*session{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /storage/v1/b/models/o", fake.list)
	mux.HandleFunc("GET /storage/v1/b/models/o/{key}", fake.stat)
	mux.HandleFunc("DELETE /storage/v1/b/models/o/{key}", fake.remove)
	mux.HandleFunc("POST /upload/storage/v1/b/models/o", fake.upload)
	mux.HandleFunc("PUT /resumable/{id}", fake.resumable)
	mux.HandleFunc("DELETE /resumable/{id}", fake.cancel)
	mux.HandleFunc("GET /models/{key...}", fake.read)
	return newFront(t, mux)
}

func (f *fakeGCS) resource(key string, object kept) map[string]any {
	sum := md5.Sum(object.data)
	crc := crc32.Checksum(object.data, crc32.MakeTable(crc32.Castagnoli))
	return map[string]any{
		"kind": "storage#object", "name": key, "bucket": "models", "size": strconv.Itoa(len(object.data)),
		"generation": strconv.FormatInt(object.generation, 10), "metageneration": "1", "updated": written.Format(time.RFC3339),
		"etag": "tag", "md5Hash": base64.StdEncoding.EncodeToString(sum[:]),
		"crc32c": base64.StdEncoding.EncodeToString([]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)}),
	}
}

func answerJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // of fixed shape
}

func (f *fakeGCS) list(w http.ResponseWriter, r *http.Request) {
	items := []any{}
	for _, key := range f.keys(r.URL.Query().Get("prefix")) {
		object, _ := f.get(key)
		items = append(items, f.resource(key, object))
	}
	answerJSON(w, map[string]any{"kind": "storage#objects", "items": items})
}

func (f *fakeGCS) stat(w http.ResponseWriter, r *http.Request) {
	object, ok := f.get(r.PathValue("key"))
	if !ok {
		http.Error(w, `{"error":{"code":404,"message":"No such object"}}`, http.StatusNotFound)
		return
	}
	answerJSON(w, f.resource(r.PathValue("key"), object))
}

func (f *fakeGCS) remove(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	f.mu.Lock()
	defer f.mu.Unlock()
	if object, ok := f.objects[key]; !ok || strconv.FormatInt(object.generation, 10) != r.URL.Query().Get("generation") {
		http.Error(w, `{"error":{"code":404,"message":"No such object"}}`, http.StatusNotFound)
		return
	}
	delete(f.objects, key)
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeGCS) upload(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("uploadType") == "resumable" {
		var meta struct{ Name string }
		_ = json.NewDecoder(r.Body).Decode(&meta)
		f.mu.Lock()
		f.next++
		id := strconv.FormatInt(f.next, 10)
		f.sessions[id] = &session{key: meta.Name}
		f.mu.Unlock()
		w.Header().Set("Location", "http://"+r.Host+"/resumable/"+id)
		return
	}
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var meta struct{ Name string }
	_ = json.NewDecoder(first).Decode(&meta)
	second, err := parts.NextPart()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, err := io.ReadAll(second)
	if err != nil {
		return
	}
	answerJSON(w, f.resource(meta.Name, f.put(meta.Name, data)))
}

// resumable takes bytes of a session. Of a request that breaks it keeps whole
// pieces of 256 KiB.
func (f *fakeGCS) resumable(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	open := f.sessions[r.PathValue("id")]
	f.mu.Unlock()
	if open == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	var first, last, total int64
	contentRange := r.Header.Get("Content-Range")
	if n, _ := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &first, &last, &total); n == 2 {
		total = -1 // "*": more is to come
	} else if n == 0 {
		_, _ = fmt.Sscanf(contentRange, "bytes */%d", &total)
		first = int64(len(open.data))
	}
	if first != int64(len(open.data)) {
		http.Error(w, "wrong place", http.StatusServiceUnavailable)
		return
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		data = data[:len(data)/googleChunkBytes*googleChunkBytes]
	}
	open.data = append(open.data, data...)
	if int64(len(open.data)) != total {
		if len(open.data) > 0 {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(open.data)-1))
		}
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	if !open.done {
		object := f.resource(open.key, kept{data: open.data})
		if want := r.Header.Get("X-Goog-Hash"); want != "" && want != "crc32c="+object["crc32c"].(string) {
			http.Error(w, "checksum", http.StatusBadRequest)
			return
		}
		f.put(open.key, open.data)
		open.done = true
	}
	object, _ := f.get(open.key)
	answerJSON(w, f.resource(open.key, object))
}

func (f *fakeGCS) cancel(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, r.PathValue("id"))
	w.WriteHeader(statusClosedByClient)
}

func (f *fakeGCS) read(w http.ResponseWriter, r *http.Request) {
	object, ok := f.get(r.PathValue("key"))
	wanted := r.URL.Query().Get("ifGenerationMatch") + r.Header.Get("X-Goog-If-Generation-Match")
	switch {
	case !ok:
		http.Error(w, "none", http.StatusNotFound)
	case wanted != "" && wanted != strconv.FormatInt(object.generation, 10):
		http.Error(w, "another", http.StatusPreconditionFailed)
	default:
		w.Header().Set("X-Goog-Generation", strconv.FormatInt(object.generation, 10))
		serveBytes(w, r, object.data)
	}
}

// fakeAzure speaks as much of Azure Blob Storage as its client asks for.
type fakeAzure struct {
	shelf
	// blocks are the uncommitted ones by blob and name, committed those of the
	// blob.
	blocks, committed map[string]map[string][]byte
}

func newFakeAzure(t *testing.T) *front {
	t.Helper()
	fake := &fakeAzure{
		shelf: shelf{objects: map[string]kept{}}, blocks: map[string]map[string][]byte{}, committed: map[string]map[string][]byte{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /account/models", fake.list)
	mux.HandleFunc("GET /account/models/{key...}", fake.read)
	mux.HandleFunc("PUT /account/models/{key...}", fake.write)
	return newFront(t, mux)
}

func tagOf(object kept) string { return fmt.Sprintf(`"0x%d"`, object.generation) }

func (f *fakeAzure) list(w http.ResponseWriter, r *http.Request) {
	type item struct {
		Name       string
		Properties struct {
			LastModified  string `xml:"Last-Modified"`
			Etag          string
			ContentLength int `xml:"Content-Length"`
			BlobType      string
		}
	}
	var answer struct {
		XMLName xml.Name `xml:"EnumerationResults"`
		Blobs   struct{ Blob []item }
	}
	for _, key := range f.keys(r.URL.Query().Get("prefix")) {
		object, _ := f.get(key)
		listed := item{Name: key}
		listed.Properties.LastModified = written.Format(http.TimeFormat)
		listed.Properties.Etag, listed.Properties.ContentLength, listed.Properties.BlobType = tagOf(object), len(object.data), "BlockBlob"
		answer.Blobs.Blob = append(answer.Blobs.Blob, listed)
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer)
}

// blockList tells the uncommitted blocks.
func (f *fakeAzure) blockList(w http.ResponseWriter, r *http.Request) {
	type block struct {
		Name string
		Size int
	}
	var answer struct {
		XMLName           xml.Name `xml:"BlockList"`
		UncommittedBlocks struct{ Block []block }
	}
	f.mu.Lock()
	for name, data := range f.blocks[r.PathValue("key")] {
		answer.UncommittedBlocks.Block = append(answer.UncommittedBlocks.Block, block{name, len(data)})
	}
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer)
}

func (f *fakeAzure) read(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("comp") == "blocklist" {
		f.blockList(w, r)
		return
	}
	object, ok := f.get(r.PathValue("key"))
	wanted := r.Header.Get("If-Match")
	r.Header.Del("If-Match")
	switch {
	case !ok:
		w.Header().Set("X-Ms-Error-Code", "BlobNotFound")
		w.WriteHeader(http.StatusNotFound)
	case wanted != "" && wanted != tagOf(object):
		w.Header().Set("X-Ms-Error-Code", "ConditionNotMet")
		w.WriteHeader(http.StatusPreconditionFailed)
	default:
		w.Header().Set("ETag", tagOf(object))
		w.Header().Set("X-Ms-Creation-Time", written.Format(http.TimeFormat))
		w.Header().Set("X-Ms-Blob-Type", "BlockBlob")
		serveBytes(w, r, object.data)
	}
}

func (f *fakeAzure) write(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.Header.Get("Authorization") == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	key := r.PathValue("key")
	switch r.URL.Query().Get("comp") {
	case "block":
		f.mu.Lock()
		if f.blocks[key] == nil {
			f.blocks[key] = map[string][]byte{}
		}
		f.blocks[key][r.URL.Query().Get("blockid")] = data
		f.mu.Unlock()
	case "blocklist":
		if !f.commit(key, data) {
			w.Header().Set("X-Ms-Error-Code", "InvalidBlockList")
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	default:
		f.put(key, data)
	}
	w.Header().Set("ETag", `"0x0"`)
	w.Header().Set("Last-Modified", written.Format(http.TimeFormat))
	w.WriteHeader(http.StatusCreated)
}

// commit makes a blob of blocks, and drops those that are not in it.
func (f *fakeAzure) commit(key string, list []byte) bool {
	var wanted struct{ Latest []string }
	_ = xml.Unmarshal(list, &wanted)
	f.mu.Lock()
	var whole []byte
	used := map[string][]byte{}
	for _, id := range wanted.Latest {
		data, ok := f.blocks[key][id]
		if !ok {
			data, ok = f.committed[key][id]
		}
		if !ok {
			f.mu.Unlock()
			return false
		}
		used[id] = data
		whole = append(whole, data...)
	}
	f.committed[key] = used
	delete(f.blocks, key)
	f.mu.Unlock()
	f.put(key, whole)
	return true
}

// openGoogle, openMicrosoft and openRegistry open buckets of the fakes.
func openGoogle(t *testing.T) Bucket {
	t.Helper()
	t.Setenv(envGoogleEmulator, strings.TrimPrefix(newFakeGCS(t).URL, "http://"))
	return opened(t, "gs://models/", Options{})
}

func openMicrosoft(t *testing.T) Bucket {
	t.Helper()
	t.Setenv(EnvAzureAccount, "account")
	t.Setenv(EnvAzureKey, base64.StdEncoding.EncodeToString([]byte("key")))
	return opened(t, "azblob://models/", Options{EndpointURL: newFakeAzure(t).URL + "/account"})
}

func openRegistry(t *testing.T, whole bool) Bucket {
	t.Helper()
	t.Setenv(EnvOCIUsername, "robot")
	return opened(t, "oci://registry.example.com/team/churn:1/", Options{EndpointURL: newRegistry(t, whole).URL})
}

func opened(t *testing.T, uri string, options Options) Bucket {
	t.Helper()
	bucket, _, err := Open(t.Context(), uri, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	return bucket
}
