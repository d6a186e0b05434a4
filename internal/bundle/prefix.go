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
	switch {
	case x.KeepInPlace:
	case x.StoreURI != "":
		a.URI, err = x.storePrefix(ctx, bucket, found)
	default:
		err = x.downloadPrefix(ctx, bucket, found)
	}
	if err != nil {
		return brought{}, err
	}
	inspected, err := x.inspectPrefix(ctx, bucket, found)
	if err != nil {
		return brought{}, err
	}
	return brought{artifact: a, found: inspected, recorded: &export.ManifestArtifact{
		SourceURI: at.String(), SourceETag: found.etag, URI: a.URI, SizeBytes: found.totalBytes,
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
	root, err := x.filesRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	before := int64(0)
	for _, file := range found.files {
		if err := x.downloadFile(ctx, bucket, file, root, before, found.totalBytes); err != nil {
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

func (x *exporter) downloadFile(
	ctx context.Context, bucket blob.Bucket, file prefixFile, root *os.Root, beforeBytes, totalBytes int64,
) error {
	if folder := filepath.Dir(filepath.FromSlash(file.path)); folder != "." {
		if err := root.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("cannot create the folder of %q: %w", file.path, err)
		}
	}
	written, err := root.OpenFile(filepath.FromSlash(file.path), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", file.path, err)
	}
	transfer := x.Transfer
	transfer.Progress = func(doneBytes int64) { x.Progress(beforeBytes+doneBytes, totalBytes) }
	return errors.Join(transfer.Download(ctx, bucket, file.object, written), written.Close())
}

// inspectPrefix looks through the objects, from the bundle where they are in it
// already.
func (x *exporter) inspectPrefix(ctx context.Context, bucket blob.Bucket, files prefixFiles) (found []inspect.Finding, err error) {
	look, err := x.newLook()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, look.close()) }()
	for _, file := range files.files {
		content, err := x.openFile(ctx, bucket, file)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(look.file(file.path, file.object.SizeBytes, content), content.Close()); err != nil {
			return nil, err
		}
	}
	return look.inspection.Findings(), nil
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
func (x *exporter) storePrefix(ctx context.Context, bucket blob.Bucket, found prefixFiles) (string, error) {
	target, prefix, err := x.openStore(ctx)
	if err != nil {
		return "", err
	}
	defer target.Close()
	folder := prefix + x.Endpoint.Name + "/" + found.etag + "/"
	doneBytes := int64(0)
	for _, file := range found.files {
		if err := copyObject(ctx, bucket, file, target, folder+file.path); err != nil {
			return "", err
		}
		doneBytes += file.object.SizeBytes
		x.Progress(doneBytes, found.totalBytes)
	}
	return target.Location(folder).String(), nil
}

func copyObject(ctx context.Context, from blob.Bucket, file prefixFile, to blob.Bucket, key string) error {
	there, err := to.Stat(ctx, key)
	if err == nil && there.SizeBytes == file.object.SizeBytes {
		return nil
	}
	if err != nil && blob.KindOf(err) != blob.KindNotFound {
		return err
	}
	content, err := from.OpenRange(ctx, file.object, 0, -1)
	if err != nil {
		return err
	}
	return errors.Join(to.Write(ctx, key, content), content.Close())
}
