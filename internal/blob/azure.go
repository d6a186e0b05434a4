package blob

import (
	"context"
	"fmt"
	"os"
	"strings"

	"gocloud.dev/blob/azureblob"
)

// Variables of the environment that open Azure Blob Storage, beside those of
// Azure's own chain of credentials (AZURE_CLIENT_ID, AZURE_TENANT_ID,
// AZURE_CLIENT_SECRET, workload identity, managed identity, az login).
const (
	EnvAzureAccount          = "AZURE_STORAGE_ACCOUNT"
	EnvAzureKey              = "AZURE_STORAGE_KEY"
	EnvAzureSASToken         = "AZURE_STORAGE_SAS_TOKEN"
	EnvAzureConnectionString = "AZURE_STORAGE_CONNECTION_STRING"
)

func openAzure(ctx context.Context, at Location, options Options) (Bucket, error) {
	service, err := azureService(options)
	if err != nil {
		return nil, err
	}
	client, err := azureblob.NewDefaultClient(service, azureblob.ContainerName(at.Bucket))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	store, err := azureblob.OpenBucket(ctx, client, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot open container: %w", err)
	}
	return &bucket{store: store, at: at, azure: client, uploads: true}, nil
}

// azureService returns the address of the account's blob service. An address
// in azblob:// names the container alone, as in gocloud.dev.
func azureService(options Options) (azureblob.ServiceURL, error) {
	if options.EndpointURL != "" {
		service := strings.TrimSuffix(options.EndpointURL, "/")
		if token := os.Getenv(EnvAzureSASToken); token != "" {
			service += "?" + strings.TrimPrefix(token, "?")
		}
		return azureblob.ServiceURL(service), nil
	}
	service, err := azureblob.NewServiceURL(azureblob.NewDefaultServiceURLOptions())
	if err != nil {
		return "", fmt.Errorf("%w: neither the address of the account's blob service is given nor %s set", errNoCredentials, EnvAzureAccount)
	}
	return service, nil
}
