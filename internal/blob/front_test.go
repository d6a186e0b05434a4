package blob

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// front is a fake store whose answers a test can spoil, and that counts the
// bytes of what is written.
type front struct {
	*httptest.Server
	// spoil handles a request in place of the store when it returns true.
	spoil atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	// received counts the bytes of requests that write.
	received atomic.Int64
	// active counts the requests that are being answered.
	active sync.WaitGroup
}

// settle waits until nothing is under way of clients that are gone.
func (f *front) settle() {
	f.CloseClientConnections()
	f.active.Wait()
}

func newFront(t *testing.T, healthy http.Handler) *front {
	t.Helper()
	f := &front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.active.Add(1)
		defer f.active.Done()
		if spoil := f.spoil.Load(); spoil != nil && (*spoil)(w, r) {
			return
		}
		if r.Method == http.MethodPut || r.Method == http.MethodPatch {
			r.Body = &countingBody{ReadCloser: r.Body, also: &f.received}
		}
		healthy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// countingBody counts what is read of a request.
type countingBody struct {
	io.ReadCloser
	count atomic.Int64
	also  *atomic.Int64
}

func (b *countingBody) Read(data []byte) (int, error) {
	n, err := b.ReadCloser.Read(data)
	b.count.Add(int64(n))
	if b.also != nil {
		b.also.Add(int64(n))
	}
	return n, err
}

// newRegistry is a registry in memory; whole says that it reads no parts.
func newRegistry(t *testing.T, whole bool) *front {
	t.Helper()
	healthy := registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)))
	var mu sync.Mutex
	arrived := map[string]int64{}
	return newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if whole {
			r.Header.Del("Range")
		}
		if !strings.Contains(r.URL.Path, "/blobs/uploads/") {
			healthy.ServeHTTP(w, r)
			return
		}
		// The library takes chunks, and cannot tell how much it has of them.
		mu.Lock()
		defer mu.Unlock()
		switch r.Method {
		case http.MethodPatch:
			body := &countingBody{ReadCloser: r.Body}
			r.Body = body
			var first int64
			_, _ = fmt.Sscanf(r.Header.Get("Content-Range"), "%d-", &first)
			if first == arrived[r.URL.Path] {
				healthy.ServeHTTP(w, r)
				arrived[r.URL.Path] += body.count.Load()
				return
			}
		case http.MethodGet:
			w.Header().Set("Location", r.URL.Path)
			w.Header().Set("Range", fmt.Sprintf("0-%d", max(arrived[r.URL.Path]-1, 0)))
			w.WriteHeader(http.StatusNoContent)
			return
		case http.MethodDelete:
			delete(arrived, r.URL.Path)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		healthy.ServeHTTP(w, r)
	}))
}
