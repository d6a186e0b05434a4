package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// pack makes a model.tar.gz of files by name.
func pack(t *testing.T, names ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, name := range names {
		content := "content of " + name
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// store is an S3 server with two buckets, models and copies.
type store struct {
	options blob.Options
	// gets and puts count the requests for whole or parts of objects.
	gets, puts atomic.Int32
}

func newStore(t *testing.T) *store {
	t.Helper()
	backend := s3mem.New()
	for _, name := range []string{"models", "copies"} {
		if err := backend.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	s := &store{}
	handler := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "":
			s.gets.Add(1)
		case r.Method == http.MethodPut:
			s.puts.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.options = blob.Options{
		Region: "us-east-1", EndpointURL: server.URL,
		Credentials: &blob.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"},
	}
	return s
}

func (s *store) put(t *testing.T, uri string, data []byte) {
	t.Helper()
	bucket, at, err := blob.Open(t.Context(), uri, s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	if err := bucket.Write(t.Context(), at.Key, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	s.puts.Store(0)
}

func (s *store) get(t *testing.T, uri string) []byte {
	t.Helper()
	bucket, at, err := blob.Open(t.Context(), uri, s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	object, err := bucket.Stat(t.Context(), at.Key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "object")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := (blob.Transfer{}).Download(t.Context(), bucket, object, file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// exportOf exports the one workload of a small account.
func (s *store) exportOf(t *testing.T, artifact *inventory.Artifact) Options {
	t.Helper()
	two := int32(2)
	image, err := inventory.ParseImage("registry.example.com/churn@sha256:" + strings.Repeat("a", 64))
	if err != nil {
		t.Fatal(err)
	}
	e := inventory.Endpoint{
		Name: "Churn-Prod", Place: inventory.Place{Region: "us-east-1"}, Mode: inventory.ModeRealTime, Status: "InService",
		Config: inventory.Config{Presence: inventory.Present},
		Variants: []inventory.Variant{{
			Name: "AllTraffic", ModelName: "m", InstanceType: "ml.m5.large", Instance: inventory.InstanceOf("ml.m5.large"),
			InstanceCount: inventory.Counts{Current: &two}, Traffic: &inventory.Traffic{Requests: 1},
		}},
		Models: []inventory.Model{{
			Name: "m", Presence: inventory.Present, Containers: []inventory.Container{{Image: &image, Artifact: artifact}},
		}},
	}
	planned, _, err := plan.Build(inventory.Document{Endpoints: []inventory.Endpoint{e}}, nil, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Dir: filepath.Join(t.TempDir(), "out", "churn"), Workload: planned.Workloads[0], Endpoint: e,
		Source: s.options, Store: s.options,
	}
}

var gzipArtifact = &inventory.Artifact{URI: "s3://models/churn/model.tar.gz", Compression: "Gzip"}

func write(t *testing.T, o Options) Result {
	t.Helper()
	result, err := Write(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(o.Dir); err != nil {
		t.Errorf("a fresh bundle does not verify: %v", err)
	}
	return result
}

// tree lists the files below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func modelOf(t *testing.T, dir string) v1alpha1.Model {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(export.ModelPath)))
	if err != nil {
		t.Fatal(err)
	}
	var model v1alpha1.Model
	if err := yaml.UnmarshalStrict(data, &model); err != nil {
		t.Fatal(err)
	}
	return model
}

func TestWriteWithTheArtifact(t *testing.T) {
	s := newStore(t)
	data := pack(t, "model.joblib", "code/inference.py")
	s.put(t, gzipArtifact.URI, data)
	o := s.exportOf(t, gzipArtifact)
	var done, total int64
	o.Progress = func(doneBytes, totalBytes int64) { done, total = doneBytes, totalBytes }
	result := write(t, o)
	want := []string{
		"artifact/model.tar.gz", "bundle.yaml", "code/code/inference.py", "findings.yaml", "manifests/endpoint.yaml", "manifests/model.yaml",
		"runtime.yaml", "values.yaml",
	}
	if diff := cmp.Diff(want, tree(t, o.Dir)); diff != "" || !result.Changed {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if kept, err := os.ReadFile(filepath.Join(o.Dir, "artifact/model.tar.gz")); err != nil || !bytes.Equal(kept, data) {
		t.Errorf("the artifact is not the object: %v", err)
	}
	artifact := modelOf(t, o.Dir).Spec.Artifact
	if artifact.URI != gzipArtifact.URI || artifact.Digest != result.Manifest.Artifact.Digest || *artifact.SizeBytes != int64(len(data)) {
		t.Errorf("the Model has the artifact %+v", artifact)
	}
	if done != int64(len(data)) || total != done {
		t.Errorf("last progress is %d of %d", done, total)
	}
	left, err := os.ReadDir(filepath.Dir(o.Dir))
	if err != nil || len(left) != 1 {
		t.Errorf("left %v beside the bundle (%v)", left, err)
	}
}

func TestWriteAgainChangesNothing(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib"))
	o := s.exportOf(t, gzipArtifact)
	first := write(t, o)
	s.gets.Store(0)
	second := write(t, o)
	if second.Changed || s.gets.Load() != 0 {
		t.Errorf("changed %t after %d downloads; want an unchanged object to be left alone", second.Changed, s.gets.Load())
	}
	if diff := cmp.Diff(first.Manifest, second.Manifest); diff != "" {
		t.Errorf("bundle.yaml (-first +second):\n%s", diff)
	}
	s.put(t, gzipArtifact.URI, pack(t, "another.joblib"))
	third := write(t, o)
	if !third.Changed || third.Manifest.Artifact.Digest == first.Manifest.Artifact.Digest {
		t.Error("a replaced object went unnoticed")
	}
}

func TestWriteToAStore(t *testing.T) {
	s := newStore(t)
	data := pack(t, "model.joblib")
	s.put(t, gzipArtifact.URI, data)
	o := s.exportOf(t, gzipArtifact)
	o.StoreURI, o.Access = "s3://copies/landfall", export.Access{EndpointURL: "http://store:9000", CredentialsSecretName: "keys"}
	result := write(t, o)
	artifact := modelOf(t, o.Dir).Spec.Artifact
	want := "s3://copies/landfall/Churn-Prod/" + strings.TrimPrefix(artifact.Digest, "sha256:") + "/model.tar.gz"
	if artifact.URI != want || result.Manifest.Artifact.URI != want || result.Manifest.Artifact.SourceURI != gzipArtifact.URI {
		t.Errorf("the Model fetches %s; want %s", artifact.URI, want)
	}
	if artifact.EndpointURL != "http://store:9000" || artifact.CredentialsSecretRef.Name != "keys" {
		t.Errorf("the Model reaches the store by %+v", artifact)
	}
	if !bytes.Equal(s.get(t, want), data) {
		t.Error("the copy is not the object")
	}
	if files := tree(t, o.Dir); len(files) != 6 {
		t.Errorf("the bundle holds %v", files)
	}
	s.puts.Store(0)
	write(t, o)
	if s.puts.Load() != 0 {
		t.Error("the same content was copied twice")
	}
}

func TestWriteInPlace(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib"))
	o := s.exportOf(t, gzipArtifact)
	o.KeepInPlace = true
	write(t, o)
	if artifact := modelOf(t, o.Dir).Spec.Artifact; artifact.URI != gzipArtifact.URI || artifact.Digest == "" {
		t.Errorf("the Model has the artifact %+v", artifact)
	}
	if files := tree(t, o.Dir); len(files) != 6 {
		t.Errorf("the bundle holds %v", files)
	}
	o.StoreURI = "s3://copies/"
	if _, err := Write(t.Context(), o); err == nil {
		t.Error("two places for one artifact were accepted")
	}
}

func TestWriteAPrefix(t *testing.T) {
	prefix := &inventory.Artifact{URI: "s3://models/llm/", Compression: "None", Type: "S3Prefix"}
	s := newStore(t)
	s.put(t, "s3://models/llm/config.json", []byte("{}"))
	s.put(t, "s3://models/llm/a/weights", []byte("weights"))
	t.Run("into the bundle", func(t *testing.T) {
		o := s.exportOf(t, prefix)
		write(t, o)
		files := tree(t, o.Dir)
		if diff := cmp.Diff([]string{"artifact/files/a/weights", "artifact/files/config.json"}, files[:2]); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		if artifact := modelOf(t, o.Dir).Spec.Artifact; artifact.URI != prefix.URI || artifact.Compression != v1alpha1.CompressionNone {
			t.Errorf("the Model has the artifact %+v", artifact)
		}
	})
	t.Run("to a store", func(t *testing.T) {
		o := s.exportOf(t, prefix)
		o.StoreURI = "s3://copies/x/"
		write(t, o)
		uri := modelOf(t, o.Dir).Spec.Artifact.URI
		if !strings.HasPrefix(uri, "s3://copies/x/Churn-Prod/") || string(s.get(t, uri+"a/weights")) != "weights" {
			t.Errorf("copied to %s", uri)
		}
	})
}

func TestWriteRefusesUnsafeArchives(t *testing.T) {
	s := newStore(t)
	s.put(t, gzipArtifact.URI, pack(t, "model.joblib", "../evil"))
	o := s.exportOf(t, gzipArtifact)
	o.StoreURI = "s3://copies/"
	result := write(t, o)
	if result.Bundle.Deployable() || result.Manifest.Deployable || s.puts.Load() != 0 {
		t.Errorf("an unsafe archive is deployable or was copied (%d)", s.puts.Load())
	}
	if diff := cmp.Diff([]string{"bundle.yaml", "findings.yaml", "runtime.yaml"}, tree(t, o.Dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	findings, err := os.ReadFile(filepath.Join(o.Dir, "findings.yaml"))
	if err != nil || !strings.Contains(string(findings), `"../evil"`) {
		t.Errorf("the entry is not named (%v):\n%s", err, findings)
	}
}

func TestWriteFailsWhole(t *testing.T) {
	cases := map[string]struct {
		artifact *inventory.Artifact
		want     string
	}{
		"missing":    {&inventory.Artifact{URI: "s3://models/none", Compression: "Gzip"}, "does not exist"},
		"no objects": {&inventory.Artifact{URI: "s3://models/none/", Compression: "None"}, "no object below"},
		"prefix":     {&inventory.Artifact{URI: "s3://models/none/", Compression: "Gzip"}, "want one model.tar.gz"},
		"object":     {&inventory.Artifact{URI: "s3://models/none", Compression: "None"}, "put it below a prefix"},
		"zip":        {&inventory.Artifact{URI: "s3://models/none", Compression: "Zip"}, "want Gzip or None"},
		"address":    {&inventory.Artifact{URI: "https://models/none", Compression: "Gzip"}, "scheme"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := newStore(t).exportOf(t, tc.artifact)
			if _, err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
			left, err := os.ReadDir(filepath.Dir(o.Dir))
			if err != nil || len(left) != 0 {
				t.Errorf("left %v (%v)", left, err)
			}
		})
	}
}

func TestEditsAreNotOverwritten(t *testing.T) {
	s := newStore(t)
	o := s.exportOf(t, nil)
	write(t, o)
	manifest := filepath.Join(o.Dir, filepath.FromSlash(export.EndpointPath))
	if err := os.WriteFile(manifest, []byte("edited: true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), "manifests/endpoint.yaml") {
		t.Errorf("got %v, want the edited file to be named", err)
	}
	if err := Verify(o.Dir); err == nil {
		t.Error("an edited bundle verifies")
	}
	o.Force = true
	if result := write(t, o); !result.Changed {
		t.Error("the edited file is still there")
	}
}

func TestFilesThatSomebodyAddedAreNotThrownAway(t *testing.T) {
	o := newStore(t).exportOf(t, nil)
	write(t, o)
	added := filepath.Join(o.Dir, "manifests", "networkpolicy.yaml")
	if err := os.WriteFile(added, []byte("kind: NetworkPolicy\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.Workload.Replicas.Min = 5
	if _, err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), "manifests/networkpolicy.yaml") {
		t.Errorf("got %v, want the added file to be named", err)
	}
	if _, err := os.Stat(added); err != nil {
		t.Errorf("the added file is gone: %v", err)
	}
	o.Force = true
	if !write(t, o).Changed {
		t.Error("nothing was exported by force")
	}
}

func TestABundleOfAnotherEndpointIsLeftAlone(t *testing.T) {
	o := newStore(t).exportOf(t, nil)
	write(t, o)
	o.Workload.Name, o.Endpoint.Name = "fraud", "fraud"
	if _, err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the bundle of Churn-Prod") {
		t.Errorf("got %v, want the other endpoint to be named", err)
	}
	o.Force = true
	if !write(t, o).Changed {
		t.Error("nothing was exported by force")
	}
}

func TestForeignFoldersAreLeftAlone(t *testing.T) {
	o := newStore(t).exportOf(t, nil)
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if !write(t, o).Changed {
		t.Error("an empty folder was not filled")
	}
	if err := os.Remove(filepath.Join(o.Dir, export.ManifestPath)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), o); err == nil || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("got %v, want the folder to be left alone", err)
	}
}

func TestVerifyStaysInTheBundle(t *testing.T) {
	o := newStore(t).exportOf(t, nil)
	result := write(t, o)
	result.Manifest.Files[0].Path = "../../secret"
	data, err := yaml.Marshal(result.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, export.ManifestPath), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Verify(o.Dir); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("got %v, want that the path escapes", err)
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("an empty folder was read as a bundle")
	}
}
