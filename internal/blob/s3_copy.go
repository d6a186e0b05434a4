package blob

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// serverPartBytes is the length of one part of a copy inside S3, and what is
// copied by one request: UploadPartCopy and CopyObject take at most 5 GiB, and
// 10,000 such parts make 4.9 TiB. Several parts at once are faster than one.
const serverPartBytes = 512 << 20

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

// copyInS3 has the store copy an object, under the condition that it is still
// the one that was looked up, and checks what came of it.
func (t Transfer) copyInS3(ctx context.Context, job Job, from, to *bucket) (Copied, error) {
	at := to.at.at(job.Key)
	if job.Object.SizeBytes == 0 {
		return Copied{}, failed("copy", at, errors.New("a part cannot be empty"))
	}
	partBytes := t.serverPartBytes
	if partBytes <= 0 {
		partBytes = serverPartBytes
	}
	var copied Copied
	var err error
	l := layout{sizeBytes: job.Object.SizeBytes, partBytes: partBytes}
	if job.Object.SizeBytes <= partBytes {
		err = copyObject(ctx, job, from, to)
		l.partBytes = 0
	} else {
		parts := &s3CopiedParts{s3Parts: s3Parts{bucket: to, key: job.Key}, from: from, object: job.Object, partBytes: partBytes}
		copied, err = t.upload(ctx, job, parts)
		l.partBytes = parts.rules().layout(job.Object.SizeBytes, partBytes).partBytes
	}
	if err != nil {
		return Copied{}, failed("copy", at, err)
	}
	copied.Check, err = checkCopy(ctx, job, to, l)
	if err != nil {
		return Copied{}, failed("copy", at, err)
	}
	t.Progress(job.Object.SizeBytes)
	return copied, nil
}

// copySource is how S3 wants the source named.
func copySource(from *bucket, object Object) *string {
	return aws.String((&url.URL{Path: from.at.Bucket + "/" + object.Key}).EscapedPath())
}

func ifMatch(object Object) *string {
	if object.ETag == "" {
		return nil
	}
	return aws.String(object.ETag)
}

// copyObject copies by one request.
func copyObject(ctx context.Context, job Job, from, to *bucket) error {
	answer, err := to.s3.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String(to.at.Bucket), Key: aws.String(job.Key),
		CopySource: copySource(from, job.Object), CopySourceIfMatch: ifMatch(job.Object),
	})
	if err != nil {
		return err
	}
	// A store that does not know such copies takes an empty object instead.
	if answer.CopyObjectResult == nil || aws.ToString(answer.CopyObjectResult.ETag) == "" {
		return errNoCopies
	}
	return sameLength(ctx, job.Object, job.To, job.Key)
}

var errNoCopies = errors.New("the store does not copy its objects")

// s3CopiedParts is a multipart upload whose parts S3 takes from another object.
type s3CopiedParts struct {
	s3Parts
	from      *bucket
	object    Object
	partBytes int64
}

func (u *s3CopiedParts) rules() rules {
	return rules{way: "s3-copy", maxParts: maxS3Parts, inStore: true, partBytes: u.partBytes}
}

func (u *s3CopiedParts) send(ctx context.Context, p piece, _ *payload) (string, error) {
	answer, err := u.bucket.s3.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), UploadId: aws.String(u.id),
		PartNumber: aws.Int32(int32(p.number + 1)), CopySource: copySource(u.from, u.object), CopySourceIfMatch: ifMatch(u.object),
		CopySourceRange: aws.String("bytes=" + strconv.FormatInt(p.beginBytes, 10) + "-" + strconv.FormatInt(p.endBytes-1, 10)),
	})
	if err != nil {
		return "", s3Gone(err)
	}
	if answer.CopyPartResult == nil || aws.ToString(answer.CopyPartResult.ETag) == "" {
		return "", errNoCopies
	}
	return aws.ToString(answer.CopyPartResult.ETag), nil
}

func (u *s3CopiedParts) finish(ctx context.Context, parts []sentPart, _ *sums) (Check, error) {
	return CheckSource, u.complete(ctx, parts)
}

// checkCopy compares the store's checksum of a copy with that of the content:
// the one computed here where the content is, else the source's. Parts of zero
// bytes mean that it was copied by one request. Where encryption keeps the
// entity tag from being a checksum, the condition on the source stands alone.
func checkCopy(ctx context.Context, job Job, to *bucket, l layout) (Check, error) {
	head, err := to.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(to.at.Bucket), Key: aws.String(job.Key)})
	if err != nil {
		return "", err
	}
	tag := strings.Trim(aws.ToString(head.ETag), `"`)
	source, sourceIsMD5 := plainMD5(job.Object.ETag)
	single, isMD5 := plainMD5(tag)
	encrypted := head.ServerSideEncryption != "" && head.ServerSideEncryption != "AES256" || head.SSECustomerAlgorithm != nil
	var want string
	switch {
	case encrypted:
		return CheckSource, nil
	case job.Content == nil && l.partBytes == 0 && sourceIsMD5 && isMD5 && bytes.Equal(source, single):
		return CheckWhole, nil
	case job.Content == nil:
		return CheckSource, nil
	case isMD5: // some stores name objects that were made of parts so too
		sum, err := rangeMD5(job.Content, 0, l.sizeBytes)
		if err != nil {
			return "", err
		}
		want = hex.EncodeToString(sum)
	case l.partBytes > 0 && strings.HasSuffix(tag, fmt.Sprintf("-%d", l.count())):
		if want, err = multipartTag(job.Content, l); err != nil {
			return "", err
		}
	default:
		return CheckSource, nil
	}
	if want != tag {
		return "", fmt.Errorf("%w: its entity tag is %s, and of the content that was read %s", errDamaged, tag, want)
	}
	return CheckWhole, nil
}
