package agent

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"

	"landfall.dev/landfall/internal/blob"
)

// TestFetchFromARegistry fetches an archive and loose files from a registry, and
// refuses a blob that is not what the manifest says.
func TestFetchFromARegistry(t *testing.T) {
	healthy := registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)))
	var tampers atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tampers.Load() || r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			healthy.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		healthy.ServeHTTP(whole, r)
		w.WriteHeader(whole.Code)
		_, _ = w.Write(bytes.Repeat([]byte("x"), whole.Body.Len()))
	}))
	t.Cleanup(server.Close)
	t.Setenv(blob.EnvOCIUsername, "robot")
	t.Setenv(blob.EnvOCIPassword, "not-a-real-secret")
	put := func(uri string, data []byte) {
		bucket, at, err := blob.Open(t.Context(), uri, blob.Options{EndpointURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if err := bucket.Write(t.Context(), at.Key, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	put("oci://r.example.com/churn:1/model.tar.gz", pack(t, file{name: "model.joblib", content: "weights"}))
	put("oci://r.example.com/churn:2/model.joblib", []byte("weights"))
	put("oci://r.example.com/churn:2/code/inference.py", []byte("pass"))
	cases := map[string]struct {
		args []string
		want []string
	}{
		"archive": {
			args: []string{"--uri", "oci://r.example.com/churn:1/model.tar.gz"},
			want: []string{"-rw-r--r-- model.joblib"},
		},
		"files": {
			args: []string{"--uri", "oci://r.example.com/churn:2/", "--compression", "None"},
			want: []string{"drwxr-xr-x code", "-rw-r--r-- code/inference.py", "-rw-r--r-- model.joblib"},
		},
	}
	for name, tc := range cases {
		args := slices.Concat(tc.args, []string{"--endpoint-url", server.URL})
		tampers.Store(false)
		got := run(t.Context(), t, args...)
		if diff := cmp.Diff(tc.want, got.dest); diff != "" || got.code != exitDone {
			t.Errorf("%s: %d %s (-want +got):\n%s", name, got.code, got.log, diff)
		}
		tampers.Store(true)
		got = run(t.Context(), t, args...)
		if got.code != exitFailed || len(got.dest) != 0 || !strings.Contains(got.termination, "digest") {
			t.Errorf("%s: another content was taken: %d %v %s", name, got.code, got.dest, got.termination)
		}
		if strings.Contains(got.log, "not-a-real-secret") {
			t.Error("log holds the password")
		}
	}
}
