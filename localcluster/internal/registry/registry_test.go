package registry

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// serve opens dir as a registry and returns a parser of references to it.
func serve(t *testing.T, dir string) func(string) name.Reference {
	t.Helper()
	handler, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return func(reference string) name.Reference {
		parsed, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://")+"/"+reference, name.Insecure)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func digest(t *testing.T, artifact interface{ Digest() (v1.Hash, error) }) v1.Hash {
	t.Helper()
	hash, err := artifact.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestImagesOutliveARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	image := randomImage(t)
	if err := remote.Write(serve(t, dir)("deep/path/app:1"), image); err != nil {
		t.Fatal(err)
	}
	got, err := remote.Image(serve(t, dir)("deep/path/app:1"))
	if err != nil {
		t.Fatal(err)
	}
	if want := digest(t, image); digest(t, got) != want {
		t.Errorf("after a restart the image is %s, want %s", digest(t, got), want)
	}
	layers, err := got.Layers()
	if err != nil || len(layers) != 2 {
		t.Fatalf("layers: %d, %v; want 2", len(layers), err)
	}
	for _, layer := range layers {
		body, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
	}
}

func TestIndexesOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	// Several images, so that some record of an image sorts after the index's.
	index := v1.ImageIndex(empty.Index)
	for range 5 {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: randomImage(t)})
	}
	if err := remote.WriteIndex(serve(t, dir)("multi:1"), index); err != nil {
		t.Fatal(err)
	}
	got, err := remote.Index(serve(t, dir)("multi:1"))
	if err != nil {
		t.Fatal(err)
	}
	if want := digest(t, index); digest(t, got) != want {
		t.Errorf("after a restart the index is %s, want %s", digest(t, got), want)
	}
}

func TestTagsMoveAndDisappear(t *testing.T) {
	dir := t.TempDir()
	first, second := randomImage(t), randomImage(t)
	ref := serve(t, dir)
	for _, image := range []v1.Image{first, second} {
		if err := remote.Write(ref("app:1"), image); err != nil {
			t.Fatal(err)
		}
	}
	ref = serve(t, dir)
	got, err := remote.Image(ref("app:1"))
	if err != nil {
		t.Fatal(err)
	}
	if want := digest(t, second); digest(t, got) != want {
		t.Errorf("the tag names %s, want the image pushed last, %s", digest(t, got), want)
	}
	if err := remote.Delete(ref("app:1")); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Image(serve(t, dir)("app:1")); err == nil {
		t.Error("a deleted tag came back with a restart")
	}
}

// One bad record must not keep the cluster from its other images.
func TestDamagedRecordsAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	good := randomImage(t)
	if err := remote.Write(serve(t, dir)("good:1"), good); err != nil {
		t.Fatal(err)
	}
	for i, content := range []string{"", "{", `{"repository":"x","reference":"y","mediaType":"z","content":"bm9uZQ=="}`, `{"repository":"\u0000 %zz","reference":"?"}`} {
		path := filepath.Join(dir, "manifests", fmt.Sprintf("bad%d.json", i))
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := remote.Image(serve(t, dir)("good:1")); err != nil {
		t.Errorf("the good image is gone: %v", err)
	}
}

func TestRefusedManifestsAreNotKept(t *testing.T) {
	dir := t.TempDir()
	handler, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(body string) int {
		request := httptest.NewRequest(http.MethodPut, "/v2/app/manifests/1", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		return answer.Code
	}
	if code := put(`{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:` + strings.Repeat("0", 64) + `"}]}`); code/100 == 2 {
		t.Errorf("an index of an unknown image is accepted with %d", code)
	}
	if code := put(strings.Repeat(" ", maxManifestBytes+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a manifest over the limit gets %d, want %d", code, http.StatusRequestEntityTooLarge)
	}
	kept, err := os.ReadDir(filepath.Join(dir, "manifests"))
	if err != nil || len(kept) != 0 {
		t.Errorf("kept: %v, %v; want none", kept, err)
	}
}
