package sagemaker

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/inventory"
)

// TestFieldsThatTheSDKDoesNotKnowAreNamed reads an answer of a later AWS.
func TestFieldsThatTheSDKDoesNotKnowAreNamed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, `{"ModelName":"m","Telepathy":{"Range":3},"PrimaryContainer":{"Image":"i","Mood":"good"}}`)
	}))
	defer server.Close()
	client := sagemaker.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}, sagemaker.WithAPIOptions(notUnderstood))
	k := kindOf(inventory.KindModel)
	out, unknown, err := k.describe.read(t.Context(), client, map[string]string{"ModelName": "m"})
	if err != nil || !slices.Equal(unknown, []string{"PrimaryContainer.Mood", "Telepathy"}) {
		t.Errorf("unknown are %v, %v", unknown, err)
	}
	if got := k.convert(out, line{}); got.Spec.Text("PrimaryContainer.Image") != "i" || got.Line.Name != "m" {
		t.Errorf("what is known is lost: %+v", got)
	}
}
