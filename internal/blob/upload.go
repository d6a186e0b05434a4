package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxHeldBytes bounds what an upload holds in memory, unless one part is longer:
// S3 takes 10,000 parts, so that beyond 156 GiB they are longer than 16 MiB, and
// 525 MiB in the largest object that there may be (5 TiB).
const maxHeldBytes = 128 << 20

// upload is one object on its way to a store in parts that outlive the process.
type upload struct {
	transfer Transfer
	job      Job
	to       staging
	from     source
	journal  *uploadJournal
	header   uploadHeader
	layout   layout
	// keptBytes were in the store already.
	keptBytes int64
	done      atomic.Int64
	// total is of what was sent so far, where parts are sent in order.
	total *sums

	mu   sync.Mutex
	sent []sentPart
}

// upload sends an object, going on where the journal says that an earlier call
// was interrupted. It is started again once when the store has lost it.
func (t Transfer) upload(ctx context.Context, job Job, to staging) (Copied, error) {
	u := &upload{transfer: t, job: job, to: to, from: source{transfer: t, job: job}, journal: &uploadJournal{path: job.Journal}}
	for again := true; ; again = false {
		check, err := u.once(ctx)
		if err == nil {
			return Copied{KeptBytes: u.keptBytes, Check: check}, u.journal.remove()
		}
		if !errors.Is(err, errUploadGone) {
			return Copied{}, u.leave(ctx, err)
		}
		if there, statErr := job.To.Stat(ctx, job.Key); statErr == nil && there.SizeBytes == job.Object.SizeBytes {
			// The answer to completing it was lost, or another export was faster.
			return Copied{KeptBytes: u.keptBytes, Check: CheckLength}, u.journal.remove()
		}
		// Where only some parts are gone, the others are not left behind.
		u.drop(ctx)
		if err := errors.Join(err, u.journal.remove()); !again {
			return Copied{}, failed("write", u.at(), err)
		}
		job.note(fmt.Sprintf("the unfinished upload of %s is gone from the store; it begins anew", u.at()))
	}
}

func (u *upload) at() Location { return u.job.To.Location(u.job.Key) }

func (u *upload) once(ctx context.Context) (Check, error) {
	recorded, has, err := u.take(ctx)
	if err != nil {
		return "", err
	}
	kept, rest := u.unsent(recorded, has)
	if err := u.start(kept, has); err != nil {
		return "", err
	}
	if err := u.sendAll(ctx, rest); err != nil {
		return "", err
	}
	slices.SortFunc(u.sent, func(a, b sentPart) int { return a.Number - b.Number })
	var check Check
	err = u.retry(ctx, func() (err error) {
		check, err = u.to.finish(ctx, u.sent, u.total)
		return err
	})
	if err != nil {
		if ctx.Err() == nil && KindOf(err) == KindOther && !errors.Is(err, errUploadGone) {
			err = fmt.Errorf("%w: %w", errUnfit, err)
		}
		return "", err
	}
	return check, sameLength(ctx, u.job.Object, u.job.To, u.job.Key)
}

// take takes up what the journal records, or begins a new upload.
func (u *upload) take(ctx context.Context) ([]sentPart, held, error) {
	rules := u.to.rules()
	want := uploadHeader{
		Way: rules.way, URI: u.at().String(), Content: u.job.content(), SizeBytes: u.job.Object.SizeBytes,
		PartBytes: rules.layout(u.job.Object.SizeBytes, u.transfer.PartBytes).partBytes,
	}
	have, recorded, ok, err := readUpload(u.journal.path)
	if err != nil {
		return nil, held{}, failed("write", u.at(), err)
	}
	if ok && have.sameUpload(want) {
		u.header, u.layout = have, layout{sizeBytes: have.SizeBytes, partBytes: have.PartBytes}
		has, err := u.resume(ctx, have)
		if err == nil {
			return recorded, has, nil
		}
		if ctx.Err() != nil || retryable(err) || errors.Is(err, errUploadGone) {
			return nil, held{}, err
		}
		u.job.note(fmt.Sprintf("the unfinished upload of %s cannot be gone on with, so that it begins anew: %v", u.at(), err))
		u.drop(ctx)
	} else if ok {
		u.job.note(fmt.Sprintf("an unfinished upload of %s is of other content, and is given up", have.URI))
		u.abandon(ctx, have)
	}
	if err := u.retry(ctx, func() error { return u.to.begin(ctx) }); err != nil {
		return nil, held{}, err
	}
	if others, ok := u.to.(interface {
		others(context.Context) []string
	}); ok {
		if ids := others.others(ctx); len(ids) > 0 {
			u.job.note(fmt.Sprintf("the store has other unfinished uploads of %s, of another export under way or of one whose files are lost: %s",
				u.at(), strings.Join(ids, ", ")))
		}
	}
	// Some stores say only now how long a part has to be.
	u.layout = u.to.rules().layout(want.SizeBytes, u.transfer.PartBytes)
	want.PartBytes = u.layout.partBytes
	u.header = want
	return nil, held{}, nil
}

