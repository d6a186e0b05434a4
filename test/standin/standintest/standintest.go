// Package standintest starts stand-in AWS accounts inside Go tests.
//
// It owns: the HTTP server around a standin.Server and SDK configurations
// that point at it. It refuses: anything a test can do on the server itself.
package standintest

import (
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	sdkhttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"landfall.dev/landfall/internal/awshttp"
	"landfall.dev/landfall/test/standin"
)

// Account is a running stand-in.
type Account struct {
	// URL is the endpoint of every AWS service, without a trailing slash.
	URL string
	// AdminURL is the address of knobs and counters.
	AdminURL string
	// Server gives knobs and counters without HTTP.
	Server *standin.Server

	account *standin.Account
}

// Parse reads an account from text and fails the test when it is wrong.
// Environment names are looked up in env only.
func Parse(tb testing.TB, text string, env map[string]string) *standin.Account {
	tb.Helper()
	account, err := standin.Parse([]byte(text), tb.TempDir(), func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	})
	if err != nil {
		tb.Fatalf("parse account: %v", err)
	}
	return account
}

// Load reads an account file and fails the test when it is wrong. Environment
// names are looked up in env; others are empty.
func Load(tb testing.TB, path string, env map[string]string) *standin.Account {
	tb.Helper()
	account, err := standin.Load(path, func(name string) (string, bool) { return env[name], true })
	if err != nil {
		tb.Fatalf("load account: %v", err)
	}
	return account
}

// Start serves an account until the test ends.
func Start(tb testing.TB, account *standin.Account) *Account {
	tb.Helper()
	return StartWith(tb, account, standin.Options{})
}

// StartWith is Start with options.
func StartWith(tb testing.TB, account *standin.Account, opts standin.Options) *Account {
	tb.Helper()
	server, err := standin.New(account, opts)
	if err != nil {
		tb.Fatalf("start stand-in: %v", err)
	}
	api, admin := httptest.NewServer(server), httptest.NewServer(server.Admin())
	tb.Cleanup(api.Close)
	tb.Cleanup(admin.Close)
	return &Account{URL: api.URL, AdminURL: admin.URL, Server: server, account: account}
}

// Config points every client of the SDK at the stand-in, signing with the
// account's first key pair. S3 clients need UsePathStyle besides.
func (a *Account) Config() aws.Config {
	c := a.account.Credentials[0]
	return a.ConfigFor(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

// ConfigFor is Config for other credentials, such as wrong ones.
func (a *Account) ConfigFor(accessKeyID, secretAccessKey, sessionToken string) aws.Config {
	return aws.Config{
		Region: a.account.Region, BaseEndpoint: aws.String(a.URL),
		HTTPClient:  awshttp.KeepEarlyAnswers(sdkhttp.NewBuildableClient()),
		Credentials: credentials.NewStaticCredentialsProvider(accessKeyID, secretAccessKey, sessionToken),
	}
}

// ConfigIn is Config for another region of the account.
func (a *Account) ConfigIn(region string) aws.Config {
	c := a.Config()
	c.Region = region
	return c
}

// WithoutRetries makes clients of a configuration report the first answer.
func WithoutRetries(c aws.Config) aws.Config {
	c.Retryer = func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) }
	return c
}
