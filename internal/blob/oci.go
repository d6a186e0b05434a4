package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// Media types of a model artifact, and the annotation that names a layer's
// file: CNCF ModelPack, modelpack/model-spec, docs/spec.md and docs/config.md.
// Every file is a layer of its own, as it is: a model.tar.gz too, so that the
// layer's digest is the archive's.
const (
	ociArtifactType = "application/vnd.cncf.model.manifest.v1+json"
	ociConfigType   = "application/vnd.cncf.model.config.v1+json"
	ociFileType     = "application/vnd.cncf.model.weight.v1.raw"
	ociFilePath     = "org.cncf.model.filepath"
)

// Variables of the environment that open a registry. Without them the
// credentials are those of docker login.
const (
	EnvOCIUsername = "OCI_USERNAME"
	EnvOCIPassword = "OCI_PASSWORD"
)

// maxOCIManifestBytes bounds a manifest, as registries do (4 MiB by the OCI
// distribution specification 1.1, "Pushing Manifests").
const maxOCIManifestBytes = 4 << 20

// ociBucket is one artifact of a registry seen as a bucket: its files are the
// objects. What is read of it is what the manifest said first, so that a tag
// that moves meanwhile mixes nothing.
type ociBucket struct {
	at   Location
	repo *remote.Repository
	// scheme is https, or http where the endpoint says so.
	scheme string
	// manifest is what the reference stood for at first use.
	manifest *ocispec.Manifest
	digest   string
}

func openOCI(at Location, options Options) (Bucket, error) {
	repo, err := remote.NewRepository(at.Bucket)
	if err != nil {
		return nil, fmt.Errorf("%q is no reference to an artifact: %w", at.Bucket, err)
	}
	if repo.Reference.Reference == "" {
		return nil, fmt.Errorf("%q names neither tag nor digest; want registry/repository:tag", at.Bucket)
	}
	named := repo.Reference.Host()
	b := &ociBucket{at: at, repo: repo, scheme: "https"}
	if options.EndpointURL != "" {
		endpoint, err := url.Parse(options.EndpointURL)
		if err != nil || endpoint.Host == "" || strings.Trim(endpoint.Path, "/") != "" {
			return nil, fmt.Errorf("the address %q is not that of a registry; want https://host:port", options.EndpointURL)
		}
		repo.Reference.Registry, b.scheme = endpoint.Host, endpoint.Scheme
	}
	repo.PlainHTTP = b.scheme == "http"
	repo.MaxMetadataBytes = maxOCIManifestBytes
	find, err := ociCredentials(named, repo.Reference.Host())
	if err != nil {
		return nil, err
	}
	// Attempts are counted by Transfer; the ones of this client are for the
	// requests around it.
	repo.Client = &auth.Client{Client: retry.DefaultClient, Cache: auth.NewCache(), Credential: find}
	return b, nil
}

// ociCredentials answers only for the registry that the address names, and for
// the host that stands in for it.
func ociCredentials(named, asked string) (auth.CredentialFunc, error) {
	if name := os.Getenv(EnvOCIUsername); name != "" {
		static := auth.Credential{Username: name, Password: os.Getenv(EnvOCIPassword)}
		return auth.StaticCredential(asked, static), nil
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot read the credentials of docker login: %w", err)
	}
	return func(ctx context.Context, host string) (auth.Credential, error) {
		if host == asked {
			host = named
		}
		return credentials.Credential(store)(ctx, host)
	}, nil
}

func (b *ociBucket) Location(key string) Location { return b.at.at(key) }

func (b *ociBucket) Close() error { return nil }

// files returns the manifest, read once.
func (b *ociBucket) files(ctx context.Context) (*ocispec.Manifest, error) {
	if b.manifest != nil {
		return b.manifest, nil
	}
	descriptor, reader, err := b.repo.FetchReference(ctx, b.repo.Reference.Reference)
	if err != nil {
		return nil, failed("read", b.at, err)
	}
	defer reader.Close()
	data, err := content.ReadAll(reader, descriptor)
	if err != nil {
		return nil, failed("read", b.at, err)
	}
	if descriptor.MediaType != ocispec.MediaTypeImageManifest {
		return nil, failed("read", b.at, fmt.Errorf("it is a %s; want a model artifact (%s)", descriptor.MediaType, ocispec.MediaTypeImageManifest))
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, failed("read", b.at, fmt.Errorf("its manifest is not JSON: %w", err))
	}
	b.manifest, b.digest = &manifest, descriptor.Digest.String()
	return b.manifest, nil
}

