package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folderParts writes a file beside its place, which it takes when it is complete
// and on the disk. Parts are named by their SHA-256; what lies in the file is
// read again before it is trusted.
type folderParts struct {
	dir string
	// path is the object's, temporary the unfinished file's name beside it.
	path      string
	temporary string
}

const folderMark = ".landfall-"

func newFolderParts(root, key string) *folderParts {
	path := filepath.Join(root, filepath.FromSlash(key))
	return &folderParts{dir: filepath.Dir(path), path: path}
}

func (u *folderParts) rules() rules { return rules{way: "file"} }

func (u *folderParts) state() string { return u.temporary }

func (u *folderParts) begin(context.Context) error {
	if err := os.MkdirAll(u.dir, 0o755); err != nil {
		return err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	name := "." + filepath.Base(u.path) + folderMark + hex.EncodeToString(random[:])
	file, err := os.OpenFile(filepath.Join(u.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	u.temporary = name
	return file.Close()
}

// resume accepts only a name that begin gave: a journal leads to no other file.
func (u *folderParts) resume(_ context.Context, state string, l layout) (held, error) {
	if filepath.Base(state) != state || !strings.HasPrefix(state, "."+filepath.Base(u.path)+folderMark) {
		return held{}, fmt.Errorf("%w: %q is no unfinished file", errUploadGone, state)
	}
	u.temporary = state
	file, err := os.Open(filepath.Join(u.dir, state))
	if errors.Is(err, fs.ErrNotExist) {
		return held{}, errUploadGone
	}
	if err != nil {
		return held{}, err
	}
	defer file.Close()
	has := held{parts: map[heldPart]int64{}}
	for number := range l.count() {
		p := l.piece(number)
		sum := sha256.New()
		n, err := io.Copy(sum, io.NewSectionReader(file, p.beginBytes, p.endBytes-p.beginBytes))
		if err != nil {
			return held{}, err
		}
		has.parts[heldPart{number: number, tag: hex.EncodeToString(sum.Sum(nil))}] = n
	}
	return has, nil
}

func (u *folderParts) send(_ context.Context, p piece, content *payload) (string, error) {
	file, err := os.OpenFile(filepath.Join(u.dir, u.temporary), os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errUploadGone
	}
	if err != nil {
		return "", err
	}
	_, err = file.WriteAt(content.data, p.beginBytes)
	sum := sha256.Sum256(content.data)
	return hex.EncodeToString(sum[:]), errors.Join(err, file.Close())
}

// finish makes the file durable before it has its name, and then the name.
func (u *folderParts) finish(context.Context, []sentPart, *sums) (Check, error) {
	temporary := filepath.Join(u.dir, u.temporary)
	file, err := os.OpenFile(temporary, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errUploadGone
	}
	if err != nil {
		return "", err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return "", err
	}
	if err := os.Rename(temporary, u.path); err != nil {
		return "", err
	}
	folder, err := os.Open(u.dir)
	if err != nil {
		return "", err
	}
	// Some file systems cannot do this for folders, and need not.
	_ = folder.Sync()
	return CheckLength, folder.Close()
}

func (u *folderParts) abort(context.Context) error {
	if u.temporary == "" {
		return nil
	}
	err := os.Remove(filepath.Join(u.dir, u.temporary))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (u *folderParts) left() string {
	return "Its unfinished file is " + filepath.Join(u.dir, u.temporary)
}
