package scan

import (
	"context"
	"fmt"
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
	byID map[string]func() (surroundings.Account, error)
}

func (a *accounts) read(
	ctx context.Context, client *surroundings.Client, place inventory.Place, memory surroundings.Memory,
) (surroundings.Account, error) {
	a.mu.Lock()
	if a.byID == nil {
		a.byID = map[string]func() (surroundings.Account, error){}
	}
	once, known := a.byID[place.AccountID]
	if !known {
		once = sync.OnceValues(func() (surroundings.Account, error) { return client.ReadAccount(ctx, place, memory) })
		a.byID[place.AccountID] = once
	}
	a.mu.Unlock()
	return once()
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
	endpoints := sync.OnceValue(func() inventory.Document { return <-scanned })
	wanted := surroundings.Options{
		Place: account.Place(), Now: options.Now, Lookback: options.Lookback, CloudTrail: o.cloudTrail,
		Endpoints:  func() []access.Endpoint { return surroundings.EndpointsOf(endpoints()) },
		AlarmNames: func() []string { return surroundings.AlarmNamesOf(endpoints()) },
	}
	if options.Journal != nil {
		wanted.Memory = options.Journal
	}
	var read around
	if read.found, err = client.Read(ctx, wanted); err != nil {
		return around{}, fmt.Errorf("cannot read what stands around the endpoints: %w", err)
	}
	read.account, err = all.read(ctx, client, account.Place(), wanted.Memory)
	return read, err
}

// addAround puts what stands around the endpoints into the inventory. It is the
// one place where both come together. What could not be read of an account is
// told once, for the place that asked.
func addAround(d *inventory.Document, read around) {
	read.found.AddTo(d, read.account)
	for _, unread := range read.account.Unread {
		if unread.Place == read.found.Place {
			d.Unread = append(d.Unread, unread)
		}
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
