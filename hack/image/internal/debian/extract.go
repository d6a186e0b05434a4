package debian

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// notNeeded are the files and directories of a package that a service never opens.
var notNeeded = regexp.MustCompile(`^usr/share/(man|locale|info|lintian|bug)(/|$)|(^|/)tests/|^usr/lib/[^/]*/gconv(/|$)|/numpy/f2py(/|$)|\.a$`)

// needed says whether a package's file belongs into the root. Of the
// documentation only copyright files do: an image that is passed on must carry them.
func needed(name string) bool {
	if name == "usr/share/doc" || strings.HasPrefix(name, "usr/share/doc/") {
		return path.Base(name) == "copyright"
	}
	return !notNeeded.MatchString(name)
}

// mergedTop are the directories that a merged-/usr system links into /usr, as
// Debian has since release 12; packages still ship files under the old names.
var mergedTop = []string{"bin", "sbin", "lib", "lib64"}

// Extract unpacks the tar stream of one package's files below root. Entries keep
// their permission bits; owners are left to the layer writer.
func Extract(root *os.Root, stream io.Reader) error {
	tr := tar.NewReader(stream)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the package's files: %w", err)
		}
		name := merged(h.Name)
		if name == "." || !needed(name) {
			continue
		}
		if err := place(root, name, h, tr); err != nil {
			return fmt.Errorf("unpack %s: %w", h.Name, err)
		}
	}
}

// merged cleans a name of a package and moves it below usr where it belongs.
func merged(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "."
	}
	if top, _, _ := strings.Cut(name, "/"); slices.Contains(mergedTop, top) {
		return path.Join("usr", name)
	}
	return name
}

func place(root *os.Root, name string, h *tar.Header, content io.Reader) error {
	mode := fs.FileMode(h.Mode).Perm()
	if h.Typeflag == tar.TypeDir {
		return root.MkdirAll(name, mode|0o700)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(merged(h.Linkname), name)
	case tar.TypeReg:
		return placeFile(root, name, mode, content)
	}
	return fmt.Errorf("type %q is not a file, directory or link", h.Typeflag)
}

func placeFile(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	// The umask would shorten a mode given at creation.
	return errors.Join(err, f.Chmod(mode), f.Close())
}
