package output

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxDocumentBytes bounds a document that is read: inventories of the largest
// accounts are a few MiB.
const maxDocumentBytes = 256 << 20

// CheckFolder fails when a file cannot be written because its folder does not
// exist: better said before long work than after. An empty path and - are the
// standard output.
func CheckFolder(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return cannotWrite(path, err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &Failure{What: "cannot write " + path, Why: "it is a folder", Next: "name a file"}
	}
	return nil
}

func cannotWrite(path string, err error) error {
	failure := &Failure{What: "cannot write " + path, Why: err.Error(), Cause: err}
	folder := filepath.Dir(path)
	_, missing := os.Stat(folder)
	switch {
	case errors.Is(missing, os.ErrNotExist):
		failure.Why, failure.Next = "the folder "+folder+" does not exist", "mkdir -p "+folder
	case errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist): // /proc says the latter
		failure.Why, failure.Next = "no file can be made in the folder "+folder, "name another folder"
	}
	return failure
}

// newFileMode is for files that were not there before.
const newFileMode = 0o644

// WriteFile writes a result so that the file holds the whole of it or is as it
// was. It keeps who may read the file, and a link to it. Its folder must exist.
func WriteFile(path string, data []byte) error {
	return WriteFileFrom(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFileFrom is WriteFile for a result that is written part by part.
func WriteFileFrom(path string, write func(io.Writer) error) error {
	failed := func(err error) error { return cannotWrite(path, err) }
	mode := os.FileMode(newFileMode)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return writeStream(path, write, failed) // /dev/stdout, a pipe: nothing to replace
		}
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return failed(err)
		}
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return failed(err)
	}
	err = write(file)
	err = errors.Join(err, file.Chmod(mode), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return failed(errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func writeStream(path string, write func(io.Writer) error, failed func(error) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return failed(err)
	}
	err = write(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return failed(err)
	}
	return nil
}

// CannotRead tells why a file could not be read. Made is what to do when there is
// none.
func CannotRead(path string, err error, made string) *Failure {
	failure := &Failure{What: "cannot read " + path, Why: err.Error(), Cause: err}
	switch {
	case errors.Is(err, os.ErrNotExist):
		failure.Why, failure.Next = "it does not exist", made
	case errors.Is(err, os.ErrPermission):
		failure.Why, failure.Next = "you may not read it", "ls -l "+path+" shows who may"
	}
	return failure
}

// ReadFile reads a document; - is the standard input. Made names the command
// that makes such files.
func ReadFile(path string, stdin io.Reader, made string) ([]byte, error) {
	failed := func(err error) error { return CannotRead(path, err, made) }
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, failed(err)
		}
		defer file.Close()
		stdin = file
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxDocumentBytes+1))
	if err == nil && len(data) > maxDocumentBytes {
		err = fmt.Errorf("it is larger than %d MiB", maxDocumentBytes>>20)
	}
	if err != nil {
		return nil, failed(err)
	}
	return data, nil
}
