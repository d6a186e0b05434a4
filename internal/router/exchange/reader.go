package exchange

import (
	"errors"
	"io"
	"sync"
)

// errClosed is what reading a closed body gives.
var errClosed = errors.New("read of a request body that was closed")

// Open returns a reader of the body, which holds a reference until it is
// closed. A transport may still be sending from another goroutine when its call
// has already ended, and the memory must not be given to the next request by
// then; so Close waits for a Read in progress, and no Read follows it.
func (b *Body) Open() io.ReadCloser {
	b.Retain()
	return &bodyReader{body: b}
}

type bodyReader struct {
	mu     sync.Mutex
	body   *Body
	offset int
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body == nil {
		return 0, errClosed
	}
	n := copy(p, r.body.Bytes()[r.offset:])
	r.offset += n
	if r.offset == r.body.sizeBytes {
		return n, io.EOF
	}
	return n, nil
}

// Close gives the reference back, once.
func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body != nil {
		r.body.Release()
		r.body = nil
	}
	return nil
}

// OnClose returns body with a function to run once it is closed, once.
func OnClose(body io.ReadCloser, release func()) io.ReadCloser {
	return &onClose{ReadCloser: body, release: sync.OnceFunc(release)}
}

type onClose struct {
	io.ReadCloser
	release func()
}

// Close closes the body, then runs the function.
func (o *onClose) Close() error {
	err := o.ReadCloser.Close()
	o.release()
	return err
}
