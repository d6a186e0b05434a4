package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/blob"
)

// FetchOptions say what to bring where.
type FetchOptions struct {
	// URI is the object (Gzip) or the prefix ending in '/' (None).
	URI string
	// Dest is the folder for the model's files. It is cleared first.
	Dest string
	// Scratch is the folder for the download. Empty means the system's.
	Scratch string
	// Compression says how the artifact is packed.
	Compression v1alpha1.ArtifactCompression
	// Digest is the SHA-256 that the object must have, as sha256:<hex>. Empty
	// accepts any content.
	Digest string
	// MaxUnpackedBytes bounds the room the files take in Dest.
	MaxUnpackedBytes int64
	// Store says how to reach the object store.
	Store blob.Options
	// Transfer says how objects are moved.
	Transfer blob.Transfer
	// Log hears the progress, once a second.
	Log *slog.Logger
}

// Fetch brings a model's files into a folder: all of them, checked, or none.
// Its error says in one line what failed, why, and what to do.
func Fetch(ctx context.Context, o FetchOptions) error {
	if err := os.MkdirAll(o.Dest, 0o755); err != nil {
		return fmt.Errorf("cannot create %s: %w; mount a writable volume there", o.Dest, err)
	}
	dest, err := os.OpenRoot(o.Dest)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w; mount a writable volume there", o.Dest, err)
	}
	defer dest.Close()
	// An earlier attempt may have been killed half-way.
	if err := archive.Clear(dest); err != nil {
		return fmt.Errorf("cannot clear %s: %w; mount a writable volume there", o.Dest, err)
	}
	bucket, at, err := blob.Open(ctx, o.URI, o.Store)
	if err != nil {
		return advised(err, o)
	}
	defer bucket.Close()
	f := &fetch{FetchOptions: o, bucket: bucket, at: at, dest: dest, begin: time.Now()}
	if err := f.bring(ctx); err != nil {
		return errors.Join(advised(err, o), archive.Clear(dest))
	}
	return nil
}

// fetch is one fetch under way.
type fetch struct {
	FetchOptions
	bucket blob.Bucket
	at     blob.Location
	dest   *os.Root
	begin  time.Time
}

func (f *fetch) bring(ctx context.Context) error {
	if f.Compression == v1alpha1.CompressionNone {
		return f.copyPrefix(ctx)
	}
	return f.unpackObject(ctx)
}

// unpackObject downloads an archive, checks it, and only then unpacks it.
func (f *fetch) unpackObject(ctx context.Context) error {
	object, err := f.bucket.Stat(ctx, f.at.Key)
	if err != nil {
		return err
	}
	scratch, err := os.CreateTemp(f.Scratch, "landfall-fetch-*")
	if err != nil {
		return fmt.Errorf("cannot create a file for the download: %w; mount a writable volume at the folder for temporary files", err)
	}
	defer func() {
		_ = scratch.Close()
		_ = os.Remove(scratch.Name())
	}()
	report := startReport(f.Log, "downloading", object.SizeBytes)
	f.Transfer.Progress = report.set
	err = f.Transfer.Download(ctx, f.bucket, object, scratch)
	report.stop()
	if err != nil {
		return err
	}
	digest, err := f.check(scratch)
	if err != nil {
		return err
	}
	if object.Digest != "" && object.Digest != digest {
		return &blob.DigestError{Key: f.URI, Want: object.Digest, Got: digest}
	}
	listing, err := f.unpack(ctx, scratch, object.SizeBytes)
	if err != nil {
		return err
	}
	f.Log.Info("model fetched", "uri", f.URI, "digest", digest, "bytes", object.SizeBytes,
		"files", listing.Files(), "unpackedBytes", listing.UnpackedBytes, "seconds", f.seconds())
	return nil
}

func (f *fetch) seconds() float64 {
	return time.Since(f.begin).Round(time.Millisecond).Seconds()
}

// digestError tells that the object is not the one that was registered.
type digestError struct{ want, got string }

func (e *digestError) Error() string {
	return fmt.Sprintf("its digest is %s, but the Model says %s", e.got, e.want)
}

func (f *fetch) check(scratch *os.File) (string, error) {
	if _, err := scratch.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("cannot rewind the download: %w", err)
	}
	digest, err := blob.Digest(scratch)
	if err != nil {
		return "", err
	}
	if f.Digest != "" && f.Digest != digest {
		return "", &digestError{want: f.Digest, got: digest}
	}
	_, err = scratch.Seek(0, io.SeekStart)
	return digest, err
}

func (f *fetch) unpack(ctx context.Context, scratch *os.File, sizeBytes int64) (archive.Listing, error) {
	report := startReport(f.Log, "unpacking", sizeBytes)
	defer report.stop()
	content := &watchedReader{stopped: ctx.Err, from: scratch, report: report}
	return archive.Unpack(content, f.dest, archive.Limits{MaxUnpackedBytes: f.MaxUnpackedBytes})
}

// watchedReader counts what is read and ends when the fetch is cancelled.
type watchedReader struct {
	// stopped is why nobody waits any longer, or nil.
	stopped   func() error
	from      io.Reader
	readBytes int64
	report    *report
}

func (r *watchedReader) Read(data []byte) (int, error) {
	if err := r.stopped(); err != nil {
		return 0, err
	}
	n, err := r.from.Read(data)
	r.readBytes += int64(n)
	r.report.set(r.readBytes)
	return n, err
}
