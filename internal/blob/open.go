package blob

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/blob/s3blob"

	"landfall.dev/landfall/internal/awshttp"
)

// Options say how to reach a store. The zero value is the cloud's own store
// with its SDK's default chain of credentials and settings, AWS_ENDPOINT_URL_S3
// included.
type Options struct {
	// Region of an S3 bucket. Empty means the environment's, and then us-east-1
	// where a custom endpoint makes the region meaningless.
	Region string
	// EndpointURL is the address of the store, where it is not the cloud's own:
	// of an S3-compatible one (which implies path-style addresses), of one that
	// speaks Google's JSON API, of an Azure account's blob service
	// (https://ACCOUNT.blob.core.windows.net), or of a registry that is reached
	// otherwise than by its name and HTTPS.
	EndpointURL string
	// Profile of the shared AWS configuration. Empty means the default one.
	Profile string
	// PathStyle puts the bucket into the path instead of the host name.
	PathStyle bool
	// Credentials to ask S3 with. Nil means the default chain.
	Credentials *Credentials
}

// Credentials are an access key.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken is set for temporary keys.
	SessionToken string
}

// fallbackRegion signs requests to stores that have no regions.
const fallbackRegion = "us-east-1"

// Open opens the bucket of an address, and returns the address taken apart.
// It sends no request: what is wrong with the store shows at first use.
func Open(ctx context.Context, uri string, options Options) (Bucket, Location, error) {
	at, err := Parse(uri)
	if err != nil {
		return nil, Location{}, err
	}
	opened, err := openLocation(ctx, at, options)
	if err != nil {
		return nil, Location{}, failed("open", at, err)
	}
	return opened, at, nil
}

func openLocation(ctx context.Context, at Location, options Options) (Bucket, error) {
	switch at.Scheme {
	case SchemeFile:
		return openFolder(at)
	case SchemeGCS:
		return openGCS(ctx, at, options)
	case SchemeAzure:
		return openAzure(ctx, at, options)
	case SchemeOCI:
		return openOCI(at, options)
	default:
		return openS3(ctx, at, options)
	}
}

func openFolder(at Location) (Bucket, error) {
	store, err := fileblob.OpenBucket(at.Bucket, &fileblob.Options{
		CreateDir: true,
		NoTempDir: true,
		Metadata:  fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open folder: %w", err)
	}
	return &bucket{store: store, at: at}, nil
}

func openS3(ctx context.Context, at Location, options Options) (Bucket, error) {
	client, err := newS3(ctx, options)
	if err != nil {
		return nil, err
	}
	store, err := s3blob.OpenBucket(ctx, client, at.Bucket, &s3blob.Options{
		// Stores other than AWS often do not know the newer checksums.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open bucket: %w", err)
	}
	return &bucket{store: store, at: at, s3: client}, nil
}

// NewMemory returns an empty bucket that lives in this process.
func NewMemory(name string) Bucket {
	return &bucket{store: memblob.OpenBucket(nil), at: Location{Scheme: "mem", Bucket: name}}
}

func newS3(ctx context.Context, options Options) (*s3.Client, error) {
	load := []func(*config.LoadOptions) error{
		config.WithLogger(sdkLog),
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	}
	if options.Region != "" {
		load = append(load, config.WithRegion(options.Region))
	}
	if options.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(options.Profile))
	}
	if c := options.Credentials; c != nil {
		provider := credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
		load = append(load, config.WithCredentialsProvider(provider))
	}
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("cannot load the AWS configuration: %w", err)
	}
	loaded.HTTPClient = awshttp.KeepEarlyAnswers(loaded.HTTPClient)
	if loaded.Region == "" {
		loaded.Region = fallbackRegion
	}
	return s3.NewFromConfig(loaded, func(o *s3.Options) {
		if options.EndpointURL != "" {
			o.BaseEndpoint = aws.String(options.EndpointURL)
		}
		// A custom endpoint, also one named by the environment, hardly ever
		// has a host name per bucket.
		o.UsePathStyle = options.PathStyle || o.BaseEndpoint != nil
	}), nil
}
