package layer

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Modes says what becomes of permission bits.
type Modes int

const (
	// KeepModes writes the bits found on disk.
	KeepModes Modes = iota
	// PlainModes writes 0755 for directories and executables and 0644 for the
	// rest, so that a checkout's umask does not change the layer.
	PlainModes
)

// Dir lists the tree below dir as entries below prefix ("/opt/program"; "/" or
// empty for the root). A file or directory whose base name matches one of the
// excluded patterns (path.Match) is left out with all it holds.
func Dir(dir, prefix string, modes Modes, exclude ...string) ([]Entry, error) {
	if err := checkPatterns(exclude); err != nil {
		return nil, err
	}
	var entries []Entry
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if file == dir {
			return requireDir(file, d)
		}
		if slices.ContainsFunc(exclude, func(pattern string) bool { return matches(pattern, d.Name()) }) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		e, err := entry(file, path.Join(strings.Trim(prefix, "/"), filepath.ToSlash(rel)), d, modes)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s for the layer: %w", dir, err)
	}
	return entries, nil
}

func checkPatterns(patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("exclude %q: %w", p, err)
		}
	}
	return nil
}

func requireDir(file string, d fs.DirEntry) error {
	if !d.IsDir() {
		return fmt.Errorf("%s is not a directory", file)
	}
	return nil
}

// matches relies on checkPatterns having refused malformed patterns.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func entry(file, name string, d fs.DirEntry, modes Modes) (Entry, error) {
	info, err := d.Info()
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Name: name, Mode: info.Mode()}
	switch e.Mode.Type() {
	case 0:
		e.SourcePath = file
	case fs.ModeSymlink:
		if e.LinkTarget, err = os.Readlink(file); err != nil {
			return Entry{}, err
		}
		e.Mode = fs.ModeSymlink | 0o777
	}
	if modes == PlainModes && e.Mode.Type() != fs.ModeSymlink {
		e.Mode = plain(e.Mode)
	}
	return e, nil
}

func plain(m fs.FileMode) fs.FileMode {
	if m.IsDir() || m&0o111 != 0 {
		return m.Type() | 0o755
	}
	return m.Type() | 0o644
}
