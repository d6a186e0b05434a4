package router

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"landfall.dev/landfall/internal/router/arm/sagemaker"
)

// signAt signs a request as of a time of the test's choice.
func signAt(t *testing.T, request *http.Request, body string, at time.Time) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret},
		request, hex.EncodeToString(sum[:]), "sagemaker", "eu-west-1", at)
	if err != nil {
		t.Fatal(err)
	}
}

// noIdentity is a SageMaker client whose environment has no credentials.
func noIdentity() *sagemaker.Client { return sagemaker.New(aws.Config{Region: "us-west-2"}) }

// withHeaders adds a step to an SDK client that copies headers of the answer.
func withHeaders(stack *middleware.Stack, into map[string]*string) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("readHeaders",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
			middleware.DeserializeOutput, middleware.Metadata, error,
		) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			if response, ok := out.RawResponse.(*smithyhttp.Response); ok {
				for name, value := range into {
					*value = response.Header.Get(name)
				}
			}
			return out, metadata, err
		}), middleware.After)
}
