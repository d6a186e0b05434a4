package blob

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRegistries(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	cases := map[string]struct {
		want    Location
		wantErr bool
	}{
		"oci://r.example.com/team/churn:1/model.tar.gz": {want: Location{"oci", "r.example.com/team/churn:1", "model.tar.gz"}},
		"oci://r.example.com:5000/churn:1/a/b":          {want: Location{"oci", "r.example.com:5000/churn:1", "a/b"}},
		"oci://r.example.com/churn" + digest + "/":      {want: Location{"oci", "r.example.com/churn" + digest, ""}},
		"oci://r.example.com/team/":                     {want: Location{"oci", "r.example.com/team", ""}},
		"oci://r.example.com:5000":                      {want: Location{"oci", "r.example.com:5000", ""}},
		"oci://r.example.com/Team/churn:1/":             {wantErr: true},
		"oci://r.example.com/churn@sha256:abc/":         {wantErr: true},
		"oci://user:secret@r.example.com/churn:1/":      {wantErr: true},
		"oci://":                     {wantErr: true},
		"gs://models/a/model.tar.gz": {want: Location{"gs", "models", "a/model.tar.gz"}},
		"azblob://models/a/":         {want: Location{"azblob", "models", "a/"}},
		"gs:///a":                    {wantErr: true},
	}
	for uri, tc := range cases {
		got, err := Parse(uri)
		if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.wantErr {
			t.Errorf("%s: %v (-want +got):\n%s", uri, err, diff)
		}
	}
}

func TestArtifactLocations(t *testing.T) {
	cases := map[string]string{
		"s3://models/":            "s3://models/Churn-Prod/abc/",
		"gs://models/team":        "gs://models/team/Churn-Prod/abc/",
		"oci://r.example.com/":    "oci://r.example.com/churn-prod:abc/",
		"oci://r.example.com/t/x": "oci://r.example.com/t/x/churn-prod:abc/",
	}
	for store, want := range cases {
		at, err := Parse(store)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.Artifact("Churn-Prod", "abc").String(); got != want {
			t.Errorf("%s: got %s, want %s", store, got, want)
		}
		if _, err := Parse(at.Artifact("--Churn--", "abc").String()); err != nil {
			t.Errorf("an artifact's location cannot be read: %v", err)
		}
	}
}

