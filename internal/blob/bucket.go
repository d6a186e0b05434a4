package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gcblob "gocloud.dev/blob"
)

// Bucket holds objects. Errors are of type *Error.
type Bucket interface {
	// Location returns the address of a key.
	Location(key string) Location
	// Stat looks an object up.
	Stat(ctx context.Context, key string) (Object, error)
	// OpenRange reads lengthBytes of an object from offsetBytes on; a
	// negative length reads to the end. It fails with KindChanged when the
	// object is no longer the one that was looked up.
	OpenRange(ctx context.Context, object Object, offsetBytes, lengthBytes int64) (io.ReadCloser, error)
	// List yields every object whose key begins with prefix, in the order of
	// their keys. It stops after the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Write creates or replaces an object. Nothing is visible under the key
	// until content has ended without an error.
	Write(ctx context.Context, key string, content io.Reader) error
	// Close releases what the bucket holds open.
	Close() error
}

// Object is an object as it was looked up.
type Object struct {
	// Key is its name in the bucket.
	Key string
	// SizeBytes is its length.
	SizeBytes int64
	// ETag names the object's content in the words of the store, if it has
	// such a name.
	ETag string
	// Digest is the SHA-256 of the content as sha256:<hex>, where the store
	// names content by it. It has to be checked by whoever reads the object.
	Digest string
	// ModifiedAt is when it was written; zero when the store does not tell.
	ModifiedAt time.Time
}

// bucket is a Bucket on gocloud.dev/blob.
type bucket struct {
	store *gcblob.Bucket
	at    Location
	// s3, azure and google speak to the store itself, for what gocloud.dev has
	// not: uploads that outlive the process, and copies within S3. Those of other
	// stores are nil.
	s3     *s3.Client
	azure  *container.Client
	google *googleAPI
	// uploads says that the store takes readers only: the writer of
	// gocloud.dev/blob/azureblob (0.47.0) dereferences nil when it is closed after
	// an upload has failed. To be dropped with that defect.
	uploads bool
}

func (b *bucket) Location(key string) Location { return b.at.at(key) }

func (b *bucket) Stat(ctx context.Context, key string) (Object, error) {
	attributes, err := b.store.Attributes(ctx, key)
	if err != nil {
		return Object{}, failed("read", b.at.at(key), err)
	}
	object := Object{Key: key, SizeBytes: attributes.Size, ETag: attributes.ETag, ModifiedAt: attributes.ModTime}
	if tag, ok := versionOf(attributes.As); ok {
		object.ETag = tag
	}
	return object, nil
}

func (b *bucket) OpenRange(ctx context.Context, object Object, offsetBytes, lengthBytes int64) (io.ReadCloser, error) {
	reader, err := b.store.NewRangeReader(ctx, object.Key, offsetBytes, lengthBytes, &gcblob.ReaderOptions{
		BeforeRead: func(as func(any) bool) error { return demandVersion(as, object.ETag) },
	})
	if err != nil {
		return nil, failed("read", b.at.at(object.Key), err)
	}
	if err := sameObject(reader, object); err != nil {
		return nil, failed("read", b.at.at(object.Key), errors.Join(err, reader.Close()))
	}
	return reader, nil
}

// sameObject also serves stores that ignore the If-Match header.
func sameObject(reader *gcblob.Reader, object Object) error {
	if reader.Size() != object.SizeBytes {
		return fmt.Errorf("%w: %d bytes, then %d", errChanged, object.SizeBytes, reader.Size())
	}
	if tag, ok := readVersion(reader.As); ok && object.ETag != "" && tag != object.ETag {
		return fmt.Errorf("%w: entity tag %s, then %s", errChanged, object.ETag, tag)
	}
	return nil
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		objects := b.store.List(&gcblob.ListOptions{Prefix: prefix})
		for {
			entry, err := objects.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, failed("list", b.at.at(prefix), err))
				return
			}
			if isFolderMarker(entry) {
				continue
			}
			if !yield(objectOf(entry), nil) {
				return
			}
		}
	}
}

// isFolderMarker recognises the empty objects ending in '/' that consoles
// create to show a folder.
func isFolderMarker(entry *gcblob.ListObject) bool {
	return entry.IsDir || (entry.Size == 0 && strings.HasSuffix(entry.Key, "/"))
}

func objectOf(entry *gcblob.ListObject) Object {
	object := Object{Key: entry.Key, SizeBytes: entry.Size, ModifiedAt: entry.ModTime}
	if tag, ok := versionOf(entry.As); ok {
		object.ETag = tag
	}
	return object
}

// uploadPartBytes is the length of one part of an upload. S3 takes 10,000 parts
// of an object, so that parts of 16 MiB make 156 GiB: more than an archive may
// unpack to. A few of them are held in memory at once.
const uploadPartBytes = 16 << 20

func (b *bucket) Write(ctx context.Context, key string, content io.Reader) error {
	// Cancelling the context is how a gocloud.dev writer is told to drop what
	// it has so far.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := &gcblob.WriterOptions{ContentType: "application/octet-stream", BufferSize: uploadPartBytes}
	if b.uploads {
		if err := b.store.Upload(ctx, key, content, options); err != nil {
			return failed("write", b.at.at(key), err)
		}
		return nil
	}
	writer, err := b.store.NewWriter(ctx, key, options)
	if err != nil {
		return failed("write", b.at.at(key), err)
	}
	if _, err := io.Copy(writer, content); err != nil {
		cancel()
		return failed("write", b.at.at(key), errors.Join(err, ignoreCanceled(writer.Close())))
	}
	if err := writer.Close(); err != nil {
		return failed("write", b.at.at(key), err)
	}
	return nil
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (b *bucket) Close() error {
	if err := b.store.Close(); err != nil {
		return failed("close", b.at, err)
	}
	return nil
}
