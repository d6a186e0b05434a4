package inventory

import (
	"path"

	"landfall.dev/landfall/internal/document"
)

// Header of every inventory.
const (
	APIVersion = "inventory.landfall.dev/v1alpha1"
	Kind       = "Inventory"
)

// Document is what one scan found.
type Document struct {
	document.Header `json:",inline"`
	// ScannedAt is when the scan began (RFC 3339, UTC). It is the only time
	// that does not come from AWS, and may be left out.
	ScannedAt string `json:"scannedAt,omitempty"`
	// Account is where the scan looked.
	Account Account `json:"account"`
	// EndpointName is the pattern, as of path.Match, that the scan was
	// restricted to. Empty means that it looked at every endpoint.
	EndpointName string `json:"endpointName,omitempty"`
	// LookbackDays is how far back the figures on traffic and use reach.
	LookbackDays int `json:"lookbackDays"`
	// Endpoints are sorted by region and name.
	Endpoints []Endpoint `json:"endpoints"`
	// Unread lists what could not be read, and which permission is missing.
	Unread []Unread `json:"unread,omitempty"`
	// MaskedValues counts the values that were replaced by "***".
	MaskedValues int `json:"maskedValues"`
}

// Account is an AWS account in one region.
type Account struct {
	// ID is the account's 12 digits, empty when it could not be learnt.
	ID string `json:"id,omitempty"`
	// Partition is aws, aws-cn or aws-us-gov.
	Partition string `json:"partition,omitempty"`
	// Region is the region that was scanned.
	Region string `json:"region"`
}

// Unread is an operation that failed for one or more resources.
type Unread struct {
	// Operation is AWS's name, such as sagemaker:DescribeModel.
	Operation string `json:"operation"`
	// Code is AWS's error code, such as AccessDeniedException.
	Code string `json:"code"`
	// Action is the IAM action that is missing, when that is the reason.
	Action string `json:"action,omitempty"`
	// Reason is AWS's message for the first resource.
	Reason string `json:"reason"`
	// Resources are the names that could not be read; empty when the
	// operation as a whole failed.
	Resources []string `json:"resources,omitempty"`
}

// Encode writes an inventory as YAML, sorted.
func Encode(d Document) ([]byte, error) {
	d.Header = document.Header{APIVersion: APIVersion, Kind: Kind}
	return document.Encode(sorted(d))
}

// Decode reads an inventory. Unknown fields and other versions are refused.
func Decode(data []byte) (Document, error) {
	var d Document
	err := document.Decode(data, document.Header{APIVersion: APIVersion, Kind: Kind}, &d)
	return d, err
}

// LookedAt says that the scan would have found an endpoint of that name.
func (d *Document) LookedAt(name string) bool {
	if d.EndpointName == "" {
		return true
	}
	matches, err := path.Match(d.EndpointName, name)
	return err == nil && matches
}

// FindEndpoint returns the endpoint of that name, or nil.
func (d *Document) FindEndpoint(name string) *Endpoint {
	for i := range d.Endpoints {
		if d.Endpoints[i].Name == name {
			return &d.Endpoints[i]
		}
	}
	return nil
}