// TestOtherStores is TestStores for the stores of other clouds, with a broken
// upload and a replaced object besides.
func TestOtherStores(t *testing.T) {
	stores := map[string]func(*testing.T) Bucket{
		"gs": openGoogle, "azblob": openMicrosoft,
		"oci":                     func(t *testing.T) Bucket { return openRegistry(t, false) },
		"oci that reads no parts": func(t *testing.T) Bucket { return openRegistry(t, true) },
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			bucket := open(t)
			if _, err := bucket.Stat(t.Context(), "a/model.tar.gz"); KindOf(err) != KindNotFound {
				t.Errorf("got %v, want that it does not exist", err)
			}
			data := randomBytes(100_000)
			object := put(t, bucket, "a/model.tar.gz", data)
			put(t, bucket, "a/b/other", []byte("x"))
			put(t, bucket, "ab", []byte("not below a/"))
			got, err := download(t, Transfer{PartBytes: 7777, Parallelism: 3}, bucket, object)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("downloaded %d bytes, %v", len(got), err)
			}
			var keys []string
			for listed, err := range bucket.List(t.Context(), "a/") {
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, listed.Key)
				if _, err := download(t, Transfer{}, bucket, listed); err != nil {
					t.Errorf("what was listed cannot be read: %v", err)
				}
			}
			if diff := cmp.Diff([]string{"a/b/other", "a/model.tar.gz"}, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			broken := io.MultiReader(strings.NewReader("half"), &failingReader{})
			if err := bucket.Write(t.Context(), "broken", broken); !errors.Is(err, errBroken) {
				t.Errorf("got %v, want the reader's error", err)
			}
			if _, err := bucket.Stat(t.Context(), "broken"); KindOf(err) != KindNotFound {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

func TestReplacementIsNoticedElsewhere(t *testing.T) {
	for name, open := range map[string]func(*testing.T) Bucket{"gs": openGoogle, "azblob": openMicrosoft} {
		t.Run(name, func(t *testing.T) {
			bucket := open(t)
			object := put(t, bucket, "model", []byte("first"))
			put(t, bucket, "model", []byte("other"))
			if _, err := download(t, Transfer{}, bucket, object); KindOf(err) != KindChanged {
				t.Errorf("got %v, want that the object changed", err)
			}
		})
	}
}

// TestOCIArtifactIsAModelPack looks at the manifest that others read.
func TestOCIArtifactIsAModelPack(t *testing.T) {
	server := newRegistry(t, false)
	t.Setenv(EnvOCIUsername, "robot")
	options := Options{EndpointURL: server.URL}
	bucket := opened(t, "oci://registry.example.com/churn:1/", options)
	put(t, bucket, "model.tar.gz", []byte("first"))
	put(t, bucket, "model.tar.gz", []byte("second"))
	object := put(t, bucket, "README.md", []byte("words"))
	if want, _ := Digest(strings.NewReader("words")); object.Digest != want {
		t.Errorf("digest is %q, want %q", object.Digest, want)
	}
	pinned, err := bucket.(*ociBucket).Pin(t.Context(), Location{Scheme: "oci", Bucket: "registry.example.com/churn:1"})
	if err != nil || !strings.HasPrefix(pinned.String(), "oci://registry.example.com/churn@sha256:") {
		t.Fatalf("got %s, %v", pinned, err)
	}
	again := opened(t, pinned.String(), options)
	manifest, err := again.(*ociBucket).files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, layer := range manifest.Layers {
		names = append(names, layer.Annotations["org.cncf.model.filepath"]+" "+layer.MediaType)
	}
	want := []string{"README.md " + ociFileType, "model.tar.gz " + ociFileType}
	if diff := cmp.Diff(want, names); diff != "" || manifest.ArtifactType != ociArtifactType || manifest.Config.MediaType != ociConfigType {
		t.Errorf("%s %s (-want +got):\n%s", manifest.ArtifactType, manifest.Config.MediaType, diff)
	}
	config, err := ociConfig(manifest.Layers)
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		ModelFS struct {
			Type    string   `json:"type"`
			DiffIDs []string `json:"diffIds"`
		} `json:"modelfs"`
	}
	if err := json.Unmarshal(config, &parsed); err != nil || parsed.ModelFS.Type != "layers" || len(parsed.ModelFS.DiffIDs) != 2 {
		t.Errorf("configuration is %s, %v", config, err)
	}
	if err := again.Write(t.Context(), "more", strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "name a tag") {
		t.Errorf("got %v: an artifact named by digest cannot change", err)
	}
}

func TestOCIContentIsCheckedAgainstItsDigest(t *testing.T) {
	bucket := openRegistry(t, false)
	object := put(t, bucket, "model", []byte("as pushed"))
	if err := object.Check(strings.NewReader("tampered!")); err == nil || !strings.Contains(err.Error(), object.Digest) {
		t.Errorf("got %v, want both digests", err)
	}
	if err := object.Check(strings.NewReader("as pushed")); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusals(t *testing.T) {
	t.Setenv(envGoogleEmulator, "")
	t.Setenv(EnvGoogleCredentials, `{"type":"external_account","credential_source":{"url":"http://secret-token"}}`)
	t.Setenv(EnvAzureAccount, "")
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "")
	cases := map[string]struct {
		options  Options
		want     string
		wantKind Kind
	}{
		"gs://models/":               {want: "no key of a service account", wantKind: KindNoCredentials},
		"azblob://models/":           {want: EnvAzureAccount, wantKind: KindNoCredentials},
		"oci://r.example.com/churn/": {want: "neither tag nor digest", wantKind: KindOther},
		"oci://r.example.com/churn:1/": {
			options: Options{EndpointURL: "https://r.example.com/path"}, want: "not that of a registry", wantKind: KindOther,
		},
	}
	for uri, tc := range cases {
		_, _, err := Open(t.Context(), uri, tc.options)
		if err == nil || !strings.Contains(err.Error(), tc.want) || KindOf(err) != tc.wantKind {
			t.Errorf("%s: got %v (%s), want %q (%s)", uri, err, KindOf(err), tc.want, tc.wantKind)
		}
		if err != nil && strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: the error holds what the variable does: %v", uri, err)
		}
	}
}
