package bundle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inspect"
	"landfall.dev/landfall/internal/inventory"
)

// brought is the artifact as the manifests and as bundle.yaml have it. Both
// are nil when the image carries the model.
type brought struct {
	artifact *export.Artifact
	recorded *export.ManifestArtifact
	// found is what the files hold.
	found []inspect.Finding
	code  []export.CodeFile
}

// bring reads the model's files and puts them where they belong.
func (x *exporter) bring(ctx context.Context, from *inventory.Artifact) (brought, error) {
	if from == nil {
		return brought{}, nil
	}
	bucket, at, err := blob.Open(ctx, from.URI, x.Source)
	if err != nil {
		return brought{}, fmt.Errorf("cannot open the model's files: %w", err)
	}
	defer bucket.Close()
	switch v1alpha1.ArtifactCompression(from.Compression) {
	case v1alpha1.CompressionGzip:
		if at.IsPrefix() {
			return brought{}, fmt.Errorf("the model's address %s is a prefix; want one model.tar.gz", from.URI)
		}
		return x.bringObject(ctx, bucket, at)
	case v1alpha1.CompressionNone:
		if !at.IsPrefix() {
			return brought{}, fmt.Errorf("the model's address %s is one uncompressed object, which this version cannot export; "+
				"put it below a prefix that ends in '/'", from.URI)
		}
		return x.bringPrefix(ctx, bucket, at)
	default:
		return brought{}, fmt.Errorf("the model's compression is %q; want Gzip or None", from.Compression)
	}
}

// bringObject brings a model.tar.gz, which is always read: its digest is what
// the Model is pinned by.
func (x *exporter) bringObject(ctx context.Context, bucket blob.Bucket, at blob.Location) (brought, error) {
	object, err := bucket.Stat(ctx, at.Key)
	if err != nil {
		return brought{}, err
	}
	path := filepath.Join(x.work, filepath.FromSlash(export.ArtifactPath))
	if err := x.readObject(ctx, bucket, object, path); err != nil {
		return brought{}, err
	}
	read, err := x.examine(path)
	if err != nil {
		return brought{}, err
	}
	sum := read.sum
	a := &export.Artifact{
		URI: at.String(), Digest: sum.Digest, SizeBytes: sum.SizeBytes, Compression: v1alpha1.CompressionGzip,
		ETag: object.ETag, ModifiedAt: object.ModifiedAt, VolumeBytes: read.volumeBytes, Refused: read.refused,
	}
	var check blob.Check
	if x.StoreURI != "" && a.Refused == "" {
		if a.URI, check, err = x.storeObject(ctx, bucket, object, path, sum); err != nil {
			return brought{}, err
		}
	}
	if x.StoreURI != "" || x.KeepInPlace || a.Refused != "" {
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			return brought{}, fmt.Errorf("cannot remove the download: %w", err)
		}
	}
	return brought{artifact: a, found: read.found, code: read.code, recorded: &export.ManifestArtifact{
		SourceURI: at.String(), SourceETag: object.ETag, URI: a.URI, Digest: a.Digest, SizeBytes: a.SizeBytes,
		CopyCheck: string(check),
	}}, nil
}

// readObject downloads an object, or takes it from the bundle that is being
// replaced when nothing has changed.
func (x *exporter) readObject(ctx context.Context, bucket blob.Bucket, object blob.Object, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot create the artifact's folder: %w", err)
	}
	if x.reuse(object, path) {
		x.Progress(object.SizeBytes, object.SizeBytes)
		return nil
	}
	download, err := x.fetch(ctx, bucket, object, func(doneBytes int64) { x.Progress(doneBytes, object.SizeBytes) })
	if err != nil {
		return err
	}
	return x.settle(download, filepath.FromSlash(export.ArtifactPath))
}

// reuse links the old bundle's artifact when the store still has the same and
// the file is still what it was.
func (x *exporter) reuse(object blob.Object, path string) bool {
	if x.old == nil || x.old.Artifact == nil || object.ETag == "" || x.old.Artifact.SourceETag != object.ETag ||
		x.old.Artifact.SizeBytes != object.SizeBytes {
		return false
	}
	have := filepath.Join(x.Dir, filepath.FromSlash(export.ArtifactPath))
	sum, err := checksum(have)
	if err != nil || sum.Digest != x.old.Artifact.Digest {
		return false
	}
	return os.Link(have, path) == nil
}

// storeObject copies an archive to the store, under its digest: what stands
// there once never changes, and copying again costs nothing. Where the store is
// that of the source it copies by itself; it is asked for the very object that
// was read.
func (x *exporter) storeObject(
	ctx context.Context, from blob.Bucket, object blob.Object, path string, sum export.ManifestFile,
) (uri string, check blob.Check, err error) {
	target, folder, err := x.openStore(ctx, strings.TrimPrefix(sum.Digest, "sha256:"))
	if err != nil {
		return "", "", err
	}
	defer target.Close()
	content, err := os.Open(path)
	if err != nil {
		return "", "", fmt.Errorf("cannot open the model's files: %w", err)
	}
	defer content.Close()
	object.Digest = sum.Digest
	job := blob.Job{From: from, Object: object, To: target, Key: folder.Key + "model.tar.gz", Content: content}
	uri = target.Location(job.Key).String()
	check, err = x.copy(ctx, job, func(doneBytes int64) { x.Copying(doneBytes, object.SizeBytes) })
	return uri, x.alreadyChecked(check, uri), err
}

// copy copies an object to the store, going on where an earlier run was
// interrupted, and says how the copy was checked.
func (x *exporter) copy(ctx context.Context, job blob.Job, progress func(doneBytes int64)) (blob.Check, error) {
	journal, err := x.journal(job.To.Location(job.Key))
	if err != nil {
		return "", err
	}
	job.Journal, job.Note = journal, x.Note
	transfer := x.Transfer
	transfer.Progress = progress
	copied, err := transfer.Copy(ctx, job)
	if err == nil && copied.Fallback != "" {
		x.Note("the store did not copy by itself, so that the files went through this machine: " + copied.Fallback)
	}
	return copied.Check, err
}

// alreadyChecked returns how the copy was checked when it was made, where this
// run found it in its place and compared only its length.
func (x *exporter) alreadyChecked(check blob.Check, uri string) blob.Check {
	if x.old == nil || x.old.Artifact == nil || check != blob.CheckLength || x.old.Artifact.URI != uri || x.old.Artifact.CopyCheck == "" {
		return check
	}
	return blob.Check(x.old.Artifact.CopyCheck)
}

// openStore opens the folder for one version of the model's files.
func (x *exporter) openStore(ctx context.Context, version string) (blob.Bucket, blob.Location, error) {
	at, err := blob.Parse(x.StoreURI)
	if err != nil {
		return nil, blob.Location{}, fmt.Errorf("cannot open the artifact store: %w", err)
	}
	bucket, folder, err := blob.Open(ctx, at.Artifact(x.Endpoint.Name, version).String(), x.Store)
	if err != nil {
		return nil, blob.Location{}, fmt.Errorf("cannot open the artifact store: %w", err)
	}
	return bucket, folder, nil
}
