package inventory

import (
	"io"
	"path"
	"slices"

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
	// Accounts are where the scan looked, sorted.
	Accounts []Account `json:"accounts"`
	// EndpointName is the pattern, as of path.Match, that the scan was
	// restricted to. Empty means that it looked at every endpoint.
	EndpointName string `json:"endpointName,omitempty"`
	// LookbackDays is how far back the figures on traffic and use reach.
	LookbackDays int `json:"lookbackDays"`
	// Workloads are what the scan concludes from everything below, sorted by
	// place, kind and name.
	Workloads []Workload `json:"workloads,omitempty"`
	// Endpoints are sorted by place and name.
	Endpoints []Endpoint `json:"endpoints"`
	// Resources are all other things of SageMaker, sorted by place, kind and
	// name.
	Resources []Resource `json:"resources,omitempty"`
	// Lineage is what SageMaker noted of what came from what, by place.
	Lineage []Lineage `json:"lineage,omitempty"`
	// Alarms watch something of SageMaker, or stop its deployments.
	Alarms []Alarm `json:"alarms,omitempty"`
	// LogGroups are those that SageMaker writes to.
	LogGroups []LogGroup `json:"logGroups,omitempty"`
	// Callers call an endpoint, or may; CallerCoverage says what is not known.
	Callers        []Caller         `json:"callers,omitempty"`
	CallerCoverage []CallerCoverage `json:"callerCoverage,omitempty"`
	// Unread lists what could not be read, and which permission is missing.
	Unread []Unread `json:"unread,omitempty"`
	// MaskedValues counts the values that were replaced by "***".
	MaskedValues int `json:"maskedValues"`
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
	// Place is where the operation failed.
	Place `json:",inline"`
}

// Encode writes an inventory as YAML, sorted.
func Encode(d Document) ([]byte, error) {
	d.Header = document.Header{APIVersion: APIVersion, Kind: Kind}
	return document.Encode(sorted(d))
}

// Write is Encode for inventories of large accounts: it holds no second copy of
// them in memory.
func Write(w io.Writer, d Document) error {
	d.Header = document.Header{APIVersion: APIVersion, Kind: Kind}
	return document.Write(w, sorted(d))
}

// Decode reads an inventory. Unknown fields and other versions are refused.
func Decode(data []byte) (Document, error) {
	var d Document
	err := document.Decode(data, document.Header{APIVersion: APIVersion, Kind: Kind}, &d)
	return d, err
}

// OperationListEndpoints is the operation without which a scan finds no endpoint.
const OperationListEndpoints = "sagemaker:ListEndpoints"

// LookedAt says that the scan would have found an endpoint of that name at that
// place.
func (d *Document) LookedAt(place Place, name string) bool {
	if !slices.ContainsFunc(d.Accounts, func(a Account) bool { return a.Place() == place }) {
		return false
	}
	if slices.ContainsFunc(d.Unread, func(u Unread) bool { return u.Operation == OperationListEndpoints && u.Place == place }) {
		return false
	}
	return MatchesName(d.EndpointName, name)
}

// MatchesName says that a name matches a pattern as of path.Match. An empty
// pattern matches everything.
func MatchesName(pattern, name string) bool {
	matches, err := path.Match(pattern, name)
	return pattern == "" || err == nil && matches
}

// FindEndpoint returns the endpoint of that name at a place, or nil.
func (d *Document) FindEndpoint(place Place, name string) *Endpoint {
	for i := range d.Endpoints {
		if d.Endpoints[i].Place == place && d.Endpoints[i].Name == name {
			return &d.Endpoints[i]
		}
	}
	return nil
}

// FindWorkload returns the workload of that key, or nil.
func (d *Document) FindWorkload(key WorkloadKey) *Workload {
	for i := range d.Workloads {
		if d.Workloads[i].WorkloadKey == key {
			return &d.Workloads[i]
		}
	}
	return nil
}
