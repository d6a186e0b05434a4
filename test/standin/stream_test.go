package standin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	rt "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	rttypes "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

func streamClient(t *testing.T, c *container, opts standin.Options) *rt.Client {
	t.Helper()
	account, _ := startServing(t, "", c, c, opts)
	return rt.NewFromConfig(standintest.WithoutRetries(account.Config()))
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
	parts, err := 0, error(nil)
	// A busy machine may not come to the first part in a short time.
	for timeout := 100 * time.Millisecond; parts == 0 && timeout < 2*time.Minute; timeout *= 4 {
		parts, err = countParts(streamClient(t, slow, standin.Options{InvokeTimeout: timeout}))
	}
	var late *rttypes.ModelStreamError
	if parts != 1 || !errors.As(err, &late) || aws.ToString(late.ErrorCode_) != "ModelInvocationTimeExceeded" {
		t.Fatalf("%d parts, %v", parts, err)
	}
}

// countParts counts the parts of a stream, which ends with the error.
func countParts(client *rt.Client) (int, error) {
	out, err := client.InvokeEndpointWithResponseStream(context.Background(), &rt.InvokeEndpointWithResponseStreamInput{
		EndpointName: aws.String("Both"), Body: []byte("x"),
	})
	if err != nil {
		return 0, err
	}
	stream := out.GetStream()
	defer stream.Close()
	parts := 0
	for range stream.Events() {
		parts++
	}
	return parts, stream.Err()
}
