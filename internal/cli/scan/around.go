package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/surroundings"
)

// around is what stands around the endpoints of one place.
type around struct {
	found   surroundings.Found
	account surroundings.Account
}

// accounts reads users, roles and policies once for each account: they are the
// same in all regions.
type accounts struct {
	mu   sync.Mutex
	byID map[string]*person
}

// person is one account, which one place after the other asks for.
type person struct {
	mu      sync.Mutex
	read    bool
	account surroundings.Account
}

// read gives what the first place read that came to its end. One that fails, or
// ends because its region cannot be read, takes nothing from the others.
func (a *accounts) read(id string, read func() (surroundings.Account, error)) (surroundings.Account, error) {
	a.mu.Lock()
	if a.byID == nil {
		a.byID = map[string]*person{}
	}
	if a.byID[id] == nil {
		a.byID[id] = &person{}
	}
	one := a.byID[id]
	a.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.read {
		return one.account, nil
	}
	account, err := read()
	if err == nil {
		one.read, one.account = true, account
	}
	return account, err
}

// readAround reads what stands around the endpoints while these are still read.
// scanned gives them when they are known, or closes without.
func (o *options) readAround(
	ctx context.Context, t target, all *accounts, options sagemaker.ScanOptions, scanned <-chan inventory.Document,
) (around, error) {
	account, err := t.client.Account(ctx)
	if err != nil {
		return around{}, err
	}
	client := surroundings.New(t.client.Config())
	endpoints := sync.OnceValues(func() (inventory.Document, error) {
		if d, ok := <-scanned; ok {
			return d, nil
		}
		return inventory.Document{}, errNotScanned
	})
	wanted := surroundings.Options{
		Place: account.Place(), Now: options.Now, Lookback: options.Lookback, CloudTrail: o.cloudTrail,
		Endpoints: func() ([]access.Endpoint, error) {
			d, err := endpoints()
			return surroundings.EndpointsOf(d), err
		},
		AlarmNames: func() ([]string, error) {
			d, err := endpoints()
			return surroundings.AlarmNamesOf(d), err
		},
	}
	if options.Journal != nil {
		wanted.Memory = options.Journal
	}
	var read around
	if read.found, err = client.Read(ctx, wanted); err != nil {
		return around{}, fmt.Errorf("cannot read what stands around the endpoints: %w", err)
	}
	read.account, err = all.read(account.ID, func() (surroundings.Account, error) {
		return client.ReadAccount(ctx, account.Place(), wanted.Memory)
	})
	return read, err
}

// errNotScanned says that the scan ended without an inventory.
var errNotScanned = errors.New("the scan ended before its endpoints were known")

// addUnread tells what could not be read of an account once, for the first of
// its places that is in the inventory, whichever of them asked.
func addUnread(to *inventory.Document, place inventory.Place, account surroundings.Account) {
	if slices.ContainsFunc(to.Accounts, func(a inventory.Account) bool { return a.ID == place.AccountID }) {
		return
	}
	for _, unread := range account.Unread {
		unread.Place = place
		to.Unread = append(to.Unread, unread)
	}
}

// addKnown adds the callers of the file that the user gave.
func (o *options) addKnown(d *inventory.Document) {
	callers, unmatched := surroundings.Known(o.known, surroundings.EndpointsOf(*d))
	d.Callers = append(d.Callers, callers...)
	for _, text := range unmatched {
		o.session.Warnf("%s: %s", o.knownCallers, text)
	}
}

// readKnown reads the file of known callers, before anything long begins.
func (o *options) readKnown() error {
	if o.knownCallers == "" {
		return nil
	}
	data, err := o.session.ReadFile(o.knownCallers, "")
	if err != nil {
		return err
	}
	if o.known, err = surroundings.ParseKnown(data); err != nil {
		return &output.Failure{What: "cannot read " + o.knownCallers, Why: err.Error(), Next: "correct the named line", Code: output.ExitUsage, Cause: err}
	}
	return nil
}