func (u *upload) resume(ctx context.Context, have uploadHeader) (has held, err error) {
	err = u.retry(ctx, func() (err error) {
		has, err = u.to.resume(ctx, have.State, u.layout)
		return err
	})
	return has, err
}

func (u *upload) unsent(recorded []sentPart, has held) ([]sentPart, []piece) {
	if u.to.rules().ordered {
		return unsentInOrder(u.layout, recorded, has)
	}
	return unsent(u.layout, recorded, has)
}

// start notes what is there already.
func (u *upload) start(kept []sentPart, has held) error {
	u.sent, u.keptBytes, u.total = slices.Clone(kept), 0, newSums()
	if u.to.rules().ordered {
		u.keptBytes = min(has.bytes, u.layout.sizeBytes)
		if len(kept) > 0 {
			restored, err := restoreSums(kept[len(kept)-1].Sums)
			if err != nil {
				// Nobody can tell what was sent.
				return fmt.Errorf("%w: %w", errUploadGone, err)
			}
			u.total = restored
		}
	} else {
		for _, part := range kept {
			whole := u.layout.piece(part.Number)
			u.keptBytes += whole.endBytes - whole.beginBytes
		}
	}
	if u.keptBytes > 0 {
		u.job.note(fmt.Sprintf("%d of %d bytes of %s were in the store from an interrupted export", u.keptBytes, u.layout.sizeBytes, u.at()))
	}
	u.done.Store(u.keptBytes)
	u.transfer.Progress(u.keptBytes)
	u.header.State = u.to.state()
	return u.journal.begin(u.header, kept)
}

// sendAll sends the parts: in parallel, unless the store wants them in order or
// the source gives none.
func (u *upload) sendAll(ctx context.Context, rest []piece) error {
	rules := u.to.rules()
	if rules.inStore {
		return u.sendParallel(ctx, rest)
	}
	able, err := u.from.inParts(ctx)
	switch {
	case err != nil:
		return err
	case able && !rules.ordered:
		return u.sendParallel(ctx, rest)
	}
	return u.sendStream(ctx, rest)
}

