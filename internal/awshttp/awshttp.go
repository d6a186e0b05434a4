// Package awshttp keeps clients of the AWS SDK from losing answers that came.
//
// It owns one repair of the SDK's HTTP client. It refuses retries, timeouts and
// addresses: those are the SDK's.
package awshttp

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkhttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// KeepEarlyAnswers returns a client that keeps an answer which arrives before
// net/http is done with the request.
//
// The SDK closes a request's body once the answer's header is there. net/http
// may not have looked for the body's end yet; it then gets io.EOF from the
// body's WriteTo, takes it for a failed write and closes the connection under
// the answer: "use of closed network connection". A busy machine shows it every
// few thousand calls (https://github.com/aws/aws-sdk-go-v2/issues/1825). A body
// without WriteTo ends as net/http expects.
//
// Nil stands for the SDK's own client, as it does in aws.Config: a configuration
// that was loaded has one only where something asks for it, such as AWS_CA_BUNDLE.
func KeepEarlyAnswers(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = sdkhttp.NewBuildableClient()
	}
	return keeper{client}
}

type keeper struct{ client aws.HTTPClient }

// Do sends a request, as http.Client does.
func (k keeper) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return k.client.Do(r)
}
