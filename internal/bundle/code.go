package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inspect"
)

// Bounds of the code that a bundle holds. What goes beyond is left out, and a
// finding says so.
const (
	maxCodeFileBytes = 4 << 20
	maxCodeBytes     = 64 << 20
	maxCodeFiles     = 2000
)

// look looks through the files of a model, and keeps its code.
type look struct {
	inspection *inspect.Inspection
	dir        string
	// root is the bundle's folder for code; nil until there is some. Nothing
	// is written but through it.
	root      *os.Root
	files     int
	codeBytes int64
	// code is what was kept.
	code []export.CodeFile
}

func (x *exporter) newLook() (*look, error) {
	dir := filepath.Join(x.work, export.CodeFolder)
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("cannot clear the folder for code: %w", err)
	}
	return &look{inspection: inspect.New(inspect.Limits{}), dir: dir}, nil
}

func (l *look) close() error {
	if l.root == nil {
		return nil
	}
	return l.root.Close()
}

// discard removes the code of an archive that is refused.
func (l *look) discard() error {
	if err := os.RemoveAll(l.dir); err != nil {
		return fmt.Errorf("cannot remove the code of a refused archive: %w", err)
	}
	return nil
}

// visit looks through one entry of an archive.
func (l *look) visit(entry archive.Entry, data io.Reader) error {
	if entry.Folder {
		return nil
	}
	return l.file(entry.Path, entry.SizeBytes, data)
}

// file looks through one file. Code is held in memory meanwhile, since it is
// both looked through and written.
func (l *look) file(name string, sizeBytes int64, data io.Reader) error {
	if inspect.IsCode(name) && l.fits(name, sizeBytes) {
		text, err := io.ReadAll(io.LimitReader(data, maxCodeFileBytes))
		if err != nil {
			return err
		}
		if err := l.keep(name, text); err != nil {
			return err
		}
		data = bytes.NewReader(text)
	}
	return l.inspection.File(inspect.File{Path: name, SizeBytes: sizeBytes, Content: data})
}

// fits says that a file of code still has room in the bundle.
func (l *look) fits(name string, sizeBytes int64) bool {
	switch {
	case !utf8.ValidString(name):
		// bundle.yaml, which lists the checksums, is text.
		l.inspection.LeftOut(name, "its name is not UTF-8")
	case sizeBytes > maxCodeFileBytes:
		l.inspection.LeftOut(name, fmt.Sprintf("it is longer than %d bytes", maxCodeFileBytes))
	case l.codeBytes+sizeBytes > maxCodeBytes || l.files >= maxCodeFiles:
		l.inspection.LeftOut(name, fmt.Sprintf("the code before it has %d bytes in %d files", l.codeBytes, l.files))
	default:
		return true
	}
	return false
}

// keep writes a file of code. It is never executable: nothing of a model is
// run here.
func (l *look) keep(name string, text []byte) error {
	clean, err := archive.CleanPath(name)
	if err != nil {
		return err
	}
	if l.root == nil {
		if err := os.MkdirAll(l.dir, 0o755); err != nil {
			return fmt.Errorf("cannot create the folder for code: %w", err)
		}
		if l.root, err = os.OpenRoot(l.dir); err != nil {
			return fmt.Errorf("cannot open the folder for code: %w", err)
		}
	}
	if above := path.Dir(clean); above != "." {
		if err := archive.MakeFolder(l.root, above); err != nil {
			return err
		}
	}
	written, err := l.root.OpenFile(filepath.FromSlash(clean), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("cannot create %q for code: %w", clean, err)
	}
	_, err = written.Write(text)
	if err := errors.Join(err, written.Close()); err != nil {
		return fmt.Errorf("cannot write %q for code: %w", clean, err)
	}
	l.files++
	l.codeBytes += int64(len(text))
	kept := export.CodeFile{Path: clean}
	if base := path.Base(clean); strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt") {
		kept.Text = string(text)
	}
	l.code = append(l.code, kept)
	return nil
}
