package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inspect"
)

// prefixFile is an object below a prefix, and its path there.
type prefixFile struct {
	object blob.Object
	path   string
}

// prefixFiles are all of them.
type prefixFiles struct {
	files      []prefixFile
	totalBytes int64
	// modifiedAt is when the newest of them was written.
	modifiedAt time.Time
	// etag stands for the names, sizes and entity tags of all objects.
	etag string
}

// bringPrefix brings the objects below a prefix as they are.
func (x *exporter) bringPrefix(ctx context.Context, bucket blob.Bucket, at blob.Location) (brought, error) {
	found, volumeBytes, err := listPrefix(ctx, bucket, at)
	if err != nil {
		return brought{}, err
	}
	a := &export.Artifact{
		URI: at.String(), SizeBytes: found.totalBytes, VolumeBytes: volumeBytes, Compression: v1alpha1.CompressionNone,
		ModifiedAt: found.modifiedAt,
	}
	var check blob.Check
	switch {
	case x.KeepInPlace:
	case x.StoreURI != "":
		a.URI, check, err = x.storePrefix(ctx, bucket, found)
	default:
		err = x.downloadPrefix(ctx, bucket, found)
	}
	if err != nil {
		return brought{}, err
	}
	inspected, code, err := x.inspectPrefix(ctx, bucket, found)
	if err != nil {
		return brought{}, err
	}
	return brought{artifact: a, found: inspected, code: code, recorded: &export.ManifestArtifact{
		SourceURI: at.String(), SourceETag: found.etag, URI: a.URI, SizeBytes: found.totalBytes, CopyCheck: string(check),
	}}, nil
}

func listPrefix(ctx context.Context, bucket blob.Bucket, at blob.Location) (prefixFiles, int64, error) {
	var found prefixFiles
	var volumeBytes int64
	hash := sha256.New()
	for object, err := range bucket.List(ctx, at.Key) {
		if err != nil {
			return prefixFiles{}, 0, err
		}
		path, err := archive.CleanPath(strings.TrimPrefix(object.Key, at.Key))
		if err != nil {
			return prefixFiles{}, 0, fmt.Errorf("an object below %s cannot become a file: %w", at, err)
		}
		found.files = append(found.files, prefixFile{object: object, path: path})
		found.totalBytes += object.SizeBytes
		if object.ModifiedAt.After(found.modifiedAt) {
			found.modifiedAt = object.ModifiedAt
		}
		volumeBytes += archive.OnVolume(object.SizeBytes)
		fmt.Fprintf(hash, "%q %d %q\n", path, object.SizeBytes, object.ETag)
	}
	if len(found.files) == 0 {
		return prefixFiles{}, 0, fmt.Errorf("there is no object below %s", at)
	}
	found.etag = hex.EncodeToString(hash.Sum(nil))
	return found, volumeBytes, nil
}

func (x *exporter) downloadPrefix(ctx context.Context, bucket blob.Bucket, found prefixFiles) error {
	before := int64(0)
	for _, file := range found.files {
		download, err := x.fetch(ctx, bucket, file.object, func(doneBytes int64) { x.Progress(before+doneBytes, found.totalBytes) })
		if err != nil {
			return err
		}
		path := filepath.Join(filepath.FromSlash(export.ArtifactFolder), filepath.FromSlash(file.path))
		if err := x.settle(download, path); err != nil {
			return err
		}
		before += file.object.SizeBytes
	}
	return nil
}

// filesRoot opens the folder for files, so that none is written elsewhere.
func (x *exporter) filesRoot() (*os.Root, error) {
	dir := filepath.Join(x.work, filepath.FromSlash(export.ArtifactFolder))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the artifact's folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the artifact's folder: %w", err)
	}
	return root, nil
}

// inspectPrefix looks through the objects, from the bundle where they are in it
// already.
func (x *exporter) inspectPrefix(ctx context.Context, bucket blob.Bucket, files prefixFiles) (
	found []inspect.Finding, code []export.CodeFile, err error,
) {
	look, err := x.newLook()
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, look.close()) }()
	for _, file := range files.files {
		content, err := x.openFile(ctx, bucket, file)
		if err != nil {
			return nil, nil, err
		}
		if err := errors.Join(look.file(file.path, file.object.SizeBytes, content), content.Close()); err != nil {
			return nil, nil, err
		}
	}
	return look.inspection.Findings(), look.code, nil
}

func (x *exporter) openFile(ctx context.Context, bucket blob.Bucket, file prefixFile) (io.ReadCloser, error) {
	if x.KeepInPlace || x.StoreURI != "" {
		return bucket.OpenRange(ctx, file.object, 0, -1)
	}
	root, err := x.filesRoot()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	content, err := root.Open(filepath.FromSlash(file.path))
	if err != nil {
		return nil, fmt.Errorf("cannot open %q to inspect it: %w", file.path, err)
	}
	return content, nil
}

// storePrefix copies the objects to the store, below the hash of their list.
// Those that are there already are not copied again, so that an interrupted
// export goes on with the first that is not.
func (x *exporter) storePrefix(ctx context.Context, bucket blob.Bucket, found prefixFiles) (string, blob.Check, error) {
	target, folder, err := x.openStore(ctx, found.etag)
	if err != nil {
		return "", "", err
	}
	defer target.Close()
	before := int64(0)
	var weakest blob.Check
	for _, file := range found.files {
		job := blob.Job{From: bucket, Object: file.object, To: target, Key: folder.Key + file.path}
		check, err := x.copy(ctx, job, func(doneBytes int64) { x.Copying(before+doneBytes, found.totalBytes) })
		if err != nil {
			return "", "", err
		}
		weakest = weakest.Weaker(check)
		before += file.object.SizeBytes
	}
	// A registry names all of the files by one digest.
	if pinned, ok := target.(interface {
		Pin(ctx context.Context, at blob.Location) (blob.Location, error)
	}); ok {
		if folder, err = pinned.Pin(ctx, folder); err != nil {
			return "", "", err
		}
	}
	return folder.String(), x.alreadyChecked(weakest, folder.String()), nil
}
