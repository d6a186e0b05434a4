package inventory

import "cmp"

// Account is an AWS account in one region: what one set of calls can see.
type Account struct {
	// ID is the account's 12 digits, empty when it could not be learnt.
	ID string `json:"id,omitempty"`
	// Partition is aws, aws-cn or aws-us-gov.
	Partition string `json:"partition,omitempty"`
	// Region is the region that was scanned.
	Region string `json:"region"`
	// RoleARN is the role that was assumed to look; empty means the caller's
	// own identity.
	RoleARN string `json:"roleARN,omitempty"`
}

// Place says where in AWS something is.
type Place struct {
	// AccountID is empty when it could not be learnt.
	AccountID string `json:"accountID,omitempty"`
	Region    string `json:"region"`
}

// Place returns the account without how it was reached.
func (a Account) Place() Place { return Place{AccountID: a.ID, Region: a.Region} }

// Compare orders places by account, then by region.
func (p Place) Compare(other Place) int {
	return cmp.Or(cmp.Compare(p.AccountID, other.AccountID), cmp.Compare(p.Region, other.Region))
}

// String writes a place as account/region.
func (p Place) String() string { return p.AccountID + "/" + p.Region }
