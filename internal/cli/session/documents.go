package session

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Stdin names the standard input where a file is asked for, as it does for
// kubectl.
const Stdin = "-"

// ReadFile reads a file that somebody named; - is the standard input, which one
// file can come from. Made is what to do when there is none.
func (s *Session) ReadFile(path, made string) ([]byte, error) {
	if path == Stdin {
		if s.stdinRead {
			return nil, output.Usage("give one of them as a file", "two files cannot both come from the standard input (-)")
		}
		s.stdinRead = true
	} else if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, &output.Failure{What: "cannot read " + path, Why: aFolder(path), Next: made}
	}
	return output.ReadFile(path, s.In, made)
}

// aFolder says what a folder is that was named in place of a file.
func aFolder(path string) string {
	if _, err := os.Stat(filepath.Join(path, export.ManifestPath)); err == nil {
		return "it is a bundle, the folder that export writes"
	}
	return "it is a folder; name a file"
}

// ReadPlan reads the plan that somebody named; - is the standard input.
func (s *Session) ReadPlan(path string) (plan.Document, error) {
	data, err := s.ReadFile(path, s.Program+" plan inventory.yaml -o "+fileName(path, "plan.yaml"))
	if err != nil {
		return plan.Document{}, err
	}
	planned, err := plan.Decode(data)
	if err != nil {
		next := "correct what is named; plan -o plan.yaml writes a plan anew"
		if isA(err, inventory.Kind) {
			next = s.Program + " plan " + path + " -o plan.yaml"
		}
		return plan.Document{}, s.CannotUse("plan", path, next, err)
	}
	return planned, nil
}

// ReadInventory reads the inventory that somebody named; - is the standard
// input.
func (s *Session) ReadInventory(path string) (inventory.Document, error) {
	return s.readInventory(path, s.Program+" scan -o "+fileName(path, DefaultInventory))
}

// readInventory is ReadInventory with what to do when there is no such file.
func (s *Session) readInventory(path, made string) (inventory.Document, error) {
	data, err := s.ReadFile(path, made)
	if err != nil {
		return inventory.Document{}, err
	}
	found, err := inventory.Decode(data)
	if err != nil {
		next := s.Program + " scan -o " + DefaultInventory
		if isA(err, plan.Kind) {
			next = "name the inventory that this plan was made from"
		}
		return inventory.Document{}, s.CannotUse("inventory", path, next, err)
	}
	return found, nil
}

// fileName is the file of a suggested command, also where the one that was read
// came through a pipe.
func fileName(path, otherwise string) string {
	if path == Stdin {
		return otherwise
	}
	return path
}

// CannotUse tells that a file is not what its reader wants. Next is what to do,
// unless the file is of another version of Landfall.
func (s *Session) CannotUse(what, path, next string, err error) error {
	failure := &output.Failure{What: "cannot use the " + what + " " + shown(path), Why: err.Error(), Next: next, Cause: err}
	if wrong, ok := errors.AsType[*document.KindError](err); ok && wrong.OtherVersion() {
		failure.Next = "use the release of Landfall that wrote it, or write it anew with this one"
	}
	return failure
}

// shown is a file's name in a message.
func shown(path string) string {
	if path == Stdin {
		return "from the standard input"
	}
	return path
}

func isA(err error, kind string) bool {
	wrong, ok := errors.AsType[*document.KindError](err)
	return ok && wrong.Got.Kind == kind
}

// exists says that a file may be there: what cannot be looked at is for its
// reader to tell.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
