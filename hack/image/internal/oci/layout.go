package oci

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// ReadLayout opens the one image of the OCI layout in dir.
func ReadLayout(dir string) (v1.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("open the OCI layout %s (image base, app and scratch write one): %w", dir, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("read the index of %s: %w", dir, err)
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("the OCI layout %s holds %d images: want one", dir, len(manifest.Manifests))
	}
	img, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		return nil, fmt.Errorf("read the image of %s: %w", dir, err)
	}
	return img, nil
}

// WriteLayout writes img as the one image of the OCI layout in dir, replacing what
// is there only once the new one is complete. Blobs that the layout baseDir already
// has are linked, not copied; baseDir may be empty. A directory that is neither
// empty nor a layout is refused.
func WriteLayout(dir string, img v1.Image, baseDir string) error {
	if err := replaceable(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("prepare the OCI layout %s: %w", dir, err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".layout-*")
	if err != nil {
		return fmt.Errorf("prepare the OCI layout %s: %w", dir, err)
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return fmt.Errorf("prepare the OCI layout %s: %w", dir, err)
	}
	if err := fill(fresh, img, baseDir); err != nil {
		return fmt.Errorf("write the OCI layout %s: %w", dir, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("replace the OCI layout %s: %w", dir, err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("put the OCI layout %s in place: %w", dir, err)
	}
	return nil
}

// replaceable guards against removing a directory that is something else.
func replaceable(dir string) error {
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(found) == 0) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the output directory: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "oci-layout")); err != nil {
		return fmt.Errorf("%s is not empty and not an OCI layout: name another directory", dir)
	}
	return nil
}

func fill(dir string, img v1.Image, baseDir string) error {
	target, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if baseDir != "" {
		if err := linkLayers(dir, img, baseDir); err != nil {
			return err
		}
	}
	return target.AppendImage(img)
}

// linkLayers gives dir the layers that img shares with baseDir: writing an image
// passes over blobs that are already there.
func linkLayers(dir string, img v1.Image, baseDir string) error {
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	for _, l := range manifest.Layers {
		blob := filepath.Join("blobs", l.Digest.Algorithm, l.Digest.Hex)
		to := filepath.Join(dir, blob)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		// Another file system or a missing blob only means that it is copied.
		if err := os.Link(filepath.Join(baseDir, blob), to); errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
