package awshttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/awshttp"
)

// slow is a client whose connection is done writing only once somebody reads
// the answer, as when the machine is busy.
type slow struct {
	*http.Client
	isRead func()
}

func newSlow() slow {
	read := make(chan struct{})
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return slowConn{conn, read}, err
	}
	return slow{&http.Client{Transport: &http.Transport{DialContext: dial}}, sync.OnceFunc(func() { close(read) })}
}

func (s slow) Do(r *http.Request) (*http.Response, error) {
	answer, err := s.Client.Do(r)
	if err == nil {
		answer.Body = slowBody{answer.Body, s.isRead}
	}
	return answer, err
}

type slowBody struct {
	io.ReadCloser
	isRead func()
}

func (b slowBody) Read(p []byte) (int, error) {
	b.isRead()
	return b.ReadCloser.Read(p)
}

type slowConn struct {
	net.Conn
	read chan struct{}
}

// ReadFrom is what net/http copies a request's body with.
func (c slowConn) ReadFrom(body io.Reader) (int64, error) {
	n, err := io.Copy(c.Conn, body)
	<-c.read
	return n, err
}

func TestKeepEarlyAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		wrap func(aws.HTTPClient) aws.HTTPClient
		want error
	}{
		"kept": {awshttp.KeepEarlyAnswers, nil},
		// When this one fails the SDK is mended and the package can go.
		"the SDK alone": {func(c aws.HTTPClient) aws.HTTPClient { return c }, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, `{"Models":[]}`)
			}))
			defer server.Close()
			client := newSlow()
			defer client.CloseIdleConnections()
			written := make(chan error, 1)
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				WroteRequest: func(i httptrace.WroteRequestInfo) { written <- i.Err },
			})
			sdk := sagemaker.New(sagemaker.Options{
				Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
				Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""),
				HTTPClient:  c.wrap(client),
			})
			_, _ = sdk.ListModels(ctx, &sagemaker.ListModelsInput{}) // lost or not by chance: the write tells
			if err := <-written; !errors.Is(err, c.want) {
				t.Errorf("the request's write ended with %v, want %v", err, c.want)
			}
		})
	}
}

// TestNilIsTheSDKsClient is how a configuration is loaded on most machines.
func TestNilIsTheSDKsClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := awshttp.KeepEarlyAnswers(nil).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusTeapot {
		t.Errorf("got %s", answer.Status)
	}
}
