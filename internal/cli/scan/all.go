package scan

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/workload"
)

// result is what came of one place.
type result struct {
	found  inventory.Document
	beside around
	err    error
}

// scanAll scans all places at the same time and puts what they found into one
// inventory. It fails when no place could be read.
func (o *options) scanAll(ctx context.Context, targets []target, diary *diary) (inventory.Document, error) {
	board := o.newBoard(targets)
	results := make([]result, len(targets))
	var group sync.WaitGroup
	var people accounts
	for i, t := range targets {
		group.Go(func() {
			options := o.scanOptions(diary.startedAt)
			options.Journal = diary.journal
			options.Progress = func(p sagemaker.Progress) { board.report(i, p) }
			results[i] = o.scanOne(ctx, t, &people, options)
		})
	}
	group.Wait()
	board.done()
	if ctx.Err() != nil {
		return inventory.Document{}, o.session.ExplainAWS(targets[0].attempted(), ctx.Err())
	}
	return o.join(targets, results)
}

// scanOne reads one place: SageMaker, and at the same time what stands around
// it.
func (o *options) scanOne(ctx context.Context, t target, people *accounts, options sagemaker.ScanOptions) result {
	if err := t.signIn(ctx); err != nil {
		return result{err: err}
	}
	if err := knock(ctx, t.client); err != nil {
		return result{err: err}
	}
	var r result
	var scanErr error
	scanned := make(chan inventory.Document, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(scanned)
		if r.found, scanErr = t.client.Scan(ctx, options); scanErr == nil {
			scanned <- r.found
		}
		return scanErr
	})
	group.Go(func() (err error) {
		r.beside, err = o.readAround(ctx, t, people, options, scanned)
		return err
	})
	if err := group.Wait(); errors.Is(err, errNotScanned) {
		return result{err: scanErr} // the other side noticed first
	} else if err != nil {
		return result{err: err}
	}
	r.beside.found.AddTo(&r.found, r.beside.account)
	return r
}

// join puts what the places found into one inventory.
func (o *options) join(targets []target, results []result) (inventory.Document, error) {
	var all inventory.Document
	var failed []error
	for i, t := range targets {
		err := results[i].err
		if err == nil && slices.ContainsFunc(results[i].found.Accounts, func(a inventory.Account) bool { return has(all, a.Place()) }) {
			o.session.Warnf("%s was left out: another role reaches the same account", t.label())
			continue
		}
		if err != nil {
			failed = append(failed, o.explain(targets, results, i))
			all.Unread = append(all.Unread, t.unreachable(err))
			continue
		}
		addUnread(&all, results[i].beside.found.Place, results[i].beside.account)
		add(&all, results[i].found)
	}
	if len(all.Accounts) == 0 {
		return all, failed[0]
	}
	o.addKnown(&all)
	all.Workloads = workload.Derive(all)
	for _, err := range failed {
		failure := output.AsFailure(err)
		o.session.Warnf("%s: %s", failure.What, failure.Why)
	}
	return all, nil
}

// explain says why a place could not be read. Credentials that AWS accepts in
// one region and refuses in another are good: the other is not enabled for the
// account.
func (o *options) explain(targets []target, results []result, i int) error {
	t, err := targets[i], results[i].err
	accepted := func(other int) bool {
		return results[other].err == nil && targets[other].client.RoleARN() == t.client.RoleARN()
	}
	if awsfailure.Refused(err) {
		for other := range targets {
			if accepted(other) {
				return &output.Failure{
					What:  t.attempted(),
					Why:   "the region refuses credentials that " + targets[other].client.Region() + " accepts: it is not enabled for the account",
					Next:  "enable it in the account's settings, or leave it out of --region",
					Cause: err,
				}
			}
		}
	}
	return o.session.ExplainAWS(t.attempted(), err)
}

func has(d inventory.Document, place inventory.Place) bool {
	return slices.ContainsFunc(d.Accounts, func(a inventory.Account) bool { return a.Place() == place && a.ID != "" })
}

// add takes over what one place found.
func add(to *inventory.Document, from inventory.Document) {
	to.ScannedAt, to.EndpointName, to.LookbackDays = from.ScannedAt, from.EndpointName, from.LookbackDays
	to.Accounts = append(to.Accounts, from.Accounts...)
	to.Endpoints = append(to.Endpoints, from.Endpoints...)
	to.Resources = append(to.Resources, from.Resources...)
	to.Lineage = append(to.Lineage, from.Lineage...)
	to.Alarms = append(to.Alarms, from.Alarms...)
	to.LogGroups = append(to.LogGroups, from.LogGroups...)
	to.Callers = append(to.Callers, from.Callers...)
	to.CallerCoverage = append(to.CallerCoverage, from.CallerCoverage...)
	to.Unread = append(to.Unread, from.Unread...)
	to.MaskedValues += from.MaskedValues
}

// interrupted says that somebody stopped the scan.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }
