package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// SamePlaces fails when an inventory has no account and region in common with
// a plan, whose workloads would be taken for others of the same name. What is
// not known does not differ.
func SamePlaces(planned, scanned []inventory.Account) error {
	same := func(p, s inventory.Account) bool {
		return (p.ID == "" || s.ID == "" || p.ID == s.ID) && (p.Region == "" || s.Region == "" || p.Region == s.Region)
	}
	if len(planned) == 0 || len(scanned) == 0 {
		return nil
	}
	for _, s := range scanned {
		if slices.ContainsFunc(planned, func(p inventory.Account) bool { return same(p, s) }) {
			return nil
		}
	}
	return fmt.Errorf("the plan is for account %q, region %q, and the inventory of account %q, region %q",
		planned[0].ID, planned[0].Region, scanned[0].ID, scanned[0].Region)
}

// adoptAccounts gives an account whose number could not be learnt the number
// that the plan has for its region, so that its workloads keep their keys.
func adoptAccounts(planned []inventory.Account, inv inventory.Document) inventory.Document {
	known := map[string]string{}
	for _, a := range planned {
		if known[a.Region] != "" && known[a.Region] != a.ID {
			return inv // two accounts in one region: which one it is cannot be told
		}
		known[a.Region] = a.ID
	}
	adopt := func(id *string, region string) { *id = cmp.Or(*id, known[region]) }
	inv.Accounts, inv.Endpoints = slices.Clone(inv.Accounts), slices.Clone(inv.Endpoints)
	for i := range inv.Accounts {
		adopt(&inv.Accounts[i].ID, inv.Accounts[i].Region)
	}
	for i := range inv.Endpoints {
		adopt(&inv.Endpoints[i].AccountID, inv.Endpoints[i].Region)
	}
	inv.Workloads = slices.Clone(inv.Workloads)
	for i := range inv.Workloads {
		adopt(&inv.Workloads[i].AccountID, inv.Workloads[i].Region)
	}
	return inv
}

// accountsOf joins the accounts of both, and keeps what an earlier scan could
// read of them.
func accountsOf(planned, scanned []inventory.Account) []inventory.Account {
	all := map[inventory.Place]inventory.Account{}
	for _, account := range slices.Concat(planned, scanned) {
		before := all[account.Place()]
		account.Partition = cmp.Or(account.Partition, before.Partition)
		all[account.Place()] = account
	}
	delete(all, inventory.Place{})
	return slices.SortedFunc(maps.Values(all), func(x, y inventory.Account) int { return x.Place().Compare(y.Place()) })
}
