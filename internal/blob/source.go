package blob

import (
	"context"
	"io"
	"sync/atomic"
)

// source reads what is copied: from this machine where it is here, else from the
// store.
type source struct {
	transfer Transfer
	job      Job
}

// inParts says that parts can be read without what is before them.
func (s source) inParts(ctx context.Context) (bool, error) {
	if s.job.Content != nil {
		return true, nil
	}
	length, err := partBytes(ctx, s.job.From, s.job.Object, s.transfer.PartBytes)
	return length == s.transfer.PartBytes, err
}

// part reads a range into memory.
func (s source) part(ctx context.Context, beginBytes, endBytes int64) ([]byte, error) {
	length := endBytes - beginBytes
	data := make([]byte, length)
	if s.job.Content != nil {
		if _, err := io.ReadFull(io.NewSectionReader(s.job.Content, beginBytes, length), data); err != nil {
			return nil, failed("read", s.job.origin(), err)
		}
		return data, nil
	}
	quiet := s.transfer
	quiet.Progress = func(int64) {}
	p := part{
		transfer: quiet, from: s.job.From, object: s.job.Object, done: new(atomic.Int64), offsetBytes: beginBytes, endBytes: endBytes,
	}
	if length == 0 {
		return data, nil
	}
	return data, p.download(ctx, shifted{to: memory(data), byBytes: beginBytes})
}

// stream reads from a place to the end, with parts read ahead in parallel where
// they come from a store.
func (s source) stream(ctx context.Context, beginBytes int64) (io.ReadCloser, error) {
	if s.job.Content != nil {
		return io.NopCloser(io.NewSectionReader(s.job.Content, beginBytes, s.job.Object.SizeBytes-beginBytes)), nil
	}
	quiet := s.transfer
	quiet.Progress = func(int64) {}
	return quiet.readerFrom(ctx, s.job.From, s.job.Object, beginBytes)
}
