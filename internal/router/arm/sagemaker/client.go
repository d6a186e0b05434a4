// Package sagemaker answers requests from endpoints on SageMaker.
//
// It owns signing with the router's own identity, the address of SageMaker
// Runtime, and reading from SageMaker's answer whose fault a failure was. What
// SageMaker says passes through as it came. It refuses to translate errors and
// to choose between variants.
package sagemaker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/table"
)

// signingService is the SigV4 service name of SageMaker, control and runtime.
const signingService = "sagemaker"

// Limits of the connections to SageMaker.
const (
	maxIdlePerHost       = 256
	idleTimeout          = 55 * time.Second
	maxAnswerHeaderBytes = 64 << 10
)

// Client is the router's way to SageMaker: its identity, address and
// connections, shared by all variants. It is safe for concurrent use.
type Client struct {
	credentials aws.CredentialsProvider
	signer      *v4.Signer
	transport   *http.Transport
	// base replaces AWS's own address when the environment says so.
	base *string
	now  func() time.Time
}

// Load reads the identity and the address from the environment as every AWS
// SDK does: the default credential chain, AWS_CA_BUNDLE,
// AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME and its relatives. Nothing is fetched
// before the first request.
func Load(ctx context.Context) (*Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration of the environment: %w", err)
	}
	return New(cfg), nil
}

// New returns a client with the identity and address of an AWS configuration.
func New(cfg aws.Config) *Client {
	buildable, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		buildable = awshttp.NewBuildableClient()
	}
	transport := buildable.GetTransport()
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = maxIdlePerHost
	transport.IdleConnTimeout = idleTimeout
	transport.MaxResponseHeaderBytes = maxAnswerHeaderBytes
	transport.DisableCompression = true
	return &Client{
		credentials: cfg.Credentials,
		signer:      v4.NewSigner(),
		transport:   transport,
		// The SDK's own client resolves the service-specific settings of
		// environment and shared configuration; its Options show the result.
		base: sagemakerruntime.NewFromConfig(cfg).Options().BaseEndpoint,
		now:  time.Now,
	}
}

// Close drops idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Arm returns the arm of one variant. It fails when no address is known for
// the variant's region.
func (c *Client) Arm(target table.SageMaker, timeout time.Duration) (*Arm, error) {
	address, err := c.address(target)
	if err != nil {
		return nil, err
	}
	return &Arm{client: c, target: target, url: address, timeout: timeout}, nil
}

func (c *Client) address(target table.SageMaker) (*url.URL, error) {
	resolved, err := sagemakerruntime.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(),
		sagemakerruntime.EndpointParameters{
			Region: aws.String(target.Region), Endpoint: c.base,
			UseFIPS: aws.Bool(false), UseDualStack: aws.Bool(false),
		})
	if err != nil {
		return nil, fmt.Errorf("finding SageMaker Runtime's address in region %q: %w", target.Region, err)
	}
	address := resolved.URI
	if address.Path == "" {
		address.Path = "/" // JoinPath would make the path relative
	}
	return address.JoinPath("endpoints", target.EndpointName, "invocations"), nil
}

// sign puts the router's signature on an outgoing request.
func (c *Client) sign(ctx context.Context, outgoing *http.Request, payloadSHA256, region string) error {
	if c.credentials == nil {
		return &exchange.NoAnswer{Reason: exchange.Identity, Err: errors.New("the router has no AWS credentials")}
	}
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return &exchange.NoAnswer{Reason: exchange.Identity, Err: fmt.Errorf("getting the router's AWS credentials: %w", err)}
	}
	err = c.signer.SignHTTP(ctx, credentials, outgoing, payloadSHA256, signingService, region, c.now())
	if err != nil {
		return &exchange.NoAnswer{Reason: exchange.Identity, Err: fmt.Errorf("signing the request to SageMaker: %w", err)}
	}
	return nil
}
