package sagemaker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"landfall.dev/landfall/internal/sagemaker/answer"
)

// unknownKey finds, beside an answer, the fields that the SDK does not know.
type unknownKey struct{}

// outputs are the types of the descriptions, by operation.
var outputs = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for i := range table {
		if table[i].described() {
			types[table[i].describe.operation] = table[i].describe.output
		}
	}
	return types
})

// notUnderstood is a step behind the SDK's reading of an answer. It compares
// what AWS sent with what the SDK's type has a place for: AWS adds fields all
// the time, and a scan with an older SDK must not lose them in silence.
func notUnderstood(stack *middleware.Stack) error {
	step := middleware.DeserializeMiddlewareFunc("LandfallUnknownFields", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		output, wanted := outputs()[middleware.GetOperationName(ctx)]
		response, isHTTP := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !wanted || !isHTTP || response.StatusCode != http.StatusOK {
			return out, metadata, err
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return out, metadata, fmt.Errorf("cannot read the answer: %w", err)
		}
		_ = response.Body.Close() // read to the end; nothing is left to fail
		response.Body = io.NopCloser(bytes.NewReader(body))
		if unknown := answer.Unknown(body, output); len(unknown) > 0 {
			metadata.Set(unknownKey{}, unknown)
		}
		return out, metadata, nil
	})
	if err := stack.Deserialize.Insert(step, "OperationDeserializer", middleware.After); err != nil {
		return fmt.Errorf("cannot watch for fields that the SDK does not know: %w", err)
	}
	return nil
}
