package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Defaults of Transfer. Parts of 16 MiB keep the number of requests low and
// eight of them at once fill the network of one node.
const (
	defaultPartBytes    = 16 << 20
	defaultParallelism  = 8
	defaultAttempts     = 4
	defaultStallTimeout = 30 * time.Second
	firstBackoff        = 500 * time.Millisecond
	longestBackoff      = 8 * time.Second
)

// Transfer says how objects are moved. The zero value is ready for use.
type Transfer struct {
	// PartBytes is the length of one ranged read. Zero means 16 MiB.
	PartBytes int64
	// Parallelism is how many parts are read at once. Zero means 8.
	Parallelism int
	// Attempts is how often one part is tried when the network or the store
	// fails. Other failures are final at once. Zero means 4.
	Attempts int
	// StallTimeout breaks a connection on which nothing arrives for that
	// long. Zero means 30 seconds.
	StallTimeout time.Duration
	// Backoff is the pause before the given attempt, counted from 2. Nil
	// doubles from half a second to at most eight, with jitter.
	Backoff func(attempt int) time.Duration
	// Progress hears the number of bytes that have arrived so far. It is
	// called from several goroutines. Nil means that nobody listens.
	Progress func(doneBytes int64)
	// serverPartBytes is serverPartBytes, where a test has no such objects.
	serverPartBytes int64
}

func (t Transfer) withDefaults() Transfer {
	if t.PartBytes <= 0 {
		t.PartBytes = defaultPartBytes
	}
	if t.Parallelism <= 0 {
		t.Parallelism = defaultParallelism
	}
	if t.Attempts <= 0 {
		t.Attempts = defaultAttempts
	}
	if t.StallTimeout <= 0 {
		t.StallTimeout = defaultStallTimeout
	}
	if t.Backoff == nil {
		t.Backoff = exponentialBackoff
	}
	if t.Progress == nil {
		t.Progress = func(int64) {}
	}
	return t
}

func exponentialBackoff(attempt int) time.Duration {
	pause := min(firstBackoff<<min(attempt-2, 10), longestBackoff)
	// Half fixed, half random: pods that start together do not retry together.
	return pause/2 + rand.N(pause/2) //nolint:gosec // jitter is no secret
}

// Download copies an object to a file, in parts that are read in parallel. On
// failure the file holds parts of the object and is of no use.
func (t Transfer) Download(ctx context.Context, from Bucket, object Object, to io.WriterAt) error {
	t = t.withDefaults()
	var err error
	if t.PartBytes, err = partBytes(ctx, from, object, t.PartBytes); err != nil {
		return err
	}
	return t.download(ctx, from, object, to, nil)
}

// ranger is a Bucket that may be unable to read parts of its objects.
type ranger interface {
	ranges(ctx context.Context, object Object) (bool, error)
}

// partBytes is the length of the parts of an object: all of it where the store
// reads no parts.
func partBytes(ctx context.Context, from Bucket, object Object, wantBytes int64) (int64, error) {
	asked, ok := from.(ranger)
	if !ok || object.SizeBytes <= wantBytes {
		return wantBytes, nil
	}
	able, err := asked.ranges(ctx, object)
	if err != nil || able {
		return wantBytes, err
	}
	return object.SizeBytes, nil
}

// download reads the parts that the journal does not have yet.
func (t Transfer) download(ctx context.Context, from Bucket, object Object, to io.WriterAt, have *journal) error {
	var doneBytes atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(t.Parallelism)
	for offset := int64(0); offset < object.SizeBytes; offset += t.PartBytes {
		if groupCtx.Err() != nil {
			break
		}
		part := part{
			transfer: t, from: from, object: object, done: &doneBytes,
			offsetBytes: offset, endBytes: min(offset+t.PartBytes, object.SizeBytes),
		}
		if have.has(offset) {
			t.Progress(doneBytes.Add(part.endBytes - offset))
			continue
		}
		group.Go(func() error {
			if have != nil {
				part.hash = sha256.New()
			}
			if err := part.download(groupCtx, to); err != nil {
				return err
			}
			return have.add(offset, part.hash)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// part is a range of an object. offsetBytes moves as the range arrives, so
// that another attempt goes on where the one before broke off.
type part struct {
	transfer    Transfer
	from        Bucket
	object      Object
	done        *atomic.Int64
	offsetBytes int64
	endBytes    int64
	// hash is of what was written, where somebody wants to know.
	hash hash.Hash
}

func (p *part) download(ctx context.Context, to io.WriterAt) error {
	for attempt := 1; ; attempt++ {
		err := p.attempt(ctx, to)
		if err == nil || attempt >= p.transfer.Attempts || ctx.Err() != nil || !retryable(err) {
			return err
		}
		if err := pause(ctx, p.transfer.Backoff(attempt+1)); err != nil {
			return err
		}
	}
}

func (p *part) attempt(ctx context.Context, to io.WriterAt) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(p.transfer.StallTimeout, func() { cancel(errStalled) })
	defer stall.Stop()

	reader, err := p.from.OpenRange(ctx, p.object, p.offsetBytes, p.endBytes-p.offsetBytes)
	if err != nil {
		return p.explain(ctx, err)
	}
	arrived := func(lengthBytes int) {
		stall.Reset(p.transfer.StallTimeout)
		p.offsetBytes += int64(lengthBytes)
		p.transfer.Progress(p.done.Add(int64(lengthBytes)))
	}
	sink := &offsetWriter{to: to, offsetBytes: p.offsetBytes, arrived: arrived, hash: p.hash}
	_, err = io.Copy(sink, reader)
	if closeErr := reader.Close(); err == nil {
		err = closeErr
	}
	if err == nil && p.offsetBytes < p.endBytes {
		err = io.ErrUnexpectedEOF
	}
	return p.explain(ctx, err)
}

// explain names the stall where the error only tells of the cancelled context.
func (p *part) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		err = fmt.Errorf("%w: %s", errStalled, p.transfer.StallTimeout)
	}
	return failed("read", p.from.Location(p.object.Key), err)
}

// offsetWriter writes a stream to a place in a file.
type offsetWriter struct {
	to          io.WriterAt
	offsetBytes int64
	arrived     func(lengthBytes int)
	hash        hash.Hash
}

func (w *offsetWriter) Write(data []byte) (int, error) {
	n, err := w.to.WriteAt(data, w.offsetBytes)
	w.offsetBytes += int64(n)
	if w.hash != nil {
		w.hash.Write(data[:n])
	}
	w.arrived(n)
	return n, err
}

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
