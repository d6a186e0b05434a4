package blob

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what S3 checks and names parts by
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// maxS3Parts is how many parts S3 takes of an object (Amazon S3 User Guide,
// "Multipart upload limits").
const maxS3Parts = 10_000

// s3Parts is a multipart upload of S3. Parts are sent with their MD5, which every
// S3 store verifies; the newer checksums are not known everywhere. The signature
// covers their SHA-256 besides.
type s3Parts struct {
	bucket *bucket
	key    string
	id     string
}

func (u *s3Parts) rules() rules { return rules{way: "s3", maxParts: maxS3Parts} }

func (u *s3Parts) state() string { return u.id }

func (u *s3Parts) begin(ctx context.Context) error {
	begun, err := u.bucket.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), ContentType: aws.String("application/octet-stream"),
	})
	if err != nil {
		return err
	}
	u.id = aws.ToString(begun.UploadId)
	if u.id == "" {
		return errors.New("the store began an upload without a name")
	}
	return nil
}

// others lists the unfinished uploads of the same object that this is not one
// of: of another export under way, or of one whose journal is lost. Whoever may
// not list them learns nothing.
func (u *s3Parts) others(ctx context.Context) []string {
	listed, err := u.bucket.s3.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
		Bucket: aws.String(u.bucket.at.Bucket), Prefix: aws.String(u.key),
	})
	if err != nil {
		return nil
	}
	var ids []string
	for _, other := range listed.Uploads {
		if id := aws.ToString(other.UploadId); aws.ToString(other.Key) == u.key && id != u.id {
			ids = append(ids, id)
		}
	}
	return ids
}

func (u *s3Parts) resume(ctx context.Context, state string, _ layout) (held, error) {
	u.id = state
	has := held{parts: map[heldPart]int64{}}
	pages := s3.NewListPartsPaginator(u.bucket.s3, &s3.ListPartsInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), UploadId: aws.String(u.id),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return held{}, s3Gone(err)
		}
		for _, part := range page.Parts {
			at := heldPart{number: int(aws.ToInt32(part.PartNumber)) - 1, tag: aws.ToString(part.ETag)}
			has.parts[at] = aws.ToInt64(part.Size)
		}
	}
	return has, nil
}

func (u *s3Parts) send(ctx context.Context, p piece, content *payload) (string, error) {
	sum := md5.Sum(content.data) //nolint:gosec // what S3 checks parts by
	answer, err := u.bucket.s3.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), UploadId: aws.String(u.id),
		PartNumber: aws.Int32(int32(p.number + 1)), Body: content.body(), ContentLength: aws.Int64(int64(len(content.data))),
		ContentMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	})
	if err != nil {
		return "", s3Gone(err)
	}
	tag := aws.ToString(answer.ETag)
	if got, ok := plainMD5(tag); ok && answer.ServerSideEncryption == "" && answer.SSECustomerAlgorithm == nil && !bytes.Equal(got, sum[:]) {
		return "", fmt.Errorf("%w: part %d has the MD5 %x, and the store received %x", errDamaged, p.number+1, sum, got)
	}
	return tag, nil
}

// errDamaged tells that a part arrived as something else. It is sent again.
var errDamaged = errors.New("what arrived is not what was sent")

func (u *s3Parts) finish(ctx context.Context, parts []sentPart, _ *sums) (Check, error) {
	return CheckParts, u.complete(ctx, parts)
}

func (u *s3Parts) complete(ctx context.Context, parts []sentPart) error {
	list := make([]types.CompletedPart, 0, len(parts))
	for _, part := range parts {
		list = append(list, types.CompletedPart{ETag: aws.String(part.Tag), PartNumber: aws.Int32(int32(part.Number + 1))})
	}
	_, err := u.bucket.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), UploadId: aws.String(u.id),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: list},
	})
	return s3Gone(err)
}

func (u *s3Parts) abort(ctx context.Context) error {
	if u.id == "" {
		return nil
	}
	_, err := u.bucket.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: aws.String(u.bucket.at.Bucket), Key: aws.String(u.key), UploadId: aws.String(u.id),
	})
	if err = s3Gone(err); err == nil {
		u.id = ""
	}
	return err
}

func (u *s3Parts) left() string {
	at := ""
	if endpoint := aws.ToString(u.bucket.s3.Options().BaseEndpoint); endpoint != "" {
		at = " --endpoint-url " + endpoint
	}
	return fmt.Sprintf("Its parts are kept, and charged for, until it is given up: aws s3api abort-multipart-upload%s --bucket %s --key '%s' --upload-id '%s'",
		at, u.bucket.at.Bucket, u.key, u.id)
}

// s3Gone recognises that an upload, or a part of it, is no longer there.
func s3Gone(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "NoSuchUpload" || api.ErrorCode() == "InvalidPart") {
		return fmt.Errorf("%w: %s", errUploadGone, api.ErrorCode())
	}
	return err
}

// plainMD5 is the MD5 that an entity tag is, where it is one.
func plainMD5(tag string) ([]byte, bool) {
	sum, err := hex.DecodeString(strings.Trim(tag, `"`))
	return sum, err == nil && len(sum) == md5.Size
}

// multipartTag is the entity tag that S3 gives an object of such parts: the MD5
// of their MD5s, with their number (Amazon S3 User Guide, "Checking object
// integrity").
func multipartTag(content io.ReaderAt, l layout) (string, error) {
	all := md5.New() //nolint:gosec // what S3 names objects by
	for number := range l.count() {
		p := l.piece(number)
		sum, err := rangeMD5(content, p.beginBytes, p.endBytes)
		if err != nil {
			return "", err
		}
		all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), l.count()), nil
}

func rangeMD5(content io.ReaderAt, beginBytes, endBytes int64) ([]byte, error) {
	sum := md5.New() //nolint:gosec // what S3 names objects by
	if _, err := io.Copy(sum, io.NewSectionReader(content, beginBytes, endBytes-beginBytes)); err != nil {
		return nil, fmt.Errorf("cannot read what was copied: %w", err)
	}
	return sum.Sum(nil), nil
}
