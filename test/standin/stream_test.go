package standin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	rt "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	rttypes "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// settledClient gives a response back only after the request was written to
// its end. The SDK (smithy-go v1.28.8, transport/http/client.go) closes the
// request's body as soon as it has a response; when a local server answers
// within a millisecond, the transport may still be looking for the end of the
// body, takes the close for a failure and drops the connection, and the stream
// on it. Remove this when smithy-go waits for the transport.
type settledClient struct{}

// Do implements aws.HTTPClient.
func (settledClient) Do(r *http.Request) (*http.Response, error) {
	wrote := make(chan struct{})
	var once sync.Once
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { once.Do(func() { close(wrote) }) }}
	resp, err := http.DefaultClient.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err == nil {
		<-wrote
	}
	return resp, err
}

func streamClient(t *testing.T, c *container, opts standin.Options) *rt.Client {
	t.Helper()
	account, _ := startServing(t, "", c, c, opts)
	cfg := standintest.WithoutRetries(account.Config())
	cfg.HTTPClient = settledClient{}
	return rt.NewFromConfig(cfg)
}

func TestResponseStream(t *testing.T) {
	a := newContainer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/jsonlines")
		for i := range 3 {
			fmt.Fprintf(w, "{\"token\": %d}\n", i)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
		}
		if r.Header.Get("Accept") == "break" {
			panic(http.ErrAbortHandler)
		}
	})
	client := streamClient(t, a, standin.Options{})
	read := func(accept string) (string, *rt.InvokeEndpointWithResponseStreamOutput, error) {
		out, err := client.InvokeEndpointWithResponseStream(context.Background(), &rt.InvokeEndpointWithResponseStreamInput{
			EndpointName: aws.String("Both"), Body: []byte("x"), Accept: aws.String(accept),
		})
		if err != nil {
			return "", nil, err
		}
		stream := out.GetStream()
		defer stream.Close()
		var text strings.Builder
		for event := range stream.Events() {
			if part, ok := event.(*rttypes.ResponseStreamMemberPayloadPart); ok {
				text.Write(part.Value.Bytes)
			}
		}
		return text.String(), out, stream.Err()
	}
	const whole = "{\"token\": 0}\n{\"token\": 1}\n{\"token\": 2}\n"
	text, out, err := read("whole")
	if err != nil || text != whole || aws.ToString(out.ContentType) != "application/jsonlines" || aws.ToString(out.InvokedProductionVariant) == "" {
		t.Fatalf("%q %v %v", text, out, err)
	}
	text, _, err = read("break")
	var broken *rttypes.ModelStreamError
	if !errors.As(err, &broken) || aws.ToString(broken.ErrorCode_) != "StreamBroken" || text != whole {
		t.Fatalf("%q %v, want a ModelStreamError after the parts", text, err)
	}
	_, err = client.InvokeEndpointWithResponseStream(context.Background(), &rt.InvokeEndpointWithResponseStreamInput{
		EndpointName: aws.String("Nobody"), Body: []byte("x"),
	})
	var refused *rttypes.ValidationError
	if !errors.As(err, &refused) {
		t.Fatalf("before the stream an ordinary error is due, got %v", err)
	}
}

// TestStreamTimeout: a stream that runs out of time ends with an event that
// says so, after the parts that came.
func TestStreamTimeout(t *testing.T) {
	slow := newContainer(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begin")
		if http.NewResponseController(w).Flush() == nil {
			<-r.Context().Done()
		}
	})
	client := streamClient(t, slow, standin.Options{InvokeTimeout: 100 * time.Millisecond})
	out, err := client.InvokeEndpointWithResponseStream(context.Background(), &rt.InvokeEndpointWithResponseStreamInput{
		EndpointName: aws.String("Both"), Body: []byte("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	parts := 0
	for range stream.Events() {
		parts++
	}
	var late *rttypes.ModelStreamError
	if err := stream.Err(); parts != 1 || !errors.As(err, &late) || aws.ToString(late.ErrorCode_) != "ModelInvocationTimeExceeded" {
		t.Fatalf("%d parts, %v", parts, err)
	}
}
