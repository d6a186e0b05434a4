package sagemaker

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// scanTime is a fixed end of the lookback: the same account and the same time
// give the same bytes.
var scanTime = time.Date(2026, 11, 20, 12, 34, 56, 0, time.UTC)

// demoAccount serves the account of the demonstration.
func demoAccount(t *testing.T) *standintest.Account {
	t.Helper()
	return standintest.Start(t, loadDemo(t))
}

func loadDemo(t *testing.T) *standin.Account {
	t.Helper()
	path := filepath.Join("..", "..", "test", "standin", "accounts", "demo.yaml")
	account, err := standin.Load(path, func(string) (string, bool) { return "", true })
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// timeMachine serves a stand-in whose clock stands still: it signs what comes
// in again, with the time at which the stand-in lives.
func timeMachine(t *testing.T, account *standintest.Account) string {
	t.Helper()
	key, err := account.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		again, err := http.NewRequestWithContext(r.Context(), r.Method, account.URL+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		// Credential=KEY/DATE/REGION/SERVICE/aws4_request
		scope := strings.Split(r.Header.Get("Authorization"), "/")
		for _, name := range []string{"Content-Type", "X-Amz-Target", "Smithy-Protocol", "Accept"} {
			if value := r.Header.Get(name); value != "" {
				again.Header.Set(name, value)
			}
		}
		hash := sha256.Sum256(body)
		err = v4.NewSigner().SignHTTP(r.Context(), key, again, hex.EncodeToString(hash[:]), scope[3], scope[2], scanTime)
		if err != nil {
			t.Error(err)
		}
		answer, err := http.DefaultClient.Do(again)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newClient reads a stand-in account.
func newClient(t *testing.T, account *standintest.Account) *Client {
	t.Helper()
	return newClientAt(t, account, account.URL)
}

// newClientAt makes a client the way the CLI does: through the environment.
func newClientAt(t *testing.T, account *standintest.Account, url string) *Client {
	t.Helper()
	credentials, err := account.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", credentials.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", credentials.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", credentials.SessionToken)
	t.Setenv("AWS_ENDPOINT_URL", url)
	return quickClient(t, 1000)
}

// quickClient is a client without the pauses between the attempts of a call.
func quickClient(t *testing.T, requestsPerSecond float64) *Client {
	t.Helper()
	client, err := New(t.Context(), Options{Region: "us-east-1", RequestsPerSecond: requestsPerSecond, backoff: atOnce{}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// atOnce tries again without a pause.
type atOnce struct{}

func (atOnce) BackoffDelay(int, error) (time.Duration, error) { return 0, nil }

func scanned(t *testing.T, client *Client) inventory.Document {
	t.Helper()
	document, err := client.Scan(t.Context(), ScanOptions{Now: scanTime})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// checkGolden compares with a file under testdata, or rewrites it.
func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", path, cmp.Diff(string(want), string(got)))
	}
}

// demoPlace is where the demo account is.
var demoPlace = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}
