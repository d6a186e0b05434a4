package archive

import (
	"archive/tar"
	"path"
	"slices"
	"strings"
)

// Longest names that Linux file systems take.
const (
	maxPathBytes = 4095
	maxNameBytes = 255
)

// kindOf accepts files and folders.
func kindOf(header *tar.Header) (occupant, error) {
	switch header.Typeflag {
	case tar.TypeReg:
		if strings.HasSuffix(header.Name, "/") {
			return folder, nil // how archives older than POSIX write folders
		}
		return file, nil
	case tar.TypeDir:
		return folder, nil
	case tar.TypeSymlink:
		return 0, &RefusedError{Reason: ReasonSymlink, Entry: header.Name}
	case tar.TypeLink:
		return 0, &RefusedError{Reason: ReasonHardLink, Entry: header.Name}
	default:
		return 0, &RefusedError{Reason: ReasonSpecial, Entry: header.Name}
	}
}

// cleanPath returns the path of an entry without './' and doubled slashes. A
// '..' is refused even where it would stay inside.
func cleanPath(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return "", refused(ReasonAbsolute, name)
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", refused(ReasonClimbs, name)
	}
	if name == "" || len(name) > maxPathBytes || strings.ContainsRune(name, 0) {
		return "", refused(ReasonBadName, name)
	}
	clean := path.Clean(name)
	for element := range strings.SplitSeq(clean, "/") {
		if len(element) > maxNameBytes {
			return "", refused(ReasonBadName, name)
		}
	}
	return clean, nil
}

// CleanPath returns a relative path without './' and doubled slashes, or why a
// file of that name must not be written.
func CleanPath(name string) (string, error) {
	clean, err := cleanPath(name)
	if err == nil && clean == "." {
		return "", refused(ReasonBadName, name)
	}
	return clean, err
}

// take books the path, and every folder above it.
func (w *walker) take(name, clean string, kind occupant) error {
	if w.pathBytes += len(clean); w.pathBytes > maxPathsBytes {
		return w.tooMany(name)
	}
	for above := path.Dir(clean); above != "."; above = path.Dir(above) {
		switch w.taken[above] {
		case file:
			return refused(ReasonClash, name)
		case folder, implied:
		default:
			w.taken[above] = implied
			w.listing.VolumeBytes += blockBytes
			if w.implied++; w.implied > w.limits.MaxEntries {
				return w.tooMany(name)
			}
		}
	}
	switch known := w.taken[clean]; {
	case known == 0, known == implied && kind == folder:
		w.taken[clean] = kind
	case known == folder && kind == folder:
	case known == file && kind == file:
		return refused(ReasonDuplicate, name)
	default:
		return refused(ReasonClash, name)
	}
	return nil
}
