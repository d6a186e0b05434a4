package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/document"
	core "landfall.dev/landfall/internal/render"
)

// recordPath is the file in which a tree remembers what was rendered, so that
// files of people are told from ours, and ours from those that people changed.
const recordPath = ".landfall-render.yaml"

var recordHeader = document.Header{APIVersion: "render.landfall.dev/v1alpha1", Kind: "Rendered"}

type record struct {
	document.Header `json:",inline"`
	// Files are digests (sha256, hexadecimal) by path.
	Files map[string]string `json:"files"`
}

// written is what became of the files.
type written struct {
	files, added, changed int
	// removed were rendered before, and are no part of the tree any more; stale
	// are those that stay for want of consent. kept were changed by somebody, and
	// rendering has nothing new to say in them.
	removed, stale, kept []string
}

// consent is what a person agreed to.
type consent struct {
	// force replaces what somebody changed; prune removes what the tree no longer
	// has.
	force, prune bool
}

// write brings a folder to hold a tree. Nothing is written when a file would be
// replaced that somebody changed, or that somebody made.
func write(folder string, files []core.File, agreed consent) (written, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return written{}, &output.Failure{What: "cannot make the folder " + folder, Why: err.Error(), Next: "name another one", Cause: err}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return written{}, fmt.Errorf("cannot open the folder %s: %w", folder, err)
	}
	defer root.Close()
	before, err := readRecord(root)
	if err != nil {
		return written{}, brokenRecord(folder, err)
	}
	t := &target{root: root, agreed: agreed, before: before, now: record{Header: recordHeader, Files: map[string]string{}}}
	changed, kept, err := t.changedByPeople(files)
	if err != nil {
		return written{}, err
	}
	if agreed.force {
		changed, kept = nil, nil
	}
	if len(changed) > 0 {
		return written{}, &output.Failure{
			What: "cannot render into " + folder, Why: "somebody changed or made: " + strings.Join(changed, ", "),
			Next: "move those changes into the plan or beside the rendered files, or replace them with --force",
		}
	}
	return t.apply(files, kept)
}

// target is the folder that a tree is written to.
type target struct {
	root   *os.Root
	agreed consent
	before record
	now    record
}

func brokenRecord(folder string, err error) error {
	return &output.Failure{What: "cannot render into " + folder, Why: err.Error(), Next: "remove " + recordPath + " if it is broken, and render with --force", Cause: err}
}

func readRecord(root *os.Root) (record, error) {
	data, err := root.ReadFile(recordPath)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return record{}, fmt.Errorf("cannot read %s: %w", recordPath, err)
	}
	var r record
	if err := document.Decode(data, recordHeader, &r); err != nil {
		return record{}, fmt.Errorf("cannot read %s: %w", recordPath, err)
	}
	return r, nil
}

// changedByPeople are the files that would be replaced or removed and are not as
// they were rendered, and those of them that stay as they are because rendering
// gives what it gave before.
func (t *target) changedByPeople(files []core.File) (changed, kept []string, err error) {
	wanted := map[string][]byte{}
	for _, file := range files {
		wanted[file.Path] = file.Data
	}
	for name := range t.before.Files {
		if _, ok := wanted[name]; !ok && t.agreed.prune {
			wanted[name] = nil
		}
	}
	for _, name := range sortedKeys(wanted) {
		have, err := t.read(name)
		if err != nil {
			return nil, nil, err
		}
		switch rendered := t.before.Files[name]; {
		case have == nil, bytes.Equal(have, wanted[name]), digest(have) == rendered:
		case wanted[name] != nil && digest(wanted[name]) == rendered:
			kept = append(kept, name)
		default:
			changed = append(changed, name)
		}
	}
	return changed, kept, nil
}

// read returns a file, nil when there is none.
func (t *target) read(name string) ([]byte, error) {
	data, err := t.root.ReadFile(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return data, nil
}

func (t *target) apply(files []core.File, kept []string) (written, error) {
	result := written{files: len(files), kept: kept}
	for _, file := range files {
		have, err := t.read(file.Path)
		if err != nil {
			return result, err
		}
		t.now.Files[file.Path] = digest(file.Data)
		if have != nil && bytes.Equal(have, file.Data) || slices.Contains(kept, file.Path) {
			continue
		}
		if err := t.put(file.Path, file.Data); err != nil {
			return result, err
		}
		if have == nil {
			result.added++
		} else {
			result.changed++
		}
	}
	if err := t.clear(&result); err != nil {
		return result, err
	}
	data, err := document.Encode(t.now)
	if err != nil {
		return result, err
	}
	return result, t.put(recordPath, data)
}

// clear removes what was rendered before and is no part of the tree any more.
// Without consent it stays, and is remembered as ours.
func (t *target) clear(result *written) error {
	for _, name := range sortedKeys(t.before.Files) {
		if _, stays := t.now.Files[name]; stays {
			continue
		}
		if !t.agreed.prune {
			have, err := t.read(name)
			if err != nil {
				return err
			}
			if have != nil {
				t.now.Files[name] = t.before.Files[name]
				result.stale = append(result.stale, name)
			}
			continue
		}
		if err := t.remove(name); err != nil {
			return err
		}
		result.removed = append(result.removed, name)
	}
	return nil
}

func (t *target) put(name string, data []byte) error {
	if err := t.root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder of %s: %w", name, err)
	}
	if err := t.root.WriteFile(filepath.FromSlash(name), data, 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// remove takes a file away, and the folders that it leaves empty.
func (t *target) remove(name string) error {
	if err := t.root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove %s: %w", name, err)
	}
	// A folder that cannot be removed has something else in it.
	for folder := path.Dir(name); folder != "." && t.root.Remove(filepath.FromSlash(folder)) == nil; {
		folder = path.Dir(folder)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
