package blob

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"cloud.google.com/go/storage"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// Variables of the environment that open Google Cloud Storage, beside those of
// Google's own chain of credentials (GOOGLE_APPLICATION_CREDENTIALS, gcloud, the
// metadata server, workload identity).
const (
	// EnvGoogleCredentials holds the JSON of a service account's key.
	EnvGoogleCredentials = "GOOGLE_APPLICATION_CREDENTIALS_JSON" //nolint:gosec // the name of a variable, not its value
	// envGoogleEmulator is what Google's libraries take an emulator from.
	envGoogleEmulator = "STORAGE_EMULATOR_HOST"
)

const googleScope = "https://www.googleapis.com/auth/devstorage.read_write"

func openGCS(ctx context.Context, at Location, options Options) (Bucket, error) {
	client, err := googleClient(ctx)
	if err != nil {
		return nil, err
	}
	opened := &gcsblob.Options{}
	address := googleAddress(options)
	if options.EndpointURL != "" {
		endpoint := strings.TrimSuffix(options.EndpointURL, "/")
		opened.ClientOptions = append(opened.ClientOptions, option.WithEndpoint(endpoint+"/storage/v1/"))
	}
	store, err := gcsblob.OpenBucket(ctx, client, at.Bucket, opened)
	if err != nil {
		return nil, fmt.Errorf("cannot open bucket: %w", err)
	}
	// By itself the library asks a store that is out of reach for ever.
	var library *storage.Client
	if store.As(&library) {
		library.SetRetry(storage.WithMaxAttempts(defaultAttempts))
	}
	return &bucket{store: store, at: at, google: &googleAPI{client: &client.Client, address: address}}, nil
}

// googleAddress is where Google's JSON API is.
func googleAddress(options Options) string {
	if options.EndpointURL != "" {
		return strings.TrimSuffix(options.EndpointURL, "/")
	}
	if emulator := os.Getenv(envGoogleEmulator); emulator != "" {
		if strings.Contains(emulator, "://") {
			return strings.TrimSuffix(emulator, "/")
		}
		return "http://" + emulator
	}
	return "https://storage.googleapis.com"
}

func googleClient(ctx context.Context) (*gcp.HTTPClient, error) {
	if os.Getenv(envGoogleEmulator) != "" {
		return gcp.NewAnonymousHTTPClient(http.DefaultTransport), nil
	}
	credentials, err := googleCredentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	client, err := gcp.NewHTTPClient(gcp.DefaultTransport(), credentials.TokenSource)
	if err != nil {
		return nil, fmt.Errorf("cannot use Google's credentials: %w", err)
	}
	return client, nil
}

func googleCredentials(ctx context.Context) (*google.Credentials, error) {
	if key := os.Getenv(EnvGoogleCredentials); key != "" {
		// Only a service account's key: other kinds name addresses to fetch
		// tokens from, and a Secret is not trusted that far.
		credentials, err := google.CredentialsFromJSONWithType(ctx, []byte(key), google.ServiceAccount, googleScope)
		if err != nil {
			// The parser's own words may hold a part of the key.
			return nil, fmt.Errorf("%s holds no key of a service account in JSON", EnvGoogleCredentials)
		}
		return credentials, nil
	}
	return google.FindDefaultCredentials(ctx, googleScope)
}
