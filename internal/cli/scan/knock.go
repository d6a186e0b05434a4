package scan

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/sagemaker"
)

// knockAttempts is how often the first call is tried. The scan itself tries
// longer, so that a busy account or a moment without a network does not undo its
// work, and would leave a person with a wrong address waiting for a minute.
const knockAttempts = 2

// knock fails when AWS cannot be reached at all. What AWS answers is left to the
// scan.
func knock(ctx context.Context, client *sagemaker.Client) error {
	_, err := client.Endpoints.ListEndpoints(ctx, &awssagemaker.ListEndpointsInput{MaxResults: aws.Int32(1)},
		func(o *awssagemaker.Options) { o.Retryer = retry.AddWithMaxAttempts(o.Retryer, knockAttempts) })
	var answered smithy.APIError
	if err == nil || errors.As(err, &answered) {
		return nil
	}
	return err
}
