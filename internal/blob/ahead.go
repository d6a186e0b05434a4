package blob

import (
	"context"
	"io"
	"sync/atomic"
)

// ahead reads the parts of an object in parallel and hands them out in order.
// It holds as many parts in memory as are read at once.
type ahead struct {
	transfer Transfer
	from     Bucket
	object   Object
	ctx      context.Context //nolint:containedctx // of the goroutines that read
	cancel   context.CancelFunc
	done     atomic.Int64
	// begunBytes is where the next part begins.
	begunBytes int64
	// coming are the parts under way, in order.
	coming []chan filled
	// rest is what is left of the part at the front.
	rest []byte
	err  error
}

// filled is a part in memory, or why it is not.
type filled struct {
	data []byte
	err  error
}

// Reader reads an object from its beginning to its end, with parts read ahead
// in parallel.
func (t Transfer) Reader(ctx context.Context, from Bucket, object Object) (io.ReadCloser, error) {
	return t.withDefaults().readerFrom(ctx, from, object, 0)
}

func (t Transfer) readerFrom(ctx context.Context, from Bucket, object Object, beginBytes int64) (io.ReadCloser, error) {
	length, err := partBytes(ctx, from, object, t.PartBytes)
	if err != nil {
		return nil, err
	}
	if length > t.PartBytes || object.SizeBytes-beginBytes <= t.PartBytes {
		// One stream: the store reads no parts, or there is only one.
		reader, err := from.OpenRange(ctx, object, beginBytes, -1)
		if err != nil {
			return nil, err
		}
		return &counted{ReadCloser: reader, progress: t.Progress}, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &ahead{transfer: t, from: from, object: object, ctx: ctx, cancel: cancel, begunBytes: beginBytes}
	for range t.Parallelism {
		r.start()
	}
	return r, nil
}

// counted reports what is read.
type counted struct {
	io.ReadCloser
	progress  func(doneBytes int64)
	doneBytes int64
}

func (c *counted) Read(data []byte) (int, error) {
	n, err := c.ReadCloser.Read(data)
	c.doneBytes += int64(n)
	c.progress(c.doneBytes)
	return n, err
}

// start begins with the next part, if there is one.
func (r *ahead) start() {
	if r.begunBytes >= r.object.SizeBytes {
		return
	}
	begin, end := r.begunBytes, min(r.begunBytes+r.transfer.PartBytes, r.object.SizeBytes)
	r.begunBytes = end
	coming := make(chan filled, 1)
	r.coming = append(r.coming, coming)
	go func() {
		data := make(memory, end-begin)
		part := part{
			transfer: r.transfer, from: r.from, object: r.object, done: &r.done, offsetBytes: begin, endBytes: end,
		}
		err := part.download(r.ctx, shifted{to: data, byBytes: begin})
		coming <- filled{data: data, err: err}
	}()
}

func (r *ahead) Read(data []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if len(r.coming) == 0 {
			return 0, io.EOF
		}
		next := <-r.coming[0]
		r.coming = r.coming[1:]
		r.rest, r.err = next.data, next.err
		if r.err != nil {
			return 0, r.err
		}
		r.start()
	}
	n := copy(data, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close stops the reads and waits for them.
func (r *ahead) Close() error {
	r.cancel()
	for _, coming := range r.coming {
		<-coming
	}
	r.coming = nil
	return nil
}

// memory is a part in memory.
type memory []byte

func (m memory) WriteAt(data []byte, offsetBytes int64) (int, error) {
	n := copy(m[offsetBytes:], data)
	if n < len(data) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// shifted writes to a place that begins later in the object.
type shifted struct {
	to      io.WriterAt
	byBytes int64
}

func (s shifted) WriteAt(data []byte, offsetBytes int64) (int, error) {
	return s.to.WriteAt(data, offsetBytes-s.byBytes)
}
