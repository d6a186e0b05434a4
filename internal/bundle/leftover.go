package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"landfall.dev/landfall/internal/blob"
)

// downloadsFolder is where a run keeps what it downloads, in its folder to work
// in; it is gone before the folder becomes the bundle.
const downloadsFolder = ".downloads"

// asideSuffix marks the old bundle for the moment between two renames.
const asideSuffix = ".old"

// workplace is the folder that one run works in.
type workplace struct {
	dir  string
	lock *os.File
}

// newWorkplace makes a folder beside the bundle's. What killed or failed runs
// left there is used and removed: their downloads move over, a bundle that was
// moved aside comes back.
func newWorkplace(dir string) (*workplace, error) {
	parent, base := filepath.Dir(filepath.Clean(dir)), "."+filepath.Base(dir)+".part-"
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the folder for the bundle: %w", err)
	}
	left, err := leftovers(parent, base)
	if err != nil {
		return nil, err
	}
	w, err := claimNew(parent, base, claim)
	if err != nil {
		return nil, err
	}
	for _, old := range left {
		if err := w.takeOver(old, dir); err != nil {
			return nil, errors.Join(err, w.close(err))
		}
	}
	return w, nil
}

// claimNew makes a folder that no other run takes for a leftover: one that did
// before it was locked has removed it, and another is made.
func claimNew(parent, base string, claim func(dir string) (*os.File, bool)) (*workplace, error) {
	for {
		work, err := os.MkdirTemp(parent, base+"*")
		if err != nil {
			return nil, fmt.Errorf("cannot create a folder to work in: %w", err)
		}
		lock, ours := claim(work)
		if _, err := os.Lstat(work); err == nil && (ours || !locks) {
			return &workplace{dir: work, lock: lock}, nil
		}
		if ours {
			_ = lock.Close()
		}
	}
}

func leftovers(parent, base string) ([]string, error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, fmt.Errorf("cannot look for what earlier runs left: %w", err)
	}
	var left []string
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), base) {
			left = append(left, filepath.Join(parent, entry.Name()))
		}
	}
	return left, nil
}

// takeOver uses and removes the folder of a run that has ended.
func (w *workplace) takeOver(old, dir string) error {
	lock, ours := claim(old)
	if !ours {
		return nil
	}
	defer lock.Close()
	if strings.HasSuffix(old, asideSuffix) {
		// The run was killed before its bundle took the place of this one.
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(old, dir); err != nil {
				return fmt.Errorf("cannot bring back the bundle that a killed run moved aside to %s: %w", old, err)
			}
			return nil
		}
	} else if err := w.adopt(filepath.Join(old, downloadsFolder)); err != nil {
		return err
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("cannot remove what a killed run left in %s: %w", old, err)
	}
	return nil
}

// adopt moves downloads over. Whether they are of use, their journals say.
func (w *workplace) adopt(from string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read what a killed run downloaded: %w", err)
	}
	to, err := w.downloads()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Rename(filepath.Join(from, entry.Name()), filepath.Join(to, freeName(to, entry.Name()))); err != nil {
			return fmt.Errorf("cannot take over what a killed run downloaded: %w", err)
		}
	}
	return nil
}

// freeName keeps two records of uploads to one address apart: each is of parts
// that stay in the store until it is gone on with or given up. Of two downloads
// one is enough.
func freeName(dir, name string) string {
	base, found := strings.CutSuffix(name, blob.UploadSuffix)
	for number := 2; found; number++ {
		if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d%s", base, number, blob.UploadSuffix)
	}
	return name
}

// journals are the records of uploads that are unfinished.
func (w *workplace) journals() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(w.dir, downloadsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot look for unfinished uploads: %w", err)
	}
	var found []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), blob.UploadSuffix) {
			found = append(found, filepath.Join(w.dir, downloadsFolder, entry.Name()))
		}
	}
	return found, nil
}

// downloads returns the folder for downloads, which is there from the first
// use on.
func (w *workplace) downloads() (string, error) {
	dir := filepath.Join(w.dir, downloadsFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("cannot create the folder for downloads: %w", err)
	}
	return dir, nil
}

// forget removes the downloads, which have become files of the bundle.
func (w *workplace) forget() error {
	if err := os.RemoveAll(filepath.Join(w.dir, downloadsFolder)); err != nil {
		return fmt.Errorf("cannot remove the downloads: %w", err)
	}
	return nil
}

// close removes the folder. After a failure the downloads stay, for the next run
// to go on from.
func (w *workplace) close(failure error) error {
	if w.lock != nil {
		defer w.lock.Close()
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, downloadsFolder))
	if failure == nil || err != nil || len(entries) == 0 {
		return os.RemoveAll(w.dir)
	}
	others, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range others {
		if entry.Name() != downloadsFolder {
			failed = errors.Join(failed, os.RemoveAll(filepath.Join(w.dir, entry.Name())))
		}
	}
	return failed
}
