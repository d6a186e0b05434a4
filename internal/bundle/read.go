package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/export"
)

// Read returns what a folder's bundle.yaml says.
func Read(dir string) (export.Manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, export.ManifestPath))
	if err != nil {
		return export.Manifest{}, notABundle(dir, err)
	}
	var manifest export.Manifest
	header := document.Header{APIVersion: export.APIVersion, Kind: export.KindBundle}
	if err := document.Decode(data, header, &manifest); err != nil {
		return export.Manifest{}, fmt.Errorf("%s: %w", filepath.Join(dir, export.ManifestPath), err)
	}
	return manifest, nil
}

// notABundle says why a folder has no bundle.yaml that can be read.
func notABundle(dir string, err error) error {
	info, statErr := os.Stat(dir)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist", dir)
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("%s is no bundle: it is a file, and a bundle is a folder", dir)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is no bundle: it holds no %s", dir, export.ManifestPath)
	}
	return fmt.Errorf("%s is no bundle: %w", dir, err)
}

// ChangedError tells that files of a bundle are not what the export wrote.
type ChangedError struct {
	// Dir is the bundle.
	Dir string
	// Paths are the files that are missing or different, or that the export
	// did not write.
	Paths []string
}

// Error names the files.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("files of the bundle %s are not as they were exported: %q", e.Dir, e.Paths)
}

// Verify checks every file of a bundle against its checksum.
func Verify(dir string) error {
	manifest, err := Read(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("cannot open the bundle: %w", err)
	}
	defer root.Close()
	var changed []string
	for _, file := range manifest.Files {
		same, err := matches(root, file)
		if err != nil {
			return fmt.Errorf("cannot check %s of the bundle %s: %w", file.Path, dir, err)
		}
		if !same {
			changed = append(changed, file.Path)
		}
	}
	if len(changed) > 0 {
		return &ChangedError{Dir: dir, Paths: changed}
	}
	return nil
}

// matches opens the file below root, so that a path in somebody's bundle.yaml
// reaches nothing else.
func matches(root *os.Root, want export.ManifestFile) (bool, error) {
	file, err := root.Open(filepath.FromSlash(want.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() != want.SizeBytes || !info.Mode().IsRegular() {
		return false, err
	}
	digest, err := blob.Digest(file)
	return digest == want.Digest, err
}

// existing returns the bundle that a folder holds, nil when there is nothing
// yet. It refuses folders that are no bundles, and unless told otherwise bundles
// of other endpoints and those that somebody edited or added files to.
func existing(dir, endpoint string, force bool) (*export.Manifest, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil //nolint:nilnil // nothing is there, which is no error
	}
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; name a folder for the bundle", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder for the bundle: %w", err)
	}
	manifest, err := Read(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; it is not empty, so it is left alone: name another folder", err)
	}
	if force {
		return &manifest, nil
	}
	if manifest.Endpoint != endpoint {
		return nil, fmt.Errorf("%s holds the bundle of %s; name another folder, or export with --force to replace it", dir, manifest.Endpoint)
	}
	if err := untouched(dir, manifest); err != nil {
		return nil, fmt.Errorf("%w; move what somebody edited or added, or export with --force to replace it", err)
	}
	return &manifest, nil
}

// untouched fails when a bundle is not exactly what the export wrote.
func untouched(dir string, manifest export.Manifest) error {
	known := map[string]bool{export.ManifestPath: true}
	for _, file := range manifest.Files {
		known[file.Path] = true
	}
	var added []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !known[path] {
			added = append(added, path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot list the files of the bundle %s: %w", dir, err)
	}
	err = Verify(dir)
	var changed *ChangedError
	if errors.As(err, &changed) {
		return &ChangedError{Dir: dir, Paths: append(changed.Paths, added...)}
	}
	if err == nil && len(added) > 0 {
		return &ChangedError{Dir: dir, Paths: added}
	}
	return err
}