func (u *upload) sendParallel(ctx context.Context, rest []piece) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(u.atOnce())
	for _, p := range rest {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error { return u.readAndSend(groupCtx, p) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// readAndSend moves one part. Its memory is not used again: a connection that
// broke may still read it.
func (u *upload) readAndSend(ctx context.Context, p piece) error {
	if u.to.rules().inStore {
		return u.sendPart(ctx, p, nil)
	}
	data, err := u.from.part(ctx, p.beginBytes, p.endBytes)
	if err != nil {
		return err
	}
	return u.sendPart(ctx, p, data)
}

// atOnce is how many parts are under way at once.
func (u *upload) atOnce() int {
	if u.to.rules().inStore {
		return u.transfer.Parallelism
	}
	return max(1, min(u.transfer.Parallelism, int(maxHeldBytes/u.layout.partBytes)))
}

// sendStream reads the source from the first missing part on, ahead and in
// order.
func (u *upload) sendStream(ctx context.Context, rest []piece) (err error) {
	if len(rest) == 0 {
		return nil
	}
	reader, err := u.from.stream(ctx, rest[0].beginBytes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	at := rest[0].beginBytes
	for _, p := range rest {
		if _, err := io.CopyN(io.Discard, reader, p.beginBytes-at); err != nil {
			return u.unread(err)
		}
		// A new one each time: a connection that broke may still read it.
		data := make([]byte, p.endBytes-p.beginBytes)
		if _, err := io.ReadFull(reader, data); err != nil {
			return u.unread(err)
		}
		at = p.endBytes
		if err := u.sendPart(ctx, p, data); err != nil {
			return err
		}
	}
	return nil
}

// unread sorts a failure of the source.
func (u *upload) unread(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: it ended before its %d bytes", errChanged, u.layout.sizeBytes)
	}
	return failed("read", u.job.origin(), err)
}

// sendPart sends a part and records that the store has it. data is all of the
// part.
func (u *upload) sendPart(ctx context.Context, p piece, data []byte) error {
	ordered := u.to.rules().ordered
	if ordered {
		if _, err := u.total.Write(data); err != nil {
			return err
		}
	}
	tag, err := u.sendAgain(ctx, p, data)
	if err != nil {
		return err
	}
	part := sentPart{Number: p.number, Tag: tag}
	if ordered {
		if part.Sums, err = u.total.text(); err != nil {
			return failed("write", u.at(), err)
		}
		part.State = u.to.state()
	}
	u.mu.Lock()
	u.sent = append(u.sent, part)
	u.mu.Unlock()
	u.transfer.Progress(u.done.Add(p.endBytes - p.fromBytes))
	if err := u.journal.add(part); err != nil {
		return failed("write", u.at(), err)
	}
	return nil
}

// sendAgain sends a part until the store has it. Where parts are sent in order
// the store is asked what arrived of the attempt before.
func (u *upload) sendAgain(ctx context.Context, p piece, data []byte) (tag string, err error) {
	first := true
	err = u.retry(ctx, func() error {
		if !first && u.to.rules().ordered {
			has, err := u.to.resume(ctx, u.to.state(), u.layout)
			if err != nil {
				return err
			}
			if has.bytes < p.beginBytes || has.bytes > p.endBytes {
				return errUploadGone
			}
			p.fromBytes = has.bytes
		}
		first = false
		if p.fromBytes == p.endBytes {
			return nil
		}
		tag, err = u.attempt(ctx, p, data)
		return err
	})
	return tag, err
}

func (u *upload) attempt(ctx context.Context, p piece, data []byte) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if data == nil {
		return u.to.send(ctx, p, nil)
	}
	stall := time.AfterFunc(u.transfer.StallTimeout, func() { cancel(errStalled) })
	defer stall.Stop()
	content := &payload{
		data: data[p.fromBytes-p.beginBytes:], moved: func() { stall.Reset(u.transfer.StallTimeout) },
		total: u.total, last: p.endBytes == u.layout.sizeBytes,
	}
	tag, err := u.to.send(ctx, p, content)
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		err = fmt.Errorf("%w: %s", errStalled, u.transfer.StallTimeout)
	}
	return tag, err
}

func (u *upload) retry(ctx context.Context, act func() error) error {
	return u.transfer.retry(ctx, u.at(), act)
}

// leave ends a failed upload: it is kept for the next call where that can go on
// with it, and given up otherwise.
func (u *upload) leave(ctx context.Context, failure error) error {
	begun := u.to.state() != ""
	keep := u.journal.path != "" && u.header.Content != "" && KindOf(failure) != KindChanged
	if u.to.rules().inStore && ctx.Err() == nil || errors.Is(failure, errNoParts) {
		// What the store cannot do goes another way now.
		keep = false
	}
	if errors.Is(failure, errUnfit) {
		keep = false
	}
	switch {
	case !begun:
	case keep:
		u.job.note(fmt.Sprintf("the upload of %s is unfinished; the same command goes on with it. %s", u.at(), u.to.left()))
		return errors.Join(failure, u.journal.close())
	default:
		u.drop(ctx)
		return errors.Join(failure, u.journal.remove())
	}
	return errors.Join(failure, u.journal.close())
}

// dropTimeout bounds the request that gives an upload up after the user has
// interrupted the rest.
const dropTimeout = 20 * time.Second

// drop gives the upload up, or says why it could not.
func (u *upload) drop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTimeout)
	defer cancel()
	err := u.to.abort(ctx)
	switch {
	case err == nil, errors.Is(err, errUploadGone):
	case errors.Is(err, errKeptByStore):
		u.job.note(fmt.Sprintf("an unfinished upload of %s was given up. %s", u.at(), u.to.left()))
	default:
		u.job.note(fmt.Sprintf("an unfinished upload of %s could not be given up: %v. %s", u.at(), err, u.to.left()))
	}
}

// abandon gives up the upload of an old journal.
func (u *upload) abandon(ctx context.Context, old uploadHeader) {
	if err := abandon(ctx, u.job.To, u.job.Key, old, u.job.note); err != nil {
		u.job.note(err.Error())
	}
}
