package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// Modes of what is unpacked: readable by every user, since the user of the
// serving container is not known here; writable by none but the owner.
const (
	folderMode     = 0o755
	fileMode       = 0o644
	executableMode = 0o755
)

// Unpack writes the files of an archive below root, which should be empty. On
// failure, what was written so far is left for the caller to clear.
func Unpack(content io.Reader, root *os.Root, limits Limits) (Listing, error) {
	return walk(content, limits, func(entry Entry, data io.Reader) error {
		if entry.Folder {
			return MakeFolder(root, entry.Path)
		}
		return writeFile(root, entry, data)
	})
}

// MakeFolder creates a folder and those above it, readable by every user.
func MakeFolder(root *os.Root, name string) error {
	if err := root.MkdirAll(name, folderMode); err != nil {
		return fmt.Errorf("cannot create the folder %q: %w", name, err)
	}
	return openFolders(root, name)
}

// openFolders undoes the umask on a folder and those above it.
func openFolders(root *os.Root, name string) error {
	for ; name != "."; name = path.Dir(name) {
		if err := root.Chmod(name, folderMode); err != nil {
			return fmt.Errorf("cannot make the folder %q readable: %w", name, err)
		}
	}
	return nil
}

func writeFile(root *os.Root, entry Entry, data io.Reader) error {
	if above := path.Dir(entry.Path); above != "." {
		if err := MakeFolder(root, above); err != nil {
			return err
		}
	}
	mode := os.FileMode(fileMode)
	if entry.Executable {
		mode = executableMode
	}
	written, err := root.OpenFile(entry.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("cannot create the file %q: %w", entry.Path, err)
	}
	_, err = io.Copy(written, data)
	err = errors.Join(err, written.Chmod(mode), written.Close())
	if err != nil {
		return fmt.Errorf("cannot write the file %q: %w", entry.Path, err)
	}
	// Python trusts its compiled files only while their sources keep the time
	// of their last change.
	if err := root.Chtimes(entry.Path, entry.ModTime, entry.ModTime); err != nil {
		return fmt.Errorf("cannot date the file %q: %w", entry.Path, err)
	}
	return nil
}

// Clear removes everything below root.
func Clear(root *os.Root) error {
	top, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("cannot open the folder to clear: %w", err)
	}
	names, err := top.Readdirnames(-1)
	err = errors.Join(err, top.Close())
	if err != nil {
		return fmt.Errorf("cannot list the folder to clear: %w", err)
	}
	for _, name := range names {
		if err := root.RemoveAll(name); err != nil {
			return fmt.Errorf("cannot clear %q: %w", name, err)
		}
	}
	return nil
}
