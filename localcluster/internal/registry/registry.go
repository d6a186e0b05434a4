// Package registry serves container images from a directory.
//
// Blobs are stored by go-containerregistry's registry. That keeps manifests in
// memory only, so this package writes each accepted manifest to disk as well and
// hands all of them back to it at start. It authenticates nobody: it listens on
// an address that only this machine and the cluster's pods can reach.
package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	upstream "github.com/google/go-containerregistry/pkg/registry"

	"landfall.dev/landfall/localcluster/internal/state"
)

// maxManifestBytes is the limit that the OCI distribution specification advises.
const maxManifestBytes = 4 << 20

// manifestPath matches the URL path of a manifest: repository and reference.
var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)

// Registry is an http.Handler over a directory.
type Registry struct {
	manifests string
	inner     http.Handler

	// mu makes a push and its record on disk one step.
	mu sync.Mutex
}

// record is a manifest on disk.
type record struct {
	Repository string `json:"repository"`
	Reference  string `json:"reference"`
	MediaType  string `json:"mediaType"`
	Content    []byte `json:"content"`
}

// Open serves dir, creating it if needed, with every manifest it held before. A
// stored manifest that is damaged or has lost its blobs is left out and logged:
// the others, and the cluster, do not depend on it.
func Open(dir string) (*Registry, error) {
	blobs := filepath.Join(dir, "blobs")
	r := &Registry{manifests: filepath.Join(dir, "manifests")}
	for _, path := range []string{blobs, r.manifests} {
		if err := os.MkdirAll(path, state.DirectoryMode); err != nil {
			return nil, fmt.Errorf("create the registry's directory: %w", err)
		}
	}
	r.inner = upstream.New(
		upstream.WithBlobHandler(upstream.NewDiskBlobHandler(blobs)),
		upstream.WithReferrersSupport(true),
		// The library's default prints every request to standard error.
		upstream.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)),
	)
	records, err := r.load()
	if err != nil {
		return nil, err
	}
	r.replay(records)
	return r, nil
}

// ServeHTTP answers as the OCI distribution specification says.
func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	match := manifestPath.FindStringSubmatch(request.URL.Path)
	if match == nil || (request.Method != http.MethodPut && request.Method != http.MethodDelete) {
		r.inner.ServeHTTP(w, request)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if request.Method == http.MethodDelete {
		r.delete(w, request, match[1], match[2])
		return
	}
	r.put(w, request, match[1], match[2])
}

func (r *Registry) put(w http.ResponseWriter, request *http.Request, repository, reference string) {
	content, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxManifestBytes))
	if err != nil {
		http.Error(w, "read the manifest: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	request.Body = io.NopCloser(bytes.NewReader(content))
	answer := newAnswer()
	r.inner.ServeHTTP(answer, request)
	if answer.ok() {
		entry := record{Repository: repository, Reference: reference, MediaType: request.Header.Get("Content-Type"), Content: content}
		if err := r.save(entry); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	answer.copyTo(w)
}

func (r *Registry) delete(w http.ResponseWriter, request *http.Request, repository, reference string) {
	answer := newAnswer()
	r.inner.ServeHTTP(answer, request)
	if answer.ok() {
		if err := os.Remove(r.path(repository, reference)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			http.Error(w, "forget the manifest: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	answer.copyTo(w)
}

// path names a record by a digest, because repository names hold slashes and can
// be longer than a file name.
func (r *Registry) path(repository, reference string) string {
	sum := sha256.Sum256([]byte(repository + "\n" + reference))
	return filepath.Join(r.manifests, hex.EncodeToString(sum[:])+".json")
}

func (r *Registry) save(entry record) error {
	content, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode the manifest's record: %w", err)
	}
	return state.WriteFile(r.path(entry.Repository, entry.Reference), content, 0o644)
}

func (r *Registry) load() ([]record, error) {
	files, err := os.ReadDir(r.manifests)
	if err != nil {
		return nil, fmt.Errorf("list the stored manifests: %w", err)
	}
	var records []record
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".json") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(r.manifests, file.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a stored manifest: %w", err)
		}
		var entry record
		if err := json.Unmarshal(content, &entry); err != nil {
			slog.Warn("stored manifest is damaged; push its image again", "file", file.Name(), "error", err)
			continue
		}
		records = append(records, entry)
	}
	return records, nil
}

// replay hands stored manifests to the registry. An index is refused before the
// images it lists, so it goes on in rounds while a round makes progress.
func (r *Registry) replay(records []record) {
	for len(records) > 0 {
		var refused []record
		for _, entry := range records {
			if answer := r.accept(entry); !answer.ok() {
				refused = append(refused, entry)
			}
		}
		if len(refused) == len(records) {
			break
		}
		records = refused
	}
	for _, entry := range records {
		answer := r.accept(entry)
		slog.Warn("stored manifest is refused; push its image again", "repository", entry.Repository,
			"reference", entry.Reference, "status", answer.status, "answer", strings.TrimSpace(answer.body.String()))
	}
}

func (r *Registry) accept(entry record) *answer {
	answer := newAnswer()
	r.inner.ServeHTTP(answer, entry.request())
	return answer
}

func (e record) request() *http.Request {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPut, "http://registry.invalid/", bytes.NewReader(e.Content))
	if err != nil {
		panic(err) // the constant URL is well-formed
	}
	// Set after parsing: names come from disk and must not be parsed as URLs.
	request.URL.Path = "/v2/" + e.Repository + "/manifests/" + e.Reference
	request.Header.Set("Content-Type", e.MediaType)
	return request
}

// answer holds a response back until we know what to do with it.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) ok() bool                    { return a.status/100 == 2 }

func (a *answer) copyTo(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.WriteHeader(a.status)
	// The client hung up if this fails, and there is nobody left to tell.
	_, _ = w.Write(a.body.Bytes())
}