// fileOf returns the file that a layer is: by ModelPack's annotation, or by the
// one that ORAS and KitOps write.
func fileOf(layer ocispec.Descriptor) string {
	if name := layer.Annotations[ociFilePath]; name != "" {
		return name
	}
	return layer.Annotations[ocispec.AnnotationTitle]
}

func objectOfLayer(layer ocispec.Descriptor) Object {
	return Object{
		Key: fileOf(layer), SizeBytes: layer.Size, ETag: layer.Digest.String(), Digest: layer.Digest.String(),
	}
}

func (b *ociBucket) Stat(ctx context.Context, key string) (Object, error) {
	manifest, err := b.files(ctx)
	if err != nil {
		return Object{}, err
	}
	for _, layer := range manifest.Layers {
		if fileOf(layer) == key {
			return objectOfLayer(layer), nil
		}
	}
	return Object{}, failed("read", b.at.at(key), fmt.Errorf("%w: the artifact has no such file", errdef.ErrNotFound))
}

func (b *ociBucket) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		manifest, err := b.files(ctx)
		if err != nil {
			yield(Object{}, err)
			return
		}
		var objects []Object
		for _, layer := range manifest.Layers {
			if name := fileOf(layer); name != "" && strings.HasPrefix(name, prefix) {
				objects = append(objects, objectOfLayer(layer))
			}
		}
		slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
		for _, object := range objects {
			if !yield(object, nil) {
				return
			}
		}
	}
}

// Pin returns the location with the manifest's digest in place of the tag:
// what stands there can never change.
func (b *ociBucket) Pin(ctx context.Context, at Location) (Location, error) {
	if _, err := b.files(ctx); err != nil {
		return Location{}, err
	}
	name, _, _ := strings.Cut(at.Bucket, "@")
	if host, path, found := strings.Cut(name, "/"); found {
		path, _, _ = strings.Cut(path, ":")
		name = host + "/" + path
	}
	at.Bucket = name + "@" + b.digest
	return at, nil
}

func (b *ociBucket) OpenRange(ctx context.Context, object Object, offsetBytes, lengthBytes int64) (io.ReadCloser, error) {
	endBytes := object.SizeBytes
	if lengthBytes >= 0 {
		endBytes = min(offsetBytes+lengthBytes, endBytes)
	}
	if offsetBytes >= endBytes {
		return http.NoBody, nil
	}
	answer, err := b.get(ctx, object, offsetBytes, endBytes)
	if err != nil {
		return nil, failed("read", b.at.at(object.Key), err)
	}
	if answer.StatusCode == http.StatusOK && offsetBytes > 0 {
		if _, err := io.CopyN(io.Discard, answer.Body, offsetBytes); err != nil {
			return nil, failed("read", b.at.at(object.Key), errors.Join(err, answer.Body.Close()))
		}
	}
	return limited{Reader: io.LimitReader(answer.Body, endBytes-offsetBytes), Closer: answer.Body}, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// get asks for a range of a blob. oras-go itself fetches whole blobs, and seeks
// by a second request.
func (b *ociBucket) get(ctx context.Context, object Object, beginBytes, endBytes int64) (*http.Response, error) {
	reference := b.repo.Reference
	ctx = auth.AppendRepositoryScope(ctx, reference, auth.ActionPull)
	address := fmt.Sprintf("%s://%s/v2/%s/blobs/%s", b.scheme, reference.Host(), reference.Repository, object.ETag)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", beginBytes, endBytes-1))
	answer, err := b.repo.Client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusPartialContent {
		return nil, errors.Join(&statusError{code: answer.StatusCode}, answer.Body.Close())
	}
	return answer, nil
}

// ranges says whether the registry reads parts of blobs, which the OCI
// distribution specification only recommends.
func (b *ociBucket) ranges(ctx context.Context, object Object) (bool, error) {
	answer, err := b.get(ctx, object, 0, 1)
	if err != nil {
		return false, failed("read", b.at.at(object.Key), err)
	}
	return answer.StatusCode == http.StatusPartialContent, answer.Body.Close()
}

// statusError is a registry's answer that is no success.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("the registry answered %d", e.code) }

// newOCIManifest is an artifact without files.
func newOCIManifest() *ocispec.Manifest {
	return &ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: ociArtifactType,
	}
}
