package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"landfall.dev/landfall/internal/blob"
)

// fetch downloads an object, going on where an earlier run was interrupted, and
// returns the path of the file below the folder to work in.
func (x *exporter) fetch(ctx context.Context, bucket blob.Bucket, object blob.Object, progress func(int64)) (string, error) {
	dir, err := x.place.downloads()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(bucket.Location(object.Key).String()))
	name := hex.EncodeToString(sum[:])
	transfer := x.Transfer
	transfer.Progress = progress
	reused, err := transfer.DownloadFile(ctx, bucket, object, filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	if reused > 0 {
		x.Note(fmt.Sprintf("%d of %d bytes of %s were there from an interrupted export", reused, object.SizeBytes, bucket.Location(object.Key)))
	}
	return filepath.Join(downloadsFolder, name), nil
}

// settle gives a download its name in the bundle too. It keeps its own, so that
// a kill after this still costs no second download; where the file system knows
// no second names, it moves.
func (x *exporter) settle(download, path string) error {
	root, err := os.OpenRoot(x.work)
	if err != nil {
		return fmt.Errorf("cannot open the folder to work in: %w", err)
	}
	defer root.Close()
	if folder := filepath.Dir(path); folder != "." {
		if err := root.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("cannot create the folder of %q: %w", path, err)
		}
	}
	if linked := root.Link(download, path); linked != nil {
		if err := root.Rename(download, path); err != nil {
			return fmt.Errorf("cannot put %q into the bundle: %w", path, errors.Join(linked, err))
		}
	}
	return nil
}
