package blob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxAzureBlocks is how many blocks a blob takes ("Scalability and performance
// targets for Blob storage").
const maxAzureBlocks = 50_000

// azureBlocks stages blocks of a block blob. A block is named by its number and
// the hash of its content, so that two exports of the same object stage the same
// blocks and neither can commit what the other did not mean.
type azureBlocks struct {
	client *blockblob.Client
	begun  bool
}

func (u *azureBlocks) rules() rules { return rules{way: "azblob", maxParts: maxAzureBlocks} }

// state is the same for every upload: blocks belong to the blob.
func (u *azureBlocks) state() string {
	if !u.begun {
		return ""
	}
	return "blocks"
}

func (u *azureBlocks) begin(context.Context) error {
	u.begun = true
	return nil
}

// azureBlockID names a block: eight hexadecimal digits of its number and 56 of its
// SHA-256. All names of a blob's blocks have to be of one length, also those
// that Azure's own library left: 64 bytes.
func azureBlockID(number int, data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08x%x", number, sum[:28]))
}

// azureBlockNumber is the inverse; false for names that others gave.
func azureBlockNumber(id string) (int, bool) {
	name, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(name) != 64 {
		return 0, false
	}
	number, err := strconv.ParseUint(string(name[:8]), 16, 31)
	return int(number), err == nil
}

func (u *azureBlocks) resume(ctx context.Context, _ string, _ layout) (held, error) {
	u.begun = true
	list, err := u.client.GetBlockList(ctx, blockblob.BlockListTypeUncommitted, nil)
	if err != nil {
		return held{}, azureGone(err)
	}
	has := held{parts: map[heldPart]int64{}}
	for _, block := range list.UncommittedBlocks {
		if block == nil || block.Name == nil || block.Size == nil {
			continue
		}
		if number, ok := azureBlockNumber(*block.Name); ok {
			has.parts[heldPart{number: number, tag: *block.Name}] = *block.Size
		}
	}
	if len(has.parts) == 0 {
		u.begun = false
		return held{}, errUploadGone
	}
	return has, nil
}

func (u *azureBlocks) send(ctx context.Context, p piece, content *payload) (string, error) {
	id := azureBlockID(p.number, content.data)
	_, err := u.client.StageBlock(sentOnce(ctx), id, content.body(), &blockblob.StageBlockOptions{
		TransactionalValidation: azblob.TransferValidationTypeComputeCRC64(),
	})
	return id, err
}

// sentOnce keeps Azure's library from sending a body again by itself. It winds the
// body back while a connection that broke may still read it, so that the bytes of
// one attempt get into the other; upload begins each attempt with a reader of its
// own.
func sentOnce(ctx context.Context) context.Context {
	return policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1})
}

func (u *azureBlocks) finish(ctx context.Context, parts []sentPart, _ *sums) (Check, error) {
	ids := make([]string, 0, len(parts))
	for _, part := range parts {
		ids = append(ids, part.Tag)
	}
	_, err := u.client.CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{
		HTTPHeaders: &azblob.HTTPHeaders{BlobContentType: aws.String("application/octet-stream")},
	})
	return CheckParts, azureGone(err)
}

// abort cannot drop blocks: Azure has no such request.
func (u *azureBlocks) abort(context.Context) error {
	if !u.begun {
		return nil
	}
	return errKeptByStore
}

func (u *azureBlocks) left() string {
	return "Azure keeps its uncommitted blocks for a week, and then drops them"
}

func azureGone(err error) error {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) && (answer.ErrorCode == "BlobNotFound" || answer.ErrorCode == "InvalidBlockList") {
		return fmt.Errorf("%w: %s", errUploadGone, answer.ErrorCode)
	}
	return err
}
