package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// serverPartBytes is the length of one part of a copy inside S3: at most 5 GiB
// by UploadPartCopy, and 10,000 of them make 4.9 TiB, all that an object may be.
const serverPartBytes = 512 << 20

// Copied says how an object was copied.
type Copied struct {
	// Skipped means that the target had an object of that length already.
	Skipped bool
	// InStore means that the store copied it, and nothing went through this
	// machine.
	InStore bool
	// Fallback says why it went through this machine though both places are in
	// the same store; empty otherwise.
	Fallback string
}

// Copy copies an object to a key of another bucket: inside the store where both
// are the same S3 service, otherwise through this machine in parts that are read
// in parallel and held in memory (PartBytes times Parallelism at most). An object
// of the same length under the key counts as copied: keys hold the hash of what
// is below them.
func (t Transfer) Copy(ctx context.Context, from Bucket, object Object, to Bucket, key string) (Copied, error) {
	t = t.withDefaults()
	there, err := to.Stat(ctx, key)
	if err == nil && there.SizeBytes == object.SizeBytes {
		t.Progress(object.SizeBytes)
		return Copied{Skipped: true}, nil
	}
	if err != nil && KindOf(err) != KindNotFound {
		return Copied{}, err
	}
	var copied Copied
	if source, target, ok := sameS3(from, to); ok {
		err := t.copyInS3(ctx, source, object, target, key)
		if err == nil {
			return Copied{InStore: true}, nil
		}
		if ctx.Err() != nil || KindOf(err) == KindChanged {
			return Copied{}, err
		}
		copied.Fallback = err.Error()
	}
	return copied, t.copyThrough(ctx, from, object, to, key)
}

func (t Transfer) copyThrough(ctx context.Context, from Bucket, object Object, to Bucket, key string) error {
	reader, err := t.Reader(ctx, from, object)
	if err != nil {
		return err
	}
	if err := errors.Join(to.Write(ctx, key, reader), reader.Close()); err != nil {
		return err
	}
	return sameLength(ctx, object, to, key)
}

func sameLength(ctx context.Context, object Object, to Bucket, key string) error {
	there, err := to.Stat(ctx, key)
	if err != nil {
		return err
	}
	if there.SizeBytes != object.SizeBytes {
		return failed("write", to.Location(key), fmt.Errorf("the store has %d bytes of it; want %d", there.SizeBytes, object.SizeBytes))
	}
	return nil
}

// CopiesInStore says that Copy would ask the store to copy by itself.
func CopiesInStore(from, to Bucket) bool {
	_, _, ok := sameS3(from, to)
	return ok
}

// sameS3 says that both are buckets of one S3 service.
func sameS3(from, to Bucket) (*bucket, *bucket, bool) {
	source, ok := from.(*bucket)
	target, alsoOK := to.(*bucket)
	if !ok || !alsoOK || source.s3 == nil || target.s3 == nil {
		return nil, nil, false
	}
	same := aws.ToString(source.s3.Options().BaseEndpoint) == aws.ToString(target.s3.Options().BaseEndpoint)
	return source, target, same
}

// copyInS3 has the store copy an object in parts, under the condition that it
// is still the one that was looked up.
func (t Transfer) copyInS3(ctx context.Context, from *bucket, object Object, to *bucket, key string) error {
	at := to.at.at(key)
	if object.SizeBytes == 0 {
		return failed("copy", at, errors.New("a part cannot be empty"))
	}
	begun, err := to.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(to.at.Bucket), Key: aws.String(key), ContentType: aws.String("application/octet-stream"),
	})
	if err != nil {
		return failed("copy", at, err)
	}
	upload := &serverCopy{transfer: t, from: from, object: object, to: to, key: key, id: begun.UploadId}
	err = upload.run(ctx)
	if err == nil {
		return nil
	}
	// The parts cost money until somebody drops them.
	_, aborted := to.s3.AbortMultipartUpload(context.WithoutCancel(ctx), &s3.AbortMultipartUploadInput{
		Bucket: aws.String(to.at.Bucket), Key: aws.String(key), UploadId: begun.UploadId,
	})
	return failed("copy", at, errors.Join(err, aborted))
}

// serverCopy is one multipart upload whose parts come from another object.
type serverCopy struct {
	transfer Transfer
	from     *bucket
	object   Object
	to       *bucket
	key      string
	id       *string
	done     atomic.Int64
}

func (c *serverCopy) run(ctx context.Context) error {
	count := (c.object.SizeBytes + serverPartBytes - 1) / serverPartBytes
	parts := make([]types.CompletedPart, count)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(c.transfer.Parallelism)
	for i := range parts {
		group.Go(func() error {
			var err error
			parts[i], err = c.part(groupCtx, int64(i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := c.to.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(c.to.at.Bucket), Key: aws.String(c.key), UploadId: c.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return err
	}
	return sameLength(ctx, c.object, c.to, c.key)
}

func (c *serverCopy) part(ctx context.Context, index int64) (types.CompletedPart, error) {
	begin := index * serverPartBytes
	end := min(begin+serverPartBytes, c.object.SizeBytes)
	in := &s3.UploadPartCopyInput{
		Bucket: aws.String(c.to.at.Bucket), Key: aws.String(c.key), UploadId: c.id,
		PartNumber:      aws.Int32(int32(index + 1)),
		CopySource:      aws.String((&url.URL{Path: c.from.at.Bucket + "/" + c.object.Key}).EscapedPath()),
		CopySourceRange: aws.String("bytes=" + strconv.FormatInt(begin, 10) + "-" + strconv.FormatInt(end-1, 10)),
	}
	if c.object.ETag != "" {
		in.CopySourceIfMatch = aws.String(c.object.ETag)
	}
	answer, err := c.to.s3.UploadPartCopy(ctx, in)
	if err != nil {
		return types.CompletedPart{}, err
	}
	// A store that does not know such copies takes an empty part instead.
	if answer.CopyPartResult == nil || aws.ToString(answer.CopyPartResult.ETag) == "" {
		return types.CompletedPart{}, errors.New("the store does not copy parts of its objects")
	}
	c.transfer.Progress(c.done.Add(end - begin))
	return types.CompletedPart{ETag: answer.CopyPartResult.ETag, PartNumber: in.PartNumber}, nil
}

// Reader reads an object from its beginning to its end, with parts read ahead
// in parallel.
func (t Transfer) Reader(ctx context.Context, from Bucket, object Object) (io.ReadCloser, error) {
	t = t.withDefaults()
	length, err := partBytes(ctx, from, object, t.PartBytes)
	if err != nil {
		return nil, err
	}
	if length > t.PartBytes || object.SizeBytes <= t.PartBytes {
		// One stream: the store reads no parts, or there is only one.
		reader, err := from.OpenRange(ctx, object, 0, -1)
		if err != nil {
			return nil, err
		}
		return &counted{ReadCloser: reader, progress: t.Progress}, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &ahead{transfer: t, from: from, object: object, ctx: ctx, cancel: cancel}
	for range t.Parallelism {
		r.start()
	}
	return r, nil
}

// counted reports what is read.
type counted struct {
	io.ReadCloser
	progress  func(doneBytes int64)
	doneBytes int64
}

func (c *counted) Read(data []byte) (int, error) {
	n, err := c.ReadCloser.Read(data)
	c.doneBytes += int64(n)
	c.progress(c.doneBytes)
	return n, err
}
