package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"landfall.dev/landfall/internal/blob"
)

// fetch downloads an object, going on where an earlier run was interrupted, and
// returns the path of the file below the folder to work in.
func (x *exporter) fetch(ctx context.Context, bucket blob.Bucket, object blob.Object, progress func(int64)) (string, error) {
	dir, err := x.place.downloads()
	if err != nil {
		return "", err
	}
	name := fileName(bucket.Location(object.Key))
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

// fileName stands for an address.
func fileName(at blob.Location) string {
	sum := sha256.Sum256([]byte(at.String()))
	return hex.EncodeToString(sum[:])
}

// journal returns the path of the file that records the copying to an address.
func (x *exporter) journal(to blob.Location) (string, error) {
	dir, err := x.place.downloads()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, fileName(to)+blob.UploadSuffix), nil
}

// giveUp drops the unfinished copies of earlier runs that this one had no use
// for: to another store, or of files that have changed since.
func (x *exporter) giveUp(ctx context.Context) error {
	journals, err := x.place.journals()
	if err != nil {
		return err
	}
	for _, journal := range journals {
		if err := blob.Abandon(ctx, journal, x.storeOptions, x.Note); err != nil {
			x.Note(err.Error())
		}
	}
	return nil
}

// storeOptions say how to reach the store that an earlier run wrote to.
func (x *exporter) storeOptions(at blob.Location) blob.Options {
	if scheme, _, found := strings.Cut(x.StoreURI, "://"); found && scheme != at.Scheme {
		// What was said of this run's store is not about that one.
		return blob.Options{Region: x.Store.Region}
	}
	return x.Store
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
