package oci

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// errPlainHTTP is what a request without TLS gets that nobody allowed.
var errPlainHTTP = errors.New("the registry would be spoken to without TLS")

// tlsOnly refuses plain HTTP: the registry client falls back to it by itself for
// loopback and private addresses, and would send credentials along.
type tlsOnly struct{ next http.RoundTripper }

func (t tlsOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" {
		return nil, errPlainHTTP
	}
	return t.next.RoundTrip(req)
}

// Push writes the image to a registry under ref, with the credentials of the
// user's Docker configuration, and returns the reference by digest. Plain HTTP is
// only spoken when plainHTTP says so.
func Push(ctx context.Context, img v1.Image, ref string, plainHTTP bool) (string, error) {
	options := []name.Option{name.StrictValidation}
	transport := http.RoundTripper(tlsOnly{remote.DefaultTransport})
	if plainHTTP {
		options, transport = append(options, name.Insecure), remote.DefaultTransport
	}
	target, err := name.ParseReference(ref, options...)
	if err != nil {
		return "", fmt.Errorf("reference %q: want REGISTRY/NAME:TAG: %w", ref, err)
	}
	err = remote.Write(target, img, remote.WithContext(ctx), remote.WithTransport(transport), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return "", fmt.Errorf("push to %s (a registry without TLS needs --plain-http): %w", ref, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("digest the image: %w", err)
	}
	return target.Context().Digest(digest.String()).String(), nil
}

// Archive writes the image as a docker archive that `docker load`, `kind load
// image-archive` and `ctr images import` read, named ref.
func Archive(img v1.Image, ref, file string) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return fmt.Errorf("reference %q: want NAME:TAG: %w", ref, err)
	}
	if err := tarball.WriteToFile(file, tag, img); err != nil {
		return fmt.Errorf("write the archive %s: %w", file, err)
	}
	return nil
}

// Unpack writes the files of the image below dir, which must be empty or absent,
// as a root to look at or to change root into. Owners are not restored.
func Unpack(img v1.Image, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("prepare %s: %w", dir, err)
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if len(found) > 0 {
		return fmt.Errorf("%s is not empty: name another directory", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer root.Close()
	files := mutate.Extract(img)
	defer files.Close()
	return unpackTar(root, tar.NewReader(files))
}

func unpackTar(root *os.Root, tr *tar.Reader) error {
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the image's files: %w", err)
		}
		if err := unpackEntry(root, h, tr); err != nil {
			return fmt.Errorf("unpack %s: %w", h.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, h *tar.Header, content io.Reader) error {
	target := path.Clean(h.Name)
	if err := root.MkdirAll(path.Dir(target), 0o755); err != nil {
		return err
	}
	mode := h.FileInfo().Mode()
	switch h.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(target, 0o755); err != nil {
			return err
		}
		return root.Chmod(target, mode&(fs.ModePerm|fs.ModeSticky))
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, target)
	case tar.TypeReg:
		f, err := root.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Chmod(mode.Perm()), f.Close())
	}
	return fmt.Errorf("type %q is not a file, directory or symbolic link", h.Typeflag)
}
