// Package oci assembles images and moves them: OCI layouts on disk, registries,
// docker archives and unpacked trees.
//
// An image here is for one platform and holds nothing that depends on when or
// where it was made, so its digest names its content. Layouts with several images
// are refused.
package oci

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Config is what an image tells the runtime. Unset fields keep the base's value.
type Config struct {
	// Arch is the architecture in Go's words ("amd64"); required without a base.
	Arch string
	// User is the numeric user, or "user:group", that the process runs as.
	User       string
	WorkDir    string
	Entrypoint []string
	// Env holds NAME=VALUE; a name of the base is replaced.
	Env []string
	// Labels are added to those of the base.
	Labels map[string]string
	// ExposedPorts holds "8080/tcp".
	ExposedPorts []string
}

// Empty is the image that a base starts from, in OCI media types.
func Empty() v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
}

// Append adds the gzip-compressed tar file as the top layer, said to be made by
// createdBy in the image's history.
func Append(base v1.Image, layerFile, createdBy string) (v1.Image, error) {
	l, err := tarball.LayerFromFile(layerFile, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("read the layer %s: %w", layerFile, err)
	}
	return appendLayer(base, l, createdBy)
}

// AppendOpener is Append for a layer that is made anew each time it is read.
func AppendOpener(base v1.Image, open func() (io.ReadCloser, error), createdBy string) (v1.Image, error) {
	l, err := tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("make the layer: %w", err)
	}
	return appendLayer(base, l, createdBy)
}

func appendLayer(base v1.Image, l v1.Layer, createdBy string) (v1.Image, error) {
	img, err := mutate.Append(base, mutate.Addendum{Layer: l, MediaType: types.OCILayer, History: v1.History{CreatedBy: createdBy}})
	if err != nil {
		return nil, fmt.Errorf("append the layer: %w", err)
	}
	return img, nil
}

// Configure applies c to the image.
func Configure(img v1.Image, c Config) (v1.Image, error) {
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the base's configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS = "linux"
	if c.Arch != "" {
		file.Architecture = c.Arch
	}
	if file.Architecture == "" {
		return nil, errors.New("the image has no architecture: name one or use a base that has")
	}
	if err := apply(&file.Config, c); err != nil {
		return nil, err
	}
	img, err = mutate.ConfigFile(img, file)
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return img, nil
}

func apply(to *v1.Config, c Config) error {
	if c.User != "" {
		to.User = c.User
	}
	if c.WorkDir != "" {
		to.WorkingDir = c.WorkDir
	}
	if len(c.Entrypoint) > 0 {
		to.Entrypoint, to.Cmd = c.Entrypoint, nil
	}
	for _, pair := range c.Env {
		name, _, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return fmt.Errorf("environment %q: want NAME=VALUE", pair)
		}
		to.Env = slices.DeleteFunc(to.Env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		to.Env = append(to.Env, pair)
	}
	for name, value := range c.Labels {
		if to.Labels == nil {
			to.Labels = map[string]string{}
		}
		to.Labels[name] = value
	}
	for _, port := range c.ExposedPorts {
		if to.ExposedPorts == nil {
			to.ExposedPorts = map[string]struct{}{}
		}
		to.ExposedPorts[port] = struct{}{}
	}
	return nil
}
