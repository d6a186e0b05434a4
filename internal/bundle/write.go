package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Options say what to export where.
type Options struct {
	// Dir is the bundle's folder. It is created or replaced.
	Dir string
	// Workload is the plan for the endpoint, Endpoint what the scan found.
	Workload plan.Workload
	Endpoint inventory.Endpoint
	// Source says how to reach the store that SageMaker reads from.
	Source blob.Options
	// StoreURI is a prefix such as s3://bucket/models/ to which the model's
	// files are copied, in place of the bundle. Empty means that they are not.
	StoreURI string
	// Store says how to reach that store.
	Store blob.Options
	// KeepInPlace leaves the files where they are and records their digest.
	KeepInPlace bool
	// Access says how the cluster reaches the files.
	Access export.Access
	// MaxUnpackedBytes bounds what an archive may unpack to. Zero means 100 GiB.
	MaxUnpackedBytes int64
	// Force replaces an earlier export that somebody edited or added files to,
	// and one of another endpoint.
	Force bool
	// Transfer says how objects are moved; its Progress is not used.
	Transfer blob.Transfer
	// Progress hears how many bytes of how many have been read. Nil means
	// that nobody listens.
	Progress func(doneBytes, totalBytes int64)
	// Copying hears how many bytes of how many are in the store of StoreURI. Nil
	// means that nobody listens.
	Copying func(doneBytes, totalBytes int64)
	// Note hears in a sentence what went otherwise than usual without harm, such
	// as a copy that had to go through this machine. Nil means that nobody
	// listens.
	Note func(sentence string)
}

const defaultMaxUnpackedBytes = 100 << 30

// Result is what was exported.
type Result struct {
	// Dir is the bundle's folder.
	Dir string
	// Bundle is what its files say.
	Bundle export.Bundle
	// Manifest is its bundle.yaml.
	Manifest export.Manifest
	// Changed is false when the folder already held exactly this.
	Changed bool
}

// Write exports a workload. The folder appears complete or not at all, and is
// left alone when it already holds the same.
func Write(ctx context.Context, o Options) (result Result, err error) {
	if o.MaxUnpackedBytes <= 0 {
		o.MaxUnpackedBytes = defaultMaxUnpackedBytes
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Copying == nil {
		o.Copying = func(int64, int64) {}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.KeepInPlace && o.StoreURI != "" {
		return Result{}, errors.New("the model's files can stay in place or be copied to a store, not both")
	}
	container, err := export.Served(o.Workload, o.Endpoint)
	if err != nil {
		return Result{}, err
	}
	old, err := existing(o.Dir, o.Endpoint.Name, o.Force)
	if err != nil {
		return Result{}, err
	}
	place, err := newWorkplace(o.Dir)
	if err != nil {
		return Result{}, err
	}
	// A bundle that a killed run had moved aside is back by now.
	if old == nil {
		if old, err = existing(o.Dir, o.Endpoint.Name, o.Force); err != nil {
			return Result{}, errors.Join(err, place.close(err))
		}
	}
	x := &exporter{Options: o, place: place, work: place.dir, old: old}
	result, err = x.write(ctx, container)
	return result, errors.Join(err, place.close(err))
}

// exporter is one export under way.
type exporter struct {
	Options
	place *workplace
	// work is the folder that becomes the bundle.
	work string
	// old is the bundle that is replaced, if any.
	old *export.Manifest
}

func (x *exporter) write(ctx context.Context, container inventory.Container) (Result, error) {
	brought, err := x.bring(ctx, container.Artifact)
	if err != nil {
		return Result{}, err
	}
	if err := x.giveUp(ctx); err != nil {
		return Result{}, err
	}
	built, err := export.Build(export.Input{
		Workload: x.Workload, Endpoint: x.Endpoint, Artifact: brought.artifact, Access: x.Access,
		Inspected: brought.found, Code: brought.code,
	})
	if err != nil {
		return Result{}, err
	}
	manifest, err := x.writeFiles(built, brought.recorded)
	if err != nil {
		return Result{}, err
	}
	changed, err := x.publish()
	return Result{Dir: x.Dir, Bundle: built, Manifest: manifest, Changed: changed}, err
}

// writeFiles writes everything but the artifact, and bundle.yaml last.
func (x *exporter) writeFiles(built export.Bundle, artifact *export.ManifestArtifact) (export.Manifest, error) {
	files, err := built.Files(x.Endpoint.Name)
	if err != nil {
		return export.Manifest{}, err
	}
	// The folder exists even without manifests, so that nobody takes the
	// other files for some.
	if err := os.MkdirAll(filepath.Join(x.work, export.ManifestsFolder), 0o755); err != nil {
		return export.Manifest{}, fmt.Errorf("cannot create the folder of the manifests: %w", err)
	}
	for _, file := range files {
		if err := writeFile(x.work, file.Path, file.Data); err != nil {
			return export.Manifest{}, err
		}
	}
	if err := x.place.forget(); err != nil {
		return export.Manifest{}, err
	}
	listed, err := listFiles(x.work)
	if err != nil {
		return export.Manifest{}, err
	}
	manifest := export.Manifest{
		Header:   document.Header{APIVersion: export.APIVersion, Kind: export.KindBundle},
		Endpoint: x.Endpoint.Name, AccountID: x.Endpoint.AccountID, Region: x.Endpoint.Region, Deployable: built.Deployable(),
		Artifact: artifact, Files: listed,
	}
	data, err := document.Encode(manifest)
	if err != nil {
		return export.Manifest{}, fmt.Errorf("cannot write %s: %w", export.ManifestPath, err)
	}
	return manifest, writeFile(x.work, export.ManifestPath, data)
}

func writeFile(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot create the folder of %s: %w", name, err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// listFiles lists every file below a folder with its checksum.
func listFiles(dir string) ([]export.ManifestFile, error) {
	var files []export.ManifestFile
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		file, err := checksum(path)
		file.Path = filepath.ToSlash(relative)
		files = append(files, file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the bundle's files: %w", err)
	}
	slices.SortFunc(files, func(a, b export.ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func checksum(path string) (export.ManifestFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return export.ManifestFile{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return export.ManifestFile{}, err
	}
	digest, err := blob.Digest(file)
	return export.ManifestFile{Digest: digest, SizeBytes: info.Size()}, err
}

// publish puts the finished folder into its place. False means that the same
// bundle is there already.
func (x *exporter) publish() (bool, error) {
	if err := os.Chmod(x.work, 0o755); err != nil {
		return false, fmt.Errorf("cannot make the bundle readable: %w", err)
	}
	if x.old != nil && sameManifest(x.work, x.Dir) && Verify(x.Dir) == nil {
		return false, nil
	}
	aside := x.work + asideSuffix
	err := os.Rename(x.Dir, aside)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("cannot replace the bundle: %w", err)
	}
	hadOld := err == nil
	if err := os.Rename(x.work, x.Dir); err != nil {
		if hadOld {
			err = errors.Join(err, os.Rename(aside, x.Dir))
		}
		return false, fmt.Errorf("cannot put the bundle into its place: %w", err)
	}
	if err := os.RemoveAll(aside); err != nil {
		return true, fmt.Errorf("cannot remove the old bundle: %w", err)
	}
	return true, nil
}

func sameManifest(a, b string) bool {
	first, err := os.ReadFile(filepath.Join(a, export.ManifestPath))
	if err != nil {
		return false
	}
	second, err := os.ReadFile(filepath.Join(b, export.ManifestPath))
	return err == nil && bytes.Equal(first, second)
}
