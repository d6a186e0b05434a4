package image

import (
	"compress/gzip"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestReferences(t *testing.T) {
	const at = "10.199.0.1:5000"
	tests := map[string]struct {
		wanted  string
		want    []string
		wantErr string
	}{
		"plain":             {wanted: "app:1", want: []string{at + "/app:1", at + "/library/app:1"}},
		"no tag":            {wanted: "team/app", want: []string{at + "/team/app:latest"}},
		"path":              {wanted: "team/app:v1", want: []string{at + "/team/app:v1"}},
		"foreign registry":  {wanted: "quay.io/team/app:v1", want: []string{at + "/team/app:v1"}},
		"registry and port": {wanted: "localhost:5000/app:v1", want: []string{at + "/app:v1"}},
		"our own":           {wanted: at + "/app:v1", want: []string{at + "/app:v1"}},
		"digest":            {wanted: "app@sha256:" + strings.Repeat("a", 64), wantErr: "names a digest"},
		"upper case":        {wanted: "App:1", wantErr: `"App:1"`},
		"empty":             {wanted: "", wantErr: "NAME:TAG"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := References(at, tt.wanted)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("References(%q): %v, want an error with %q", tt.wanted, err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("References(%q) (-want +got):\n%s", tt.wanted, diff)
			}
		})
	}
}

// Whatever is accepted must be a reference that can be pushed.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{"app:1", "quay.io/a/b", "a@sha256:x", "localhost:5000/x:y", "/", "a//b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, wanted string) {
		references, err := References("10.199.0.1:5000", wanted)
		if err != nil {
			return
		}
		for _, reference := range references {
			parsed, err := name.ParseReference(reference, name.Insecure)
			if err != nil {
				t.Errorf("References(%q) gives %q: %v", wanted, reference, err)
			} else if parsed.Context().RegistryStr() != "10.199.0.1:5000" {
				t.Errorf("References(%q) gives %q, which is not in our registry", wanted, reference)
			}
		}
	})
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(512, 2)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func writeLayout(t *testing.T, images ...v1.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "layout")
	target, err := layout.Write(path, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range images {
		if err := target.AppendImage(image); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func writeArchive(t *testing.T, image v1.Image, zipped bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tag := name.MustParseReference("app:1")
	if !zipped {
		err = tarball.Write(tag, image, file)
	} else {
		w := gzip.NewWriter(file)
		if err = tarball.Write(tag, image, w); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func digestOf(t *testing.T, image v1.Image) string {
	t.Helper()
	digest, err := Of(image).Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// configDigest names an image's content: a docker archive does not keep the
// manifest's digest, but it keeps this.
func configDigest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func TestOpenAndPush(t *testing.T) {
	image := randomImage(t)
	tests := map[string]string{
		"layout":         writeLayout(t, image),
		"archive":        writeArchive(t, image, false),
		"zipped archive": writeArchive(t, image, true),
	}
	server := httptest.NewServer(registry.New())
	defer server.Close()
	for name, path := range tests {
		t.Run(name, func(t *testing.T) {
			artifact, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			got := pushAndPull(t, strings.TrimPrefix(server.URL, "http://")+"/app:1", artifact)
			if want := configDigest(t, image); configDigest(t, got) != want {
				t.Errorf("pulled %s, want %s", configDigest(t, got), want)
			}
		})
	}
}

func pushAndPull(t *testing.T, reference string, artifact Artifact) v1.Image {
	t.Helper()
	if err := Push(t.Context(), reference, artifact); err != nil {
		t.Fatal(err)
	}
	parsed, err := name.ParseReference(reference, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestOpenIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "layout")
	target, err := layout.Write(path, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: randomImage(t)}, mutate.IndexAddendum{Add: randomImage(t)})
	if err := target.AppendIndex(index); err != nil {
		t.Fatal(err)
	}
	artifact, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := artifact.Digest(); err != nil || got != want.String() {
		t.Errorf("opened %s, %v; want the index %s", got, err, want)
	}
	server := httptest.NewServer(registry.New())
	defer server.Close()
	if err := Push(t.Context(), strings.TrimPrefix(server.URL, "http://")+"/multi:1", artifact); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("not an image"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ path, want string }{
		"nothing there":   {path: filepath.Join(t.TempDir(), "x"), want: "no such file"},
		"a plain folder":  {path: t.TempDir(), want: "as an OCI image layout"},
		"a text file":     {path: text, want: "as a docker archive"},
		"two images":      {path: writeLayout(t, randomImage(t), randomImage(t)), want: "holds 2 images"},
		"an empty layout": {path: writeLayout(t), want: "holds 0 images"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestPushToNobody(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	reference := strings.TrimPrefix(server.URL, "http://") + "/app:1"
	if err := Push(context.Background(), reference, Of(randomImage(t))); err == nil || !strings.Contains(err.Error(), reference) {
		t.Errorf("Push: %v, want an error that names the reference", err)
	}
}

func TestStatic(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!"), 0o644); err != nil {
		t.Fatal(err)
	}
	first, err := Static(program, "pause")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Static(program, "pause")
	if err != nil {
		t.Fatal(err)
	}
	if digestOf(t, first) != digestOf(t, second) {
		t.Error("the same program gives two digests")
	}
	config, err := first.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/pause"}, config.Config.Entrypoint); diff != "" || config.Config.User == "" || config.OS != "linux" {
		t.Errorf("the configuration is %+v", config)
	}
}
