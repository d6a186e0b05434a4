package blob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
)

// Write pushes a file as a layer, and then the manifest that names it: until
// then the artifact is what it was. The content is read twice where it can be,
// since a registry wants its digest first; otherwise it goes through a file.
func (b *ociBucket) Write(ctx context.Context, key string, from io.Reader) error {
	if err := b.tag(key); err != nil {
		return err
	}
	source, descriptor, err := described(from)
	if err != nil {
		return failed("write", b.at.at(key), err)
	}
	defer source.Close()
	if err := b.pushBlob(ctx, descriptor, source); err != nil {
		return failed("write", b.at.at(key), err)
	}
	return b.addLayer(ctx, key, ociLayer(key, descriptor.Digest.String(), descriptor.Size))
}

// tag says that the artifact can change.
func (b *ociBucket) tag(key string) error {
	if strings.Contains(b.repo.Reference.Reference, ":") {
		return failed("write", b.at.at(key), errors.New("an artifact named by its digest cannot change; name a tag"))
	}
	return nil
}

// addLayer names a blob in the manifest, in place of the file of that name.
func (b *ociBucket) addLayer(ctx context.Context, key string, layer ocispec.Descriptor) error {
	manifest, err := b.files(ctx)
	switch {
	case KindOf(err) == KindNotFound:
		manifest = newOCIManifest()
	case err != nil:
		return err
	}
	changed := *manifest
	changed.Layers = slices.DeleteFunc(slices.Clone(manifest.Layers), func(l ocispec.Descriptor) bool { return fileOf(l) == key })
	changed.Layers = append(changed.Layers, layer)
	slices.SortFunc(changed.Layers, func(a, b ocispec.Descriptor) int { return strings.Compare(fileOf(a), fileOf(b)) })
	if err := b.pushManifest(ctx, &changed); err != nil {
		return failed("write", b.at.at(key), err)
	}
	return nil
}

// put is Write: registries verify the digest of what is pushed.
func (b *ociBucket) put(ctx context.Context, key string, data []byte) (Check, error) {
	return CheckWhole, b.Write(ctx, key, bytes.NewReader(data))
}

// pushBlob pushes what is not there yet.
func (b *ociBucket) pushBlob(ctx context.Context, descriptor ocispec.Descriptor, from io.Reader) error {
	there, err := b.repo.Blobs().Exists(ctx, descriptor)
	if err != nil || there {
		return err
	}
	return b.repo.Blobs().Push(ctx, descriptor, from)
}

func (b *ociBucket) pushManifest(ctx context.Context, manifest *ocispec.Manifest) error {
	config, err := ociConfig(manifest.Layers)
	if err != nil {
		return err
	}
	manifest.Config = ocispec.Descriptor{MediaType: ociConfigType, Digest: digest.FromBytes(config), Size: int64(len(config))}
	if err := b.pushBlob(ctx, manifest.Config, bytes.NewReader(config)); err != nil {
		return err
	}
	data, err := json.Marshal(manifest)
	if err != nil {
		return fmt.Errorf("cannot write the manifest: %w", err)
	}
	descriptor := ocispec.Descriptor{MediaType: manifest.MediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if err := b.repo.PushReference(ctx, descriptor, bytes.NewReader(data), b.repo.Reference.Reference); err != nil {
		return err
	}
	b.manifest, b.digest = manifest, descriptor.Digest.String()
	return nil
}

// ociConfig is ModelPack's configuration of a model: what docs/config.md of the
// specification requires. The layers are not packed, so that their own digests
// are those of their content.
func ociConfig(layers []ocispec.Descriptor) ([]byte, error) {
	digests := make([]string, 0, len(layers))
	for _, layer := range layers {
		digests = append(digests, layer.Digest.String())
	}
	data, err := json.Marshal(map[string]any{
		"descriptor": map[string]any{}, "config": map[string]any{},
		"modelfs": map[string]any{"type": "layers", "diffIds": digests},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot write the model's configuration: %w", err)
	}
	return data, nil
}

// described returns content that begins where from stands, with its digest and
// length.
func described(from io.Reader) (io.ReadCloser, ocispec.Descriptor, error) {
	if seeker, ok := from.(io.ReadSeeker); ok {
		return describedSeeker(seeker)
	}
	spool, err := os.CreateTemp("", "landfall-push-*")
	if err != nil {
		return nil, ocispec.Descriptor{}, fmt.Errorf("cannot create a file for what is pushed: %w", err)
	}
	source := &spooled{File: spool}
	hash := digest.SHA256.Digester()
	size, err := io.Copy(io.MultiWriter(spool, hash.Hash()), from)
	if err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, ocispec.Descriptor{}, errors.Join(err, source.Close())
	}
	return source, ocispec.Descriptor{MediaType: ociFileType, Digest: hash.Digest(), Size: size}, nil
}

func describedSeeker(from io.ReadSeeker) (io.ReadCloser, ocispec.Descriptor, error) {
	begin, err := from.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	hash := digest.SHA256.Digester()
	size, err := io.Copy(hash.Hash(), from)
	if err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	if _, err := from.Seek(begin, io.SeekStart); err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	return io.NopCloser(from), ocispec.Descriptor{MediaType: ociFileType, Digest: hash.Digest(), Size: size}, nil
}

// spooled is a file that goes with its last use.
type spooled struct{ *os.File }

func (s *spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

// notFoundInRegistry says that a registry knows no such thing.
func notFoundInRegistry(err error) bool { return errors.Is(err, errdef.ErrNotFound) }
