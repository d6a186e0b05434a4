package standin_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"

	"landfall.dev/landfall/test/standin"
)

// TestBlob: the object store interface that Landfall uses works on this S3,
// with a whole upload, one in parts, ranges, listing and a missing key.
func TestBlob(t *testing.T) {
	account := start(t, head+"\nbuckets: [{name: models}]\n", standin.Options{})
	ctx := context.Background()
	client := s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	bucket, err := s3blob.OpenBucket(ctx, client, "models", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB: several parts
	for key, content := range map[string][]byte{"small": []byte("x"), "empty": nil, "dir/large": large} {
		if err := bucket.WriteAll(ctx, key, content, &blob.WriterOptions{ContentType: "application/octet-stream"}); err != nil {
			t.Fatalf("write %s: %v", key, err)
		}
		got, err := bucket.ReadAll(ctx, key)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("read %s: %d bytes, %v", key, len(got), err)
		}
	}
	reader, err := bucket.NewRangeReader(ctx, "dir/large", 1<<20+3, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if got, err := io.ReadAll(reader); err != nil || string(got) != "34567" {
		t.Errorf("range: %q %v", got, err)
	}
	if meta, err := bucket.Attributes(ctx, "dir/large"); err != nil || meta.Size != int64(len(large)) {
		t.Errorf("attributes: %+v %v", meta, err)
	}
	item, err := bucket.List(&blob.ListOptions{Prefix: "dir/"}).Next(ctx)
	if err != nil || item.Key != "dir/large" {
		t.Errorf("list: %+v %v", item, err)
	}
	if _, err := bucket.ReadAll(ctx, "nothing"); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("missing: %v", err)
	}
}
