package oci_test

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"landfall.dev/landfall/hack/image/internal/layer"
	"landfall.dev/landfall/hack/image/internal/oci"
)

func withLayer(t *testing.T, base v1.Image, entries ...layer.Entry) v1.Image {
	t.Helper()
	var data bytes.Buffer
	if err := layer.WriteGzip(&data, entries); err != nil {
		t.Fatal(err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data.Bytes())), nil }
	img, err := oci.AppendOpener(base, open, "test")
	if err != nil {
		t.Fatalf("AppendOpener: %v", err)
	}
	return img
}

func small(t *testing.T) v1.Image {
	t.Helper()
	img := withLayer(t, oci.Empty(), layer.Entry{Name: "etc/base", Mode: 0o644, Content: []byte("base")},
		layer.Entry{Name: "bin/tool", Mode: 0o755, Content: []byte("old")})
	img, err := oci.Configure(img, oci.Config{Arch: "amd64", Env: []string{"PATH=/bin", "KEEP=1"}})
	if err != nil {
		t.Fatalf("Configure: %v", err)
	}
	return img
}

func digest(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestSameInputSameDigest(t *testing.T) {
	if a, b := digest(t, small(t)), digest(t, small(t)); a != b {
		t.Errorf("digests %s and %s; want one", a, b)
	}
}

func TestLayoutKeepsLayersInOrder(t *testing.T) {
	dir := t.TempDir()
	baseDir, appDir := filepath.Join(dir, "base"), filepath.Join(dir, "app")
	if err := oci.WriteLayout(baseDir, small(t), ""); err != nil {
		t.Fatalf("WriteLayout: %v", err)
	}
	base, err := oci.ReadLayout(baseDir)
	if err != nil {
		t.Fatalf("ReadLayout: %v", err)
	}
	app := withLayer(t, base, layer.Entry{Name: "bin/tool", Mode: 0o755, Content: []byte("new")},
		layer.Entry{Name: "bin/link", Mode: os.ModeSymlink, LinkTarget: "tool"})
	app, err = oci.Configure(app, oci.Config{User: "10001", Entrypoint: []string{"/bin/tool"}, Env: []string{"PATH=/usr/bin"}, ExposedPorts: []string{"8080/tcp"}})
	if err != nil {
		t.Fatalf("Configure: %v", err)
	}
	for range 2 { // writing over a layout replaces it
		if err := oci.WriteLayout(appDir, app, baseDir); err != nil {
			t.Fatalf("WriteLayout: %v", err)
		}
	}
	got, err := oci.ReadLayout(appDir)
	if err != nil {
		t.Fatalf("ReadLayout: %v", err)
	}
	if digest(t, got) != digest(t, app) {
		t.Error("the layout holds another digest than the image written")
	}
	checkShared(t, baseDir, appDir, base)
	checkConfig(t, got)
	root := filepath.Join(dir, "root")
	if err := oci.Unpack(got, root); err != nil {
		t.Fatalf("Unpack: %v", err)
	}
	tool, err := os.ReadFile(filepath.Join(root, "bin/link"))
	if err != nil || string(tool) != "new" {
		t.Errorf("bin/link reads %q, %v; want the upper layer's tool", tool, err)
	}
	if err := oci.Unpack(got, root); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("Unpack onto files: %v; want a refusal", err)
	}
}

// checkShared proves that the base's blob is linked and not copied.
func checkShared(t *testing.T, baseDir, appDir string, base v1.Image) {
	t.Helper()
	m, err := base.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join("blobs", "sha256", m.Layers[0].Digest.Hex)
	a, errA := os.Stat(filepath.Join(baseDir, blob))
	b, errB := os.Stat(filepath.Join(appDir, blob))
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		t.Errorf("the base layer is not one file in both layouts: %v, %v", errA, errB)
	}
}

func checkConfig(t *testing.T, img v1.Image) {
	t.Helper()
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User: "10001", Entrypoint: []string{"/bin/tool"}, Env: []string{"KEEP=1", "PATH=/usr/bin"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if file.Architecture != "amd64" || file.OS != "linux" || !file.Created.IsZero() {
		t.Errorf("platform %s/%s, created %v; want linux/amd64 and no time", file.OS, file.Architecture, file.Created)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if manifest.MediaType != types.OCIManifestSchema1 || manifest.Layers[1].MediaType != types.OCILayer {
		t.Errorf("media types %s, %s; want OCI's", manifest.MediaType, manifest.Layers[1].MediaType)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, errArch := oci.Configure(oci.Empty(), oci.Config{})
	_, errEnv := oci.Configure(oci.Empty(), oci.Config{Arch: "amd64", Env: []string{"novalue"}})
	_, errRead := oci.ReadLayout(filepath.Join(dir, "absent"))
	_, errPush := oci.Push(t.Context(), small(t), "no-tag-or-registry", false)
	cases := map[string]struct {
		err  error
		want string
	}{
		"no architecture":       {errArch, "no architecture"},
		"malformed environment": {errEnv, "want NAME=VALUE"},
		"no layout":             {errRead, "image base, app and scratch write one"},
		"directory in use":      {oci.WriteLayout(dir, small(t), ""), "name another directory"},
		"incomplete reference":  {errPush, "want REGISTRY/NAME:TAG"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.err == nil || !strings.Contains(tc.err.Error(), tc.want) {
				t.Errorf("got %v; want an error that says %q", tc.err, tc.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "precious")); err != nil {
		t.Errorf("a refused WriteLayout removed a file: %v", err)
	}
}

func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref := strings.TrimPrefix(server.URL, "http://") + "/churn-classifier:1.0"
	img := small(t)
	// The server listens on a loopback address, where the client library falls
	// back to plain HTTP unasked.
	if _, err := oci.Push(t.Context(), img, ref, false); err == nil || !strings.Contains(err.Error(), "without TLS needs --plain-http") {
		t.Errorf("Push without TLS: %v; want a refusal that names the flag", err)
	}
	got, err := oci.Push(t.Context(), img, ref, true)
	if err != nil {
		t.Fatalf("Push: %v", err)
	}
	if want := strings.TrimSuffix(ref, ":1.0") + "@" + digest(t, img); got != want {
		t.Errorf("Push says %s; want %s", got, want)
	}
	parsed, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(parsed)
	if err != nil || digest(t, pulled) != digest(t, img) {
		t.Errorf("the registry does not hold the image pushed: %v", err)
	}
}

func TestArchive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := oci.Archive(small(t), "churn-classifier:1.0", file); err != nil {
		t.Fatalf("Archive: %v", err)
	}
	tag, err := name.NewTag("churn-classifier:1.0")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tarball.ImageFromPath(file, &tag)
	if err != nil {
		t.Fatalf("load the archive: %v", err)
	}
	want, _ := small(t).ConfigName()
	if got, err := loaded.ConfigName(); err != nil || got != want {
		t.Errorf("the archive holds the image %s, %v; want %s", got, err, want)
	}
}
