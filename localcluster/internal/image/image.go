// Package image reads container images from disk and pushes them to a registry.
//
// It understands OCI image layouts (a directory) and docker archives (the file
// that `docker save` writes, gzipped or not). It builds exactly one image itself:
// Static, a single program on an empty file system.
package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Artifact is what can be pushed: an image or an index of images.
type Artifact struct {
	image v1.Image
	index v1.ImageIndex
}

// Of wraps an image.
func Of(image v1.Image) Artifact { return Artifact{image: image} }

// Digest identifies the artifact's content.
func (a Artifact) Digest() (string, error) {
	if a.index != nil {
		digest, err := a.index.Digest()
		return digest.String(), err
	}
	digest, err := a.image.Digest()
	return digest.String(), err
}

// Open reads the image at path: a directory is an OCI layout, a file is a docker
// archive. It fails if there is not exactly one image to push.
func Open(path string) (Artifact, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Artifact{}, fmt.Errorf("open the image: %w", err)
	}
	if info.IsDir() {
		return openLayout(path)
	}
	return openArchive(path)
}

func openLayout(path string) (Artifact, error) {
	index, err := layout.ImageIndexFromPath(path)
	if err != nil {
		return Artifact{}, fmt.Errorf("read %s as an OCI image layout: %w", path, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return Artifact{}, fmt.Errorf("read the index of %s: %w", path, err)
	}
	if len(manifest.Manifests) != 1 {
		return Artifact{}, fmt.Errorf("the OCI image layout %s holds %d images; one is needed, copy the wanted one to a layout of its own", path, len(manifest.Manifests))
	}
	only := manifest.Manifests[0]
	if only.MediaType.IsIndex() {
		nested, err := index.ImageIndex(only.Digest)
		if err != nil {
			return Artifact{}, fmt.Errorf("read the image index in %s: %w", path, err)
		}
		return Artifact{index: nested}, nil
	}
	image, err := index.Image(only.Digest)
	if err != nil {
		return Artifact{}, fmt.Errorf("read the image in %s: %w", path, err)
	}
	return Artifact{image: image}, nil
}

func openArchive(path string) (Artifact, error) {
	image, err := tarball.Image(func() (io.ReadCloser, error) { return openPlain(path) }, nil)
	if err != nil {
		return Artifact{}, fmt.Errorf("read %s as a docker archive with one image: %w; an OCI image layout is given as a directory", path, err)
	}
	return Artifact{image: image}, nil
}

// plainFile is a file seen through a decompressor.
type plainFile struct {
	io.Reader
	file *os.File
}

func (p plainFile) Close() error { return p.file.Close() }

// openPlain opens a file and undoes gzip, which RFC 1952 marks with two bytes.
func openPlain(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	reader := bufio.NewReader(file)
	// A file of one byte is not compressed; reading it tells what is wrong.
	magic, _ := reader.Peek(2)
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return plainFile{Reader: reader, file: file}, nil
	}
	plain, err := gzip.NewReader(reader)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("decompress %s: %w", path, err), file.Close())
	}
	return plainFile{Reader: plain, file: file}, nil
}

// References are the names to push an image under at the registry host:port. The
// first is the one to show. A registry named in wanted is dropped, because nodes
// pull every image from this one: "quay.io/a/b:1" becomes "HOST/a/b:1". A plain
// "b:1" is pushed as "HOST/library/b:1" too, which is how nodes complete it.
func References(registry, wanted string) ([]string, error) {
	parsed, err := name.ParseReference(wanted, name.WithDefaultRegistry(""))
	if err != nil {
		return nil, fmt.Errorf("the image reference %q is not valid: %w; use NAME:TAG", wanted, err)
	}
	tag, ok := parsed.(name.Tag)
	if !ok {
		return nil, fmt.Errorf("the image reference %q names a digest; use NAME:TAG, the digest follows from the content", wanted)
	}
	repository, suffix := tag.RepositoryStr(), ":"+tag.TagStr()
	references := []string{registry + "/" + repository + suffix}
	if tag.RegistryStr() == "" && !strings.Contains(repository, "/") {
		references = append(references, registry+"/library/"+repository+suffix)
	}
	return references, nil
}

// Push uploads an artifact under a reference, over plain HTTP.
func Push(ctx context.Context, reference string, artifact Artifact) error {
	parsed, err := name.ParseReference(reference, name.Insecure)
	if err != nil {
		return fmt.Errorf("parse the image reference %q: %w", reference, err)
	}
	if artifact.index != nil {
		err = remote.WriteIndex(parsed, artifact.index, remote.WithContext(ctx))
	} else {
		err = remote.Write(parsed, artifact.image, remote.WithContext(ctx))
	}
	if err != nil {
		return fmt.Errorf("push the image %s: %w", reference, err)
	}
	return nil
}

// Static makes the image of one statically linked program, run as nobody.
// The same program always gives the same digest.
func Static(program, entrypoint string) (v1.Image, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("read the program: %w", err)
	}
	archive, err := oneFile(entrypoint, content)
	if err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil }
	layer, err := tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("make the layer: %w", err)
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, layer)
	if err != nil {
		return nil, fmt.Errorf("append the layer: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the new image's configuration: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint = []string{"/" + entrypoint}
	config.Config.User = "65534:65534"
	return mutate.ConfigFile(image, config)
}

func oneFile(entrypoint string, content []byte) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: entrypoint, Mode: 0o755, Size: int64(len(content)), Format: tar.FormatUSTAR}); err != nil {
		return nil, fmt.Errorf("write the layer: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("write the layer: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write the layer: %w", err)
	}
	return archive.Bytes(), nil
}
