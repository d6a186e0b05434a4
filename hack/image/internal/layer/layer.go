// Package layer turns trees of files into reproducible tar streams.
//
// The same input gives the same bytes on any machine: entries are sorted, times
// are the Unix epoch, owners are root and no name of a user or group is written.
// It refuses what an image layer cannot carry or would misread: devices, sockets,
// names that climb out of the root, and whiteout names (".wh.…"), which the OCI
// image specification reads as deletions.
package layer

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// whiteoutPrefix marks a deletion: OCI image specification, layer.md, "Whiteouts".
const whiteoutPrefix = ".wh."

// Entry is one file, directory or symbolic link of a layer.
type Entry struct {
	// Name is the slash-separated path in the image, without a leading slash.
	Name string
	// Mode holds the type and the permission bits; only regular files,
	// directories and symbolic links are allowed.
	Mode fs.FileMode
	// LinkTarget is where a symbolic link points, written as it stands.
	LinkTarget string
	// SourcePath is the file on this machine that holds a regular file's content.
	// Where it is empty, Content does.
	SourcePath string
	Content    []byte
}

// Write writes entries as one tar stream, sorted, with the parent directories
// that none of them names. Two entries of one name are an error.
func Write(w io.Writer, entries []Entry) error {
	all, err := complete(entries)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	for _, e := range all {
		if err := write(tw, e); err != nil {
			return fmt.Errorf("write %s to the layer: %w", e.Name, err)
		}
	}
	if err := tw.Close(); err != nil {
		return fmt.Errorf("finish the layer: %w", err)
	}
	return nil
}

// WriteGzip is Write compressed, with a gzip header that names no file or time.
func WriteGzip(w io.Writer, entries []Entry) error {
	zw, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("start gzip: %w", err)
	}
	if err := Write(zw, entries); err != nil {
		return errors.Join(err, zw.Close())
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("finish gzip: %w", err)
	}
	return nil
}

// complete checks the entries, adds missing parents and sorts by name, so that a
// directory precedes what it holds.
func complete(entries []Entry) ([]Entry, error) {
	byName := make(map[string]Entry, len(entries))
	for _, e := range entries {
		if err := check(e); err != nil {
			return nil, err
		}
		if _, taken := byName[e.Name]; taken {
			return nil, fmt.Errorf("two entries are called %s: keep one", e.Name)
		}
		byName[e.Name] = e
	}
	for _, e := range entries {
		for dir := path.Dir(e.Name); dir != "."; dir = path.Dir(dir) {
			parent, ok := byName[dir]
			if ok && parent.Mode.IsRegular() {
				return nil, fmt.Errorf("%s cannot lie below %s, which is a file", e.Name, dir)
			}
			if !ok {
				byName[dir] = Entry{Name: dir, Mode: fs.ModeDir | 0o755}
			}
		}
	}
	all := make([]Entry, 0, len(byName))
	for _, e := range byName {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func check(e Entry) error {
	if !fs.ValidPath(e.Name) || e.Name == "." {
		return fmt.Errorf("%q is not a name in an image: want a clean relative path", e.Name)
	}
	if strings.HasPrefix(path.Base(e.Name), whiteoutPrefix) {
		return fmt.Errorf("%s begins with %s, which an image reads as a deletion: rename it", e.Name, whiteoutPrefix)
	}
	switch e.Mode.Type() {
	case 0, fs.ModeDir, fs.ModeSymlink:
		return nil
	}
	return fmt.Errorf("%s is a %s: a layer carries files, directories and symbolic links only", e.Name, e.Mode.Type())
}

func write(tw *tar.Writer, e Entry) error {
	h := &tar.Header{
		Name:    e.Name,
		Mode:    tarMode(e.Mode),
		ModTime: time.Unix(0, 0),
		Format:  tar.FormatPAX,
	}
	switch e.Mode.Type() {
	case fs.ModeDir:
		h.Typeflag, h.Name = tar.TypeDir, e.Name+"/"
		return tw.WriteHeader(h)
	case fs.ModeSymlink:
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.LinkTarget
		return tw.WriteHeader(h)
	}
	h.Typeflag = tar.TypeReg
	if e.SourcePath == "" {
		h.Size = int64(len(e.Content))
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		_, err := tw.Write(e.Content)
		return err
	}
	return writeFile(tw, h, e.SourcePath)
}

func writeFile(tw *tar.Writer, h *tar.Header, source string) error {
	f, err := os.Open(source)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h.Size = info.Size()
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	return err
}

// tarMode gives the twelve mode bits of POSIX tar.
func tarMode(m fs.FileMode) int64 {
	bits := int64(m.Perm())
	for flag, bit := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return bits
}
