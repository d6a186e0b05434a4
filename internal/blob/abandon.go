package blob

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Abandon gives up the unfinished upload that a journal records, so that nothing
// of it stays in the store, and removes the journal. A journal that is missing
// or of no use is no failure. note hears what could not be removed and how it
// goes away; options say how to reach the store that the journal names.
func Abandon(ctx context.Context, journal string, options func(at Location) Options, note func(sentence string)) error {
	header, _, ok, err := readUpload(journal)
	if err != nil {
		return err
	}
	if !ok {
		return removeJournal(journal)
	}
	at, err := Parse(header.URI)
	if err != nil {
		return errors.Join(fmt.Errorf("the journal of an upload names no store: %w", err), removeJournal(journal))
	}
	opened, err := openLocation(ctx, at, options(at))
	if err != nil {
		return failed("open", at, err)
	}
	err = abandon(ctx, opened, at.Key, header, note)
	if err := errors.Join(err, opened.Close()); err != nil {
		return err
	}
	return removeJournal(journal)
}

func removeJournal(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot remove the journal of an upload: %w", err)
	}
	return nil
}

// abandon gives an upload up that another process began.
func abandon(ctx context.Context, to Bucket, key string, header uploadHeader, note func(string)) error {
	able, ok := to.(stager)
	if !ok {
		return nil
	}
	unfinished, ok := able.stage(key, Object{Key: key, SizeBytes: header.SizeBytes})
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTimeout)
	defer cancel()
	_, err := unfinished.resume(ctx, header.State, layout{sizeBytes: header.SizeBytes, partBytes: max(header.PartBytes, 1)})
	if errors.Is(err, errUploadGone) {
		return nil
	}
	// Whoever may not look at an upload may still give it up.
	err = unfinished.abort(ctx)
	if err == nil || errors.Is(err, errUploadGone) {
		return nil
	}
	if errors.Is(err, errKeptByStore) {
		note(fmt.Sprintf("an unfinished upload of %s was given up. %s", to.Location(key), unfinished.left()))
		return nil
	}
	return fmt.Errorf("an unfinished upload of %s could not be given up: %w. %s", to.Location(key), err, unfinished.left())
}

// errKeptByStore tells that a store drops unfinished uploads by itself only.
var errKeptByStore = errors.New("the store keeps it for some time")
