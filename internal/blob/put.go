package blob

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what stores check uploads by
	"encoding/base64"

	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gcblob "gocloud.dev/blob"
)

// stage begins or goes on with an upload in parts.
func (b *bucket) stage(key string, object Object) (staging, bool) {
	switch {
	case !plainKey(key):
		return nil, false
	case b.s3 != nil:
		return &s3Parts{bucket: b, key: key}, true
	case b.azure != nil:
		return &azureBlocks{client: b.azure.NewBlockBlobClient(key)}, true
	case b.google != nil:
		return &googleSession{api: b.google, bucket: b.at.Bucket, key: key, sizeBytes: object.SizeBytes}, true
	case b.at.Scheme == SchemeFile:
		return newFolderParts(b.at.Bucket, key), true
	}
	return nil, false
}

// put writes an object that fits into memory, with a checksum that the store
// verifies before the object appears, where the store does that.
func (b *bucket) put(ctx context.Context, key string, data []byte) (Check, error) {
	sum := md5.Sum(data) //nolint:gosec // what stores check uploads by
	switch {
	case b.s3 != nil && plainKey(key):
		_, err := b.s3.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(b.at.Bucket), Key: aws.String(key), ContentType: aws.String("application/octet-stream"),
			Body: bytes.NewReader(data), ContentMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		})
		return CheckWhole, err
	case b.azure != nil && plainKey(key):
		content := &payload{data: data, moved: func() {}}
		_, err := b.azure.NewBlockBlobClient(key).Upload(sentOnce(ctx), content.body(), &blockblob.UploadOptions{
			TransactionalValidation: azblob.TransferValidationTypeComputeCRC64(),
			HTTPHeaders:             &azblob.HTTPHeaders{BlobContentType: aws.String("application/octet-stream")},
		})
		return CheckWhole, err
	case b.google != nil:
		return CheckWhole, b.store.WriteAll(ctx, key, data, &gcblob.WriterOptions{ContentType: "application/octet-stream", ContentMD5: sum[:]})
	}
	return CheckLength, b.Write(ctx, key, bytes.NewReader(data))
}
