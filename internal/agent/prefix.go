package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync/atomic"

	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/blob"
)

// prefixFile is an object of a prefix and the file it becomes.
type prefixFile struct {
	object blob.Object
	path   string
}

// copyPrefix copies every object below a prefix, as SageMaker does for
// CompressionType None.
func (f *fetch) copyPrefix(ctx context.Context) error {
	files, totalBytes, err := f.listPrefix(ctx)
	if err != nil {
		return err
	}
	report := startReport(f.Log, "downloading", totalBytes)
	defer report.stop()
	var before atomic.Int64
	for _, file := range files {
		transfer := f.Transfer
		transfer.Progress = func(doneBytes int64) { report.set(before.Load() + doneBytes) }
		if err := f.copyFile(ctx, transfer, file); err != nil {
			return err
		}
		before.Add(file.object.SizeBytes)
	}
	report.stop()
	f.Log.Info("model fetched", "uri", f.URI, "bytes", totalBytes, "files", len(files), "seconds", f.seconds())
	return nil
}

// listPrefix lists the files and refuses what archives are refused for.
func (f *fetch) listPrefix(ctx context.Context) ([]prefixFile, int64, error) {
	var files []prefixFile
	var totalBytes, volumeBytes int64
	for object, err := range f.bucket.List(ctx, f.at.Key) {
		if err != nil {
			return nil, 0, err
		}
		name, err := archive.CleanPath(strings.TrimPrefix(object.Key, f.at.Key))
		if err != nil {
			return nil, 0, err
		}
		files = append(files, prefixFile{object: object, path: name})
		totalBytes += object.SizeBytes
		volumeBytes += archive.OnVolume(object.SizeBytes)
		if volumeBytes > f.MaxUnpackedBytes {
			return nil, 0, &archive.RefusedError{
				Reason: archive.ReasonTooBig, Entry: name,
				Detail: fmt.Sprintf("at most %d bytes", f.MaxUnpackedBytes),
			}
		}
		if len(files) > archive.DefaultMaxEntries {
			return nil, 0, &archive.RefusedError{Reason: archive.ReasonTooMany, Entry: name}
		}
	}
	if len(files) == 0 {
		return nil, 0, &blob.Error{Act: "read", URI: f.URI, Kind: blob.KindNotFound, Err: errEmptyPrefix}
	}
	return files, totalBytes, nil
}

var errEmptyPrefix = errors.New("no object has this prefix")

func (f *fetch) copyFile(ctx context.Context, transfer blob.Transfer, file prefixFile) error {
	if folder := path.Dir(file.path); folder != "." {
		if err := archive.MakeFolder(f.dest, folder); err != nil {
			return err
		}
	}
	written, err := f.dest.OpenFile(file.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("cannot create the file %q: %w", file.path, err)
	}
	defer written.Close()
	if err := written.Chmod(0o644); err != nil {
		return fmt.Errorf("cannot make the file %q readable: %w", file.path, err)
	}
	if err := transfer.Download(ctx, f.bucket, file.object, written); err != nil {
		return err
	}
	if err := file.object.Check(written); err != nil {
		return err
	}
	return written.Close()
}
